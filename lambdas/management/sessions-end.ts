// DELETE /api/v1/tenants/{tenantCode}/users/{userId}/sessions/{sessionId} — one session of a user ends.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { endOneSession } from '../../src/session-ends.ts'
import { findUser } from '../../src/store/people.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { askedUser } from './asked-user.ts'
import { deskOf, type ManagementNeeds } from './desk.ts'

export const handle = forCaller(
  'sessions:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const user = await askedUser(call, (named) => findUser(needs.db, named))
    if (!user.ok) return answerTo(user)
    const { sessionId = '' } = call.params
    // What cannot be a session's id is nobody's, and no key of a table.
    if (!/^[\w-]{1,64}$/.test(sessionId)) return answerTo(refuse('session-not-found'))
    const ended = await endOneSession(deskOf(needs, call, caller), user.value.id, sessionId)
    return ended.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(ended)
  },
)
