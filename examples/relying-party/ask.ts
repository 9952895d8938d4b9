/**
 * What one visit asks the issuer for: the application's usual level, changed by the address of its page.
 *
 * Everything in the address goes on to the issuer except what the protocol run itself sets. Whether the answer is
 * good enough is decided here too, because a relying party that does not compare has not asked.
 */

/** These belong to the protocol run, or would move the answer elsewhere: an address may not set them. */
const ours = new Set([
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
])

/** The members of the address that a visit carries to the issuer, in their order; empty ones drop the usual value. */
export const carried = (query: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...query].filter(([name]) => !ours.has(name)))

type AcrClaim = { names: string[]; essential: boolean }

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The acr that the `claims` parameter asks of the ID token (OIDC Core §5.5.1.1), if it is readable and names any. */
function acrClaim(claims: string | null): AcrClaim | undefined {
  if (claims === null) return undefined
  let wanted: unknown
  try {
    wanted = JSON.parse(claims)
  } catch {
    // Sent as it is: what a malformed request meets is the issuer's to say.
    return undefined
  }
  const idToken = isRecord(wanted) ? wanted.id_token : undefined
  const acr = isRecord(idToken) ? idToken.acr : undefined
  if (!isRecord(acr)) return undefined
  const values = Array.isArray(acr.values) ? acr.values : [acr.value]
  const names = values.filter((name) => typeof name === 'string')
  return names.length === 0 ? undefined : { names, essential: acr.essential === true }
}

/** What is sent: the usual `acr_values` unless the address names its own, in `acr_values` or in `claims`. */
export function asks(usualAcrValues: string, query: URLSearchParams): URLSearchParams {
  const sent = new URLSearchParams([...carried(query)].filter(([, value]) => value !== ''))
  const named = query.has('acr_values') || acrClaim(query.get('claims')) !== undefined
  if (!named && usualAcrValues !== '') sent.set('acr_values', usualAcrValues)
  if (!sent.has('scope')) sent.set('scope', 'openid profile email')
  return sent
}

/** The acr names of which the ID token must carry one; none asked, any will do. An essential claim goes first. */
export function wantedAcr(sent: URLSearchParams): string[] {
  const claim = acrClaim(sent.get('claims'))
  if (claim?.essential) return claim.names
  const values = (sent.get('acr_values') ?? '').split(' ').filter((name) => name !== '')
  return values.length > 0 ? values : (claim?.names ?? [])
}

export const acrMatches = (wanted: readonly string[], acr: string | undefined): boolean =>
  wanted.length === 0 || (acr !== undefined && wanted.includes(acr))

/** `max_age` as the check of `auth_time` takes it; undefined when it was not asked, or is not a number of seconds. */
export function maxAgeOf(sent: URLSearchParams): number | undefined {
  const text = sent.get('max_age')
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
