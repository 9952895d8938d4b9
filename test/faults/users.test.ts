/** Users are made, changed and deleted while DynamoDB fails: change and audit record together, and no deletion is stuck. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../src/core/user.ts'
import { places } from '../../src/store/keys.ts'
import { createSecurityKey } from '../authenticator.ts'
import type { Reply } from '../house.ts'
import { type FaultyHouse, nameOf, type Outage, openFaultyHouse } from './outage.ts'

let setting: FaultyHouse
let headers: Record<string, string>
beforeAll(async () => {
  setting = await openFaultyHouse()
  headers = { apikey: (await setting.house.addApiKey()).shown }
  await setting.house.addUser({ roles: ['administrator'] })
})
afterAll(() => setting.close())

const call = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Reply<{ id: string }>> =>
  setting.house.invoke(method, `/api/v1/tenants/demo/users${path}`, { headers, body })

const typesOf = async ({ id }: Pick<User, 'id'>): Promise<string[]> =>
  (await setting.house.audit()).filter(({ user }) => user === id).map(({ type }) => String(type))

/** An answer that the caller knows: what was asked for, or that something broke, with no trace of what. */
function expectKnown(reply: Reply, outage: Outage, ...known: number[]): void {
  const about = `${nameOf(outage)}: ${reply.status} ${reply.body}`
  expect(outage.lasting ? [...known, 500] : known, about).toContain(reply.status)
  expect(reply.body, about).not.toMatch(/\bat .*\(|node_modules|dynamodb|127\.0\.0\.1/i)
}

describe('a user who is made', { timeout: 600_000 }, () => {
  it('is there with the record of it, or neither is', async () => {
    let count = 0
    const make = () => call('POST', '', { userName: `new-${++count}`, externalId: `hr-${count}` })
    for (const outage of await setting.outagesOf(make)) {
      const reply = await setting.under(outage, make)
      expectKnown(reply, outage, 201)
      const { owner } = (await setting.house.db.get(places.userName(`new-${count}`))) ?? {}
      const told = owner === undefined ? [] : await typesOf({ id: String(owner) })
      expect(told, nameOf(outage)).toEqual(owner === undefined ? [] : ['user.created'])
      if (reply.status === 201) expect(owner, nameOf(outage)).toBe(reply.json.id)
    }
  })
})

describe('a user who is disabled', { timeout: 600_000 }, () => {
  it('is so with the record of it, and saying it again brings it to its end', async () => {
    const disable = (user: User) => call('PATCH', `/${user.id}`, { enabled: false })
    const first = await setting.house.addUser()
    for (const outage of await setting.outagesOf(() => disable(first))) {
      const user = await setting.house.addUser()
      const reply = await setting.under(outage, () => disable(user))
      expectKnown(reply, outage, 200)
      const record = await setting.house.db.get(places.user(user.id))
      expect(await typesOf(user), nameOf(outage)).toEqual(record?.enabled === false ? ['user.disabled'] : [])
      expect((await disable(user)).status, nameOf(outage)).toBe(200)
      expect(await typesOf(user), nameOf(outage)).toEqual(['user.disabled'])
    }
  })
})

describe('a user who is deleted', { timeout: 600_000 }, () => {
  const erase = (user: User) => call('DELETE', `/${user.id}`)

  async function somebody(): Promise<User> {
    const { house } = setting
    const user = await house.addUser({ roles: ['administrator'], externalId: `of-${Math.random()}` })
    const key = createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })
    await house.addAuthenticator(user, key)
    await house.seed({ write: 'put', ...places.recoveryCodes(user.id), item: { id: 'set', codes: {} } })
    return user
  }

  it('is whole, on the way, or gone, and goes by saying it again', async () => {
    const first = await somebody()
    const outages = await setting.outagesOf(() => erase(first))
    expect(new Set(outages.map(({ call: at }) => at)).size).toBeGreaterThanOrEqual(6)
    for (const outage of outages) {
      const about = nameOf(outage)
      const user = await somebody()
      const reply = await setting.under(outage, () => erase(user))
      // Done, though the answer was lost: then there is nobody to delete any more.
      expectKnown(reply, outage, 204, 404)
      const record = await setting.house.db.get(places.user(user.id))
      const types = await typesOf(user)
      if (record === undefined) expect(types, about).toContain('user.deleted')
      else expect(types.includes('user.deletion-started'), about).toBe(record.deleting !== undefined)
      if (record !== undefined && record.deleting !== undefined) expect(record.enabled, about).toBe(false)
      expect([204, 404], about).toContain((await erase(user)).status)
      const left = (await setting.house.all('people')).filter((item) => JSON.stringify(item).includes(user.id))
      expect(left, about).toEqual([])
      const told = await typesOf(user)
      expect(told.toSorted(), about).toEqual(['authenticator.deleted', 'user.deleted', 'user.deletion-started'])
    }
    const { ids } = (await setting.house.db.get(places.administrators())) ?? {}
    expect((ids as Set<string>).size).toBe(1)
  })
})
