// GET /api/v1/tenants/{tenantCode}/users/{userId} — one user, by id or by user name.
import type { Answer, Call } from '../../src/http/call.ts'
import { findUser } from '../../src/store/people.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { askedUser } from '../management/asked-user.ts'
import { answerUser } from './representation.ts'
import type { UserNeeds } from './service.ts'

export const handle = forCaller(
  'users:read',
  async (needs: UserNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const user = await askedUser(call, (named) => findUser(needs.db, named))
    return user.ok ? answerUser(user.value, caller, needs.now()) : answerTo(user)
  },
)
