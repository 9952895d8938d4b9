import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../../src/core/oidc/client.ts'
import type { SigningAlgorithm } from '../../../src/core/oidc/signing.ts'
import {
  asserted,
  assertionClaims,
  type ClientKey,
  createClientKey,
  encoded,
  signedBySecret,
} from '../../client-key.ts'
import { type House, openHouse, type Reply } from '../../house.ts'

type Said = { error?: string; error_description?: string; access_token?: string; active?: boolean }

let house: House
const secret = 'a secret of some length'
const key = createClientKey('ES256', { kid: 'one' })

const machine = { grantTypes: ['client_credentials'], redirectUris: [], scopes: ['reports', 'introspection'] } as const
const signs = { ...machine, tokenEndpointAuthMethod: 'private_key_jwt' } as const

const add = (clientId: string, change: Partial<Client> & { secret?: string } = {}) =>
  house.addClient({ ...signs, clientId, jwks: { keys: [key.jwk] }, ...change })

beforeAll(async () => {
  house = await openHouse()
  await add('signs')
})
afterAll(() => house.close())

type Shown = { form?: Record<string, string>; headers?: Record<string, string>; at?: string }

const ask = ({ form = {}, headers = {}, at = '/token' }: Shown): Promise<Reply<Said>> =>
  house.invoke<Said>('POST', at, {
    headers,
    body: new URLSearchParams({ grant_type: 'client_credentials', token: 'none', ...form }),
  })

const claims = (change: Record<string, unknown> = {}, clientId = 'signs') => ({
  ...assertionClaims(clientId, house.now),
  ...change,
})
const assert = (assertion: string, at?: string) =>
  ask({ form: asserted(assertion), ...(at === undefined ? {} : { at }) })
const basic = (id: string, word = secret) => ({
  authorization: `Basic ${Buffer.from(`${id}:${word}`).toString('base64')}`,
})
const refused = { status: 401, json: { error: 'invalid_client' } }

describe('a signed assertion', () => {
  it('stands for the client, at each endpoint', async () => {
    for (const at of ['/token', '/introspect'])
      expect((await assert(key.sign({ typ: 'JWT' }, claims()), at)).status).toBe(200)
  })

  it('may name the client beside it, and no other', async () => {
    const form = () => asserted(key.sign({}, claims()))
    expect((await ask({ form: { ...form(), client_id: 'signs' } })).status).toBe(200)
    expect(await ask({ form: { ...form(), client_id: 'other' } })).toMatchObject(refused)
  })

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)('may be signed with %s', async (alg) => {
    const its = createClientKey(alg, { kid: alg })
    await add(`signs-${alg}`, { jwks: { keys: [key.jwk, its.jwk] } })
    expect((await assert(its.sign({}, claims({}, `signs-${alg}`)))).status).toBe(200)
  })

  it('needs no kid where one key fits, and one where two do', async () => {
    const [one, other, rsa] = [createClientKey('ES256'), createClientKey('ES256'), createClientKey('RS256')]
    await add('one-fits', { jwks: { keys: [rsa.jwk, one.jwk] } })
    await add('two-fit', { jwks: { keys: [one.jwk, other.jwk] } })
    expect((await assert(one.sign({}, claims({}, 'one-fits')))).status).toBe(200)
    expect(await assert(one.sign({}, claims({}, 'two-fit')))).toMatchObject(refused)
  })

  it('is asked for no more than two calls to DynamoDB', async () => {
    const { commands } = await assert(key.sign({}, claims()))
    expect(commands.map(({ name }) => name)).toEqual(['BatchGetItem', 'TransactWriteItems'])
  })

  it('carries no challenge when it is refused', async () => {
    const reply = await assert(key.sign({}, claims({ aud: 'https://other.example' })))
    expect(reply.headers['www-authenticate']).toBeUndefined()
    expect((await ask({ headers: basic('signs', 'wrong') })).headers['www-authenticate']).toContain('Basic')
  })

  it('is told its developer what is wrong with it', async () => {
    const { json } = await assert(key.sign({}, claims({ aud: ['https://id.example.org'] })))
    expect(json.error_description).toBe('The client assertion must have the issuer in aud, as one text and alone.')
    const forged = await assert(createClientKey('ES256', { kid: 'one' }).sign({}, claims()))
    expect(forged.json.error_description).toContain('not signed with one of its keys')
  })

  const times: [string, () => Record<string, unknown>][] = [
    ['exp just ahead', () => ({ exp: house.now + 1 })],
    ['exp ten minutes ahead', () => ({ exp: house.now + 600 })],
    ['iat and nbf ten seconds ahead', () => ({ iat: house.now + 10, nbf: house.now + 10 })],
    ['no iat', () => ({ iat: undefined })],
    ['an exp with a fraction', () => ({ exp: house.now + 60.5 })],
  ]
  it.each(times)('is good with %s', async (_name, change) => {
    expect((await assert(key.sign({}, claims(change())))).status).toBe(200)
  })

  const wrong: [string, () => Record<string, unknown>][] = [
    ['another issuer', () => ({ iss: 'other' })],
    ['no issuer', () => ({ iss: undefined })],
    ['the address of the token endpoint as audience', () => ({ aud: 'https://id.example.org/token' })],
    ['a list of audiences', () => ({ aud: ['https://id.example.org'] })],
    ['an audience with a slash more', () => ({ aud: 'https://id.example.org/' })],
    ['no audience', () => ({ aud: undefined })],
    ['no exp', () => ({ exp: undefined })],
    ['exp now', () => ({ exp: house.now })],
    ['exp in the past', () => ({ exp: house.now - 60 })],
    ['exp in an hour', () => ({ exp: house.now + 3600 })],
    ['an exp that is text', () => ({ exp: String(house.now + 60) })],
    ['an exp without end', () => ({ exp: 1e300 })],
    ['iat more than a minute ahead', () => ({ iat: house.now + 61 })],
    ['nbf more than a minute ahead', () => ({ nbf: house.now + 61 })],
    ['no jti', () => ({ jti: undefined })],
    ['an empty jti', () => ({ jti: '' })],
    ['a jti that is no text', () => ({ jti: 7 })],
    ['a jti too long to keep', () => ({ jti: 'x'.repeat(257) })],
  ]
  it.each(wrong)('is refused with %s', async (_name, change) => {
    expect(await assert(key.sign({}, claims(change())))).toMatchObject(refused)
  })

  const headers: [string, Record<string, unknown>][] = [
    ['a critical extension', { crit: ['exp'], exp: 1 }],
    ['an empty list of critical extensions', { crit: [] }],
    ['its own key', { jwk: key.jwk }],
    ['an address of keys', { jku: 'https://attacker.example/jwks' }],
    ['an address of certificates', { x5u: 'https://attacker.example/cert' }],
    ['its own certificates', { x5c: ['AAAA'] }],
    ['the type of an access token', { typ: 'at+jwt' }],
    ['the type of a request object', { typ: 'oauth-authz-req+jwt' }],
    ['the type of a DPoP proof', { typ: 'application/dpop+jwt' }],
    ['a token within', { cty: 'JWT' }],
    ['a body that is not encoded', { b64: false }],
    ['an unknown kid', { kid: 'two' }],
    ['a kid that is a path', { kid: '../../dev/null' }],
    ['a kid that is no text', { kid: { $ne: '' } }],
    ['no algorithm', { alg: 'none' }],
    ['an algorithm of another key', { alg: 'RS256' }],
    ['an algorithm that shares a secret', { alg: 'HS256' }],
    ['an algorithm that nobody knows', { alg: 'es256' }],
  ]
  it.each(headers)('is refused with %s in its header', async (_name, header) => {
    expect(await assert(key.sign(header, claims()))).toMatchObject(refused)
  })

  const texts: [string, () => string][] = [
    ['without a signature', () => `${key.sign({}, claims()).split('.').slice(0, 2).join('.')}.`],
    ['of none', () => `${encoded({ alg: 'none' })}.${encoded(claims())}.`],
    ['signed with the public key as a secret', () => signedBySecret(JSON.stringify(key.jwk), claims())],
    ["signed by somebody else's key of that name", () => createClientKey('ES256', { kid: 'one' }).sign({}, claims())],
    [
      'with a signature of zeros',
      () => key.sign({}, claims()).replace(/[^.]*$/, Buffer.alloc(64).toString('base64url')),
    ],
    ['with other claims than were signed', () => key.sign({}, claims()).replace(/\.[^.]+\./, `.${encoded(claims())}.`)],
    ['that says sub twice', () => key.sign({}, `{"sub":"other",${JSON.stringify(claims()).slice(1)}`)],
    [
      'that says it by another spelling',
      () => key.sign({}, `{"s\\u0075b":"other",${JSON.stringify(claims()).slice(1)}`),
    ],
    ['of one part', () => 'abc'],
    ['of five parts', () => 'a.b.c.d.e'],
    ['padded', () => key.sign({}, claims()).replace('.', '=.')],
    ['too long', () => key.sign({}, claims({ more: 'x'.repeat(20_000) }))],
    ['that is a list', () => key.sign({}, '[]')],
    [
      'that is no UTF-8',
      () => `${encoded({ alg: 'ES256' })}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.AAAA`,
    ],
  ]
  it.each(texts)('is refused %s', async (_name, text) => {
    expect(await assert(text())).toMatchObject(refused)
  })

  it('is refused with keys that are too weak, or meant for something else', async () => {
    const weak = createClientKey('RS256', { kid: 'weak', bits: 1024 })
    const cases: [string, ClientKey, object][] = [
      ['weak', weak, {}],
      ['for-encryption', key, { use: 'enc' }],
      ['for-signing', key, { key_ops: ['sign'] }],
      ['of-another-alg', key, { alg: 'EdDSA' }],
      ['of-a-secret', key, { kty: 'oct', k: 'AAAA' }],
    ]
    for (const [name, its, change] of cases) {
      await add(name, { jwks: { keys: [{ ...its.jwk, ...change }] } })
      expect(await assert(its.sign({}, claims({}, name))), name).toMatchObject(refused)
    }
  })

  it('is refused of a client that is switched off, or that there is not', async () => {
    await add('off', { enabled: false })
    for (const name of ['off', 'nobody', 'x'.repeat(3000)])
      expect(await assert(key.sign({}, claims({}, name)))).toMatchObject(refused)
  })
})

describe('an assertion is good once', () => {
  it('and at one endpoint', async () => {
    const assertion = key.sign({}, claims())
    expect((await assert(assertion)).status).toBe(200)
    for (const at of ['/token', '/introspect', '/par']) expect(await assert(assertion, at)).toMatchObject(refused)
  })

  it('also where the request is refused for another reason', async () => {
    const assertion = key.sign({}, claims())
    const form = { ...asserted(assertion), grant_type: 'authorization_code', code: 'none' }
    expect((await ask({ form })).json.error).toBe('unauthorized_client')
    expect(await assert(assertion)).toMatchObject(refused)
  })

  it('whoever of twenty comes first', async () => {
    const assertion = key.sign({}, claims())
    const replies = await Promise.all(Array.from({ length: 20 }, () => assert(assertion)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(19)
  })

  it('for each client by itself', async () => {
    const jti = randomUUID()
    await add('namesake')
    expect((await assert(key.sign({}, claims({ jti })))).status).toBe(200)
    expect((await assert(key.sign({}, claims({ jti }, 'namesake')))).status).toBe(200)
  })

  it('and is forgotten when it has expired', async () => {
    const jti = randomUUID()
    expect((await assert(key.sign({}, claims({ jti })))).status).toBe(200)
    house.now += 61
    expect((await assert(key.sign({}, claims({ jti })))).status).toBe(200)
  })

  it('is not spent by who could not sign it', async () => {
    const [jti, forger] = [randomUUID(), createClientKey('ES256', { kid: 'one' })]
    expect(await assert(forger.sign({}, claims({ jti })))).toMatchObject(refused)
    expect((await assert(key.sign({}, claims({ jti })))).status).toBe(200)
  })
})

describe('one method, and no other', () => {
  it.each([
    ['client_secret_basic', { headers: () => basic('registered') }],
    ['client_secret_post', { form: () => ({ client_id: 'registered', client_secret: secret }) }],
    ['private_key_jwt', { form: () => asserted(key.sign({}, claims({}, 'registered'))) }],
    ['none', { form: () => ({ client_id: 'registered' }) }],
  ] as const)('of %s', async (method, shown) => {
    const [headers, form] = ['headers' in shown ? shown.headers : () => ({}), 'form' in shown ? shown.form : () => ({})]
    for (const registered of ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const) {
      const clientId = `${registered}-for-${method}`
      await add(clientId, { tokenEndpointAuthMethod: registered, secret })
      const named = (text: Record<string, string>) =>
        Object.fromEntries(Object.entries(text).map(([name, value]) => [name, value.replace('registered', clientId)]))
      const its = method === 'client_secret_basic' ? basic(clientId) : headers()
      const fields = method === 'private_key_jwt' ? asserted(key.sign({}, claims({}, clientId))) : named(form())
      expect((await ask({ headers: its, form: fields })).status, registered).toBe(registered === method ? 200 : 401)
    }
  })

  it('is shown at once: two are refused, whichever they are', async () => {
    await add('two-ways', { tokenEndpointAuthMethod: 'client_secret_basic', secret })
    const signed = () => asserted(key.sign({}, claims({}, 'two-ways')))
    for (const shown of [
      { headers: basic('two-ways'), form: { client_secret: secret } },
      { headers: basic('two-ways'), form: signed() },
      { form: { ...signed(), client_id: 'two-ways', client_secret: secret } },
    ])
      expect(await ask(shown)).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
  })

  it.each([
    [{ client_assertion: 'a.b.c' }, 401, 'invalid_client'],
    [{ client_assertion: 'a.b.c', client_assertion_type: 'saml2-bearer' }, 401, 'invalid_client'],
    [{ client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' }, 400, 'invalid_request'],
  ])('an assertion is whole: %j', async (form, status, error) => {
    expect(await ask({ form: form as Record<string, string> })).toMatchObject({ status, json: { error } })
  })

  it('is an algorithm too, where one is registered', async () => {
    const rsa = createClientKey('PS256', { kid: 'rsa' })
    await add('es256-only', { jwks: { keys: [key.jwk, rsa.jwk] }, tokenEndpointAuthSigningAlg: 'ES256' })
    expect((await assert(key.sign({}, claims({}, 'es256-only')))).status).toBe(200)
    expect(await assert(rsa.sign({}, claims({}, 'es256-only')))).toMatchObject(refused)
  })
})

describe('the profile fapi2', () => {
  it.each([
    ['PS256', 200],
    ['ES256', 200],
    ['EdDSA', 200],
    ['RS256', 401],
  ] as const)('with %s: %d', async (alg: SigningAlgorithm, status) => {
    const its = createClientKey(alg, { kid: alg })
    const clientId = `fapi-${alg}`
    await add(clientId, { profile: 'fapi2', jwks: { keys: [its.jwk] } })
    const { status: said } = await assert(its.sign({}, claims({}, clientId)), '/introspect')
    expect(said).toBe(status)
  })

  it('leaves no secrets, and no client without any proof', async () => {
    for (const tokenEndpointAuthMethod of ['client_secret_basic', 'client_secret_post', 'none'] as const)
      await add(`fapi-${tokenEndpointAuthMethod}`, { profile: 'fapi2', tokenEndpointAuthMethod, secret })
    for (const shown of [
      { headers: basic('fapi-client_secret_basic') },
      { form: { client_id: 'fapi-client_secret_post', client_secret: secret } },
      { form: { client_id: 'fapi-none' } },
    ])
      expect(await ask(shown)).toMatchObject(refused)
  })
})
