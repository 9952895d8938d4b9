/**
 * The modules of the logout plans, RP-initiated and back-channel: a sign-in, the browser sent to `end_session_endpoint`
 * with this or that, and either the way back or a page that says so (OpenID Connect RP-Initiated Logout §2, §3).
 *
 * Where the suite wants a screenshot of a page, the module here names the page.
 */
import { randomBytes } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { expect } from 'vitest'
import type { Module } from './basic-modules.ts'
import type { Arrived } from './browser.ts'
import { checkEndpoints } from './config-modules.ts'
import { ask, type Change, errorIn, goOn, newRequest, type SignedIn, signIn } from './relying-party.ts'
import type { Suite } from './suite.ts'

type Ended = { signedIn: SignedIn; asked: URLSearchParams; arrived: Arrived }

/** A sign-in, and the request of the end of it: with all three parameters, changed. */
export async function endSession(suite: Suite, change: (signedIn: SignedIn) => Change = () => ({})): Promise<Ended> {
  const signedIn = await signIn(suite)
  const { postLogoutRedirectUri } = signedIn.client
  const usual: Change = {
    id_token_hint: signedIn.tokens.id_token,
    post_logout_redirect_uri: postLogoutRedirectUri,
    state: `${randomBytes(93).toString('base64url')}-._~`,
  }
  const given = Object.entries({ ...usual, ...change(signedIn) })
  const asked = new URLSearchParams(given.filter((pair): pair is [string, string] => pair[1] !== undefined))
  const arrived = await signedIn.browser.open(`${suite.metadata.end_session_endpoint}?${asked}`)
  return { signedIn, asked, arrived }
}

/** `CheckErrorFromAuthorizationEndpointIsOneThatRequiredAUserInterface`: nobody is signed in any more. */
export async function checkSignedOut(suite: Suite, { browser, client }: SignedIn): Promise<void> {
  const request = newRequest(suite, client, { prompt: 'none' })
  const answer = await goOn(suite, browser, await ask(suite, browser, request))
  expect(errorIn(suite, request, answer)).toBe('login_required')
}

/** Back at the application, with `state` if it was sent, and with nothing else. */
export function checkWayBack({ signedIn, asked, arrived }: Ended): void {
  if (arrived.at === 'page') throw new Error(`The browser is at a page of the provider: ${arrived.id}`)
  expect(arrived.url.origin + arrived.url.pathname).toBe(signedIn.client.postLogoutRedirectUri)
  const state = asked.get('state')
  expect([...arrived.url.searchParams]).toEqual(state === null ? [] : [['state', state]])
}

const redirects =
  (change?: (signedIn: SignedIn) => Change): Module =>
  async (suite) => {
    const ended = await endSession(suite, change)
    checkWayBack(ended)
    await checkSignedOut(suite, ended.signedIn)
  }

/** The person is asked, or told; the browser stays, also once they have said yes. */
const stays =
  (change: (signedIn: SignedIn) => Change): Module =>
  async (suite) => {
    const { signedIn, arrived } = await endSession(suite, change)
    await checkEndsHere(signedIn, arrived)
    await checkSignedOut(suite, signedIn)
  }

async function checkEndsHere({ browser }: SignedIn, arrived: Arrived): Promise<void> {
  if (arrived.at !== 'page') throw new Error(`The browser was sent to ${arrived.url}`)
  expect(['log-out', 'logged-out']).toContain(arrived.id)
  const end = arrived.id === 'log-out' ? await browser.submit(arrived, 'log-out-form') : arrived
  expect(end).toMatchObject({ at: 'page', id: 'logged-out' })
}

/** `ChangeIdTokenToAlgNone`. */
const unsigned = (idToken: string): string =>
  `${Buffer.from('{"alg": "none"}').toString('base64url')}.${idToken.split('.')[1]}.`

/** `GenerateFakeIdTokenClaims`, `SignFakeIdToken`: right in every claim, and signed by somebody else. */
const forged = ({ idToken }: SignedIn): Promise<string> =>
  new SignJWT(idToken).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(randomBytes(32))

export const rpInitiatedLogoutModules: Readonly<Record<string, Module>> = {
  async 'oidcc-rp-initiated-logout-discovery-endpoint-verification'(suite) {
    checkEndpoints(suite)
    expect(suite.metadata.end_session_endpoint).toMatch(/^https:\/\//)
  },

  'oidcc-rp-initiated-logout': redirects(),
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': stays(() => ({
    post_logout_redirect_uri: 'https://rp1.example/test/a/keystep/bad_post_logout_redirect_uri',
  })),
  'oidcc-rp-initiated-logout-modified-id-token-hint': stays(({ tokens }) => ({
    id_token_hint: unsigned(tokens.id_token),
  })),

  async 'oidcc-rp-initiated-logout-bad-id-token-hint'(suite) {
    const hint = await forged(await signIn(suite))
    const { signedIn, arrived } = await endSession(suite, () => ({ id_token_hint: hint }))
    await checkEndsHere(signedIn, arrived)
  },

  'oidcc-rp-initiated-logout-no-id-token-hint': stays(() => ({ id_token_hint: undefined })),
  'oidcc-rp-initiated-logout-no-params': stays(() => ({
    id_token_hint: undefined,
    post_logout_redirect_uri: undefined,
    state: undefined,
  })),
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': stays(() => ({ post_logout_redirect_uri: undefined })),
  'oidcc-rp-initiated-logout-no-state': redirects(() => ({ state: undefined })),
  'oidcc-rp-initiated-logout-only-state': stays(() => ({
    id_token_hint: undefined,
    post_logout_redirect_uri: undefined,
  })),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': stays(({ client }) => ({
    post_logout_redirect_uri: `${client.postLogoutRedirectUri}?foo=bar`,
  })),
}

/** `oidcc-backchannel-rp-initiated-logout-certification-test-plan`. Its clients have an address that is told. */
export const backchannelLogoutModules: Readonly<Record<string, Module>> = {
  async 'oidcc-backchannel-logout-discovery-endpoint-verification'(suite) {
    checkEndpoints(suite)
    expect(suite.metadata).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      end_session_endpoint: expect.stringMatching(/^https:/),
    })
  },

  async 'oidcc-backchannel-rp-initiated-logout'(suite) {
    const before = suite.told().length
    const ended = await endSession(suite)
    await expect.poll(() => suite.told().length, { timeout: 20_000 }).toBe(before + 1)
    const sent = suite.told()[before]
    if (sent === undefined) throw new Error('Nobody was told')
    expect(sent.type).toMatch(/^application\/x-www-form-urlencoded(;|$)/)
    await checkLogoutToken(suite, ended.signedIn, sent.token)
    checkWayBack(ended)
    await checkSignedOut(suite, ended.signedIn)
  },
}

/** `ValidateLogoutTokenSignature`, `ValidateLogoutTokenClaims`, `CheckIdTokenS…MatchesLogoutToken` (Back-Channel Logout §2.4). */
async function checkLogoutToken(suite: Suite, { client, idToken }: SignedIn, token: string): Promise<void> {
  const { payload, protectedHeader } = await jwtVerify(token, suite.keys(), {
    ...{ issuer: suite.issuer, audience: client.clientId, typ: 'logout+jwt', algorithms: ['RS256'] },
    currentDate: new Date(suite.now * 1000),
    requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'sub', 'sid', 'events'],
  })
  expect(protectedHeader.kid).toMatch(/./)
  expect(payload.events).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} })
  expect(payload).not.toHaveProperty('nonce')
  expect({ sub: payload.sub, sid: payload.sid }).toEqual({ sub: idToken.sub, sid: idToken.sid })
}
