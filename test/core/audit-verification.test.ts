import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { canonical, hashOf, sealed } from '../../src/core/audit-chain.ts'
import { blockIn } from '../../src/store/audit-chain.ts'
import type { Item } from '../../src/store/db.ts'
import { isBlock, isRecord, openAuditLog } from '../audit-log.ts'
import { type MemoryDb, openMemoryDb } from '../memory-db.ts'

describe('the canonical form', () => {
  it('is that of RFC 8785', () => {
    expect(
      canonical({
        numbers: JSON.parse('[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]'),
        string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
        literals: [null, true, false],
      }),
    ).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
    // Sorted by UTF-16 code units: §3.2.3 has these seven.
    const members = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    expect(canonical(Object.fromEntries(members.map((name) => [name, 0])))).toBe(
      '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\ud83d\ude00":0,"\ufb33":0}',
    )
  })

  it('does not depend on the order of members, and leaves out what is not there', () => {
    expect(hashOf({ b: 1, a: { d: [1, 2], c: undefined } })).toBe(hashOf({ a: { d: [1, 2] }, b: 1 }))
    expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }))
  })

  it.each([[new Set(['a'])], [new Uint8Array(1)], [Number.NaN], [1n], ['\ud800'], [() => 0]])('refuses %s', (value) => {
    expect(() => canonical({ value })).toThrow(TypeError)
  })

  it('of two that differ differs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame = canonical(one) === canonical(other)
        expect(isSame).toBe(sameJson(one, other))
      }),
    )
  })
})

const sameJson = (one: unknown, other: unknown): boolean => {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
            .map(([name, each]) => [name, sorted(each)])
            .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
            .concat([['object', '']])
        : value
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

let db: MemoryDb
let log: ReturnType<typeof openAuditLog>
beforeEach(async () => {
  db = openMemoryDb()
  log = openAuditLog(db)
  await log.fill(60, 2)
  log.clock.now += 86_400
  await log.fill(60, 2)
})

const keyOf = ({ pk, sk }: Item) => ({ pk: String(pk), sk: String(sk) })
const put = (item: Item) => db.transact([{ write: 'put', table: 'audit', key: keyOf(item), item }])
const remove = (item: Item) => db.transact([{ write: 'delete', table: 'audit', key: keyOf(item) }])
const records = () => db.all('audit').filter(isRecord)
const blocks = () => db.all('audit').filter(isBlock)
const nth = <Value>(values: Value[], at: number): Value => {
  const value = values[at]
  if (value === undefined) throw new Error('There are not so many')
  return value
}
/** A block with others around it on its day. */
const inner = (): Item => {
  const all = blocks()
  const has = (item: Item, by: number) =>
    all.some(({ pk, sk }) => pk === item.pk && Number(sk) === Number(item.sk) + by)
  const found = all.find((item) => has(item, -1) && has(item, 1))
  if (found === undefined) throw new Error('No day has three blocks')
  return found
}
const resealed = (item: Item, change: Item): Item => ({
  ...item,
  ...sealed({ ...(({ hash: _, ...block }) => block)(blockIn(item)), ...change }),
})

it('a log that nobody touched is found to be as it was written', async () => {
  expect(await log.verify()).toMatchObject({ findings: [], records: 120, waiting: 0, ended: 0 })
})

describe('what somebody did to a record', () => {
  it('altered: by one attribute', async () => {
    const item = nth(records(), 7)
    await put({ ...item, actor: { kind: 'user', id: 'bela' } })
    expect((await log.verify()).findings).toEqual([
      { kind: 'record-altered', key: `${item.pk} ${item.sk}`, at: item.at },
    ])
  })

  it('altered: an attribute more, one less, its end', async () => {
    const [one, other, third] = records()
    await put({ ...one, reason: 'none' })
    await put({ ...other, user: undefined })
    await put({ ...third, until: 1 })
    expect((await log.verify()).findings.map(({ kind }) => kind)).toEqual(Array(3).fill('record-altered'))
  })

  it('altered into what has no canonical form', async () => {
    await put({ ...nth(records(), 0), reason: new Set(['a']) })
    expect((await log.verify()).kinds).toEqual(['record-altered'])
  })

  it('removed', async () => {
    const item = nth(records(), 7)
    await remove(item)
    expect((await log.verify()).findings).toEqual([
      { kind: 'record-missing', key: `${item.pk} ${item.sk}`, at: item.at },
    ])
  })

  it('inserted, past the chain; one of a moment ago waits', async () => {
    const item = nth(records(), 7)
    const sk = String(item.sk).replace(/#.*/, '#forged')
    await put({ ...item, sk, id: 'forged' })
    await log.put({ at: log.clock.now + 3500 })
    const { findings, waiting } = await log.verify()
    expect(findings).toMatchObject([{ kind: 'record-inserted', key: `${item.pk} ${sk}` }])
    expect(waiting).toBe(1)
  })

  it('inserted, by way of the chain, with a time of long ago: unless it is mail, of which others say when', async () => {
    const forged = await log.put({ at: log.clock.now - 7200 })
    const told = await log.put({ at: log.clock.now - 7200, type: 'mail.bounced' })
    await log.instance()({ Records: [forged, told].map((item) => log.told(item, log.clock.now)) })
    expect((await log.verify()).findings).toMatchObject([
      { kind: 'record-backdated', key: `${forged.pk} ${forged.sk}` },
    ])
  })
})

describe('what somebody did to the chain', () => {
  it('altered a block to go with an altered record', async () => {
    const block = inner()
    const { entries } = blockIn(block)
    const item = records().find(({ sk }) => sk === entries[0]?.sk) ?? {}
    const forged = { ...item, user: 'bela' }
    await put(forged)
    const changed = entries.map((entry) => (entry.sk === item.sk ? { ...entry, hash: hashOf(forged) } : entry))
    await put({ ...block, entries: changed })
    expect((await log.verify()).findings).toMatchObject([{ kind: 'block-altered', key: `${block.pk} ${block.sk}` }])
    // And its hash with it: then it is the next one that says so.
    await put(resealed(block, { entries: changed }))
    expect((await log.verify()).findings).toMatchObject([{ kind: 'link-broken' }])
  })

  it('removed a block from between, or from the beginning', async () => {
    const block = inner()
    await remove(block)
    const { kinds } = await log.verify()
    expect(kinds).toEqual(['block-missing', 'record-inserted'])
  })

  it('removed a block and its records', async () => {
    const block = inner()
    const keys = new Set(blockIn(block).entries.map(({ sk }) => sk))
    await remove(block)
    for (const item of records().filter(({ sk }) => keys.has(String(sk)))) await remove(item)
    expect((await log.verify()).kinds).toEqual(['block-missing'])
  })

  it('put two blocks in each other’s place', async () => {
    const block = inner()
    const next = blocks().find(({ pk, sk }) => pk === block.pk && Number(sk) === Number(block.sk) + 1) ?? {}
    await put({ ...next, sk: block.sk })
    await put({ ...block, sk: next.sk })
    expect((await log.verify()).kinds).toContain('block-altered')
  })

  it('put records of a block in another order', async () => {
    const block = blocks().find((item) => blockIn(item).entries.length > 1) ?? {}
    await put({ ...block, entries: blockIn(block).entries.toReversed() })
    expect((await log.verify()).kinds).toEqual(['block-altered'])
  })

  it('took a whole day away: the next one names it', async () => {
    const first = String(
      records()
        .map(({ pk }) => String(pk))
        .sort()[0],
    ).slice(0, 10)
    for (const item of db.all('audit').filter(({ pk, sk }) => String(pk).includes(first) || sk === first))
      await remove(item)
    expect((await log.verify()).kinds).toEqual(['block-missing'])
  })

  it('cut off its end: the checkpoints say how long it was', async () => {
    const { heads } = await log.verify()
    const [name = '', head] = nth(Object.entries(heads), -1 + Object.keys(heads).length)
    const last = blocks().find(({ pk, sk }) => pk === `chain#${name}` && Number(sk) === head?.sequence) ?? {}
    const keys = new Set(blockIn(last).entries.map(({ sk }) => sk))
    await remove(last)
    for (const item of records().filter(({ sk }) => keys.has(String(sk)))) await remove(item)
    expect((await log.verify()).findings).toEqual([])
    const headsOf = ({ day, shard }: { day: string; shard: number }) =>
      `${day}#${shard}` === name && head !== undefined ? [head] : []
    expect((await log.verify({ headsOf })).findings).toMatchObject([
      { kind: 'tail-missing', key: `chain#${name} ${head?.sequence}` },
    ])
  })

  it('made the whole chain anew over an altered record: the checkpoints name other hashes', async () => {
    const { heads } = await log.verify()
    const target = nth(records(), 3)
    const again = openMemoryDb()
    const forger = openAuditLog(again)
    forger.clock.now = log.clock.now
    const forged = records().map((item) => (item.sk === target.sk ? { ...item, user: 'bela' } : item))
    for (const item of forged) await again.transact([{ write: 'put', table: 'audit', key: keyOf(item), item }])
    for (const item of forged) await forger.instance()({ Records: [forger.told(item)] })
    expect((await forger.verify()).findings).toEqual([])
    const headsOf = ({ day, shard }: { day: string; shard: number }) => {
      const head = heads[`${day}#${shard}`]
      return head === undefined ? [] : [head]
    }
    expect((await forger.verify({ headsOf })).kinds).toContain('head-differs')
  })
})

describe('what has ended by the retention', () => {
  it('is nothing that was done to the log', async () => {
    db = openMemoryDb()
    log = openAuditLog(db)
    const items: Item[] = []
    for (let at = 0; at < 20; at++) {
      const item = { ...(await log.put()), until: log.clock.now + 30 * 86_400 }
      await put(item)
      items.push(item)
    }
    await log.instance()({ Records: items.map((item) => log.told(item)) })
    const later = { now: log.clock.now + 31 * 86_400 }
    for (const item of items.slice(0, 10)) await remove(item)
    expect((await log.verify()).kinds).toEqual(['record-missing'])
    expect(await log.verify(later)).toMatchObject({ findings: [], records: 10, ended: 10 })
    // The blocks follow a month later, in any order.
    for (const item of db.all('audit').filter((each) => isRecord(each))) await remove(item)
    const [gone = {}] = blocks()
    await remove(gone)
    expect((await log.verify({ now: log.clock.now + 62 * 86_400 })).findings).toEqual([])
  })
})

describe('whatever somebody did', () => {
  const change = fc.record({
    at: fc.nat(),
    to: fc.constantFrom('alter', 'remove', 'insert', 'alter-block', 'remove-block', 'swap'),
  })

  it('is found', async () => {
    const { heads } = await log.verify()
    const headsOf = ({ day, shard }: { day: string; shard: number }) => {
      const head = heads[`${day}#${shard}`]
      return head === undefined ? [] : [head]
    }
    const whole = db.snapshot()
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        db.restore(whole)
        const before = JSON.stringify(contents())
        for (const { at, to } of changes) await tamper(to, at)
        const isSame = JSON.stringify(contents()) === before
        expect((await log.verify({ headsOf })).findings.length > 0).toBe(!isSame)
      }),
      { numRuns: 120 },
    )
  })

  const contents = () => db.all('audit').sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1))

  async function tamper(to: string, at: number): Promise<void> {
    const [record = {}, block = {}] = [records(), blocks()].map((all) => all[at % Math.max(all.length, 1)])
    const other = blocks()[(at + 1) % blocks().length] ?? {}
    switch (to) {
      case 'alter':
        return void (await put({ ...record, reason: `reason ${at}` }))
      case 'remove':
        return void (await remove(record))
      case 'insert':
        return void (await put({ ...record, sk: `${String(record.sk).slice(0, 24)}#forged-${at}` }))
      case 'alter-block':
        return void (await put(resealed(block, { at: at + 1 })))
      case 'remove-block':
        return void (await remove(block))
      default:
        await put({ ...other, pk: block.pk, sk: block.sk })
        await put({ ...block, pk: other.pk, sk: other.sk })
    }
  }
})
