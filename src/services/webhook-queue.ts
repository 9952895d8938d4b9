/** Where messages wait until webhooks have heard them, for routes that may add to it. */
import type { Delivery } from '../core/webhook/message.ts'
import type { Stage } from '../stage.ts'
import { openQueue, type Queue } from './queue.ts'

export type WebhookQueue = Pick<Queue<Delivery>, 'send'>

export function openWebhookQueue({ webhookQueue }: Pick<Stage, 'webhookQueue'>): WebhookQueue {
  if (webhookQueue === undefined) throw new Error('Settings missing from the environment: WEBHOOK_QUEUE_URL')
  return openQueue<Delivery>(webhookQueue)
}
