/**
 * Makes signing keys, and does away with them: pairs whose private half the vault wraps. Where KMS holds the keys
 * themselves, `kms-signing.ts` does the same.
 */
import { createHash, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { SigningAlgorithm } from '../core/oidc/signing.ts'
import type { Held, LivingKey } from '../core/oidc/signing-key.ts'
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

/** The private half is in the key's own record, wrapped: with the record it is gone. */
export const wrappedKeys = (vault: Vault): KeyMaker => ({
  async make(alg) {
    const { publicKey, privateKey } = await pairs[alg]()
    const wrappedPrivateKey = await vault.wrap(
      privateKey.export({ format: 'der', type: 'pkcs8' }),
      'keystep-signing-key',
    )
    return { ...publicHalf(alg, publicKey), wrappedPrivateKey }
  },
  destroy: async () => {},
})

/** The required members of a public key, by name in lexical order, and the hash of them (RFC 7638 §3.1). */
export function publicHalf(alg: SigningAlgorithm, key: KeyObject): Pick<LivingKey, 'kid' | 'alg' | 'publicJwk'> {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' })
  const publicJwk = Object.fromEntries(
    Object.entries({ crv, e, kty, n, x, y }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return { kid: createHash('sha256').update(JSON.stringify(publicJwk)).digest('base64url'), alg, publicJwk }
}
