// DELETE /api/v1/tenants/{tenantCode}/clients/{clientId}/secrets/retiring — the secret before the one in use ends now.
import { endRetiringSecret } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readQuery } from '../authenticators/asked.ts'
import { type Cms, forCms } from '../authenticators/caller.ts'
import { answerTo } from '../authenticators/problems.ts'
import { type ClientNeeds, clientDeskOf } from './client-desk.ts'

export const handle = forCms('clients:write', async (needs: ClientNeeds, call: Call, cms: Cms): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const ended = await endRetiringSecret(clientDeskOf(needs, call, cms), call.params.clientId ?? '')
  return ended.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(ended)
})
