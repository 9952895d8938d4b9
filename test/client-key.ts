/**
 * An application's key pair, and what it signs with it: written with node:crypto alone, so that it can write what no library
 * would.
 *
 *     const key = createClientKey('ES256', { kid: 'one' })
 *     await house.addClient({ jwks: { keys: [key.jwk] }, tokenEndpointAuthMethod: 'private_key_jwt' })
 *     key.sign({ typ: 'JWT' }, { iss: 'app1', … })
 */
import { constants, createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { JWK } from 'jose'
import type { SigningAlgorithm } from '../src/core/oidc/signing.ts'

export type ClientKey = {
  jwk: JWK
  privateKey: KeyObject
  /** A JWT; `alg` and `kid` are the key's own unless the header says otherwise. */
  sign(header: Record<string, unknown>, claims: Record<string, unknown> | string): string
}

export function createClientKey(
  alg: SigningAlgorithm,
  { kid, bits = 2048 }: { kid?: string; bits?: number } = {},
): ClientKey {
  const { publicKey, privateKey } = pairFor(alg, bits)
  const jwk: JWK = { ...publicKey.export({ format: 'jwk' }), ...(kid === undefined ? {} : { kid }) }
  return {
    jwk,
    privateKey,
    sign: (header, claims) => {
      const whole = { alg, ...(kid === undefined ? {} : { kid }), ...header }
      const input = `${encoded(whole)}.${encoded(claims)}`
      return `${input}.${signatureOf(alg, Buffer.from(input), privateKey).toString('base64url')}`
    },
  }
}

function pairFor(alg: SigningAlgorithm, modulusLength: number) {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength })
}

/** A text goes in as it is: JSON that no writer would write. */
export const encoded = (value: Record<string, unknown> | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function signatureOf(alg: SigningAlgorithm, input: Buffer, key: KeyObject): Buffer {
  switch (alg) {
    case 'ES256':
      return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
      return sign(null, input, key)
    case 'RS256':
      return sign('sha256', input, key)
    case 'PS256':
      return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  }
}

/** Signed with a secret that both sides have: the public key, as the oldest of attacks has it. */
export function signedBySecret(secret: string, claims: Record<string, unknown>, header: Record<string, unknown> = {}) {
  const input = `${encoded({ alg: 'HS256', ...header })}.${encoded(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The claims of a good assertion of this client at this time. */
export const assertionClaims = (clientId: string, now: number): Record<string, unknown> => ({
  iss: clientId,
  sub: clientId,
  aud: 'https://id.example.org',
  jti: randomUUID(),
  iat: now,
  exp: now + 60,
})

/** The two fields that carry an assertion. */
export const asserted = (assertion: string): Record<string, string> => ({
  client_assertion_type: assertionType,
  client_assertion: assertion,
})
