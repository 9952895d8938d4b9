/**
 * Signs the person in, as any public application of this provider does: a code with PKCE, tokens bound to a key of this
 * document (DPoP), for the API alone (RFC 8707). Tokens and key are in memory and nowhere else.
 *
 * A reload, and a token that is about to end, ask /authorize again with `prompt=none` by a same-origin fetch, which the
 * session's cookie answers: nothing of the page is left, so that nothing typed is lost. Only who has no session, or has to
 * show more, is sent there. Why no refresh tokens: docs/adr/0030.
 */
import * as oauth from 'oauth4webapi'
import { place } from './place.ts'

export type Asked = { acrValues?: string | undefined; maxAge?: number | undefined }

/** What is kept in the tab while the person is at /authorize. `repeat`: they were about to do something. */
type Begun = Asked & { state: string; nonce: string; verifier: string; returnTo: string; repeat?: boolean }

export type Tokens = { access: string; id: string; subject: string; acr?: string; endsAt: number; asked: Asked }

const insecure = { [oauth.allowInsecureRequests]: place.issuer.startsWith('http:') }
const client: oauth.Client = { client_id: place.application, token_endpoint_auth_method: 'none' }
const redirectUri = `${place.issuer}${place.base}/callback`
const resource = `${place.issuer}/api/v1`
const scope = { console: 'openid profile administration', portal: 'openid profile account' }[place.application]

/** It cannot be taken out of this document, and ends with it. */
const key = oauth.generateKeyPair('ES256').then((pair) => oauth.DPoP(client, pair))

let server: Promise<oauth.AuthorizationServer> | undefined

function discovered(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(place.issuer)
  server ??= oauth
    .discoveryRequest(issuer, insecure)
    .then((response) => oauth.processDiscoveryResponse(issuer, response))
    .catch((error) => {
      // The next one asks again.
      server = undefined
      throw error
    })
  return server
}

/** Once more, with the nonce that came with the refusal (RFC 9449 §8). */
export async function withNonce<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return send()
  }
}

export const boundKey = (): Promise<oauth.DPoPHandle> => key

const begin = (asked: Asked, returnTo: string, repeat: boolean): Begun => ({
  ...asked,
  ...{ state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() },
  verifier: oauth.generateRandomCodeVerifier(),
  returnTo,
  repeat,
})

async function addressFor(begun: Begun, more: Record<string, string>): Promise<URL> {
  const { authorization_endpoint } = await discovered()
  if (authorization_endpoint === undefined) throw new Error('Discovery names no authorization endpoint')
  const address = new URL(authorization_endpoint)
  const parameters = {
    ...{ client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code', scope, resource },
    ...{ state: begun.state, nonce: begun.nonce },
    code_challenge: await oauth.calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
    ...(begun.acrValues === undefined ? {} : { acr_values: begun.acrValues }),
    ...(begun.maxAge === undefined ? {} : { max_age: String(begun.maxAge) }),
    ui_locales: document.documentElement.lang,
    ...more,
  }
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value)
  return address
}

async function exchange(begun: Begun, answer: URL): Promise<Tokens> {
  const as = await discovered()
  const answered = oauth.validateAuthResponse(as, client, answer, begun.state)
  const sent = { ...insecure, DPoP: await key, additionalParameters: { resource } }
  const processed = await withNonce(async () => {
    const { verifier, nonce, maxAge } = begun
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      answered,
      redirectUri,
      verifier,
      sent,
    )
    const checks = { expectedNonce: nonce, requireIdToken: true, ...(maxAge === undefined ? {} : { maxAge }) }
    return oauth.processAuthorizationCodeResponse(as, client, response, checks)
  })
  const claims = oauth.getValidatedIdTokenClaims(processed)
  const { access_token: access, id_token: id, expires_in: seconds = 0 } = processed
  if (claims === undefined || id === undefined) throw new Error('There is no ID token')
  const acr = typeof claims.acr === 'string' ? { acr: claims.acr } : {}
  // The age was checked; what is asked for again in silence is the level alone.
  const asked = begun.acrValues === undefined ? {} : { acrValues: begun.acrValues }
  return { access, id, subject: claims.sub, ...acr, endsAt: Date.now() + seconds * 1000, asked }
}

/** The level that this tab asked for last, so that a reload does not lose it. */
const levelAsked = 'keystep-level'
const begunAt = (state: string): string => `keystep-sign-in:${state}`

/** By the session's cookie, without leaving. `undefined`: there is no session, or it does not do. */
async function silently(asked: Asked): Promise<Tokens | undefined> {
  const begun = begin(asked, '', false)
  const address = await addressFor(begun, { prompt: 'none', dpop_jkt: await (await key).calculateThumbprint() })
  const response = await fetch(address, { credentials: 'same-origin', redirect: 'follow' })
  const answer = new URL(response.url)
  if (`${answer.origin}${answer.pathname}` !== redirectUri)
    throw new Error('The provider did not answer the application')
  try {
    return await exchange(begun, answer)
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError)) throw error
    if (asked.acrValues !== undefined) return silently({})
    return undefined
  }
}

let tokens: Tokens | undefined
let renewing: Promise<Tokens | undefined> | undefined

/** In seconds: before this much is left, a token is renewed. */
const ahead = 60

/** One renewal at a time, whoever asks. `undefined`: the session is over, and the person has to be asked. */
export function renew(): Promise<Tokens | undefined> {
  renewing ??= silently(tokens?.asked ?? { acrValues: sessionStorage.getItem(levelAsked) ?? undefined })
    .then((found) => {
      // Somebody else by now, who signed in in another tab: this page is not theirs.
      if (tokens !== undefined && found !== undefined && found.subject !== tokens.subject) location.reload()
      tokens = found ?? tokens
      return found
    })
    .finally(() => {
      renewing = undefined
    })
  return renewing
}

/** Tokens that hold for the next minute; renewed if they would not. */
export async function currentTokens(): Promise<Tokens | undefined> {
  if (tokens !== undefined && tokens.endsAt - Date.now() > ahead * 1000) return tokens
  return renew()
}

/** Leaves for /authorize, to come back to the page that is shown now. */
export async function leaveToSignIn(
  asked: Asked = {},
  { repeat = false, prompt }: { repeat?: boolean; prompt?: 'login' } = {},
): Promise<never> {
  const here = location.pathname === `${place.base}/callback` ? place.base : location.pathname + location.search
  const begun = begin(asked, here, repeat)
  const address = await addressFor(begun, prompt === undefined ? {} : { prompt })
  sessionStorage.setItem(begunAt(begun.state), JSON.stringify(begun))
  if (asked.acrValues !== undefined) sessionStorage.setItem(levelAsked, asked.acrValues)
  location.assign(address)
  return new Promise(() => {})
}

export type Arrival =
  /** `repeat`: they come back to do what they were about to. */
  | { kind: 'signed-in'; repeat?: boolean }
  /** The person, or the provider, said no: in its words. */
  | { kind: 'refused'; error: string; description: string; stepUp: boolean }

function takeBegun(state: string | null): Begun | undefined {
  const text = state === null ? null : sessionStorage.getItem(begunAt(state))
  if (state === null || text === null) return undefined
  // Once: an answer that comes back by the history is not an answer any more.
  sessionStorage.removeItem(begunAt(state))
  return JSON.parse(text) as Begun
}

let isFresh = false

/** The person comes from the pages of the sign-in just now: to be asked for more there is no surprise. */
export const isStillSigningIn = (): boolean => isFresh

/** What a document begins with: the answer of /authorize, or the session's cookie, or leaving to sign in. */
export async function arrive(): Promise<Arrival> {
  if (location.pathname === `${place.base}/callback`) {
    const answer = new URL(location.href)
    const begun = takeBegun(answer.searchParams.get('state'))
    // The code must not stay in the address, whatever comes of it.
    history.replaceState(null, '', begun?.returnTo ?? place.base)
    if (begun !== undefined) return arriveWith(begun, answer)
  }
  return (await renew()) === undefined ? leaveToSignIn() : { kind: 'signed-in' }
}

async function arriveWith(begun: Begun, answer: URL): Promise<Arrival> {
  try {
    tokens = await exchange(begun, answer)
    isFresh = begun.acrValues === undefined
    return { kind: 'signed-in', ...(begun.repeat ? { repeat: true } : {}) }
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError)) throw error
    sessionStorage.removeItem(levelAsked)
    const { error: reason, error_description: description = '' } = error
    const stepUp = begun.repeat === true && (await renew()) !== undefined
    return { kind: 'refused', error: reason, description, stepUp }
  }
}

/** RP-Initiated Logout: the provider ends the session, and the browser comes back to be signed in anew. */
export async function signOut(): Promise<void> {
  const { end_session_endpoint: endpoint } = await discovered()
  if (endpoint === undefined) throw new Error('Discovery names no end of sessions')
  const address = new URL(endpoint)
  address.searchParams.set('client_id', client.client_id)
  address.searchParams.set('post_logout_redirect_uri', `${place.issuer}${place.base}`)
  if (tokens !== undefined) address.searchParams.set('id_token_hint', tokens.id)
  tokens = undefined
  sessionStorage.removeItem(levelAsked)
  location.assign(address)
}
