// DELETE /api/v1/tenants/{tenantCode}/api-keys/{keyId} — whoever holds it is refused from the next request on.
import { revokeApiKey } from '../../src/api-key-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds } from '../management/desk.ts'
import { keyIdIn } from './key-desk.ts'

export const handle = forCaller(
  'api-keys:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const done = await revokeApiKey(deskOf(needs, call, caller), keyIdIn(call))
    return done.ok ? { status: 204, headers: {} } : answerTo(done)
  },
)
