// POST /api/v1/tenants/{tenantCode}/users/{userId}/unlock — who failed too often may try again.
import type { Answer, Call } from '../../src/http/call.ts'
import { findUser } from '../../src/store/people.ts'
import { unlockUser } from '../../src/user-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { userDeskOf } from '../api/user-desk.ts'
import { askedUser } from '../management/asked-user.ts'
import { answerUser } from './representation.ts'
import type { UserNeeds } from './service.ts'

export const handle = forCaller(
  'users:write',
  async (needs: UserNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const user = await askedUser(call, (named) => findUser(needs.db, named))
    if (!user.ok) return answerTo(user)
    const unlocked = await unlockUser(userDeskOf(needs, call, caller), user.value.id)
    return unlocked.ok ? answerUser(unlocked.value, caller, needs.now()) : answerTo(unlocked)
  },
)
