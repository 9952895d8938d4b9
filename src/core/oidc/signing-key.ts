/** A signing key as it is kept. What becomes of it, and when, is decided in `key-rotation.ts`. */
import { createHash, type KeyObject } from 'node:crypto'
import type { Seconds } from '../result.ts'
import type { SigningAlgorithm } from './signing.ts'

/** Where the private half is: PKCS#8, wrapped, base64; or the ARN of the KMS key that signs and never leaves. */
export type Held = { wrappedPrivateKey: string } | { kmsKeyArn: string }

type Public = {
  /** RFC 7638 thumbprint. */
  kid: string
  alg: SigningAlgorithm
  publicJwk: Record<string, string>
  createdAt: Seconds
  /** When it came to be what it is; absent from what was made before keys were rotated. */
  since?: Seconds
}

/** next: published, not used yet · active: signs · retiring: published until what it signed has ended. */
export type LivingKey = Public & Held & { state: 'next' | 'active' | 'retiring' }

/** Its private half is no more, and it is published no more: it is there to read the old hints of applications by. */
export type GoneKey = Public & { state: 'gone' }

export type SigningKey = LivingKey | GoneKey

export const isLiving = (key: SigningKey): key is LivingKey => key.state !== 'gone'

export const sinceOf = ({ since, createdAt }: SigningKey): Seconds => since ?? createdAt

/** The algorithms that tokens can be signed with now. */
export const algorithmsOf = (keys: readonly SigningKey[]): SigningAlgorithm[] => [
  ...new Set(keys.filter(({ state }) => state === 'active').map(({ alg }) => alg)),
]

/** One order for all who look: the youngest first, by the time that it came to be what it is. */
export const youngestFirst = (a: SigningKey, b: SigningKey): number =>
  sinceOf(b) - sinceOf(a) || (a.kid < b.kid ? -1 : 1)

/** The required members of a public key, by name in lexical order, and the hash of them (RFC 7638 §3.1). */
export function publicHalf(alg: SigningAlgorithm, key: KeyObject): Pick<SigningKey, 'kid' | 'alg' | 'publicJwk'> {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' })
  const publicJwk = Object.fromEntries(
    Object.entries({ crv, e, kty, n, x, y }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return { kid: createHash('sha256').update(JSON.stringify(publicJwk)).digest('base64url'), alg, publicJwk }
}
