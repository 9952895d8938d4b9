/**
 * Signs tokens with the active key of an algorithm. Keys are unwrapped once and kept while they are fresh, so that a
 * warm Lambda signs without asking anybody.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import type { Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'
import type { Db } from '../store/db.ts'
import { readSigningKeys, type SigningKey } from '../store/signing-keys.ts'
import { openVault } from './vault.ts'

export type SigningAlgorithm = SigningKey['alg']

export type Signer = {
  /** A compact JWS with the active key's `kid`. `typ` per RFC 8725 §3.11: `JWT`, `at+jwt`, `logout+jwt`. */
  sign(alg: SigningAlgorithm, typ: string, payload: JWTPayload): Promise<string>
}

type Ready = { kid: string; key: KeyObject }

/** How long a warm Lambda goes on with a key that was rotated meanwhile: less than a retiring key stays published. */
const freshFor: Seconds = 300

export function openSigner(stage: Stage, db: Db, now: () => Seconds): Signer {
  const vault = openVault(stage)
  const ready = new Map<SigningAlgorithm, { until: Seconds; key: Promise<Ready> }>()

  const unwrapActive = async (alg: SigningAlgorithm): Promise<Ready> => {
    const active = (await readSigningKeys(db)).find((key) => key.alg === alg && key.state === 'active')
    if (active === undefined)
      throw new Error(`There is no active ${alg} signing key: run \`npm run admin -- init\` first`)
    const pkcs8 = await vault.unwrap(active.wrappedPrivateKey)
    return { kid: active.kid, key: createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }) }
  }

  const keyFor = (alg: SigningAlgorithm): Promise<Ready> => {
    const kept = ready.get(alg)
    if (kept !== undefined && kept.until > now()) return kept.key
    const key = unwrapActive(alg)
    ready.set(alg, { until: now() + freshFor, key })
    // A failure is not kept: the next call tries again.
    key.catch(() => ready.delete(alg))
    return key
  }

  return {
    async sign(alg, typ, payload) {
      const { kid, key } = await keyFor(alg)
      return new SignJWT(payload).setProtectedHeader({ alg, typ, kid }).sign(key)
    },
  }
}
