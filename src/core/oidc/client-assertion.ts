/**
 * A client's assertion about itself (RFC 7523 §3, OpenID Connect Core §9, FAPI 2.0 Security Profile §5.3.2.1): what it must
 * say to stand for the client at this very moment, here, and once.
 *
 * Its audience is the issuer, as one text, for every client: an assertion for an endpoint's address could have been made
 * for somebody who gave that address as their own (draft-ietf-oauth-rfc7523bis, CVE-2025-27371).
 */
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import { type ClientJwt, clockSkew } from './client-jwt.ts'

/** What of an assertion is remembered: that it was used. */
export type Assertion = { jti: string; until: Seconds }

/** An assertion is made for one request; the longer it is good, the longer its `jti` must be kept. */
const longestAhead: Seconds = 600

export function readAssertion(
  { typ, claims }: ClientJwt,
  { clientId, issuer, now }: { clientId: string; issuer: string; now: Seconds },
): Result<Assertion, 'bad-assertion'> {
  const wrong = (detail: string) => refuse('bad-assertion', { detail })
  // What has a type of its own was made for something else: a request object, a DPoP proof, a token.
  if (typ?.endsWith('+jwt') && typ !== 'client-authentication+jwt') return wrong(`is of the type ${typ}`)
  const { iss, sub, aud, exp, iat, nbf, jti } = claims
  if (iss !== clientId || sub !== clientId) return wrong('must have the client in iss and in sub')
  if (aud !== issuer) return wrong('must have the issuer in aud, as one text and alone')
  if (!isTime(exp)) return wrong('has no exp')
  if (exp <= now) return wrong('has expired')
  if (exp > now + longestAhead) return wrong(`must expire within ${longestAhead} seconds`)
  for (const [name, time] of Object.entries({ iat, nbf })) {
    if (time === undefined) continue
    if (!isTime(time)) return wrong(`has an ${name} that is no time`)
    if (time > now + clockSkew) return wrong(`has an ${name} in the future`)
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > 256) return wrong('has no jti')
  return ok({ jti, until: Math.ceil(exp) })
}

/** A NumericDate (RFC 7519 §2), which may have a fraction. */
export const isTime = (value: unknown): value is Seconds =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e11
