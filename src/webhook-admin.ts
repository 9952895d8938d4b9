/**
 * What an administrator does to webhooks. Each change is one transaction with its audit record. The secret is answered once,
 * when it is made, and kept sealed.
 */
import { randomBytes } from 'node:crypto'
import { type Desk, type Expects, type Shown, shown } from './administration.ts'
import type { AuditEvent } from './core/audit-event.ts'
import { differences } from './core/difference.ts'
import { ifGiven, readDocument, readInteger, readMembers } from './core/document.ts'
import { ok, type Result, refuse } from './core/result.ts'
import { newId } from './core/secret.ts'
import { secretBytes, showSecret } from './core/webhook/message.ts'
import {
  mostWebhooks,
  readWebhookDocument,
  secretOverlaps,
  secretsInUse,
  type Webhook,
  type WebhookDocument,
  type WebhookSecret,
} from './core/webhook/webhook.ts'
import type { Sealer } from './services/sealer.ts'
import { recorded } from './store/audit.ts'
import type { Write } from './store/db.ts'
import { createdWebhook, deletedWebhook, listWebhooks, readWebhook, replacedWebhook } from './store/webhooks.ts'

export type WebhookDesk = Desk & { sealer: Pick<Sealer, 'seal'> }

export type WebhookRefusal =
  | 'malformed-webhook'
  | 'malformed-overlap'
  | 'webhook-not-found'
  | 'too-many-webhooks'
  | 'secret-still-retiring'
  | 'changed-since'
  | 'changed-meanwhile'

/** `secret`: `whsec_…`, shown this once. */
export type IssuedWebhook = { webhook: Webhook; secret: string }

export async function createWebhook(desk: WebhookDesk, data: unknown): Promise<Result<IssuedWebhook, WebhookRefusal>> {
  const read = readWebhookDocument(data)
  if (!read.ok) return read
  if ((await listWebhooks(desk.db)).length >= mostWebhooks)
    return refuse('too-many-webhooks', { detail: `There are at most ${mostWebhooks}.` })
  const [id, now] = [newId(), desk.now()]
  const { sealed, secret } = await newSecret(desk, id)
  const webhook: Webhook = { id, ...read.value, secrets: [sealed], createdAt: now, updatedAt: now, version: 0 }
  const told = { type: 'webhook.created', detail: differences({}, toldOf(webhook)) } as const
  if (!(await commit(desk, id, [createdWebhook(webhook)], told))) throw new Error(`There was a webhook ${id} already`)
  return ok({ webhook, secret })
}

/** Another address, other events, on or off. Who turns one on that was gone believes that it is back. */
export async function changeWebhook(
  desk: Desk,
  id: string,
  data: unknown,
  expects: Expects,
): Promise<Result<Webhook, WebhookRefusal>> {
  const read = readWebhookDocument(data)
  if (!read.ok) return read
  const before = await readWebhook(desk.db, id)
  if (before === undefined) return refuse('webhook-not-found')
  if (!expects(shownWebhook(before).etag)) return refuse('changed-since')
  if (differences(documentOf(before), read.value) === '') return ok(before)
  const detail = differences(toldOf(before), toldOf(read.value)) || '/url: another query'
  const { description: _, goneAt, ...rest } = before
  const stillGone = goneAt !== undefined && !read.value.enabled ? { goneAt } : {}
  const after: Webhook = { ...rest, ...read.value, ...stillGone, updatedAt: desk.now() }
  const done = await commit(desk, id, [replacedWebhook(after)], { type: 'webhook.changed', detail })
  return done ? ok({ ...after, version: after.version + 1 }) : refuse('changed-meanwhile')
}

/** Another secret. The one before it signs beside it for `overlap` seconds more; with 0 it ends at once. */
export async function rotateWebhookSecret(
  desk: WebhookDesk,
  id: string,
  data: unknown,
): Promise<Result<IssuedWebhook, WebhookRefusal>> {
  const read = readDocument('malformed-overlap', data, (document) => {
    const members = readMembers(document, '', ['overlap'])
    return ifGiven(members, '', 'overlap', readInteger).overlap ?? secretOverlaps.usual
  })
  if (!read.ok) return read
  const overlap = read.value
  if (overlap > secretOverlaps.most)
    return refuse('malformed-overlap', { at: '/overlap', detail: `must be at most ${secretOverlaps.most} seconds` })
  const before = await readWebhook(desk.db, id)
  if (before === undefined) return refuse('webhook-not-found')
  const now = desk.now()
  const good = secretsInUse(before, now)
  if (overlap > 0 && good.length > 1)
    return refuse('secret-still-retiring', {
      detail: 'There are two good ones: rotate with an overlap of 0 to end both.',
    })
  const { sealed, secret } = await newSecret(desk, id)
  const kept = overlap === 0 ? [] : good.map((each) => ({ ...each, until: now + overlap }))
  const after: Webhook = { ...before, secrets: [sealed, ...kept], updatedAt: now }
  const detail = `another secret; ${overlap === 0 ? 'all before it ended at once' : `the one before it ends in ${overlap} seconds`}`
  const done = await commit(desk, id, [replacedWebhook(after)], { type: 'webhook.changed', detail })
  return done ? ok({ webhook: { ...after, version: after.version + 1 }, secret }) : refuse('changed-meanwhile')
}

export async function deleteWebhook(
  desk: Desk,
  id: string,
  expects: Expects,
): Promise<Result<Webhook, WebhookRefusal>> {
  const before = await readWebhook(desk.db, id)
  if (before === undefined) return refuse('webhook-not-found')
  if (!expects(shownWebhook(before).etag)) return refuse('changed-since')
  const told = { type: 'webhook.deleted', detail: toldUrl(before) } as const
  return (await commit(desk, id, [deletedWebhook(before)], told)) ? ok(before) : refuse('changed-meanwhile')
}

const documentOf = ({ url, description, types, enabled }: WebhookDocument): WebhookDocument => ({
  ...{ url, types, enabled },
  ...(description === undefined ? {} : { description }),
})

/** As the audit log has it. Behind the question mark some receivers have what lets a caller in. */
const toldOf = (webhook: WebhookDocument): WebhookDocument => ({ ...documentOf(webhook), url: toldUrl(webhook) })

const toldUrl = ({ url }: Pick<Webhook, 'url'>): string => url.replace(/\?.*$/, '?…')

export const shownWebhook = (webhook: Webhook): Shown<Webhook> =>
  shown(webhook, JSON.stringify([webhook.id, webhook.version]))

async function newSecret(
  { sealer, now }: WebhookDesk,
  webhook: string,
): Promise<{ sealed: WebhookSecret; secret: string }> {
  const bytes = randomBytes(secretBytes)
  return { sealed: { sealed: await sealer.seal(bytes, { webhook }), createdAt: now() }, secret: showSecret(bytes) }
}

async function commit(
  { db, now, actor, about }: Desk,
  webhook: string,
  writes: Write[],
  event: Pick<AuditEvent, 'type' | 'detail'>,
): Promise<boolean> {
  return (await db.transact([...writes, recorded({ at: now(), actor, webhook, ...about, ...event })])).ok
}
