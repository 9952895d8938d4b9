/** What is there once among users: a name, an external id, the last administrator. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { User } from '../../src/core/user.ts'
import { places } from '../../src/store/keys.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import { hold, longEnough, rounds } from './race.ts'

let house: House
let headers: Record<string, string>
beforeAll(async () => {
  house = await openHouse()
  headers = { apikey: (await house.addApiKey()).shown }
})
afterAll(() => house?.close())

const call = (method: 'PUT' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Reply> =>
  house.invoke(method, `/api/v1/tenants/demo/users${path}`, { headers: { ...headers, 'if-match': '*' }, body })

const isConflict =
  (...codes: string[]) =>
  ({ status, json }: Reply): boolean =>
    status === 409 && codes.includes(String((json as { code?: string } | undefined)?.code))

let round = 0

it('a user name, and an external id', { timeout: longEnough }, () =>
  hold(house, 'a user name', {
    begin: async () => {
      round += 1
      const [userName, externalId] = [`contested-${round}`, `hr-${round}`]
      return (runner) =>
        call('POST', '', runner % 2 === 0 ? { userName } : { userName: `${userName}-${runner}`, externalId })
    },
    won: ({ status, json }) => status === 201 && !/-\d+-/.test((json as User).userName),
    lost: (reply) => reply.status === 201 || isConflict('user-exists', 'external-id-taken')(reply),
    after: async () => {
      const named = (await house.all('people')).filter(
        ({ sk, externalId }) => sk === 'profile' && externalId === `hr-${round}`,
      )
      expect(named).toHaveLength(1)
    },
  }),
)

it('administrators who take the role from each other at once leave one', { timeout: longEnough }, async () => {
  let staff = await Promise.all(Array.from({ length: 4 }, () => house.addUser({ roles: ['administrator'] })))
  for (let each = 0; each < rounds; each++) {
    const way = (at: number, path: string): Promise<Reply> => {
      if (at % 3 === 0) return call('PUT', `${path}/roles`, { roles: [] })
      return at % 3 === 1 ? call('PATCH', path, { enabled: false }) : call('DELETE', path)
    }
    const replies = await Promise.all(staff.map(({ id }, at) => way(at + each, `/${id}`)))
    const kept = staff.filter((_, at) => (replies[at]?.status ?? 500) >= 400)
    expect(kept, replies.map(({ status, body }) => `${status} ${body}`).join('; ')).toHaveLength(1)
    const [refused] = replies.filter(({ status }) => status >= 400)
    expect(refused?.json).toMatchObject({ status: 409, code: 'last-administrator' })
    const [last] = kept
    expect(await house.db.get(places.administrators())).toMatchObject({ ids: new Set([last?.id]) })
    expect(await house.db.get(places.user(last?.id ?? ''))).toMatchObject({ enabled: true, roles: ['administrator'] })
    const more = await Promise.all(Array.from({ length: 3 }, () => house.addUser({ roles: ['administrator'] })))
    staff = [...kept, ...more]
  }
})

it('two who change one user at once lose nothing of each other', { timeout: longEnough }, async () => {
  for (let each = 0; each < rounds; each++) {
    const user = await house.addUser()
    const changes = [{ givenName: 'A' }, { familyName: 'B' }, { locale: 'de' }, { externalId: `both-${each}` }]
    const replies = await Promise.all(changes.map((change) => call('PATCH', `/${user.id}`, change)))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const record = await house.db.get(places.user(user.id))
    expect(record).toMatchObject({ givenName: 'A', familyName: 'B', locale: 'de', version: 4 })
  }
})
