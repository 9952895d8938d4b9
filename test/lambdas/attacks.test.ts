/** What reviewers found by attack, each held here so that it stays mended. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toBase64url } from '../../src/core/base64url.ts'
import type { Flow } from '../../src/core/step-up/flow.ts'
import { changedRealm, readRealm } from '../../src/store/realm.ts'
import { createSecurityKey, type SecurityKey } from '../authenticator.ts'
import { type House, openHouse } from '../house.ts'
import { claimsOf, exchange, usualRequest, type Visitor, visit } from '../visitor.ts'

let house: House
const password = 'correct horse battery staple'
beforeAll(async () => {
  house = await openHouse()
  await house.addClient()
  await house.addClient({ clientId: 'app2', flow: 'careful' })
})
afterAll(() => house.close())

const aKey = (change: Partial<Parameters<typeof createSecurityKey>[0]> = {}): SecurityKey =>
  createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org', ...change })

const signIn = async (change: Record<string, string> = {}) => {
  const user = await house.addUser({ password })
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd', ...change })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  return { user, browser }
}

describe('a step that binds whoever has the factor', () => {
  it('is not skipped because a session is there', async () => {
    const careful: Flow = {
      id: 'careful',
      name: 'Careful',
      description: 'A key from whoever has one.',
      version: 1,
      levels: [
        {
          alias: 'pwd',
          loa: 0,
          maxAge: 3600,
          mode: 'cumulative',
          steps: [
            { authenticator: 'password', requirement: 'required', referenceMaxAge: 3600 },
            { authenticator: 'webauthn', requirement: 'conditional', referenceMaxAge: 3600 },
          ],
        },
      ],
    }
    const realm = await readRealm(house.db)
    await house.seed(changedRealm({ ...realm, flows: { ...realm.flows, careful } }))
    const { user, browser } = await signIn()
    await house.addAuthenticator(user, aKey())
    await browser.ask({ client_id: 'app2', acr_values: 'pwd' })
    expect(browser.page).toBe('webauthn')
  })
})

describe('a forged answer for the key that a page shows', () => {
  const forged = async (username: string, nameless: boolean) => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username })
    if (browser.page !== 'webauthn') return undefined
    const id = browser.options.allowCredentials?.[0]?.id ?? ''
    const target = nameless ? visit(house) : browser
    if (nameless) await target.ask({ acr_values: 'fido' })
    const answer = aKey({ userHandle: 'AAAA' }).sign({ challenge: target.options.challenge, id })
    const reply = await target.post('webauthn', { response: JSON.stringify(answer) })
    return { notice: target.notice, calls: reply.commands.map((command) => command.name) }
  }

  it.each([false, true])(
    'is answered alike for somebody’s key, a suspended one and a decoy (nameless: %s)',
    async (nameless) => {
      const active = await house.addUser()
      await house.addAuthenticator(active, aKey())
      const suspended = await house.addUser()
      await house.addAuthenticator(suspended, aKey(), { state: 'suspended' })
      const keyless = await house.addUser()
      let stranger: Awaited<ReturnType<typeof forged>>
      for (let at = 0; stranger === undefined; at++) stranger = await forged(`ghost-${at}`, nameless)
      for (const user of [active, suspended, keyless]) {
        const seen = await forged(user.userName, nameless)
        expect(seen?.notice).toBe(stranger.notice)
        expect(seen?.calls).toEqual(stranger.calls)
      }
      expect(stranger.notice).toBe('wrong-key')
    },
  )
})

describe('a user without keys', () => {
  it('is never led into an activation that could not end, nor mailed a code', async () => {
    for (let at = 0; at < 12; at++) {
      const user = await house.addUser()
      const browser = visit(house)
      await browser.ask({ acr_values: 'fido' })
      await browser.post('username', { username: user.userName })
      expect(browser.page).toBe('webauthn')
    }
  })
})

describe('when the signer is away', () => {
  it('neither the code nor the refresh token is spent, and a second try succeeds', async () => {
    const { browser } = await signIn({ scope: 'openid offline_access' })
    const code = browser.landed.get('code')
    const { signer } = house.world
    const away = { sign: () => Promise.reject(new Error('KMS is away')) }
    house.world.signer = away
    expect((await exchange(house, code)).status).toBe(500)
    house.world.signer = signer
    const first = await exchange(house, code)
    expect(first.status).toBe(200)

    const refresh = (): Promise<{ status: number }> =>
      house.invoke('POST', '/token', {
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          client_id: 'app1',
          refresh_token: first.json.refresh_token ?? '',
        }),
      })
    house.world.signer = away
    expect((await refresh()).status).toBe(500)
    house.world.signer = signer
    expect((await refresh()).status).toBe(200)
  })
})

describe('forms that another site posts come without cookies', () => {
  const postedElsewhere = (path: string, fields: Record<string, string>) =>
    house.invoke('POST', path, { headers: { 'sec-fetch-site': 'cross-site' }, body: new URLSearchParams(fields) })

  it('a logout is asked for again with them, and takes no cookie by itself', async () => {
    const { browser } = await signIn()
    const bare = await postedElsewhere('/logout', { state: 'x' })
    expect(bare.cookies).toEqual([])
    expect(bare.headers.location).toBe('/logout?state=x')
    await browser.get(bare.headers.location ?? '')
    expect(browser.page).toBe('log-out')
  })

  it('a logout with a hint ends the session', async () => {
    const { browser } = await signIn()
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    const reply = await postedElsewhere('/logout', {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: 'https://app1.example.com/',
    })
    await browser.get(reply.headers.location ?? '')
    await browser.ask({ prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
  })

  it('an authorization request finds the session', async () => {
    const { browser } = await signIn()
    const reply = await postedElsewhere('/authorize', { ...usualRequest, prompt: 'none' })
    expect(reply.cookies).toEqual([])
    await browser.get(reply.headers.location ?? '')
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

describe('a code that was issued before the logout', () => {
  it('is exchanged no more', async () => {
    const { browser } = await signIn()
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    await browser.ask()
    const code = browser.landed.get('code')
    await browser.get(`/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`)
    expect((await exchange(house, code)).json).toMatchObject({ error: 'invalid_grant' })
    expect((await house.audit('grant.revoked')).at(-1)).toMatchObject({ reason: 'no-longer-stands' })
  })
})

describe('the password that confirms an activation', () => {
  it('waits after five failures, says so, and is good afterwards', async () => {
    const user = await house.addUser({ password })
    await house.addAuthenticator(user, aKey(), { state: 'pending' })
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username: user.userName })
    await browser.post('activation', { proof: 'password' })
    for (let failures = 0; failures < 5; failures++) await browser.post('activation/password', { password: 'wrong' })
    await browser.post('activation/password', { password })
    expect(browser.notice).toBe('too-many-tries')
    expect(browser.page).toBe('activation-password')
    house.now += 5
    await browser.post('activation/password', { password })
    expect(browser.page).toBe('activation-ceremony')
  })
})

describe('a cloned key', () => {
  it('is told of after it was locked, too, and its challenge is renewed', async () => {
    const user = await house.addUser()
    const key = aKey({ counter: 10 })
    const authenticator = await house.addAuthenticator(user, key)
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username: user.userName })
    const challenges = new Set<string>()
    for (let answers = 0; answers < 5; answers++) {
      challenges.add(browser.options.challenge)
      const answer = key.sign({ challenge: browser.options.challenge, counter: 1 })
      await browser.post('webauthn', { response: JSON.stringify(answer) })
    }
    expect(challenges.size).toBe(5)
    const failed = (await house.audit('login.failed')).filter((event) => event.authenticator === authenticator.id)
    expect(failed).toHaveLength(5)
  })
})

describe('what is too long, or crooked', () => {
  it('a name whose letters fold to more than a key can hold', async () => {
    const browser = visit(house)
    await browser.ask()
    for (const username of ['\ufdfa'.repeat(250), 'x'.repeat(1500)]) {
      const reply = await browser.post('username', { username })
      expect(reply.status).toBe(303)
      expect(browser.notice).toBe('bad-username')
      expect(browser.page).toBe('username')
    }
  })

  it('a state that could not come back whole', async () => {
    const browser = visit(house)
    expect((await browser.ask({ state: 'x'.repeat(6001) })).status).toBe(400)
    expect(browser.page).toBe('bad-request')
  })

  it('line ends in an address end no header', async () => {
    for (const step of ['code', 'password']) {
      const reply = await house.invoke('POST', `/login/a%0D%0ASet-Cookie%3A%20x=y/activation/${step}`, {
        headers: { 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams(),
      })
      expect(reply.headers.location ?? '').not.toMatch(/[\r\n]/)
    }
  })
})

describe('what is asked about one person', () => {
  it('is not answered about another', async () => {
    const { user, browser } = await signIn()
    const about = (value: string) => ({ prompt: 'none', claims: JSON.stringify({ id_token: { sub: { value } } }) })
    await browser.ask(about('somebody else'))
    expect(browser.landed.get('error')).toBe('login_required')
    await browser.ask(about(user.id))
    expect(browser.landed.get('code')).toBeTruthy()

    const other = await house.addUser({ password })
    const claims = JSON.stringify({ id_token: { sub: { value: user.id } } })
    const elsewhere = visit(house)
    await elsewhere.ask({ acr_values: 'pwd', claims })
    await elsewhere.post('username', { username: other.userName })
    await elsewhere.post('password', { password })
    expect(elsewhere.landed.get('error')).toBe('login_required')
    expect(elsewhere.landed.get('code')).toBeNull()
  })
})

describe('an access token that was narrowed on refresh', () => {
  it('tells what its own scope says, and no more', async () => {
    const { user, browser } = await signIn({ scope: 'openid profile email offline_access' })
    const { json: tokens } = await exchange(house, browser.landed.get('code'))
    const narrow = await house.invoke<{ access_token: string }>('POST', '/token', {
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'app1',
        refresh_token: tokens.refresh_token ?? '',
        scope: 'openid',
      }),
    })
    const authorization = `Bearer ${narrow.json.access_token}`
    const userinfo = await house.invoke('GET', '/userinfo', { headers: { authorization } })
    expect(userinfo.json).toEqual({ sub: user.id })
  })
})

describe('what is left on the page of a login that is over', () => {
  it('is true: signed in, or given up', async () => {
    const over = async (end: (browser: Visitor) => Promise<unknown>) => {
      const user = await house.addUser({ password })
      const browser = visit(house)
      await browser.ask({ acr_values: 'pwd' })
      await browser.post('username', { username: user.userName })
      const { base } = browser
      await end(browser)
      await browser.get(base)
      return browser.text
    }
    expect(await over((browser) => browser.post('password', { password }))).toContain('You are already signed in')
    expect(await over((browser) => browser.post('cancel'))).toContain('You did not sign in')
  })
})

it('a login that was begun anew with another account takes nothing from the session', async () => {
  const { browser } = await signIn()
  const other = await house.addUser()
  const key = aKey({ discoverable: true, userHandle: toBase64url(Buffer.from(other.id)) })
  await house.addAuthenticator(other, key)
  await browser.ask({ acr_values: 'pwd', prompt: 'login' })
  await browser.post('restart')
  const answer = key.sign({ challenge: browser.options.challenge })
  await browser.post('webauthn', { response: JSON.stringify(answer) })
  const claims = claimsOf((await exchange(house, browser.landed.get('code'))).json.id_token)
  expect(claims).toMatchObject({ sub: other.id, amr: ['pop', 'hwk', 'user', 'mfa'] })
})
