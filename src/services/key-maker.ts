/** Makes signing keys, and does away with them, be they wrapped by the vault or held by KMS. */
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { SigningAlgorithm } from '../core/oidc/signing.ts'
import { type Held, type LivingKey, publicHalf } from '../core/oidc/signing-key.ts'
import { deleteKmsKey, makeKmsKey } from './kms-keys.ts'
import type { Vault } from './vault.ts'

/** A key that nobody has seen yet. */
export type MadeKey = Pick<LivingKey, 'kid' | 'alg' | 'publicJwk'> & Held

export type KeyMaker = {
  make(alg: SigningAlgorithm): Promise<MadeKey>
  /** Whoever holds the private half signs with it no more, and forgets it. May be said twice. */
  destroy(key: LivingKey): Promise<void>
}

const makeKeyPair = promisify(generateKeyPair)

const pairs = {
  RS256: () => makeKeyPair('rsa', { modulusLength: 3072 }),
  PS256: () => makeKeyPair('rsa', { modulusLength: 3072 }),
  ES256: () => makeKeyPair('ec', { namedCurve: 'P-256' }),
  EdDSA: () => makeKeyPair('ed25519', {}),
} as const satisfies Record<SigningAlgorithm, unknown>

/**
 * Of pairs whose private half is in the key's own record, wrapped by the vault; or, with the tag of a stage, of keys that
 * KMS holds. Either way it does away with both, as a stage may have changed from one to the other.
 */
export const openKeyMaker = (vault: Vault, kmsTag?: string): KeyMaker => ({
  make: (alg) => (kmsTag === undefined ? makeWrapped(vault, alg) : makeKmsKey(alg, kmsTag)),
  async destroy(key) {
    // A wrapped one goes with its record.
    if ('kmsKeyArn' in key) await deleteKmsKey(key.kmsKeyArn)
  },
})

async function makeWrapped(vault: Vault, alg: SigningAlgorithm): Promise<MadeKey> {
  const { publicKey, privateKey } = await pairs[alg]()
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  return { ...publicHalf(alg, publicKey), wrappedPrivateKey: await vault.wrap(pkcs8, 'keystep-signing-key') }
}
