/**
 * A client of the FAPI 2.0 Security Profile as the conformance suite is one: it signs assertions (private_key_jwt), proves
 * its key with each request (DPoP, with the nonce that it is given), and pushes its requests.
 *
 * Each step takes what is to be wrong with it: `{ assertion: { aud: 'https://elsewhere.example' } }`, `{ proof: 'none' }`.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { expect } from 'vitest'
import { asserted, assertionClaims, type ClientKey, createClientKey } from '../client-key.ts'
import { type DpopKey, dpopKey, type Proven } from '../dpop.ts'
import type { Arrived, Browser } from './browser.ts'
import {
  type Change,
  checkIdToken,
  codeIn,
  goOn,
  newRequest,
  type Request,
  type Tokens,
  tokensIn,
} from './relying-party.ts'
import { openSuite, type Suite } from './suite.ts'

export type FapiClient = {
  clientId: string
  redirectUri: string
  idTokenAlg: 'ES256'
  key: ClientKey
  /** In its key set, for an algorithm that the profile does not leave. */
  rsa: ClientKey
  dpop: DpopKey
}

export type Fapi = { suite: Suite; first: FapiClient; second: FapiClient; close(): Promise<void> }

/** What is wrong with a request, or otherwise special about it. */
export type How = {
  assertion?: Record<string, unknown> | 'none'
  signedBy?: ClientKey
  proof?: Partial<Proven> | 'none'
  provenBy?: DpopKey
}

export type FapiSignedIn = {
  client: FapiClient
  browser: Browser
  request: Request
  code: string
  verifier: string
  tokens: Tokens
  idToken: JWTPayload
}

export async function openFapi(): Promise<Fapi> {
  const suite = await openSuite()
  const [first, second] = [await register(suite, 'fapi1'), await register(suite, 'fapi2')]
  return { suite, first, second, close: () => suite.close() }
}

async function register({ house }: Suite, clientId: string): Promise<FapiClient> {
  const [key, rsa] = [
    createClientKey('ES256', { kid: `${clientId}-es` }),
    createClientKey('RS256', { kid: `${clientId}-rs` }),
  ]
  const redirectUri = `https://${clientId}.example/test/a/keystep/callback`
  await house.addClient({
    clientId,
    clientName: `Conformance ${clientId}`,
    profile: 'fapi2',
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys: [key.jwk, rsa.jwk] },
    redirectUris: [redirectUri, `${redirectUri}?dummy1=lorem&dummy2=ipsum`],
    scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
    idTokenSignedResponseAlg: 'ES256',
    requirePushedAuthorizationRequests: true,
    dpopBoundAccessTokens: true,
  })
  return { clientId, redirectUri, idTokenAlg: 'ES256', key, rsa, dpop: await dpopKey() }
}

/** The client's credentials and its proof, made anew for each try; once more with the nonce that is asked for. */
export async function post(
  { suite }: Pick<Fapi, 'suite'>,
  client: FapiClient,
  url: string,
  form: URLSearchParams,
  { assertion = {}, signedBy = client.key, proof = {}, provenBy = client.dpop }: How = {},
): Promise<Response> {
  return withNonce(async (nonce) => {
    const body = new URLSearchParams(form)
    if (!body.has('client_id')) body.set('client_id', client.clientId)
    const claims = { ...assertionClaims(client.clientId, suite.now), ...(assertion === 'none' ? {} : assertion) }
    const shown = assertion === 'none' ? {} : asserted(signedBy.sign({}, claims))
    for (const [name, value] of Object.entries(shown)) body.set(name, value)
    const about = { method: 'POST', url, at: suite.now, ...(nonce === undefined ? {} : { nonce }) }
    const dpop = proof === 'none' ? undefined : await provenBy.proof({ ...about, ...proof })
    return suite.fetchIssuer(url, { method: 'POST', body, headers: dpop === undefined ? {} : { dpop } })
  })
}

async function withNonce(send: (nonce: string | undefined) => Promise<Response>): Promise<Response> {
  const first = await send(undefined)
  const nonce = first.headers.get('dpop-nonce')
  if (first.ok || nonce === null) return first
  const { error } = (await first.clone().json()) as { error?: string }
  return error === 'use_dpop_nonce' ? send(nonce) : first
}

/** A resource request: userinfo, with a proof of the token's key. */
export const callResource = (
  { suite }: Pick<Fapi, 'suite'>,
  client: FapiClient,
  token: string,
  { proof = {}, provenBy = client.dpop, scheme = 'DPoP' }: How & { scheme?: string } = {},
): Promise<Response> =>
  withNonce(async (nonce) => {
    const url = suite.metadata.userinfo_endpoint
    const about = { method: 'GET', url, at: suite.now, token, ...(nonce === undefined ? {} : { nonce }) }
    const dpop = proof === 'none' ? undefined : await provenBy.proof({ ...about, ...proof })
    const authorization = `${scheme} ${token}`
    return suite.fetchIssuer(url, { headers: { authorization, ...(dpop === undefined ? {} : { dpop }) } })
  })

/** A request to push, and the verifier that goes with it. */
export function newPush(
  { suite }: Fapi,
  client: FapiClient,
  change: Change = {},
): { request: Request; verifier: string } {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
  return { request: newRequest(suite, client, { ...pkce, ...change }), verifier }
}

export const push = (fapi: Fapi, client: FapiClient, request: Request, how: How = {}): Promise<Response> =>
  post(fapi, client, String(fapi.suite.metadata.pushed_authorization_request_endpoint), request, how)

export async function pushedIn(response: Response): Promise<{ requestUri: string; expiresIn: number }> {
  const body = (await response.json()) as { request_uri: string; expires_in: number; error_description?: string }
  expect(response.status, body.error_description).toBe(201)
  expect(response.headers.get('cache-control')).toContain('no-store')
  expect(body.request_uri.length).toBeGreaterThan(40)
  expect(body.expires_in).toBeGreaterThan(0)
  // FAPI 2.0 §5.3.2.2 number 11.
  expect(body.expires_in).toBeLessThan(600)
  return { requestUri: body.request_uri, expiresIn: body.expires_in }
}

/** With these two parameters and no other, unless a test adds some (RFC 9101 §5). */
export const come = (
  { suite }: Fapi,
  browser: Browser,
  client: Pick<FapiClient, 'clientId'>,
  requestUri: string,
  more: Record<string, string> = {},
): Promise<Arrived> => {
  const query = new URLSearchParams({ client_id: client.clientId, request_uri: requestUri, ...more })
  return browser.open(`${suite.metadata.authorization_endpoint}?${query}`)
}

export type Wish = {
  client?: FapiClient
  browser?: Browser
  change?: Change
  /** At the PAR endpoint, at the token endpoint, and at the resource. */
  pushing?: How
  redeeming?: How
  asking?: How
  /** Beside the two parameters of the authorization request. */
  beside?: Record<string, string>
}

type WithCode = Omit<FapiSignedIn, 'tokens' | 'idToken'>

/** As far as the code. */
export async function codeFor(fapi: Fapi, wish: Wish = {}): Promise<WithCode> {
  const { suite } = fapi
  const { client = fapi.first, browser = suite.browser(), change, pushing, beside } = wish
  const { request, verifier } = newPush(fapi, client, change)
  const { requestUri } = await pushedIn(await push(fapi, client, request, pushing))
  const arrived = await goOn(suite, browser, await come(fapi, browser, client, requestUri, beside))
  return { client, browser, request, code: codeIn(suite, request, arrived), verifier }
}

export const redeem = (
  fapi: Fapi,
  { client, code, verifier }: Pick<WithCode, 'client' | 'code' | 'verifier'>,
  how: How = {},
  change: Change = {},
): Promise<Response> => {
  const usual: Change = {
    ...{ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: verifier },
    ...change,
  }
  const given = Object.entries(usual).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return post(fapi, client, fapi.suite.metadata.token_endpoint, new URLSearchParams(given), how)
}

/** The whole way, each answer checked. */
export async function signInFapi(fapi: Fapi, wish: Wish = {}): Promise<FapiSignedIn> {
  const withCode = await codeFor(fapi, wish)
  const tokens = await tokensIn(await redeem(fapi, withCode, wish.redeeming), 'DPoP')
  const idToken = await checkIdToken(fapi.suite, withCode.client, tokens, withCode.request)
  expect((await callResource(fapi, withCode.client, tokens.access_token, wish.asking)).status).toBe(200)
  return { ...withCode, tokens, idToken }
}

/** An error in JSON, by one of these words: 401 for `invalid_client`, and 400 for all else (RFC 6749 §5.2). */
export async function checkRefused(response: Response, ...errors: string[]): Promise<void> {
  const { error } = (await response.json()) as { error?: string }
  expect(errors).toContain(error)
  expect(response.status).toBe(error === 'invalid_client' ? 401 : 400)
  expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
}
