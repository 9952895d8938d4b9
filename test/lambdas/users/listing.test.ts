import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { places } from '../../../src/store/keys.ts'
import { listAllAnew } from '../../../src/user-listings.ts'
import type { Reply } from '../../house.ts'
import { type Office, openOffice, type Page } from './people.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice()
  const { house } = office
  const people = [
    { userName: 'anna', givenName: 'Anna', familyName: 'Müller', email: 'anna.mueller@example.org' },
    { userName: 'mu.chen', givenName: 'Mu', familyName: 'Chen', displayName: 'Mu Chen', email: 'chen@example.org' },
    { userName: 'zoe', givenName: 'Zoë', familyName: 'Mutter', enabled: false, email: 'zoe@example.net' },
    { userName: 'theodor', displayName: 'Theodor Mueller', roles: ['auditor'] as const, email: 'theo@example.org' },
  ]
  for (const person of people) await house.addUser(person)
  for (let n = 0; n < 130; n++)
    await house.addUser({ userName: `many-${String(n).padStart(3, '0')}`, enabled: n % 2 === 0 })
})
afterAll(() => office?.house.close())

async function pages(query: string): Promise<string[][]> {
  const found: string[][] = []
  let path: string | undefined = `/users?${query}`
  while (path !== undefined) {
    const { status, json, body }: Reply<Page> = await office.call('GET', path)
    expect(status, body).toBe(200)
    found.push(json.page.items.map(({ userName }) => userName))
    path = json.links.next?.replace(/^.*\/tenants\/demo/, '')
  }
  return found
}
const names = async (query: string): Promise<string[]> => (await pages(query)).flat().sort()

describe('a search', () => {
  it.each([
    ['anna', ['anna']],
    ['MÜLL', ['anna']],
    ['muller', ['anna']],
    ['mu', ['anna', 'mu.chen', 'theodor', 'zoe']],
    ['zoe', ['zoe']],
    ['zoë mut', ['zoe']],
    ['muller anna', ['anna']],
    ['theo@', ['theodor']],
    ['chen', ['mu.chen']],
    ['üller', []],
    ['nobody', []],
  ])('for %s finds %j', async (text, found) => {
    expect(await names(`search=${encodeURIComponent(text)}`)).toEqual(found)
  })

  it('shows somebody with several such words once, wherever a page begins', async () => {
    expect(await names('search=mu&pageSize=1')).toEqual(['anna', 'mu.chen', 'theodor', 'zoe'])
    expect((await names('search=many&pageSize=7')).length).toBe(130)
  })

  it.each([
    ['search=mu&enabled=false', ['zoe']],
    ['search=mu&enabled=true', ['anna', 'mu.chen', 'theodor']],
    ['search=mu&role=auditor', ['theodor']],
    ['search=anna&role=auditor', []],
    ['search=mu&prefix=an', ['anna']],
    ['role=auditor&enabled=false', []],
    ['prefix=z', ['zoe']],
    ['prefix=z&enabled=true', []],
    ['prefix=z&enabled=false', ['zoe']],
  ])('%s finds %j', async (query, found) => expect(await names(query)).toEqual(found))

  it('reads on past whoever is not meant, and goes on after', async () => {
    const found = await pages('prefix=many&enabled=true&pageSize=20')
    expect(found.flat()).toHaveLength(65)
    expect(new Set(found.flat()).size).toBe(65)
    expect(found.slice(0, -1).every((page) => page.length === 20)).toBe(true)
  })

  it('asks DynamoDB twice for a page, however many there are', async () => {
    const { commands } = await office.call<Page>('GET', '/users?search=many&pageSize=20')
    const asked = commands.filter(({ actions }) => actions.some(({ on }) => on.startsWith('people')))
    expect(asked.map(({ name }) => name)).toEqual(['Query', 'BatchGetItem'])
  })

  it('follows a user who is renamed, and forgets one who is gone', async () => {
    const { house, call } = office
    const user = await house.addUser({ userName: 'wanderer' })
    await call('PATCH', `/users/${user.id}`, { body: { userName: 'settler', email: null } })
    expect(await names('search=wanderer')).toEqual([])
    expect(await names('search=settler')).toEqual(['settler'])
    await call('DELETE', `/users/${user.id}`)
    expect(await names('search=settler')).toEqual([])
  })

  it.each([
    'enabled=maybe',
    'role=root',
    `search=${'x'.repeat(129)}`,
    'search=%ED%A0%80&search=a',
    'userName=anna&search=anna',
    'search=mu&cursor=WyJhIiwiYiJd',
    'cursor=x',
  ])('%s is refused', async (query) => {
    const reply = await office.call('GET', `/users?${query}`)
    expect([reply.status, reply.json.code]).toEqual([400, 'malformed-request'])
  })
})

it('users whom an earlier version made are found once they are listed anew', async () => {
  const { house } = office
  const user = await house.addUser({ userName: 'of-yore', roles: ['administrator'] })
  const entries = (await house.all('people')).filter(
    ({ owner, pk }) => owner === user.id && String(pk).startsWith('entry'),
  )
  for (const { pk, sk } of entries)
    await house.seed({ write: 'delete', table: 'people', key: { pk: String(pk), sk: String(sk) } })
  await house.seed({ write: 'delete', ...places.administrators() })
  expect(await names('search=of-yore')).toEqual([])
  expect(await listAllAnew(house.db)).toBe(135)
  expect(await names('search=of-yore')).toEqual(['of-yore'])
  expect(await names('role=administrator')).toEqual(['of-yore'])
  expect(await house.db.get(places.administrators())).toMatchObject({ ids: new Set([user.id]) })
  const before = await house.all('people')
  await listAllAnew(house.db)
  expect(await house.all('people')).toEqual(before)
})
