/**
 * The modules of `oidcc-basic-certification-test-plan`, each under its own name, and what it checks. The form post plan has
 * the same ones, and is run with every answer asked for by `response_mode=form_post`.
 *
 * Where the suite would skip a module because of what the provider's metadata says, the module here holds the provider to
 * the answer that goes with it.
 */
import { createHash, randomBytes } from 'node:crypto'
import { UnsecuredJWT } from 'jose'
import { expect } from 'vitest'
import {
  ask,
  type Change,
  callTokenEndpoint,
  callUserinfo,
  checkErrorPage,
  checkIdToken,
  codeIn,
  errorIn,
  goOn,
  newRequest,
  personalClaimsIn,
  type SignedIn,
  signIn,
  tokenErrorIn,
  tokensIn,
  type UserinfoBy,
  userinfoIn,
} from './relying-party.ts'
import { checkScopes } from './standard-claims.ts'
import type { Suite } from './suite.ts'

export type Module = (suite: Suite) => Promise<void>

/** A request with one thing more is answered like any other. */
const succeedsWith =
  (change: Change): Module =>
  async (suite) => {
    await signIn(suite, { change })
  }

/** All claims of the scopes at userinfo, none of them in the ID token (§5.4). */
const scopeModule =
  (scope: string): Module =>
  async (suite) => {
    expect(suite.metadata.scopes_supported).toEqual(expect.arrayContaining(scope.split(' ')))
    await checkReturnedClaims(await signIn(suite, { change: { scope } }), suite, scope)
  }

async function checkReturnedClaims({ tokens, idToken }: SignedIn, suite: Suite, scope: string): Promise<void> {
  checkScopes(await userinfoIn(await callUserinfo(suite, tokens.access_token), idToken), scope.split(' '))
  expect(personalClaimsIn(idToken)).toEqual([])
}

const userinfoModule =
  (by: UserinfoBy): Module =>
  async (suite) => {
    const { tokens, idToken } = await signIn(suite)
    await userinfoIn(await callUserinfo(suite, tokens.access_token, by), idToken)
  }

/** `AbstractOIDCCSameAuthTwiceServerTest`: the second time nobody is asked, and it is the same sign-in. */
const twiceTheSame =
  (second: (first: SignedIn) => Change, first: Change = {}): Module =>
  async (suite) => {
    const one = await signIn(suite, { change: first })
    const shown = one.browser.pages.filter((page) => page !== 'form-post').length
    suite.wait(1)
    const two = await signIn(suite, { browser: one.browser, change: second(one) })
    expect(two.browser.pages.filter((page) => page !== 'form-post')).toHaveLength(shown)
    expect(two.idToken.auth_time).toBe(one.idToken.auth_time)
    expect(two.idToken.sub).toBe(one.idToken.sub)
  }

/** The second time, the person signs in again, and the ID token says so. */
const askedAgain =
  (change: Change): Module =>
  async (suite) => {
    const one = await signIn(suite)
    suite.wait(2)
    one.browser.pages.length = 0
    const two = await signIn(suite, { browser: one.browser, change })
    expect(two.browser.pages).toContain('password')
    expect(two.idToken.auth_time).toBeGreaterThan(Number(one.idToken.auth_time))
    expect(two.idToken.auth_time).toBeGreaterThan(suite.now - 2)
    expect(two.idToken.sub).toBe(one.idToken.sub)
  }

/** A code is good once, and who comes again takes from whoever came first. */
const codeReuse =
  (after: number, checkTokens: (suite: Suite, signedIn: SignedIn) => Promise<void> = async () => {}): Module =>
  async (suite) => {
    const signedIn = await signIn(suite)
    suite.wait(after)
    const again = await callTokenEndpoint(suite, signedIn.client, signedIn.tokenRequest)
    expect(await tokenErrorIn(again)).toBe('invalid_grant')
    await checkTokens(suite, signedIn)
  }

/** As the suite writes one: the parameters as claims, and no signature. */
const unsignedRequestObject = (suite: Suite, parameters: URLSearchParams): string =>
  new UnsecuredJWT(Object.fromEntries(parameters))
    .setIssuer(parameters.get('client_id') ?? '')
    .setAudience(suite.issuer)
    .encode()

/** Neither kind of request is offered unsigned: then it is refused by its own error, and never ignored (§3.1.2.6). */
const unsignedIsRefused =
  (name: 'request' | 'request_uri', error: string): Module =>
  async (suite) => {
    expect(suite.metadata.request_object_signing_alg_values_supported ?? []).not.toContain('none')
    const request = newRequest(suite, suite.clients.first)
    const object = unsignedRequestObject(suite, request)
    request.set(name, name === 'request' ? object : `https://rp1.example/request/${randomBytes(8).toString('hex')}`)
    const browser = suite.browser()
    expect(errorIn(suite, request, await goOn(suite, browser, await ask(suite, browser, request)))).toBe(error)
  }

export const basicModules: Readonly<Record<string, Module>> = {
  async 'oidcc-server'(suite) {
    const { idToken } = await signIn(suite)
    expect(personalClaimsIn(idToken)).toEqual([])
  },

  async 'oidcc-response-type-missing'(suite) {
    const request = newRequest(suite, suite.clients.first, { response_type: undefined })
    const browser = suite.browser()
    const arrived = await goOn(suite, browser, await ask(suite, browser, request))
    expect(['invalid_request', 'unsupported_response_type']).toContain(errorIn(suite, request, arrived))
  },

  /** `kid`, and RS256 for a client that registered for nothing else: part of every ID token's check. */
  async 'oidcc-idtoken-signature'(suite) {
    const { keys } = (await (await suite.fetchIssuer(suite.metadata.jwks_uri)).json()) as { keys: { kid: string }[] }
    const { tokens } = await signIn(suite)
    const header = JSON.parse(Buffer.from(tokens.id_token.split('.')[0] ?? '', 'base64url').toString('utf8'))
    expect(header).toMatchObject({ alg: 'RS256' })
    expect(keys.map(({ kid }) => kid)).toContain(header.kid)
  },

  /** The suite skips it for a provider that does not sign with `none`, which this one never does. */
  async 'oidcc-idtoken-unsigned'(suite) {
    expect(suite.metadata.id_token_signing_alg_values_supported).not.toContain('none')
    const { tokens } = await signIn(suite)
    expect(tokens.id_token.split('.')[2]).not.toBe('')
  },

  'oidcc-userinfo-get': userinfoModule('get'),
  'oidcc-userinfo-post-header': userinfoModule('post-header'),
  'oidcc-userinfo-post-body': userinfoModule('post-body'),
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': succeedsWith({ nonce: undefined }),

  'oidcc-scope-profile': scopeModule('openid profile'),
  'oidcc-scope-email': scopeModule('openid email'),
  'oidcc-scope-address': scopeModule('openid address'),
  'oidcc-scope-phone': scopeModule('openid phone'),
  'oidcc-scope-all': scopeModule('openid address email phone profile'),

  /** Scopes and parameters in another order (RFC 6749 §3.3); `oidcc-ensure-other-scope-order-succeeds` before. */
  async 'oidcc-alternate-happy-flow'(suite) {
    const client = suite.clients.first
    const request = new URLSearchParams([...newRequest(suite, client, { scope: 'email openid' })].reverse())
    const browser = suite.browser()
    const code = codeIn(suite, request, await goOn(suite, browser, await ask(suite, browser, request)))
    const tokens = await tokensIn(await callTokenEndpoint(suite, client, codeForm(code, client.redirectUri)))
    const idToken = await checkIdToken(suite, client, tokens, request)
    checkScopes(await userinfoIn(await callUserinfo(suite, tokens.access_token), idToken), ['openid', 'email'])
    expect(personalClaimsIn(idToken)).toEqual([])
  },

  'oidcc-display-page': succeedsWith({ display: 'page' }),
  'oidcc-display-popup': succeedsWith({ display: 'popup' }),
  'oidcc-prompt-login': askedAgain({ prompt: 'login' }),

  async 'oidcc-prompt-none-not-logged-in'(suite) {
    // With a state of 128 characters, of all kinds that need no escaping.
    const state = `${randomBytes(93).toString('base64url')}-._~`
    const request = newRequest(suite, suite.clients.first, { prompt: 'none', state })
    const browser = suite.browser()
    const arrived = await ask(suite, browser, request)
    expect(browser.pages.filter((page) => page !== 'form-post')).toEqual([])
    expect(['interaction_required', 'login_required', 'account_selection_required', 'consent_required']).toContain(
      errorIn(suite, request, await goOn(suite, browser, arrived)),
    )
  },

  'oidcc-prompt-none-logged-in': twiceTheSame(() => ({ prompt: 'none' })),
  'oidcc-max-age-1': askedAgain({ max_age: '1' }),
  'oidcc-max-age-10000': twiceTheSame(() => ({ max_age: '10000' }), { max_age: '15000' }),
  'oidcc-ensure-request-with-unknown-parameter-succeeds': succeedsWith({ extra: 'foobar' }),
  'oidcc-id-token-hint': twiceTheSame(({ tokens }) => ({ prompt: 'none', id_token_hint: tokens.id_token })),
  'oidcc-login-hint': succeedsWith({ login_hint: 'buffy@id.example.org' }),
  'oidcc-ui-locales': succeedsWith({ ui_locales: 'se' }),
  'oidcc-claims-locales': succeedsWith({ claims_locales: 'se' }),

  /** All that are supported at once, and one of them comes back. */
  async 'oidcc-ensure-request-with-acr-values-succeeds'(suite) {
    const names = suite.metadata.acr_values_supported
    const { idToken } = await signIn(suite, { change: { acr_values: names.join(' ') } })
    expect(names).toContain(idToken.acr)
  },

  'oidcc-codereuse': codeReuse(0),
  'oidcc-codereuse-30seconds': codeReuse(30, async (suite, { tokens }) => {
    expect((await callUserinfo(suite, tokens.access_token)).status).toBe(401)
  }),

  async 'oidcc-ensure-registered-redirect-uri'(suite) {
    const client = suite.clients.first
    const added = `${client.redirectUri}${randomBytes(5).toString('hex')}`
    const browser = suite.browser()
    const arrived = await ask(suite, browser, newRequest(suite, client, { redirect_uri: added }))
    checkErrorPage(arrived, 'bad-request')
  },

  async 'oidcc-ensure-post-request-succeeds'(suite) {
    await signIn(suite, { posted: true })
  },

  async 'oidcc-server-client-secret-post'(suite) {
    await signIn(suite, { client: suite.clients.post })
  },

  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': unsignedIsRefused(
    'request_uri',
    'request_uri_not_supported',
  ),
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': unsignedIsRefused(
    'request',
    'request_not_supported',
  ),

  async 'oidcc-claims-essential'(suite) {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
    const { tokens, idToken } = await signIn(suite, { change: { claims } })
    const told = await userinfoIn(await callUserinfo(suite, tokens.access_token), idToken)
    expect(told).toEqual({ sub: idToken.sub, name: suite.person.displayName })
    expect(personalClaimsIn(idToken)).toEqual([])
  },

  /** Two addresses, of which the one outside the object is nobody's: it is not sent to, whatever the object says. */
  async 'oidcc-ensure-request-object-with-redirect-uri'(suite) {
    const request = newRequest(suite, suite.clients.first)
    request.set('request', unsignedRequestObject(suite, request))
    request.set('redirect_uri', `${suite.clients.first.redirectUri}${randomBytes(5).toString('hex')}`)
    checkErrorPage(await ask(suite, suite.browser(), request), 'bad-request')
  },

  /** Of two clients: each refreshes its own, and neither the other's. */
  async 'oidcc-refresh-token'(suite) {
    const { first, second } = suite.clients
    const change = { scope: 'openid offline_access', prompt: 'consent' }
    const [one, other] = [
      await signIn(suite, { client: first, change }),
      await signIn(suite, {
        client: second,
        change: { ...change, nonce: randomBytes(33).toString('base64url').slice(0, 43) },
      }),
    ]
    const [mine = '', others = ''] = [await refreshed(suite, one), await refreshed(suite, other)]
    expect(mine).not.toBe(others)
    const stolen = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: others, scope: 'openid' })
    expect(await tokenErrorIn(await callTokenEndpoint(suite, first, stolen))).toBe('invalid_grant')
  },

  async 'oidcc-ensure-request-with-valid-pkce-succeeds'(suite) {
    const verifier = randomBytes(32).toString('base64url')
    await signIn(suite, {
      change: {
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      },
      more: { code_verifier: verifier },
    })
  },
}

const codeForm = (code: string, redirectUri: string): URLSearchParams =>
  new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirectUri })

/**
 * `RefreshTokenRequestSteps`, `CompareIdTokenClaims` (§12.2): the same person, audience and sign-in, told anew. Answers with
 * the refresh token that is good now.
 */
async function refreshed(suite: Suite, { client, tokens, idToken }: SignedIn): Promise<string> {
  const held = tokens.refresh_token ?? ''
  expect(held.length).toBeGreaterThanOrEqual(22)
  expect(held).toMatch(/^[\x20-\x7e]+$/)
  suite.wait(1)
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: held, scope: 'openid offline_access' })
  const more = await tokensIn(await callTokenEndpoint(suite, client, form))
  expect(more.access_token).not.toBe(tokens.access_token)
  const second = await checkIdToken(suite, client, more, new URLSearchParams(nonceOf(more)))
  for (const name of ['iss', 'sub', 'aud', 'auth_time'] as const) expect(second[name]).toEqual(idToken[name])
  expect(second.azp).toBeUndefined()
  expect(second.iat).toBeGreaterThan(idToken.iat ?? 0)
  expect((await callUserinfo(suite, more.access_token)).status).toBe(200)
  return more.refresh_token ?? held
}

/** §12.2: it should have no nonce, and if it has one, the first one's. Either is the ID token's own to say. */
function nonceOf({ id_token: token }: { id_token: string }): Record<string, string> {
  const { nonce } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    nonce?: string
  }
  return nonce === undefined ? {} : { nonce }
}
