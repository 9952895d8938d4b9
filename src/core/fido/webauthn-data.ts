/**
 * What a browser and an authenticator write in a WebAuthn ceremony, read to the last byte: client data and authenticator
 * data. Whether it is true is decided in `fido.ts` for a sign-in and in `attestation.ts` for a new key.
 */
import { createHash } from 'node:crypto'
import { fromBase64url } from '../base64url.ts'
import { readFirstCbor } from './cbor.ts'

/** Bytes at most, by member. A credential id is at most 1023 bytes and a user handle 64 (WebAuthn §4, §5.4.3). */
export const longest = {
  credentialId: 1023,
  userHandle: 64,
  clientDataJSON: 4096,
  authenticatorData: 2048,
  signature: 1024,
  attestationObject: 32_768,
} as const

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const notBytes = (most: number): string => `not base64url of 1 to ${most} bytes`

export function readBytes(value: unknown, most: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value !== 'string' || value.length > Math.ceil((most * 4) / 3)) return undefined
  const bytes = fromBase64url(value)
  return bytes === undefined || bytes.length === 0 ? undefined : bytes
}

/** The members of CollectedClientData (WebAuthn §5.8.1) that a decision rests on, as the browser wrote them. */
type ClientData = { type: unknown; challenge: unknown; origin: unknown; isFramed: boolean }

/** Parsed from the very bytes whose hash is signed; undefined when they are no JSON object in UTF-8. */
export function readClientData(bytes: Uint8Array): ClientData | undefined {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
  if (!isRecord(json)) return undefined
  // Token binding was taken out of WebAuthn before anybody shipped it. An answer that claims it is not a browser's.
  if (Object.hasOwn(json, 'tokenBinding')) return undefined
  const { type, challenge, origin, crossOrigin } = json
  // Only false and absence mean "not in somebody else's frame". Any other value fails closed.
  const isFramed = (crossOrigin !== undefined && crossOrigin !== false) || Object.hasOwn(json, 'topOrigin')
  return { type, challenge, origin, isFramed }
}

export type AuthenticatorData = {
  rpIdHash: Uint8Array
  userPresent: boolean
  userVerified: boolean
  backupEligible: boolean
  backedUp: boolean
  counter: number
  attested?: { aaguid: Uint8Array; credentialId: Uint8Array<ArrayBuffer>; publicKey: Uint8Array<ArrayBuffer> }
}

/** Authenticator data (WebAuthn §6.1), to its last byte; undefined when a length or a flag does not add up. */
export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData | undefined {
  const flags = bytes[32]
  if (flags === undefined || bytes.length < 37) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data: AuthenticatorData = {
    rpIdHash: bytes.subarray(0, 32),
    userPresent: (flags & 0x01) !== 0,
    userVerified: (flags & 0x04) !== 0,
    backupEligible: (flags & 0x08) !== 0,
    backedUp: (flags & 0x10) !== 0,
    counter: view.getUint32(33),
  }
  // WebAuthn §6.1.3: what may not be backed up cannot be backed up.
  if (data.backedUp && !data.backupEligible) return undefined

  let end = 37
  if ((flags & 0x40) !== 0) {
    if (bytes.length < 55) return undefined
    const keyStart = 55 + view.getUint16(53)
    const key = readFirstCbor(bytes, keyStart, 'any-order')
    if (!key.ok) return undefined
    end = key.value.end
    data.attested = {
      aaguid: bytes.subarray(37, 53),
      credentialId: Uint8Array.from(bytes.subarray(55, keyStart)),
      publicKey: Uint8Array.from(bytes.subarray(keyStart, end)),
    }
  }
  if ((flags & 0x80) !== 0) {
    const extensions = readFirstCbor(bytes, end, 'any-order')
    if (!extensions.ok || !(extensions.value.value instanceof Map)) return undefined
    end = extensions.value.end
  }
  return end === bytes.length ? data : undefined
}

export const isHashOf = (hash: Uint8Array, rpId: string): boolean =>
  createHash('sha256').update(rpId).digest().equals(hash)

/** 16 bytes are the least that WebAuthn §13.4.3 allows. A shorter one is a caller's mistake, and fails closed. */
export const isChallenge = (challenge: string): boolean => (fromBase64url(challenge)?.length ?? 0) >= 16
