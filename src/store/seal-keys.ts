/** The keys that one-time passwords are sealed with, each wrapped by a key that never leaves its vault. */
import type { Seconds } from '../core/result.ts'
import type { Db, Write } from './db.ts'
import { places } from './keys.ts'

export type SealKey = {
  /** At the beginning of what it sealed. */
  id: string
  /** 32 bytes, wrapped, base64. */
  wrappedKey: string
  createdAt: Seconds
}

/** The newest first: it seals, and all of them open what they sealed. */
export async function readSealKeys(db: Db): Promise<SealKey[]> {
  const { items } = await db.query({ table: 'config', where: '#pk = :pk', values: { pk: places.sealKey('').key.pk } })
  return (items as SealKey[]).sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
}

export const createdSealKey = (key: SealKey): Write => ({
  write: 'put',
  ...places.sealKey(key.id),
  item: key,
  condition: 'attribute_not_exists(#pk)',
})
