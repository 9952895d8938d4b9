/**
 * Reads an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, RFC 7636, RFC 9207).
 *
 * In two parts, because where an error may go depends on it: until the client and its redirect URI are known to belong
 * together nothing is sent anywhere; after that every error goes back to the client.
 */
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import { acrOfClaims } from '../step-up/decide.ts'
import type { Client } from './client.ts'
import { readResources } from './resource-indicator.ts'
import { namesInScopes, personalClaims } from './user-claims.ts'

export type Prompt = 'none' | 'login' | 'consent' | 'select_account'

/** `fragment` is for responses that we do not offer. */
export const responseModes = ['query', 'form_post'] as const
export type ResponseMode = (typeof responseModes)[number]

export type ClaimsWanted = { idToken: string[]; userinfo: string[] }

export type AuthorizeRequest = {
  clientId: string
  redirectUri: string
  state?: string
  nonce?: string
  scopes: string[]
  codeChallenge?: string
  acrValues?: string[] | undefined
  essentialAcr?: string[] | undefined
  voluntaryAcr?: string[] | undefined
  claims?: ClaimsWanted
  maxAge?: Seconds
  prompts: Prompt[]
  loginHint?: string
  idTokenHint?: string
  /** Of the claims parameter, or of the hint once that is read: an answer about this user, or none (§3.1.2.2). */
  subject?: string
  uiLocales?: string
  /** How the answer goes back; left out: `query`. */
  responseMode?: ResponseMode
  /** RFC 8707. */
  resources?: string[]
  /** `dpop_jkt`: the key that the code is bound to (RFC 9449 §10). */
  codeKey?: string
  /** The id of the pushed request that this was: it is spent when the login is done (RFC 9126). */
  pushed?: string
}

/** A request whose parameters are read once each; a repeated one is an error (RFC 6749 §3.1), but for `resource` (RFC 8707 §2). */
export type Parameters = { values: Map<string, string>; resources: string[]; repeated: string[] }

export function readParameters(query: string): Parameters {
  const values = new Map<string, string>()
  const resources: string[] = []
  const repeated: string[] = []
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'resource') resources.push(value)
    else if (values.has(name)) repeated.push(name)
    // An empty parameter is one that was left out (RFC 6749 §3.1).
    else if (value !== '') values.set(name, value)
  }
  return { values, resources, repeated }
}

export type Returnable = Pick<AuthorizeRequest, 'clientId' | 'redirectUri' | 'state' | 'responseMode'>

/** Whether there is a place to send an answer to. Redirect URIs are compared as text (RFC 9700 §2.1). */
export function readReturn(
  { values, repeated }: Parameters,
  client: Client | undefined,
): Result<
  Returnable,
  'unknown-client' | 'unregistered-redirect-uri' | 'ambiguous-request' | 'overlong-state' | 'unprintable-state'
> {
  const ambiguous = ['client_id', 'redirect_uri', 'state'].find((name) => repeated.includes(name))
  if (ambiguous !== undefined) return refuse('ambiguous-request', { detail: `${ambiguous} is given more than once` })
  if (!client?.enabled) return refuse('unknown-client')
  const redirectUri = values.get('redirect_uri')
  if (redirectUri === undefined || !client.redirectUris.includes(redirectUri))
    return refuse('unregistered-redirect-uri')
  const state = values.get('state')
  if (state !== undefined && state.length > longestState) return refuse('overlong-state')
  // Nor could it come back whole in a form: browsers change line ends, and NUL. RFC 6749 App. A.5 has none of these.
  if (state !== undefined && /[\p{Cc}\ufffd]/u.test(state)) return refuse('unprintable-state')
  return ok({
    clientId: client.clientId,
    redirectUri,
    ...(state === undefined ? {} : { state }),
    ...(isPosted(values, repeated, redirectUri) ? { responseMode: 'form_post' } : {}),
  })
}

/** Whether even an error is to be posted. Forms go to web addresses only: an app's own scheme takes no body. */
const isPosted = (values: Parameters['values'], repeated: readonly string[], redirectUri: string): boolean =>
  values.get('response_mode') === 'form_post' && !repeated.includes('response_mode') && isWebAddress(redirectUri)

const isWebAddress = (address: string): boolean => /^https?:\/\//i.test(address)

/** The error codes of RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6 that this reading can come to. */
export type AuthorizeError =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'request_not_supported'
  | 'invalid_request_object'
  | 'request_uri_not_supported'
  | 'registration_not_supported'

const longest = 2048
/** In characters. A longer one could not come back whole: API Gateway sends no more in a header. */
export const longestState = 6000
/** Of those that carry a document. */
const longestOf = new Map(Object.entries({ state: longestState, claims: 6000, id_token_hint: 6000 }))

/** The rest of the request, once its answer has somewhere to go. `detail` is for the client's developer. */
export function readAuthorizeRequest(
  { values, resources: targets, repeated }: Parameters,
  client: Client,
  back: Returnable,
): Result<AuthorizeRequest, AuthorizeError> {
  const wrong = (reason: AuthorizeError, detail: string) => refuse(reason, { detail })
  const given = (name: string) => values.get(name)

  if (given('request') !== undefined) return wrong('request_not_supported', 'Request objects are not supported.')
  if (given('request_uri') !== undefined) return wrong('request_uri_not_supported', 'request_uri is not supported.')
  if (given('registration') !== undefined)
    return wrong('registration_not_supported', 'The registration parameter is not supported.')
  if (repeated.length > 0) return wrong('invalid_request', `${printable(repeated[0])} is given more than once.`)
  const overlong = [...values].find(([name, value]) => value.length > (longestOf.get(name) ?? longest))
  if (overlong) return wrong('invalid_request', `${printable(overlong[0])} is too long.`)

  if (given('response_type') === undefined) return wrong('invalid_request', 'response_type is missing.')
  if (given('response_type') !== 'code')
    return wrong('unsupported_response_type', 'Only response_type=code is supported.')
  const mode = given('response_mode') ?? 'query'
  if (!responseModes.some((each) => each === mode))
    return wrong('invalid_request', `Only response_mode=${responseModes.join(' and ')} are supported.`)
  if (mode === 'form_post' && back.responseMode !== 'form_post')
    return wrong('invalid_request', 'response_mode=form_post needs a redirect_uri that is a web address.')
  if (!client.grantTypes.includes('authorization_code'))
    return wrong('unauthorized_client', 'This client may not use the authorization code flow.')

  const scopes = (given('scope') ?? '').split(' ').filter((scope) => scope !== '')
  if (!scopes.includes('openid')) return wrong('invalid_scope', 'scope must contain openid.')
  if (!client.scopes.includes('openid')) return wrong('invalid_scope', 'This client is not registered for openid.')

  const pkce = readPkce(given('code_challenge'), given('code_challenge_method'), client)
  if (!pkce.ok) return pkce
  const prompts = readPrompts(given('prompt'))
  if (!prompts.ok) return prompts
  const maxAge = readMaxAge(given('max_age'))
  if (!maxAge.ok) return maxAge
  const claims = readClaims(given('claims'))
  if (!claims.ok) return claims
  const resources = readResources(targets, client.resources)
  if (!resources.ok) return resources
  // A SHA-256 thumbprint in base64url (RFC 9449 §10).
  const codeKey = given('dpop_jkt')
  if (codeKey !== undefined && !/^[\w-]{43}$/.test(codeKey))
    return wrong('invalid_request', 'dpop_jkt is not the base64url of a SHA-256 thumbprint.')

  const acrValues = given('acr_values')
    ?.split(' ')
    .filter((name) => name !== '')
  const present = <Name extends keyof AuthorizeRequest>(name: Name, value: AuthorizeRequest[Name] | undefined) =>
    value === undefined ? {} : { [name]: value }

  return ok({
    ...back,
    scopes: grantable(scopes, client),
    prompts: prompts.value,
    ...claims.value,
    ...(claims.value.claims === undefined ? {} : { claims: tellable(claims.value.claims, client) }),
    ...present('codeChallenge', pkce.value),
    ...present('maxAge', maxAge.value ?? client.defaultMaxAge),
    ...present('nonce', given('nonce')),
    ...present('acrValues', acrValues),
    ...present('loginHint', given('login_hint')),
    ...present('idTokenHint', given('id_token_hint')),
    ...present('uiLocales', given('ui_locales')),
    ...present('resources', resources.value.length > 0 ? resources.value : undefined),
    ...present('codeKey', codeKey),
  })
}

/**
 * Of the scopes that were asked for, those that the client may have, once each. Whoever gets no refresh tokens gets no
 * offline access either: the scope is ignored then (OpenID Connect Core §11).
 */
export const grantable = (scopes: readonly string[], { scopes: allowed, grantTypes }: Client): string[] =>
  [...new Set(scopes)].filter(
    (scope) => allowed.includes(scope) && (scope !== 'offline_access' || grantTypes.includes('refresh_token')),
  )

/**
 * Of the claims that were asked for by name, those that the client may hear: what none of its scopes brings along is no
 * more its business for being asked for one by one. The token's own claims, `acr` among them, are no person's.
 */
function tellable({ idToken, userinfo }: ClaimsWanted, { scopes }: Client): ClaimsWanted {
  const heard = new Set(namesInScopes(scopes))
  const mayHear = (name: string): boolean => !personalClaims.has(name) || heard.has(name)
  return { idToken: idToken.filter(mayHear), userinfo: userinfo.filter(mayHear) }
}

/**
 * Only S256, and for a client without a secret never without (RFC 9700 §2.1.1), nor for one of the profile fapi2. A method without a challenge is refused:
 * leaving it out must not be a way around it (authentik CVE-2023-48228, CVE-2024-23647).
 */
function readPkce(
  challenge: string | undefined,
  method: string | undefined,
  client: Client,
): Result<string | undefined, 'invalid_request'> {
  const wrong = (detail: string) => refuse('invalid_request', { detail })
  if (challenge === undefined) {
    if (method !== undefined) return wrong('code_challenge_method is given without code_challenge.')
    return mustUsePkce(client) ? wrong('This client must use PKCE: code_challenge is missing.') : ok(undefined)
  }
  // Absent, the method is `plain` (RFC 7636 §4.3), which we do not offer.
  if (method !== 'S256') return wrong('Only code_challenge_method=S256 is supported.')
  return /^[A-Za-z0-9_-]{43}$/.test(challenge)
    ? ok(challenge)
    : wrong('code_challenge is not the base64url of a SHA-256 hash.')
}

/** Who has nothing else to show for a code, or is held to FAPI 2.0 Security Profile §5.3.2.2. */
export const mustUsePkce = ({ tokenEndpointAuthMethod, profile }: Client): boolean =>
  tokenEndpointAuthMethod === 'none' || profile === 'fapi2'

const knownPrompts: readonly Prompt[] = ['none', 'login', 'consent', 'select_account']

function readPrompts(text: string | undefined): Result<Prompt[], 'invalid_request'> {
  const words = (text ?? '').split(' ').filter((word) => word !== '')
  const prompts = knownPrompts.filter((prompt) => words.includes(prompt))
  if (prompts.length !== new Set(words).size)
    return refuse('invalid_request', { detail: 'prompt has an unknown value.' })
  if (prompts.includes('none') && prompts.length > 1)
    return refuse('invalid_request', { detail: 'prompt=none stands alone.' })
  return ok(prompts)
}

function readMaxAge(text: string | undefined): Result<Seconds | undefined, 'invalid_request'> {
  if (text === undefined) return ok(undefined)
  return /^\d{1,9}$/.test(text) ? ok(Number(text)) : refuse('invalid_request', { detail: 'max_age is not a number.' })
}

type ClaimsRead = Pick<AuthorizeRequest, 'essentialAcr' | 'voluntaryAcr' | 'claims' | 'subject'>

/** The claims parameter (OpenID Connect Core §5.5). `acr` is the only member of it that changes what is asked. */
function readClaims(text: string | undefined): Result<ClaimsRead, 'invalid_request'> {
  if (text === undefined) return ok({})
  const wrong = (detail: string) => refuse('invalid_request', { detail })
  let claims: unknown
  try {
    claims = JSON.parse(text)
  } catch {
    return wrong('claims is not JSON.')
  }
  if (!isRecord(claims)) return wrong('claims is not a JSON object.')
  const { id_token: idToken = {}, userinfo = {} } = claims
  if (!isRecord(idToken) || !isRecord(userinfo)) return wrong('claims has a member that is not an object.')
  for (const [name, request] of [...Object.entries(idToken), ...Object.entries(userinfo)])
    if (request !== null && !isRecord(request)) return wrong(`claims asks for ${printable(name)} in an unknown form.`)

  const acr = acrOfClaims(text)
  if (!acr.ok) return wrong(`claims${acr.at ?? ''} ${acr.detail ?? 'has an unknown form'}.`)
  const subject = isRecord(idToken.sub) ? idToken.sub.value : undefined
  return ok({
    ...acr.value,
    ...(typeof subject === 'string' ? { subject } : {}),
    claims: { idToken: Object.keys(idToken), userinfo: Object.keys(userinfo) },
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 6749 §5.2: an error description is printable ASCII without quote and backslash. */
const printable = (text = ''): string => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, 64)
