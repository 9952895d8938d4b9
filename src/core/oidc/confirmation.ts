/**
 * What a token is bound to: who uses it shows that they hold this key (RFC 7800 `cnf`), by a DPoP proof (RFC 9449 §6) or by
 * the certificate of their connection (RFC 8705 §3.1). A token without one is good in anybody's hands.
 */
import { createHash, X509Certificate } from 'node:crypto'

export type Confirmation =
  /** RFC 7638 thumbprint of the key, SHA-256, base64url. */
  | { jkt: string }
  /** SHA-256 of the certificate's DER, base64url. */
  | { 'x5t#S256': string }

export const sameConfirmation = (one: Confirmation | undefined, other: Confirmation | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** `cnf` of a token of ours; `undefined` for what is none, or more than we know to check. */
export function confirmationIn(cnf: unknown): Confirmation | undefined {
  if (typeof cnf !== 'object' || cnf === null) return undefined
  const [[method, value] = [], ...more] = Object.entries(cnf)
  if (typeof value !== 'string' || more.length > 0) return undefined
  if (method === 'jkt') return { jkt: value }
  return method === 'x5t#S256' ? { 'x5t#S256': value } : undefined
}

/** `x5t#S256` of a certificate. @param pem as the request context has it. */
export const certificateThumbprint = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url')
