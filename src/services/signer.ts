/**
 * Signs tokens with the active key of an algorithm. Keys that the vault wraps are unwrapped once and kept, so that a warm
 * Lambda signs without asking anybody; keys that KMS holds sign there.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { keysFreshFor } from '../core/oidc/key-rotation.ts'
import type { SigningAlgorithm } from '../core/oidc/signing.ts'
import { isLiving, type LivingKey, type SigningKey } from '../core/oidc/signing-key.ts'
import type { Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'
import type { Db } from '../store/db.ts'
import { readSigningKeys } from '../store/signing-keys.ts'
import { openKmsSignature } from './kms-signature.ts'
import { openVault } from './vault.ts'

export type Signer = {
  /** A compact JWS with the active key's `kid`. `typ` per RFC 8725 §3.11: `JWT`, `at+jwt`, `logout+jwt`. */
  sign(alg: SigningAlgorithm, typ: string, payload: JWTPayload): Promise<string>
}

export function openSigner(stage: Stage, db: Db, now: () => Seconds): Signer {
  const vault = openVault(stage)
  const kmsSignature = openKmsSignature()
  let read: { until: Seconds; keys: Promise<SigningKey[]> } | undefined
  const unwrapped = new Map<string, Promise<KeyObject>>()

  /** The keys as they are, read again when they may have changed. A failure is not kept: the next call tries again. */
  const readKeys = (): Promise<SigningKey[]> => {
    if (read !== undefined && read.until > now()) return read.keys
    const keys = readSigningKeys(db)
    read = { until: now() + keysFreshFor, keys }
    keys.catch(() => {
      read = undefined
    })
    return keys
  }

  /** Once for each key: what is unwrapped never changes. */
  const unwrap = (key: LivingKey & { wrappedPrivateKey: string }): Promise<KeyObject> => {
    const known = unwrapped.get(key.kid)
    if (known !== undefined) return known
    const opened = vault
      .unwrap(key.wrappedPrivateKey, 'keystep-signing-key')
      .then((pkcs8) => createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }))
    unwrapped.set(key.kid, opened)
    opened.catch(() => unwrapped.delete(key.kid))
    return opened
  }

  const activeKey = async (alg: SigningAlgorithm): Promise<LivingKey> => {
    const active = (await readKeys()).filter(isLiving).find((key) => key.alg === alg && key.state === 'active')
    if (active !== undefined) return active
    throw new Error(`There is no active ${alg} signing key: run \`npm run admin -- init\` first`)
  }

  const signWith = async (key: LivingKey, typ: string, payload: JWTPayload): Promise<string> => {
    const { alg, kid } = key
    if ('wrappedPrivateKey' in key)
      return new SignJWT(payload).setProtectedHeader({ alg, typ, kid }).sign(await unwrap(key))
    const input = [{ alg, typ, kid }, payload].map(encoded).join('.')
    return `${input}.${Buffer.from(await kmsSignature(alg, key.kmsKeyArn, input)).toString('base64url')}`
  }

  return {
    async sign(alg, typ, payload) {
      const key = await activeKey(alg)
      try {
        return await signWith(key, typ, payload)
      } catch (failure) {
        // Perhaps it was taken back a moment ago, and KMS signs with it no more.
        read = undefined
        const other = await activeKey(alg)
        if (other.kid === key.kid) throw failure
        return signWith(other, typ, payload)
      }
    },
  }
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
