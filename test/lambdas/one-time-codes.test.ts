import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { type OneTimePassword, ownParameters } from '../../src/core/otp/one-time-password.ts'
import { newId } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { places } from '../../src/store/keys.ts'
import type { House } from '../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../visitor.ts'
import { type CodeHouse, openCodeHouse, password, secret } from './code-house.ts'

let codes: CodeHouse
let house: House

beforeAll(async () => {
  codes = await openCodeHouse()
  house = codes.house
  // A flow that begins with a code, for what strangers are told.
  await house.addClient({ clientId: 'app2', flow: 'code-first', enforcement: 'strict' })
  await codes.changeRealm(({ flows }) => {
    const flow = flows['stepup-ldap-otp']
    const [, level] = flow?.levels ?? []
    if (flow === undefined || level === undefined) throw new Error('The flow that ships is another one now')
    return { flows: { ...flows, 'code-first': { ...flow, id: 'code-first', levels: [{ ...level, mode: 'direct' }] } } }
  })
})
afterAll(() => house.close())

const nowCode = (away = 0) => codes.nowCode(away)

async function atCode({ ip, ...change }: Partial<OneTimePassword> & { ip?: string } = {}) {
  const user = await house.addUser({ password })
  const otp = await codes.addOtp(user, change)
  const browser = await codes.signIn(user, ip === undefined ? {} : { ip })
  expect(browser.page).toBe('otp')
  return { user, otp, browser }
}

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
    expect(await codes.kept(otp)).toMatchObject({ lastStep: timeStepAt(30, house.now), lastUsedAt: house.now })
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
    expect(await codes.toldOf(user, 'login.failed')).toMatchObject([{ reason: notice }])
  })

  it('works once, in any login', async () => {
    const { browser, user } = await atCode()
    const code = await nowCode()
    await browser.post('otp', { code })
    const again = await codes.signIn(user)
    await again.post('otp', { code })
    expect([again.page, again.notice]).toEqual(['otp', 'reused-one-time-code'])
    expect(again.text).toContain('used already')
    await wait(again, 30, await nowCode(1))
    expect(again.landed.get('code')).toBeTruthy()
  })

  it('sent by twenty browsers at once is taken from one', async () => {
    const user = await house.addUser({ password })
    await codes.addOtp(user)
    const code = await nowCode()
    const browsers = await codes.twenty(user)
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
    await codes.addOtp(user, { id, sealedSecret, type: 'hotp', counter: 5, digits: 8 } as Partial<OneTimePassword>)
    await browser.post('otp', { code: await codeOf({ ...ownParameters, digits: 8 }, other, 9) })
    expect(browser.landed.get('code')).toBeTruthy()
    expect(await codes.kept({ user: user.id, id })).toMatchObject({ lastStep: 9 })
  })

  it('works once, though its token was brought here twice, with zeros behind its secret', async () => {
    const { browser, user } = await atCode()
    const id = newId()
    const padded = Buffer.concat([secret, Buffer.alloc(2)])
    await codes.addOtp(user, { id, sealedSecret: await house.world.sealer.seal(padded, { user: user.id, id }) })
    const code = await nowCode()
    await browser.post('otp', { code })
    expect(browser.landed.get('code')).toBeTruthy()
    const again = await codes.signIn(user)
    await again.post('otp', { code })
    expect([again.page, again.notice]).toEqual(['otp', 'reused-one-time-code'])
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
    const other = await codes.signIn(user)
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
      expect(await codes.kept(otp)).toMatchObject({ state: 'active' })
      house.now += 901
      await (await codes.signIn(user)).post('otp', { code: '000000' })
    }
    expect(await codes.kept(otp)).toMatchObject({ state: 'locked' })
    expect(await codes.toldOf(user, 'otp.locked')).toMatchObject([{ authenticator: otp.id }])
    expect(await codes.toldOf(user, 'login.failed')).toHaveLength(50)
  })

  it('end what rested on the codes, and the page says so; giving up is access_denied', async () => {
    const { browser, user } = await atCode()
    await browser.post('otp', { code: await nowCode() })
    const other = await codes.signIn(user)
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
    const otp = await codes.addOtp(user)
    const browsers = await codes.twenty(user)
    await haveFailed(user, 45)
    await Promise.all(browsers.map((browser) => browser.postAside('otp', { code: '000000' })))
    expect(await codes.kept(otp)).toMatchObject({ state: 'locked', version: 2 })
    expect(await codes.toldOf(user, 'otp.locked')).toHaveLength(1)
  })

  it('are forgotten by one that is right', async () => {
    const { browser, user, otp } = await atCode()
    for (let failures = 0; failures < 4; failures++) await browser.post('otp', { code: '000000' })
    await browser.post('otp', { code: await nowCode() })
    expect((await house.db.get(places.user(user.id)))?.otpFailures).toBeUndefined()
    expect(await codes.kept(otp)).toMatchObject({ state: 'active' })
  })

  it('of which the last one could not lock are made up for by the next', async () => {
    const { browser, user, otp } = await atCode()
    await haveFailed(user, 50)
    await browser.post('otp', { code: await nowCode() })
    expect(browser.page).toBe('locked')
    expect(await codes.kept(otp)).toMatchObject({ state: 'locked' })
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
    await codes.addOtp(real)
    await codes.addOtp(locked, { state: 'locked' })
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

  it('the failure that locks codes has the next try wait as long as at a name that nobody has', async () => {
    const user = await house.addUser()
    await codes.addOtp(user)
    const heard = async (name: string, before: () => Promise<void>) => {
      for (let failures = 0; failures < 11; failures++) {
        house.now += 901
        await (failures === 10 ? before() : undefined)
        await guess(name)
      }
      house.now += 3
      return (await guess(name)).notice
    }
    expect(await heard('nobody-of-fifty', async () => {})).toBe('too-many-tries')
    expect(await heard(user.userName, () => haveFailed(user, 49))).toBe('too-many-tries')
    expect(await codes.toldOf(user, 'otp.locked')).toHaveLength(1)
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
    await codes.addOtp(user)
    const browser = await guess(user.userName, await nowCode())
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

it('asks DynamoDB no more than four times', async () => {
  const { browser } = await atCode()
  const { commands } = await browser.postAside('otp', { code: await nowCode() })
  expect(commands.length, commands.map(({ name }) => name).join(', ')).toBeLessThanOrEqual(4)
})
