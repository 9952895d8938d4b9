/**
 * How applications on a laptop hear of the end of a session: the table's stream, the queue, and the two Lambdas that are
 * called by them, as `lib/logout-stack.ts` puts them together in AWS.
 */
import { join } from 'node:path'
import type { DynamoDBBatchResponse, DynamoDBRecord, SQSBatchResponse } from 'aws-lambda'
import type { EventLambda } from '../lib/bundle.ts'
import { deliveryTries } from '../src/core/deliveries.ts'
import { startQueue } from './queue.ts'
import { followStream } from './stream.ts'

export const tellers = ['session-ended', 'backchannel-logout'] as const satisfies EventLambda[]
export type Teller = (typeof tellers)[number]

/** What the filter of the mapping in `lib/logout-stack.ts` lets through. */
export const isEndOfSession = ({ eventName, userIdentity, dynamodb }: DynamoDBRecord): boolean =>
  eventName === 'REMOVE' && userIdentity === undefined && (dynamodb?.Keys?.pk?.S ?? '').startsWith('session#')

export type TellingSettings = {
  /** Holds what waits, and how far the stream was followed. */
  directory: string
  invoke(name: Teller, event: unknown): Promise<unknown>
  tell(line: string): void
}

export type Telling = {
  /** Of the queue. */
  url: string
  /** From when the Lambdas can be called. */
  follow(endpoint: string, table: string): Promise<void>
  /** May be called twice. */
  close(): Promise<void>
}

export async function startTelling({ directory, invoke, tell }: TellingSettings): Promise<Telling> {
  let following: { close(): Promise<void> } | undefined
  // What waits from an earlier run goes on waiting until somebody can take it.
  const ready = Promise.withResolvers<void>()
  const queue = await startQueue({
    file: join(directory, 'logout-queue.json'),
    tries: deliveryTries,
    purpose: 'An application was not told of the end of a session',
    tell,
    async deliver(event) {
      await ready.promise
      return (await invoke('backchannel-logout', event)) as SQSBatchResponse
    },
  })
  return {
    url: queue.url,
    async follow(endpoint, table) {
      ready.resolve()
      following = await followStream({
        endpoint,
        table,
        wants: isEndOfSession,
        purpose: 'no application is told of the end of a session',
        file: join(directory, 'logout-stream.json'),
        tell,
        deliver: async (event) => (await invoke('session-ended', event)) as DynamoDBBatchResponse,
      })
    },
    async close() {
      await following?.close()
      await queue.close()
    },
  }
}
