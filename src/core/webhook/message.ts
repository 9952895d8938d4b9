/**
 * What a webhook is sent, and how it is signed (Standard Webhooks 1.0.0, standardwebhooks.com).
 *
 * The message is a function of the audit record that it tells of, and its id is the record's: told twice it is the same
 * message, and it can be made again as long as the record is there.
 */
import { createHmac } from 'node:crypto'
import type { AuditEvent } from '../audit-event.ts'
import type { AuthenticatorState } from '../authenticator.ts'
import type { Seconds } from '../result.ts'
import { type WebhookType, webhookTypes } from './webhook.ts'

/** `payload`: the body as it is signed and sent, each time the same. */
export type Message = { id: string; type: WebhookType; payload: string }

/** What waits in the queue. Nothing in it is secret, and nothing of it proves anything. */
export type Delivery = { webhook: string; message: Message; user?: string }

type Told = { authenticator?: string; user?: string; externalId?: string; serialNumber?: string; state?: string }

/** `undefined` for what no webhook tells. `id`: what the record is known by outside. */
export function messageOf(event: AuditEvent, id: string): Message | undefined {
  const type = webhookTypes.find((each) => each === event.type)
  if (type === undefined) return undefined
  const { authenticator, user, externalId, serialNumber } = event
  const state = stateAfter[type]
  const data: Told = {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(user === undefined ? {} : { user }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(state === undefined ? {} : { state }),
  }
  return { id, type, payload: JSON.stringify({ type, timestamp: new Date(event.at * 1000).toISOString(), data }) }
}

/** In which state it left what it is about. A name changes none. */
const stateAfter: Record<WebhookType, AuthenticatorState | 'deleted' | 'enabled' | 'disabled' | undefined> = {
  'authenticator.imported': 'pending',
  'authenticator.added': 'active',
  'authenticator.activated': 'active',
  'authenticator.suspended': 'suspended',
  'authenticator.resumed': 'active',
  'authenticator.renamed': undefined,
  'authenticator.locked': 'locked',
  'authenticator.deleted': 'deleted',
  'authenticator.expired': 'deleted',
  'user.created': 'enabled',
  'user.changed': undefined,
  'user.disabled': 'disabled',
  'user.enabled': 'enabled',
  'user.deleted': 'deleted',
}

/** `undefined` for what is none: whoever can write to the queue is still not believed unseen. */
export function readDelivery(text: string): Delivery | undefined {
  try {
    const { webhook, message, user } = JSON.parse(text) as Partial<Delivery>
    const texts = [webhook, message?.id, message?.payload].every((each) => typeof each === 'string' && each !== '')
    const type = webhookTypes.find((each) => each === message?.type)
    if (!texts || type === undefined || webhook === undefined || message === undefined) return undefined
    return { webhook, message, ...(typeof user === 'string' ? { user } : {}) }
  } catch {
    return undefined
  }
}

const prefix = 'whsec_'

/** As its receiver writes it down, and gives it to a library. */
export const showSecret = (secret: Uint8Array): string => `${prefix}${Buffer.from(secret).toString('base64')}`

/** 32 bytes: the specification asks for 24 to 64. */
export const secretBytes = 32

/** One signature for each secret that is good, so that a receiver may know either while they change. */
export function signedHeaders(
  { id, payload }: Pick<Message, 'id' | 'payload'>,
  secrets: readonly Uint8Array[],
  now: Seconds,
): Record<string, string> {
  const sign = (secret: Uint8Array): string =>
    `v1,${createHmac('sha256', secret).update(`${id}.${now}.${payload}`).digest('base64')}`
  return {
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': secrets.map(sign).join(' '),
  }
}
