/** The keys of Credential Management Systems. */
import type { ApiKey } from '../core/api-key.ts'
import type { Seconds } from '../core/result.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

export const readApiKeyRecord = async (db: Db, id: string): Promise<ApiKey | undefined> =>
  (await db.get(places.apiKey(id))) as ApiKey | undefined

/** All of them, revoked ones as well. */
export async function listApiKeys(db: Db): Promise<ApiKey[]> {
  const all: Item[] = []
  let after: Item | undefined
  do {
    const asked = { table: 'config', where: '#pk = :pk', values: { pk: places.apiKey('').key.pk } } as const
    const { items, next } = await db.query({ ...asked, ...(after === undefined ? {} : { after }) })
    all.push(...items)
    after = next
  } while (after !== undefined)
  return all as ApiKey[]
}

export const createdApiKey = (key: ApiKey): Write => ({
  write: 'put',
  ...places.apiKey(key.id),
  item: key,
  condition: 'attribute_not_exists(#pk)',
})

/** Another name and end, if it is still the one that was read and nobody revoked it. */
export const changedApiKey = (before: ApiKey, { name, expiresAt }: ApiKey): Write => ({
  write: 'update',
  ...places.apiKey(before.id),
  update:
    expiresAt === undefined ? 'SET #name = :name REMOVE #expiresAt' : 'SET #name = :name, #expiresAt = :expiresAt',
  condition:
    '#name = :before AND attribute_not_exists(#revokedAt) AND ' +
    (before.expiresAt === undefined ? 'attribute_not_exists(#expiresAt)' : '#expiresAt = :end'),
  values: { name, expiresAt, before: before.name, end: before.expiresAt },
})

export const revokedApiKey = (id: string, now: Seconds): Write => ({
  write: 'update',
  ...places.apiKey(id),
  update: 'SET #revokedAt = :now',
  condition: 'attribute_exists(#pk) AND attribute_not_exists(#revokedAt)',
  values: { now },
})

/** The condition keeps a revoked key from coming back as a record of nothing but its last use. */
export async function noteApiKeyUse(db: Db, id: string, now: Seconds): Promise<void> {
  await db.update(places.apiKey(id), {
    update: 'SET #lastUsedAt = :now',
    condition: 'attribute_exists(#pk)',
    values: { now },
  })
}
