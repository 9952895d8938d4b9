/** The statistics of the API: what the log of these days came to, and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditEvent, AuditType } from '../../src/core/audit-event.ts'
import { countsOf } from '../../src/core/statistics.ts'
import { auditDay } from '../../src/store/audit.ts'
import { keptFidoModel } from '../../src/store/fido-models.ts'
import { counted } from '../../src/store/statistics.ts'
import { type Cms, openCms, type Problem } from './authenticators/cms.ts'

type Counted = {
  keys: Record<string, number>
  events: Record<string, number>
  signIns: Record<string, number>
  failures: Record<string, number>
}
type Shown = {
  from: string
  to: string
  days: ({ day: string } & Counted)[]
  total: Counted
  ever: { keys: Record<string, number>; models: { aaguid: string; keys: number }[] }
}

const blue = 'cb69481e-8ff7-4039-93ec-0a2729a154a8'
const red = '2fc0579f-8113-47ea-b116-bb5a8db9202a'

let cms: Cms
let today: string
beforeAll(async () => {
  cms = await openCms()
  today = auditDay(cms.house.now)
  const of = (type: AuditType, more: Partial<AuditEvent> = {}): AuditEvent => ({
    type,
    at: cms.house.now,
    actor: { kind: 'service', id: 'x' },
    ...more,
  })
  const put = (day: string, shard: number, ...events: AuditEvent[]) =>
    cms.house.db.transact(counted(day, shard, countsOf(events)))
  const imported = (aaguid: string) => of('authenticator.imported', { aaguid })
  await put(today, 0, imported(blue), imported(red), imported(red), of('login.succeeded', { achieved: 'fido' }))
  const renewed = of('login.succeeded', { achieved: 'otp', client: 'console', ages: { pwd: 40, otp: 31 } })
  await put(today, 4, renewed)
  await put(today, 5, imported(blue), of('login.failed', { reason: 'wrong-password' }))
  await put(daysAgo(3), 5, imported(red), of('authenticator.deleted', { aaguid: blue }), of('login.succeeded'))
  await cms.house.seed(keptFidoModel({ aaguid: red, description: 'Red key' }))
  await put(
    daysAgo(40),
    1,
    imported(blue),
    imported(red),
    of('authenticator.deleted', { reason: 'expired', aaguid: blue }),
  )
})
afterAll(() => cms.house.close())

const daysAgo = (days: number): string => auditDay(cms.house.now - days * 86_400)
const read = (query = '') => cms.call<Shown & Problem>('GET', `/statistics${query}`)

describe('statistics', () => {
  it('are of the last thirty days, each of them, and add up', async () => {
    const { json } = await read()
    expect([json.from, json.to, json.days.length]).toEqual([daysAgo(29), today, 30])
    expect(json.days.at(-1)).toEqual({
      day: today,
      events: { 'authenticator.imported': 4, 'login.succeeded': 2, 'login.failed': 1 },
      keys: { imported: 4, added: 0, activated: 0, expired: 0, deleted: 0 },
      // What the console asks for in silence is an event, and no sign-in.
      signIns: { fido: 1 },
      failures: { 'wrong-password': 1 },
    })
    expect(json.days.at(-2)?.events).toEqual({})
    expect(json.total.keys).toEqual({ imported: 5, added: 0, activated: 0, expired: 0, deleted: 1 })
    expect(json.total.signIns).toEqual({ fido: 1, '': 1 })
  })

  it('know how many keys there are of each model, whichever days are asked about', async () => {
    const { json } = await read(`?from=${daysAgo(60)}&to=${daysAgo(50)}`)
    expect(json.total.events).toEqual({})
    expect(json.ever.models).toEqual([
      { aaguid: red, name: 'Red key', keys: 4 },
      { aaguid: blue, keys: 1 },
    ])
    expect(json.ever.keys).toEqual({ imported: 7, added: 0, activated: 0, expired: 1, deleted: 1 })
  })

  it('of one day are of that day', async () => {
    const { json } = await read(`?from=${daysAgo(40)}&to=${daysAgo(40)}`)
    expect(json.days).toHaveLength(1)
    expect(json.days[0]?.keys).toEqual({ imported: 2, added: 0, activated: 0, expired: 1, deleted: 0 })
  })

  it.each([
    ['a day that there is not', '?from=2026-02-30'],
    ['a time', '?to=2026-02-03T00:00:00Z'],
    ['a range that ends before it begins', '?from=2026-02-02&to=2026-02-01'],
    ['more than a year', '?from=2025-01-01&to=2026-01-02'],
    ['all of time', '?from=1000-01-01&to=9999-12-31'],
    ['a misspelt parameter', '?since=2026-02-01'],
  ])('are not given for %s', async (_, query) => {
    expect((await read(query)).json).toMatchObject({ status: 400, code: 'malformed-request' })
  })
  it('are given for a year', async () => {
    expect((await read('?from=2025-01-01&to=2026-01-01')).json.days).toHaveLength(366)
  })
})
