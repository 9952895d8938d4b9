// POST /api/v1/tenants/{tenantCode}/users — a new user, under a name and an external id that nobody else has.
import { parseNewUser } from '../../src/core/user-request.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { createUser } from '../../src/user-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { userDeskOf } from '../api/user-desk.ts'
import { readDocumentOf } from '../management/desk.ts'
import { answerUser, userUrl } from './representation.ts'
import type { UserNeeds } from './service.ts'

export const handle = forCaller(
  'users:write',
  async (needs: UserNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const given = parseNewUser(document.value)
    if (!given.ok) return answerTo(given)
    const made = await createUser(userDeskOf(needs, call, caller), given.value)
    if (!made.ok) return answerTo(made)
    const headers = { location: userUrl(needs.stage, made.value) }
    return answerUser(made.value, caller, needs.now(), { status: 201, headers })
  },
)
