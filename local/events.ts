/**
 * How others on a laptop hear of what happens: the stream of the audit table, what stands for the event bus, the queues of
 * webhooks and of letters to people, and the Lambdas that are called by them, as `lib/events-stack.ts` puts them together in AWS.
 *
 * Events are kept in memory, the newest last, and answered as JSON at `/events`: as rules of a bus would see them.
 */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { DynamoDBBatchResponse, DynamoDBRecord, SQSBatchResponse } from 'aws-lambda'
import type { EventLambda } from '../lib/bundle.ts'
import { deliveryTries } from '../src/core/deliveries.ts'
import { listen } from './ports.ts'
import { startQueue } from './queue.ts'
import { followStream } from './stream.ts'

export const publishers = ['audit-publish', 'webhook-deliver', 'account-mail'] as const satisfies EventLambda[]
export type Publisher = (typeof publishers)[number]

/** What the filter of the mapping in `lib/events-stack.ts` lets through. */
export const isNewRecord = ({ eventName, dynamodb }: DynamoDBRecord): boolean =>
  eventName === 'INSERT' && dynamodb?.NewImage?.type?.S !== undefined

export const localBus = 'keystep-local'

/** As a rule's target is handed it. */
export type CapturedEvent = { id: string; source: string; 'detail-type': string; time: string; detail: unknown }

export type EventsSettings = {
  /** Holds what waits, and how far the stream was followed. */
  directory: string
  invoke(name: Publisher, event: unknown): Promise<unknown>
  tell(line: string): void
  /** Milliseconds that a second lasts in the queue: less than a thousand, for a test. */
  second?: number
}

export type Events = {
  queueUrl: string
  /** Of letters to people about their account. */
  lettersUrl: string
  /** Where the SDK puts events, and where `/events` is. */
  busUrl: string
  /** From when the Lambdas can be called. */
  follow(endpoint: string, table: string): Promise<void>
  /** May be called twice. */
  close(): Promise<void>
}

export async function startEvents({ directory, invoke, tell, second = 1000 }: EventsSettings): Promise<Events> {
  let following: { close(): Promise<void> } | undefined
  const bus = await startEventBus()
  // What waits from an earlier run goes on waiting until somebody can take it.
  const ready = Promise.withResolvers<void>()
  const queue = await startQueue({
    file: join(directory, 'webhook-queue.json'),
    tries: deliveryTries,
    purpose: 'A webhook was not told of something',
    tell,
    second,
    async deliver(event) {
      await ready.promise
      return (await invoke('webhook-deliver', event)) as SQSBatchResponse
    },
  })
  const letters = await startQueue({
    file: join(directory, 'mail-queue.json'),
    tries: deliveryTries,
    purpose: 'Somebody was not written to about their account',
    tell,
    second,
    async deliver(event) {
      await ready.promise
      return (await invoke('account-mail', event)) as SQSBatchResponse
    },
  })
  return {
    queueUrl: queue.url,
    lettersUrl: letters.url,
    busUrl: bus.url,
    async follow(endpoint, table) {
      ready.resolve()
      following = await followStream({
        endpoint,
        table,
        wants: isNewRecord,
        purpose: 'nothing is published, and no webhook is told',
        file: join(directory, 'publish-stream.json'),
        tell,
        deliver: async (event) => (await invoke('audit-publish', event)) as DynamoDBBatchResponse,
      })
    },
    async close() {
      await following?.close()
      await queue.close()
      await letters.close()
      await bus.close()
    },
  }
}

type Put = { Entries?: { Source?: string; DetailType?: string; Detail?: string; Time?: number }[] }

/** So many of the newest are kept. */
const mostKept = 1000

/** EventBridge, as far as it is used here: takes events over HTTP from the SDK, and shows them. */
export async function startEventBus(): Promise<{ url: string; events: CapturedEvent[]; close(): Promise<void> }> {
  const events: CapturedEvent[] = []
  const take = ({ Entries = [] }: Put) => {
    const taken = Entries.map(({ Source = '', DetailType = '', Detail = '{}', Time = 0 }) => ({
      id: crypto.randomUUID(),
      source: Source,
      'detail-type': DetailType,
      time: new Date(Time * 1000).toISOString(),
      detail: JSON.parse(Detail) as unknown,
    }))
    events.push(...taken)
    events.splice(0, events.length - mostKept)
    return { FailedEntryCount: 0, Entries: taken.map(({ id }) => ({ EventId: id })) }
  }
  const server = createServer(async (request, response) => {
    const isPut = request.headers['x-amz-target'] === 'AWSEvents.PutEvents'
    const answer = isPut ? take((await json(request)) as Put) : request.url === '/events' ? events : undefined
    response.writeHead(answer === undefined ? 404 : 200, {
      'content-type': isPut ? 'application/x-amz-json-1.1' : 'application/json',
    })
    response.end(JSON.stringify(answer ?? { __type: 'UnknownOperationException' }))
  })
  const port = await listen(server, 0, 'events')
  return {
    url: `http://localhost:${port}`,
    events,
    async close() {
      server.closeAllConnections()
      if (server.listening) await new Promise((done) => server.close(done))
    },
  }
}
