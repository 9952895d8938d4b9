/**
 * A provider for relying parties that others wrote, over real HTTP: the suite's house, and beside it the host that asks for a
 * certificate, over real TLS. Addresses are the deployed ones, https and all; `fetchAs` leads them to loopback, so that the
 * libraries run as they would in front of a deployment, with none of their checks off.
 *
 *     const provider = await openProvider()
 *     const party = await provider.keyed('ES256')         // of the application's own: what it is, and what it signs with
 *     provider.fetchAs(party)                             // for a library: connections that show the party's certificate
 *     await provider.visit(url)                           // a person at a browser goes there, and signs in
 *
 * The house's clock is the machine's, and `ahead` of it by as much as a test said: `clockSkew` says the same to a library.
 */
import { createPublicKey, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { expect } from 'vitest'
import { routes } from '../../lambdas/routes.ts'
import { startGateway } from '../../local/gateway.ts'
import type { Client, ClientAuthMethod } from '../../src/core/oidc/client.ts'
import type { SigningAlgorithm } from '../../src/core/oidc/signing.ts'
import type { Browser } from '../conformance/browser.ts'
import { goOn } from '../conformance/relying-party.ts'
import { openSuite } from '../conformance/suite.ts'
import { openLogoutHouse } from '../lambdas/logout-house.ts'
import { createAuthority, type Issued, keyPemOf, purposes } from '../pki.ts'

/** What a relying party knows of itself. */
export type Party = {
  clientId: string
  method: ClientAuthMethod
  secret: string
  redirectUri: string
  postLogoutRedirectUri: string
  /** What it is registered for that the libraries hold answers against, by RFC 7591's names. */
  metadata: Record<string, string | boolean>
} & Own

/** What it signs with, and what its connections show where they are asked. */
type Own = { key?: PartyKey; certificate?: Issued }

/** A request that a party made: the address without its query, and what it was answered. */
type Asked = { url: string; status: number }

/** What the libraries hand to `fetch`. They send forms, and nothing else. */
type Sent = { method: string; headers: Record<string, string>; body?: unknown }

/** Each way in which a client says who it is. */
export const ways: Record<string, (provider: Provider) => Promise<Party>> = {
  client_secret_basic: (provider) => provider.register(),
  client_secret_post: (provider) => provider.register({ tokenEndpointAuthMethod: 'client_secret_post' }),
  'private_key_jwt, ES256': (provider) => provider.keyed('ES256'),
  'private_key_jwt, PS256': (provider) => provider.keyed('PS256'),
  'private_key_jwt, EdDSA': (provider) => provider.keyed('EdDSA'),
  tls_client_auth: (provider) => provider.certified(),
  self_signed_tls_client_auth: (provider) => provider.selfSigned(),
  none: (provider) => provider.register({ tokenEndpointAuthMethod: 'none' }),
}

export type Provider = Awaited<ReturnType<typeof openProvider>>

const mtlsOrigin = 'https://cert.example.org'

export async function openProvider() {
  const folder = await mkdtemp(join(tmpdir(), 'keystep-interop-'))
  const authority = await createAuthority('CN=Applications')
  const server = await authority.issue({ subject: 'CN=localhost', dns: 'localhost', purposes: [purposes.server] })
  const certificates = {
    app: await authority.issue({ subject: 'O=Example, CN=app' }),
    other: await authority.issue({ subject: 'O=Example, CN=other' }),
    selfSigned: await createAuthority('CN=its own'),
  }
  const clientIssuersFile = join(folder, 'client-issuers.pem')
  await writeFile(clientIssuersFile, authority.pem)
  const logout = await openLogoutHouse({
    stage: {
      clientIssuersFile,
      certificates: {
        ...{ origin: mtlsOrigin, issuersFile: 'issuers.pem', purposes: [], smartCardPolicies: [], identity: 'upn' },
        ...{ revocation: 'required', methods: [], lists: [], hosts: [], listHours: 12 },
      },
    },
  })
  const { house } = logout
  const suite = await openSuite({ house })
  let throttled = 0
  const mtls = await startGateway({
    port: 0,
    routes: routes.filter(({ host }) => host === 'mtls'),
    invoke: house.answer,
    now: () => throttled++,
    secure: { key: await keyPemOf(server), cert: server.pem },
  })
  const asked: Asked[] = []
  let ahead = 0
  const tick = (): void => {
    house.now = Math.floor(Date.now() / 1000) + ahead
  }

  /** One application more, with everything that most have. */
  async function register(change: Partial<Client> = {}, own: Own = {}): Promise<Party> {
    const clientId = `rp-${randomBytes(4).toString('hex')}`
    const method = change.tokenEndpointAuthMethod ?? 'client_secret_basic'
    const party = {
      ...{ clientId, method, secret: `a secret of ${clientId}, 100% printable: + & /`, ...own },
      redirectUri: `https://${clientId}.example/callback`,
      postLogoutRedirectUri: `https://${clientId}.example/goodbye`,
      metadata: metadataOf(change, own),
    }
    await house.addClient({
      clientId,
      clientName: `Relying party ${clientId}`,
      redirectUris: [party.redirectUri],
      postLogoutRedirectUris: [party.postLogoutRedirectUri],
      scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
      ...(method.startsWith('client_secret_') ? { secret: party.secret } : {}),
      tokenEndpointAuthMethod: method,
      ...change,
    })
    return party
  }

  return {
    issuer: suite.issuer,
    certificates,
    person: suite.person,
    /** What parties are about to ask: `answersOf` an endpoint, so far. */
    listen() {
      const before = asked.length
      const since = () => asked.slice(before)
      return {
        answersOf: (path: string): number[] =>
          since()
            .filter(({ url }) => url.endsWith(path))
            .map(({ status }) => status),
        addresses: (): string[] => since().map(({ url }) => url),
      }
    },
    browser: suite.browser,
    keys: suite.keys,
    /** An application that listens for logout tokens. */
    listens: () => logout.listens(),

    get ahead(): number {
      return ahead
    },
    /** Seconds go by. */
    wait(seconds: number): void {
      ahead += seconds
    },

    register,

    keyed: async (alg: SigningAlgorithm, change: Partial<Client> = {}): Promise<Party> => {
      const key = await newKey(alg)
      return register({ tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [key.jwk] }, ...change }, { key })
    },

    certified: (change: Partial<Client> = {}): Promise<Party> =>
      register(
        {
          tokenEndpointAuthMethod: 'tls_client_auth',
          certificateSubject: { by: 'dn', value: 'CN=app,O=Example' },
          ...change,
        },
        { certificate: certificates.app },
      ),

    selfSigned: (): Promise<Party> =>
      register(
        {
          tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
          jwks: { keys: [certificateJwk(certificates.selfSigned)] },
        },
        { certificate: certificates.selfSigned },
      ),

    /** `fetch` of a party, for the addresses of the provider. Its certificate is shown where it is asked for one. */
    fetchAs:
      ({ certificate }: Own) =>
      async (address: string, { method, headers, body }: Sent): Promise<Response> => {
        tick()
        const url = new URL(address)
        const sent = { method, headers, ...(body instanceof URLSearchParams ? { body: body.toString() } : {}) }
        const answer =
          url.origin === mtlsOrigin
            ? await fetchSecure(mtls.url + url.pathname + url.search, sent, certificate, authority)
            : await suite.fetchIssuer(url, { ...sent, redirect: 'manual' })
        asked.push({ url: url.origin + url.pathname, status: answer.status })
        return answer
      },

    /** The person goes to an address of the provider and signs in. What comes to the application, as its server has it. */
    async visit(url: URL, browser: Browser = suite.browser()): Promise<Request> {
      tick()
      const arrived = await goOn(suite, browser, await browser.open(url))
      if (arrived.at === 'page') throw new Error(`The browser is at a page of the provider: ${arrived.id}`)
      const posted = arrived.method === 'POST' ? { body: arrived.body } : {}
      return new Request(arrived.url, { method: arrived.method, ...posted })
    },

    async close(): Promise<void> {
      await mtls.close()
      await suite.close()
      await logout.close()
      await rm(folder, { recursive: true })
    },
  }
}

const metadataOf = (
  { idTokenSignedResponseAlg, userinfoSignedResponseAlg }: Partial<Client>,
  { certificate }: Own,
): Party['metadata'] => ({
  id_token_signed_response_alg: idTokenSignedResponseAlg ?? 'RS256',
  ...(userinfoSignedResponseAlg === undefined ? {} : { userinfo_signed_response_alg: userinfoSignedResponseAlg }),
  ...(certificate === undefined ? {} : { use_mtls_endpoint_aliases: true }),
})

/** Over a connection of its own, so that no certificate is another party's. */
async function fetchSecure(
  address: string,
  { method, headers, body }: Sent & { body?: string },
  shown: Issued | undefined,
  { pem: ca }: Issued,
): Promise<Response> {
  const credentials = shown === undefined ? {} : { cert: shown.pem, key: await keyPemOf(shown) }
  const options = { method, headers, ca, agent: false, ...credentials }
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    request(address, options, done).on('error', fail).end(body)
  })
  const content = Buffer.concat(await answer.toArray())
  const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  return new Response(content, { status: answer.statusCode ?? 0, headers: pairs })
}

const algorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
  PS256: { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
} as const

type PartyKey = { kid: string; key: CryptoKey; pair: CryptoKeyPair; jwk: JWK }

/** A key pair as the libraries take one, and its public half for the registration. */
async function newKey(alg: SigningAlgorithm): Promise<PartyKey> {
  const pair = (await crypto.subtle.generateKey(algorithms[alg], true, ['sign', 'verify'])) as CryptoKeyPair
  const kid = `key-${randomBytes(4).toString('hex')}`
  const { kty = '', crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const jwk: JWK = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, kid }))
  return { kid, key: pair.privateKey, pair, jwk }
}

/** The key of a certificate that signed itself, as a registration has it (RFC 8705 §2.2.2). */
const certificateJwk = ({ pem, der }: Issued): JWK => ({
  ...(createPublicKey(pem).export({ format: 'jwk' }) as JWK),
  x5c: [der.toString('base64')],
})

/** What the person of the suite is told of, whichever way. */
export function checkPerson(claims: Record<string, unknown>): void {
  expect(claims).toMatchObject({ name: 'Ada Karin Lindqvist', email: 'ada@example.org', email_verified: true })
}
