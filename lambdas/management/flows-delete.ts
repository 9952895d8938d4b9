// DELETE /api/v1/tenants/{tenantCode}/flows/{flowId} — unless it is bound, or a client uses it.
import type { Answer, Call } from '../../src/http/call.ts'
import { deleteFlow } from '../../src/step-up-admin.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds, matchIfGiven } from './desk.ts'

export const handle = forCaller(
  'flows:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const deleted = await deleteFlow(deskOf(needs, call, caller), call.params.flowId ?? '', matchIfGiven(call))
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
