/** The keys of Credential Management Systems. */
import type { ApiKey } from '../core/api-key.ts'
import type { Seconds } from '../core/result.ts'
import type { Db, Write } from './db.ts'
import { places } from './keys.ts'

export const readApiKeyRecord = async (db: Db, id: string): Promise<ApiKey | undefined> =>
  (await db.get(places.apiKey(id))) as ApiKey | undefined

export async function listApiKeys(db: Db): Promise<ApiKey[]> {
  const { items } = await db.query({ table: 'config', where: '#pk = :pk', values: { pk: places.apiKey('').key.pk } })
  return items as ApiKey[]
}

export const createdApiKey = (key: ApiKey): Write => ({
  write: 'put',
  ...places.apiKey(key.id),
  item: key,
  condition: 'attribute_not_exists(#pk)',
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
