/** The realm's record: settings, levels and flows, read at once. */

import { defaultSettings, type Realm } from '../core/realm.ts'
import { keyedHash } from '../core/secret.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

export const readRealm = async (db: Db): Promise<Realm> => realmIn(await db.get(places.realm()))

/** A deployment whose setup was never run has no realm: that is an outage with a remedy, not a refusal. */
export function realmIn(item: Item | undefined): Realm {
  if (item === undefined) throw new Error('There is no realm yet: run `npm run admin -- init` first')
  const realm = item as Omit<Realm, 'pairwiseSecret' | 'nonceSecret'>
  // A setting that came later is, for a realm from before, what it is for a new one.
  const made = (word: string) => keyedHash(realm.decoySecret, word)
  return {
    pairwiseSecret: made('pairwise'),
    nonceSecret: made('nonce'),
    ...realm,
    settings: { ...defaultSettings, ...realm.settings },
  }
}

/** Replaces the realm if nobody changed it since it was read. */
export const changedRealm = (realm: Realm): Write => ({
  write: 'put',
  ...places.realm(),
  item: { ...realm, version: realm.version + 1 },
  condition: '#version = :version',
  values: { version: realm.version },
})

/**
 * Says that something changed that the realm has a say in, if nobody changed it since it was read: what was held against
 * its flows and policies still fits when it is written.
 */
export const touchedRealm = ({ version }: Realm): Write => ({
  write: 'update',
  ...places.realm(),
  update: 'SET #version = #version + :one',
  condition: '#version = :version',
  values: { one: 1, version },
})

export const createdRealm = (realm: Realm): Write => ({
  write: 'put',
  ...places.realm(),
  item: realm,
  condition: 'attribute_not_exists(#pk)',
})
