// DELETE /api/v1/tenants/{tenantCode}/users/{userId} — a user goes, with all that is theirs; again, where it broke off.
import type { Answer, Call } from '../../src/http/call.ts'
import { findUser } from '../../src/store/people.ts'
import { deleteUser } from '../../src/user-deletion.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { userDeskOf } from '../api/user-desk.ts'
import { askedUser } from '../management/asked-user.ts'
import { matchIfGiven } from '../management/desk.ts'
import type { UserNeeds } from './service.ts'

export const handle = forCaller(
  'users:write',
  async (needs: UserNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const user = await askedUser(call, (named) => findUser(needs.db, named))
    if (!user.ok) return answerTo(user)
    const deleted = await deleteUser(userDeskOf(needs, call, caller), user.value.id, matchIfGiven(call))
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
