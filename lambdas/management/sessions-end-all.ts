// DELETE /api/v1/tenants/{tenantCode}/users/{userId}/sessions — all sessions of a user end, and what goes on without one.
import type { Answer, Call } from '../../src/http/call.ts'
import { endAllSessions } from '../../src/session-ends.ts'
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
    const ended = await endAllSessions(deskOf(needs, call, caller), user.value.id)
    return ended.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(ended)
  },
)
