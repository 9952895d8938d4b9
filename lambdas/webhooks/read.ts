// GET /api/v1/tenants/{tenantCode}/webhooks/{webhookId} — one webhook.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readWebhook } from '../../src/store/webhooks.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { ManagementNeeds } from '../management/desk.ts'
import { answerWebhook, webhookIdIn } from './webhook-desk.ts'

export const handle = forCaller('webhooks:read', async ({ db, now }: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const webhook = await readWebhook(db, webhookIdIn(call))
  return webhook === undefined ? answerTo(refuse('webhook-not-found')) : answerWebhook(webhook, now())
})
