/** What a person may use once, raced for at the hosted pages: the same form sent again and again, or a code in many browsers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeHash } from '../../lambdas/activation/code-hash.ts'
import { parseCertificates } from '../../src/core/certificate/certificate-settings.ts'
import { newHandoff } from '../../src/core/certificate/handoff.ts'
import type { Activation, Login } from '../../src/core/login.ts'
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { ownParameters } from '../../src/core/otp/one-time-password.ts'
import { recoveryText } from '../../src/core/otp/recovery-code.ts'
import { hashPassword } from '../../src/core/password.ts'
import { hashSecret, newId, newSecret } from '../../src/core/secret.ts'
import type { Flow } from '../../src/core/step-up/flow.ts'
import { passwordCredential, type User } from '../../src/core/user.ts'
import { createdHandoff } from '../../src/store/handoffs.ts'
import { places } from '../../src/store/keys.ts'
import { createdLogin } from '../../src/store/logins.ts'
import { createdOneTimePassword, madeRecoveryCodes } from '../../src/store/one-time-passwords.ts'
import { changedRealm, readRealm } from '../../src/store/realm.ts'
import { createSecurityKey } from '../authenticator.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import { createAuthority } from '../pki.ts'
import { type Visitor, visit } from '../visitor.ts'
import { hold, longEnough, rounds } from './race.ts'

let house: House
let folder: string
let passwordHash: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystep-races-'))
  const issuers = join(folder, 'issuers.pem')
  await writeFile(issuers, (await createAuthority('CN=People')).pem)
  const certificates = parseCertificates({ origin: 'https://cert.example.org', issuers, revocation: 'if-named' })
  if (!certificates.ok || certificates.value === undefined) throw new Error('The certificates have no settings')
  house = await openHouse({ stage: { certificates: certificates.value } })
  const realm = await readRealm(house.db)
  const cba = realm.flows['stepup-ldap-otp-cba']
  if (cba === undefined) throw new Error('The realm has no flow with a certificate')
  const withCards: Flow = { ...cba, id: 'certificates', levels: cba.levels.filter(({ alias }) => alias !== 'otp') }
  await house.seed(changedRealm({ ...realm, flows: { ...realm.flows, certificates: withCards }, enrol: ['otp'] }))
  await house.addClient()
  await house.addClient({ clientId: 'codes', flow: 'stepup-ldap-otp', enforcement: 'strict' })
  await house.addClient({ clientId: 'certificates', flow: 'certificates', enforcement: 'strict' })
  passwordHash = await hashPassword('correct horse battery staple')
})
afterAll(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

/** Somebody new who has typed their name, and the login as it is kept. */
async function someone(ask: Record<string, string>, change: Partial<User> = {}) {
  const user = await house.addUser({ passwordHash, ...change })
  const browser = visit(house)
  await browser.ask(ask)
  await browser.post('username', { username: user.userName })
  const login = (await house.db.get(places.login(browser.base.split('/')[2] ?? ''))) as Login
  return { user, browser, login }
}

/** The login as it is to be, whatever led there. */
const leave = (login: Login): Promise<void> =>
  house.seed({ write: 'put', ...places.login(login.id), item: { ...login, version: login.version + 1 } })

const withPassword = (login: Login, user: User): Login => ({
  ...login,
  user: user.id,
  proofs: [{ factor: 'password', at: house.now, request: login.id, credential: passwordCredential(user) ?? '' }],
})

/** As many logins of this one's browser as run, each at the page that follows the password. */
async function manyAfterPassword({ user, login }: { user: User; login: Login }): Promise<string[]> {
  const ids = Array.from({ length: 32 }, newId)
  await house.seed(...ids.map((id) => createdLogin(withPassword({ ...login, id }, user))))
  return ids
}

const post = (browser: Visitor, path: string, fields: Record<string, string>, ip = '192.0.2.1'): Promise<Reply> =>
  house.invoke('POST', path, {
    headers: { 'sec-fetch-site': 'same-origin' },
    cookies: Object.fromEntries(browser.cookies),
    body: new URLSearchParams(fields),
    ip,
  })

const location = ({ headers }: Reply): string => headers.location ?? ''

/** Back at the application, with a code. */
const landed = (reply: Reply): boolean =>
  reply.status === 303 && /^https:\/\/app1\.example\.com\/callback\?code=[^&]{66}&/.test(location(reply))

/** Shown a page of the login, or what is left of it. */
const shownWhere = (reply: Reply): boolean => {
  if (reply.status === 303) return /^\/login\/[\w-]{22}(\?|$)/.test(location(reply))
  return reply.status < 500 && (reply.headers['content-type'] ?? '').startsWith('text/html')
}

const sourceOf = (runner: number): string => `198.51.100.${runner}`

/** How often each of the people who took part was told of. */
async function timesTold(type: string, people: readonly User[]): Promise<number[]> {
  const ids = new Set(people.map(({ id }) => id))
  const told = (await house.audit(type)).filter(({ user }) => ids.has(String(user)))
  return [...Map.groupBy(told, ({ user }) => user)].map(([, events]) => events.length)
}

const onceEach = Array.from({ length: rounds }, () => 1)

describe('of thirty-two, one has', { timeout: longEnough }, () => {
  it('the end of a login, whose form is sent again and again', async () => {
    const people: User[] = []
    await hold(house, 'the end of a login', {
      begin: async () => {
        const { user, browser, login } = await someone({ client_id: 'app1', acr_values: 'pwd' })
        people.push(user)
        // Nothing but putting the recovery codes away is left, which takes no try and compares nothing.
        const [proof] = withPassword(login, user).proofs
        if (proof === undefined) throw new Error('No proof')
        await leave({ ...login, user: user.id, codesToKeep: { set: newId(), proof } })
        return () => post(browser, `/login/${login.id}/recovery-codes`, {})
      },
      won: landed,
      lost: shownWhere,
    })
    expect(await timesTold('login.succeeded', people)).toEqual(onceEach)
    const sessions = await house.all('sessions')
    for (const kind of ['grant#', 'session#'])
      expect(sessions.filter(({ pk }) => String(pk).startsWith(kind))).toHaveLength(rounds)
  })

  it('a mailed code', async () => {
    const people: User[] = []
    await hold(house, 'a mailed code', {
      begin: async () => {
        const user = await house.addUser()
        people.push(user)
        const key = createSecurityKey({ rpId: 'example.org', origin: house.stage.issuer })
        const pending = await house.addAuthenticator(user, key, { state: 'pending' })
        const browser = visit(house)
        await browser.ask({ acr_values: 'fido' })
        await browser.post('username', { username: user.userName })
        const login = (await house.db.get(places.login(browser.base.split('/')[2] ?? ''))) as Login
        const code = codeHash(browser.cookies.get('__Host-keystep-browser') ?? '', login.id, [pending.id], 'ACDE3467')
        const until = house.now + 600
        const about = { by: 'email', codeHash: code } as const
        const activation: Activation = { state: 'waiting', ...about, authenticators: [pending.id], triesLeft: 5, until }
        await leave({ ...login, user: user.id, activation })
        return () => post(browser, `/login/${login.id}/activation/code`, { code: 'acde-3467' })
      },
      won: (reply) => shownWhere(reply) && !location(reply).includes('notice'),
      lost: (reply) => shownWhere(reply) && /notice=(step-over|code-spent)/.test(location(reply)),
    })
    expect(await timesTold('authenticator.identity-confirmed', people)).toEqual(onceEach)
  })

  it('a nickname, and with it the activation of a key', async () => {
    const people: User[] = []
    await hold(house, 'a nickname', {
      begin: async () => {
        const user = await house.addUser()
        people.push(user)
        const key = createSecurityKey({ rpId: 'example.org', origin: house.stage.issuer })
        const { id } = await house.addAuthenticator(user, key, { state: 'pending' })
        const browser = visit(house)
        await browser.ask({ acr_values: 'fido' })
        await browser.post('username', { username: user.userName })
        const login = (await house.db.get(places.login(browser.base.split('/')[2] ?? ''))) as Login
        const proof = {
          factor: 'webauthn',
          at: house.now,
          request: login.id,
          credential: id,
          userVerified: true,
        } as const
        const touched = { state: 'touched', authenticators: [id] as [string], counter: 1, proof } as const
        await leave({ ...login, user: user.id, activation: { ...touched, until: house.now + 600 } })
        return (runner) => post(browser, `/login/${login.id}/activation/nickname`, { nickname: `Key ${runner}` })
      },
      won: (reply) => location(reply).endsWith('notice=activated'),
      lost: shownWhere,
    })
    expect(await timesTold('authenticator.activated', people)).toEqual(onceEach)
  })

  it('the answer of a key', async () => {
    const people: User[] = []
    await hold(house, 'the answer of a key', {
      begin: async () => {
        const user = await house.addUser()
        people.push(user)
        const key = createSecurityKey({ rpId: 'example.org', origin: house.stage.issuer })
        await house.addAuthenticator(user, key)
        const browser = visit(house)
        await browser.ask({ acr_values: 'fido' })
        await browser.post('username', { username: user.userName })
        const response = JSON.stringify(key.sign({ challenge: browser.options.challenge }))
        const { base } = browser
        return () => post(browser, `${base}/webauthn`, { response })
      },
      won: landed,
      lost: shownWhere,
    })
    expect(await timesTold('login.succeeded', people)).toEqual(onceEach)
    expect(await timesTold('login.failed', people)).toEqual([])
  })

  it('a one-time code, typed in as many browsers', async () => {
    const people: User[] = []
    const seed = Buffer.from('12345678901234567890')
    await hold(house, 'a one-time code', {
      begin: async () => {
        const { user, browser, login } = await someone({ client_id: 'codes', acr_values: 'otp' })
        people.push(user)
        await addOtp(user, seed)
        const logins = await manyAfterPassword({ user, login })
        const code = await codeOf(ownParameters, seed, timeStepAt(30, house.now))
        return (runner) => post(browser, `/login/${logins[runner]}/otp`, { code }, sourceOf(runner))
      },
      won: landed,
      lost: shownWhere,
    })
    expect(await timesTold('login.succeeded', people)).toEqual(onceEach)
  })

  it('a recovery code, typed in as many browsers', async () => {
    const people: User[] = []
    await hold(house, 'a recovery code', {
      begin: async () => {
        const { user, browser, login } = await someone({ client_id: 'codes', acr_values: 'otp' })
        people.push(user)
        await addOtp(user, Buffer.from('12345678901234567890'))
        const [set, code] = [newId(), 'ACDE3467ACDE']
        const [hash] = await house.world.sealer.hashes(recoveryText(user.id, set, code))
        await house.seed(madeRecoveryCodes(user.id, { id: set, codes: { c0: hash }, createdAt: house.now }, undefined))
        const logins = await manyAfterPassword({ user, login })
        return (runner) => post(browser, `/login/${logins[runner]}/otp`, { recovery: code }, sourceOf(runner))
      },
      won: landed,
      lost: shownWhere,
    })
    expect(await timesTold('login.succeeded', people)).toEqual(onceEach)
    expect(await timesTold('recovery-code.used', people)).toEqual(onceEach)
  })

  it('the ticket of a certificate', async () => {
    const people: User[] = []
    await hold(house, 'the ticket of a certificate', {
      begin: async () => {
        const { user, browser, login } = await someone({ client_id: 'certificates', acr_values: 'cba' })
        people.push(user)
        await leave(withPassword(login, user))
        const { handoff } = newHandoff(login, house.now)
        const ticket = newSecret()
        const identity = { source: 'upn', value: user.userName } as const
        const examined = { ok: true, value: { thumbprint: newSecret(), identity, smartCard: false } } as const
        const shown = { ticketHash: hashSecret(ticket), ticketUntil: house.now + 60, examined }
        await house.seed(createdHandoff({ ...handoff, shown }))
        const path = `/login/${login.id}/certificate?ticket=${handoff.id}.${ticket}`
        return () => house.invoke('GET', path, { cookies: Object.fromEntries(browser.cookies) })
      },
      won: landed,
      lost: shownWhere,
    })
    expect(await timesTold('login.succeeded', people)).toEqual(onceEach)
  })
})

async function addOtp(user: User, seed: Uint8Array): Promise<void> {
  const id = newId()
  const sealedSecret = await house.world.sealer.seal(seed, { user: user.id, id })
  const state = { id, user: user.id, state: 'active', origin: 'imported' } as const
  await house.seed(
    createdOneTimePassword({ ...ownParameters, ...state, sealedSecret, createdAt: house.now, version: 1 }),
  )
}
