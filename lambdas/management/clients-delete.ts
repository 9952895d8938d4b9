// DELETE /api/v1/tenants/{tenantCode}/clients/{clientId} — the application is nobody here any more, nor are its tokens.
import { deleteClient } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readQuery } from '../authenticators/asked.ts'
import { type Cms, forCms } from '../authenticators/caller.ts'
import { answerTo } from '../authenticators/problems.ts'
import { deskOf, type ManagementNeeds, matchIfGiven } from './desk.ts'

export const handle = forCms('clients:write', async (needs: ManagementNeeds, call: Call, cms: Cms): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const deleted = await deleteClient(deskOf(needs, call, cms), call.params.clientId ?? '', matchIfGiven(call))
  return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
})
