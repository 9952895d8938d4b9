// DELETE /api/v1/tenants/{tenantCode}/users/{userId}/sessions — all sessions of a user end, and what goes on without one.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { endAllSessions } from '../../src/session-ends.ts'
import { findUser } from '../../src/store/people.ts'
import { readQuery, userIn } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds } from './desk.ts'

export const handle = forCaller(
  'sessions:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const named = userIn(call)
    if (!named.ok) return answerTo(named)
    const user = await findUser(needs.db, named.value)
    if (user === undefined) return answerTo(refuse('user-not-found'))
    const ended = await endAllSessions(deskOf(needs, call, caller), user.id)
    return ended.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(ended)
  },
)
