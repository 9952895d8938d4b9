import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../../src/core/oidc/client.ts'
import { asserted, assertionClaims, createClientKey } from '../../client-key.ts'
import { type House, openHouse, type Reply } from '../../house.ts'
import { claimsOf, exchange, usualRequest, type Visitor, verifier, visit } from '../../visitor.ts'

type Pushed = { request_uri: string; expires_in: number; error?: string; error_description?: string }

let house: House
const password = 'correct horse battery staple'
const secret = 'a secret of some length'
const key = createClientKey('ES256', { kid: 'one' })

beforeAll(async () => {
  house = await openHouse()
  await house.addClient()
  await house.addClient({ clientId: 'secret', secret })
  await house.addClient({ clientId: 'must-push', requirePushedAuthorizationRequests: true })
  await house.addClient({
    clientId: 'fapi',
    profile: 'fapi2',
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    idTokenSignedResponseAlg: 'ES256',
  })
})
afterAll(() => house.close())

const basic = { authorization: `Basic ${Buffer.from(`secret:${secret}`).toString('base64')}` }

/** The usual request, changed, as an application pushes it. `undefined` leaves a parameter out. */
function push(
  change: Record<string, string | undefined> = {},
  headers: Record<string, string> = {},
): Promise<Reply<Pushed>> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...usualRequest, acr_values: 'pwd', ...change }))
    if (value !== undefined) body.set(name, value)
  return house.invoke<Pushed>('POST', '/par', { body, headers })
}

const pushedUri = async (change?: Record<string, string>): Promise<string> => (await push(change)).json.request_uri

const come = (browser: Visitor, requestUri: string, more: Record<string, string> = {}) =>
  browser.get(`/authorize?${new URLSearchParams({ client_id: 'app1', request_uri: requestUri, ...more })}`)

/** Somebody new each time. */
async function signIn(browser: Visitor): Promise<void> {
  const { userName } = await house.addUser({ password })
  await browser.post('username', { username: userName })
  await browser.post('password', { password })
}

const over = (browser: Visitor) => {
  expect(browser.page).toBe('bad-request')
  expect(browser.text).toContain('invalid_request_uri')
}

const fapiClaims = () => ({ ...assertionClaims('fapi', house.now) })
const fapi = () => ({ client_id: 'fapi', ...asserted(key.sign({}, fapiClaims())) })

describe('a pushed request', () => {
  it('is answered with an address that stands for it', async () => {
    const reply = await push()
    expect(reply).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' }, json: { expires_in: 300 } })
    expect(reply.json.request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{22}\.[\w-]{43}$/)
    expect(reply.commands.map(({ name }) => name)).toEqual(['BatchGetItem', 'TransactWriteItems'])
  })

  it('is kept without what could be presented, and without what the client showed', async () => {
    const { json } = await push({ client_id: 'secret', client_secret: undefined }, basic)
    const signed = await push(fapi())
    const kept = JSON.stringify(await house.all('sessions'))
    for (const { request_uri } of [json, signed.json]) {
      const [id = '', shown = ''] = request_uri.split(':').at(-1)?.split('.') ?? []
      expect(kept).toContain(id)
      expect(kept).not.toContain(shown)
    }
    expect(kept).not.toContain('client_assertion')
    expect(kept).not.toContain(secret)
  })

  it('leads to a code, and the code to tokens', async () => {
    const browser = visit(house)
    await come(browser, await pushedUri())
    await signIn(browser)
    expect(Object.fromEntries(browser.landed)).toMatchObject({ state: 'some state', iss: 'https://id.example.org' })
    const { json } = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(json.id_token)).toMatchObject({ nonce: 'some nonce', acr: 'pwd' })
  })

  it('is the whole request: what comes beside its address does not count', async () => {
    const browser = visit(house)
    await come(browser, await pushedUri(), {
      redirect_uri: 'https://evil.example/',
      state: 'another',
      nonce: 'another',
      scope: 'openid offline_access',
      response_type: 'token',
      code_challenge: 'x',
      request: 'a.b.c',
    })
    await signIn(browser)
    expect(browser.landed.get('state')).toBe('some state')
    const { json } = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(json.id_token).nonce).toBe('some nonce')
    expect(json.refresh_token).toBeUndefined()
  })

  it('is answered at once where somebody is signed in, in two calls', async () => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await signIn(browser)
    const reply = await come(browser, await pushedUri())
    expect(reply.commands.map(({ name }) => name)).toEqual(['BatchGetItem', 'TransactWriteItems'])
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('may hold several resources, and a state of any length', async () => {
    const browser = visit(house)
    const state = 'x'.repeat(6000)
    await come(browser, await pushedUri({ state, prompt: 'none' }))
    expect(browser.landed.get('state')).toBe(state)
    expect(browser.landed.get('error')).toBe('login_required')
  })
})

describe('its address is good', () => {
  it('until the answer, however often it is opened before', async () => {
    const browser = visit(house)
    const uri = await pushedUri()
    for (let time = 0; time < 3; time++) {
      await come(browser, uri)
      expect(browser.page).not.toBe('bad-request')
    }
    await signIn(browser)
    expect(browser.landed.get('code')).toBeTruthy()
    await come(browser, uri)
    over(browser)
  })

  it('for one answer, whichever of two windows comes to it first', async () => {
    const [one, other] = [visit(house), visit(house)]
    const uri = await pushedUri()
    await come(one, uri)
    await come(other, uri)
    await signIn(one)
    expect(one.landed.get('code')).toBeTruthy()
    await signIn(other)
    over(other)
  })

  it('for one code of twenty that are asked for at once', async () => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await signIn(browser)
    const target = `/authorize?${new URLSearchParams({ client_id: 'app1', request_uri: await pushedUri() })}`
    const cookies = Object.fromEntries(browser.cookies)
    const replies = await Promise.all(Array.from({ length: 20 }, () => house.invoke('GET', target, { cookies })))
    const codes = replies.filter(({ headers }) => headers.location?.includes('code='))
    expect(codes).toHaveLength(1)
  })

  it.each([
    ['an error', { prompt: 'none' }, 'login_required'],
    ['the person giving up', {}, 'access_denied'],
  ])('for one answer, if that is %s', async (_name, change: Record<string, string>, error) => {
    const browser = visit(house)
    const uri = await pushedUri(change)
    await come(browser, uri)
    if (error === 'access_denied') await browser.post('cancel')
    expect(browser.landed.get('error')).toBe(error)
    await come(browser, uri)
    over(browser)
  })

  it('five minutes long, and a login that began by then goes on', async () => {
    const [late, begun] = [visit(house), visit(house)]
    const uri = await pushedUri()
    house.now += 299
    await come(begun, uri)
    house.now += 1
    await come(late, uri)
    over(late)
    house.now += 600
    await signIn(begun)
    expect(begun.landed.get('code')).toBeTruthy()
  })

  it('for the client that pushed it', async () => {
    const browser = visit(house)
    const uri = await pushedUri()
    await browser.get(`/authorize?${new URLSearchParams({ client_id: 'secret', request_uri: uri })}`)
    over(browser)
    await browser.get(`/authorize?${new URLSearchParams({ request_uri: uri })}`)
    expect(browser.page).toBe('bad-request')
  })

  it('as a whole', async () => {
    const uri = await pushedUri()
    for (const wrong of [
      uri.replace(/.{43}$/, 'A'.repeat(43)),
      uri.replace(/\..*$/, ''),
      `${uri} `,
      'urn:ietf:params:oauth:request_uri:',
      'urn:ietf:params:oauth:request_uri:nothing',
    ]) {
      const browser = visit(house)
      await come(browser, wrong)
      over(browser)
    }
    const twice = visit(house)
    await twice.get(`/authorize?client_id=app1&request_uri=${uri}&request_uri=${uri}`)
    over(twice)
  })

  it('as a post, too', async () => {
    const body = new URLSearchParams({ client_id: 'app1', request_uri: await pushedUri() })
    const reply = await house.invoke('POST', '/authorize', { body })
    expect(reply.status).toBe(303)
    const browser = visit(house)
    await browser.get(reply.headers.location ?? '')
    await signIn(browser)
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

describe('pushing is refused', () => {
  const cases: [string, Record<string, string | undefined>, string][] = [
    ['another request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    ['a redirect URI of somebody else', { redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    ['no redirect URI', { redirect_uri: undefined }, 'invalid_request'],
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['a response_type of tokens', { response_type: 'token' }, 'unsupported_response_type'],
    ['no openid', { scope: 'profile' }, 'invalid_scope'],
    ['no PKCE of a public client', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['a request object of a client that signs none', { request: 'a.b.c' }, 'request_not_supported'],
    ['a state that is too long', { state: 'x'.repeat(6001) }, 'invalid_request'],
    [
      'parameters without end',
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`p${n}`, 'x'.repeat(2000)])),
      'invalid_request',
    ],
  ]
  it.each(cases)('with %s', async (_name, change, error) => {
    expect(await push(change)).toMatchObject({ status: 400, json: { error } })
  })

  it('with one parameter twice, or in another form than a form', async () => {
    const twice = await house.invoke<Pushed>('POST', '/par', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `${new URLSearchParams(usualRequest)}&nonce=another`,
    })
    expect(twice).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
    const json = await house.invoke<Pushed>('POST', '/par', { body: usualRequest })
    expect(json).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
  })

  it('without client_id, also of a client that says who it is in the header', async () => {
    expect(await push({ client_id: undefined, client_secret: undefined }, basic)).toMatchObject({
      status: 400,
      json: { error: 'invalid_request' },
    })
  })

  it('of whoever is not the client', async () => {
    expect(await push({ client_id: 'secret' })).toMatchObject({ status: 401, json: { error: 'invalid_client' } })
    expect(await push({ client_id: 'nobody' })).toMatchObject({ status: 401, json: { error: 'invalid_client' } })
    expect(await push({ client_id: 'app1' }, basic)).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
  })
})

describe('a client that must push', () => {
  it('is answered nothing else', async () => {
    const browser = visit(house)
    await browser.ask({ client_id: 'must-push' })
    expect(Object.fromEntries(browser.landed)).toMatchObject({ error: 'invalid_request', state: 'some state' })
    const { json } = await push({ client_id: 'must-push' })
    await come(browser, json.request_uri, { client_id: 'must-push' })
    await signIn(browser)
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

describe('the profile fapi2', () => {
  let browser: Visitor
  beforeEach(() => {
    browser = visit(house)
  })

  it('pushes, and comes to a code', async () => {
    const { json, status } = await push(fapi())
    expect(status).toBe(201)
    await come(browser, json.request_uri, { client_id: 'fapi' })
    await signIn(browser)
    const code = browser.landed.get('code') ?? ''
    expect(code).toBeTruthy()
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: usualRequest.redirect_uri,
      code_verifier: verifier,
    })
    // Who it is, is looked at before what it wants: without an assertion this is nobody.
    const nobody = await house.invoke<{ error: string }>('POST', '/token', { body })
    expect(nobody.json.error).toBe('invalid_client')
  })

  it('is answered nothing that is not pushed', async () => {
    await browser.ask({ client_id: 'fapi' })
    expect(browser.landed.get('error')).toBe('invalid_request')
  })

  const change: [string, Record<string, string | undefined>][] = [
    ['PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
    ['a redirect_uri', { redirect_uri: undefined }],
    ['an assertion', { client_assertion: undefined, client_assertion_type: undefined }],
  ]
  it.each(change)('is refused without %s', async (_name, without) => {
    const { status, json } = await push({ ...fapi(), ...without })
    expect([status, json.error]).toEqual(
      without.client_assertion === undefined && 'client_assertion' in without
        ? [401, 'invalid_client']
        : [400, 'invalid_request'],
    )
  })

  it('spends an assertion by a request that is refused', async () => {
    const shown = fapi()
    expect((await push({ ...shown, redirect_uri: undefined })).json.error).toBe('invalid_request')
    expect((await push(shown)).json.error).toBe('invalid_client')
  })

  it('has codes of a minute', async () => {
    const { json } = await push(fapi())
    await come(browser, json.request_uri, { client_id: 'fapi' })
    await signIn(browser)
    const [grant] = (await house.all('sessions')).filter(({ clientId, codeUntil }) => clientId === 'fapi' && codeUntil)
    expect(Number(grant?.codeUntil) - Number(grant?.createdAt)).toBeLessThanOrEqual(60)
  })
})

it('a client that was switched off meanwhile is answered no more', async () => {
  const client: Client = await house.addClient({ clientId: 'leaves' })
  const { json } = await push({ client_id: 'leaves' })
  await house.seed({
    write: 'put',
    table: 'config',
    key: { pk: 'client', sk: 'leaves' },
    item: { ...client, enabled: false },
  })
  const browser = visit(house)
  await come(browser, json.request_uri, { client_id: 'leaves' })
  expect(browser.page).toBe('bad-request')
})
