// DELETE /api/v1/tenants/{tenantCode}/me/sessions — all of one's sessions end; with `others=true`, all but this one.
//
// All at once is one number of the user's, so that no session is missed, and what goes on without a session ends as well.
// The others are ended one by one, as the index shows them, and what goes on without a session goes on.
import { readDocument, readOneOf } from '../../src/core/document.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { endAllSessions, endOneSession, listSessions } from '../../src/session-ends.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { deskOfSelf, forSelf, noContent, type Self, type SelfNeeds } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, ['others'])
  if (!query.ok) return answerTo(query)
  const { others = 'false' } = query.value
  const wanted = readDocument('malformed-request', others, (text) => readOneOf(['true', 'false'], text, ''))
  if (!wanted.ok) return answerTo(wanted)
  const desk = deskOfSelf(world, call, self)
  if (wanted.value === 'false') {
    const ended = await endAllSessions(desk, self.user.id, self.session)
    return ended.ok ? noContent : answerTo(ended)
  }
  // One that has ended meanwhile is as it is to be.
  for (const { sid } of await listSessions(world, self.user.id))
    if (sid !== self.session.sid) await endOneSession(desk, self.user.id, sid, 'ended-by-user')
  return noContent
})
