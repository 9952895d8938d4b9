import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Settings } from '../../../src/core/realm.ts'
import { createSecurityKey, type SecurityKey } from '../../authenticator.ts'
import { type House, openHouse } from '../../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../../visitor.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
  await house.addClient()
})
afterAll(() => house.close())

const keyFor = (userHandle?: string): SecurityKey =>
  createSecurityKey({
    rpId: 'example.org',
    origin: 'https://id.example.org',
    ...(userHandle === undefined ? {} : { userHandle }),
  })

/** A user with an imported key that is pending, at the page that asks to activate it. */
async function toActivate(more: { active?: boolean } = {}) {
  const user = await house.addUser({ password: 'correct horse battery staple' })
  const key = keyFor()
  const authenticator = await house.addAuthenticator(user, key, { state: 'pending', friendlyName: 'YubiKey 5' })
  const active = keyFor()
  if (more.active) await house.addAuthenticator(user, active)
  const browser = visit(house)
  await browser.ask({ acr_values: 'fido' })
  await browser.post('username', { username: user.userName })
  return { user, key, authenticator, active, browser }
}

async function codeOf(email: string | undefined): Promise<string> {
  const [mail] = await house.mails(email)
  const line = mail?.text.split('\n').find((each) => /^[A-Z0-9]{4}-[A-Z0-9]{4}$/.test(each))
  if (line === undefined) throw new Error(`No code in ${mail?.text}`)
  return line
}

const touch = (browser: Visitor, key: SecurityKey) => JSON.stringify(key.sign({ challenge: browser.options.challenge }))

async function activate({ user, key, browser }: Awaited<ReturnType<typeof toActivate>>) {
  await browser.post('activation')
  await browser.post('activation/code', { code: await codeOf(user.email) })
  await browser.post('activation/ceremony', { response: touch(browser, key) })
  await browser.post('activation/nickname', { nickname: 'My YubiKey' })
}

describe('the main job', () => {
  it('a pending key is activated with a mailed code and signs its user in', async () => {
    const story = await toActivate()
    const { user, key, authenticator, browser } = story
    expect(browser.page).toBe('activate')
    expect(browser.text).not.toContain('Not now')

    await browser.post('activation')
    expect(browser.page).toBe('verification-code')
    await browser.post('activation/code', { code: await codeOf(user.email) })
    expect(browser.page).toBe('activation-ceremony')
    expect(browser.options.allowCredentials).toEqual([{ id: key.credentialId, type: 'public-key' }])
    await browser.post('activation/ceremony', { response: touch(browser, key) })
    expect(browser.page).toBe('nickname')
    expect(browser.html).toContain('value="YubiKey 5"')
    await browser.post('activation/nickname', { nickname: 'My YubiKey' })
    expect(browser.page).toBe('webauthn')
    expect(browser.notice).toBe('activated')
    await browser.post('webauthn', { response: touch(browser, key) })

    expect(browser.landed.get('state')).toBe('some state')
    expect(browser.landed.get('iss')).toBe('https://id.example.org')
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(tokens.status).toBe(200)
    expect(claimsOf(tokens.json.id_token)).toMatchObject({
      iss: 'https://id.example.org',
      aud: 'app1',
      sub: user.id,
      nonce: 'some nonce',
      acr: 'fido',
      amr: ['pop', 'hwk', 'user', 'mfa'],
      auth_time: house.now,
    })

    const events = (await house.audit()).filter((event) => event.user === user.id).map((event) => event.type)
    expect(events).toEqual(
      expect.arrayContaining([
        'code.sent',
        'authenticator.identity-confirmed',
        'authenticator.activated',
        'login.succeeded',
        'token.issued',
      ]),
    )
    const kept = (await house.all('people')).find((item) => item.id === authenticator.id)
    expect(kept).toMatchObject({ state: 'active', friendlyName: 'My YubiKey', activatedAt: house.now })
  })

  it('the password confirms who they are as well as a code', async () => {
    const { key, browser } = await toActivate()
    await browser.post('activation', { proof: 'password' })
    expect(browser.page).toBe('activation-password')
    await browser.post('activation/password', { password: 'wrong' })
    expect(browser.notice).toBe('wrong-password')
    await browser.post('activation/password', { password: 'correct horse battery staple' })
    expect(browser.page).toBe('activation-ceremony')
    await browser.post('activation/ceremony', { response: touch(browser, key) })
    expect(browser.page).toBe('nickname')
  })

  it('Not now goes on with the key that is active', async () => {
    const { active, browser } = await toActivate({ active: true })
    expect(browser.text).toContain('Not now')
    await browser.post('activation/skip')
    expect(browser.page).toBe('webauthn')
    expect(browser.options.allowCredentials).toEqual([{ id: active.credentialId, type: 'public-key' }])
    await browser.post('webauthn', { response: touch(browser, active) })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('Not now is no way around activation for who has no other key', async () => {
    const { browser } = await toActivate()
    await browser.post('activation/skip')
    expect(browser.page).toBe('activate')
  })

  it('where activation counts as signing in, one touch does both', async () => {
    await house.changeSettings({ activationCountsAsLogin: true })
    const story = await toActivate()
    await activate(story)
    await house.changeSettings({ activationCountsAsLogin: false })
    const tokens = await exchange(house, story.browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ acr: 'fido' })
  })
})

describe('the code, as the settings have it', () => {
  const rules = {
    codeAlphabet: 'digits',
    codeLength: 6,
    codeLifetime: 120,
    codeTries: 2,
    codeSends: 1,
    codeSendWindow: 1800,
  }
  const usual = {
    codeAlphabet: 'letters',
    codeLength: 8,
    codeLifetime: 600,
    codeTries: 5,
    codeSends: 3,
    codeSendWindow: 900,
  }
  beforeAll(() => house.changeSettings(rules as Partial<Settings>))
  afterAll(() => house.changeSettings(usual as Partial<Settings>))

  it('is of six digits, good for two minutes, and says so', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    const [mail] = await house.mails(user.email)
    const code = /^\d{3}-\d{3}$/m.exec(mail?.text ?? '')?.[0] ?? ''
    expect(mail?.text).toContain('2 minutes')
    house.now += 121
    await browser.post('activation/code', { code })
    expect(browser.notice).toBe('code-expired')
  })

  it('opens the ceremony when it is right', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    const [mail] = await house.mails(user.email)
    await browser.post('activation/code', { code: /^\d{3}-\d{3}$/m.exec(mail?.text ?? '')?.[0] ?? '' })
    expect(browser.page).toBe('activation-ceremony')
  })

  it('may be typed wrong as often as they say, and is sent again only after the window', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    await browser.post('activation/code', { code: '000-00x' })
    expect(browser.notice).toBe('wrong-code')
    await browser.post('activation/code', { code: '000-00x' })
    expect(browser.notice).toBe('code-spent')
    house.now += 1799
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username: user.userName })
    await browser.post('activation')
    expect(browser.notice).toBe('too-many-mails')
    house.now += 2
    await browser.post('activation')
    expect(browser.page).toBe('verification-code')
    expect(await house.mails(user.email)).toHaveLength(2)
  })
})

describe('the code', () => {
  it('is wrong: says how many tries are left, and after five there are none', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    for (const left of [4, 3, 2, 1]) {
      await browser.post('activation/code', { code: 'AAAA-AAAA' })
      expect(browser.notice).toBe('wrong-code')
      expect(browser.text).toContain(`${left} `)
    }
    await browser.post('activation/code', { code: 'AAAA-AAAA' })
    expect(browser.notice).toBe('code-spent')
    await browser.post('activation/code', { code: await codeOf(user.email) })
    expect(browser.notice).toBe('code-spent')
    expect(browser.page).toBe('verification-code')
  })

  it('is over after ten minutes, and another is sent', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    const first = await codeOf(user.email)
    house.now += 601
    await browser.post('activation/code', { code: first })
    expect(browser.notice).toBe('code-expired')
    await browser.post('activation')
    await browser.post('activation/code', { code: first })
    expect(browser.notice).toBe('wrong-code')
    await browser.post('activation/code', { code: (await codeOf(user.email)).toLowerCase().replace('-', ' ') })
    expect(browser.page).toBe('activation-ceremony')
  })

  it('is good in the browser that asked for it and in no other', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    const code = await codeOf(user.email)
    const other = visit(house)
    await other.get(browser.base)
    expect(other.page).toBe('login-over')
    const elsewhere = await house.invoke('POST', `${browser.base}/activation/code`, {
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ code }),
    })
    expect(elsewhere.status).toBe(404)
    await browser.post('activation/code', { code })
    expect(browser.page).toBe('activation-ceremony')
  })

  it('is mailed three times in a quarter of an hour', async () => {
    const { user, browser } = await toActivate()
    for (let sends = 0; sends < 3; sends++) await browser.post('activation')
    expect(browser.notice).toBe('code-sent')
    await browser.post('activation')
    expect(browser.notice).toBe('too-many-mails')
    expect(await house.mails(user.email)).toHaveLength(3)
    house.now += 901
    await browser.post('activation')
    expect(await house.mails(user.email)).toHaveLength(4)
  })

  it('that could not be mailed is said, and audited', async () => {
    const user = await house.addUser({ email: 'full@example.org' })
    await house.addAuthenticator(user, keyFor(), { state: 'pending' })
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username: user.userName })
    await browser.post('activation')
    expect(browser.notice).toBe('mail-failed')
    expect((await house.audit('code.failed')).map((event) => event.user)).toContain(user.id)
  })

  it('of twenty tries at once no more than five are taken', async () => {
    const { browser } = await toActivate()
    await browser.post('activation')
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => browser.postAside('activation/code', { code: 'AAAA-AAAA' })),
    )
    const notices = replies.map((reply) => new URLSearchParams(reply.headers.location?.split('?')[1]).get('notice'))
    expect(notices.filter((notice) => notice === 'wrong-code')).toHaveLength(4)
    expect(notices.filter((notice) => notice === 'code-spent')).toHaveLength(16)
  })

  it('of twenty right answers at once one is taken', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    const code = await codeOf(user.email)
    await Promise.all(Array.from({ length: 20 }, () => browser.postAside('activation/code', { code })))
    const confirmed = await house.audit('authenticator.identity-confirmed')
    expect(confirmed.filter((event) => event.user === user.id)).toHaveLength(1)
  })
})

describe('the ceremony of an activation', () => {
  async function atCeremony() {
    const story = await toActivate()
    await story.browser.post('activation')
    await story.browser.post('activation/code', { code: await codeOf(story.user.email) })
    expect(story.browser.page).toBe('activation-ceremony')
    return story
  }

  it('refuses another key', async () => {
    const { browser } = await atCeremony()
    await browser.post('activation/ceremony', { response: touch(browser, keyFor()) })
    expect(browser.notice).toBe('wrong-key')
    expect(browser.page).toBe('activation-ceremony')
  })

  it('takes each challenge once', async () => {
    const { key, browser } = await atCeremony()
    const { challenge } = browser.options
    await browser.post('activation/ceremony', { response: touch(browser, keyFor()) })
    await browser.post('activation/ceremony', { response: JSON.stringify(key.sign({ challenge })) })
    expect(browser.notice).toBe('ceremony-expired')
  })

  it('asks again with another challenge after five minutes', async () => {
    const { key, browser } = await atCeremony()
    const answer = touch(browser, key)
    house.now += 301
    await browser.post('activation/ceremony', { response: answer })
    expect(browser.notice).toBe('ceremony-expired')
    await browser.post('activation/ceremony', { response: touch(browser, key) })
    expect(browser.page).toBe('nickname')
  })

  it('an answer to it does not sign in', async () => {
    const story = await atCeremony()
    const { key, browser } = story
    const answer = touch(browser, key)
    await browser.post('webauthn', { response: answer })
    expect(browser.page).toBe('activation-ceremony')
    expect(browser.notice).toBe('step-over')
  })

  it('a blank nickname is refused, and nothing is lost', async () => {
    const { key, browser } = await atCeremony()
    await browser.post('activation/ceremony', { response: touch(browser, key) })
    await browser.post('activation/nickname', { nickname: '   ' })
    expect(browser.notice).toBe('bad-nickname')
    expect(browser.page).toBe('nickname')
    await browser.post('activation/nickname', { nickname: 'Blue one' })
    expect(browser.page).toBe('webauthn')
  })
})

describe('several pending keys', () => {
  it('whichever is touched is activated, and the other waits', async () => {
    const { user, authenticator, browser } = await toActivate()
    const second = keyFor()
    const other = await house.addAuthenticator(user, second, { state: 'pending', friendlyName: 'Spare' })
    await browser.reload()
    await browser.post('activation')
    await browser.post('activation/code', { code: await codeOf(user.email) })
    expect(browser.options.allowCredentials).toHaveLength(2)
    await browser.post('activation/ceremony', { response: touch(browser, second) })
    expect(browser.html).toContain('value="Spare"')
    await browser.post('activation/nickname', { nickname: 'Spare' })
    const stateOf = async (id: string) => (await house.all('people')).find((item) => item.id === id)?.state
    expect(await stateOf(other.id)).toBe('active')
    expect(await stateOf(authenticator.id)).toBe('pending')
  })

  it('a key that came after the code was sent is not activated by it', async () => {
    const { user, browser } = await toActivate()
    await browser.post('activation')
    const late = keyFor()
    await house.addAuthenticator(user, late, { state: 'pending' })
    await browser.post('activation/code', { code: await codeOf(user.email) })
    await browser.post('activation/ceremony', { response: touch(browser, late) })
    expect(browser.notice).toBe('wrong-key')
  })
})

describe('a key that is taken back meanwhile', () => {
  it.each(['code', 'ceremony', 'nickname'])(
    'before the %s: the person reads so, and what they have instead',
    async (step) => {
      const { user, key, authenticator, browser } = await toActivate()
      const cms = await house.addApiKey()
      const takeBack = () =>
        house.invoke('DELETE', `/api/v1/tenants/demo/users/${user.id}/authenticators/${authenticator.id}`, {
          headers: { apikey: cms.shown },
        })
      await browser.post('activation')
      if (step === 'code') await takeBack()
      await browser.post('activation/code', { code: await codeOf(user.email) })
      if (step !== 'code') {
        const response = touch(browser, key)
        if (step === 'ceremony') await takeBack()
        await browser.post('activation/ceremony', { response })
      }
      if (step === 'nickname') {
        await takeBack()
        await browser.post('activation/nickname', { nickname: 'Late' })
      }
      expect(browser.text).toContain('cannot be used any more')
      expect(browser.text).not.toContain('Waiting for your authenticator')
    },
  )
})

describe('a pending passkey that is chosen without a user name', () => {
  it('brings its holder to where it is activated', async () => {
    const user = await house.addUser()
    const key = keyFor(Buffer.from(user.id).toString('base64url'))
    await house.addAuthenticator(user, key, { state: 'pending' })
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('webauthn', { response: touch(browser, key) })
    expect(browser.page).toBe('activate')
    expect(browser.text).toContain(user.userName)
  })
})

describe('two browsers at once', () => {
  it('one activates, the other is told that the key is active already', async () => {
    const first = await toActivate()
    const second = visit(house)
    await second.ask({ acr_values: 'fido' })
    await second.post('username', { username: first.user.userName })
    await second.post('activation')
    await second.post('activation/code', { code: await codeOf(first.user.email) })
    await second.post('activation/ceremony', { response: touch(second, first.key) })
    expect(second.page).toBe('nickname')

    await activate(first)
    expect(first.browser.notice).toBe('activated')
    await second.post('activation/nickname', { nickname: 'Late' })
    expect(second.notice).toBe('already-active')
    expect(second.page).toBe('webauthn')
  })

  it('of twenty nicknames at once, one activates', async () => {
    const { user, key, browser } = await toActivate()
    await browser.post('activation')
    await browser.post('activation/code', { code: await codeOf(user.email) })
    await browser.post('activation/ceremony', { response: touch(browser, key) })
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => browser.postAside('activation/nickname', { nickname: `Name ${at}` })),
    )
    const activated = (await house.audit('authenticator.activated')).filter((event) => event.user === user.id)
    expect(activated).toHaveLength(1)
  })
})

describe('what a stranger can tell', () => {
  let known: Awaited<ReturnType<typeof toActivate>>
  beforeEach(async () => {
    known = await toActivate()
  })

  it('a name that nobody has asks for a key or to activate one, the same each time', async () => {
    const pages = new Map<string, number>()
    for (let at = 0; at < 24; at++) {
      const browser = visit(house)
      await browser.ask({ acr_values: 'fido' })
      await browser.post('username', { username: `nobody-${at}` })
      pages.set(browser.page, (pages.get(browser.page) ?? 0) + 1)
      const again = visit(house)
      await again.ask({ acr_values: 'fido' })
      await again.post('username', { username: `NOBODY-${at} ` })
      expect(again.page).toBe(browser.page)
      if (browser.page === 'webauthn') expect(again.options.allowCredentials).toEqual(browser.options.allowCredentials)
    }
    expect([...pages.keys()].sort()).toEqual(['activate', 'webauthn'])
  })

  it('an activation that nobody has looks and refuses like a real one', async () => {
    let at = 0
    const stranger = visit(house)
    do {
      await stranger.ask({ acr_values: 'fido' })
      await stranger.post('username', { username: `ghost-${at++}` })
    } while (stranger.page !== 'activate' || stranger.text.includes('Not now'))
    const wordsOf = (text: string) => text.replace(/ghost-\d+|user-\S+/g, 'NAME')
    expect(wordsOf(stranger.text)).toBe(wordsOf(known.browser.text))

    await stranger.post('activation')
    await known.browser.post('activation')
    expect(wordsOf(stranger.text)).toBe(wordsOf(known.browser.text))
    await stranger.post('activation/code', { code: 'AAAA-AAAA' })
    await known.browser.post('activation/code', { code: 'AAAA-AAAA' })
    expect(wordsOf(stranger.text)).toBe(wordsOf(known.browser.text))
    await stranger.post('activation', { proof: 'password' })
    await stranger.post('activation/password', { password: 'anything' })
    expect(stranger.notice).toBe('wrong-password')
  })
})

it('each step of an activation asks DynamoDB three times at most', async () => {
  const { user, key, browser } = await toActivate()
  const counts: Record<string, number> = {}
  const step = async (name: string, fields: Record<string, string> = {}) => {
    const reply = await browser.post(name, fields)
    counts[name] = reply.commands.length
  }
  await step('activation')
  await step('activation/code', { code: await codeOf(user.email) })
  await step('activation/ceremony', { response: touch(browser, key) })
  await step('activation/nickname', { nickname: 'Counted' })
  expect(Math.max(...Object.values(counts)), JSON.stringify(counts)).toBeLessThanOrEqual(3)
})

it('naming a key while the CMS takes it back: one of the two, and nothing left between, in twelve rounds', async () => {
  const cms = await house.addApiKey()
  for (let round = 0; round < 12; round++) {
    const { user, key, authenticator, browser } = await toActivate()
    await browser.post('activation', { proof: 'password' })
    await browser.post('activation/password', { password: 'correct horse battery staple' })
    await browser.post('activation/ceremony', { response: touch(browser, key) })
    const path = `/api/v1/tenants/demo/users/${user.id}/authenticators/${authenticator.id}`
    const headers = { apikey: cms.shown }
    const [, taken] = await Promise.all([
      browser.postAside('activation/nickname', { nickname: 'Raced' }),
      house.invoke('DELETE', path, { headers }),
    ])
    expect([204, 409]).toContain(taken.status)
    const left = (await house.all('people')).filter(
      (item) => item.authenticator === authenticator.id || item.id === authenticator.id,
    )
    // The key and the guard of its credential id go together, or stay together.
    expect(left).toHaveLength(taken.status === 204 ? 0 : 2)
  }
})
