/**
 * Signing keys: the public half to read; the private half wrapped by a key that never leaves its vault, or in KMS itself.
 *
 * Beside them is a count of the changes to them all. Every change is on the condition that nobody made another one since
 * it was thought of: two rotations at once, or one after a crash, cannot both make the same key.
 */
import { type LivingKey, type SigningKey, youngestFirst } from '../core/oidc/signing-key.ts'
import type { Seconds } from '../core/result.ts'
import type { Db, Write } from './db.ts'
import { places } from './keys.ts'

/** The youngest first. */
export async function readSigningKeys(db: Db): Promise<SigningKey[]> {
  const { items } = await db.query({
    table: 'config',
    where: '#pk = :pk',
    values: { pk: places.signingKey('').key.pk },
  })
  return (items as SigningKey[]).sort(youngestFirst)
}

/** How many changes there were. Read before the keys: what changes after that is then noticed. */
export async function readKeyChanges(db: Db): Promise<number> {
  return Number((await db.get(places.signingKeyChanges()))?.changes ?? 0)
}

/** Nobody changed the keys since, and the next one will notice that somebody did. */
export const changedKeys = (changes: number): Write => ({
  write: 'update',
  ...places.signingKeyChanges(),
  update: 'SET #changes = :next',
  condition: changes === 0 ? 'attribute_not_exists(#changes)' : '#changes = :changes',
  values: { changes, next: changes + 1 },
})

export const createdSigningKey = (key: LivingKey): Write => ({
  write: 'put',
  ...places.signingKey(key.kid),
  item: key,
  condition: 'attribute_not_exists(#pk)',
})

/** It is in another state from now on. Gone, it loses its private half. */
export const movedSigningKey = (key: SigningKey, state: SigningKey['state'], now: Seconds): Write => ({
  write: 'update',
  ...places.signingKey(key.kid),
  update: `SET #state = :state, #since = :now${state === 'gone' ? ' REMOVE #wrappedPrivateKey, #kmsKeyArn' : ''}`,
  condition: '#state = :was',
  values: { state, now, was: key.state },
})

export const deletedSigningKey = (key: SigningKey): Write => ({
  write: 'delete',
  ...places.signingKey(key.kid),
  condition: '#state = :was',
  values: { was: key.state },
})
