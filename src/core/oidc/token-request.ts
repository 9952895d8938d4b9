/** Reads a token request: who asks (RFC 6749 §2.3), and for what (§4.1.3, §4.4.2, §6). */
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import { hashSecret, sameText, splitHalves, type TwoHalves } from '../secret.ts'
import type { Client, ClientAuthMethod } from './client.ts'
import { readJwt } from './client-jwt.ts'

/**
 * Who somebody says they are, and what they show for it. `none` stands for nothing but a name: the connection's certificate,
 * if that is the client's method, is no part of the form.
 */
export type Credentials = {
  clientId: string
  secret?: string
  /** A JWT that nobody has looked at but for the name in it. */
  assertion?: string
  method: Exclude<ClientAuthMethod, 'tls_client_auth' | 'self_signed_tls_client_auth'>
}

export type TokenRequest = (
  | {
      grantType: 'authorization_code'
      code: TwoHalves | undefined
      redirectUri: string | undefined
      verifier: string | undefined
    }
  | { grantType: 'refresh_token'; token: TwoHalves | undefined; scopes: string[] | undefined }
  | { grantType: 'client_credentials'; scopes: string[] }
) & {
  /** As they were sent: see `resource-indicator.ts`. */
  resources: readonly string[]
}

export type Form = ReadonlyMap<string, string>

/** A form in which every field is given once, but for `resource` (RFC 8707 §2): that is read by who wants it. */
export function readForm(body: string, contentType: string | undefined): Result<Form, 'invalid_request'> {
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    return refuse('invalid_request', { detail: 'The body must be application/x-www-form-urlencoded.' })
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (name === 'resource') continue
    if (form.has(name)) return refuse('invalid_request', { detail: 'A parameter is given more than once.' })
    if (value !== '') form.set(name, value)
  }
  return ok(form)
}

/** Who asks, by one method and no second one (RFC 6749 §2.3). */
export function readCredentials(
  authorization: string | undefined,
  form: Form,
): Result<Credentials, 'invalid_client' | 'invalid_request'> {
  const [posted, secret] = [form.get('client_id'), form.get('client_secret')]
  const [assertion, kind] = [form.get('client_assertion'), form.get('client_assertion_type')]
  if (assertion !== undefined || kind !== undefined) {
    if (authorization !== undefined || secret !== undefined) return refuse('invalid_request', twoWays)
    return readAssertion(assertion, kind, posted)
  }
  if (authorization === undefined) {
    if (posted === undefined) return refuse('invalid_client', { detail: 'No client authentication is given.' })
    return ok(
      secret === undefined
        ? { clientId: posted, method: 'none' }
        : { clientId: posted, secret, method: 'client_secret_post' },
    )
  }
  const basic = readBasic(authorization)
  if (basic === undefined) return refuse('invalid_client', { detail: 'The Authorization header is not a Basic one.' })
  if (secret !== undefined) return refuse('invalid_request', twoWays)
  if (posted !== undefined && posted !== basic.clientId)
    return refuse('invalid_request', { detail: 'client_id differs from the Authorization header.' })
  return ok({ ...basic, method: 'client_secret_basic' })
}

const twoWays = { detail: 'Two ways of client authentication are used.' }

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** `client_id` may be left out: the assertion names its client (RFC 7521 §4.2). Whether it is true is looked at later. */
function readAssertion(
  assertion: string | undefined,
  kind: string | undefined,
  posted: string | undefined,
): Result<Credentials, 'invalid_client' | 'invalid_request'> {
  if (assertion === undefined) return refuse('invalid_request', { detail: 'client_assertion is missing.' })
  if (kind !== assertionType)
    return refuse('invalid_client', { detail: `Only client_assertion_type=${assertionType} is supported.` })
  const jwt = readJwt(assertion)
  const clientId = jwt.ok ? jwt.value.claims.sub : undefined
  if (typeof clientId !== 'string' || clientId === '')
    return refuse('invalid_client', { detail: 'client_assertion is no JWT that names its client in sub.' })
  if (posted !== undefined && posted !== clientId)
    return refuse('invalid_client', { detail: 'client_id differs from sub of client_assertion.' })
  return ok({ clientId, assertion, method: 'private_key_jwt' })
}

/** Both halves are form-encoded before they are joined (RFC 6749 §2.3.1). */
function readBasic(authorization: string): { clientId: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const [clientId, ...secret] = Buffer.from(encoded ?? '', 'base64')
    .toString('utf8')
    .split(':')
  if (clientId === undefined || secret.length === 0) return undefined
  try {
    const decoded = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    return { clientId: decoded(clientId), secret: decoded(secret.join(':')) }
  } catch {
    return undefined
  }
}

/** Whether it is one of the client's that are good now; each of them is compared. */
export function secretHolds({ secrets }: Client, secret: string, now: Seconds): boolean {
  const hash = hashSecret(secret)
  const good = secrets.filter(({ until }) => until === undefined || until > now)
  return good.reduce((held, each) => sameText(each.hash, hash) || held, false)
}

export function readTokenRequest(
  form: Form,
  resources: readonly string[] = [],
): Result<TokenRequest, 'invalid_request' | 'unsupported_grant_type'> {
  const scopes = form
    .get('scope')
    ?.split(' ')
    .filter((scope) => scope !== '')
  switch (form.get('grant_type')) {
    case undefined:
      return refuse('invalid_request', { detail: 'grant_type is missing.' })
    case 'authorization_code':
      if (!form.has('code')) return refuse('invalid_request', { detail: 'code is missing.' })
      return ok({
        grantType: 'authorization_code',
        resources,
        code: splitHalves(form.get('code')),
        redirectUri: form.get('redirect_uri'),
        verifier: form.get('code_verifier'),
      })
    case 'refresh_token':
      if (!form.has('refresh_token')) return refuse('invalid_request', { detail: 'refresh_token is missing.' })
      return ok({ grantType: 'refresh_token', resources, token: splitHalves(form.get('refresh_token')), scopes })
    case 'client_credentials':
      return ok({ grantType: 'client_credentials', resources, scopes: scopes ?? [] })
    default:
      return refuse('unsupported_grant_type', { detail: 'This grant_type is not supported.' })
  }
}
