// DELETE /api/v1/tenants/{tenantCode}/clients/{clientId}/secrets/retiring — the secret before the one in use ends now.
import { endRetiringSecret } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { type ClientNeeds, clientDeskOf } from './client-desk.ts'

export const handle = forCaller(
  'clients:write',
  async (needs: ClientNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const ended = await endRetiringSecret(clientDeskOf(needs, call, caller), call.params.clientId ?? '')
    return ended.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(ended)
  },
)
