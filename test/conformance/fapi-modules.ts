/**
 * The modules of `fapi2-security-profile-final-test-plan` with the variants `private_key_jwt`, `dpop`, `openid_connect`,
 * `plain_fapi`, unsigned requests and plain responses: each under its own name, and what it checks (FAPI 2.0 Security Profile
 * §5.3.2). Those about DPoP alone are in `fapi-dpop-modules.ts`.
 *
 * It leaves out what a gateway on loopback has not: TLS, its versions and its ciphers.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { formsOf } from './browser.ts'
import { checkEndpoints } from './config-modules.ts'
import {
  callResource,
  checkRefused,
  codeFor,
  come,
  type Fapi,
  type How,
  newPush,
  push,
  pushedIn,
  redeem,
  signInFapi,
  type Wish,
} from './fapi-client.ts'
import { type Change, codeIn, errorIn, goOn, newRequest, personalClaimsIn, tokensIn } from './relying-party.ts'

export type FapiModule = (fapi: Fapi) => Promise<void>

const succeedsWith =
  (wish: Wish): FapiModule =>
  async (fapi) => {
    await signInFapi(fapi, wish)
  }

/** The PAR endpoint refuses it, so that no browser ever sees it. */
const isNotPushed =
  (change: Change, ...errors: string[]): FapiModule =>
  async (fapi) => {
    await checkRefused(await push(fapi, fapi.first, newPush(fapi, fapi.first, change).request), ...errors)
  }

/** The client is not who it says, at the PAR endpoint. */
const isNotHeard =
  (how: (fapi: Fapi) => How): FapiModule =>
  async (fapi) => {
    const { request } = newPush(fapi, fapi.first)
    await checkRefused(await push(fapi, fapi.first, request, how(fapi)), 'invalid_client', 'invalid_request')
  }

/** A good code, and a token request with one thing wrong; the code is good for a right one after it. */
const isNotRedeemed =
  (wrong: (fapi: Fapi) => { how?: How; change?: Change }, ...errors: string[]): FapiModule =>
  async (fapi) => {
    const withCode = await codeFor(fapi)
    const { how, change } = wrong(fapi)
    await checkRefused(await redeem(fapi, withCode, how, change), ...errors)
  }

const letters = (count: number): string => randomBytes(count).toString('base64url').slice(0, count)

const elsewhere = (url: string): string => `${url}/elsewhere`

const fapiAlgorithms = ['PS256', 'ES256', 'EdDSA']

export const fapiModules: Readonly<Record<string, FapiModule>> = {
  async 'fapi2-security-profile-final-discovery-end-point-verification'({ suite }) {
    const { metadata } = suite
    checkEndpoints(suite)
    expect(metadata).toMatchObject({
      authorization_response_iss_parameter_supported: true,
      pushed_authorization_request_endpoint: expect.stringMatching(/^https:/),
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']),
    })
    expect(['boolean', 'undefined']).toContain(typeof metadata.require_pushed_authorization_requests)
    for (const name of [
      'dpop_signing_alg_values_supported',
      'id_token_signing_alg_values_supported',
      'token_endpoint_auth_signing_alg_values_supported',
    ])
      expect(
        fapiAlgorithms.some((alg) => (metadata[name] as string[]).includes(alg)),
        name,
      ).toBe(true)
  },

  /** Two clients, of which the second has a redirect URI with a query, which comes back with the answer. */
  async 'fapi2-security-profile-final-happy-flow'(fapi) {
    const { suite, second } = fapi
    const one = await signInFapi(fapi)
    expect(personalClaimsIn(one.idToken)).toEqual([])
    const redirectUri = `${second.redirectUri}?dummy1=lorem&dummy2=ipsum`
    const { request, verifier } = newPush(fapi, second, { redirect_uri: redirectUri })
    const { requestUri } = await pushedIn(await push(fapi, second, request))
    const browser = suite.browser()
    const arrived = await goOn(suite, browser, await come(fapi, browser, second, requestUri))
    if (arrived.at === 'page') throw new Error(`The browser is at ${arrived.id}`)
    expect([arrived.fields.get('dummy1'), arrived.fields.get('dummy2')]).toEqual(['lorem', 'ipsum'])
    expect(arrived.fields.get('state')).toBe(request.get('state'))
    expect(arrived.fields.get('iss')).toBe(suite.issuer)
    const code = arrived.fields.get('code') ?? ''
    const answer = await redeem(fapi, { client: second, code, verifier }, {}, { redirect_uri: redirectUri })
    await tokensIn(answer, 'DPoP')
  },

  async 'fapi2-security-profile-final-user-rejects-authentication'(fapi) {
    const { suite, first } = fapi
    const { request } = newPush(fapi, first)
    const { requestUri } = await pushedIn(await push(fapi, first, request))
    const browser = suite.browser()
    const page = await come(fapi, browser, first, requestUri)
    expect(errorIn(suite, request, await browser.submit(page, 'cancel-form'))).toBe('access_denied')
  },

  'fapi2-security-profile-final-ensure-authorization-request-without-state-success': succeedsWith({
    change: { state: undefined },
  }),
  'fapi2-security-profile-final-ensure-authorization-request-without-nonce-success': succeedsWith({
    change: { nonce: undefined },
  }),
  'fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success': succeedsWith({
    change: { nonce: letters(64) },
  }),
  'fapi2-security-profile-final-ensure-authorization-request-with-long-nonce': succeedsWith({
    change: { nonce: letters(384) },
  }),
  'fapi2-security-profile-final-ensure-authorization-request-with-long-state': succeedsWith({
    change: { state: letters(1000) },
  }),
  'fapi2-security-profile-final-ensure-other-scope-order-succeeds': succeedsWith({
    change: { scope: 'email profile openid' },
  }),

  /** Every claim that is said to be supported, in both places, in every form of asking, beside some that are not. */
  async 'fapi2-security-profile-final-test-claims-parameter-identity-claims'(fapi) {
    const names = fapi.suite.metadata.claims_supported as string[]
    const personal = names.filter((name) => !personalNot.includes(name))
    const forms = [null, { essential: true }, { essential: false }, { purpose: 'test' }]
    const asked = Object.fromEntries(personal.map((name, at) => [name, forms[at % forms.length]]))
    const claims = { ...asked, [`unknown_${letters(5)}`]: null, [`unheard_of_${letters(5)}`]: { essential: true } }
    const change = { claims: JSON.stringify({ id_token: claims, userinfo: claims }) }
    const { client, idToken, tokens } = await signInFapi(fapi, { change })
    expect(personalClaimsIn(idToken).sort()).toEqual(personal.sort())
    const told = (await (await callResource(fapi, client, tokens.access_token)).json()) as Record<string, unknown>
    expect(Object.keys(told).sort()).toEqual(['sub', ...personal].sort())
  },

  /** What is beside a pushed request counts for nothing. */
  'fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object': succeedsWith({
    beside: { nonce: 'another nonce' },
  }),
  'fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object': succeedsWith({
    beside: { state: 'another state' },
  }),
  'fapi2-security-profile-final-state-only-outside-request-object-not-used': succeedsWith({
    change: { state: undefined },
    beside: { state: 'a state that nobody pushed' },
  }),

  'fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails': isNotPushed(
    { redirect_uri: undefined },
    'invalid_request',
  ),
  'fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request': isNotPushed(
    { redirect_uri: undefined },
    'invalid_request',
  ),
  'fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri': isNotPushed(
    { redirect_uri: 'https://fapi1.example/test/a/keystep/callback/unregistered' },
    'invalid_request',
  ),

  /** All parameters in the address: no code for that. */
  async 'fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails'(fapi) {
    const { suite, first } = fapi
    const request = newRequest(suite, first)
    const arrived = await suite.browser().open(`${suite.metadata.authorization_endpoint}?${request}`)
    if (arrived.at === 'page') expect(arrived.id).toBe('bad-request')
    else expect(errorIn(suite, request, arrived)).toBe('invalid_request')
  },

  'fapi2-security-profile-final-ensure-response-type-code-idtoken-fails': isNotPushed(
    { response_type: 'code id_token' },
    'unsupported_response_type',
    'invalid_request',
  ),
  'fapi2-security-profile-final-ensure-response-type-token-fails': isNotPushed(
    { response_type: 'token' },
    'unsupported_response_type',
    'invalid_request',
  ),

  'fapi2-security-profile-final-ensure-client-id-in-token-endpoint': isNotRedeemed(
    ({ second }) => ({ change: { client_id: second.clientId } }),
    'invalid_client',
    'invalid_grant',
    'invalid_request',
  ),
  'fapi2-security-profile-final-ensure-holder-of-key-required': isNotRedeemed(
    () => ({ how: { proof: 'none' } }),
    'invalid_request',
    'invalid_grant',
    'invalid_dpop_proof',
  ),

  async 'fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client'(fapi) {
    const withCode = await codeFor(fapi)
    await checkRefused(await redeem(fapi, { ...withCode, client: fapi.second }), 'invalid_grant')
  },

  async 'fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second'(fapi) {
    const signedIn = await signInFapi(fapi)
    fapi.suite.wait(1)
    await checkRefused(await redeem(fapi, signedIn), 'invalid_grant')
    expect((await callResource(fapi, signedIn.client, signedIn.tokens.access_token)).status).toBe(401)
  },

  async 'fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code'(fapi) {
    const withCode = await codeFor(fapi)
    fapi.suite.wait(61)
    await checkRefused(await redeem(fapi, withCode), 'invalid_grant')
  },

  'fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails': isNotRedeemed(
    ({ first }) => ({ how: { signedBy: first.rsa } }),
    'invalid_client',
  ),
  'fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint': isNotRedeemed(
    () => ({ how: { assertion: 'none' } }),
    'invalid_client',
    'invalid_request',
  ),
  'fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails': isNotRedeemed(
    ({ suite }) => ({ how: { assertion: { exp: suite.now - 300 } } }),
    'invalid_client',
  ),
  'fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails': isNotRedeemed(
    ({ suite }) => ({ how: { assertion: { aud: elsewhere(suite.issuer) } } }),
    'invalid_client',
  ),
  'fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails': isNotRedeemed(
    () => ({ how: { assertion: { sub: undefined } } }),
    'invalid_client',
  ),

  /** Refreshed by its own client, with its key and its credentials; by nobody else, and not without either. */
  async 'fapi2-security-profile-final-refresh-token'(fapi) {
    const { suite, second } = fapi
    const change = { scope: 'openid offline_access', prompt: 'consent' }
    const signedIn = await signInFapi(fapi, { change })
    const form = { grant_type: 'refresh_token', refresh_token: signedIn.tokens.refresh_token ?? '' }
    const refresh = (how: How = {}, client = signedIn.client) =>
      redeem(fapi, { ...signedIn, client }, how, {
        code: undefined,
        redirect_uri: undefined,
        code_verifier: undefined,
        ...form,
      })
    suite.wait(1)
    const again = await tokensIn(await refresh(), 'DPoP')
    expect((await callResource(fapi, signedIn.client, again.access_token)).status).toBe(200)
    // §5.3.2.1 number 9: they are not rotated, so the one that was used before is good half a minute later.
    suite.wait(30)
    await tokensIn(await refresh(), 'DPoP')
    await checkRefused(await refresh({ proof: 'none' }), 'invalid_request', 'invalid_grant', 'invalid_dpop_proof')
    await checkRefused(await refresh({ assertion: 'none' }), 'invalid_client', 'invalid_grant', 'invalid_request')
    await checkRefused(await refresh({}, second), 'invalid_grant')
  },

  /** Spent when the person has signed in, not when a browser comes by. */
  async 'fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds'(fapi) {
    const { suite, first } = fapi
    const { request, verifier } = newPush(fapi, first)
    const { requestUri } = await pushedIn(await push(fapi, first, request))
    const browser = suite.browser()
    expect(await come(fapi, browser, first, requestUri)).toMatchObject({ at: 'page', status: 200 })
    const code = codeIn(suite, request, await goOn(suite, browser, await come(fapi, browser, first, requestUri)))
    await tokensIn(await redeem(fapi, { client: first, code, verifier }), 'DPoP')
  },

  async 'fapi2-security-profile-final-par-attempt-reuse-request_uri'(fapi) {
    const { suite, first } = fapi
    const { request } = newPush(fapi, first)
    const { requestUri } = await pushedIn(await push(fapi, first, request))
    const browser = suite.browser()
    codeIn(suite, request, await goOn(suite, browser, await come(fapi, browser, first, requestUri)))
    await checkNoSuchRequest(fapi, first.clientId, requestUri)
  },

  async 'fapi2-security-profile-final-par-attempt-to-use-expired-request_uri'(fapi) {
    const { requestUri, expiresIn } = await pushedIn(await push(fapi, fapi.first, newPush(fapi, fapi.first).request))
    fapi.suite.wait(expiresIn + 1)
    await checkNoSuchRequest(fapi, fapi.first.clientId, requestUri)
  },

  async 'fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client'(fapi) {
    const { requestUri } = await pushedIn(await push(fapi, fapi.first, newPush(fapi, fapi.first).request))
    await checkNoSuchRequest(fapi, fapi.second.clientId, requestUri)
  },

  async 'fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted'(fapi) {
    const at = fapi.suite.now + 8
    const { request } = newPush(fapi, fapi.first)
    await pushedIn(await push(fapi, fapi.first, request, { assertion: { iat: at, nbf: at, exp: at + 60 } }))
  },
  'fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails': isNotHeard(
    ({ suite }) => ({ assertion: { iat: suite.now + 65, nbf: suite.now + 65, exp: suite.now + 125 } }),
  ),
  'fapi2-security-profile-final-par-test-array-as-audience-fails': isNotHeard(({ suite }) => ({
    assertion: { aud: [suite.issuer, elsewhere(suite.issuer)] },
  })),
  'fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails': isNotHeard(({ suite }) => ({
    assertion: { aud: suite.metadata.pushed_authorization_request_endpoint },
  })),
  'fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails': isNotHeard(({ suite }) => ({
    assertion: { aud: suite.metadata.token_endpoint },
  })),
  'fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param': isNotPushed(
    { request_uri: `urn:ietf:params:oauth:request_uri:${letters(20)}` },
    'invalid_request',
  ),

  /** Not answered by a request_uri: by no route of ours, but by the gateway. */
  async 'fapi2-security-profile-final-par-attempt-invalid-http-method'(fapi) {
    const { suite, first } = fapi
    const body = newPush(fapi, first).request
    const url = String(suite.metadata.pushed_authorization_request_endpoint)
    const answer = await suite.fetchIssuer(url, { method: 'PUT', body })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  },

  'fapi2-security-profile-final-par-ensure-pkce-required': isNotPushed(
    { code_challenge: undefined, code_challenge_method: undefined },
    'invalid_request',
  ),
  'fapi2-security-profile-final-par-plain-pkce-rejected': isNotPushed(
    { code_challenge: letters(43), code_challenge_method: 'plain' },
    'invalid_request',
  ),
  'fapi2-security-profile-final-ensure-pkce-code-verifier-required': isNotRedeemed(
    () => ({ change: { code_verifier: undefined } }),
    'invalid_grant',
  ),
  'fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected': isNotRedeemed(
    () => ({ change: { code_verifier: letters(43) } }),
    'invalid_grant',
  ),
  'fapi2-security-profile-final-par-without-duplicate-parameters': succeedsWith({}),
}

/** In `claims_supported`, and not about a person. */
const personalNot = [...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', 'at_hash']]

/** A page, or an answer that the request is none; never a page that signs in. */
async function checkNoSuchRequest(fapi: Fapi, clientId: string, requestUri: string): Promise<void> {
  const arrived = await come(fapi, fapi.suite.browser(), { clientId }, requestUri)
  if (arrived.at === 'page') {
    expect(arrived.status).toBe(400)
    expect(formsOf(arrived)).toEqual([])
  } else expect(arrived.fields.get('error')).toBe('invalid_request_uri')
}
