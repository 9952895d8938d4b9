/**
 * What a plan of the OpenID Foundation's conformance suite is run with: a provider over real HTTP, two clients of which
 * one shows its secret in the header and one in the form, and a person of whom every claim is known.
 *
 *     const suite = await openSuite({ responseMode: 'form_post' })
 *     const signedIn = await suite.signIn()      // one whole authorization, every answer of it checked
 *     suite.wait(30)                             // seconds go by
 *     await suite.close()
 *
 * The provider is a house behind the gateway of a laptop: the routes as deployed, requests as API Gateway makes them, and a
 * clock to set, so that nobody waits for half a minute.
 */
import { createRemoteJWKSet, customFetch } from 'jose'
import { routes } from '../../lambdas/routes.ts'
import { startGateway } from '../../local/gateway.ts'
import type { ResponseMode } from '../../src/core/oidc/authorize-request.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { type House, openHouse } from '../house.ts'
import { openBrowser } from './browser.ts'

export type SuiteClient = {
  clientId: string
  secret: string
  method: 'client_secret_basic' | 'client_secret_post'
  redirectUri: string
  postLogoutRedirectUri: string
  /** Left out: RS256. */
  idTokenAlg?: 'RS256' | 'ES256'
}

export type SuiteOptions = {
  /** How every answer is asked for. Left out: not at all, which is `query`. */
  responseMode?: ResponseMode
  /** What the records of all clients have beside the usual. */
  clients?: Partial<Client>
  /** One that is there already, and is closed by whoever opened it. */
  house?: House
  /** The logout tokens that the clients were sent so far, and as what type of body. */
  told?: () => readonly { token: string; type: string }[]
}

export type Metadata = Record<string, unknown> & {
  issuer: string
  authorization_endpoint: string
  token_endpoint: string
  userinfo_endpoint: string
  jwks_uri: string
  end_session_endpoint: string
  scopes_supported: string[]
  acr_values_supported: string[]
}

export type Suite = Awaited<ReturnType<typeof openSuite>>

const password = 'correct horse battery staple'

/** Of the person: §5.1, but for what the user's record says in other words. */
const claims = {
  middle_name: 'Karin',
  nickname: 'addi',
  profile: 'https://example.org/ada',
  picture: 'https://example.org/ada.png',
  website: 'https://ada.example',
  gender: 'female',
  birthdate: '1987-10-16',
  zoneinfo: 'Europe/Stockholm',
  phone_number: '+46 8 555 123 45',
  phone_number_verified: true,
  address: { formatted: 'Storgatan 1\n114 51 Stockholm', locality: 'Stockholm', country: 'Sweden' },
}

const clientOf = (clientId: string, method: SuiteClient['method']): SuiteClient => ({
  clientId,
  secret: `a secret of ${clientId}, 100% printable: + & /`,
  method,
  redirectUri: `https://${clientId}.example/test/a/keystep/callback`,
  postLogoutRedirectUri: `https://${clientId}.example/test/a/keystep/post_logout_redirect`,
})

export async function openSuite({ responseMode, clients = {}, house: given, told = () => [] }: SuiteOptions = {}) {
  const house = given ?? (await openHouse())
  // Whoever checks tokens compares their times with the machine's.
  house.now = Math.floor(Date.now() / 1000)
  let throttled = 0
  // A conformance suite is one visitor; how many there may be is another test's.
  const gateway = await startGateway({ port: 0, routes, invoke: house.answer, now: () => throttled++ })
  const { issuer } = house.stage

  /** `fetch` for the issuer's addresses, which lead to the gateway. */
  const fetchIssuer = (address: URL | string, init: RequestInit = {}): Promise<Response> => {
    const { origin, pathname, search } = new URL(address)
    if (origin !== issuer) throw new Error(`${address} is not the provider's`)
    return fetch(gateway.url + pathname + search, init)
  }

  const first = clientOf('rp1', 'client_secret_basic')
  const second = clientOf('rp2', 'client_secret_basic')
  const post = clientOf('rp3', 'client_secret_post')
  for (const client of [first, second, post]) await register(house, client, clients)
  const person = await house.addUser({
    ...{ userName: 'ada', password, email: 'ada@example.org', locale: 'en-SE', claims },
    ...{ displayName: 'Ada Karin Lindqvist', givenName: 'Ada', familyName: 'Lindqvist' },
  })

  const discoveryUrl = `${issuer}/.well-known/openid-configuration`
  const metadata = (await (await fetchIssuer(discoveryUrl)).json()) as Metadata

  return {
    house,
    issuer,
    discoveryUrl,
    metadata,
    fetchIssuer,
    responseMode,
    told,
    /** `second` is another client of the same kind; `post` shows its secret in the form. */
    clients: { first, second, post },
    person: { ...person, password },
    /** Read anew each time: a suite keeps no keys of a test that ran before. */
    keys: () => createRemoteJWKSet(new URL(metadata.jwks_uri), { [customFetch]: fetchIssuer }),
    browser: () => openBrowser({ issuer, fetchIssuer }),
    get now(): number {
      return house.now
    },
    wait(seconds: number): void {
      house.now += seconds
    },
    async close(): Promise<void> {
      await gateway.close()
      if (given === undefined) await house.close()
    },
  }
}

async function register(house: House, { clientId, secret, method, ...its }: SuiteClient, more: Partial<Client>) {
  await house.addClient({
    clientId,
    clientName: `Conformance ${clientId}`,
    secret,
    tokenEndpointAuthMethod: method,
    redirectUris: [its.redirectUri],
    postLogoutRedirectUris: [its.postLogoutRedirectUri],
    scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
    ...more,
  })
}
