/**
 * A request object: an authorization request as a JWT that the client signed (RFC 9101, OpenID Connect Core §6.1). What is
 * in it is the whole request; nothing beside it counts (§6.3). Whether the signature holds is looked at elsewhere.
 *
 * Left out: objects by reference, which would have us fetch what anybody names, and encrypted ones.
 */
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import type { Client } from './client.ts'
import { isTime } from './client-assertion.ts'
import { type ClientJwt, clockSkew } from './client-jwt.ts'

/** FAPI 2.0 Message Signing §5.3.1: neither older nor good for longer. */
const longestLife: Seconds = 3600

/** Of the JWT itself, and so no parameters. */
const ofJwt = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'])

/** The parameters as a query. */
export function readRequestObject(
  { typ, claims }: ClientJwt,
  { client, issuer, now }: { client: Pick<Client, 'clientId' | 'profile'>; issuer: string; now: Seconds },
): Result<string, 'invalid_request_object'> {
  const wrong = (detail: string) => refuse('invalid_request_object', { detail: `The request object ${detail}.` })
  if (typ !== undefined && typ !== 'jwt' && typ !== 'oauth-authz-req+jwt') return wrong('is of another type')
  const { iss, aud, exp, nbf, iat, client_id: named } = claims
  if (iss !== client.clientId) return wrong('must have the client in iss')
  if (named !== undefined && named !== client.clientId) return wrong('must have the client in client_id')
  if (aud !== issuer && !(Array.isArray(aud) && aud.includes(issuer))) return wrong('must have the issuer in aud')
  if (!isTime(exp) || exp <= now) return wrong('has expired, or has no exp')
  if (exp > now + longestLife) return wrong('expires in more than 60 minutes')
  if (client.profile === 'fapi2' && nbf === undefined) return wrong('has no nbf')
  for (const [name, time] of Object.entries({ nbf, iat })) {
    if (time === undefined) continue
    if (!isTime(time) || time > now + clockSkew) return wrong(`has an ${name} in the future, or one that is no time`)
    if (time < now - longestLife) return wrong(`has an ${name} of more than 60 minutes ago`)
  }
  // §10.8: with the client in sub it would be an assertion of the client's; §4: it must be whole in itself.
  const unwanted = ['sub', 'request', 'request_uri'].find((name) => Object.hasOwn(claims, name))
  if (unwanted !== undefined) return wrong(`must not have ${unwanted}`)

  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(claims)) {
    if (ofJwt.has(name) || name === 'client_id') continue
    const texts = textsOf(name, value)
    if (texts === undefined) return wrong('has a parameter in an unknown form')
    for (const text of texts) query.append(name, text)
  }
  query.set('client_id', client.clientId)
  return ok(query.toString())
}

/** Texts as they are, numbers as JSON has them, an object where JSON is wanted, and several only of `resource` (§4). */
function textsOf(name: string, value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  if (Array.isArray(value))
    return name === 'resource' && value.every((each) => typeof each === 'string') ? value : undefined
  return typeof value === 'object' && value !== null ? [JSON.stringify(value)] : undefined
}
