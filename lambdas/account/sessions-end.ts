// DELETE /api/v1/tenants/{tenantCode}/me/sessions/{sessionId} — one of one's own sessions ends, this one or another.
//
// It takes no fresh proof: whoever closes a door that somebody left open need not show that they could open it.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { endOneSession } from '../../src/session-ends.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { deskOfSelf, forSelf, noContent, type Self, type SelfNeeds } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const { sessionId = '' } = call.params
  // What cannot be a session's id is nobody's, and no key of a table.
  if (!/^[\w-]{1,64}$/.test(sessionId)) return answerTo(refuse('session-not-found'))
  const ended = await endOneSession(deskOfSelf(world, call, self), self.user.id, sessionId, 'ended-by-user')
  return ended.ok ? noContent : answerTo(ended)
})
