// GET /api/v1/tenants/{tenantCode}/webhooks — who is told of what happens: all of them, as they are few.
import { mostWebhooks } from '../../src/core/webhook/webhook.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { listWebhooks } from '../../src/store/webhooks.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import type { ManagementNeeds } from '../management/desk.ts'
import { showWebhook } from './webhook-desk.ts'

export const handle = forCaller(
  'webhooks:read',
  async ({ db, stage, now }: ManagementNeeds, call: Call): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const webhooks = (await listWebhooks(db)).toSorted((a, b) => a.createdAt - b.createdAt)
    const items = webhooks.map((webhook) => showWebhook(webhook, now()))
    const page = { items, totalItems: items.length, pageIndex: 0, pageSize: mostWebhooks }
    return json(200, { page, links: { self: `${tenantUrl(stage)}/webhooks` } })
  },
)
