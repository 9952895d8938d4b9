import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Route, routes } from '../../../lambdas/routes.ts'
import { readApiKeyChange, readNewApiKey } from '../../../src/core/api-key-document.ts'
import { coseKeyFromPem, readCoseKey } from '../../../src/core/fido/cose-key.ts'
import { parseBulk, parseChange, parseImport } from '../../../src/core/fido/import-request.ts'
import { readClientDocument } from '../../../src/core/oidc/client-metadata.ts'
import { withAllowed } from '../../../src/core/oidc/consent.ts'
import { parseOtpBulk, parseOtpImport } from '../../../src/core/otp/otp-import.ts'
import { parsePskc } from '../../../src/core/otp/pskc.ts'
import type { Result } from '../../../src/core/result.ts'
import { readPatch } from '../../../src/core/scim/patch.ts'
import { answering } from '../../../src/core/scim/refusal.ts'
import { readResource } from '../../../src/core/scim/schema.ts'
import { provisionedBy } from '../../../src/core/scim/user.ts'
import { parseExplain } from '../../../src/core/step-up/explain.ts'
import { parseFlow } from '../../../src/core/step-up/flow.ts'
import { parseClientStepUp, parseRealmStepUp } from '../../../src/core/step-up/policy.ts'
import { keptConsent } from '../../../src/store/consents.ts'
import { places } from '../../../src/store/keys.ts'
import { readRealm } from '../../../src/store/realm.ts'
import { createdSession } from '../../../src/store/sessions.ts'
import { demand, inlined, isObject, member } from '../../contract.ts'
import { dayOne } from '../../house.ts'
import { personToken } from '../../person-token.ts'
import { type Cms, newKey, openCms, rawImport } from '../authenticators/cms.ts'

let cms: Cms
let document: unknown

beforeAll(async () => {
  cms = await openCms()
  document = (await cms.house.invoke('GET', '/openapi.json')).json
})

afterAll(() => cms.house.close())

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

const operations = (): { name: string; method: Route['method']; path: string; operation: unknown }[] =>
  Object.entries(member(document, 'paths') ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = member(item, method)
      const upper = method.toUpperCase() as Route['method']
      return operation === undefined ? [] : [{ name: `${upper} ${path}`, method: upper, path, operation }]
    }),
  )

type Example = { name: string; media: unknown; value: unknown }

/** Every example below `content`, with the media type that it is an example of. */
const examplesOf = (name: string, about: unknown): Example[] =>
  Object.values(member(about, 'content') ?? {}).flatMap((media: unknown) =>
    Object.entries(member(media, 'examples') ?? {}).map(([title, example]) => ({
      name: `${name}: ${title}`,
      media,
      value: member(example, 'value'),
    })),
  )

const requestExamples = (): Example[] =>
  operations().flatMap(({ name, operation }) => examplesOf(name, member(operation, 'requestBody')))

const answerExamples = (): Example[] =>
  operations().flatMap(({ name, operation }) =>
    Object.entries(member(operation, 'responses') ?? {}).flatMap(([status, answer]) =>
      examplesOf(`${name} ${status}`, inlined(answer, document)),
    ),
  )

describe('GET /openapi.json', () => {
  it('is an OpenAPI 3.1 document of this deployment, readable from anywhere', async () => {
    const reply = await cms.house.invoke('GET', '/openapi.json')
    expect(reply.status).toBe(200)
    expect(reply.headers).toMatchObject({ 'content-type': 'application/json', 'access-control-allow-origin': '*' })
    expect(reply.json).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://id.example.org' }] })
    expect(reply.commands).toEqual([])
  })

  it('describes exactly the routes that a CMS may call', () => {
    const served = routes.filter((route) => route.caller === 'api').map((route) => `${route.method} ${route.path}`)
    expect(
      operations()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(served.toSorted())
  })

  it('has no reference that leads nowhere, and an operationId of its own for each operation', () => {
    expect(() => inlined(document, document)).not.toThrow()
    const ids = operations().map(({ operation }) => member(operation, 'operationId'))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('declares every parameter of every path', () => {
    for (const { path, operation, name } of operations()) {
      const declared = inlined(member(operation, 'parameters'), document)
      const inPath = (Array.isArray(declared) ? declared : []).flatMap((parameter) =>
        member(parameter, 'in') === 'path' ? [member(parameter, 'name')] : [],
      )
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      expect([name, inPath]).toEqual([name, wanted])
    }
  })

  it('says of each operation how it is called by API key and by access token', () => {
    expect(member(document, 'security')).toEqual([{ apiKey: [] }, { clientCredentials: ['authenticators'] }])
    expect(member(document, 'components', 'securitySchemes')).toMatchObject({
      apiKey: { in: 'header', name: 'apikey' },
      clientCredentials: { flows: { clientCredentials: { tokenUrl: 'https://id.example.org/token' } } },
    })
  })
})

describe('its examples', () => {
  it('of requests are as it describes them, and what the parsers take', () => {
    const parsers: [start: string, parse: (body: unknown) => Result<unknown, string>][] = [
      ['POST /api/v1/tenants/{tenantCode}/users/{userId}/one-time-passwords', (body) => parseOtpImport(body)],
      [
        'POST /api/v1/tenants/{tenantCode}/one-time-passwords:import',
        (body) => (typeof body === 'string' ? parsePskc(body, { now: dayOne }) : parseOtpBulk(body)),
      ],
      ['POST /api/v1/tenants/{tenantCode}/users/{userId}/authenticators:', (body) => parseImport(body, dayOne)],
      ['POST /api/v1/tenants/{tenantCode}/authenticators:import', (body) => parseBulk(body, dayOne)],
      ['PATCH /api/v1/tenants/{tenantCode}/api-keys/', (body) => readApiKeyChange(body, dayOne)],
      ['POST /api/v1/tenants/{tenantCode}/api-keys', (body) => readNewApiKey(body, dayOne)],
      ['PATCH /api/v1/tenants/{tenantCode}/users/{userId}/authenticators/', parseChange],
      ['PATCH /api/v1/tenants/{tenantCode}/users/{userId}/one-time-passwords/', parseChange],
      ['POST /scim/v2/Users:', (body) => answering(() => provisionedBy(readResource(body)))],
      ['PUT /scim/v2/Users/', (body) => answering(() => provisionedBy(readResource(body)))],
      ['PATCH /scim/v2/Users/', (body) => answering(() => readPatch(body))],
      ['POST /api/v1/tenants/{tenantCode}/flows:', parseFlow],
      ['PUT /api/v1/tenants/{tenantCode}/flows/', parseFlow],
      ['PUT /api/v1/tenants/{tenantCode}/step-up-policy', parseRealmStepUp],
      ['PUT /api/v1/tenants/{tenantCode}/clients/{clientId}/step-up-policy', parseClientStepUp],
      ['PUT /api/v1/tenants/{tenantCode}/clients/{clientId}:', (body) => readClientDocument(body, 'x')],
      ['POST /api/v1/tenants/{tenantCode}/clients:', (body) => readClientDocument(body, 'x')],
      ['POST /api/v1/tenants/{tenantCode}/explain', parseExplain],
    ]
    expect(requestExamples().length).toBeGreaterThanOrEqual(6)
    for (const { name, media, value } of requestExamples()) {
      demand(name, member(media, 'schema'), value, false)
      const parse = parsers.find(([start]) => name.startsWith(start))?.[1]
      // Others are read where they are carried out.
      if (parse === undefined) continue
      const parsed = parse(value)
      expect([name, parsed]).toMatchObject([name, { ok: true }])
      if (Array.isArray(member(value, 'items')))
        expect(member(parsed, 'value')).toMatchObject([{ request: { ok: true } }, { request: { ok: true } }])
    }
  })

  it('of requests have keys that are accepted', () => {
    const metadata = requestExamples().flatMap(({ value }) => {
      const items = member(value, 'items')
      return (Array.isArray(items) ? items : [value]).map((item: unknown) => member(item, 'metadata'))
    })
    for (const { publicKey, publicKeyPem } of metadata.filter(isObject)) {
      if (typeof publicKey === 'string')
        expect(readCoseKey(new Uint8Array(Buffer.from(publicKey, 'base64url')))).toMatchObject({ ok: true })
      if (typeof publicKeyPem === 'string') expect(coseKeyFromPem(publicKeyPem)).toMatchObject({ ok: true })
    }
  })

  it('of answers are as it describes them', () => {
    expect(answerExamples().length).toBeGreaterThanOrEqual(2)
    for (const { name, media, value } of answerExamples()) demand(name, member(media, 'schema'), value, true)
  })
})

/**
 * Of which every documented answer is brought about below. The other areas do so in tests of their own; that what they
 * answer is documented is held wherever they are called (contract.ts).
 */
const walked = (path: string): boolean =>
  !/\/(me|break-glass)\b/.test(path) &&
  /\/(authenticators|one-time-passwords|flows|browser-flow|step-up-policy|explain|clients|sessions|consents|settings|api-keys|mails)\b/.test(
    path,
  )

describe('its answers', () => {
  /** What no test can bring about from outside: the gateway's own answer, our bugs, and a race lost five times. */
  const unreached = (name: string): boolean =>
    / (429|500)$/.test(name) ||
    /^DELETE .*(authenticators|one-time-passwords|clients|consents).* 409$/.test(name) ||
    /^PUT .*\/clients\/\{clientId\} 409$/.test(name) ||
    /(^PUT .*\/settings|^PATCH .*\/api-keys\/\{keyId\}) 409$|^POST .*\/test 502$/.test(name)

  it('are all given, and no others', async () => {
    const { house, send, call, keysOf } = cms
    const contract = await house.contract
    const anna = await house.addUser({ userName: 'anna' })
    const nobody = await house.addApiKey([])
    const key = newKey()
    const { json: held } = await cms.importKey(anna, rawImport(key))
    const bert = await house.addUser()
    const active = await house.addAuthenticator(anna, newKey())
    const path = `${keysOf(anna)}/${active.id}`

    // Each operation: by a stranger, without the scope, in another tenant, and with a parameter that nobody knows.
    for (const { method, path: template } of operations().filter(({ path: each }) => walked(each))) {
      const query = template.endsWith('}/authenticators') && method === 'GET' ? '?state=active' : ''
      const address = template
        .slice('/api/v1/tenants/{tenantCode}'.length)
        .replace('{userId}', 'anna')
        .replace('{authenticatorId}', held.id)
        .replace('{flowId}', 'fido')
        .replace('{clientId}', 'app1')
        .replace('{template}', 'activation-code')
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} }
      expect((await send(method, address + query, body)).status).toBe(401)
      expect((await send(method, address + query, { ...body, headers: { apikey: nobody.shown } })).status).toBe(403)
      expect((await call(method, `${address}?unknown=1`, body)).status).toBe(400)
      const elsewhere = `/api/v1/tenants/other${address}`
      const reply = await house.invoke(method, elsewhere, { ...body, headers: { apikey: cms.apiKey.shown } })
      expect(reply.status).toBe(404)
    }

    const long = { body: `"${'x'.repeat(1_048_576)}"`, headers: { 'content-type': 'application/json' } }
    const text = { body: 'x', headers: { 'content-type': 'text/plain' } }
    const steps: [Route['method'], string, object?][] = [
      ['GET', '/users'],
      ['GET', '/users/anna'],
      ['GET', '/authenticators?state=active'],
      ['GET', keysOf(anna)],
      ['GET', path],
      ['GET', `${keysOf(anna)}/creation-options`],
      ['POST', keysOf(anna), { body: rawImport(key) }],
      ['POST', keysOf(bert), { body: rawImport(key) }],
      ['POST', keysOf(anna), { body: rawImport(newKey(), {}, { rpId: 'evil.example' }) }],
      ['POST', keysOf(anna), long],
      ['POST', keysOf(anna), text],
      ['POST', '/authenticators:import', long],
      ['POST', '/authenticators:import', text],
      ...[key, newKey()].map((each): [Route['method'], string, object] => [
        'POST',
        '/authenticators:import',
        { body: { items: [{ userId: 'anna', ...rawImport(each) }] }, headers: { 'idempotency-key': 'walk' } },
      ]),
      ['PATCH', path, { body: { friendlyName: 'Blue' } }],
      ['PATCH', path, { body: { friendlyName: 'Red' }, headers: { 'if-match': '"none"' } }],
      ['PATCH', `${keysOf(anna)}/${held.id}`, { body: { state: 'active' } }],
      ['PATCH', path, long],
      ['PATCH', path, text],
      ['DELETE', path, { headers: { 'if-match': '"none"' } }],
      ['DELETE', path],
    ]
    for (const [method, target, request] of steps) await call(method, target, request)
    await walkSettings(long, text)
    await walkOneTimePasswords(anna.id, long, text)
    await walkStepUp(long, text)
    await walkClients(long, text)
    await walkSessions(anna.id)
    await walkConsents(anna.id)

    const documented = operations().flatMap(({ name, operation, path: each }) =>
      walked(each) ? Object.keys(member(operation, 'responses') ?? {}).map((status) => `${name} ${status}`) : [],
    )
    const given = [...contract.exercised].filter((name) => / \d{3}$/.test(name) && walked(name))
    expect(documented.filter((name) => !unreached(name) && !given.includes(name))).toEqual([])
    expect(given.filter((name) => !documented.includes(name))).toEqual([])
  })

  /** Every answer about settings, API keys and mails, races that are lost left out. */
  async function walkSettings(long: object, text: object): Promise<void> {
    const { call, house } = cms
    const key = { name: 'CMS', scopes: ['users:read'] }
    const made = await call<{ apiKey: { id: string } }>('POST', '/api-keys', { body: key })
    const one = `/api-keys/${made.json.apiKey.id}`
    const { json, headers } = await call('GET', '/settings')
    const match = { 'if-match': headers.etag ?? '' }
    const huge = { body: `"${'x'.repeat(1_048_576)}"`, headers: { 'content-type': 'application/json' } }
    const steps: [Route['method'], string, object?][] = [
      ['PUT', '/settings', { body: json, headers: match }],
      ['PUT', '/settings', { body: json }],
      ['PUT', '/settings', { body: json, headers: { 'if-match': '"none"' } }],
      ['PUT', '/settings', { body: {}, headers: match }],
      ['PUT', '/settings', huge],
      ['PUT', '/settings', text],
      ['GET', '/api-keys'],
      ['POST', '/api-keys', { body: { ...key, name: '' } }],
      ['POST', '/api-keys', long],
      ['POST', '/api-keys', text],
      ['GET', one],
      ['GET', '/api-keys/none'],
      ['PATCH', one, { body: { name: 'Ours' } }],
      ['PATCH', one, { body: { name: '' } }],
      ['PATCH', one, { body: { name: 'x' }, headers: { 'if-match': '"none"' } }],
      ['PATCH', one, long],
      ['PATCH', one, text],
      ['DELETE', one],
      ['PATCH', one, { body: { name: 'x' } }],
      ['GET', '/mails'],
      ['GET', '/mails/activation-code'],
      ['POST', '/mails/activation-code/test', long],
      ['POST', '/mails/activation-code/test', text],
    ]
    for (const [method, target, request] of steps) await call(method, target, request)
    for (const emailVerified of [true, false]) {
      const { headers } = await personToken(house, await house.addUser({ roles: ['administrator'], emailVerified }))
      await cms.send('POST', '/mails/activation-code/test', { headers, body: {} })
    }
  }

  async function walkConsents(user: string): Promise<void> {
    const asked = { scopes: ['openid'], claims: [], resources: [] }
    await cms.house.seed(keptConsent(withAllowed(undefined, asked, { user, clientId: 'app1', now: dayOne })))
    for (const method of ['GET', 'DELETE'] as const)
      await cms.call(method, `/users/${user}/consents${method === 'GET' ? '' : '/app1'}`)
  }

  /** Every answer about one-time passwords, what no test can bring about left out. */
  async function walkOneTimePasswords(user: string, long: object, text: object): Promise<void> {
    const { call } = cms
    const all = `/users/${user}/one-time-passwords`
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    const made = await call('POST', all, { body: { type: 'totp', secret } })
    const one = `${all}/${made.json.id}`
    const steps: [Route['method'], string, object?][] = [
      ['POST', all, { body: { type: 'totp', secret } }],
      ['POST', all, { body: { type: 'totp', secret, digits: 8 } }],
      ['POST', all, { body: { uri: 'otpauth://totp/anna' } }],
      ['POST', all, long],
      ['POST', all, text],
      ['GET', all],
      ['GET', one],
      ['POST', '/one-time-passwords:import', { body: { items: [{ userId: user, type: 'totp', secret }] } }],
      ['POST', '/one-time-passwords:import', { body: '<a/>', headers: { 'content-type': 'application/pskc+xml' } }],
      ['POST', '/one-time-passwords:import', long],
      ['POST', '/one-time-passwords:import', text],
      ['PATCH', one, { body: { friendlyName: 'Fob' } }],
      ['PATCH', one, { body: { friendlyName: 'Fob' }, headers: { 'if-match': '"none"' } }],
      ['PATCH', one, long],
      ['PATCH', one, text],
      ['DELETE', one, { headers: { 'if-match': '"none"' } }],
    ]
    for (const [method, target, request] of steps) await call(method, target, request)
    const at = places.oneTimePassword(user, made.json.id)
    await cms.house.seed({ write: 'update', ...at, update: 'SET #state = :locked', values: { locked: 'locked' } })
    await call('PATCH', one, { body: { state: 'suspended' } })
    await call('DELETE', one)
  }

  /** Every answer of the administration of step-up, what no test can bring about left out. */
  async function walkStepUp(long: object, text: object): Promise<void> {
    const { house, call } = cms
    await house.addClient({ clientId: 'app1' })
    const flow = await call<Record<string, unknown>>('GET', '/flows/fido')
    const policies = ['/step-up-policy', '/clients/app1/step-up-policy']
    const any = { 'if-match': '*' }
    const stale = { 'if-match': '"stale"' }
    const writes: [Route['method'], string, unknown][] = [
      ['POST', '/flows', { ...flow.json, id: 'another' }],
      ['PUT', '/flows/fido', { ...flow.json, name: 'Another' }],
      ['POST', '/flows/fido/duplicate', { id: 'copy', name: 'Copy' }],
      ['PUT', '/browser-flow', { flow: 'stepup-ldap-otp' }],
      ['PUT', '/step-up-policy', { acrToLoa: { pwd: 0, otp: 1 } }],
      ['PUT', '/clients/app1/step-up-policy', { minimumAcr: 'pwd' }],
    ]
    // First with a realm that has no room left: nothing can be written.
    const realm = await readRealm(house.db)
    const full = {
      ...realm,
      flows: { ...realm.flows, full: { ...flow.json, id: 'full', description: 'x'.repeat(349_900) } },
    }
    const seedRealm = (item: object) =>
      house.seed({ write: 'put', table: 'config', key: { pk: 'realm', sk: 'realm' }, item: { ...item } })
    await seedRealm(full)
    for (const [method, path, body] of writes)
      expect((await call(method, path, { body, headers: any })).status).toBe(409)
    await seedRealm(realm)
    for (const [method, path, body] of writes) {
      await call(method, path, { headers: any, ...long })
      await call(method, path, long)
      await call(method, path, text)
      expect((await call(method, path, { body: { no: 1 }, headers: any })).status).toBe(422)
      if (method === 'PUT' && path !== '/browser-flow') {
        expect((await call(method, path, { body })).status).toBe(428)
        expect((await call(method, path, { body, headers: stale })).status).toBe(412)
      }
      expect((await call(method, path, { body, headers: any })).status).toBeLessThan(300)
    }
    for (const path of ['/flows', '/flows/fido', ...policies]) expect((await call('GET', path)).status).toBe(200)
    expect((await call('DELETE', '/flows/copy', { headers: stale })).status).toBe(412)
    expect((await call('DELETE', '/flows/stepup-ldap-otp')).status).toBe(409)
    expect((await call('DELETE', '/flows/copy')).status).toBe(204)
    const question = { user: 'anna', client: 'app1' }
    const levelless = { ...question, flow: { ...flow.json, levels: [] } }
    for (const body of [question, { ...question, flow: flow.json }, { ...question, user: 'x' }, {}, levelless])
      await call('POST', '/explain', { body })
    for (const request of [long, text]) await call('POST', '/explain', request)
    expect((await call('GET', '/statistics')).status).toBe(200)
  }

  /** Every answer about applications, what no test can bring about left out. */
  async function walkClients(long: object, text: object): Promise<void> {
    const { house, call } = cms
    const registrar = { apikey: (await house.addApiKey(['clients:write'])).shown }
    const shop = { client_id: 'shop', redirect_uris: ['https://shop.example/cb'] }
    await house.addClient({ clientId: 'robot', secret: 'robot', scopes: ['step-up'] })
    const any = { 'if-match': '*' }
    const secrets = '/clients/shop/secrets'
    const steps: [Route['method'], string, object?][] = [
      ['POST', '/clients', { body: shop }],
      ['POST', '/clients', { body: shop }],
      ['POST', '/clients', { body: {} }],
      ['POST', '/clients', { body: { ...shop, client_id: 'vain', default_acr_values: ['gold'] } }],
      ['POST', '/clients', { body: { ...shop, client_id: 'sly', scope: 'step-up' }, headers: registrar }],
      ['POST', '/clients', long],
      ['POST', '/clients', text],
      ['GET', '/clients?pageSize=1'],
      ['GET', '/clients/shop'],
      ['PUT', '/clients/shop', { body: { ...shop, client_name: 'Shop' }, headers: any }],
      ['PUT', '/clients/shop', { body: shop }],
      ['PUT', '/clients/shop', { body: shop, headers: { 'if-match': '"stale"' } }],
      ['PUT', '/clients/shop', { body: { ...shop, default_acr_values: ['gold'] }, headers: any }],
      ['PUT', '/clients/robot', { body: shop, headers: { ...any, ...registrar } }],
      ['PUT', '/clients/shop', long],
      ['PUT', '/clients/shop', text],
      ['GET', secrets],
      ['POST', secrets, { body: { overlap: 60 } }],
      ['POST', secrets, { body: { overlap: 60 } }],
      ['POST', secrets, { body: { overlap: -1 } }],
      ['POST', '/clients/robot/secrets', { body: {}, headers: registrar }],
      ['POST', secrets, long],
      ['POST', secrets, text],
      ['DELETE', `${secrets}/retiring`],
      ['DELETE', '/clients/robot/secrets/retiring', { headers: registrar }],
      ['DELETE', '/clients/shop', { headers: { 'if-match': '"stale"' } }],
      ['DELETE', '/clients/shop'],
    ]
    for (const [method, target, request] of steps) await call(method, target, request)
  }

  async function walkSessions(user: string): Promise<void> {
    const { house, call } = cms
    const times = { createdAt: house.now, lastSeenAt: house.now, until: house.now + 60, idleUntil: house.now + 60 }
    const made = { sid: 'one', secretHash: '', user, proofs: [], standing: 0, clients: ['app1'], ip: '::1', ...times }
    await house.seed(createdSession({ ...made, userAgent: 'Firefox' }))
    await call('GET', '/users/anna/sessions')
    await call('DELETE', '/users/anna/sessions/one')
    await call('DELETE', '/users/anna/sessions')
  }

  it('to a failure of ours is documented too', async () => {
    const { house } = cms
    const realm = await house.db.get({ table: 'config', key: { pk: 'realm', sk: 'realm' } })
    await house.seed({ write: 'delete', table: 'config', key: { pk: 'realm', sk: 'realm' } })
    const reply = await cms.call('GET', '/users/anna/authenticators/creation-options')
    await house.seed({ write: 'put', table: 'config', key: { pk: 'realm', sk: 'realm' }, item: realm ?? {} })
    expect(reply.json).toMatchObject({ status: 500, code: 'internal-error' })
  })
})
