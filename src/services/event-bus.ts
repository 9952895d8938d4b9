/** The stage's event bus, where others in the same account hear of what happens: EventBridge, or what stands for it. */
import { setTimeout as pause } from 'node:timers/promises'
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { awsPatience } from '../aws-patience.ts'
import type { LogEntry } from '../core/audit/log-entry.ts'

export type EventBus = {
  /** Throws unless all were taken. Some may have been, then: whoever listens knows an event by its `id`. */
  put(entries: readonly LogEntry[]): Promise<void>
}

/** EventBridge takes so many at once. */
const atOnce = 10
/** Of those that were throttled, or failed inside EventBridge. */
const tries = 4

/** The source that rules ask for; the type of the record is the `detail-type`. */
export const eventSource = 'keystep'

export function openEventBus({ name, endpoint }: { name: string; endpoint?: string }): EventBus {
  const client = new EventBridgeClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 3,
    requestHandler: awsPatience,
  })
  const entryOf = (entry: LogEntry): PutEventsRequestEntry => ({
    EventBusName: name,
    Source: eventSource,
    DetailType: entry.details.type,
    Detail: JSON.stringify(entry),
    Time: new Date(entry.timeStamp),
  })

  /** An answer of 200 may hold refusals, each in the place of its entry: only these are put again. */
  async function putSome(entries: PutEventsRequestEntry[]): Promise<void> {
    let left = entries
    for (let attempt = 1; left.length > 0; attempt++) {
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: left }))
      const failed = left.filter((_, at) => Entries[at]?.ErrorCode !== undefined)
      const code = Entries.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode
      if (failed.length > 0 && attempt >= tries) throw new Error(`EventBridge refused ${failed.length} events: ${code}`)
      left = failed
      if (left.length > 0) await pause(Math.random() * 50 * 2 ** attempt)
    }
  }

  return {
    async put(entries) {
      for (let from = 0; from < entries.length; from += atOnce)
        await putSome(entries.slice(from, from + atOnce).map(entryOf))
    },
  }
}
