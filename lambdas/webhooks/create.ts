// POST /api/v1/tenants/{tenantCode}/webhooks — somebody outside is told of what happens; the secret is shown this once.
import type { Answer, Call } from '../../src/http/call.ts'
import { createWebhook } from '../../src/webhook-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { readDocumentOf } from '../management/desk.ts'
import { answerIssued, type WebhookNeeds, webhookDeskOf, webhookUrl } from './webhook-desk.ts'

export const handle = forCaller(
  'webhooks:write',
  async (needs: WebhookNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const made = await createWebhook(webhookDeskOf(needs, call, caller), document.value)
    if (!made.ok) return answerTo(made)
    return answerIssued(made.value, needs.now(), { location: webhookUrl(needs, made.value.webhook.id) })
  },
)
