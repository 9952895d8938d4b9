import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../../src/core/password.ts'
import type { User } from '../../../src/core/user.ts'
import { changedPassword } from '../../../src/store/people.ts'
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
    await house.seed(changedPassword(user, await hashPassword('another password'), house.now))

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

describe('the code', () => {
  it('of twenty exchanges at once one succeeds, and what it got is revoked by the rest', async () => {
    const browser = await signedIn()
    const code = browser.landed.get('code')
    const replies = await Promise.all(Array.from({ length: 20 }, () => exchange(house, code)))
    const won = replies.filter((reply) => reply.status === 200)
    expect(won).toHaveLength(1)
    for (const reply of replies.filter((each) => each.status !== 200))
      expect(reply.json).toMatchObject({ error: 'invalid_grant' })
    const userinfo = await house.invoke('GET', '/userinfo', {
      headers: { authorization: `Bearer ${won[0]?.json.access_token}` },
    })
    expect(userinfo.status).toBe(401)
  })

  it('is exchanged in three calls to DynamoDB at most', async () => {
    const browser = await signedIn()
    const reply = await exchange(house, browser.landed.get('code'))
    expect(reply.commands.length).toBeLessThanOrEqual(3)
    expect(reply.headers['cache-control']).toBe('no-store')
  })

  const wrongs: [string, Record<string, string>][] = [
    ['with another verifier', { code_verifier: 'x'.repeat(43) }],
    ['without a verifier', { code_verifier: '' }],
    ['with another redirect URI', { redirect_uri: 'https://app1.example.com/other' }],
    ['by another client', { client_id: 'strict' }],
  ]
  it.each(wrongs)('%s: invalid_grant', async (_name, change) => {
    const browser = await signedIn()
    const code = browser.landed.get('code')
    expect((await exchange(house, code, change)).json).toMatchObject({ error: 'invalid_grant' })
  })

  it('is over after a minute', async () => {
    const browser = await signedIn()
    house.now += 61
    expect((await exchange(house, browser.landed.get('code'))).json).toMatchObject({ error: 'invalid_grant' })
  })
})

describe('the client', () => {
  const post = (body: Record<string, string>, authorization?: string) =>
    house.invoke<{ error?: string }>('POST', '/token', {
      body: new URLSearchParams(body),
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    })
  const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const code = { grant_type: 'authorization_code', code: 'x' }

  it('that is not who it says: 401 invalid_client, with a challenge', async () => {
    const reply = await post(code, basic('secret', 'wrong'))
    expect(reply.status).toBe(401)
    expect(reply.json.error).toBe('invalid_client')
    expect(reply.headers['www-authenticate']).toMatch(/^Basic/)
  })

  it.each([
    [
      'by another method than it registered',
      { ...code, client_id: 'secret', client_secret: 'a secret of some length' },
      undefined,
    ],
    ['without a secret where it has one', { ...code, client_id: 'secret' }, undefined],
    ['that is switched off', { ...code, client_id: 'gone' }, undefined],
    ['that says nothing of itself', code, undefined],
  ])('%s: 401', async (_name, body, authorization) => {
    const reply = await post(body, authorization)
    expect(reply.status).toBe(401)
    expect(reply.json.error).toBe('invalid_client')
  })

  it.each([
    [
      'two ways at once',
      { ...code, client_secret: 'x' },
      basic('secret', 'a secret of some length'),
      'invalid_request',
    ],
    ['no grant type', {}, basic('secret', 'a secret of some length'), 'invalid_request'],
    [
      'another grant type',
      { grant_type: 'password' },
      basic('secret', 'a secret of some length'),
      'unsupported_grant_type',
    ],
    [
      'a grant type that is not its own',
      { grant_type: 'client_credentials' },
      basic('secret', 'a secret of some length'),
      'unauthorized_client',
    ],
  ])('%s: 400', async (_name, body, authorization, error) => {
    const reply = await post(body, authorization)
    expect(reply.status).toBe(400)
    expect(reply.json.error).toBe(error)
  })
})

describe('refresh', () => {
  const refresh = (token: string | undefined, more: Record<string, string> = {}) =>
    house.invoke<{ refresh_token: string; id_token: string; error?: string; access_token: string }>('POST', '/token', {
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'app1',
        refresh_token: token ?? '',
        ...more,
      }),
    })
  const granted = async () => {
    const browser = await signedIn(anna, { scope: 'openid offline_access' })
    return (await exchange(house, browser.landed.get('code'))).json
  }

  it('gives new tokens with the old acr, amr and auth_time, in two calls to DynamoDB', async () => {
    const first = await granted()
    const before = claimsOf(first.id_token)
    house.now += 3600
    // The first one after a while reads the signing keys again, for as long as they are fresh.
    const second = (await refresh(first.refresh_token)).json
    const reply = await refresh(second.refresh_token)
    expect(reply.status).toBe(200)
    expect(reply.commands.length).toBeLessThanOrEqual(2)
    expect(claimsOf(reply.json.id_token)).toMatchObject({
      acr: before.acr,
      amr: before.amr,
      auth_time: before.auth_time,
      iat: house.now,
    })
  })

  it('a token used twice ends the family', async () => {
    const first = await granted()
    const second = (await refresh(first.refresh_token)).json
    house.now += 60
    expect((await refresh(first.refresh_token)).json.error).toBe('invalid_grant')
    expect((await refresh(second.refresh_token)).json.error).toBe('invalid_grant')
  })

  it('of twenty uses of one token at once one succeeds', async () => {
    const first = await granted()
    const replies = await Promise.all(Array.from({ length: 20 }, () => refresh(first.refresh_token)))
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1)
  })

  it('asks for no more than was granted', async () => {
    const first = await granted()
    expect((await refresh(first.refresh_token, { scope: 'openid email' })).json.error).toBe('invalid_scope')
  })

  it('goes on after another key of the user was suspended, and not after its own', async () => {
    const first = await granted()
    await house.changeUser(anna, { standing: anna.standing + 7 })
    expect((await refresh(first.refresh_token)).status).toBe(200)
    await house.changeUser(anna, { standing: anna.standing })
  })
})

describe('the claims parameter', () => {
  it('puts what it names into the ID token and at userinfo, beside the scopes, in three calls to DynamoDB', async () => {
    const claims = JSON.stringify({
      id_token: { email: { essential: true }, acr: { values: ['pwd'] }, phone_number: null, constructor: null },
      userinfo: { preferred_username: null },
    })
    const browser = await signedIn(anna, { scope: 'openid', claims })
    const reply = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(reply.json.id_token)).toMatchObject({ email: 'anna@example.org', acr: 'pwd', sub: anna.id })
    expect(claimsOf(reply.json.id_token)).not.toHaveProperty('name')
    expect(reply.commands.length).toBeLessThanOrEqual(3)
    const authorization = `Bearer ${reply.json.access_token}`
    const userinfo = await house.invoke('GET', '/userinfo', { headers: { authorization } })
    expect(userinfo.json).toEqual({ sub: anna.id, preferred_username: 'anna' })
  })
})

describe('userinfo', () => {
  it('tells what the scopes allow, in two calls to DynamoDB at most', async () => {
    const browser = await signedIn()
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    const reply = await house.invoke('GET', '/userinfo', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    expect(reply.json).toMatchObject({
      sub: anna.id,
      preferred_username: 'anna',
      email: 'anna@example.org',
      email_verified: true,
    })
    // The first one also reads the signing keys, once for as long as they are fresh.
    const again = await house.invoke('POST', '/userinfo', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    expect(again.commands.length).toBeLessThanOrEqual(2)
  })

  it.each([
    ['without a token', undefined, /^Bearer$/],
    ['with a forged one', 'Bearer a.b.c', /invalid_token/],
  ])('%s: 401 with a challenge', async (_name, authorization, challenge) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const reply = await house.invoke('GET', '/userinfo', { headers })
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(challenge)
  })

  it('an ID token is no access token', async () => {
    const browser = await signedIn()
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    const reply = await house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${tokens.id_token}` } })
    expect(reply.status).toBe(401)
  })
})

describe('logout', () => {
  const hintOf = async (browser: Visitor) => (await exchange(house, browser.landed.get('code'))).json.id_token

  it('at the application’s word: the session ends, and the browser goes back with state', async () => {
    const browser = await signedIn()
    const hint = await hintOf(browser)
    const query = new URLSearchParams({
      id_token_hint: hint,
      post_logout_redirect_uri: 'https://app1.example.com/',
      state: 's',
    })
    const reply = await browser.get(`/logout?${query}`)
    expect(reply.headers.location).toBe('https://app1.example.com/?state=s')
    await browser.ask({ prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
  })

  it('an ID token that has run out still says whose session it is', async () => {
    const browser = await signedIn()
    const hint = await hintOf(browser)
    house.now += 1000
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: 'https://app1.example.com/' })
    expect((await browser.get(`/logout?${query}`)).headers.location).toBe('https://app1.example.com/')
  })

  it('ends the access token too', async () => {
    const browser = await signedIn()
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    await browser.get(`/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`)
    const reply = await house.invoke('GET', '/userinfo', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    expect(reply.status).toBe(401)
  })

  it.each([
    ['without a hint', {}],
    ['with a forged hint', { id_token_hint: 'eyJhbGciOiJub25lIn0.e30.' }],
  ])('%s: asks first, and never redirects', async (_name, more) => {
    const browser = await signedIn()
    const query = new URLSearchParams({ post_logout_redirect_uri: 'https://app1.example.com/', ...more })
    const reply = await browser.get(`/logout?${query}`)
    expect(reply.status).toBe(200)
    expect(browser.page).toBe('log-out')
    await browser.ask({ prompt: 'none' })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('an address that is not registered is not gone to', async () => {
    const browser = await signedIn()
    const hint = await hintOf(browser)
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/' })
    const reply = await browser.get(`/logout?${query}`)
    expect(reply.headers.location).toBeUndefined()
    expect(browser.page).toBe('logged-out')
  })
})
