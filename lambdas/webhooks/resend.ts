// POST /api/v1/tenants/{tenantCode}/webhooks/{webhookId}/deliveries/{messageId}/resend — the message again, made of its record.
import { refuse } from '../../src/core/result.ts'
import { messageOf } from '../../src/core/webhook/message.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import { readLogRecord } from '../../src/store/audit-log.ts'
import { readWebhook } from '../../src/store/webhooks.ts'
import type { World } from '../../src/world.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { LogNeeds } from '../audit/logs-list.ts'
import { webhookIdIn } from './webhook-desk.ts'

type Needs = LogNeeds & Pick<World, 'webhookQueue'>

/** Under the id that it had: a receiver that has heard it after all knows it again. Anything that webhooks tell can be sent. */
export const handle = forCaller(
  'webhooks:write',
  async ({ db, now, webhookQueue }: Needs, call: Call, { actor }: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const { messageId = '' } = call.params
    const [webhook, record] = await Promise.all([readWebhook(db, webhookIdIn(call)), readLogRecord(db, messageId)])
    if (webhook === undefined) return answerTo(refuse('webhook-not-found'))
    if (!webhook.enabled) return answerTo(refuse('webhook-disabled'))
    const message = record === undefined ? undefined : messageOf(record, messageId)
    if (record === undefined || message === undefined) return answerTo(refuse('delivery-not-found'))
    const about = record.user === undefined ? {} : { user: record.user }
    const told = { at: now(), actor, webhook: webhook.id, message: messageId, ip: call.ip, request: call.id, ...about }
    // Told first: a message that is in the queue cannot be taken back.
    await db.transact([recorded({ type: 'webhook.resent', ...told })])
    await webhookQueue.send([{ webhook: webhook.id, message, ...about }])
    return json(202, { messageId })
  },
  { demand: 'changing' },
)
