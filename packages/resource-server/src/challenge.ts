/** What a refusal says, in the header that is for it: `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3), and in the body. */

/** Empty where no token was sent: then there is no error to name (RFC 6750 §3.1). */
export type Challenge = {
  error?: 'invalid_token' | 'invalid_dpop_proof' | 'insufficient_scope' | 'insufficient_user_authentication'
  error_description?: string
  scope?: string
  acr_values?: string
  max_age?: string
}

/** A quoted-string (RFC 9110 §5.6.4). What no header can carry is left out rather than sent. */
const quoted = (text: string): string => `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`

/** How the token was shown, or should have been (RFC 9449 §7.1). */
export type Scheme = 'Bearer' | 'DPoP'

/** `algs`: those of proofs, with spaces between, where the scheme is DPoP. */
export function challengeOf(challenge: Challenge, scheme: Scheme = 'Bearer', algs?: string): string {
  const all = { ...challenge, ...(algs === undefined ? {} : { algs }) }
  const params = Object.entries(all).map(([name, value]) => `${name}=${quoted(value)}`)
  return params.length === 0 ? scheme : `${scheme} ${params.join(', ')}`
}

type Refusal = { challenge: Challenge; scheme: Scheme; algorithms?: string }

/** Status and headers aside, what both forms answer with. */
export const headersOf = ({ challenge, scheme, algorithms }: Refusal): Record<string, string> => ({
  'www-authenticate': challengeOf(challenge, scheme, algorithms),
  'cache-control': 'no-store',
  ...(challenge.error === undefined ? {} : { 'content-type': 'application/json' }),
})

export const bodyOf = ({ challenge }: Pick<Refusal, 'challenge'>): string =>
  challenge.error === undefined ? '' : JSON.stringify(challenge)
