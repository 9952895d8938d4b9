import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromBase32 } from '../../src/core/otp/base32.ts'
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { ownParameters } from '../../src/core/otp/one-time-password.ts'
import { parseOtpAuth } from '../../src/core/otp/otpauth.ts'
import { places } from '../../src/store/keys.ts'
import type { House } from '../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../visitor.ts'
import { type CodeHouse, openCodeHouse, password } from './code-house.ts'

let setting: CodeHouse
let house: House

beforeAll(async () => {
  setting = await openCodeHouse()
  house = setting.house
  await setting.changeRealm(() => ({ enrol: ['otp'] }))
})
afterAll(() => house.close())

async function atEnrolment({ ip = '192.0.2.1' } = {}) {
  await setting.changeRealm(() => ({ enrol: ['otp'] }))
  const user = await house.addUser({ password })
  const browser = await setting.signIn(user, { ip })
  expect(browser.page).toBe('otp-enrolment')
  return { user, browser, seed: seedOn(browser) }
}

const seedOn = (browser: Visitor): Uint8Array =>
  fromBase32((/<code id="secret">([A-Z2-7 ]+)<\/code>/.exec(browser.html)?.[1] ?? '').replaceAll(' ', '')) ??
  Buffer.of()
const codesOn = (browser: Visitor): string[] =>
  [...browser.html.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code = '']) => code)
const codeFor = (seed: Uint8Array, away = 0) => codeOf(ownParameters, seed, timeStepAt(30, house.now) + away)

describe('setting up one-time codes', () => {
  it('is offered after the password, where the policy lets people enrol, and signs in', async () => {
    const { browser, user, seed } = await atEnrolment()
    expect(seed).toHaveLength(20)
    await browser.post('otp-enrolment', { code: await codeFor(seed) })
    expect(browser.page).toBe('recovery-codes')
    await browser.post('recovery-codes')
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
    expect(await setting.toldOf(user, 'otp.enrolled')).toMatchObject([{ actor: { kind: 'user', id: user.id } }])
    expect(await setting.toldOf(user, 'recovery-codes.made')).toHaveLength(1)
    // From now on they are asked for.
    house.now += 60
    const again = await setting.signIn(user)
    expect(again.page).toBe('otp')
    await again.post('otp', { code: await codeFor(seed) })
    expect(again.landed.get('code')).toBeTruthy()
  })

  it('is not offered where the policy does not, nor before anything is proved', async () => {
    await setting.changeRealm(() => ({ enrol: [] }))
    const browser = await setting.signIn(await house.addUser({ password }))
    expect(browser.page).toBe('no-credential')
    await setting.changeRealm(() => ({ enrol: ['otp'] }))
    const early = visit(house)
    await early.ask({ acr_values: 'otp' })
    await early.post('username', { username: (await house.addUser({ password })).userName })
    await early.get(`${early.base}/otp-enrolment`)
    expect(early.page).toBe('password')
    expect((await early.postAside('otp-enrolment', { code: '123456' })).headers.location).toContain('step-over')
  })

  it('shows the same picture when the page is loaded again, and another one in another login', async () => {
    const { browser, user, seed } = await atEnrolment()
    await browser.reload()
    expect(seedOn(browser)).toEqual(seed)
    expect(seedOn(await setting.signIn(user))).not.toEqual(seed)
  })

  it('gives the app what it needs: the link says issuer, account and secret, and the picture is there', async () => {
    const { browser, user, seed } = await atEnrolment()
    const link = /id="open-in-app" href="([^"]+)"/.exec(browser.html)?.[1]?.replaceAll('&amp;', '&')
    expect(parseOtpAuth(link ?? '')).toEqual({
      ok: true,
      value: { parameters: ownParameters, secret: seed, issuer: 'Example Sign-in', account: user.userName },
    })
    expect(browser.html).toMatch(/<svg id="qr"[^>]*viewBox="0 0 (\d+) \1"/)
    expect(browser.html).not.toMatch(/<[^>]*\sstyle=/)
  })

  it('keeps nothing before a code has confirmed it, and says when the code is wrong', async () => {
    const { browser, user, seed } = await atEnrolment()
    await browser.post('otp-enrolment', { code: '000000' })
    expect([browser.page, browser.notice]).toEqual(['otp-enrolment', 'wrong-one-time-code'])
    expect(seedOn(browser)).toEqual(seed)
    const records = JSON.stringify([...(await house.all('sessions')), ...(await house.all('people'))])
    expect(records).not.toContain(Buffer.from(seed).toString('base64url'))
    expect(await setting.recordsOf(user)).toEqual([])
  })

  it('takes the confirming code away: it does not sign in a second time', async () => {
    const { browser, user, seed } = await atEnrolment()
    const code = await codeFor(seed)
    await browser.post('otp-enrolment', { code })
    const again = await setting.signIn(user)
    await again.post('otp', { code })
    expect(again.notice).toBe('reused-one-time-code')
  })

  it('by twenty at once, in twenty logins, is done once', async () => {
    await setting.changeRealm(() => ({ enrol: ['otp'] }))
    const user = await house.addUser({ password })
    const browsers = await setting.twenty(user)
    await Promise.all(
      browsers.map(async (browser) => browser.postAside('otp-enrolment', { code: await codeFor(seedOn(browser)) })),
    )
    const records = await setting.recordsOf(user)
    expect(records.map(({ sk }) => String(sk).split('#')[0]).sort()).toEqual(['otp', 'recovery-codes'])
  })

  it('is offered no more once another browser has done it', async () => {
    const { browser, user, seed } = await atEnrolment()
    const other = await setting.signIn(user)
    await other.post('otp-enrolment', { code: await codeFor(seedOn(other)) })
    await browser.post('otp-enrolment', { code: await codeFor(seed) })
    expect([browser.page, browser.notice]).toEqual(['otp', 'step-over'])
  })

  it('asks for the password in this login, whatever the session has shown (CVE-2026-3429)', async () => {
    await setting.changeRealm(() => ({ enrol: ['otp'] }))
    const user = await house.addUser({ password })
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    await browser.ask({ acr_values: 'otp' })
    expect(browser.page).toBe('password')
    await browser.postAside('otp-enrolment', { code: '123456' })
    expect(await setting.recordsOf(user)).toEqual([])
    await browser.post('password', { password })
    expect(browser.page).toBe('otp-enrolment')
  })

  it('is shown to no other browser, nor are recovery codes', async () => {
    const { browser, seed } = await atEnrolment()
    const other = visit(house)
    await other.get(`${browser.base}/otp-enrolment`)
    expect(other.page).toBe('login-over')
    await browser.post('otp-enrolment', { code: await codeFor(seed) })
    await other.get(`${browser.base}/recovery-codes`)
    expect([other.page, codesOn(other)]).toEqual(['login-over', []])
    expect((await browser.reload()).status).toBe(303)
    expect(codesOn(browser)).toHaveLength(10)
  })

  it.each(['locked', 'suspended'] as const)('is no way around codes that are %s', async (state) => {
    const user = await house.addUser({ password })
    await setting.addOtp(user, { state })
    const browser = await setting.signIn(user)
    expect(browser.page).toBe('locked')
    await browser.get(`${browser.base}/otp-enrolment`)
    expect(browser.page).toBe('locked')
    await browser.postAside('otp-enrolment', { code: '123456' })
    expect(await setting.recordsOf(user)).toHaveLength(1)
  })

  it('is forgotten by whoever takes another account, and stays what it was', async () => {
    const { browser, user, seed } = await atEnrolment()
    await browser.post('otp-enrolment', { code: await codeFor(seed) })
    await browser.post('restart')
    expect(browser.page).toBe('username')
    expect(await setting.recordsOf(user)).toHaveLength(2)
  })

  it('that was taken back meanwhile proves nothing, and begins with another secret', async () => {
    const { browser, user, seed } = await atEnrolment()
    await browser.post('otp-enrolment', { code: await codeFor(seed) })
    const [otp] = (await house.all('people')).filter(
      ({ pk, sk }) => pk === `user#${user.id}` && /^otp/.test(String(sk)),
    )
    await house.seed(
      { write: 'delete', ...places.oneTimePassword(user.id, String(otp?.id)) },
      { write: 'update', ...places.user(user.id), update: 'SET #standing = #standing + :one', values: { one: 1 } },
    )
    await browser.post('recovery-codes')
    expect(browser.page).toBe('otp-enrolment')
    expect(seedOn(browser)).not.toEqual(seed)
  })
})

// --- Recovery codes -----------------------------------------------------------------------------------------------

async function withRecoveryCodes({ ip = '192.0.2.1' } = {}) {
  const { browser, user, seed } = await atEnrolment({ ip })
  await browser.post('otp-enrolment', { code: await codeFor(seed) })
  const codes = codesOn(browser)
  return { browser, user, seed, codes }
}

describe('recovery codes', () => {
  it('are ten, shown until they are put away, and never again', async () => {
    const { browser, codes } = await withRecoveryCodes()
    expect(new Set(codes).size).toBe(10)
    expect(codes.every((code) => /^[34679A-Y]{4}-[34679A-Y]{4}-[34679A-Y]{4}$/.test(code))).toBe(true)
    await browser.reload()
    expect(codesOn(browser)).toEqual(codes)
    const { base } = browser
    await browser.post('recovery-codes')
    const reply = await browser.get(`${base}/recovery-codes`)
    expect(reply.body).not.toContain(codes[0])
  })

  it('are in no table', async () => {
    const { codes } = await withRecoveryCodes()
    const records = JSON.stringify([...(await house.all('people')), ...(await house.all('sessions'))])
    for (const code of codes) expect(records).not.toContain(code.replaceAll('-', ''))
  })

  it('sign in once in place of a code, however they are typed', async () => {
    const { browser, user, codes } = await withRecoveryCodes()
    await browser.post('recovery-codes')
    const again = await setting.signIn(user)
    expect(again.text).toContain('Recovery code')
    await again.post('otp', { recovery: ` ${codes[3]?.toLowerCase().replaceAll('-', ' ')} ` })
    const tokens = await exchange(house, again.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
    expect(await setting.toldOf(user, 'recovery-code.used')).toMatchObject([{ detail: '9 left' }])
    const third = await setting.signIn(user)
    await third.post('otp', { recovery: codes[3] ?? '' })
    expect([third.page, third.notice]).toEqual(['otp', 'wrong-recovery-code'])
    // Typed into the other field, it is taken for what it is.
    await third.post('otp', { code: codes[4] ?? '' })
    expect(third.landed.get('code')).toBeTruthy()
  })

  it('sent by twenty browsers at once are taken from one', async () => {
    const { user, codes } = await withRecoveryCodes()
    const browsers = await setting.twenty(user)
    const replies = await Promise.all(browsers.map((each) => each.postAside('otp', { recovery: codes[0] ?? '' })))
    expect(replies.filter(({ headers }) => headers.location?.includes('code='))).toHaveLength(1)
  })

  it('of another user do not work, and failures count as those of codes do', async () => {
    const [one, other] = [await withRecoveryCodes(), await withRecoveryCodes()]
    const browser = await setting.signIn(other.user)
    for (let failures = 0; failures < 5; failures++) {
      await browser.post('otp', { recovery: one.codes[failures] ?? '' })
      expect(browser.notice).toBe('wrong-recovery-code')
    }
    await browser.post('otp', { recovery: other.codes[0] ?? '' })
    expect(browser.notice).toBe('too-many-tries')
  })

  it('do not help where the codes that they stand for are locked', async () => {
    const { user, seed, codes } = await withRecoveryCodes()
    const early = await setting.signIn(user)
    expect([early.page, seed.length]).toEqual(['otp', 20])
    const otp = (await setting.recordsOf(user)).find(({ sk }) => /^otp/.test(String(sk)))
    const at = places.oneTimePassword(user.id, String(otp?.id))
    await house.seed({ write: 'update', ...at, update: 'SET #state = :locked', values: { locked: 'locked' } })
    await early.post('otp', { recovery: codes[0] ?? '' })
    expect(early.page).toBe('locked')
  })

  it('are not offered to somebody who has used all of them', async () => {
    const { user, codes } = await withRecoveryCodes()
    for (const code of codes) {
      const browser = await setting.signIn(user)
      await browser.post('otp', { recovery: code })
      expect(browser.landed.get('code')).toBeTruthy()
    }
    const browser = await setting.signIn(user)
    expect(browser.text).not.toContain('Recovery code')
  })
})

it('asks DynamoDB no more than two times for a page, and three for a step', async () => {
  const { browser, seed } = await atEnrolment()
  const page = await browser.get(`${browser.base}/otp-enrolment`)
  const confirmed = await browser.postAside('otp-enrolment', { code: await codeFor(seed) })
  const putAway = await browser.postAside('recovery-codes')
  expect([page, confirmed, putAway].map(({ commands }) => commands.length)).toEqual([2, 3, 3])
})
