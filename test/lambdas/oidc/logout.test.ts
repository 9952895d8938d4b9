import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type House, openHouse, type Reply } from '../../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../../visitor.ts'

const password = 'correct horse battery staple'
const home = 'https://app1.example.com/'

let house: House
beforeAll(async () => {
  house = await openHouse()
  await house.addClient({
    postLogoutRedirectUris: [home, 'https://app1.example.com/out?from=here', 'com.example.app:/out'],
  })
  await house.addClient({
    clientId: 'app2',
    redirectUris: ['https://app2.example.com/callback'],
    postLogoutRedirectUris: ['https://app2.example.com/'],
    subjectType: 'pairwise',
  })
  await house.addClient({
    clientId: 'gone',
    redirectUris: ['https://gone.example.com/callback'],
    postLogoutRedirectUris: ['https://gone.example.com/'],
  })
})
afterAll(() => house?.close())

type Person = { browser: Visitor; hint: string; user: string; email: string; userName: string }

async function signIn(client_id = 'app1'): Promise<Person> {
  const user = await house.addUser({ password })
  const browser = visit(house)
  const redirect_uri = `https://${client_id}.example.com/callback`
  await browser.ask({ acr_values: 'pwd', client_id, redirect_uri })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  const { json } = await exchange(house, browser.landed.get('code'), { client_id, redirect_uri })
  return { browser, hint: json.id_token, user: user.id, email: user.email ?? '', userName: user.userName }
}

type Asked = Record<string, string | undefined>
const given = (asked: Asked) =>
  new URLSearchParams(Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

const ways: [string, (person: Person, asked: Asked) => Promise<Reply>][] = [
  ['GET', ({ browser }, asked) => browser.get(`/logout?${given(asked)}`)],
  [
    'POST from the application',
    // SameSite=Lax: the browser leaves its cookies behind, and brings them when it is sent on.
    async ({ browser }, asked) => {
      const posted = await house.invoke('POST', '/logout', {
        headers: { origin: 'https://app1.example.com', 'sec-fetch-site': 'cross-site' },
        body: given(asked),
      })
      expect(posted).toMatchObject({ status: 303, headers: { location: expect.stringMatching(/^\/logout\?/) } })
      return browser.get(posted.headers.location ?? '')
    },
  ],
]

const isSignedIn = async ({ browser }: Person): Promise<boolean> => {
  await browser.ask({ prompt: 'none', acr_values: 'pwd' })
  return browser.landed.has('code')
}

/** The answer to the page's own question, with all that it keeps of the request. */
async function answers({ browser }: Person, confirmed: 'yes' | 'everywhere'): Promise<Reply> {
  const fields = [...browser.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value.replaceAll('&amp;', '&').replaceAll('&#38;', '&')],
  )
  expect(browser.html).toContain('id="sign-out"')
  expect(browser.html).toContain('id="sign-out-everywhere"')
  return house.invoke('POST', '/logout', {
    headers: { 'sec-fetch-site': 'same-origin' },
    cookies: Object.fromEntries(browser.cookies),
    body: new URLSearchParams([...fields, ['confirmed', confirmed]]),
  })
}

describe.each(ways)('RP-initiated logout by %s', (_, sends) => {
  let person: Person
  beforeEach(async () => {
    person = await signIn()
  })

  it.each([
    ['with a state', { state: 'a b&c=d' }, `${home}?state=a+b%26c%3Dd`],
    ['without one', {}, home],
    ['by client_id as well', { client_id: 'app1' }, home],
    [
      'to an address with a query',
      { post_logout_redirect_uri: 'https://app1.example.com/out?from=here', state: 'x' },
      'https://app1.example.com/out?from=here&state=x',
    ],
    ['to a scheme of its own', { post_logout_redirect_uri: 'com.example.app:/out' }, 'com.example.app:/out'],
  ])('ends the session and goes back, %s', async (_, asked, expected) => {
    const reply = await sends(person, { id_token_hint: person.hint, post_logout_redirect_uri: home, ...asked })
    expect(reply).toMatchObject({ status: 303, headers: { location: expected } })
    expect(await isSignedIn(person)).toBe(false)
  })

  it('takes a hint that ran out long ago', async () => {
    // Within the session's own life, beyond the token's.
    house.now += 3000
    const reply = await sends(person, { id_token_hint: person.hint, post_logout_redirect_uri: home })
    expect(reply.headers.location).toBe(home)
    expect(await isSignedIn(person)).toBe(false)
  })

  it('stays here where no address is given, or one that is not registered as it is', async () => {
    for (const post_logout_redirect_uri of [
      undefined,
      'https://evil.example/',
      'https://app1.example.com',
      'https://app1.example.com/?x=y',
      'https://APP1.example.com/',
      'https://app1.example.com/callback',
      'https://app2.example.com/',
    ]) {
      const each = await signIn()
      const reply = await sends(each, { id_token_hint: each.hint, post_logout_redirect_uri, state: 'x' })
      expect(reply.status).toBe(200)
      expect(each.browser.page).toBe('logged-out')
      expect(each.browser.html).not.toContain('evil.example')
      expect(await isSignedIn(each)).toBe(false)
    }
  })

  it('asks, and leads nowhere, without a hint that holds', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const claims = claimsOf(person.hint)
    const [head = '', body = '', signature = ''] = person.hint.split('.')
    const forged = {
      missing: undefined,
      'no token': 'x',
      'alg none': new UnsecuredJWT(claims).encode(),
      "somebody else's signature": await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'x' })
        .sign(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
      'other claims': `${head}.${Buffer.from(JSON.stringify({ ...claims, aud: 'app2' })).toString('base64url')}.${signature}`,
      'a cut signature': `${head}.${body}.${signature.slice(0, -8)}`,
    }
    for (const [what, id_token_hint] of Object.entries(forged)) {
      const asked = { id_token_hint, client_id: 'app1', post_logout_redirect_uri: home, state: 'x' }
      const reply = await sends(person, asked)
      expect([what, reply.status, person.browser.page]).toEqual([what, 200, 'log-out'])
      expect(await isSignedIn(person)).toBe(true)
      await sends(person, asked)
      const ended = await answers(await signInAgain(person), 'yes')
      expect([what, ended.status, ended.headers.location]).toEqual([what, 200, undefined])
      expect(ended.body).toContain('id="page-logged-out"')
      person = await signIn()
    }
  })

  /** The question again, after whatever looked in between. */
  const signInAgain = async (someone: Person): Promise<Person> => {
    await sends(someone, { post_logout_redirect_uri: home, client_id: 'app1' })
    return someone
  }

  it('asks where client_id is another than the hint’s', async () => {
    const reply = await sends(person, {
      id_token_hint: person.hint,
      client_id: 'app2',
      post_logout_redirect_uri: 'https://app2.example.com/',
    })
    expect([reply.status, person.browser.page]).toEqual([200, 'log-out'])
    expect((await answers(person, 'yes')).headers.location).toBeUndefined()
    expect(await isSignedIn(person)).toBe(false)
  })

  it('asks where the hint is of another person or session, and then goes back to its application', async () => {
    const other = await signIn()
    const reply = await sends(person, { id_token_hint: other.hint, post_logout_redirect_uri: home, state: 'mine' })
    expect([reply.status, person.browser.page]).toEqual([200, 'log-out'])
    // The answer leads on, and the page's policy lets it.
    expect(reply.headers['content-security-policy']).toContain("form-action 'self' https:")
    expect(await isSignedIn(person)).toBe(true)
    await sends(person, { id_token_hint: other.hint, post_logout_redirect_uri: home, state: 'mine' })
    expect((await answers(person, 'yes')).headers.location).toBe(`${home}?state=mine`)
    expect(await isSignedIn(person)).toBe(false)
    expect(await isSignedIn(other)).toBe(true)
  })

  it('takes a logout_hint that names the person, and asks for another', async () => {
    const asked = { id_token_hint: person.hint, post_logout_redirect_uri: home }
    await sends(person, { ...asked, logout_hint: 'somebody-else' })
    expect(person.browser.page).toBe('log-out')
    for (const name of ['userName', 'email', 'user'] as const) {
      const each = await signIn()
      const reply = await sends(each, {
        id_token_hint: each.hint,
        post_logout_redirect_uri: home,
        logout_hint: each[name].toUpperCase().replace(each.user.toUpperCase(), each.user),
      })
      expect([name, reply.headers.location]).toEqual([name, home])
    }
  })

  it('works for an application that knows the person by a name of its own', async () => {
    const paired = await signIn('app2')
    expect(claimsOf(paired.hint).sub).not.toBe(paired.user)
    const reply = await sends(paired, {
      id_token_hint: paired.hint,
      post_logout_redirect_uri: 'https://app2.example.com/',
    })
    expect(reply.headers.location).toBe('https://app2.example.com/')
    expect(await isSignedIn(paired)).toBe(false)
  })

  it('leads nowhere for an application that is disabled', async () => {
    const each = await signIn('gone')
    const disabling = { write: 'update', table: 'config', key: { pk: 'client', sk: 'gone' } } as const
    await house.seed({ ...disabling, update: 'SET #enabled = :is', values: { is: false } })
    const reply = await sends(each, {
      id_token_hint: each.hint,
      post_logout_redirect_uri: 'https://gone.example.com/',
    })
    expect([reply.status, each.browser.page]).toEqual([200, 'logged-out'])
    await house.seed({ ...disabling, update: 'SET #enabled = :is', values: { is: true } })
  })

  it('speaks the language that is asked for', async () => {
    await sends(person, { ui_locales: 'fr de en' })
    expect(person.browser.html).toContain('<html lang="de"')
    expect((await answers(person, 'yes')).body).toContain('<html lang="de"')
  })

  it('refuses a state that could not come back, and a parameter that is there twice, on a page', async () => {
    const asked = { id_token_hint: person.hint, post_logout_redirect_uri: home }
    await person.browser.get(`/logout?${given({ ...asked, state: 'x'.repeat(6001) })}`)
    expect(person.browser.page).toBe('bad-request')
    await person.browser.get(`/logout?${given(asked)}&client_id=app1&client_id=app1`)
    expect(person.browser.page).toBe('bad-request')
    expect(await isSignedIn(person)).toBe(true)
  })

  it('without a session is done already', async () => {
    const asked = { id_token_hint: person.hint, post_logout_redirect_uri: home, state: 'x' }
    await sends(person, asked)
    expect((await person.browser.get(`/logout?${given(asked)}`)).headers.location).toBe(`${home}?state=x`)
    await person.browser.get('/logout')
    expect(person.browser.page).toBe('logged-out')
  })
})

describe('sign out everywhere', () => {
  it('ends all of the person’s sessions and what goes on without one, and nobody else’s', async () => {
    const here = await signIn()
    const other = await signIn()
    const there = { ...here, browser: visit(house) }
    await there.browser.ask({ acr_values: 'pwd', scope: 'openid offline_access' })
    await there.browser.post('username', { username: here.userName })
    await there.browser.post('password', { password })
    const { json: offline } = await exchange(house, there.browser.landed.get('code'))
    expect(offline.refresh_token).toBeDefined()

    await here.browser.get('/logout')
    const reply = await answers(here, 'everywhere')
    expect(reply.body).toContain('You are signed out everywhere')
    expect(reply.cookies.join()).toMatch(/keystep-session=;.*Max-Age=0/)
    expect([await isSignedIn(here), await isSignedIn(there), await isSignedIn(other)]).toEqual([false, false, true])
    const refreshed = await house.invoke<{ error: string }>('POST', '/token', {
      body: given({ grant_type: 'refresh_token', client_id: 'app1', refresh_token: offline.refresh_token }),
    })
    expect(refreshed.json.error).toBe('invalid_grant')
    const authorization = `Bearer ${offline.access_token}`
    expect((await house.invoke('GET', '/userinfo', { headers: { authorization } })).status).toBe(401)

    const told = (await house.audit()).filter(({ user }) => user === here.user)
    expect(told.filter(({ type }) => type === 'sessions.ended')).toMatchObject([
      { actor: { kind: 'user', id: here.user } },
    ])
    expect(told.filter(({ type }) => type === 'session.ended').map(({ reason }) => reason)).toEqual([
      'all-ended',
      'all-ended',
    ])
  })

  it('is nobody else’s to ask for', async () => {
    const person = await signIn()
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }] as Record<
      string,
      string
    >[]) {
      const reply = await house.invoke('POST', '/logout', {
        headers,
        cookies: Object.fromEntries(person.browser.cookies),
        body: given({ confirmed: 'everywhere' }),
      })
      expect(reply.body).toContain('id="page-log-out"')
    }
    await person.browser.get('/logout?confirmed=everywhere')
    expect(person.browser.page).toBe('log-out')
    expect(person.browser.html).not.toContain('name="confirmed" value="everywhere" type="hidden"')
    expect(await isSignedIn(person)).toBe(true)
  })
})
