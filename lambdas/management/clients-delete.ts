// DELETE /api/v1/tenants/{tenantCode}/clients/{clientId} — the application is nobody here any more, nor are its tokens.
import { deleteClient } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds, matchIfGiven } from './desk.ts'

export const handle = forCaller(
  'clients:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const deleted = await deleteClient(deskOf(needs, call, caller), call.params.clientId ?? '', matchIfGiven(call))
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
