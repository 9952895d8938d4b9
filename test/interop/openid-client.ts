/**
 * A relying party that openid-client is: each step by the library, with every check that it has, signatures of ID tokens and
 * of userinfo included. What a test is about, it changes; what the library refuses, it throws.
 */
import * as openid from 'openid-client'
import type { Browser } from '../conformance/browser.ts'
import type { Party, Provider } from './provider.ts'

function authOf({ method, secret, key }: Party): openid.ClientAuth {
  switch (method) {
    case 'client_secret_basic':
      return openid.ClientSecretBasic(secret)
    case 'client_secret_post':
      return openid.ClientSecretPost(secret)
    case 'private_key_jwt':
      if (key === undefined) throw new Error('This party has no key')
      return openid.PrivateKeyJwt(key)
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return openid.TlsClientAuth()
    case 'none':
      return openid.None()
  }
}

export const discover = (provider: Provider, party: Party): Promise<openid.Configuration> =>
  openid.discovery(
    new URL(provider.issuer),
    party.clientId,
    { ...party.metadata, [openid.clockSkew]: provider.ahead },
    authOf(party),
    { [openid.customFetch]: provider.fetchAs(party), execute: [openid.enableNonRepudiationChecks] },
  )

export type Started = {
  config: openid.Configuration
  parameters: Record<string, string>
  checks: openid.AuthorizationCodeGrantChecks
}

/** An authorization request, and what the library is to hold its answer against. */
export async function start(provider: Provider, party: Party, asked: Record<string, string> = {}): Promise<Started> {
  const config = await discover(provider, party)
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const parameters = {
    redirect_uri: party.redirectUri,
    scope: 'openid profile email',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    ...asked,
  }
  const checks = { pkceCodeVerifier, expectedState: parameters.state, expectedNonce: parameters.nonce }
  return { config, parameters, checks: { ...checks, idTokenExpected: true } }
}

export type Wish = {
  /** Beside the usual, in the authorization request. */
  asked?: Record<string, string>
  checks?: openid.AuthorizationCodeGrantChecks
  browser?: Browser
  /** How the request gets to the provider. Left out: as a query. */
  by?: (started: Started) => URL | Promise<URL>
  dpop?: (config: openid.Configuration) => openid.DPoPHandle
  /** Beside the usual, in the token request. */
  redeeming?: URLSearchParams | Record<string, string>
}

/** From discovery to userinfo. */
export async function signIn(provider: Provider, party: Party, wish: Wish = {}) {
  const started = await start(provider, party, wish.asked)
  const { config, parameters, checks } = started
  const DPoP = wish.dpop?.(config)
  const bound = DPoP === undefined ? {} : { DPoP }
  const url = await (wish.by ?? (() => openid.buildAuthorizationUrl(config, parameters)))(started)
  const answer = await provider.visit(url, wish.browser)
  const tokens = await openid.authorizationCodeGrant(
    config,
    answer,
    { ...checks, ...wish.checks },
    wish.redeeming,
    bound,
  )
  const idToken = tokens.claims()
  if (idToken === undefined) throw new Error('There is no ID token')
  const userinfo = () => openid.fetchUserInfo(config, tokens.access_token, idToken.sub, bound)
  return { config, answer, tokens, idToken, bound, userinfo }
}
