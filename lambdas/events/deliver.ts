/**
 * Tells one webhook of one event.
 *
 * No route: the queue invokes it. A receiver that answers 410 is told nothing any more, as Standard Webhooks has it; all else
 * but a 2xx is tried again, later each time. That a webhook was told, or could not be, is in the audit log: at the first
 * failure, so that somebody can look, and at the last. There is no other log of deliveries. SQS delivers at least once, so a
 * receiver may hear the same message twice, under the same id.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import { ok, type Result } from '../../src/core/result.ts'
import { type Delivery, readDelivery } from '../../src/core/webhook/message.ts'
import type { Webhook } from '../../src/core/webhook/webhook.ts'
import { openClientFetch } from '../../src/services/public-fetch.ts'
import { openQueue, type Queue } from '../../src/services/queue.ts'
import { openSealer } from '../../src/services/sealer.ts'
import { readStage } from '../../src/stage.ts'
import { recorded } from '../../src/store/audit.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'
import { goneWebhook, readWebhook } from '../../src/store/webhooks.ts'
import { type DeliveryNeeds, sendMessage } from '../../src/webhook-delivery.ts'
import type { World } from '../../src/world.ts'
import { fromQueue } from './from-queue.ts'

type Needs = DeliveryNeeds & Pick<World, 'db' | 'log'> & { queue: Pick<Queue<Delivery>, 'pause'> }

export const makeHandler = (needs: Needs) =>
  fromQueue<Delivery>(needs, {
    read: readDelivery,
    tell: (delivery, tries) => tell(needs, delivery, tries),
    gaveUp: (delivery, detail) => note(needs, delivery, { type: 'webhook.failed', reason: 'gave-up', detail }),
    failure: 'webhook-failed',
    about: ({ webhook, message }) => ({ webhook, message: message.id }),
  })

async function tell(needs: Needs, delivery: Delivery, tries: number): Promise<Result<undefined, 'not-delivered'>> {
  const webhook = await readWebhook(needs.db, delivery.webhook)
  // It was deleted or disabled meanwhile: there is nobody to tell.
  if (!webhook?.enabled) return ok(undefined)
  const sent = await sendMessage(needs, webhook, delivery.message)
  if (sent.ok) await note(needs, delivery, { type: 'webhook.delivered' })
  else if (sent.reason === 'gone') await disable(needs, webhook, delivery)
  else {
    const { detail } = sent
    if (tries === 1)
      await note(needs, delivery, { type: 'webhook.failed', reason: 'retrying', ...(detail ? { detail } : {}) })
    return { ...sent, reason: 'not-delivered' }
  }
  return ok(undefined)
}

/** Two messages may be answered so at once: the first of them disables it, and each is told of. */
async function disable(needs: Needs, webhook: Webhook, delivery: Delivery): Promise<void> {
  const { db, now } = needs
  await note(needs, delivery, { type: 'webhook.failed', reason: 'gone' })
  await db.transact([
    goneWebhook(webhook, now()),
    recorded({ at: now(), actor, webhook: webhook.id, type: 'webhook.changed', reason: 'gone', detail: 'disabled' }),
  ])
}

const actor = { kind: 'service', id: 'webhook-deliver' } as const

const told = ({ webhook, message, user }: Delivery): Pick<AuditEvent, 'actor' | 'webhook' | 'message' | 'user'> => ({
  ...{ actor, webhook, message: message.id },
  ...(user === undefined ? {} : { user }),
})

async function note(
  { db, now }: Pick<Needs, 'db' | 'now'>,
  delivery: Delivery,
  event: Pick<AuditEvent, 'type' | 'reason' | 'detail'>,
): Promise<void> {
  await db.transact([recorded({ ...told(delivery), at: now(), ...event })])
}

let opened: ReturnType<typeof makeHandler> | undefined

export const handler = (event: SQSEvent): Promise<SQSBatchResponse> => {
  if (opened === undefined) {
    const stage = readStage(process.env)
    if (stage.webhookQueue === undefined) throw new Error('Settings missing from the environment: WEBHOOK_QUEUE_URL')
    const db = openDb(openDynamodb(stage), stage.tableNames, stage)
    opened = makeHandler({
      db,
      now: () => Math.floor(Date.now() / 1000),
      sealer: openSealer(stage, db),
      fetch: openClientFetch(stage),
      queue: openQueue(stage.webhookQueue),
      log: (message, facts) => console.log(JSON.stringify({ message, ...facts })),
    })
  }
  return opened(event)
}
