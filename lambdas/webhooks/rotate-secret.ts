// POST /api/v1/tenants/{tenantCode}/webhooks/{webhookId}/secret — another secret, shown this once; the old one signs a while.
import type { Answer, Call } from '../../src/http/call.ts'
import { rotateWebhookSecret } from '../../src/webhook-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { readDocumentOf } from '../management/desk.ts'
import { answerIssued, type WebhookNeeds, webhookDeskOf, webhookIdIn } from './webhook-desk.ts'

export const handle = forCaller(
  'webhooks:write',
  async (needs: WebhookNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const made = await rotateWebhookSecret(webhookDeskOf(needs, call, caller), webhookIdIn(call), document.value)
    return made.ok ? answerIssued(made.value, needs.now()) : answerTo(made)
  },
)
