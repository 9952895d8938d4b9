/**
 * What a relying party of the conformance suite does, step by step, and what it checks at each step, whichever module it is
 * in (`AbstractOIDCCServerTest`): the answer at the redirect URI, the token endpoint's, the ID token by keys that it fetches
 * itself, and userinfo.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type JWTPayload, jwtVerify } from 'jose'
import { expect } from 'vitest'
import { type Arrived, type Browser, formsOf } from './browser.ts'
import { checkStandardClaims } from './standard-claims.ts'
import type { Suite, SuiteClient } from './suite.ts'

export type Request = URLSearchParams

/** What a test asks for beside the usual; `undefined` leaves a parameter out. */
export type Change = Record<string, string | undefined>

export type Tokens = {
  access_token: string
  id_token: string
  token_type: string
  expires_in: number
  refresh_token?: string
}

export type SignedIn = {
  browser: Browser
  client: SuiteClient
  request: Request
  code: string
  tokens: Tokens
  idToken: JWTPayload
  /** The form that the tokens were asked for with. */
  tokenRequest: URLSearchParams
}

const letters = (count: number): string => randomBytes(count).toString('base64url').slice(0, count)

/** As `CreateAuthorizationEndpointRequestFromClientInformation` makes it: no PKCE, no acr_values. */
export function newRequest(
  { responseMode }: Suite,
  client: Pick<SuiteClient, 'clientId' | 'redirectUri'>,
  change: Change = {},
): Request {
  const usual: Change = {
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: 'openid',
    state: letters(10),
    nonce: letters(10),
    response_type: 'code',
    response_mode: responseMode,
  }
  const given = Object.entries({ ...usual, ...change }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  return new URLSearchParams(given)
}

export const ask = (suite: Suite, browser: Browser, request: Request): Promise<Arrived> =>
  browser.open(`${suite.metadata.authorization_endpoint}?${request}`)

/** Fills in every page as the person would, until an application is reached or a page is no step of a sign-in. */
export async function goOn({ person }: Suite, browser: Browser, from: Arrived): Promise<Arrived> {
  const filled: Record<string, [form: string, fields: Record<string, string>]> = {
    username: ['username-form', { username: person.userName }],
    password: ['password-form', { password: person.password }],
    consent: ['consent-form', {}],
    'form-post': ['form-post', {}],
  }
  let here = from
  for (let steps = 0; here.at === 'page' && filled[here.id] !== undefined; steps++) {
    if (steps > 6) throw new Error(`A sign-in that does not end, last at ${here.id}`)
    const [form, fields] = filled[here.id] ?? ['', {}]
    here = await browser.submit(here, form, fields)
  }
  return here
}

/** What came to the redirect URI, in the way that was asked for, and nothing in another. */
export function answerAt(suite: Suite, request: Request, arrived: Arrived): URLSearchParams {
  if (arrived.at === 'page') throw new Error(`The browser is at a page of the provider: ${arrived.id}\n${arrived.html}`)
  const redirectUri = request.get('redirect_uri') ?? ''
  expect(arrived.url.origin + arrived.url.pathname).toBe(redirectUri)
  if (suite.responseMode === 'form_post') {
    // CheckCallbackHttpMethodIsPost, RejectAuthCodeInUrlQuery, RejectErrorInUrlQuery.
    expect(arrived.method).toBe('POST')
    expect(arrived.url.search).toBe('')
  } else expect(arrived.method).toBe('GET')
  expect(arrived.url.hash).toBe('')
  const { fields } = arrived
  expect([...fields.keys()], 'each parameter once').toEqual([...new Set(fields.keys())])
  // CheckStateInAuthorizationResponse, ValidateIssIfPresentInAuthorizationResponse.
  expect(fields.get('state')).toBe(request.get('state'))
  expect(fields.get('iss')).toBe(suite.issuer)
  return fields
}

export function codeIn(suite: Suite, request: Request, arrived: Arrived): string {
  const fields = answerAt(suite, request, arrived)
  expect(fields.get('error'), fields.get('error_description') ?? '').toBeNull()
  const code = fields.get('code') ?? ''
  // RFC 6749 §10.10: 128 bits at least.
  expect(code.length).toBeGreaterThanOrEqual(22)
  return code
}

/** `performGenericAuthorizationEndpointErrorResponseValidation`. */
export function errorIn(suite: Suite, request: Request, arrived: Arrived): string {
  const fields = answerAt(suite, request, arrived)
  expect(fields.get('code')).toBeNull()
  expect(['error', 'error_description', 'error_uri', 'state', 'iss']).toEqual(
    expect.arrayContaining([...fields.keys()]),
  )
  checkDescription(fields.get('error_description') ?? undefined)
  const error = fields.get('error') ?? ''
  expect(error).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  return error
}

/** RFC 6749 §4.1.2.1, §5.2: printable ASCII without quote and backslash. */
function checkDescription(description: unknown): void {
  if (description !== undefined) expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
}

/** One request of the token endpoint, with the client's secret as it is registered for. */
export function callTokenEndpoint(suite: Suite, client: SuiteClient, form: URLSearchParams): Promise<Response> {
  const body = new URLSearchParams(form)
  const headers: Record<string, string> = { accept: 'application/json' }
  if (client.method === 'client_secret_post') {
    body.set('client_id', client.clientId)
    body.set('client_secret', client.secret)
  } else {
    // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
    const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
    const pair = `${encoded(client.clientId)}:${encoded(client.secret)}`
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  }
  return suite.fetchIssuer(suite.metadata.token_endpoint, { method: 'POST', headers, body })
}

export async function tokensIn(response: Response, type: 'Bearer' | 'DPoP' = 'Bearer'): Promise<Tokens> {
  const body = (await response.json()) as Tokens & { error_description?: string }
  expect(response.status, body.error_description).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
  // CheckTokenEndpointCacheHeaders (RFC 6749 §5.1).
  expect(response.headers.get('cache-control')).toContain('no-store')
  expect(body.token_type).toBe(type)
  expect(Number.isInteger(body.expires_in) && body.expires_in > 0).toBe(true)
  // EnsureMinimumAccessTokenEntropy, EnsureAccessTokenContainsAllowedCharactersOnly.
  expect(body.access_token.length).toBeGreaterThanOrEqual(22)
  expect(body.access_token).toMatch(/^[\x20-\x7e]+$/)
  return body
}

/** What the token endpoint refuses (RFC 6749 §5.2, OpenID Connect Core §3.1.3.4). */
export async function tokenErrorIn(response: Response): Promise<string> {
  const body = (await response.json()) as { error: string; error_description?: string }
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
  expect(body.error).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  checkDescription(body.error_description)
  return body.error
}

/** The claims of an ID token that speak of the sign-in, not of the person. */
const ofTheToken = [
  ...['iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', 'at_hash'],
  // Checked with the rest of its rules, below.
  'sub',
]

/** `PerformStandardIdTokenChecks`, `EnsureIdTokenContainsKid`, `EnsureIdTokenSignatureIsRS256`. */
export async function checkIdToken(
  suite: Suite,
  { clientId, idTokenAlg = 'RS256' }: Pick<SuiteClient, 'clientId' | 'idTokenAlg'>,
  tokens: Tokens,
  request: Request,
): Promise<JWTPayload> {
  const { payload, protectedHeader } = await jwtVerify(tokens.id_token, suite.keys(), {
    issuer: suite.issuer,
    audience: clientId,
    currentDate: new Date(suite.now * 1000),
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
  })
  expect(protectedHeader).toEqual({ alg: idTokenAlg, kid: expect.any(String), typ: 'JWT' })
  expect(payload.aud).toBe(clientId)
  expect(payload.sub).toMatch(/^[\x21-\x7e]{1,255}$/)
  expect(Math.abs((payload.iat ?? 0) - suite.now)).toBeLessThan(300)
  expect(payload.exp).toBeGreaterThan(suite.now)
  expect(payload.nonce ?? null).toBe(request.get('nonce'))
  expect(payload.auth_time).toBeLessThanOrEqual(suite.now)
  expect(payload.acr).not.toBe('')
  const half = createHash('sha256').update(tokens.access_token).digest().subarray(0, 16)
  expect(payload.at_hash).toBe(half.toString('base64url'))
  checkStandardClaims(payload, ofTheToken)
  return payload
}

/** The names in an ID token that a request without `claims` may bring (`EnsureIdTokenDoesNotContain…`). */
export const personalClaimsIn = (idToken: JWTPayload): string[] =>
  Object.keys(idToken).filter((name) => !ofTheToken.includes(name))

export type UserinfoBy = 'get' | 'post-header' | 'post-body'

export function callUserinfo(suite: Suite, accessToken: string, by: UserinfoBy = 'get'): Promise<Response> {
  const authorization = `Bearer ${accessToken}`
  const headers = { accept: 'application/json', ...(by === 'post-body' ? {} : { authorization }) }
  return suite.fetchIssuer(suite.metadata.userinfo_endpoint, {
    method: by === 'get' ? 'GET' : 'POST',
    headers,
    ...(by === 'post-body' ? { body: new URLSearchParams({ access_token: accessToken }) } : {}),
  })
}

/** `EnsureContentTypeJson`, `ValidateUserInfoStandardClaims`, `EnsureUserInfoContainsSub`, and the same `sub` as the ID token. */
export async function userinfoIn(response: Response, { sub }: JWTPayload): Promise<Record<string, unknown>> {
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
  const claims = (await response.json()) as Record<string, unknown>
  expect(claims.sub).toBe(sub)
  checkStandardClaims(claims)
  return claims
}

type Wish = {
  browser?: Browser
  client?: SuiteClient
  change?: Change
  /** Instead of a GET with a query: a form that the application's page posts. */
  posted?: boolean
  /** What the token request has beside the usual. */
  more?: Record<string, string>
}

/** One authorization from beginning to end, each answer checked as in every module of the suite. */
export async function signIn(suite: Suite, wish: Wish = {}): Promise<SignedIn> {
  const { browser = suite.browser(), client = suite.clients.first, change, more } = wish
  const request = newRequest(suite, client, change)
  const asked = wish.posted
    ? await browser.postFrom(suite.metadata.authorization_endpoint, request)
    : await ask(suite, browser, request)
  const code = codeIn(suite, request, await goOn(suite, browser, asked))
  const tokenRequest = new URLSearchParams({
    ...{ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri },
    ...more,
  })
  const tokens = await tokensIn(await callTokenEndpoint(suite, client, tokenRequest))
  const idToken = await checkIdToken(suite, client, tokens, request)
  expect((await callUserinfo(suite, tokens.access_token)).status).toBe(200)
  return { browser, client, request, code, tokens, idToken, tokenRequest }
}

/** A page that says what is wrong, and leads nowhere: it has no form that would answer an application. */
export function checkErrorPage(arrived: Arrived, id: string): void {
  if (arrived.at !== 'page') throw new Error(`The browser was sent to ${arrived.url}`)
  expect(arrived.id).toBe(id)
  expect(formsOf(arrived).map(({ action }) => action.origin)).not.toContain('https://rp1.example')
}
