/** What a code comes to: at the token endpoint, at refresh, at userinfo, and after the end of its session. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/user.ts'
import { type House, openHouse } from '../../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../../visitor.ts'

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

  it('without a redirect URI: invalid_request, and nothing is spent', async () => {
    const browser = await signedIn()
    const code = browser.landed.get('code')
    expect((await exchange(house, code, { redirect_uri: '' })).json).toMatchObject({ error: 'invalid_request' })
    expect((await exchange(house, code)).status).toBe(200)
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

  it('goes on after another key of the user was taken away', async () => {
    const first = await granted()
    await house.changeUser(anna, { standing: anna.standing + 7 })
    expect((await refresh(first.refresh_token)).status).toBe(200)
    await house.changeUser(anna, { standing: anna.standing })
  })

  it('ends with what its person signed in by, and so does a code', async () => {
    const first = await granted()
    const browser = await signedIn()
    const code = browser.landed.get('code')
    await house.changeUser(anna, { standing: anna.standing + 8, passwordVersion: 8 })
    expect((await refresh(first.refresh_token)).json.error).toBe('invalid_grant')
    expect((await exchange(house, code)).json).toMatchObject({ error: 'invalid_grant' })
    const headers = { authorization: `Bearer ${first.access_token}` }
    expect((await house.invoke('GET', '/userinfo', { headers })).status).toBe(401)
    await house.changeUser(anna, { standing: anna.standing, passwordVersion: anna.passwordVersion ?? 0 })
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
