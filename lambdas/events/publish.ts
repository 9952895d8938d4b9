/**
 * A record is in the audit log: it becomes an event on the stage's bus, for each webhook that wants to hear of it a message
 * in the queue, and where it changes what somebody signs in with a letter to them, in another.
 *
 * No route: the stream of the audit table invokes it, so that whoever makes a change, and however they fail after it, it is
 * told. What the stream delivers twice is told twice, by the same id: an event's is the record's, and so is a message's.
 */
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { type AccountNotice, noticeOf, withoutCompanions } from '../../src/core/account-notice.ts'
import { logEntry } from '../../src/core/audit/log-entry.ts'
import type { Delivery } from '../../src/core/webhook/message.ts'
import { messageOf } from '../../src/core/webhook/message.ts'
import type { Webhook } from '../../src/core/webhook/webhook.ts'
import { type EventBus, openEventBus } from '../../src/services/event-bus.ts'
import { openQueue, type Queue } from '../../src/services/queue.ts'
import { readStage, type Stage } from '../../src/stage.ts'
import { type AuditRecord, auditRecordIn, logIdOf } from '../../src/store/audit-log.ts'
import { type Db, openDb, openDynamodb } from '../../src/store/db.ts'
import { listWebhooks } from '../../src/store/webhooks.ts'
import type { Log } from '../../src/world.ts'

type Needs = {
  stage: Pick<Stage, 'tenantCode'>
  db: Pick<Db, 'query'>
  bus: EventBus
  queue: Pick<Queue<Delivery>, 'send'>
  /** Of letters to the people whom it is about. */
  letters: Pick<Queue<AccountNotice>, 'send'>
  log: Log
}

/** All of them or none: the bus first, so that while it fails no message is put into the queue again and again. */
export const makeHandler =
  ({ stage, db, bus, queue, letters, log }: Needs) =>
  async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    try {
      const records = Records.flatMap(recordIn)
      await bus.put(records.map((record) => logEntry(record, { id: logIdOf(record), tenantCode: stage.tenantCode })))
      const deliveries = records.some((record) => messageOf(record, '') !== undefined)
        ? deliveriesOf(records, await listWebhooks(db))
        : []
      if (deliveries.length > 0) await queue.send(deliveries)
      const notices = withoutCompanions(records).flatMap((record) => noticeOf(record) ?? [])
      if (notices.length > 0) await letters.send(notices)
      return { batchItemFailures: [] }
    } catch (failure) {
      log('publish-failed', { error: failure instanceof Error ? failure.message : 'unknown' })
      return { batchItemFailures: [{ itemIdentifier: Records[0]?.dynamodb?.SequenceNumber ?? '' }] }
    }
  }

/** The record that is new; none for a block of the chain, and for what runs out. */
function recordIn({ eventName, dynamodb }: DynamoDBRecord): AuditRecord[] {
  if (eventName !== 'INSERT' || dynamodb?.NewImage === undefined) return []
  try {
    return [auditRecordIn(unmarshall(dynamodb.NewImage as Parameters<typeof unmarshall>[0])) ?? []].flat()
  } catch {
    // Numbers that nobody can read: audit-chain tells of it, and it must not hold up the rest.
    return []
  }
}

function deliveriesOf(records: readonly AuditRecord[], webhooks: readonly Webhook[]): Delivery[] {
  return records.flatMap((record) => {
    const message = messageOf(record, logIdOf(record))
    if (message === undefined) return []
    const { user } = record
    return webhooks
      .filter(({ enabled, types, createdAt }) => enabled && createdAt <= record.at && types.includes(message.type))
      .map(({ id }) => ({ webhook: id, message, ...(user === undefined ? {} : { user }) }))
  })
}

let opened: ReturnType<typeof makeHandler> | undefined

export const handler = (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  if (opened === undefined) {
    const stage = readStage(process.env)
    const { webhookQueue, eventBus, mailQueue } = stage
    if (webhookQueue === undefined || eventBus === undefined || mailQueue === undefined)
      throw new Error('Settings missing from the environment: WEBHOOK_QUEUE_URL, EVENT_BUS, MAIL_QUEUE_URL')
    opened = makeHandler({
      stage,
      db: openDb(openDynamodb(stage), stage.tableNames, stage),
      bus: openEventBus(eventBus),
      queue: openQueue(webhookQueue),
      letters: openQueue(mailQueue),
      log: (message, facts) => console.log(JSON.stringify({ message, ...facts })),
    })
  }
  return opened(event)
}
