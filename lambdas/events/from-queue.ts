/**
 * How a Lambda behind a queue tells somebody outside, and goes on telling them: each message by itself, again after longer
 * and longer pauses, and after the last try it is an operator's, as the queue then puts it away.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { deliveryTries, pauseAfter } from '../../src/core/deliveries.ts'
import type { Result } from '../../src/core/result.ts'
import type { Queue } from '../../src/services/queue.ts'
import type { Log } from '../../src/world.ts'

export type Telling<Message> = {
  /** `undefined` for what is no such message. */
  read(body: string): Message | undefined
  /** Refused: it is to be tried again. Throws where the fault is ours. */
  tell(message: Message, tries: number): Promise<Result<undefined, string>>
  /** It was tried for the last time. */
  gaveUp(message: Message, why: string): Promise<void>
  /** What the log calls a failure, and by what it names the message. */
  failure: string
  about(message: Message): Record<string, string>
}

type Needs<Message> = { queue: Pick<Queue<Message>, 'pause'>; log: Log }

export const fromQueue = <Message>({ queue, log }: Needs<Message>, telling: Telling<Message>) => {
  const { read, tell, gaveUp, failure, about } = telling

  /** Whether nothing is left to do. */
  async function settle({ messageId: id, body, receiptHandle, attributes }: SQSRecord): Promise<boolean> {
    const tries = Number(attributes.ApproximateReceiveCount)
    const message = read(body)
    const facts = { id, tries, ...(message === undefined ? {} : about(message)) }
    try {
      if (message === undefined) throw new Error('no message')
      const told = await tell(message, tries)
      if (told.ok) return true
      const why = told.detail ?? told.reason
      log(failure, { ...facts, error: why })
      if (tries >= deliveryTries) await gaveUp(message, why)
      await queue.pause(receiptHandle, pauseAfter(tries))
    } catch (error) {
      // Ours: the store, a key, the queue. It is given as long as a receiver's; where the queue is away, it comes again by itself.
      log(failure, { ...facts, error: error instanceof Error ? error.message : 'unknown' })
      if (message !== undefined) await queue.pause(receiptHandle, pauseAfter(tries)).catch(() => {})
    }
    return false
  }

  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const settled = await Promise.all(Records.map(settle))
    const failed = Records.filter((_, at) => !settled[at])
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}
