// POST /api/v1/tenants/{tenantCode}/webhooks/{webhookId}/test — sends a message of no meaning now, and says how it went.
import { refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import { readWebhook } from '../../src/store/webhooks.ts'
import { sendMessage } from '../../src/webhook-delivery.ts'
import type { World } from '../../src/world.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { type WebhookNeeds, webhookIdIn } from './webhook-desk.ts'

type Needs = WebhookNeeds & Pick<World, 'fetchPublic'>

/** Not through the queue: somebody waits for the answer. A webhook that is disabled is tried as well, before it is enabled. */
export const handle = forCaller(
  'webhooks:write',
  async (needs: Needs, call: Call, { actor }: ApiCaller): Promise<Answer> => {
    const { db, now, sealer, fetchPublic } = needs
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const webhook = await readWebhook(db, webhookIdIn(call))
    if (webhook === undefined) return answerTo(refuse('webhook-not-found'))
    const id = `test-${newId()}`
    const payload = JSON.stringify({ type: 'webhook.test', timestamp: dateTime(now()), data: { webhook: webhook.id } })
    const sent = await sendMessage({ now, sealer, fetch: fetchPublic }, webhook, { id, payload })
    const detail = sent.ok ? {} : { detail: sent.detail ?? sent.reason }
    const type = sent.ok ? 'webhook.delivered' : 'webhook.failed'
    const about = { at: now(), actor, webhook: webhook.id, message: id, ip: call.ip, request: call.id }
    await db.transact([recorded({ type, ...about, reason: 'test', ...detail })])
    return json(200, { messageId: id, delivered: sent.ok, ...detail })
  },
  { demand: 'changing' },
)
