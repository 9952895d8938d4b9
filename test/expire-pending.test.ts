import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEvent } from '../src/core/audit-event.ts'
import { countsOf, readCounts } from '../src/core/statistics.ts'
import { expirePending } from '../src/expire-pending.ts'
import { changedState } from '../src/store/people.ts'
import { type House, openHouse } from './house.ts'
import { newKey } from './lambdas/authenticators/cms.ts'

let house: House
beforeEach(async () => {
  house = await openHouse()
})
afterEach(() => house.close())

const run = (limits?: { pages: number; keys: number }) =>
  expirePending({ db: house.db, now: () => house.now, actor: { kind: 'service', id: 'expire-pending' } }, limits)

const add = async (change: object) =>
  house.addAuthenticator(await house.addUser(), newKey(), { state: 'pending', ...change })

const ids = async () =>
  (await house.all('people')).filter(({ sk }) => String(sk).startsWith('authenticator#')).map(({ id }) => id)

describe('pending authenticators whose time is over', () => {
  it('go with their credential id, and the audit log is told; all others stay', async () => {
    const due = await add({ expiresAt: house.now, provenance: 'attested' })
    const kept = [
      await add({ expiresAt: house.now + 1 }),
      await add({}),
      await add({ state: 'active', expiresAt: house.now - 1 }),
    ]
    expect(await run()).toBe(1)
    expect((await ids()).sort()).toEqual(kept.map(({ id }) => id).sort())
    const guards = (await house.all('people')).filter(({ pk }) => String(pk).startsWith('credential#'))
    expect(guards).toHaveLength(kept.length)
    const told = (await house.audit('authenticator.expired')) as AuditEvent[]
    expect(told).toMatchObject([{ user: due.user, authenticator: due.id, actor: { kind: 'service' } }])
    expect(readCounts(countsOf(told)).keys.expired).toBe(1)
    expect(await run()).toBe(0)
    expect(await house.audit('authenticator.expired')).toHaveLength(1)
  })

  it('are so many a run and no more, and the next run goes on', async () => {
    for (let count = 0; count < 5; count++) await add({ expiresAt: house.now - 1 })
    expect(await run({ pages: 10, keys: 3 })).toBe(3)
    expect(await run({ pages: 0, keys: 3 })).toBe(0)
    expect(await run()).toBe(2)
    expect(await ids()).toEqual([])
  })

  it('are each told once, though two runs meet', async () => {
    for (let count = 0; count < 8; count++) await add({ expiresAt: house.now - 1 })
    const gone = await Promise.all([run(), run(), run()])
    expect(gone.reduce((sum, each) => sum + each)).toBe(8)
    expect(await house.audit('authenticator.expired')).toHaveLength(8)
  })

  it('are spared where somebody changed them since they were listed', async () => {
    const key = await add({ expiresAt: house.now - 1 })
    const { query } = house.db
    const db = {
      ...house.db,
      query: async (asked: Parameters<typeof query>[0]) => {
        const page = await query(asked)
        await house.db.transact([changedState(key, 'lock')])
        return page
      },
    }
    expect(await expirePending({ db, now: () => house.now, actor: { kind: 'service', id: 'x' } })).toBe(0)
    expect(await ids()).toEqual([key.id])
    expect(await house.audit('authenticator.expired')).toEqual([])
  })
})
