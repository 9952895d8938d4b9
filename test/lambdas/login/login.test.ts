import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toBase64url } from '../../../src/core/base64url.ts'
import { createSecurityKey, type SecurityKey } from '../../authenticator.ts'
import { type House, openHouse } from '../../house.ts'
import { claimsOf, exchange, visit } from '../../visitor.ts'

let house: House
const password = 'correct horse battery staple'

beforeAll(async () => {
  house = await openHouse()
  await house.addClient()
})
afterAll(() => house.close())

const keyFor = (change: Partial<Parameters<typeof createSecurityKey>[0]> = {}): SecurityKey =>
  createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org', ...change })

async function atPassword(ip = '192.0.2.1') {
  const user = await house.addUser({ password })
  const browser = visit(house, { ip })
  await browser.ask({ acr_values: 'pwd' })
  await browser.post('username', { username: user.userName })
  expect(browser.page).toBe('password')
  return { user, browser }
}

async function atKey(change: Partial<Parameters<typeof createSecurityKey>[0]> = {}) {
  const user = await house.addUser()
  const key = keyFor(change)
  const authenticator = await house.addAuthenticator(user, key)
  const browser = visit(house)
  await browser.ask({ acr_values: 'fido' })
  await browser.post('username', { username: user.userName })
  expect(browser.page).toBe('webauthn')
  return { user, key, authenticator, browser }
}

describe('the password', () => {
  it('signs in, and whatever case the name was typed in', async () => {
    const user = await house.addUser({ password, userName: 'Élodie' })
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: ' éLODIE ' })
    await browser.post('password', { password })
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ sub: user.id, acr: 'pwd', amr: ['pwd'] })
  })

  it('wrong: one sentence for a wrong name and a wrong password', async () => {
    const { browser } = await atPassword()
    await browser.post('password', { password: 'wrong' })
    const stranger = visit(house)
    // Some names seem to have a key to sign in with, others none, whether anybody has them or not.
    const seemsToHaveKey = (text: string) => text.includes('instead')
    for (let at = 0; at === 0 || seemsToHaveKey(stranger.text) !== seemsToHaveKey(browser.text); at++) {
      await stranger.ask({ acr_values: 'pwd' })
      await stranger.post('username', { username: `nobody-${at}` })
    }
    expect(stranger.page).toBe('password')
    await stranger.post('password', { password: 'wrong' })
    expect(stranger.notice).toBe('wrong-username-or-password')
    const words = (text: string) => text.replace(/(nobody|user)-\S+/g, 'NAME')
    expect(words(stranger.text)).toBe(words(browser.text))
  })

  it('five failures make it wait, ten a quarter of an hour; the right one does not help before', async () => {
    const { browser } = await atPassword()
    for (let failures = 0; failures < 5; failures++) {
      await browser.post('password', { password: 'wrong' })
      expect(browser.notice).toBe('wrong-username-or-password')
    }
    await browser.post('password', { password })
    expect(browser.notice).toBe('too-many-tries')
    for (let failures = 5; failures < 10; failures++) {
      house.now += 20
      await browser.post('password', { password: 'wrong' })
    }
    await browser.post('password', { password })
    expect(browser.notice).toBe('too-many-tries')
    house.now += 890
    await browser.post('password', { password })
    expect(browser.notice).toBe('too-many-tries')
    house.now += 20
    await browser.post('password', { password })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('of twenty tries at once no more than five are compared', async () => {
    const { browser, user } = await atPassword()
    await Promise.all(Array.from({ length: 20 }, () => browser.postAside('password', { password: 'wrong' })))
    const failed = (await house.audit('login.failed')).filter((event) => event.user === user.id)
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThanOrEqual(5)
  })

  it('a name that nobody has tires as a real one does', async () => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: 'no such person' })
    for (let failures = 0; failures < 11; failures++) {
      await browser.post('password', { password: 'wrong' })
      house.now += 20
    }
    expect(browser.notice).toBe('too-many-tries')
  })

  it('that is wrong from elsewhere does not shut its owner out', async () => {
    const { user, browser } = await atPassword('192.0.2.7')
    const attacker = visit(house, { ip: '198.51.100.1' })
    await attacker.ask({ acr_values: 'pwd' })
    await attacker.post('username', { username: user.userName })
    for (let failures = 0; failures < 12; failures++) {
      await attacker.post('password', { password: 'wrong' })
      house.now += 20
    }
    expect(attacker.notice).toBe('too-many-tries')
    await browser.post('password', { password })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('failing passwords never locks a key', async () => {
    const { user, key, browser } = await atKey()
    const attacker = visit(house)
    await attacker.ask({ acr_values: 'pwd' })
    await attacker.post('username', { username: user.userName })
    for (let failures = 0; failures < 12; failures++) {
      await attacker.post('password', { password: 'wrong' })
      house.now += 10
    }
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

describe('the key', () => {
  const sign = (story: Awaited<ReturnType<typeof atKey>>, change = {}) =>
    JSON.stringify(story.key.sign({ challenge: story.browser.options.challenge, ...change }))

  it('without a user name: a discoverable key says who it is, in eight calls to DynamoDB', async () => {
    const user = await house.addUser()
    const key = keyFor({ discoverable: true, userHandle: toBase64url(Buffer.from(user.id)) })
    await house.addAuthenticator(user, key)
    const before = house.commands.length
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    expect(browser.page).toBe('username')
    expect(browser.options.allowCredentials ?? []).toEqual([])
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ sub: user.id, acr: 'fido' })
    // Without the signing keys, which a warm Lambda has.
    const calls = house.commands
      .slice(before)
      .filter((command) => !(command.route === 'token' && command.name === 'Query'))
    expect(calls.map((command) => `${command.route} ${command.name}`).length).toBeLessThanOrEqual(8)
  })

  it('without a user name and without a user handle is refused', async () => {
    const user = await house.addUser()
    const key = keyFor()
    await house.addAuthenticator(user, key)
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    expect(browser.page).toBe('username')
    expect((await house.audit('login.failed')).at(-1)).toMatchObject({ reason: 'missing-user-handle' })
  })

  it("another user's is not good here", async () => {
    const story = await atKey()
    const other = await atKey()
    const response = JSON.stringify(other.key.sign({ challenge: story.browser.options.challenge }))
    await story.browser.post('webauthn', { response })
    expect(story.browser.notice).toBe('wrong-key')
  })

  it('pending earns nothing, and is in no list', async () => {
    const { user, browser } = await atKey()
    const pending = keyFor()
    await house.addAuthenticator(user, pending, { state: 'pending' })
    await browser.reload()
    expect(browser.page).toBe('activate')
    await browser.post('activation/skip')
    expect(browser.options.allowCredentials?.map(({ id }) => id)).not.toContain(pending.credentialId)
    await browser.post('webauthn', { response: JSON.stringify(pending.sign({ challenge: browser.options.challenge })) })
    // Its holder comes to where it is activated, and nowhere else.
    expect(browser.page).toBe('activate')
  })

  it.each([
    ['suspended', 'key-suspended'],
    ['locked', 'key-locked'],
  ] as const)('%s: its holder is told once they touched it, a stranger never', async (state, notice) => {
    const user = await house.addUser()
    const key = keyFor()
    await house.addAuthenticator(user, key, { state })
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username: user.userName })
    expect(browser.page).toBe('webauthn')
    await browser.post('webauthn', {
      response: JSON.stringify(keyFor().sign({ challenge: browser.options.challenge })),
    })
    expect(browser.notice).toBe('wrong-key')
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    expect(browser.notice).toBe(notice)
  })

  it('of twenty uses of one answer at once one signs in', async () => {
    const story = await atKey()
    const response = sign(story)
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => story.browser.postAside('webauthn', { response })),
    )
    const codes = replies.filter((reply) => reply.headers.location?.includes('code='))
    expect(codes).toHaveLength(1)
  })

  it('whose counter stands still is refused, audited, and locked at the third time', async () => {
    const story = await atKey({ counter: 10 })
    const { browser, authenticator } = story
    for (const _ of [1, 2]) {
      await browser.post('webauthn', { response: sign(story, { counter: 1 }) })
      expect(browser.notice).toBe('key-refused')
    }
    await browser.post('webauthn', { response: sign(story, { counter: 1 }) })
    const locked = (await house.audit('authenticator.locked')).map((event) => event.authenticator)
    expect(locked).toContain(authenticator.id)
    await browser.post('webauthn', { response: sign(story, { counter: 99 }) })
    expect(browser.notice).toBe('key-locked')
  })

  it('nonsense in place of an answer is refused in words', async () => {
    const { browser } = await atKey()
    for (const response of ['{', '[]', 'null', '{"id":1}', 'x'.repeat(20_000)]) {
      const reply = await browser.post('webauthn', { response })
      expect(reply.status).toBe(303)
      expect(['wrong-key', 'key-refused', 'no-script']).toContain(browser.notice)
    }
  })
})

describe('pages', () => {
  it('a second tab finds the login where the first one left it', async () => {
    const { browser } = await atPassword()
    const { base } = browser
    await browser.post('password', { password })
    await browser.get(base)
    expect(browser.page).toBe('login-over')
  })

  it('a step that is done leads to the one that is due', async () => {
    const { browser } = await atPassword()
    await browser.post('username', { username: 'somebody else' })
    expect(browser.page).toBe('password')
    expect(browser.notice).toBe('step-over')
  })

  it('end after half an hour', async () => {
    const { browser } = await atPassword()
    house.now += 1801
    await browser.reload()
    expect(browser.page).toBe('login-over')
  })

  it('posted to from another site are refused', async () => {
    const { browser, user } = await atPassword()
    const headers: Record<string, string>[] = [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]
    for (const header of headers) {
      const reply = await house.invoke('POST', `${browser.base}/password`, {
        headers: header,
        cookies: Object.fromEntries(browser.cookies),
        body: new URLSearchParams({ password }),
      })
      expect(reply.status).toBe(403)
    }
    expect((await house.audit('login.succeeded')).filter((event) => event.user === user.id)).toEqual([])
  })

  it('speak the language that the application asked for', async () => {
    const browser = visit(house)
    await browser.ask({ ui_locales: 'de' })
    expect(browser.html).toContain('lang="de"')
    expect(browser.text).toContain('Benutzername')
  })

  it('carry a policy without inline script, and let the form lead to the application', async () => {
    const browser = visit(house)
    await browser.ask()
    const reply = await browser.reload()
    const policy = reply.headers['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("form-action 'self' https:;")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe-inline')
    expect(reply.headers['cache-control']).toBe('no-store')
  })

  it('offer a key where a password is asked for and there is one, and go on with it', async () => {
    const user = await house.addUser({ password })
    const key = keyFor()
    await house.addAuthenticator(user, key)
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    expect(browser.page).toBe('password')
    await browser.post('method', { method: 'webauthn' })
    expect(browser.page).toBe('webauthn')
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ acr: 'pwd', amr: ['pop', 'hwk', 'user', 'mfa'] })
  })

  it('a pending key is not brought up where the application asks for a password', async () => {
    const user = await house.addUser({ password })
    await house.addAuthenticator(user, keyFor(), { state: 'pending' })
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    expect(browser.page).toBe('password')
    await browser.post('password', { password })
    expect(browser.landed.get('code')).toBeTruthy()
  })
})
