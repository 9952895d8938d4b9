// PUT /api/v1/tenants/{tenantCode}/webhooks/{webhookId} — another address, other events, on or off, on the condition of If-Match.
import type { Answer, Call } from '../../src/http/call.ts'
import { changeWebhook } from '../../src/webhook-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds, readDocumentOf, requireMatch } from '../management/desk.ts'
import { answerWebhook, webhookIdIn } from './webhook-desk.ts'

export const handle = forCaller(
  'webhooks:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const expects = requireMatch(call)
    if (!expects.ok) return answerTo(expects)
    const made = await changeWebhook(deskOf(needs, call, caller), webhookIdIn(call), document.value, expects.value)
    return made.ok ? answerWebhook(made.value, needs.now()) : answerTo(made)
  },
)
