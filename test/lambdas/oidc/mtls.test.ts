import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../../lambdas/routes.ts'
import { type Gateway, startGateway } from '../../../local/gateway.ts'
import { type House, openHouse } from '../../house.ts'
import { type Authority, createAuthority, type Issued, keyPemOf } from '../../pki.ts'
import { usualRequest } from '../../visitor.ts'

// Over TLS, through the gateway of a laptop, which asks for a certificate and lets in whoever shows any.

let house: House
let gateway: Gateway
let folder: string
let authority: Authority
let serverPem: string
let app: Issued

const origin = 'https://cert.example.org'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystep-mtls-'))
  authority = await createAuthority('CN=Applications')
  app = await authority.issue({ subject: 'O=Example, CN=app' })
  const clientIssuersFile = join(folder, 'client-issuers.pem')
  await writeFile(clientIssuersFile, authority.pem)
  const certificates = {
    ...{ origin, issuersFile: 'issuers.pem', purposes: [], smartCardPolicies: [], identity: 'upn' as const },
    ...{ revocation: 'required' as const, methods: [], lists: [], hosts: [], listHours: 12 },
  }
  house = await openHouse({ stage: { clientIssuersFile, certificates } })
  await house.addClient({
    clientId: 'certified',
    tokenEndpointAuthMethod: 'tls_client_auth',
    certificateSubject: { by: 'dn', value: 'CN=app,O=Example' },
    grantTypes: ['authorization_code', 'client_credentials'],
    scopes: ['openid', 'reports'],
  })
  const server = await authority.issue({ subject: 'CN=localhost', dns: 'localhost', purposes: ['1.3.6.1.5.5.7.3.1'] })
  serverPem = authority.pem
  gateway = await startGateway({
    port: 0,
    routes: routes.filter(({ host }) => host === 'mtls'),
    invoke: (lambda, event) => house.answer(lambda, event),
    secure: { key: await keyPemOf(server), cert: server.pem },
  })
})
afterAll(async () => {
  await gateway.close()
  await house.close()
  await rm(folder, { recursive: true })
})

type Said = { status: number; body: Record<string, unknown> }

/** A form, over a connection of its own that shows this certificate. */
async function post(path: string, fields: Record<string, string>, shown?: Issued, headers = {}): Promise<Said> {
  const credentials = shown === undefined ? {} : { cert: shown.pem, key: await keyPemOf(shown) }
  const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
  const options = { method: 'POST', ca: serverPem, agent: false, headers: form, ...credentials }
  return new Promise((done, fail) => {
    const asked = request(`${gateway.url}${path}`, options, async (answer) => {
      const text = Buffer.concat(await answer.toArray()).toString('utf8')
      done({ status: answer.statusCode ?? 0, body: JSON.parse(text) })
    })
    asked.on('error', fail)
    asked.end(new URLSearchParams(fields).toString())
  })
}

const wanted = { grant_type: 'client_credentials', client_id: 'certified' }
const refused = { status: 401, body: { error: 'invalid_client' } }

describe('on the host that asks for a certificate', () => {
  it('the certificate of the connection stands for the client, at each endpoint', async () => {
    expect(await post('/token', wanted, app)).toMatchObject({ status: 200, body: { scope: 'reports' } })
    const pushed = { ...usualRequest, client_id: 'certified' }
    expect(await post('/par', pushed, app)).toMatchObject({ status: 201 })
    expect(await post('/introspect', { client_id: 'certified', token: 'none' }, app)).toMatchObject({
      status: 200,
      body: { active: false },
    })
  })

  it('another one does not, nor none, nor one in a header', async () => {
    expect(await post('/token', wanted)).toMatchObject(refused)
    expect(await post('/token', wanted, await authority.issue({ subject: 'O=Example, CN=other' }))).toMatchObject(
      refused,
    )
    const stranger = await createAuthority('CN=Applications')
    expect(await post('/token', wanted, await stranger.issue({ subject: 'O=Example, CN=app' }))).toMatchObject(refused)
    const forged = {
      'x-client-cert': encodeURIComponent(app.pem),
      'x-amzn-mtls-clientcert': encodeURIComponent(app.pem),
    }
    expect(await post('/token', wanted, undefined, forged)).toMatchObject(refused)
  })

  it('a certificate that signed itself stands for whose key it has', async () => {
    const own = await createAuthority('CN=own')
    const { kty = '', crv = '', x = '', y = '' } = await crypto.subtle.exportKey('jwk', own.keys.publicKey)
    await house.addClient({
      clientId: 'self-signed',
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [{ kty, crv, x, y }] },
      grantTypes: ['client_credentials'],
      scopes: ['reports'],
    })
    const its = { ...wanted, client_id: 'self-signed' }
    expect(await post('/token', its, own)).toMatchObject({ status: 200 })
    expect(await post('/token', its, await createAuthority('CN=own'))).toMatchObject(refused)
  })

  it('a client of another method shows what it shows elsewhere', async () => {
    const secret = 'a secret of some length'
    await house.addClient({ clientId: 'secret', secret, grantTypes: ['client_credentials'], scopes: ['reports'] })
    const basic = { authorization: `Basic ${Buffer.from(`secret:${secret}`).toString('base64')}` }
    const { client_id: _, ...rest } = wanted
    expect(await post('/token', rest, app, basic)).toMatchObject({ status: 200 })
    expect(await post('/token', { ...rest, client_id: 'secret' }, app)).toMatchObject(refused)
  })
})

it('a certificate that nobody asked for is not seen on the issuer', () => {
  // Only the domain with mutual TLS puts one into the request context; a route there is for that domain alone.
  const names = new Set(routes.filter(({ host }) => host === 'mtls').map(({ name }) => name))
  for (const name of ['token', 'par', 'introspect', 'userinfo']) expect(names).toContain(name)
  expect([...names].filter((name) => /login|authorize|activation|management/.test(name))).toEqual([])
})

describe('discovery', () => {
  type Metadata = Record<string, unknown> & { mtls_endpoint_aliases: Record<string, string> }
  const metadata = async (its: House): Promise<Metadata> =>
    (await its.invoke<Metadata>('GET', '/.well-known/openid-configuration')).json

  it('names the host, and every address on it is one there', async () => {
    const { mtls_endpoint_aliases: aliases, token_endpoint_auth_methods_supported: methods } = await metadata(house)
    expect(aliases.token_endpoint).toBe('https://cert.example.org/token')
    const paths = new Set(routes.filter(({ host }) => host === 'mtls').map(({ path }) => `${origin}${path}`))
    for (const address of Object.values(aliases)) expect(paths).toContain(address)
    expect(methods).toEqual(
      expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth', 'private_key_jwt']),
    )
  })

  it('offers no certificates where there is no such host', async () => {
    const other = await openHouse()
    const {
      mtls_endpoint_aliases: aliases,
      token_endpoint_auth_methods_supported: methods,
      ...rest
    } = await metadata(other)
    expect(aliases).toBeUndefined()
    expect(methods).toEqual(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    expect(rest).toMatchObject({
      pushed_authorization_request_endpoint: 'https://id.example.org/par',
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
    })
    await other.close()
  })
})
