import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../../src/core/oidc/client.ts'
import { asserted, assertionClaims, createClientKey, encoded, signedBySecret } from '../../client-key.ts'
import { type House, openHouse, type Reply } from '../../house.ts'
import { claimsOf, exchange, usualRequest, type Visitor, visit } from '../../visitor.ts'

type Pushed = { request_uri: string; error?: string; error_description?: string }

let house: House
const password = 'correct horse battery staple'
const key = createClientKey('ES256', { kid: 'one' })
const signs = { requestObjectSigningAlg: 'ES256', jwks: { keys: [key.jwk] } } as const

beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ ...signs })
  await house.addClient({ clientId: 'plain' })
  await house.addClient({ clientId: 'must-sign', ...signs, requireSignedRequestObject: true })
  await house.addClient({ clientId: 'fapi', ...signs, profile: 'fapi2', tokenEndpointAuthMethod: 'private_key_jwt' })
})
afterAll(() => house.close())

/** The usual request as a request object says it. */
const claims = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...usualRequest,
  acr_values: 'pwd',
  iss: 'app1',
  aud: 'https://id.example.org',
  iat: house.now,
  nbf: house.now,
  exp: house.now + 300,
  ...change,
})

const typ = 'oauth-authz-req+jwt'
const signed = (change: Record<string, unknown> = {}, header: Record<string, unknown> = { typ }) =>
  key.sign(header, claims(change))

/** With the address that an error may go to; nothing of it counts otherwise. */
const ask = async (request: string, outside: Record<string, string | undefined> = {}): Promise<Visitor> => {
  const browser = visit(house)
  const nothing = { scope: undefined, nonce: undefined, code_challenge: undefined, code_challenge_method: undefined }
  await browser.ask({ ...nothing, response_type: undefined, state: 'outer', request, ...outside })
  return browser
}

async function signIn(browser: Visitor): Promise<void> {
  const { userName } = await house.addUser({ password })
  await browser.post('username', { username: userName })
  await browser.post('password', { password })
}

const push = (fields: Record<string, string>): Promise<Reply<Pushed>> =>
  house.invoke<Pushed>('POST', '/par', { body: new URLSearchParams(fields) })

describe('a signed request', () => {
  it.each([typ, `application/${typ}`, 'JWT', undefined])('of the type %s leads to a code', async (type) => {
    const browser = await ask(signed({}, type === undefined ? {} : { typ: type }))
    await signIn(browser)
    expect(Object.fromEntries(browser.landed)).toMatchObject({ state: 'some state', iss: 'https://id.example.org' })
    const { json } = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(json.id_token).nonce).toBe('some nonce')
  })

  it('needs nothing beside it but the client', async () => {
    const browser = await ask(signed(), { redirect_uri: undefined, state: undefined })
    await signIn(browser)
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('is the whole request: nothing beside it counts', async () => {
    const browser = await ask(signed({ state: undefined }), {
      scope: 'openid offline_access',
      nonce: 'outer',
      prompt: 'none',
      redirect_uri: 'https://evil.example/',
    })
    expect(browser.page).toBe('username')
    await signIn(browser)
    expect(browser.landed.get('state')).toBeNull()
    const { json } = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(json.id_token).nonce).toBe('some nonce')
    expect(json.refresh_token).toBeUndefined()
  })

  it('says numbers as numbers, and claims as an object', async () => {
    const browser = await ask(signed({ max_age: 60, claims: { id_token: { email: null } } }))
    await signIn(browser)
    const { json } = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(json.id_token).email).toMatch(/@example\.org$/)
  })

  it('comes by post, too', async () => {
    const reply = await house.invoke('POST', '/authorize', {
      body: new URLSearchParams({ client_id: 'app1', request: signed() }),
    })
    const browser = visit(house)
    await browser.get(reply.headers.location ?? '')
    expect(browser.page).toBe('username')
  })

  it('is pushed, and read once: its time is over before its address is opened', async () => {
    const { json, status } = await push({ client_id: 'app1', request: signed({ exp: house.now + 30 }), state: 'outer' })
    expect(status).toBe(201)
    house.now += 60
    const browser = visit(house)
    await browser.get(`/authorize?${new URLSearchParams({ client_id: 'app1', request_uri: json.request_uri })}`)
    await signIn(browser)
    expect(browser.landed.get('state')).toBe('some state')
  })

  it('is wrong as any other request is, and told so where it says', async () => {
    const browser = await ask(signed({ response_type: 'token' }))
    expect(Object.fromEntries(browser.landed)).toMatchObject({
      error: 'unsupported_response_type',
      state: 'some state',
    })
    expect((await ask(signed({ redirect_uri: 'https://evil.example/' }))).page).toBe('bad-request')
  })

  const times: [string, () => Record<string, unknown>][] = [
    ['nbf and iat ten seconds ahead', () => ({ nbf: house.now + 10, iat: house.now + 10 })],
    ['neither nbf nor iat', () => ({ nbf: undefined, iat: undefined })],
    ['exp in an hour', () => ({ exp: house.now + 3600 })],
    ['several audiences', () => ({ aud: ['https://id.example.org', 'https://other.example'] })],
    ['no client_id of its own', () => ({ client_id: undefined })],
  ]
  it.each(times)('is good with %s', async (_name, change) => {
    expect((await ask(signed(change()))).page).toBe('username')
  })
})

describe('a request object is refused', () => {
  const wrong: [string, () => Record<string, unknown>][] = [
    ['of another client', () => ({ iss: 'plain' })],
    ['without an issuer', () => ({ iss: undefined })],
    ['for another client', () => ({ client_id: 'plain' })],
    ['for another server', () => ({ aud: 'https://other.example' })],
    ['for nobody', () => ({ aud: undefined })],
    ['without an end', () => ({ exp: undefined })],
    ['past its end', () => ({ exp: house.now })],
    ['good for more than an hour', () => ({ exp: house.now + 3601 })],
    ['not begun', () => ({ nbf: house.now + 61 })],
    ['begun more than an hour ago', () => ({ nbf: house.now - 3601 })],
    ['of the future', () => ({ iat: house.now + 61 })],
    ['that could be an assertion', () => ({ sub: 'app1' })],
    ['with another in it', () => ({ request: 'a.b.c' })],
    ['with an address of another', () => ({ request_uri: 'https://app1.example.com/r' })],
    ['with a list that is no list of resources', () => ({ scope: ['openid'] })],
    ['with a parameter of nothing', () => ({ nonce: null })],
  ]
  it.each(wrong)('%s', async (_name, change) => {
    const browser = await ask(signed(change()))
    expect(Object.fromEntries(browser.landed)).toMatchObject({ error: 'invalid_request_object', state: 'outer' })
    expect(await push({ client_id: 'app1', request: signed(change()) })).toMatchObject({
      status: 400,
      json: { error: 'invalid_request_object' },
    })
  })

  const texts: [string, () => string][] = [
    ['of none', () => `${encoded({ alg: 'none' })}.${encoded(claims())}.`],
    ['signed with a secret', () => signedBySecret('a secret of some length', claims(), { typ })],
    ["signed with somebody else's key", () => createClientKey('ES256', { kid: 'one' }).sign({ typ }, claims())],
    [
      'signed by another algorithm than is registered',
      () => createClientKey('PS256', { kid: 'one' }).sign({}, claims()),
    ],
    ['that brings its key', () => signed({}, { jwk: key.jwk })],
    ['that is critical', () => signed({}, { crit: ['x'], x: 1 })],
    ['of the type of a token', () => signed({}, { typ: 'at+jwt' })],
    ['of the type of an assertion', () => signed({}, { typ: 'client-authentication+jwt' })],
    [
      'that says a thing twice',
      () => key.sign({ typ }, `{"state":"a","state":"b",${JSON.stringify(claims()).slice(1)}`),
    ],
    ['that is none', () => 'nonsense'],
    ['that is encrypted', () => 'a.b.c.d.e'],
  ]
  it.each(texts)('%s', async (_name, text) => {
    expect((await ask(text())).landed.get('error')).toBe('invalid_request_object')
  })

  it('on the page, where nothing else says whom to tell', async () => {
    const browser = await ask('nonsense', { redirect_uri: undefined })
    expect(browser.page).toBe('bad-request')
    expect(browser.text).toContain('invalid_request_object')
    expect((await ask('nonsense', { redirect_uri: 'https://evil.example/' })).page).toBe('bad-request')
  })

  it('of a client that is not registered for them', async () => {
    const browser = await ask(signed({ iss: 'plain', client_id: 'plain' }), { client_id: 'plain' })
    expect(browser.landed.get('error')).toBe('request_not_supported')
  })

  it('by an address', async () => {
    const browser = visit(house)
    for (const request_uri of ['https://app1.example.com/r', 'https://169.254.169.254/', 'urn:other:1']) {
      await browser.ask({ request_uri })
      expect(browser.landed.get('error')).toBe('request_uri_not_supported')
    }
  })

  it('twice', async () => {
    const query = new URLSearchParams({ ...usualRequest, request: signed() })
    const reply = await house.invoke('GET', `/authorize?${query}&request=${signed()}`)
    expect(new URL(reply.headers.location ?? '').searchParams.get('error')).toBe('invalid_request')
  })
})

describe('a client that must sign', () => {
  const its = { iss: 'must-sign', client_id: 'must-sign' }

  it('is answered no plain request, pushed or not', async () => {
    const browser = visit(house)
    await browser.ask({ client_id: 'must-sign' })
    expect(browser.landed.get('error')).toBe('invalid_request')
    expect((await push({ ...usualRequest, client_id: 'must-sign' })).json.error).toBe('invalid_request')
  })

  it('is answered a signed one', async () => {
    expect((await ask(signed(its), { client_id: 'must-sign' })).page).toBe('username')
    expect((await push({ client_id: 'must-sign', request: signed(its) })).status).toBe(201)
  })
})

describe('the profile fapi2', () => {
  const its = { iss: 'fapi', client_id: 'fapi' }
  const shown = () => asserted(key.sign({}, assertionClaims('fapi', house.now)))

  it('pushes what it signed', async () => {
    expect((await push({ ...shown(), request: signed(its) })).status).toBe(201)
    expect((await ask(signed(its), { client_id: 'fapi' })).landed.get('error')).toBe('invalid_request')
  })

  it('says from when on it is good', async () => {
    const { json } = await push({ ...shown(), request: signed({ ...its, nbf: undefined }) })
    expect(json.error).toBe('invalid_request_object')
  })

  it('does not sign by RS256', async () => {
    const rsa = createClientKey('RS256', { kid: 'rsa' })
    const change: Partial<Client> = { requestObjectSigningAlg: 'RS256', jwks: { keys: [key.jwk, rsa.jwk] } }
    await house.addClient({
      clientId: 'fapi-rsa',
      ...change,
      profile: 'fapi2',
      tokenEndpointAuthMethod: 'private_key_jwt',
    })
    const who = { iss: 'fapi-rsa', client_id: 'fapi-rsa' }
    const { json } = await push({
      ...asserted(key.sign({}, assertionClaims('fapi-rsa', house.now))),
      request: rsa.sign({ typ }, claims(who)),
    })
    expect(json.error).toBe('invalid_request_object')
  })

  it('takes no request object for an assertion, nor an assertion for a request object', async () => {
    const object = { ...assertionClaims('fapi', house.now), ...usualRequest, client_id: 'fapi', nbf: house.now }
    expect((await push(asserted(key.sign({ typ }, object)))).json.error).toBe('invalid_client')
    const assertion = key.sign({}, assertionClaims('fapi', house.now))
    expect((await push({ ...shown(), request: assertion })).json.error).toBe('invalid_request_object')
  })
})
