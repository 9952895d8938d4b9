// DELETE /api/v1/tenants/{tenantCode}/flows/{flowId} — unless it is bound, or a client uses it.
import type { Answer, Call } from '../../src/http/call.ts'
import { deleteFlow } from '../../src/step-up-admin.ts'
import { readQuery } from '../authenticators/asked.ts'
import { type Cms, forCms } from '../authenticators/caller.ts'
import { answerTo } from '../authenticators/problems.ts'
import { deskOf, type ManagementNeeds, matchIfGiven } from './desk.ts'

export const handle = forCms('flows:write', async (needs: ManagementNeeds, call: Call, cms: Cms): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const deleted = await deleteFlow(deskOf(needs, call, cms), call.params.flowId ?? '', matchIfGiven(call))
  return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
})
