/** Codes that a token validator knows: through the routes, against a real FreeRADIUS and the example's server. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTokenValidator } from '../../examples/token-validator/token-validator.ts'
import { type OneTimePassword, ownParameters } from '../../src/core/otp/one-time-password.ts'
import { newId } from '../../src/core/secret.ts'
import { readValidatorSettings } from '../../src/core/token-validator/validator-settings.ts'
import type { User } from '../../src/core/user.ts'
import { createdOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { changedRealm, readRealm } from '../../src/store/realm.ts'
import { startFreeradius } from '../freeradius.ts'
import { dayOne, type House, openHouse } from '../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../visitor.ts'

const password = 'correct horse battery staple'
const agentKey = 'agent-key-agent-key-agent-key-32'
const holders = ['ada', 'fatima', 'emil', 'dora', 'chidi', 'bela', 'gwen'] as const

type Running = { settings: object; secret: string; close(): Promise<void> }
let house: House

const radius = async (): Promise<Running> => {
  const { server, secret, close } = await startFreeradius()
  return { settings: { protocol: 'radius', servers: [server] }, secret, close }
}

const https = async (): Promise<Running> => {
  const now = () => house?.now ?? dayOne
  const { url, close } = await startTokenValidator({ keys: { keystep: agentKey }, now })
  return { settings: { protocol: 'https', url, keyId: 'keystep', privateAddresses: true }, secret: agentKey, close }
}

/** Nobody listens there: the discard port. */
const nobody = async (): Promise<Running> => ({
  settings: { protocol: 'radius', servers: ['127.0.0.1:9'] },
  secret: agentKey,
  close: async () => undefined,
})

async function openWith(start: () => Promise<Running>) {
  const folder = await mkdtemp(join(tmpdir(), 'keystep-validator-'))
  const running = await start()
  const file = join(folder, 'secrets.json')
  await writeFile(file, JSON.stringify({ validatorSecret: running.secret }), { mode: 0o600 })
  const read = readValidatorSettings(JSON.stringify(running.settings))
  if (!read.ok) throw new Error(`${read.at} ${read.detail}`)
  house = await openHouse({ stage: { tokenValidator: read.value, secrets: { file } } })
  await house.addClient({ flow: 'stepup-ldap-otp', enforcement: 'strict' })
  // A flow that begins with a code, for what strangers are told.
  await house.addClient({ clientId: 'app2', flow: 'code-first', enforcement: 'strict' })
  const realm = await readRealm(house.db)
  const flow = realm.flows['stepup-ldap-otp']
  const [, level] = flow?.levels ?? []
  if (flow === undefined || level === undefined) throw new Error('The flow that ships is another one now')
  const codeFirst = { ...flow, id: 'code-first', levels: [{ ...level, mode: 'direct' as const }] }
  await house.seed(changedRealm({ ...realm, flows: { ...realm.flows, 'code-first': codeFirst } }))
  const people = Object.fromEntries(
    await Promise.all(
      holders.map(async (userName) => [userName, await house.addUser({ userName, password })] as const),
    ),
  )
  return {
    people,
    async close() {
      await house.close()
      await running.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** Each test is from an address of its own, and has a count of its own. */
let ip = '192.0.2.1'
let tests = 0
beforeEach(() => {
  tests += 1
  ip = `198.51.${tests >> 8}.${tests & 255}`
  if (house !== undefined) house.now += 3600
})

async function atCode(username: string): Promise<Visitor> {
  const browser = visit(house, { ip })
  await browser.ask({ acr_values: 'otp' })
  await browser.post('username', { username })
  await browser.post('password', { password })
  expect(browser.page).toBe('otp')
  return browser
}

/** The step that the page's form is of. */
const stepIn = (browser: Visitor): string => /name="step" value="([^"]+)"/.exec(browser.html)?.[1] ?? ''

const answer = (browser: Visitor, fields: Record<string, string>) =>
  browser.post('otp', { step: stepIn(browser), ...fields })

const arrives = async (browser: Visitor): Promise<void> => {
  const { json } = await exchange(house, browser.landed.get('code'))
  expect(claimsOf(json.id_token)).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
}

const told = async (user: User | undefined, type: string) =>
  (await house.audit(type)).filter((event) => event.user === user?.id)

describe.each([
  ['RADIUS', radius],
  ['HTTPS', https],
])('a token validator by %s', (protocol, start) => {
  let opened: Awaited<ReturnType<typeof openWith>>
  beforeAll(async () => {
    opened = await openWith(start)
  })
  afterAll(() => opened?.close())

  it('takes a right code, and the tokens say so', async () => {
    const browser = await atCode('ada')
    expect(browser.html).toContain('One-time code')
    await browser.post('otp', { code: ' 123456 ' })
    await arrives(browser)
  })

  it('refuses a wrong one', async () => {
    const browser = await atCode('ada')
    await browser.post('otp', { code: '123457' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'wrong-one-time-code'])
    expect(await told(opened.people.ada, 'login.failed')).toContainEqual(
      expect.objectContaining({ reason: 'wrong-code', ip }),
    )
    await browser.post('otp', { code: '123456' })
    await arrives(browser)
  })

  it('shows what the server says, and takes the answer to it', async () => {
    const browser = await atCode('fatima')
    await browser.post('otp', { code: 'x' })
    expect([browser.page, browser.notice]).toEqual(['token-response', undefined])
    expect(browser.text).toContain('Please respond to the challenge: 19863257')
    await answer(browser, { code: '75236891' })
    await arrives(browser)
    expect((await told(opened.people.fatima, 'token.challenged')).map(({ reason }) => reason)).toEqual(['response'])
  })

  it('starts anew when the answer is wrong', async () => {
    const browser = await atCode('fatima')
    await browser.post('otp', { code: 'x' })
    await answer(browser, { code: '1' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'wrong-one-time-code'])
    expect(await told(opened.people.fatima, 'login.failed')).toContainEqual(
      expect.objectContaining({ reason: 'wrong-response' }),
    )
    await browser.post('otp', { code: 'x' })
    await answer(browser, { code: '75236891' })
    await arrives(browser)
  })

  it('has a PIN chosen: typed twice, refused once, and then used with the next code', async () => {
    const browser = await atCode('emil')
    await browser.post('otp', { code: '123456' })
    expect(browser.page).toBe('token-new-pin')
    expect(browser.text).toContain('4 to 8 digits')
    await answer(browser, { pin: '4711', repeat: '4712' })
    expect([browser.page, browser.notice]).toEqual(['token-new-pin', 'repeat-differs'])
    await answer(browser, { pin: '1111', repeat: '1111' })
    expect([browser.page, browser.notice]).toEqual(['token-new-pin', 'pin-refused'])
    await answer(browser, { pin: '4711', repeat: '4711' })
    expect([browser.page, browser.notice]).toEqual(['token-next-code', undefined])
    await answer(browser, { code: '4711654321' })
    await arrives(browser)
  })

  it('shows the PIN that the server made, to this browser alone', async () => {
    const browser = await atCode('dora')
    await browser.post('otp', { code: '123456' })
    expect(browser.page).toBe('token-pin')
    expect(browser.html).toMatch(/id="pin"[^>]*>8642</)
    expect(browser.html).toContain('One-time code')
    await browser.reload()
    expect(browser.html).toContain('8642')
    const kept = JSON.stringify([...(await house.all('sessions')), ...(await house.all('audit'))])
    expect(kept).not.toContain('PIN is')
    expect(JSON.stringify(house.lines)).not.toContain('PIN is')
    await answer(browser, { code: '8642654321' })
    await arrives(browser)
  })

  it('has the PIN that the server made taken', async () => {
    const browser = await atCode('gwen')
    await browser.post('otp', { code: '123456' })
    expect(browser.page).toBe('token-pin')
    expect(browser.html).toContain('Use this PIN')
    expect(browser.html).not.toContain('id="code"')
    await answer(browser, {})
    await arrives(browser)
  })

  it('asks for the next code in the outer window', async () => {
    const browser = await atCode('chidi')
    await browser.post('otp', { code: '123456' })
    expect(browser.page).toBe('token-next-code')
    await answer(browser, { code: '654321' })
    await arrives(browser)
  })

  it('has a static password changed', async () => {
    const browser = await atCode('bela')
    await browser.post('otp', { code: 'old password' })
    expect(browser.page).toBe('token-new-password')
    await answer(browser, { password: 'a better password', repeat: 'a better password' })
    await arrives(browser)
  })

  it('says that a password was refused', async () => {
    const browser = await atCode('bela')
    await browser.post('otp', { code: 'old password' })
    await answer(browser, { password: 'short', repeat: 'short' })
    // RADIUS rejects, and the steps are over; over HTTPS the example asks again.
    const page = protocol === 'RADIUS' ? 'otp' : 'token-new-password'
    expect([browser.page, browser.notice]).toEqual([page, 'password-refused'])
  })

  it('takes no form of a step that is over', async () => {
    const browser = await atCode('fatima')
    await browser.post('otp', { code: 'x' })
    const step = stepIn(browser)
    // The first page again, by the back button or in another tab.
    await browser.post('otp', { code: 'x' })
    expect([browser.page, browser.notice]).toEqual(['token-response', 'step-over'])
    await answer(browser, { again: 'yes' })
    expect([browser.page, browser.notice]).toEqual(['otp', undefined])
    await browser.post('otp', { step, code: '75236891' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'step-over'])
    await browser.post('otp', { code: 'x' })
    expect(stepIn(browser)).not.toBe(step)
    await answer(browser, { code: '75236891' })
    await arrives(browser)
  })

  it('forgets a step after five minutes', async () => {
    const browser = await atCode('chidi')
    await browser.post('otp', { code: '123456' })
    const step = stepIn(browser)
    house.now += 300
    await browser.reload()
    expect(browser.page).toBe('otp')
    await browser.post('otp', { step, code: '654321' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'step-over'])
  })

  it('has a step cancelled, and the application hears', async () => {
    const browser = await atCode('chidi')
    await browser.post('otp', { code: '123456' })
    await browser.post('cancel')
    expect(browser.landed.get('error')).toBe('access_denied')
  })

  it('takes an answer once, of twenty at the same time', async () => {
    const browser = await atCode('chidi')
    await browser.post('otp', { code: '123456' })
    const fields = { step: stepIn(browser), code: '654321' }
    const replies = await Promise.all(Array.from({ length: 20 }, () => browser.postAside('otp', fields)))
    const to = replies.map(({ headers }) => headers.location ?? '')
    expect(to.filter((location) => location.includes('code='))).toHaveLength(1)
  })

  it('is no other person’s after another account was chosen', async () => {
    const browser = await atCode('dora')
    await browser.post('otp', { code: '123456' })
    await browser.post('restart')
    await browser.post('username', { username: 'ada' })
    await browser.post('password', { password })
    expect(browser.page).toBe('otp')
    expect(browser.html).not.toContain('8642')
  })

  it('counts wrong codes, and makes the sixth wait; a right one starts afresh', async () => {
    const browser = await atCode('ada')
    for (let tries = 0; tries < 5; tries++) await browser.post('otp', { code: '1' })
    expect(browser.notice).toBe('wrong-one-time-code')
    await browser.post('otp', { code: '123456' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'too-many-tries'])
    house.now += 1
    await browser.post('otp', { code: '123456' })
    await arrives(browser)
  })

  it('counts how often somebody is given a text to answer, and no other step', async () => {
    const browser = await atCode('fatima')
    for (let begun = 0; begun < 5; begun++) {
      await browser.post('otp', { code: 'x' })
      expect(browser.page).toBe('token-response')
      await answer(browser, { again: 'yes' })
    }
    await browser.post('otp', { code: 'x' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'too-many-tries'])

    const other = await atCode('chidi')
    for (let begun = 0; begun < 8; begun++) {
      await other.post('otp', { code: '123456' })
      expect(other.page).toBe('token-next-code')
      await answer(other, { again: 'yes' })
    }
  })

  const addOtp = async (user: User, state: OneTimePassword['state']): Promise<void> => {
    const id = newId()
    const sealedSecret = await house.world.sealer.seal(randomBytes(20), { user: user.id, id })
    const made = {
      id,
      user: user.id,
      state,
      origin: 'imported',
      sealedSecret,
      createdAt: house.now,
      version: 1,
    } as const
    await house.seed(createdOneTimePassword({ ...ownParameters, ...made }))
  }

  it('is not asked about somebody who has one-time passwords here', async () => {
    // The validator would take this code of the same name.
    const user = await house.addUser({ userName: 'hana', password })
    await addOtp(user, 'active')
    const browser = await atCode('hana')
    await browser.post('otp', { code: '123456' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'wrong-one-time-code'])
  })

  it('is no way around one-time passwords that are locked', async () => {
    const user = await house.addUser({ userName: `locked-${protocol}`, password })
    await addOtp(user, 'locked')
    const browser = visit(house, { ip })
    await browser.ask({ acr_values: 'otp' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    expect(browser.page).toBe('locked')
  })

  it('lets nobody in whom it knows and we do not', async () => {
    await house.changeUser(opened.people.ada as User, { enabled: false })
    const browser = visit(house, { ip })
    await browser.ask({ acr_values: 'otp', client_id: 'app2', redirect_uri: 'https://app1.example.com/callback' })
    await browser.post('username', { username: 'ada' })
    await browser.post('otp', { code: '123456' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'wrong-one-time-code'])
    await house.changeUser(opened.people.ada as User, { enabled: true })
  })

  it('looks the same to a stranger, whether somebody has the name or not', async () => {
    const pages = []
    for (const username of ['ada', 'nobody-at-all']) {
      const browser = visit(house, { ip })
      await browser.ask({ acr_values: 'otp', client_id: 'app2', redirect_uri: 'https://app1.example.com/callback' })
      await browser.post('username', { username })
      await browser.post('otp', { code: '1' })
      pages.push([browser.page, browser.notice, browser.text.replaceAll(username, 'X')])
    }
    expect(pages[0]).toEqual(pages[1])
  })
})

describe('a token validator that does not answer', () => {
  let opened: Awaited<ReturnType<typeof openWith>>
  beforeAll(async () => {
    opened = await openWith(nobody)
  })
  afterAll(() => opened?.close())

  it('says so, costs no try, and leaves other ways open', async () => {
    const browser = await atCode('ada')
    for (let tries = 0; tries < 8; tries++) await browser.post('otp', { code: '123456' })
    expect([browser.page, browser.notice]).toEqual(['otp', 'validator-unavailable'])
    expect(browser.text).toContain('not counted as a failed try')
    expect(await told(opened.people.ada, 'login.failed')).toContainEqual(
      expect.objectContaining({ reason: 'validator-unavailable' }),
    )
    expect(house.lines).toContainEqual(
      expect.objectContaining({ message: 'token validator unavailable', detail: '127.0.0.1:9: ECONNREFUSED' }),
    )
  })
})
