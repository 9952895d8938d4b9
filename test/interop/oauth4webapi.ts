/**
 * A relying party that stands on oauth4webapi: each step by the library, with every check that it has. The library leaves to
 * whoever uses it what openid-client does by itself: to send a request once more with a DPoP nonce, and to ask for the
 * signature of what came over TLS.
 */
import * as oauth from 'oauth4webapi'
import type { Browser } from '../conformance/browser.ts'
import type { Party, Provider } from './provider.ts'

function authOf({ method, secret, key }: Party): oauth.ClientAuth {
  switch (method) {
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret)
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret)
    case 'private_key_jwt':
      if (key === undefined) throw new Error('This party has no key')
      return oauth.PrivateKeyJwt(key)
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return oauth.TlsClientAuth()
    case 'none':
      return oauth.None()
  }
}

export type Config = Awaited<ReturnType<typeof discover>>

/** What each function of the library wants to be given. */
export async function discover(provider: Provider, party: Party) {
  const options = { [oauth.customFetch]: provider.fetchAs(party) }
  const issuer = new URL(provider.issuer)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
  const client: oauth.Client = {
    client_id: party.clientId,
    ...party.metadata,
    [oauth.clockSkew]: provider.ahead,
  }
  return { as, client, auth: authOf(party), options }
}

/** Once more, with the nonce that the library kept of the answer. */
export async function withNonce<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return send()
  }
}

export type Started = Config & { parameters: Record<string, string>; verifier: string }

export async function start(provider: Provider, party: Party, asked: Record<string, string> = {}): Promise<Started> {
  const config = await discover(provider, party)
  const verifier = oauth.generateRandomCodeVerifier()
  const parameters = {
    ...{ client_id: party.clientId, redirect_uri: party.redirectUri, response_type: 'code' },
    scope: 'openid profile email',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    ...asked,
  }
  return { ...config, verifier, parameters }
}

export const addressOf = ({ as }: Config, parameters: Record<string, string>): URL =>
  new URL(`${as.authorization_endpoint}?${new URLSearchParams(parameters)}`)

/** @param bound with a proof, the code waits for its key. */
export const push = (config: Started, parameters = config.parameters, bound: Bound = {}): Promise<URL> =>
  withNonce(async () => {
    const { as, client, auth, options } = config
    const answer = await oauth.pushedAuthorizationRequest(as, client, auth, parameters, { ...options, ...bound })
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, answer)
    return addressOf(config, { client_id: client.client_id, request_uri })
  })

export type Bound = { DPoP?: oauth.DPoPHandle }

export type Wish = {
  /** Beside the usual, in the authorization request. */
  asked?: Record<string, string>
  /** Other things than were asked for, that the library is to expect. */
  expected?: { state?: string; nonce?: string; maxAge?: number; verifier?: string }
  browser?: Browser
  /** How the request gets to the provider. Left out: as a query. */
  by?: (started: Started) => URL | Promise<URL>
  /** What its proofs are made with. */
  pair?: CryptoKeyPair
}

const fieldsOf = async (answer: Request): Promise<URLSearchParams> =>
  answer.method === 'POST' ? new URLSearchParams(await answer.text()) : new URL(answer.url).searchParams

/** From discovery to tokens, with an ID token whose signature was asked for. */
export async function signIn(provider: Provider, party: Party, { expected = {}, ...wish }: Wish = {}) {
  const started = await start(provider, party, wish.asked)
  const { as, client, auth, options, parameters } = started
  const bound: Bound = wish.pair === undefined ? {} : { DPoP: oauth.DPoP(client, wish.pair) }
  const url = await (wish.by ?? (() => addressOf(started, parameters)))(started)
  const answer = await provider.visit(url, wish.browser)
  const { state = parameters.state ?? '', nonce = parameters.nonce ?? '', maxAge } = expected
  const answered = oauth.validateAuthResponse(as, client, await fieldsOf(answer), state)
  const verifier = expected.verifier ?? started.verifier
  const tokens = await withNonce(async () => {
    const sent = { ...options, ...bound }
    const { redirectUri } = party
    const response = await oauth.authorizationCodeGrantRequest(as, client, auth, answered, redirectUri, verifier, sent)
    const checks = { expectedNonce: nonce, requireIdToken: true, ...(maxAge === undefined ? {} : { maxAge }) }
    const processed = await oauth.processAuthorizationCodeResponse(as, client, response, checks)
    await oauth.validateApplicationLevelSignature(as, response, options)
    return processed
  })
  const idToken = oauth.getValidatedIdTokenClaims(tokens)
  if (idToken === undefined) throw new Error('There is no ID token')
  return { config: started, answer, tokens, idToken, bound }
}

export type SignedIn = Awaited<ReturnType<typeof signIn>>

export const userinfo = ({ config, tokens, idToken, bound }: SignedIn): Promise<oauth.UserInfoResponse> =>
  withNonce(async () => {
    const { as, client, options } = config
    const response = await oauth.userInfoRequest(as, client, tokens.access_token, { ...options, ...bound })
    const claims = await oauth.processUserInfoResponse(as, client, idToken.sub, response)
    if (response.headers.get('content-type')?.startsWith('application/jwt'))
      await oauth.validateApplicationLevelSignature(as, response, options)
    return claims
  })

export const refresh = ({ as, client, auth, options }: Config, token: string, bound: Bound = {}) =>
  withNonce(async () => {
    const response = await oauth.refreshTokenGrantRequest(as, client, auth, token, { ...options, ...bound })
    const tokens = await oauth.processRefreshTokenResponse(as, client, response)
    if (tokens.id_token !== undefined) await oauth.validateApplicationLevelSignature(as, response, options)
    return tokens
  })

export const introspect = async ({ as, client, auth, options }: Config, token: string) =>
  oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, token, options))

export const revoke = async ({ as, client, auth, options }: Config, token: string) =>
  oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, options))

export const credentials = async ({ as, client, auth, options }: Config, parameters: Record<string, string>) =>
  oauth.processClientCredentialsResponse(
    as,
    client,
    await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, options),
  )
