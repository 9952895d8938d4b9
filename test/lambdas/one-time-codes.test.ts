import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromBase32 } from '../../src/core/base32.ts'
import { codeOf, timeStepAt } from '../../src/core/one-time-code.ts'
import { type OneTimePassword, ownParameters } from '../../src/core/one-time-password.ts'
import { parseOtpAuth } from '../../src/core/otpauth.ts'
import type { Realm } from '../../src/core/realm.ts'
import { newId } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { places } from '../../src/store/keys.ts'
import { createdOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { changedRealm, readRealm } from '../../src/store/realm.ts'
import { type House, openHouse } from '../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../visitor.ts'

let house: House
const password = 'correct horse battery staple'
const secret = Buffer.from('12345678901234567890')

const changeRealm = async (change: (realm: Realm) => Partial<Realm>): Promise<void> => {
  const realm = await readRealm(house.db)
  await house.seed(changedRealm({ ...realm, ...change(realm) }))
}

beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ flow: 'stepup-ldap-otp', enforcement: 'strict' })
  // A flow that begins with a code, for what strangers are told.
  await house.addClient({ clientId: 'app2', flow: 'code-first', enforcement: 'strict' })
  await changeRealm(({ flows }) => {
    const flow = flows['stepup-ldap-otp']
    const [, level] = flow?.levels ?? []
    if (flow === undefined || level === undefined) throw new Error('The flow that ships is another one now')
    return { flows: { ...flows, 'code-first': { ...flow, id: 'code-first', levels: [{ ...level, mode: 'direct' }] } } }
  })
})
afterAll(() => house.close())

const nowCode = (away = 0) => codeOf(ownParameters, secret, timeStepAt(30, house.now) + away)

async function addOtp(user: User, change: Partial<OneTimePassword> = {}): Promise<OneTimePassword> {
  const id = newId()
  const otp = {
    ...ownParameters,
    id,
    user: user.id,
    state: 'active',
    origin: 'imported',
    sealedSecret: await house.world.sealer.seal(secret, { user: user.id, id }),
    createdAt: house.now,
    version: 1,
    ...change,
  } as OneTimePassword
  await house.seed(createdOneTimePassword(otp))
  return otp
}

const kept = async (otp: Pick<OneTimePassword, 'user' | 'id'>) =>
  (await house.db.get(places.oneTimePassword(otp.user, otp.id))) as OneTimePassword | undefined

async function signIn(user: User, { ip = '192.0.2.1', ask = {} } = {}): Promise<Visitor> {
  const browser = visit(house, { ip })
  await browser.ask({ acr_values: 'otp', ...ask })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  return browser
}

async function atCode({ ip, ...change }: Partial<OneTimePassword> & { ip?: string } = {}) {
  const user = await house.addUser({ password })
  const otp = await addOtp(user, change)
  const browser = await signIn(user, ip === undefined ? {} : { ip })
  expect(browser.page).toBe('otp')
  return { user, otp, browser }
}

const toldOf = async (user: User, type: string) => (await house.audit(type)).filter((event) => event.user === user.id)

const wait = async (browser: Visitor, seconds: number, code: string) => {
  house.now += seconds
  await browser.post('otp', { code })
}

describe('a one-time code', () => {
  it('after the password reaches the level, and the tokens say so', async () => {
    const { browser, user, otp } = await atCode()
    await browser.post('otp', { code: await nowCode() })
    const tokens = await exchange(house, browser.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ sub: user.id, acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
    expect(await kept(otp)).toMatchObject({ lastStep: timeStepAt(30, house.now), lastUsedAt: house.now })
  })

  it('may be typed with the spaces that apps show it with', async () => {
    const { browser } = await atCode()
    await browser.post('otp', { code: (await nowCode()).replace(/(...)/, ' $1 ') })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it.each([-1, 1])('of the step %d away is taken, too', async (away) => {
    const { browser } = await atCode()
    await browser.post('otp', { code: await nowCode(away) })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it.each([
    ['wrong', async () => '000000', 'wrong-one-time-code'],
    ['expired', () => nowCode(-2), 'wrong-one-time-code'],
    ['too early', () => nowCode(2), 'wrong-one-time-code'],
  ])('that is %s is not', async (_, code, notice) => {
    const { browser, user } = await atCode()
    await browser.post('otp', { code: await code() })
    expect([browser.page, browser.notice]).toEqual(['otp', notice])
    expect(await toldOf(user, 'login.failed')).toMatchObject([{ reason: notice }])
  })

  it('works once, in any login', async () => {
    const { browser, user } = await atCode()
    const code = await nowCode()
    await browser.post('otp', { code })
    const again = await signIn(user)
    await again.post('otp', { code })
    expect([again.page, again.notice]).toEqual(['otp', 'reused-one-time-code'])
    expect(again.text).toContain('used already')
    await wait(again, 30, await nowCode(1))
    expect(again.landed.get('code')).toBeTruthy()
  })

  it('sent by twenty browsers at once is taken from one', async () => {
    const user = await house.addUser({ password })
    await addOtp(user)
    const code = await nowCode()
    const browsers: Visitor[] = []
    for (let at = 0; at < 20; at++) browsers.push(await signIn(user, { ip: `198.51.100.${at}` }))
    const replies = await Promise.all(browsers.map((browser) => browser.postAside('otp', { code })))
    const to = replies.map(({ headers }) => headers.location ?? '')
    expect(to.filter((location) => location.includes('code='))).toHaveLength(1)
    expect(to.filter((location) => /notice=(too-many-tries|reused-one-time-code)/.test(location))).toHaveLength(19)
  })

  it('of any of several tokens will do', async () => {
    const { browser, user } = await atCode()
    const other = Buffer.alloc(20, 7)
    const id = newId()
    const sealedSecret = await house.world.sealer.seal(other, { user: user.id, id })
    await addOtp(user, { id, sealedSecret, type: 'hotp', counter: 5, digits: 8 } as Partial<OneTimePassword>)
    await browser.post('otp', { code: await codeOf({ ...ownParameters, digits: 8 }, other, 9) })
    expect(browser.landed.get('code')).toBeTruthy()
    expect(await kept({ user: user.id, id })).toMatchObject({ lastStep: 9 })
  })

  it('is not asked for again while the level is fresh', async () => {
    const { browser } = await atCode()
    await browser.post('otp', { code: await nowCode() })
    await browser.ask({ acr_values: 'otp' })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('left empty changes nothing', async () => {
    const { browser } = await atCode()
    await browser.post('otp', { code: '  ' })
    expect([browser.page, browser.notice]).toEqual(['otp', undefined])
  })

  it('of a record that was sealed for another user breaks nothing but itself', async () => {
    const { otp } = await atCode()
    const { browser } = await atCode({ sealedSecret: otp.sealedSecret })
    const reply = await browser.postAside('otp', { code: await nowCode() })
    expect(reply.status).toBe(500)
  })
})

describe('the throttle of codes', () => {
  it('five failures make it wait, ten a quarter of an hour; the right one does not help before', async () => {
    const { browser } = await atCode()
    for (let failures = 0; failures < 5; failures++) {
      await browser.post('otp', { code: '000000' })
      expect(browser.notice).toBe('wrong-one-time-code')
    }
    await browser.post('otp', { code: await nowCode() })
    expect(browser.notice).toBe('too-many-tries')
    for (let failures = 5; failures < 10; failures++) await wait(browser, 20, '000000')
    await browser.post('otp', { code: await nowCode() })
    expect(browser.notice).toBe('too-many-tries')
    await wait(browser, 890, await nowCode())
    expect(browser.notice).toBe('too-many-tries')
    house.now += 20
    await browser.post('otp', { code: await nowCode() })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('has nothing to do with the password, nor the password with it', async () => {
    const { browser, user } = await atCode()
    for (let failures = 0; failures < 12; failures++) await wait(browser, 20, '000000')
    expect(browser.notice).toBe('too-many-tries')
    const other = await signIn(user)
    expect(other.page).toBe('otp')

    const second = await atCode({ ip: '192.0.2.9' })
    const guessing = visit(house, { ip: '192.0.2.9' })
    await guessing.ask({ acr_values: 'pwd' })
    await guessing.post('username', { username: second.user.userName })
    for (let failures = 0; failures < 12; failures++) {
      house.now += 20
      await guessing.post('password', { password: 'wrong' })
    }
    expect(guessing.notice).toBe('too-many-tries')
    await second.browser.post('otp', { code: await nowCode() })
    expect(second.browser.landed.get('code')).toBeTruthy()
  })

  it('of twenty tries at once from one place compares no more than five', async () => {
    const { browser, user } = await atCode()
    await Promise.all(Array.from({ length: 20 }, () => browser.postAside('otp', { code: '000000' })))
    const failed = (await house.audit('login.failed')).filter((event) => event.user === user.id)
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThanOrEqual(5)
  })
})

/** As if so many had failed, from everywhere. */
const haveFailed = (user: User, failures: number) =>
  house.seed({
    write: 'update',
    ...places.user(user.id),
    update: 'SET #otpFailures = :failures',
    values: { failures },
  })

describe('fifty failures', () => {
  it('lock the codes, however long they took', async () => {
    const { user, otp } = await atCode()
    for (let failures = 0; failures < 50; failures++) {
      expect(await kept(otp)).toMatchObject({ state: 'active' })
      house.now += 901
      await (await signIn(user)).post('otp', { code: '000000' })
    }
    expect(await kept(otp)).toMatchObject({ state: 'locked' })
    expect(await toldOf(user, 'otp.locked')).toMatchObject([{ authenticator: otp.id }])
    expect(await toldOf(user, 'login.failed')).toHaveLength(50)
  })

  it('end what rested on the codes, and the page says so; giving up is access_denied', async () => {
    const { browser, user } = await atCode()
    await browser.post('otp', { code: await nowCode() })
    const other = await signIn(user)
    await haveFailed(user, 49)
    await other.post('otp', { code: '000000' })
    expect(other.page).toBe('locked')
    expect(other.text).toContain('locked after too many wrong ones')
    await other.post('cancel')
    expect(other.landed.get('error')).toBe('access_denied')
    // The session of before rests on a code that counts no more.
    await browser.ask({ acr_values: 'otp' })
    expect(browser.page).toBe('username')
  })

  it('of which twenty come at once lock once', async () => {
    const user = await house.addUser({ password })
    const otp = await addOtp(user)
    const browsers: Visitor[] = []
    for (let at = 0; at < 20; at++) browsers.push(await signIn(user, { ip: `198.51.100.${at}` }))
    await haveFailed(user, 45)
    await Promise.all(browsers.map((browser) => browser.postAside('otp', { code: '000000' })))
    expect(await kept(otp)).toMatchObject({ state: 'locked', version: 2 })
    expect(await toldOf(user, 'otp.locked')).toHaveLength(1)
  })

  it('are forgotten by one that is right', async () => {
    const { browser, user, otp } = await atCode()
    for (let failures = 0; failures < 4; failures++) await browser.post('otp', { code: '000000' })
    await browser.post('otp', { code: await nowCode() })
    expect((await house.db.get(places.user(user.id)))?.otpFailures).toBeUndefined()
    expect(await kept(otp)).toMatchObject({ state: 'active' })
  })

  it('of which the last one could not lock are made up for by the next', async () => {
    const { browser, user, otp } = await atCode()
    await haveFailed(user, 50)
    await browser.post('otp', { code: await nowCode() })
    expect(browser.page).toBe('locked')
    expect(await kept(otp)).toMatchObject({ state: 'locked' })
  })
})

describe('to somebody who has proved nothing', () => {
  const ask = { client_id: 'app2', acr_values: 'otp' }
  async function guess(username: string, code = '000000'): Promise<Visitor> {
    const browser = visit(house)
    await browser.ask(ask)
    await browser.post('username', { username })
    expect(browser.page).toBe('otp')
    await browser.post('otp', { code })
    return browser
  }
  const words = (browser: Visitor, name: string) => browser.text.replaceAll(name, 'NAME')

  it('a name that nobody has, one without codes and one with locked codes look like any other', async () => {
    const [real, without, locked] = [await house.addUser(), await house.addUser(), await house.addUser()]
    await addOtp(real)
    await addOtp(locked, { state: 'locked' })
    const seen = await guess(real.userName)
    const expected = words(seen, real.userName)
    for (const name of ['nobody-at-all', without.userName, locked.userName])
      expect(words(await guess(name), name)).toBe(expected)
    expect(seen.notice).toBe('wrong-one-time-code')
  })

  it('names tire alike', async () => {
    const without = await house.addUser()
    for (const name of ['nobody-who-tires', without.userName]) {
      const browser = await guess(name)
      for (let failures = 0; failures < 11; failures++) await wait(browser, 20, '000000')
      expect(browser.notice).toBe('too-many-tries')
    }
  })

  it('fifty failures at a name without codes lock nothing, and are told of no differently', async () => {
    const without = await house.addUser()
    await house.seed({
      write: 'update',
      ...places.user(without.id),
      update: 'SET #otpFailures = :n',
      values: { n: 50 },
    })
    const browser = await guess(without.userName)
    expect([browser.page, browser.notice]).toEqual(['otp', 'wrong-one-time-code'])
  })

  it('a code signs in by itself where the flow begins with it', async () => {
    const user = await house.addUser()
    await addOtp(user)
    const browser = await guess(user.userName, await nowCode())
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

// --- Setting up ---------------------------------------------------------------------------------------------------

async function atEnrolment({ ip = '192.0.2.1' } = {}) {
  await changeRealm(() => ({ enrol: ['otp'] }) as Partial<Realm>)
  const user = await house.addUser({ password })
  const browser = await signIn(user, { ip })
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
    expect(await toldOf(user, 'otp.enrolled')).toMatchObject([{ actor: { kind: 'user', id: user.id } }])
    expect(await toldOf(user, 'recovery-codes.made')).toHaveLength(1)
    // From now on they are asked for.
    house.now += 60
    const again = await signIn(user)
    expect(again.page).toBe('otp')
    await again.post('otp', { code: await codeFor(seed) })
    expect(again.landed.get('code')).toBeTruthy()
  })

  it('is not offered where the policy does not, nor before anything is proved', async () => {
    await changeRealm(() => ({ enrol: [] }) as Partial<Realm>)
    const browser = await signIn(await house.addUser({ password }))
    expect(browser.page).toBe('no-credential')
    await changeRealm(() => ({ enrol: ['otp'] }) as Partial<Realm>)
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
    expect(seedOn(await signIn(user))).not.toEqual(seed)
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
    expect((await house.all('people')).filter(({ pk, sk }) => pk === `user#${user.id}` && sk !== 'profile')).toEqual([])
  })

  it('takes the confirming code away: it does not sign in a second time', async () => {
    const { browser, user, seed } = await atEnrolment()
    const code = await codeFor(seed)
    await browser.post('otp-enrolment', { code })
    const again = await signIn(user)
    await again.post('otp', { code })
    expect(again.notice).toBe('reused-one-time-code')
  })

  it('by twenty at once, in twenty logins, is done once', async () => {
    await changeRealm(() => ({ enrol: ['otp'] }) as Partial<Realm>)
    const user = await house.addUser({ password })
    const browsers: Visitor[] = []
    for (let at = 0; at < 20; at++) browsers.push(await signIn(user, { ip: `198.51.100.${at}` }))
    await Promise.all(
      browsers.map(async (browser) => browser.postAside('otp-enrolment', { code: await codeFor(seedOn(browser)) })),
    )
    const records = (await house.all('people')).filter(({ pk }) => pk === `user#${user.id}`)
    expect(records.map(({ sk }) => String(sk).split('#')[0]).sort()).toEqual(['otp', 'profile', 'recovery-codes'])
  })

  it('is offered no more once another browser has done it', async () => {
    const { browser, user, seed } = await atEnrolment()
    const other = await signIn(user)
    await other.post('otp-enrolment', { code: await codeFor(seedOn(other)) })
    await browser.post('otp-enrolment', { code: await codeFor(seed) })
    expect([browser.page, browser.notice]).toEqual(['otp', 'step-over'])
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
    const again = await signIn(user)
    expect(again.text).toContain('Recovery code')
    await again.post('otp', { recovery: ` ${codes[3]?.toLowerCase().replaceAll('-', ' ')} ` })
    const tokens = await exchange(house, again.landed.get('code'))
    expect(claimsOf(tokens.json.id_token)).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
    expect(await toldOf(user, 'recovery-code.used')).toMatchObject([{ detail: '9 left' }])
    const third = await signIn(user)
    await third.post('otp', { recovery: codes[3] ?? '' })
    expect([third.page, third.notice]).toEqual(['otp', 'wrong-recovery-code'])
    // Typed into the other field, it is taken for what it is.
    await third.post('otp', { code: codes[4] ?? '' })
    expect(third.landed.get('code')).toBeTruthy()
  })

  it('sent by twenty browsers at once are taken from one', async () => {
    const { user, codes } = await withRecoveryCodes()
    const browsers: Visitor[] = []
    for (let at = 0; at < 20; at++) browsers.push(await signIn(user, { ip: `198.51.100.${at}` }))
    const replies = await Promise.all(browsers.map((each) => each.postAside('otp', { recovery: codes[0] ?? '' })))
    expect(replies.filter(({ headers }) => headers.location?.includes('code='))).toHaveLength(1)
  })

  it('of another user do not work, and failures count as those of codes do', async () => {
    const [one, other] = [await withRecoveryCodes(), await withRecoveryCodes()]
    const browser = await signIn(other.user)
    for (let failures = 0; failures < 5; failures++) {
      await browser.post('otp', { recovery: one.codes[failures] ?? '' })
      expect(browser.notice).toBe('wrong-recovery-code')
    }
    await browser.post('otp', { recovery: other.codes[0] ?? '' })
    expect(browser.notice).toBe('too-many-tries')
  })

  it('are not offered to somebody who has used all of them', async () => {
    const { user, codes } = await withRecoveryCodes()
    for (const code of codes) {
      const browser = await signIn(user)
      await browser.post('otp', { recovery: code })
      expect(browser.landed.get('code')).toBeTruthy()
    }
    const browser = await signIn(user)
    expect(browser.text).not.toContain('Recovery code')
  })
})

it.each([
  ['a one-time code', 4],
  ['setting up: the page', 2],
  ['setting up: the code', 3],
  ['setting up: the codes are put away', 3],
])('%s asks DynamoDB no more than %d times', async (step, most) => {
  const counts: Record<string, number> = {}
  const { browser, seed } = await atEnrolment()
  counts['setting up: the page'] = (await browser.get(`${browser.base}/otp-enrolment`)).commands.length
  counts['setting up: the code'] = (
    await browser.postAside('otp-enrolment', { code: await codeFor(seed) })
  ).commands.length
  counts['setting up: the codes are put away'] = (await browser.postAside('recovery-codes')).commands.length
  const { browser: second } = await atCode()
  counts['a one-time code'] = (await second.postAside('otp', { code: await nowCode() })).commands.length
  expect(counts[step]).toBeLessThanOrEqual(most)
})
