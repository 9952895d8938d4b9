/**
 * A client's key, and the DPoP proofs that are made with it (RFC 9449 §4.2), whole or with something wrong.
 *
 *     const key = await dpopKey()
 *     await key.proof({ method: 'POST', url: 'https://id.example.org/token', at: house.now, nonce })
 */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from 'jose'

export type Alg = 'ES256' | 'PS256' | 'RS256' | 'EdDSA'

export type Proven = {
  method: string
  url: string
  /** Seconds. */
  at: number
  nonce?: string
  /** The access token that is shown with it. */
  token?: string
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
}

export type DpopKey = Awaited<ReturnType<typeof dpopKey>>

const pairs: Record<Alg, () => { publicKey: KeyObject; privateKey: KeyObject }> = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}

export async function dpopKey(alg: Alg = 'ES256', { publicKey, privateKey } = pairs[alg]()) {
  const jwk: JWK = await exportJWK(publicKey)
  return {
    jwk,
    privateKey,
    jkt: await calculateJwkThumbprint(jwk),
    proof: ({ method, url, at, nonce, token, claims = {}, header = {} }: Proven): Promise<string> =>
      new SignJWT({
        jti: randomUUID(),
        htm: method,
        htu: url,
        iat: at,
        ...(nonce === undefined ? {} : { nonce }),
        ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
        ...claims,
      })
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk, ...header } as { alg: string })
        .sign(privateKey),
  }
}
