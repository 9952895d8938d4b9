/**
 * What a token is bound to: who uses it shows that they hold this key (RFC 7800 `cnf`), by a DPoP proof (RFC 9449 §6) or by
 * the certificate of their connection (RFC 8705 §3.1). A token without one is good in anybody's hands.
 */
export type Confirmation =
  /** RFC 7638 thumbprint of the key, SHA-256, base64url. */
  | { jkt: string }
  /** SHA-256 of the certificate's DER, base64url. */
  | { 'x5t#S256': string }

export const sameConfirmation = (one: Confirmation | undefined, other: Confirmation | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other)
