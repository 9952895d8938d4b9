/**
 * Decides whether an access token opens a resource: that it is good (RFC 9068 §4), and that its person signed in
 * strongly and recently enough (RFC 9470 §3). Both forms of the package, middy and fetch, say what is decided here.
 *
 * A token that is bound to a key of its client (RFC 9449) is taken with a proof of that key, where `dpop` says where this API
 * is called, and refused as a Bearer token.
 *
 * What it leaves out: whether the token was revoked meanwhile, which only its issuer knows (RFC 7662), and tokens that
 * are bound to a certificate (RFC 8705), which are refused, because nobody here sees the connection.
 */
import { base64url, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Challenge, Scheme } from './challenge.ts'
import { boundTo, type Dpop, type ProofCheck, proofCheck, type SentProof } from './dpop.ts'
import { keysOf } from './keys.ts'

export type StepUp = {
  /** The address of the authorization server, as `iss` has it. */
  issuer: string
  /** What `aud` calls this resource server. */
  audience: string
  /** `order`: every acr that the issuer gives, the weakest first. `required`: the weakest that will do. */
  acr?: { order: readonly string[]; required: string }
  /** Seconds since the person signed in. 0 asks for a sign-in at this very time, give or take `clockTolerance`. */
  maxAge?: number
  /** Scopes that are all needed, with spaces between. */
  scope?: string
  /** Signatures that are taken. Default ES256, RS256, PS256. Never one of a shared secret. */
  algorithms?: readonly string[]
  /** Tokens that are bound to a key come with a proof of it. Left out: such tokens are refused. */
  dpop?: Dpop
  /** Seconds by which the issuer's clock may be off. Default 5. */
  clockTolerance?: number
  /** Instead of the keys that the issuer publishes. */
  keys?: JWTVerifyGetKey
  /** Seconds. */
  now?: () => number
}

/** Who calls, as the token says. */
export type Auth = {
  subject: string
  clientId: string
  acr?: string
  amr: string[]
  /** When the person signed in, in seconds. */
  authTime?: number
  scopes: string[]
  expiresAt: number
  claims: JWTPayload
}

/** `algorithms` are those of proofs, for a challenge of DPoP. */
export type Refused = { status: 401 | 403; challenge: Challenge; scheme: Scheme; algorithms?: string }

export type Access = { ok: true; auth: Auth } | ({ ok: false } & Refused)

/**
 * The `Authorization` header of a request in, and for a token that is bound to a key what else of the request its proof was
 * made for; access or refusal out. Rejects only if the issuer cannot be asked.
 */
export type Check = (authorization: string | null | undefined, sent?: SentProof) => Promise<Access>

/** @throws TypeError for a demand that no token could meet, or that would not be safe: at the start, not at a request. */
export function accessCheck(options: StepUp): Check {
  const demand = demandOf(options)
  return async (authorization, sent) => {
    const shown = shownIn(authorization, demand)
    if (shown === undefined) return refused(demand, demand.proofs?.required ? 'DPoP' : 'Bearer', 401, {})
    const { scheme, token } = shown
    const checked = await verify(demand, token)
    if (!checked.ok) return refused(demand, scheme, 401, invalid(checked.why))
    const problem = await bindingProblem(demand, shown, checked.claims, sent)
    if (problem !== undefined) return refused(demand, demand.proofs === undefined ? 'Bearer' : 'DPoP', 401, problem)
    return judge(demand, scheme, checked.claims)
  }
}

/** RFC 9449 §7.1, §7.2: a bound token with the proof of its key, and any other without. */
async function bindingProblem(
  { proofs, now }: Demand,
  { scheme, token }: Shown,
  claims: JWTPayload,
  sent: SentProof | undefined,
): Promise<Challenge | undefined> {
  // RFC 7800: it is good in the hands of one client.
  if (scheme === 'Bearer' && claims.cnf !== undefined) return invalid('The access token is bound to a key')
  if (scheme === 'Bearer') return proofs?.required ? invalid('The access token is not bound to a key') : undefined
  if (proofs === undefined || boundTo(claims) === undefined) return invalid('The access token is not bound to a key')
  const nothing = { method: '', path: '', dpop: undefined }
  const found = await proofs.problem(sent ?? nothing, token, claims, now())
  return found === undefined ? undefined : { error: found.error, error_description: found.why }
}

type Demand = {
  issuer: string
  audience: string
  /** The names that will do, the weakest first; empty: any. */
  acrValues: readonly string[]
  maxAge: number | undefined
  scopes: readonly string[]
  algorithms: string[]
  tolerance: number
  keys: JWTVerifyGetKey
  now: () => number
  proofs: ProofCheck | undefined
}

/** RFC 6749 Appendix A.4: what a name may hold that stands in a list with spaces, in quotes. */
const nameForm = /^[\x21\x23-\x5b\x5d-\x7e]+$/

function demandOf(options: StepUp): Demand {
  const { issuer, audience, acr, maxAge, scope = '', algorithms = ['ES256', 'RS256', 'PS256'] } = options
  const { clockTolerance = 5, now = () => Math.floor(Date.now() / 1000) } = options
  if (audience === '') throw new TypeError('audience is empty: then a token for anybody would do')
  if (algorithms.length === 0 || algorithms.some((alg) => alg === 'none' || alg.startsWith('HS')))
    throw new TypeError('algorithms must be those of key pairs: not none, and none with a shared secret')
  if (maxAge !== undefined && !isCount(maxAge)) throw new TypeError('maxAge must be a whole number of seconds')
  if (!isCount(clockTolerance)) throw new TypeError('clockTolerance must be a whole number of seconds')
  const scopes = scope.split(' ').filter((name) => name !== '')
  const acrValues = sufficient(acr)
  for (const name of [...scopes, ...acrValues])
    if (!nameForm.test(name)) throw new TypeError(`${JSON.stringify(name)} cannot be the name of a scope or an acr`)
  const keys = options.keys ?? keysOf(issuer)
  return {
    issuer,
    audience,
    acrValues,
    maxAge,
    scopes,
    algorithms: [...algorithms],
    tolerance: clockTolerance,
    keys,
    now,
    proofs: options.dpop === undefined ? undefined : proofCheck(options.dpop, clockTolerance),
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** The required name and all that are stronger. */
function sufficient(acr: StepUp['acr']): readonly string[] {
  if (acr === undefined) return []
  const { order, required } = acr
  if (new Set(order).size !== order.length) throw new TypeError('acr.order has a name twice')
  const at = order.indexOf(required)
  if (at < 0) throw new TypeError(`acr.required is ${required}, which acr.order does not have`)
  return order.slice(at)
}

type Shown = { scheme: Scheme; token: string }

/**
 * `undefined` where no token is sent; another scheme's credentials are none either (RFC 6750 §3.1), and DPoP is another one
 * where no proofs are taken.
 */
function shownIn(authorization: string | null | undefined, { proofs }: Demand): Shown | undefined {
  const [, name, token = ''] = /^(Bearer|DPoP)(?: +(.*))?$/is.exec(authorization?.trim() ?? '') ?? []
  if (name === undefined) return undefined
  const scheme = name.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer'
  return scheme === 'DPoP' && proofs === undefined ? undefined : { scheme, token: token.trim() }
}

type Verified = { ok: true; claims: JWTPayload } | { ok: false; why: string }

const invalid = (description: string): Challenge => ({ error: 'invalid_token', error_description: description })

/** RFC 9068 §2.2 has them all; `aud` and `iss` are looked at besides. */
const requiredClaims = ['exp', 'iat', 'sub', 'client_id', 'jti']

/** Texts all, and none of them empty: what a handler is told of its caller has a form that it can compare. */
const areNamed = ({ sub, client_id: clientId, jti }: JWTPayload): boolean =>
  [sub, clientId, jti].every((name) => typeof name === 'string' && name !== '')

/**
 * Spelled in the one way there is, so that who keeps lists of tokens meets no second spelling of one; and without
 * extensions that must be understood, not even those that jose knows (RFC 7515 §4.1.11): access tokens have none.
 */
function isPlain(token: string): boolean {
  try {
    const isCanonical = token.split('.').every((part) => base64url.encode(base64url.decode(part)) === part)
    return isCanonical && decodeProtectedHeader(token).crit === undefined
  } catch {
    return false
  }
}

/** The words never come from the token: they go into a header. */
async function verify(demand: Demand, token: string): Promise<Verified> {
  // No JWS in compact form, or longer than any header that servers take: not worth decoding.
  if (token.length > 16_384 || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || !isPlain(token))
    return { ok: false, why: 'The access token is malformed' }
  try {
    const { payload } = await jwtVerify(token, demand.keys, {
      issuer: demand.issuer,
      audience: demand.audience,
      algorithms: demand.algorithms,
      typ: 'at+jwt',
      requiredClaims,
      clockTolerance: demand.tolerance,
      currentDate: new Date(demand.now() * 1000),
    })
    if (!areNamed(payload)) return { ok: false, why: 'The access token is not valid here' }
    return { ok: true, claims: payload }
  } catch (failure) {
    if (failure instanceof errors.JWTExpired) return { ok: false, why: 'The access token has expired' }
    if (failure instanceof errors.JOSEError) return { ok: false, why: 'The access token is not valid here' }
    throw failure
  }
}

/** A good token: does it open this? Scope first, because no sign-in, however strong, makes up for it. */
function judge(demand: Demand, scheme: Scheme, claims: JWTPayload): Access {
  const auth = authOf(claims)
  if (!demand.scopes.every((name) => auth.scopes.includes(name)))
    return refused(demand, scheme, 403, {
      error: 'insufficient_scope',
      error_description: 'The access token is for less than this',
      scope: demand.scopes.join(' '),
    })
  const { maxAge, acrValues, tolerance } = demand
  const age = demand.now() - (auth.authTime ?? Number.NEGATIVE_INFINITY)
  // Clocks that disagree so much say nothing of an age; stepping up would not help it.
  if (age < -tolerance) return refused(demand, scheme, 401, invalid('auth_time is in the future'))
  const weak = acrValues.length > 0 && !acrValues.includes(auth.acr ?? '')
  const old = maxAge !== undefined && age > maxAge + tolerance
  if (!weak && !old) return { ok: true, auth }
  return refused(demand, scheme, 401, {
    error: 'insufficient_user_authentication',
    error_description: weak ? 'A stronger authentication is required' : 'A more recent authentication is required',
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
  })
}

const refused = (
  { proofs }: Demand,
  scheme: Scheme,
  status: Refused['status'],
  challenge: Challenge,
): { ok: false } & Refused => ({
  ok: false,
  status,
  challenge,
  scheme,
  ...(scheme === 'DPoP' && proofs !== undefined ? { algorithms: proofs.algorithms } : {}),
})

/** Optional claims of another type than theirs are as good as missing. */
function authOf(claims: JWTPayload): Auth {
  const { sub = '', exp = 0, acr, amr, auth_time: authTime, scope, client_id: clientId } = claims
  return {
    subject: sub,
    clientId: String(clientId),
    ...(typeof acr === 'string' ? { acr } : {}),
    amr: Array.isArray(amr) ? amr.filter((name) => typeof name === 'string') : [],
    ...(typeof authTime === 'number' && Number.isFinite(authTime) ? { authTime } : {}),
    scopes: typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : [],
    expiresAt: exp,
    claims,
  }
}
