// DELETE /api/v1/tenants/{tenantCode}/webhooks/{webhookId} — it is told nothing any more, of what waits neither.
import type { Answer, Call } from '../../src/http/call.ts'
import { deleteWebhook } from '../../src/webhook-admin.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds, matchIfGiven } from '../management/desk.ts'
import { webhookIdIn } from './webhook-desk.ts'

export const handle = forCaller(
  'webhooks:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const deleted = await deleteWebhook(deskOf(needs, call, caller), webhookIdIn(call), matchIfGiven(call))
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
