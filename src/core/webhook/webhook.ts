/**
 * A webhook: where somebody outside wants to hear of what happens to authenticators and people, and of which events.
 *
 * The address follows the rules of all addresses that we call (`registered-uri.ts`); whether it leads inside is seen when it
 * is called. The secret is kept sealed, as it signs and so cannot be kept as a hash.
 */
import type { AuditType } from '../audit-event.ts'
import { malformed, readBoolean, readDocument, readList, readMembers, readOneOf } from '../document.ts'
import { readServerUri } from '../oidc/registered-uri.ts'
import type { Result, Seconds } from '../result.ts'

/** What a webhook can tell. What becomes of webhooks themselves is not among it, or one delivery would make the next. */
export const webhookTypes = [
  'authenticator.imported',
  'authenticator.added',
  'authenticator.activated',
  'authenticator.suspended',
  'authenticator.resumed',
  'authenticator.renamed',
  'authenticator.locked',
  'authenticator.deleted',
  'authenticator.expired',
  'user.created',
  'user.changed',
  'user.disabled',
  'user.enabled',
  'user.deleted',
] as const satisfies readonly AuditType[]
export type WebhookType = (typeof webhookTypes)[number]

/** What a Credential Management System wants to hear where it names nothing. */
export const usualTypes: readonly WebhookType[] = [
  'authenticator.activated',
  'authenticator.suspended',
  'authenticator.resumed',
  'authenticator.locked',
  'authenticator.deleted',
]

/** `sealed`: see `services/sealer.ts`. Without an end, it is the one in use; with one, it is good beside it until then. */
export type WebhookSecret = { sealed: string; createdAt: Seconds; until?: Seconds }

export type Webhook = {
  id: string
  url: string
  description?: string
  types: readonly WebhookType[]
  enabled: boolean
  /** When its receiver said that it is there no more (410), which disabled it. */
  goneAt?: Seconds
  secrets: readonly WebhookSecret[]
  createdAt: Seconds
  updatedAt: Seconds
  version: number
}

/** What an administrator writes. */
export type WebhookDocument = Pick<Webhook, 'url' | 'description' | 'types' | 'enabled'>

export const mostWebhooks = 20

const members = ['url', 'description', 'types', 'enabled'] as const

export const readWebhookDocument = (data: unknown): Result<WebhookDocument, 'malformed-webhook'> =>
  readDocument('malformed-webhook', data, (document) => {
    const given = readMembers(document, '', members)
    const { description, types, enabled } = given
    return {
      url: readServerUri(given.url, '/url'),
      types: types === undefined ? usualTypes : readTypes(types),
      enabled: enabled === undefined ? true : readBoolean(enabled, '/enabled'),
      ...(description === undefined || description === '' ? {} : { description: readDescription(description) }),
    }
  })

function readTypes(data: unknown): WebhookType[] {
  const types = readList(data, '/types', webhookTypes.length, (type, at) => readOneOf(webhookTypes, type, at))
  if (types.length === 0) malformed('/types', 'must name at least one: disable a webhook that is to tell nothing')
  return [...new Set(types)]
}

const readDescription = (data: unknown): string =>
  typeof data === 'string' && data.length <= 200 && !/\p{Cc}/u.test(data)
    ? data
    : malformed('/description', 'must be a text of at most 200 characters, on one line')

/** Those that sign now, the newest first. */
export const secretsInUse = ({ secrets }: Pick<Webhook, 'secrets'>, now: Seconds): WebhookSecret[] =>
  secrets.filter(({ until }) => until === undefined || until > now).toSorted((a, b) => b.createdAt - a.createdAt)

/** Seconds that the secret before a new one goes on signing beside it. */
export const secretOverlaps = { usual: 86_400, most: 7 * 86_400 } as const
