import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { soundBlock } from '../../../src/core/audit-verification.ts'
import { readCounts } from '../../../src/core/statistics.ts'
import type { Db, Item } from '../../../src/store/db.ts'
import { readEverCounted } from '../../../src/store/statistics.ts'
import { isBlock, isRecord, openAuditLog } from '../../audit-log.ts'
import { type House, openHouse } from '../../house.ts'
import { type MemoryDb, openMemoryDb } from '../../memory-db.ts'

const blocksIn = (items: Item[]) =>
  items
    .filter(isBlock)
    .map((item) => soundBlock(item))
    .filter((block) => block !== undefined)

const entriesIn = (items: Item[]) => blocksIn(items).flatMap(({ entries }) => entries.map(({ sk }) => sk))

let db: MemoryDb
let log: ReturnType<typeof openAuditLog>
beforeEach(() => {
  db = openMemoryDb()
  log = openAuditLog(db)
})

describe('a block', () => {
  it('holds each record once, names the one before, and is counted in the same transaction', async () => {
    const items = await log.fill(40)
    expect(entriesIn(db.all('audit')).sort()).toEqual(items.map(({ sk }) => String(sk)).sort())
    expect(await log.verify()).toMatchObject({ findings: [], records: 40, waiting: 0 })
    expect(readCounts(await readEverCounted(db)).events).toEqual({ 'login.succeeded': 40 })
  })

  it('follows the last one of the day before, or of an earlier one', async () => {
    await log.fill(30)
    log.clock.now += 2 * 86_400
    await log.fill(30)
    const firsts = blocksIn(db.all('audit')).filter(({ sequence }) => sequence === 1)
    for (const { day, shard, previous } of firsts.filter((block) => block.day > '2027-01-15')) {
      const before = blocksIn(db.all('audit')).filter((block) => block.shard === shard && block.day < day)
      expect(previous?.sequence ?? 0).toBe(before.length)
    }
    expect((await log.verify()).findings).toEqual([])
  })

  it('of records that come late for their day is at the end of that day, and the next day holds as it was', async () => {
    await log.fill(10)
    const late = await log.put()
    log.clock.now += 86_400
    await log.fill(10)
    await log.instance()({ Records: [log.told(late)] })
    expect((await log.verify()).findings).toEqual([])
    expect(entriesIn(db.all('audit'))).toContain(late.sk)
  })

  it('of a record that comes late for a day before the first one is none that the next could have named', async () => {
    const late = await log.put()
    log.clock.now += 86_400
    await log.fill(60)
    log.clock.now += 60
    await log.instance()({ Records: [log.told(late)] })
    expect((await log.verify()).findings).toEqual([])
  })

  it('says when a record was written, where that is not when it says that it happened', async () => {
    const item = await log.put()
    await log.instance()({ Records: [log.told(item, Number(item.at) + 7200)] })
    expect(blocksIn(db.all('audit'))[0]?.entries).toMatchObject([{ written: Number(item.at) + 7200 }])
    expect((await log.verify()).kinds).toEqual(['record-backdated'])
  })
})

describe('what is told', () => {
  it('of a change or a removal by somebody is in the log, and of what DynamoDB itself removes is not', async () => {
    const [item = {}] = await log.fill(1)
    const told = log.told(item)
    const byDynamodb = { type: 'Service', principalId: 'dynamodb.amazonaws.com' }
    await log.instance()({
      Records: [
        { ...told, eventName: 'MODIFY' },
        { ...told, eventName: 'REMOVE' },
        { ...told, eventName: 'REMOVE', userIdentity: byDynamodb },
      ],
    })
    expect(log.lines).toEqual([
      { message: 'audit-tampered', eventName: 'MODIFY', pk: item.pk, sk: item.sk },
      { message: 'audit-tampered', eventName: 'REMOVE', pk: item.pk, sk: item.sk },
    ])
    expect((await log.verify()).findings).toEqual([])
  })

  it('of a record where none of ours can be holds nothing up', async () => {
    const item = await log.put()
    const strange = { ...item, pk: 'elsewhere' }
    await expect(log.instance()({ Records: [log.told(strange), log.told(item)] })).resolves.toEqual({
      batchItemFailures: [],
    })
    expect(entriesIn(db.all('audit'))).toEqual([item.sk])
    expect(log.lines).toMatchObject([{ message: 'audit-tampered', pk: 'elsewhere' }])
  })

  it.each(['2020-01-01', '0000-00-00', '9999-99-99'])('of a record that says another time than %s', async (day) => {
    const { id, ...item } = await log.put()
    const strange = { ...item, id, pk: `${day}#3`, sk: `${day}T00:00:00.000Z#${id}` }
    expect(await log.instance()({ Records: [log.told(strange)] })).toEqual({ batchItemFailures: [] })
    expect(log.lines).toMatchObject([{ message: 'audit-tampered', pk: strange.pk }])
    expect(blocksIn(db.all('audit'))).toEqual([])
  })

  it('of what cannot be counted holds nothing up', async () => {
    const item = await log.put()
    const strange = { ...item, type: 7 }
    await log.instance()({ Records: [log.told(strange)] })
    expect(log.lines).toMatchObject([{ message: 'audit-tampered' }])
  })

  it('comes again from the first on that is in no block, where the store fails', async () => {
    const items = [await log.put(), await log.put()]
    const Records = items.map((item) => log.told(item))
    const broken = openAuditLog({ ...db, transact: () => Promise.reject(new Error('away')) } as Db)
    expect(await broken.instance()({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] })
    expect(await log.instance()({ Records })).toEqual({ batchItemFailures: [] })
    expect((await log.verify()).findings).toEqual([])
  })

  it('of a shard that DynamoDB split may come in any order: greater numbers first', async () => {
    const items = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => log.put()))
    const Records = items.map((item) => log.told(item))
    for (const record of Records.toReversed()) await log.instance()({ Records: [record] })
    for (const record of Records) await log.instance()({ Records: [record] })
    expect(entriesIn(db.all('audit')).sort()).toEqual(items.map(({ sk }) => String(sk)).sort())
    expect((await log.verify()).findings).toEqual([])
  })
})

describe('however it is told', () => {
  it('each record is in one block and counted once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 12 }),
        async (count, pieces) => {
          const store = openMemoryDb()
          const its = openAuditLog(store)
          const items: Item[] = []
          for (let at = 0; at < count; at++) items.push(await its.put())
          const Records = items.map((item) => its.told(item))
          const warm = its.instance()
          // Pieces that overlap, again and out of order, by instances at the same time.
          await Promise.all(
            [...pieces, [0, count]].map(([from = 0, to = 0], at) =>
              (at % 2 === 0 ? warm : its.instance())({ Records: Records.slice(from, to) }),
            ),
          )
          expect(entriesIn(store.all('audit')).sort()).toEqual(items.map(({ sk }) => String(sk)).sort())
          expect((await its.verify()).findings).toEqual([])
          expect(readCounts(await readEverCounted(store)).events).toEqual({ 'login.succeeded': count })
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('on DynamoDB', () => {
  let house: House
  beforeAll(async () => {
    house = await openHouse()
  })
  afterAll(() => house.close())

  it('of eight instances that are told of the same records at once, each record is in one block', async () => {
    const its = openAuditLog(house.db)
    const items: Item[] = []
    for (let at = 0; at < 24; at++) items.push(await its.put())
    const Records = items.map((item) => its.told(item))
    const told = await Promise.all(Array.from({ length: 8 }, () => its.instance()({ Records })))
    // One that met too many others is told again.
    for (const { batchItemFailures } of told) if (batchItemFailures.length > 0) await its.instance()({ Records })
    const all = await house.all('audit')
    expect(entriesIn(all).sort()).toEqual(items.map(({ sk }) => String(sk)).sort())
    expect(all.filter(isRecord)).toHaveLength(24)
    expect((await its.verify()).findings).toEqual([])
    expect(readCounts(await readEverCounted(house.db)).events).toEqual({ 'login.succeeded': 24 })
  })
})
