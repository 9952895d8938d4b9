/**
 * SQS on a laptop, as far as it is used here: takes messages over HTTP from the SDK, hands them to a Lambda in batches,
 * hides those that failed for a while, and puts away those that failed too often.
 *
 * Messages are kept in a file: what an application has not heard yet, it hears after a restart. Dead letters are told,
 * and kept with the rest, for whoever wants to look.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { writeWhole } from './files.ts'

type Message = { id: string; body: string; receives: number; sentAt: number; visibleAt: number; receipt: string }
type Kept = { waiting: Message[]; dead: Message[] }

export type QueueSettings = {
  /** Holds the messages over restarts; none: they are forgotten. */
  file?: string
  /** After so many deliveries a message is a dead letter. */
  tries: number
  /** What did not come about when a message is put away. */
  purpose: string
  /** The Lambda behind the event source mapping. */
  deliver(event: SQSEvent): Promise<SQSBatchResponse>
  /** Takes what is to be said: dead letters, failures. */
  tell(line: string): void
  /** Seconds that a message is hidden from the moment it is handed out, unless its receiver says otherwise. */
  visibility?: number
  /** Milliseconds that a second lasts here: less than a thousand, for a test. */
  second?: number
}

export type Queue = {
  url: string
  waiting(): readonly string[]
  deadLetters(): readonly string[]
  close(): Promise<void>
}

const batchSize = 5

type Asked = {
  Entries?: { Id: string; MessageBody: string }[]
  ReceiptHandle?: string
  VisibilityTimeout?: number
}

export async function startQueue(settings: QueueSettings): Promise<Queue> {
  const { file, tries, purpose, deliver, tell, visibility = 180, second = 1000 } = settings
  const kept: Kept = readKept(file)
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()
  let closed = false

  const keep = () => {
    if (file !== undefined) writeWhole(file, kept)
    clearTimeout(timer)
    if (closed || kept.waiting.length === 0) return
    const next = Math.min(...kept.waiting.map(({ visibleAt }) => visibleAt))
    timer = setTimeout(
      () => {
        working = working.then(handOut)
      },
      Math.min(Math.max(0, next - Date.now()), 2 ** 31 - 1),
    )
  }

  /** As the redrive policy says: put away when it would be received once too often. */
  function takeDue(): Message[] {
    const due = kept.waiting.filter(({ visibleAt }) => visibleAt <= Date.now()).slice(0, batchSize)
    const dead = due.filter(({ receives }) => receives >= tries)
    for (const message of dead) {
      kept.waiting.splice(kept.waiting.indexOf(message), 1)
      kept.dead.push(message)
      tell(`${purpose}, after ${tries} tries: ${message.body}`)
    }
    return due.filter((message) => !dead.includes(message))
  }

  async function handOut(): Promise<void> {
    const batch = takeDue()
    for (const message of batch) {
      message.receives += 1
      message.receipt = randomUUID()
      message.visibleAt = Date.now() + visibility * second
    }
    try {
      const answer = batch.length === 0 ? undefined : await deliver({ Records: batch.map(recordOf) })
      const failed = new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      kept.waiting = kept.waiting.filter((message) => !batch.includes(message) || failed.has(message.id))
    } catch (error) {
      if (!closed) tell(`The queue could not hand out: ${error instanceof Error ? error.message : String(error)}`)
    }
    keep()
  }

  const operations: Record<string, (asked: Asked) => unknown> = {
    SendMessageBatch({ Entries = [] }) {
      const sent = Entries.map(({ Id, MessageBody }) => ({ Id, message: newMessage(MessageBody) }))
      kept.waiting.push(...sent.map(({ message }) => message))
      keep()
      const told = sent.map(({ Id, message: { id, body } }) => ({ Id, MessageId: id, MD5OfMessageBody: md5(body) }))
      return { Successful: told, Failed: [] }
    },
    ChangeMessageVisibility({ ReceiptHandle, VisibilityTimeout = 0 }) {
      const message = kept.waiting.find(({ receipt }) => receipt === ReceiptHandle)
      if (message !== undefined) message.visibleAt = Date.now() + VisibilityTimeout * second
      keep()
      return {}
    },
  }

  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target'] ?? '').replace(/^AmazonSQS\./, '')
    const operation = Object.hasOwn(operations, target) ? operations[target] : undefined
    const answer = operation?.((await json(request)) as Asked)
    response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(answer ?? { __type: 'UnsupportedOperation', message: target }))
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  keep()
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/000000000000/keystep`,
    waiting: () => kept.waiting.map(({ body }) => body),
    deadLetters: () => kept.dead.map(({ body }) => body),
    async close() {
      if (closed) return
      closed = true
      clearTimeout(timer)
      // An application that does not answer is not waited for: its message is in the file.
      await Promise.race([working, new Promise((done) => setTimeout(done, 500))])
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** A file that cannot be read any more holds nothing that anybody waits for. */
function readKept(file: string | undefined): Kept {
  if (file === undefined || !existsSync(file)) return { waiting: [], dead: [] }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept
  } catch {
    return { waiting: [], dead: [] }
  }
}

const newMessage = (body: string): Message => ({
  id: randomUUID(),
  body,
  receives: 0,
  sentAt: Date.now(),
  visibleAt: Date.now(),
  receipt: '',
})

/** The SDK compares it with its own. */
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

const recordOf = ({ id, body, receives, sentAt, receipt }: Message): SQSRecord => ({
  messageId: id,
  receiptHandle: receipt,
  body,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: String(sentAt),
    SenderId: 'local',
    ApproximateFirstReceiveTimestamp: String(sentAt),
  },
  messageAttributes: {},
  md5OfBody: md5(body),
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:local:000000000000:keystep',
  awsRegion: 'local',
})
