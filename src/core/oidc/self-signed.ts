/**
 * A certificate that counts by its key alone (RFC 8705 §2.2): who issued it and whom it names does not matter, its key or
 * the whole of it must be among what the client registered. Its dates hold all the same.
 */
import { X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'
import type { Seconds } from '../result.ts'
import { sameBytes } from '../secret.ts'
import { publicKeyOf } from './client-jwt.ts'

/** API Gateway passes on no certificate that is longer. */
const longestPem = 16_384

/** `undefined` for what is no certificate, or none at this time. */
export function readShown(pem: string, now: Seconds): X509Certificate | undefined {
  if (pem.length > longestPem) return undefined
  try {
    const certificate = new X509Certificate(pem)
    const { validFromDate, validToDate } = certificate
    return validFromDate.getTime() <= now * 1000 && now * 1000 < validToDate.getTime() ? certificate : undefined
  } catch {
    return undefined
  }
}

/** By `x5c`, where a key has one: then by the first certificate in it and no other (RFC 7517 §4.7). */
export const isAmong = (certificate: X509Certificate, keys: readonly JWK[]): boolean =>
  keys.some((jwk) => {
    if (jwk.use !== undefined && jwk.use !== 'sig') return false
    // Of keys that were fetched, anything may be there.
    const x5c: unknown = jwk.x5c
    if (x5c !== undefined) return Array.isArray(x5c) && isCertificate(certificate, x5c[0])
    return publicKeyOf(jwk)?.equals(certificate.publicKey) ?? false
  })

const isCertificate = ({ raw }: X509Certificate, text: unknown): boolean =>
  typeof text === 'string' && sameBytes(raw, Buffer.from(text, 'base64'))
