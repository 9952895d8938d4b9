/** Webhooks: a record each, replaced as a whole on the condition of its version. */
import type { Seconds } from '../core/result.ts'
import type { Webhook } from '../core/webhook/webhook.ts'
import type { Db, Write } from './db.ts'
import { places } from './keys.ts'

export const readWebhook = async (db: Pick<Db, 'get'>, id: string): Promise<Webhook | undefined> =>
  (await db.get(places.webhook(id))) as Webhook | undefined

/** All of them: there are few. */
export async function listWebhooks(db: Pick<Db, 'query'>): Promise<Webhook[]> {
  const { items } = await db.query({ table: 'config', where: '#pk = :pk', values: { pk: places.webhook('').key.pk } })
  return items as Webhook[]
}

export const createdWebhook = (webhook: Webhook): Write => ({
  write: 'put',
  ...places.webhook(webhook.id),
  item: webhook,
  condition: 'attribute_not_exists(#pk)',
})

/** If nobody changed it since it was read. */
export const replacedWebhook = (webhook: Webhook): Write => ({
  write: 'put',
  ...places.webhook(webhook.id),
  item: { ...webhook, version: webhook.version + 1 },
  condition: '#version = :version',
  values: { version: webhook.version },
})

/** Its receiver is there no more. One that was sent elsewhere in the meantime is not meant. */
export const goneWebhook = ({ id, url }: Pick<Webhook, 'id' | 'url'>, now: Seconds): Write => ({
  write: 'update',
  ...places.webhook(id),
  update: 'SET #enabled = :false, #goneAt = :now, #updatedAt = :now, #version = #version + :one',
  condition: '#url = :url AND #enabled = :true',
  values: { url, now, one: 1, false: false, true: true },
})

export const deletedWebhook = ({ id, version }: Pick<Webhook, 'id' | 'version'>): Write => ({
  write: 'delete',
  ...places.webhook(id),
  condition: '#version = :version',
  values: { version },
})
