/** Applications by the API: registered, read, changed, their secrets rotated, deleted, and what of it is refused. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostClients } from '../../src/core/oidc/client.ts'
import { readClient } from '../../src/store/clients.ts'
import { verifier, visit } from '../visitor.ts'
import { type Cms, type Listed, openCms, type Problem } from './authenticators/cms.ts'

// What applications put at addresses of theirs: a server on this machine that the house may ask.
let elsewhere: Server
let origin: string
const served = new Map<string, string>()
let cms: Cms

beforeAll(async () => {
  elsewhere = createServer((request, response) => {
    const body = served.get(request.url ?? '')
    response.writeHead(body === undefined ? 404 : 200).end(body)
  })
  await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done))
  const { port } = elsewhere.address() as AddressInfo
  origin = `http://localhost:${port}`
  cms = await openCms({ stage: { issuer: 'http://localhost:4400' }, reachable: [`localhost:${port}`] })
  // A realm that has not made itself a key for every algorithm.
  for (const key of await cms.house.all('config'))
    if (key.alg === 'EdDSA')
      await cms.house.seed({ write: 'delete', table: 'config', key: { pk: String(key.pk), sk: String(key.sk) } })
})
afterAll(async () => {
  await cms.house.close()
  await new Promise((done) => elsewhere.close(done))
})

type Document = Record<string, unknown>
type Changed = {
  client: Document
  client_secret?: string
  client_secret_expires_at?: number
  warnings: { pointer: string; detail: string }[]
} & Problem
type Secrets = { client_secret: string; secrets: { state: string; expiresDateTime?: string }[] } & Problem

let count = 0
const newId = (): string => `app-${++count}`
const web = (change: Document = {}): Document => ({
  client_name: 'Shop',
  redirect_uris: ['https://shop.example/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile offline_access',
  ...change,
})

const post = (body: Document, headers: Record<string, string> = {}) =>
  cms.call<Changed>('POST', '/clients', { body, headers })
const get = (id: string) => cms.call<Document & Problem>('GET', `/clients/${id}`)
const put = (id: string, body: Document, etag = '*', headers: Record<string, string> = {}) =>
  cms.call<Changed>('PUT', `/clients/${id}`, { body, headers: { 'if-match': etag, ...headers } })
const remove = (id: string, headers: Record<string, string> = {}) =>
  cms.call<Problem>('DELETE', `/clients/${id}`, { headers })
const rotate = (id: string, body: unknown = {}) => cms.call<Secrets>('POST', `/clients/${id}/secrets`, { body })

/** Registered, with its id and its secret. */
async function register(change: Document = {}): Promise<{ id: string; secret: string }> {
  const { json, status, body } = await post(web({ client_id: newId(), ...change }))
  expect(status, body).toBe(201)
  return { id: String(json.client.client_id), secret: json.client_secret ?? '' }
}

type Tokens = { access_token: string; refresh_token: string; error?: string }
const ask = (target: '/token' | '/introspect', id: string, secret: string, form: Record<string, string>) =>
  cms.house.invoke<Tokens & { active?: boolean }>('POST', target, {
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(form),
  })

/** Whether the secret is good at the token endpoint: then it is the grant that is not. */
async function opens(id: string, secret: string): Promise<boolean> {
  const { json } = await ask('/token', id, secret, { grant_type: 'refresh_token', refresh_token: 'x' })
  return json.error !== 'invalid_client'
}

/** Somebody signs in to it. */
async function tokensAt(id: string, secret: string): Promise<Tokens> {
  const password = 'correct horse'
  const user = await cms.house.addUser({ password })
  const browser = visit(cms.house)
  await browser.ask({
    client_id: id,
    redirect_uri: 'https://shop.example/cb',
    scope: 'openid profile offline_access',
    acr_values: 'pwd',
  })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  const code = browser.landed?.get('code') ?? ''
  const { json, body } = await ask('/token', id, secret, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'https://shop.example/cb',
    code_verifier: verifier,
  })
  expect(json.access_token, body).toBeDefined()
  return json
}

const userinfo = async (token: string): Promise<number> =>
  (await cms.house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${token}` } })).status

describe('a new client', () => {
  it('is registered, with a secret that is shown this once and kept hashed', async () => {
    const id = newId()
    const made = await post(web({ client_id: id }))
    expect(made.status).toBe(201)
    expect(made.headers.location).toBe(`http://localhost:4400/api/v1/tenants/demo/clients/${id}`)
    const { client_secret: secret = '' } = made.json
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(made.json).toMatchObject({ client_secret_expires_at: 0, warnings: [] })
    const read = await get(id)
    expect(read.json).toEqual(made.json.client)
    expect(read.headers.etag).toBe(made.headers.etag)
    const kept = await readClient(cms.house.db, id)
    expect(JSON.stringify([read.body, kept])).not.toContain(secret)
    for (const { hash } of kept?.secrets ?? []) expect(read.body).not.toContain(hash)
    expect(await opens(id, secret)).toBe(true)
  })

  it('gets an id, where it brings none', async () => {
    const { json } = await post(web())
    expect(json.client.client_id).toMatch(/^client-[\w-]{22}$/)
    expect((await get(String(json.client.client_id))).status).toBe(200)
  })

  it('gets no secret, where it authenticates by none', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwks = { keys: [publicKey.export({ format: 'jwk' })] }
    for (const method of [
      { token_endpoint_auth_method: 'none' },
      { token_endpoint_auth_method: 'private_key_jwt', jwks },
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'shop.example' },
    ]) {
      const { status, json } = await post(web({ client_id: newId(), ...method }))
      expect(status).toBe(201)
      expect(json).not.toHaveProperty('client_secret')
    }
  })

  it('signs somebody in', async () => {
    const { id, secret } = await register()
    expect(await userinfo((await tokensAt(id, secret)).access_token)).toBe(200)
  })

  it('is told of in the audit log, by its id and by nothing secret', async () => {
    const { id, secret } = await register()
    const events = (await cms.house.audit('client.created')).filter(({ client }) => client === id)
    expect(events).toMatchObject([{ actor: { kind: 'api-key', id: cms.apiKey.id }, client: id }])
    expect(JSON.stringify(await cms.house.all('audit'))).not.toContain(secret)
  })

  it('does not take the place of another, not even of twenty at once', async () => {
    const id = newId()
    const made = await Promise.all(Array.from({ length: 20 }, () => post(web({ client_id: id }))))
    expect(made.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 409)])
    const refused = made.filter(({ status }) => status === 409)
    for (const { json } of refused) expect(['client-exists', 'changed-meanwhile']).toContain(json.code)
    const winner = made.find(({ status }) => status === 201)
    expect(await opens(id, winner?.json.client_secret ?? '')).toBe(true)
  })

  it.each<[string, Document, string, string]>([
    [
      'a redirect in the clear',
      { redirect_uris: ['http://shop.example/'] },
      'invalid_redirect_uri',
      '/redirect_uris/0',
    ],
    ['a member that nobody knows', { logo_uri: 'https://a/' }, 'invalid_client_metadata', '/logo_uri'],
    ['a secret of its own', { client_secret: 'x' }, 'invalid_client_metadata', '/client_secret'],
    ['an ACR that is nobody’s', { default_acr_values: ['gold'] }, 'unworkable-policy', '/default_acr_values/0'],
    [
      'an algorithm that there is no key for',
      { id_token_signed_response_alg: 'EdDSA' },
      'invalid_client_metadata',
      '/id_token_signed_response_alg',
    ],
    [
      'our own name as a resource server’s',
      { resource_identifiers: ['http://localhost:4400/api/v1'] },
      'invalid_client_metadata',
      '/resource_identifiers/0',
    ],
  ])('is refused with %s, with the place', async (_, change, code, pointer) => {
    const id = newId()
    const { status, json } = await post(web({ client_id: id, ...change }))
    expect(json).toMatchObject({ code, pointer })
    expect(status).toBe(code === 'unworkable-policy' ? 422 : 400)
    expect((await get(id)).status).toBe(404)
  })

  it('gets no algorithm that is on its way out, though its key still signs', async () => {
    const id = newId()
    const its = web({ client_id: id, userinfo_signed_response_alg: 'PS256' })
    await cms.house.changeSettings({ signingAlgorithms: ['RS256', 'ES256'] })
    const { json } = await post(its)
    expect(json).toMatchObject({ code: 'invalid_client_metadata', pointer: '/userinfo_signed_response_alg' })
    await cms.house.changeSettings({ signingAlgorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] })
    expect((await post(its)).status).toBe(201)
  })

  it('is one of so many', async () => {
    const { house, send } = await openCms()
    const rest = Array.from({ length: mostClients }, (_, index) => ({ clientId: `many-${index}` }))
    for (let at = 0; at < rest.length; at += 50)
      await Promise.all(rest.slice(at, at + 50).map((client) => house.addClient(client)))
    const { shown } = await house.addApiKey()
    const headers = { apikey: shown }
    const more = await send<Problem>('POST', '/clients', { body: web(), headers })
    expect(more.json).toMatchObject({ status: 409, code: 'too-many-clients' })
    await house.close()
  })
})

describe('the list', () => {
  it('has every client once, page by page', async () => {
    for (let more = 0; more < 3; more++) await register()
    // From before ids were narrower.
    await cms.house.addClient({ clientId: 'an old/id' })
    const ids: unknown[] = []
    let path = '/clients?pageSize=2'
    for (;;) {
      const { json } = await cms.call<Listed<Document>>('GET', path)
      expect(json.page.items.length).toBeLessThanOrEqual(2)
      expect(json.page.pageSize).toBe(2)
      ids.push(...json.page.items.map(({ client_id }) => client_id))
      if (json.links.next === undefined) break
      path = json.links.next.split('/tenants/demo')[1] ?? ''
    }
    const kept = (await cms.house.all('config')).filter(({ pk }) => pk === 'client').map(({ sk }) => sk)
    expect(ids).toEqual(kept.sort())
  })

  it.each(['?cursor=x', '?cursor=WzFd', '?cursor=WyIiXQ', '?pageSize=0', '?pageSize=101', '?name=a'])(
    'refuses %s',
    async (query) => {
      expect((await cms.call<Problem>('GET', `/clients${query}`)).json).toMatchObject({ code: 'malformed-request' })
    },
  )
})

describe('a change', () => {
  it('takes back what was read, and changes nothing by it', async () => {
    const { id } = await register()
    const { json, headers } = await get(id)
    const again = await put(id, json, headers.etag)
    expect(again).toMatchObject({ status: 200, json: { client: json, warnings: [] } })
    expect(again.headers.etag).toBe(headers.etag)
    expect(await cms.house.audit('client.changed')).not.toContainEqual(expect.objectContaining({ client: id }))
  })

  it('replaces the whole: what is left out is as in a new one', async () => {
    const { id } = await register({ contacts: ['ops@shop.example'], default_max_age: 60 })
    const { json } = await put(id, { redirect_uris: ['https://shop.example/new'] })
    expect(json.client).toEqual({
      client_id: id,
      client_name: id,
      redirect_uris: ['https://shop.example/new'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      post_logout_redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid profile email',
      id_token_signed_response_alg: 'RS256',
      enabled: true,
    })
    const [event] = (await cms.house.audit('client.changed')).filter(({ client }) => client === id)
    expect(event?.detail).toContain('/redirect_uris/0: "https://shop.example/cb" → "https://shop.example/new"')
  })

  it('leaves secrets and the step-up policy alone', async () => {
    const { id, secret } = await register()
    const policy = { flow: 'fido', minimumAcr: 'pwd', enforcement: 'voluntary', maxAges: { pwd: 60 }, amr: false }
    const path = `/clients/${id}/step-up-policy`
    const before = await cms.call<Document>('PUT', path, { body: policy, headers: { 'if-match': '*' } })
    expect(before.status).toBe(200)
    await put(id, web({ client_name: 'Another', default_acr_values: ['otp'] }))
    expect((await cms.call<Document>('GET', path)).json).toEqual({ ...policy, defaultAcr: ['otp'] })
    expect(await opens(id, secret)).toBe(true)
  })

  it('is refused for another version, without one, and for another client', async () => {
    const { id } = await register()
    const { headers } = await get(id)
    expect((await put(id, web({ client_name: 'First' }), headers.etag)).status).toBe(200)
    expect((await put(id, web({ client_name: 'Second' }), headers.etag)).json).toMatchObject({
      status: 412,
      code: 'precondition-failed',
    })
    expect((await cms.call<Problem>('PUT', `/clients/${id}`, { body: web() })).status).toBe(428)
    expect((await put(id, web({ client_id: 'another' }))).json).toMatchObject({
      code: 'invalid_client_metadata',
      pointer: '/client_id',
    })
    expect((await put('nobody', web())).json).toMatchObject({ status: 404, code: 'client-not-found' })
    expect((await get(id)).json.client_name).toBe('First')
  })

  it('of twenty at once is made by one', async () => {
    const { id } = await register()
    const { headers } = await get(id)
    const names = Array.from({ length: 20 }, (_, index) => `Name ${index}`)
    const done = await Promise.all(names.map((name) => put(id, web({ client_name: name }), headers.etag)))
    const made = done.filter(({ status }) => status === 200)
    expect(made).toHaveLength(1)
    for (const { status } of done) expect([200, 409, 412]).toContain(status)
    expect((await get(id)).json.client_name).toBe(made[0]?.json.client.client_name)
  })

  it('to a secret makes one, and away from it ends them all', async () => {
    const { id, secret } = await register()
    const gone = await put(id, web({ token_endpoint_auth_method: 'none' }))
    expect(gone.json).not.toHaveProperty('client_secret')
    expect(await opens(id, secret)).toBe(false)
    const back = await put(id, web())
    expect(back.json.client_secret).toMatch(/^[\w-]{43}$/)
    expect(await opens(id, secret)).toBe(false)
    expect(await opens(id, back.json.client_secret ?? '')).toBe(true)
  })
})

describe('a secret', () => {
  it('has another beside it for a while, and then no more', async () => {
    const { id, secret } = await register()
    const { status, json } = await rotate(id, { overlap: 60 })
    expect(status).toBe(201)
    const until = new Date((cms.house.now + 60) * 1000).toISOString()
    expect(json.secrets).toMatchObject([{ state: 'retiring', expiresDateTime: until }, { state: 'current' }])
    expect([await opens(id, secret), await opens(id, json.client_secret)]).toEqual([true, true])
    expect((await rotate(id, { overlap: 60 })).json).toMatchObject({ status: 409, code: 'secret-still-retiring' })
    cms.house.now += 60
    expect([await opens(id, secret), await opens(id, json.client_secret)]).toEqual([false, true])
    const { json: kept } = await cms.call<Secrets>('GET', `/clients/${id}/secrets`)
    expect(kept.secrets).toHaveLength(1)
    expect(JSON.stringify(kept)).not.toContain((await readClient(cms.house.db, id))?.secrets[0]?.hash)
    expect((await rotate(id, {})).json.secrets).toMatchObject([
      { expiresDateTime: new Date((cms.house.now + 86_400) * 1000).toISOString() },
      { state: 'current' },
    ])
    expect((await readClient(cms.house.db, id))?.secrets).toHaveLength(2)
  })

  it('that leaked ends at once, and with it whatever was retiring', async () => {
    const { id, secret } = await register()
    const second = (await rotate(id, { overlap: 600 })).json.client_secret
    const third = (await rotate(id, { overlap: 0 })).json.client_secret
    expect([await opens(id, secret), await opens(id, second), await opens(id, third)]).toEqual([false, false, true])
    expect(await cms.house.audit('client.secret-rotated')).toContainEqual(
      expect.objectContaining({ client: id, detail: 'all before it ended at once' }),
    )
  })

  it('that is retiring can be ended before its time', async () => {
    const { id, secret } = await register()
    const end = () => cms.call<Problem>('DELETE', `/clients/${id}/secrets/retiring`)
    expect((await end()).json).toMatchObject({ status: 404, code: 'no-retiring-secret' })
    const { client_secret: current } = (await rotate(id)).json
    expect((await end()).status).toBe(204)
    expect([await opens(id, secret), await opens(id, current)]).toEqual([false, true])
  })

  it.each([{ overlap: -1 }, { overlap: 2_592_001 }, { overlap: '60' }, { overlap: 1.5 }, { for: 60 }, [], null])(
    'is not rotated by %j',
    async (body) => {
      const { id, secret } = await register()
      expect((await rotate(id, body)).json).toMatchObject({ status: 422, code: 'malformed-overlap' })
      expect(await opens(id, secret)).toBe(true)
    },
  )

  it('is not given to a client that authenticates by none', async () => {
    const { id } = await register({ token_endpoint_auth_method: 'none' })
    expect((await rotate(id)).json).toMatchObject({ status: 409, code: 'client-has-no-secret' })
    expect((await rotate('nobody')).status).toBe(404)
  })
})

describe('a client that is', () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['disabled', (id) => put(id, web({ enabled: false }))],
    ['deleted', (id) => remove(id)],
  ])('%s holds nothing any more', async (_, end) => {
    const { id, secret } = await register()
    const tokens = await tokensAt(id, secret)
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    await cms.house.addClient({ clientId: `rs-of-${id}`, secret: 'rs', scopes: ['introspection'] })
    const isActive = async (token: string) => (await ask('/introspect', `rs-of-${id}`, 'rs', { token })).json.active
    expect([await userinfo(tokens.access_token), await isActive(tokens.access_token)]).toEqual([200, true])
    await end(id)
    expect([await userinfo(tokens.access_token), await isActive(tokens.access_token)]).toEqual([401, false])
    expect((await ask('/token', id, secret, refresh)).json.error).toBe('invalid_client')
    const browser = visit(cms.house)
    await browser.ask({ client_id: id, redirect_uri: 'https://shop.example/cb' })
    expect(browser.page).toBe('bad-request')
  })

  it('deleted and registered again has none of what it held', async () => {
    const { id, secret } = await register()
    const tokens = await tokensAt(id, secret)
    await remove(id)
    cms.house.now += 1
    const again = await register({ client_id: id })
    expect(await userinfo(tokens.access_token)).toBe(401)
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    expect((await ask('/token', id, again.secret, refresh)).json.error).toBe('invalid_grant')
    for (const token of [tokens.access_token, tokens.refresh_token])
      expect((await ask('/introspect', id, again.secret, { token })).json.active).toBe(false)
    expect(await opens(id, secret)).toBe(false)
  })

  it('deleted and registered again may do nothing at the API by a token from before', async () => {
    const machine = {
      client_id: `cms-${Date.now()}`,
      client_name: 'CMS',
      grant_types: ['client_credentials'],
      scope: 'authenticators',
      redirect_uris: [],
    }
    const made = await post(machine)
    expect(made.status, made.body).toBe(201)
    const { client_id: id } = machine
    const { access_token: token } = (
      await ask('/token', id, made.json.client_secret ?? '', { grant_type: 'client_credentials' })
    ).json
    const reads = async () =>
      (await cms.house.invoke('GET', `/api/v1/tenants/demo/users`, { headers: { authorization: `Bearer ${token}` } }))
        .status
    expect(await reads()).toBe(200)
    await remove(id)
    expect(await reads()).toBe(401)
    cms.house.now += 1
    expect((await post(machine)).status).toBe(201)
    expect(await reads()).toBe(401)
  })

  it('deleted is told of, once, and on the version that was meant', async () => {
    const { id } = await register()
    expect((await remove(id, { 'if-match': '"another"' })).status).toBe(412)
    const { headers } = await get(id)
    expect((await remove(id, { 'if-match': headers.etag ?? '' })).status).toBe(204)
    expect((await remove(id)).json).toMatchObject({ status: 404, code: 'client-not-found' })
    expect((await get(id)).status).toBe(404)
    const events = (await cms.house.audit('client.deleted')).filter(({ client }) => client === id)
    expect(events).toMatchObject([{ detail: 'Shop' }])
  })
})

describe('who may', () => {
  it('is told by its scopes: to read, and to write', async () => {
    const { id } = await register()
    const reading = { apikey: (await cms.house.addApiKey(['clients:read'])).shown }
    const others = { apikey: (await cms.house.addApiKey(['flows:write', 'policy:write', 'users:read'])).shown }
    expect((await cms.call('GET', `/clients/${id}`, { headers: reading })).status).toBe(200)
    expect((await post(web(), reading)).status).toBe(403)
    expect((await put(id, web(), '*', reading)).status).toBe(403)
    expect((await remove(id, reading)).status).toBe(403)
    for (const path of ['/clients', `/clients/${id}`, `/clients/${id}/secrets`])
      expect((await cms.call('GET', path, { headers: others })).status).toBe(403)
  })

  it('is a client with the scope clients, too', async () => {
    const { id, secret } = await register({ redirect_uris: [], grant_types: ['client_credentials'], scope: 'clients' })
    const { json } = await ask('/token', id, secret, { grant_type: 'client_credentials' })
    const bearer = { authorization: `Bearer ${json.access_token}` }
    expect((await cms.send('GET', '/clients', { headers: bearer })).status).toBe(200)
    const made = await cms.send<Changed>('POST', '/clients', { body: web(), headers: bearer })
    expect(made.status).toBe(201)
  })

  it('gives no client what it has not itself, and becomes none that has it', async () => {
    const registrar = { apikey: (await cms.house.addApiKey(['clients:read', 'clients:write'])).shown }
    const machine = { redirect_uris: [], grant_types: ['client_credentials'] }
    const beyond = { status: 403, code: 'scope-beyond-caller' }
    for (const scope of ['step-up', 'authenticators', 'one-time-passwords'])
      expect((await post(web({ ...machine, scope }), registrar)).json).toMatchObject(beyond)
    expect((await post(web({ ...machine, scope: 'clients reports' }), registrar)).status).toBe(201)
    const { id, secret } = await register({ ...machine, scope: 'step-up' })
    const { json } = await get(id)
    expect((await put(id, { ...json, scope: 'step-up reports' }, '*', registrar)).json).toMatchObject(beyond)
    expect((await put(id, { ...json, scope: 'reports' }, '*', registrar)).json).toMatchObject(beyond)
    const rotated = await cms.call('POST', `/clients/${id}/secrets`, { body: {}, headers: registrar })
    expect(rotated.json).toMatchObject(beyond)
    expect(await opens(id, secret)).toBe(true)
    // To take it away gives nobody anything.
    expect((await remove(id, registrar)).status).toBe(204)
  })
})

describe('what a registration names by its address', () => {
  const pairwise = (path: string, change: Document = {}) =>
    post(web({ client_id: newId(), subject_type: 'pairwise', sector_identifier_uri: `${origin}${path}`, ...change }))
  const keyed = (uri: string) =>
    post(web({ client_id: newId(), token_endpoint_auth_method: 'private_key_jwt', jwks_uri: uri }))

  it('a sector lists every redirect URI, and is kept', async () => {
    served.set('/sector.json', JSON.stringify(['https://shop.example/cb', 'https://other.example/cb']))
    const redirects = { redirect_uris: ['https://shop.example/cb', 'https://other.example/cb'] }
    const { json, status } = await pairwise('/sector.json', redirects)
    expect(status).toBe(201)
    expect((await readClient(cms.house.db, String(json.client.client_id)))?.sector).toBe('localhost')
  })

  it('a sector of one host needs no address', async () => {
    const { id } = await register({ subject_type: 'pairwise' })
    expect((await readClient(cms.house.db, id))?.sector).toBe('shop.example')
    const moved = await put(id, web({ subject_type: 'pairwise', redirect_uris: ['https://moved.example/cb'] }))
    expect(moved.json.warnings).toMatchObject([{ pointer: '/subject_type' }])
    expect((await readClient(cms.house.db, id))?.sector).toBe('moved.example')
    await put(id, web())
    expect(await readClient(cms.house.db, id)).not.toHaveProperty('sector')
  })

  it.each<[string, string | undefined]>([
    ['does not list it', '["https://other.example/cb"]'],
    ['lists something like it', '["https://shop.example/cb/"]'],
    ['is no list', '{"redirect_uris":["https://shop.example/cb"]}'],
    ['is a list of numbers', '[1]'],
    ['is no JSON', 'https://shop.example/cb'],
    ['is not there', undefined],
    ['is too long', `["${'x'.repeat(300_000)}"]`],
  ])('a sector that %s does not do', async (name, body) => {
    const path = `/${encodeURIComponent(name)}`
    if (body !== undefined) served.set(path, body)
    expect((await pairwise(path)).json).toMatchObject({
      code: 'invalid_client_metadata',
      pointer: '/sector_identifier_uri',
    })
  })

  it('keys that are there are taken, and those that come later are warned of', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    served.set('/jwks', JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }))
    served.set('/odd', JSON.stringify({ keys: [{ kty: 'oct' }] }))
    expect((await keyed(`${origin}/jwks`)).json.warnings).toEqual([])
    for (const path of ['/later', '/odd']) {
      const { status, json } = await keyed(`${origin}${path}`)
      expect(status).toBe(201)
      expect(json.warnings).toMatchObject([{ pointer: '/jwks_uri' }])
    }
  })

  it('keys that everybody could read the private half of are refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    served.set('/private', JSON.stringify({ keys: [privateKey.export({ format: 'jwk' })] }))
    expect((await keyed(`${origin}/private`)).json).toMatchObject({
      code: 'invalid_client_metadata',
      pointer: '/jwks_uri',
    })
  })

  it.each([
    'https://10.0.0.1/jwks',
    'https://169.254.169.254/latest',
    'https://shop.example:6379/',
    'http://localhost:1/',
  ])('nothing inside is asked, and that is all that is told: %s', async (uri) => {
    const { json } = await keyed(uri)
    expect(json).toMatchObject({ code: 'invalid_client_metadata', pointer: '/jwks_uri' })
    expect(json.detail).toBe('must be an address that the world can reach, on the usual port')
  })

  it('is not on this machine, where we are not', async () => {
    const { house, send } = await openCms()
    const headers = { apikey: (await house.addApiKey()).shown }
    for (const member of ['backchannel_logout_uri', 'jwks_uri']) {
      const keys = member === 'jwks_uri' ? { token_endpoint_auth_method: 'private_key_jwt' } : {}
      const body = web({ [member]: 'http://localhost:4402/x', ...keys })
      const { json } = await send<Problem>('POST', '/clients', { body, headers })
      expect(json).toMatchObject({ code: 'invalid_client_metadata', pointer: `/${member}` })
    }
    await house.close()
  })
})
