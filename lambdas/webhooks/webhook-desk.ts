/** What the routes of webhooks share: the desk, and how a webhook is shown: its secret only where it was just made. */
import type { Seconds } from '../../src/core/result.ts'
import { secretsInUse, type Webhook } from '../../src/core/webhook/webhook.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { type IssuedWebhook, shownWebhook, type WebhookDesk } from '../../src/webhook-admin.ts'
import type { World } from '../../src/world.ts'
import type { ApiCaller } from '../api/caller.ts'
import { dateTime, tenantUrl } from '../api/representation.ts'
import { deskOf, type ManagementNeeds } from '../management/desk.ts'

export type WebhookNeeds = ManagementNeeds & Pick<World, 'sealer'>

export const webhookDeskOf = (needs: WebhookNeeds, call: Call, caller: ApiCaller): WebhookDesk => ({
  ...deskOf(needs, call, caller),
  sealer: needs.sealer,
})

export const webhookUrl = ({ stage }: Pick<World, 'stage'>, id: string): string =>
  `${tenantUrl(stage)}/webhooks/${encodeURIComponent(id)}`

/** What `newId` makes; nothing else is looked for. */
export const webhookIdIn = ({ params }: Call): string =>
  /^[\w-]{1,64}$/.test(params.webhookId ?? '') ? (params.webhookId ?? '') : 'none'

const stateOf = ({ enabled, goneAt }: Webhook): 'enabled' | 'disabled' | 'gone' => {
  if (enabled) return 'enabled'
  return goneAt === undefined ? 'disabled' : 'gone'
}

export function showWebhook(webhook: Webhook, now: Seconds) {
  const { id, url, description, types, enabled, createdAt, updatedAt } = webhook
  return {
    ...{ id, url, ...(description === undefined ? {} : { description }), types, enabled, state: stateOf(webhook) },
    secrets: secretsInUse(webhook, now).map(({ createdAt, until }) => ({
      createdDateTime: dateTime(createdAt),
      ...(until === undefined ? {} : { expiresDateTime: dateTime(until) }),
    })),
    createdDateTime: dateTime(createdAt),
    updatedDateTime: dateTime(updatedAt),
  }
}

export const answerWebhook = (webhook: Webhook, now: Seconds): Answer =>
  json(200, showWebhook(webhook, now), { etag: shownWebhook(webhook).etag })

/** With the secret, this once. */
export const answerIssued = (
  { webhook, secret }: IssuedWebhook,
  now: Seconds,
  headers: Record<string, string> = {},
): Answer => json(201, { webhook: showWebhook(webhook, now), secret }, { etag: shownWebhook(webhook).etag, ...headers })
