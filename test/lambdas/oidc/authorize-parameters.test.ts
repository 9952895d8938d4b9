/** Every parameter of an authorization request, and every error on the channel that it belongs on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/user.ts'
import { grantOf } from '../../../src/store/grants.ts'
import { places } from '../../../src/store/keys.ts'
import { type House, openHouse } from '../../house.ts'
import { claimsOf, exchange, postedBy, usualRequest, type Visitor, visit } from '../../visitor.ts'

const password = 'correct horse battery staple'
const api = 'https://api.example.com/'

let house: House
let anna: User
beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ resources: [api, 'urn:example:orders'] })
  await house.addClient({ clientId: 'native', redirectUris: ['com.example.app:/callback'] })
  await house.addClient({ clientId: 'impatient', defaultMaxAge: 60 })
  await house.addClient({ clientId: 'once', grantTypes: ['authorization_code'] })
  await house.addClient({ clientId: 'codeless', grantTypes: ['client_credentials'] })
  anna = await house.addUser({ userName: 'anna', password })
})
afterAll(() => house.close())

type Change = Record<string, string | undefined>

async function signedIn(change: Change = {}): Promise<Visitor> {
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd', ...change })
  await browser.post('username', { username: anna.userName })
  await browser.post('password', { password })
  expect(browser.landed.get('code')).toBeTruthy()
  return browser
}

const grantBehind = async (browser: Visitor) =>
  grantOf(await house.db.get(places.grant((browser.landed.get('code') ?? '').split('.')[0] ?? '')))

const answerOf = async (parameters: string, method: 'GET' | 'POST' = 'GET') => {
  const form = { body: parameters, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  // With a cookie of ours, a post is answered as it is; without, it comes again by GET.
  const cookies = { 'some-cookie': 'x' }
  return method === 'GET'
    ? house.invoke('GET', `/authorize?${parameters}`)
    : house.invoke('POST', '/authorize', { ...form, cookies })
}
const written = (change: Change = {}): string =>
  new URLSearchParams(
    Object.entries({ ...usualRequest, ...change }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  ).toString()

describe('response_mode', () => {
  it('form_post posts the code, with state and iss, and sets the session’s cookie on the way', async () => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd', response_mode: 'form_post' })
    await browser.post('username', { username: anna.userName })
    const reply = await browser.post('password', { password })
    expect(reply.status).toBe(200)
    expect(browser.page).toBe('form-post')
    expect(browser.html).toContain(`action="${usualRequest.redirect_uri}"`)
    expect(Object.fromEntries(browser.landed)).toEqual({
      code: expect.stringMatching(/^[\w-]+\.[\w-]+$/),
      state: usualRequest.state,
      iss: 'https://id.example.org',
    })
    expect(reply.headers['content-security-policy']).toMatch(/form-action 'self' https:/)
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(browser.cookies.get('__Host-keystep-session')).toBeTruthy()
    expect((await exchange(house, browser.landed.get('code'))).status).toBe(200)
    // With a session, at once: the same two calls as a redirect.
    const again = await browser.ask({ acr_values: 'pwd', response_mode: 'form_post' })
    expect([browser.page, again.commands.length]).toEqual(['form-post', 2])
  })

  it.each<[string, Change]>([
    ['login_required', { prompt: 'none' }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_scope', { scope: 'email' }],
  ])('form_post posts errors too: %s', async (error, change) => {
    const reply = await answerOf(written({ ...change, response_mode: 'form_post' }))
    expect(reply.status).toBe(200)
    expect(Object.fromEntries(postedBy(reply.body))).toMatchObject({
      error,
      state: usualRequest.state,
      iss: 'https://id.example.org',
    })
  })

  it('form_post posts what giving up comes to', async () => {
    const browser = visit(house)
    await browser.ask({ response_mode: 'form_post' })
    await browser.post('cancel')
    expect(browser.page).toBe('form-post')
    expect(browser.landed.get('error')).toBe('access_denied')
  })

  it('form_post has a state in it that is markup, and gives it back as it was', async () => {
    const state = '"><script>alert(1)</script>&amp;\'ü€ +%20'
    const reply = await answerOf(written({ state, prompt: 'none', response_mode: 'form_post' }))
    expect(reply.body).not.toContain('<script>alert')
    expect(postedBy(reply.body).get('state')).toBe(state)
  })

  it.each(['fragment', 'jwt', 'query.jwt', 'FORM_POST', 'form_post query'])(
    '%s is none of ours: the error goes by query',
    async (mode) => {
      const browser = visit(house)
      const reply = await browser.ask({ response_mode: mode })
      expect(reply.status).toBe(303)
      expect(browser.landed.get('error')).toBe('invalid_request')
    },
  )

  it('form_post for an app’s own scheme is refused by query: it takes no body', async () => {
    const browser = visit(house)
    const change = { client_id: 'native', redirect_uri: 'com.example.app:/callback', response_mode: 'form_post' }
    const reply = await browser.ask(change)
    expect(reply.status).toBe(303)
    expect(browser.landed.get('error')).toBe('invalid_request')
  })

  it('twice is refused by query', async () => {
    const reply = await answerOf(`${written({ response_mode: 'form_post' })}&response_mode=form_post`)
    expect(reply.status).toBe(303)
    expect(new URL(reply.headers.location ?? '').searchParams.get('error')).toBe('invalid_request')
  })
})

describe('a wrong request, by GET and by POST', () => {
  const wrong: [string, string, Change][] = [
    ['response_type is missing', 'invalid_request', { response_type: undefined }],
    ['response_type is empty', 'invalid_request', { response_type: '' }],
    ['response_type none', 'unsupported_response_type', { response_type: 'none' }],
    ['response_type id_token', 'unsupported_response_type', { response_type: 'id_token' }],
    ['response_type code id_token', 'unsupported_response_type', { response_type: 'code id_token' }],
    ['response_type code twice', 'unsupported_response_type', { response_type: 'code code' }],
    ['a registration', 'registration_not_supported', { registration: '{}' }],
    ['a client that may have no codes', 'unauthorized_client', { client_id: 'codeless' }],
    ['no scope', 'invalid_scope', { scope: undefined }],
    ['scope OpenID', 'invalid_scope', { scope: 'OpenID' }],
    ['prompt none login', 'invalid_request', { prompt: 'none login' }],
    ['prompt none consent', 'invalid_request', { prompt: 'none consent' }],
    ['prompt create', 'invalid_request', { prompt: 'create' }],
    ['max_age of a fraction', 'invalid_request', { max_age: '1.5' }],
    ['max_age of ten digits', 'invalid_request', { max_age: '1234567890' }],
    ['an id_token_hint that is nobody’s', 'invalid_request', { id_token_hint: 'e30.e30.' }],
    ['claims that are no JSON', 'invalid_request', { claims: '{]' }],
    ['an overlong nonce', 'invalid_request', { nonce: 'n'.repeat(2049) }],
    ['an overlong parameter that nobody knows', 'invalid_request', { foo: 'x'.repeat(2049) }],
    ['an overlong one named after a method', 'invalid_request', { constructor: 'x'.repeat(2049) }],
    ['a resource of somebody else', 'invalid_target', { resource: 'https://other.example/' }],
    ['a resource with a fragment', 'invalid_target', { resource: `${api}#x` }],
    ['a relative resource', 'invalid_target', { resource: '/orders' }],
    ['a resource with a slash less', 'invalid_target', { resource: 'https://api.example.com' }],
    ['a resource for a client that has none', 'invalid_target', { client_id: 'once', resource: api }],
    ['dpop_jkt of another length', 'invalid_request', { dpop_jkt: 'x'.repeat(42) }],
    ['dpop_jkt of other characters', 'invalid_request', { dpop_jkt: `${'x'.repeat(42)}=` }],
  ]
  it.each(wrong)('%s: %s', async (_, error, change) => {
    for (const method of ['GET', 'POST'] as const) {
      const reply = await answerOf(written(change), method)
      expect([method, reply.status]).toEqual([method, 303])
      const answer = new URL(reply.headers.location ?? '').searchParams
      expect(Object.fromEntries(answer)).toEqual({
        error,
        error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
        state: usualRequest.state,
        iss: 'https://id.example.org',
      })
    }
  })

  it.each(['nonce', 'scope', 'response_type', 'prompt', 'foo'])('%s twice is invalid_request', async (name) => {
    const reply = await answerOf(`${written({ [name]: 'code' })}&${name}=code`)
    expect(new URL(reply.headers.location ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  it.each(['client_id', 'redirect_uri', 'state'])('%s twice is answered with a page', async (name) => {
    const reply = await answerOf(`${written()}&${name}=x`)
    expect([reply.status, reply.headers.location]).toEqual([400, undefined])
  })

  it.each([
    ['longer than could come back', 'x'.repeat(6001)],
    ['with a line end, which browsers change in forms', 'a\nb'],
    ['with a NUL', 'a\0b'],
  ])('a state %s is answered with a page', async (_, state) => {
    const reply = await answerOf(written({ state }))
    expect([reply.status, reply.headers.location]).toEqual([400, undefined])
  })

  it('a state whose bytes are no UTF-8 is answered with a page', async () => {
    expect((await answerOf(`${written({ state: undefined })}&state=%ff`)).status).toBe(400)
  })

  it('a form from an application, without our cookies, comes again by GET', async () => {
    const body = written({ prompt: 'none' })
    const reply = await house.invoke('POST', '/authorize', { body: new URLSearchParams(body) })
    expect([reply.status, reply.headers.location]).toEqual([303, `/authorize?${body}`])
  })
})

describe('what is no error', () => {
  it.each<[string, Change]>([
    ['display page', { display: 'page' }],
    ['display popup', { display: 'popup' }],
    ['a display that nobody knows', { display: 'hologram' }],
    ['ui_locales', { ui_locales: 'fr-CA fr' }],
    ['claims_locales', { claims_locales: 'de' }],
    ['parameters that nobody knows', { foo: 'bar', __proto__x: '1' }],
    ['claims that nobody knows', { claims: '{"userinfo":{"shoe_size":null,"name":{"essential":true}}}' }],
    ['all acr_values that there are', { acr_values: 'fido cba otp pwd' }],
    ['response_mode query', { response_mode: 'query' }],
    ['a long claims parameter', { claims: JSON.stringify({ userinfo: { x: { values: ['y'.repeat(5000)] } } }) }],
  ])('%s', async (_, change) => {
    const browser = await signedIn()
    await browser.ask({ acr_values: 'pwd', ...change })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('all acr_values at once bring one of them', async () => {
    const browser = await signedIn({ acr_values: 'pwd' })
    await browser.ask({ acr_values: 'fido cba otp pwd' })
    const { json } = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(json.id_token).acr).toBe('pwd')
  })

  it('a login_hint of nobody: it is in the field, and can be changed', async () => {
    const browser = visit(house)
    await browser.ask({ login_hint: 'nobody@example.org' })
    expect(browser.page).toBe('username')
    expect(browser.html).toContain('value="nobody@example.org"')
    await browser.post('username', { username: 'anna' })
    expect(browser.page).toBe('password')
  })

  it('ui_locales choose the language', async () => {
    const browser = visit(house)
    await browser.ask({ ui_locales: 'fr de' })
    expect(browser.html).toContain('<html lang="de">')
  })

  it('an id_token_hint of ours, even past its end, about who is signed in', async () => {
    const browser = await signedIn()
    const { json } = await exchange(house, browser.landed.get('code'))
    house.now += 700
    await browser.ask({ acr_values: 'pwd', prompt: 'none', id_token_hint: json.id_token })
    expect(browser.landed.get('code')).toBeTruthy()
    await house.addUser({ userName: 'bert', password })
    const another = visit(house)
    await another.ask({ acr_values: 'pwd' })
    await another.post('username', { username: 'bert' })
    await another.post('password', { password })
    await another.ask({ acr_values: 'pwd', prompt: 'none', id_token_hint: json.id_token })
    expect(another.landed.get('error')).toBe('login_required')
  })
})

describe('prompt and age', () => {
  it.each(['login', 'login consent', 'select_account', 'select_account login'])(
    '%s asks somebody who is signed in',
    async (prompt) => {
      const browser = await signedIn()
      house.now += 1
      await browser.ask({ acr_values: 'pwd', prompt })
      expect(['password', 'username']).toContain(browser.page)
    },
  )

  it('max_age=1 asks again, 10000 does not, and auth_time tells', async () => {
    const browser = await signedIn()
    const then = house.now
    house.now += 5
    await browser.ask({ acr_values: 'pwd', max_age: '10000' })
    const { json } = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(json.id_token).auth_time).toBe(then)
    await browser.ask({ acr_values: 'pwd', max_age: '1' })
    expect(browser.page).toBe('password')
  })

  it('a client’s default_max_age counts where the request has none, and not where it has one', async () => {
    const browser = await signedIn()
    house.now += 61
    await browser.ask({ client_id: 'impatient', acr_values: 'pwd' })
    expect(browser.page).toBe('password')
    await browser.ask({ client_id: 'impatient', acr_values: 'pwd', max_age: '3600' })
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

describe('what a grant has of the request', () => {
  it('the resources, each once', async () => {
    const browser = await signedIn()
    const cookies = Object.fromEntries(browser.cookies)
    const resources = [api, 'urn:example:orders', api].map((each) => `&resource=${encodeURIComponent(each)}`).join('')
    const reply = await house.invoke('GET', `/authorize?${written({ acr_values: 'pwd' })}${resources}`, { cookies })
    const code = new URL(reply.headers.location ?? '').searchParams.get('code') ?? ''
    const grant = grantOf(await house.db.get(places.grant(code.split('.')[0] ?? '')))
    expect(grant?.resources).toEqual([api, 'urn:example:orders'])
  })

  it('the key that its code waits for', async () => {
    const jkt = 'x'.repeat(43)
    const browser = await signedIn({ dpop_jkt: jkt })
    expect((await grantBehind(browser))?.codeKey).toBe(jkt)
  })

  it('offline_access only where the client may refresh', async () => {
    const scope = 'openid offline_access'
    expect((await grantBehind(await signedIn({ scope })))?.scopes).toEqual(['openid', 'offline_access'])
    expect((await grantBehind(await signedIn({ scope, client_id: 'once' })))?.scopes).toEqual(['openid'])
  })
})
