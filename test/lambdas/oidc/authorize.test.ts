import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../../src/core/password.ts'
import type { User } from '../../../src/core/user.ts'
import { changedUser } from '../../../src/store/users.ts'
import { createSecurityKey, type SecurityKey } from '../../authenticator.ts'
import { type House, openHouse } from '../../house.ts'
import { claimsOf, exchange, usualRequest, type Visitor, visit } from '../../visitor.ts'

let house: House
let anna: User
const password = 'correct horse battery staple'

beforeAll(async () => {
  house = await openHouse()
  await house.addClient()
  await house.addClient({ clientId: 'strict', enforcement: 'strict' })
  await house.addClient({ clientId: 'secret', secret: 'a secret of some length', enforcement: 'strict' })
  await house.addClient({ clientId: 'gone', enabled: false })
  anna = await house.addUser({ userName: 'anna', password })
})
afterAll(() => house.close())

const signedIn = async (user = anna, change: Record<string, string> = {}): Promise<Visitor> => {
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd', ...change })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  expect(browser.landed.get('code')).toBeTruthy()
  return browser
}

const aKey = (): SecurityKey => createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })

describe('a request that cannot be sent back', () => {
  const cases: [string, Record<string, string | undefined>][] = [
    ['an unknown client', { client_id: 'nobody' }],
    ['no client', { client_id: undefined }],
    ['a client that is switched off', { client_id: 'gone' }],
    ['a redirect URI of somebody else', { redirect_uri: 'https://evil.example/callback' }],
    ['a redirect URI with a slash more', { redirect_uri: 'https://app1.example.com/callback/' }],
    ['a redirect URI in other letters', { redirect_uri: 'https://APP1.example.com/callback' }],
    ['a redirect URI with a query', { redirect_uri: 'https://app1.example.com/callback?x=1' }],
    ['a redirect URI that climbs', { redirect_uri: 'https://app1.example.com/x/../callback' }],
    ['no redirect URI', { redirect_uri: undefined }],
    ['a client id that no key can hold', { client_id: 'x'.repeat(3000) }],
  ]
  it.each(cases)('%s: a page, and no redirect', async (_name, change) => {
    const browser = visit(house)
    const reply = await browser.ask(change)
    expect(reply.status).toBe(400)
    expect(reply.headers.location).toBeUndefined()
    expect(browser.page).toBe('bad-request')
  })
})

describe('a request that is wrong otherwise', () => {
  const cases: [string, string, Record<string, string | undefined>][] = [
    ['invalid_request', 'without response_type', { response_type: undefined }],
    ['unsupported_response_type', 'for a token', { response_type: 'token' }],
    ['invalid_scope', 'without openid', { scope: 'profile' }],
    [
      'invalid_request',
      'without PKCE, of a public client',
      { code_challenge: undefined, code_challenge_method: undefined },
    ],
    ['invalid_request', 'with a PKCE method and no challenge', { code_challenge: undefined }],
    ['invalid_request', 'with PKCE plain', { code_challenge_method: 'plain' }],
    ['invalid_request', 'with PKCE of no method', { code_challenge_method: undefined }],
    ['invalid_request', 'with a challenge that is no hash', { code_challenge: 'short' }],
    ['request_not_supported', 'with a request object', { request: 'e30.e30.' }],
    ['request_uri_not_supported', 'with a request_uri', { request_uri: 'https://app1.example.com/r' }],
    ['invalid_request', 'with prompt=none and another', { prompt: 'none login' }],
    ['invalid_request', 'with an unknown prompt', { prompt: 'dance' }],
    ['invalid_request', 'with a max_age that is no number', { max_age: '-1' }],
    ['invalid_request', 'with claims that are no JSON', { claims: '{' }],
    ['invalid_request', 'with claims that are a list', { claims: '[]' }],
    ['invalid_request', 'with an id_token_hint that is none of ours', { id_token_hint: 'a.b.c' }],
    ['login_required', 'with prompt=none and nobody signed in', { prompt: 'none' }],
  ]
  it.each(cases)('%s %s goes back, with state and iss', async (error, _name, change) => {
    const browser = visit(house)
    await browser.ask(change)
    expect(Object.fromEntries(browser.landed)).toMatchObject({
      error,
      state: 'some state',
      iss: 'https://id.example.org',
    })
    expect(browser.landed.get('code')).toBeNull()
  })

  it('one parameter twice is refused', async () => {
    const query = `${new URLSearchParams(usualRequest)}&nonce=another`
    const reply = await house.invoke('GET', `/authorize?${query}`)
    expect(new URL(reply.headers.location ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  it('a state of any length comes back as it was', async () => {
    const state = `${'ß%&+ "\\'.repeat(600)}`
    const browser = visit(house)
    await browser.ask({ state, prompt: 'none' })
    expect(browser.landed.get('state')).toBe(state)
  })
})

describe('with a session', () => {
  it('an application that asks for no more is answered at once, in two calls to DynamoDB', async () => {
    const browser = await signedIn()
    const asked = house.now
    house.now += 60
    const reply = await browser.ask({ acr_values: 'pwd' })
    expect(reply.commands.map((command) => command.name)).toEqual(['BatchGetItem', 'TransactWriteItems'])
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ acr: 'pwd', amr: ['pwd'], auth_time: asked })
  })

  it('an hour later it asks for the password again, and auth_time is new', async () => {
    const browser = await signedIn()
    // The session idles out after an hour without use; this one is used.
    house.now += 1800
    await browser.ask()
    house.now += 1801
    await browser.ask({ acr_values: 'pwd' })
    expect(browser.page).toBe('password')
    await browser.post('password', { password })
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ auth_time: house.now })
  })

  it('App2 steps up from App1: only the key is asked for, and the cookie is another', async () => {
    const user = await house.addUser({ password })
    const key = aKey()
    await house.addAuthenticator(user, key)
    const browser = await signedIn(user)
    const before = browser.cookies.get('__Host-keystep-session')
    const first = claimsOf((await exchange(house, browser.landed.get('code'))).json.id_token)
    house.now += 10
    await browser.ask({ acr_values: 'fido' })
    expect(browser.page).toBe('webauthn')
    expect(browser.text).toContain(user.userName)
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    const claims = claimsOf((await exchange(house, browser.landed.get('code'))).json.id_token)
    expect(claims).toMatchObject({ acr: 'fido', auth_time: house.now, sid: first.sid })
    expect(claims.amr).toEqual(expect.arrayContaining(['pwd', 'pop', 'hwk', 'user', 'mfa']))
    expect(browser.cookies.get('__Host-keystep-session')).not.toBe(before)

    const [sid] = (before ?? '').split('.')
    expect(browser.cookies.get('__Host-keystep-session')?.startsWith(`${sid}.`)).toBe(true)
    const stale = visit(house)
    stale.cookies.set('__Host-keystep-session', before ?? '')
    await stale.ask({ prompt: 'none' })
    expect(stale.landed.get('error')).toBe('login_required')
  })

  it('prompt=login asks again, max_age=1 does after two seconds and max_age=10000 does not', async () => {
    const browser = await signedIn()
    house.now += 2
    await browser.ask({ acr_values: 'pwd', max_age: '10000' })
    expect(browser.landed.get('code')).toBeTruthy()
    await browser.ask({ acr_values: 'pwd', max_age: '1' })
    expect(browser.page).toBe('password')
    await browser.ask({ acr_values: 'pwd', prompt: 'login' })
    expect(browser.page).toBe('password')
    await browser.post('password', { password })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('prompt=none and a level that is not reached: unmet_authentication_requirements', async () => {
    const browser = await signedIn()
    await browser.ask({ client_id: 'strict', acr_values: 'fido', prompt: 'none' })
    expect(browser.landed.get('error')).toBe('unmet_authentication_requirements')
    expect(browser.landed.get('error_description')).toMatch(/^no-match-acr: No matching acr values/)
  })

  it('prompt=select_account asks who it is, and the new person has a session of their own', async () => {
    const other = await house.addUser({ password })
    const browser = await signedIn()
    const before = browser.cookies.get('__Host-keystep-session') ?? ''
    await browser.ask({ acr_values: 'pwd', prompt: 'select_account' })
    expect(browser.page).toBe('username')
    await browser.post('username', { username: other.userName })
    await browser.post('password', { password })
    const claims = claimsOf((await exchange(house, browser.landed.get('code'))).json.id_token)
    expect(claims.sub).toBe(other.id)
    expect(claims.sid).not.toBe(before.split('.')[0])
    const items = await house.all('sessions')
    expect(items.some((item) => item.pk === `session#${before.split('.')[0]}`)).toBe(false)
  })

  it('Use another account forgets the session for this login', async () => {
    const browser = await signedIn()
    await browser.ask({ acr_values: 'pwd', prompt: 'login' })
    expect(browser.page).toBe('password')
    await browser.post('restart')
    expect(browser.page).toBe('username')
  })

  it('a key that the CMS takes back ends the session it proved, at every door', async () => {
    const user = await house.addUser({ password })
    const key = aKey()
    const authenticator = await house.addAuthenticator(user, key)
    const cms = await house.addApiKey()
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido', scope: 'openid profile offline_access' })
    await browser.post('username', { username: user.userName })
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    const userinfo = () =>
      house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${tokens.access_token}` } })
    expect((await userinfo()).status).toBe(200)

    const path = `/api/v1/tenants/demo/users/${user.id}/authenticators/${authenticator.id}`
    expect((await house.invoke('DELETE', path, { headers: { apikey: cms.shown } })).status).toBe(204)

    expect((await userinfo()).status).toBe(401)
    const refreshed = await house.invoke('POST', '/token', {
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'app1',
        refresh_token: tokens.refresh_token ?? '',
      }),
    })
    expect(refreshed.json).toMatchObject({ error: 'invalid_grant' })
    await browser.ask({ prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
    await browser.ask({ acr_values: 'fido' })
    expect(browser.page).toBe('username')
  })

  it('a new password ends what the old one proved: session, refresh and userinfo', async () => {
    const user = await house.addUser({ password })
    const browser = await signedIn(user, { scope: 'openid offline_access' })
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    await house.seed(...changedUser(user, { ...user, passwordHash: await hashPassword('another password') }, house.now))

    const userinfo = await house.invoke('GET', '/userinfo', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    expect(userinfo.status).toBe(401)
    const refreshed = await house.invoke('POST', '/token', {
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'app1',
        refresh_token: tokens.refresh_token ?? '',
      }),
    })
    expect(refreshed.json).toMatchObject({ error: 'invalid_grant' })
    await browser.ask({ prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
  })

  it('a user who is disabled is signed out', async () => {
    const user = await house.addUser({ password })
    const browser = await signedIn(user)
    await house.changeUser(user, { enabled: false, standing: user.standing + 1 })
    await browser.ask({ prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
  })
})

describe('a level that nobody reaches', () => {
  it('strict: the application hears, with no-match-acr, after the page that says so', async () => {
    const user = await house.addUser({ password })
    const browser = visit(house)
    await browser.ask({ client_id: 'strict', acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    await browser.ask({ client_id: 'strict', acr_values: 'fido' })
    expect(browser.page).toBe('no-credential')
    await browser.post('cancel')
    expect(browser.landed.get('error')).toBe('unmet_authentication_requirements')
    expect(browser.landed.get('error_description')).toMatch(/^no-match-acr: No matching acr values/)
  })

  it('the person cancels: access_denied', async () => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    const { base } = browser
    await browser.post('cancel')
    expect(browser.landed.get('error')).toBe('access_denied')
    await browser.get(base)
    expect(browser.page).toBe('login-over')
  })
})
