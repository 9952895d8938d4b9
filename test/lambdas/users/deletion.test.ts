import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/user.ts'
import type { Item } from '../../../src/store/db.ts'
import { places } from '../../../src/store/keys.ts'
import { createdOneTimePassword } from '../../../src/store/one-time-passwords.ts'
import { readUser } from '../../../src/store/people.ts'
import { registeredCertificate } from '../../../src/store/users.ts'
import { usualRequest, visit } from '../../visitor.ts'
import { newKey } from '../authenticators/cms.ts'
import { type Office, openOffice, type Page } from './people.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice()
  await office.house.addClient()
})
afterAll(() => office?.house.close())

const password = 'correct horse battery staple'

/** Somebody of whom there is something of each kind. */
async function somebody(keys = 2): Promise<User> {
  const { house } = office
  const user = await house.addUser({ password, externalId: `hr-${Math.random()}`, roles: ['auditor'] })
  for (let n = 0; n < keys; n++) await house.addAuthenticator(user, newKey())
  const parameters = { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 } as const
  const state = { state: 'active', origin: 'local', sealedSecret: 'x', createdAt: house.now, version: 0 } as const
  const consent = { user: user.id, clientId: 'app9', id: 'c', version: 1, scopes: [], claims: [], resources: [] }
  await house.seed(
    createdOneTimePassword({ id: 'otp-1', user: user.id, ...parameters, ...state }),
    { write: 'put', ...places.recoveryCodes(user.id), item: { id: 'set', codes: {} } },
    { write: 'put', ...places.consent(user.id, 'app9'), item: { ...consent, givenAt: 1, updatedAt: 1 } },
  )
  await house.seed(...registeredCertificate(user, `print-${user.id}`, house.now))
  return user
}

/** All that says whose it is: nothing of it may be left. */
const leftOf = async (user: User): Promise<Item[]> => {
  const { house } = office
  const [people, sessions] = [await house.all('people'), await house.all('sessions')]
  const text = (item: Item) => JSON.stringify(item, (_, value) => (value instanceof Set ? [...value] : value))
  return [...people, ...sessions.filter(({ pk }) => String(pk).startsWith('session#'))].filter(
    (item) => text(item).includes(user.id) || text(item).includes(`name#${user.userName}`),
  )
}

describe('a deletion', () => {
  it('takes all that is theirs, tells of it piece by piece, and frees their name', async () => {
    const { house, call } = office
    const user = await somebody()
    const browser = visit(house)
    await browser.ask({ ...usualRequest, acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    expect((await leftOf(user)).length).toBeGreaterThan(10)
    const reply = await call('DELETE', `/users/${user.id}`)
    expect([reply.status, reply.body]).toEqual([204, ''])
    expect(await leftOf(user)).toEqual([])
    const types = (await office.events(user)).map(({ type }) => String(type))
    expect(
      Object.fromEntries([...Map.groupBy(types, (type) => type)].map(([type, its]) => [type, its.length])),
    ).toEqual({
      ...{ 'login.succeeded': 1, 'user.deletion-started': 1, 'session.ended': 1 },
      ...{ 'authenticator.deleted': 2, 'otp.deleted': 1, 'consent.withdrawn': 1, 'user.deleted': 1 },
    })
    expect((await call('DELETE', `/users/${user.id}`)).status).toBe(404)
    await browser.ask({ ...usualRequest, prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
    const again = await call('POST', '/users', { body: { userName: user.userName, externalId: user.externalId } })
    expect([again.status, again.json.id === user.id]).toEqual([201, false])
  })

  it('of a hundred authenticators goes in several transactions', async () => {
    const user = await somebody(100)
    expect((await office.call('DELETE', `/users/${user.id}`)).status).toBe(204)
    expect(await leftOf(user)).toEqual([])
  })

  it('is of the version that is meant', async () => {
    const { call } = office
    const user = await somebody(0)
    const reply = await call('DELETE', `/users/${user.id}`, { headers: { 'if-match': '"9"' } })
    expect([reply.status, reply.json.code]).toEqual([412, 'precondition-failed'])
    expect((await readUser(office.house.db, user.id))?.enabled).toBe(true)
  })

  it('of somebody who is signing in just now leaves nothing of the sign-in', async () => {
    const { house, call } = office
    const user = await somebody(0)
    const browser = visit(house)
    await browser.ask({ ...usualRequest, acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    expect((await call('DELETE', `/users/${user.id}`)).status).toBe(204)
    await browser.post('password', { password })
    expect(() => browser.landed).toThrow('Still at')
    expect((await leftOf(user)).filter(({ pk }) => pk === `user#${user.id}`)).toEqual([])
  })
})

describe('a deletion that broke off', () => {
  it('leaves somebody who can do nothing, who is listed as such, and whom the next one takes', async () => {
    const { house, call } = office
    const user = await somebody()
    const { transact } = house.db
    let transactions = 0
    house.world.db = {
      ...house.db,
      transact: (writes) => {
        transactions += 1
        return transactions > 1 ? Promise.reject(new Error('the lights went out')) : transact(writes)
      },
    }
    const broken = await call('DELETE', `/users/${user.id}`)
    house.world.db = house.db
    expect(broken.status).toBe(500)
    const listed = await call<Page>('GET', `/users?enabled=false&prefix=${user.userName}`)
    expect(listed.json.page.items).toMatchObject([{ id: user.id, enabled: false, deleting: true }])
    for (const [method, path, body] of [
      ['PATCH', '', { enabled: true }],
      ['POST', '/password', { password }],
      ['POST', '/unlock', undefined],
      ['PUT', '/roles', { roles: [] }],
    ] as const) {
      const reply = await call(method, `/users/${user.id}${path}`, { headers: { 'if-match': '*' }, body })
      expect([method, reply.status, reply.json.code]).toEqual([method, 409, 'user-deleting'])
    }
    const browser = visit(house)
    await browser.ask({ ...usualRequest, acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    expect(() => browser.landed).toThrow('Still at')
    // Whichever version was meant: what is decided is decided.
    expect((await call('DELETE', `/users/${user.id}`, { headers: { 'if-match': '"1"' } })).status).toBe(204)
    expect(await leftOf(user)).toEqual([])
    const types = (await office.events(user)).map(({ type }) => type)
    expect(types.filter((type) => type === 'user.deletion-started' || type === 'user.deleted')).toHaveLength(2)
  })
})
