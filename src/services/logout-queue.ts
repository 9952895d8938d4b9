/** The queue between the end of a session and the applications that hear of it: SQS, or on a laptop what stands for it. */
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { awsPatience } from '../aws-patience.ts'
import type { LogoutNotice } from '../core/oidc/logout-token.ts'
import type { Seconds } from '../core/result.ts'

export type LogoutQueue = {
  /** Throws unless all were taken. Some may have been, then: to be told twice does no harm. */
  send(notices: readonly LogoutNotice[]): Promise<void>
  /** The message comes again after so many seconds, and not before. */
  pause(receipt: string, seconds: Seconds): Promise<void>
}

/** SQS takes so many at once. */
const atOnce = 10

export function openLogoutQueue(url: string): LogoutQueue {
  const client = new SQSClient({ endpoint: new URL(url).origin, maxAttempts: 3, requestHandler: awsPatience })
  return {
    async send(notices) {
      for (let from = 0; from < notices.length; from += atOnce) {
        const Entries = notices
          .slice(from, from + atOnce)
          .map((notice, at) => ({ Id: String(at), MessageBody: JSON.stringify(notice) }))
        const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
        const [failed] = Failed
        if (failed !== undefined) throw new Error(`The queue refused ${Failed.length} notices: ${failed.Code}`)
      }
    },
    async pause(receipt, seconds) {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: seconds }),
      )
    },
  }
}
