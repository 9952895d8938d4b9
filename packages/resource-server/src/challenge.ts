/** What a refusal says, in the header that is for it: `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3), and in the body. */

/** Empty where no token was sent: then there is no error to name (RFC 6750 §3.1). */
export type Challenge = {
  error?: 'invalid_token' | 'insufficient_scope' | 'insufficient_user_authentication'
  error_description?: string
  scope?: string
  acr_values?: string
  max_age?: string
}

/** A quoted-string (RFC 9110 §5.6.4). What no header can carry is left out rather than sent. */
const quoted = (text: string): string => `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`

export function challengeOf(challenge: Challenge): string {
  const params = Object.entries(challenge).map(([name, value]) => `${name}=${quoted(value)}`)
  return params.length === 0 ? 'Bearer' : `Bearer ${params.join(', ')}`
}

/** Status and headers aside, what both forms answer with. */
export const headersOf = (challenge: Challenge): Record<string, string> => ({
  'www-authenticate': challengeOf(challenge),
  'cache-control': 'no-store',
  ...(challenge.error === undefined ? {} : { 'content-type': 'application/json' }),
})

export const bodyOf = (challenge: Challenge): string => (challenge.error === undefined ? '' : JSON.stringify(challenge))
