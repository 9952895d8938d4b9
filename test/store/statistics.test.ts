/** Counts of the audit log are what a recount of the log comes to, however it was cut into blocks and delivered. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditEvent, type AuditType, auditTypes } from '../../src/core/audit-event.ts'
import { countsOf, failureReasons, readCounts, type Statistics, summed } from '../../src/core/statistics.ts'
import { auditDay, auditShards } from '../../src/store/audit.ts'
import type { Db, Write } from '../../src/store/db.ts'
import { counted, readEverCounted, readStatistics } from '../../src/store/statistics.ts'
import { type House, openHouse } from '../house.ts'
import { openMemoryDb } from '../memory-db.ts'

const seed = Number(process.env.SEED ?? 20_261_122)
const day = 86_400
const monday = Date.parse('2026-11-16T00:00:00Z') / 1000
const yubikey = 'cb69481e-8ff7-4039-93ec-0a2729a154a8'

const event = (type: AuditType, more: Partial<AuditEvent> = {}): AuditEvent => ({
  type,
  at: monday,
  actor: { kind: 'service', id: 'keystep' },
  ...more,
})

const anyEvent: fc.Arbitrary<AuditEvent> = fc.record(
  {
    type: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(...auditTypes) },
      {
        weight: 3,
        arbitrary: fc.constantFrom<AuditType>(
          'login.succeeded',
          'login.failed',
          'authenticator.imported',
          'authenticator.deleted',
          'authenticator.expired',
          'authenticator.activation-failed',
        ),
      },
    ),
    at: fc.integer({ min: monday, max: monday + 3 * day - 1 }),
    actor: fc.constant({ kind: 'service', id: 'keystep' } as const),
    reason: fc.option(fc.constantFrom('wrong-password', 'expired', 'certificate-revoked', 'constructor', 'Ä unknown'), {
      nil: undefined,
    }),
    achieved: fc.constantFrom('pwd', 'fido', '', 'urn:mace:incommon:iap:silver', '__proto__', 'ä'),
    aaguid: fc.constantFrom(yubikey, yubikey.toUpperCase(), '2fc0579f-8113-47ea-b116-bb5a8db9202a', 'not one'),
  },
  { requiredKeys: ['type', 'at', 'actor'] },
) as fc.Arbitrary<AuditEvent>

type Block = { id: number; day: string; shard: number; events: AuditEvent[] }

/** The chain's way: the block and what it counts, in one transaction that is refused the second time. */
const deliver = (db: Db, block: Block) =>
  db.transact([
    {
      write: 'put',
      table: 'audit',
      key: { pk: `chain#${block.day}#${block.shard}`, sk: String(block.id) },
      item: {},
      condition: 'attribute_not_exists(#pk)',
    } satisfies Write,
    ...counted(block.day, block.shard, countsOf(block.events)),
  ])

/** Cuts what one day and shard has into blocks, at the places that are drawn. */
const blocksOf = (events: readonly AuditEvent[], sizes: readonly number[]): Block[] => {
  const blocks: Block[] = []
  for (const [index, each] of events.entries()) {
    const [on, shard] = [auditDay(each.at), index % auditShards]
    const last = blocks.findLast((block) => block.day === on && block.shard === shard)
    const room = sizes[blocks.length % sizes.length] ?? 1
    if (last !== undefined && last.events.length < room) last.events.push(each)
    else blocks.push({ id: blocks.length, day: on, shard, events: [each] })
  }
  return blocks
}

/** Counted anew and in another way: by asking the events, a question a number. */
function recount(events: readonly AuditEvent[]): Statistics {
  const many = (is: (each: AuditEvent) => boolean): number => events.filter(is).length
  const of = (type: AuditType) => many((each) => each.type === type)
  const byName = <Name extends string>(names: readonly Name[], count: (name: Name) => number) =>
    Object.fromEntries(names.map((name) => [name, count(name)] as const).filter(([, number]) => number > 0))
  const isVoided = ({ type, reason }: AuditEvent) =>
    type === 'authenticator.expired' || (type === 'authenticator.deleted' && reason === 'expired')
  const failed = events.filter(({ type }) => type === 'login.failed' || type === 'authenticator.activation-failed')
  const known = (reason = 'other') => (failureReasons.some((each) => each === reason) ? reason : 'other')
  const models = [...new Set(events.map(({ aaguid }) => aaguid?.toLowerCase()))].filter((each) => each?.length === 36)
  const came = (each: AuditEvent) => each.type === 'authenticator.imported' || each.type === 'authenticator.added'
  const went = (each: AuditEvent) => each.type === 'authenticator.deleted' || each.type === 'authenticator.expired'
  return {
    events: byName(auditTypes, of),
    keys: {
      imported: of('authenticator.imported'),
      added: of('authenticator.added'),
      activated: of('authenticator.activated'),
      expired: many(isVoided),
      deleted: of('authenticator.deleted') - many((each) => isVoided(each) && each.type === 'authenticator.deleted'),
    },
    signIns: byName([...new Set(events.map(({ achieved = '' }) => achieved))], (acr) =>
      many(({ type, achieved = '' }) => type === 'login.succeeded' && achieved === acr),
    ),
    failures: byName(failureReasons, (reason) => failed.filter((each) => known(each.reason) === reason).length),
    models: Object.fromEntries(
      models
        .map((aaguid = '') => {
          const of = (is: (each: AuditEvent) => boolean) => many((e) => e.aaguid?.toLowerCase() === aaguid && is(e))
          return [aaguid, { added: of(came), removed: of(went) }] as const
        })
        .filter(([, { added, removed }]) => added + removed > 0),
    ),
  }
}

describe('counts of the audit log', () => {
  it('are what a recount comes to, under any cut into blocks and any redelivery', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (events, sizes, again) => {
          const db = openMemoryDb()
          const blocks = blocksOf(events, sizes)
          const repeated = again.flatMap((at) => blocks.at(at % Math.max(1, blocks.length)) ?? [])
          for (const block of [...blocks, ...repeated]) await deliver(db, block)
          expect(readCounts(await readEverCounted(db))).toEqual(recount(events))
          for (const { day: on, counts } of await readStatistics(db, '2026-11-16', '2026-11-18'))
            expect(readCounts(counts)).toEqual(recount(events.filter(({ at }) => auditDay(at) === on)))
        },
      ),
      { seed, numRuns: 150 },
    )
  })

  it('tell what was counted by its own name', () => {
    const of = (...events: AuditEvent[]) => readCounts(countsOf(events))
    for (const type of auditTypes) expect(of(event(type)).events).toEqual({ [type]: 1 })
    for (const reason of failureReasons) expect(of(event('login.failed', { reason })).failures).toEqual({ [reason]: 1 })
    expect(Object.keys(countsOf(auditTypes.map((type) => event(type)))).every((name) => /^\w+$/.test(name))).toBe(true)
  })

  it('leave out a counter that nobody knows any more', () => {
    expect(readCounts({ event_of_old: 3, acr_zz: 1, model_added_12: 1 })).toEqual(readCounts({}))
  })
})

describe('on DynamoDB', () => {
  let house: House
  beforeAll(async () => {
    house = await openHouse()
  })
  afterAll(() => house.close())

  it('a block with hundreds of different counters is one transaction, and none of them is lost', async () => {
    const events = Array.from({ length: 400 }, (_, index) =>
      event('authenticator.imported', { aaguid: `cb69481e-8ff7-4039-93ec-0a27${String(index).padStart(8, '0')}` }),
    )
    const block = { id: 1, day: '2026-11-16', shard: 3, events }
    expect(await deliver(house.db, block)).toEqual({ ok: true })
    expect((await deliver(house.db, block)).ok).toBe(false)
    const [only, ...others] = await readStatistics(house.db, '2026-11-16', '2026-11-16')
    expect(others).toEqual([])
    expect(only?.counts).toEqual(summed([countsOf(events)]))
    expect(Object.keys(readCounts(only?.counts ?? {}).models)).toHaveLength(400)
  })

  it('a range holds its first and its last day and nothing else', async () => {
    const one = (on: string) => house.db.transact(counted(on, 0, countsOf([event('user.created')])))
    for (const on of ['2026-12-01', '2026-12-02', '2026-12-03', '2026-12-04']) await one(on)
    const days = await readStatistics(house.db, '2026-12-02', '2026-12-03')
    expect(days.map((each) => each.day)).toEqual(['2026-12-02', '2026-12-03'])
    expect(readCounts(await readEverCounted(house.db)).events['user.created']).toBe(4)
  })
})
