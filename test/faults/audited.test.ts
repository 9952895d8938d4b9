/**
 * That the house hears of a change without its record: every test of a route relies on it. And what each route asks in
 * `bench/calls`, by the same rule.
 */
import { expect, it } from 'vitest'
import { openCallsHouse } from '../../bench/calls/house.ts'
import { countCalls } from '../../bench/calls.ts'
import { routes } from '../../lambdas/routes.ts'
import { unrecorded } from '../audited.ts'
import { type Action, type Command, openHouse } from '../house.ts'

const put = (on: string, leading: string, sort?: string): Action => ({ action: 'PutItem', on, leading, sort })
const route = (name: string) => {
  const found = routes.find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no route ${name}`)
  return found
}

it('a change without a record is one, and with a record it is none', () => {
  const changed = put('people', 'user#ada', 'authenticator#1')
  expect(unrecorded(route('authenticators-change'), [changed])).toEqual(['people user authenticator'])
  expect(unrecorded(route('authenticators-change'), [changed, put('audit', '2026-11-22#3')])).toEqual([])
})

it('of a profile, tries may be counted alone, and nothing else', () => {
  const update = (...changes: string[]): Action => ({
    action: 'UpdateItem',
    on: 'people',
    leading: 'user#ada',
    sort: 'profile',
    changes,
  })
  expect(unrecorded(route('login-password'), [update('tries7', 'triesUntil7')])).toEqual([])
  expect(unrecorded(route('login-password'), [update('tries7', 'enabled')])).toHaveLength(1)
})

it('a house in which there was one does not close in peace', async () => {
  const house = await openHouse()
  const { world } = house
  const { db } = world
  const key = await house.addApiKey()
  const user = await house.addUser()
  // A store that forgets the records.
  const transact: typeof db.transact = (writes) => db.transact(writes.filter(({ table }) => table !== 'audit'))
  Object.assign(world, { db: { ...db, transact } })
  const path = `/api/v1/tenants/demo/users/${user.id}/sessions`
  expect((await house.invoke('DELETE', path, { headers: { apikey: key.shown } })).status).toBeLessThan(300)
  await expect(house.close()).rejects.toThrow('Changed without an audit record in the same transaction')
})

it('each step of each route has its record in the same transaction', async () => {
  const setting = await openCallsHouse()
  await countCalls(setting)
  const { commands } = setting.house
  const of = ({ route: name, actions }: Command) =>
    routes.filter((each) => each.name === name).flatMap((each) => unrecorded(each, actions))
  expect(commands.flatMap(of)).toEqual([])
  // Of those that change something, most are among the steps.
  expect(new Set(commands.map((command) => command.route)).size).toBeGreaterThan(30)
  await setting.close()
}, 600_000)
