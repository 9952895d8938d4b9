/** The queues between what happened and those outside who hear of it: SQS, or on a laptop what stands for it. */
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { awsPatience } from '../aws-patience.ts'
import type { Seconds } from '../core/result.ts'

export type Queue<Message> = {
  /** Throws unless all were taken. Some may have been, then: to be told twice does no harm. */
  send(messages: readonly Message[]): Promise<void>
  /** The message comes again after so many seconds, and not before. */
  pause(receipt: string, seconds: Seconds): Promise<void>
}

/** SQS takes so many at once. */
const atOnce = 10

export function openQueue<Message>(url: string): Queue<Message> {
  const client = new SQSClient({ endpoint: new URL(url).origin, maxAttempts: 3, requestHandler: awsPatience })
  return {
    async send(messages) {
      for (let from = 0; from < messages.length; from += atOnce) {
        const Entries = messages
          .slice(from, from + atOnce)
          .map((message, at) => ({ Id: String(at), MessageBody: JSON.stringify(message) }))
        const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
        const [failed] = Failed
        if (failed !== undefined) throw new Error(`The queue refused ${Failed.length} messages: ${failed.Code}`)
      }
    },
    async pause(receipt, seconds) {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: seconds }),
      )
    },
  }
}
