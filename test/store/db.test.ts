import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localClient } from '../../local/tables.ts'
import { folded, openDb, type Place, type Write } from '../../src/store/db.ts'
import { type House, openHouse } from '../house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const place = (pk: string): Place => ({ table: 'sessions', key: { pk } })
const put = (pk: string, item = {}): Write => ({
  write: 'put',
  ...place(pk),
  item,
  condition: 'attribute_not_exists(#pk)',
})

/** What the store sends for each of its transactions. */
function counted() {
  const sent: string[] = []
  const client = localClient(house.stage.dynamodbEndpoint ?? '')
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        sent.push(String(commandName).replace(/Command$/, ''))
        return next(args)
      },
    { step: 'initialize', name: 'count' },
  )
  return { sent, of: openDb(client, house.stage.tableNames).transact }
}

describe('a transaction', () => {
  it('hands back the record that stood in the way, at its place in the list', async () => {
    await house.db.transact([put('there', { colour: 'blue' })])
    const done = await house.db.transact([put('new'), put('there')])
    expect(done).toMatchObject({ ok: false, conflicts: [undefined, { found: { pk: 'there', colour: 'blue' } }] })
    expect(await house.db.get(place('new'))).toBeUndefined()
  })

  it('says that there was nothing, where a record had to be', async () => {
    const done = await house.db.transact([
      {
        write: 'update',
        ...place('missing'),
        update: 'SET #a = :one',
        condition: 'attribute_exists(#pk)',
        values: { one: 1 },
      },
    ])
    expect(done).toEqual({ ok: false, conflicts: [{ found: undefined }] })
  })

  it('of twenty at once that make one record, one does', async () => {
    const done = await Promise.all(Array.from({ length: 20 }, (_, by) => house.db.transact([put('raced', { by })])))
    expect(done.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it('a check of a record that is changed in it becomes a condition of the change', async () => {
    const check: Write = { write: 'check', ...place('both'), condition: '#n = :n', values: { n: 1 } }
    const change: Write = { write: 'update', ...place('both'), update: 'SET #m = :m', values: { m: 2 } }
    expect(folded([check, change])).toEqual([{ ...change, condition: '(#n = :n)', values: { m: 2, n: 1 } }])
    await house.db.transact([put('both', { n: 0 })])
    expect((await house.db.transact([check, change])).ok).toBe(false)
    await house.db.transact([{ write: 'update', ...place('both'), update: 'SET #n = :one', values: { one: 1 } }])
    expect((await house.db.transact([check, change])).ok).toBe(true)
  })

  it('an audit record alone is put by itself, and by the side of anything else in the transaction', async () => {
    const record: Write = {
      write: 'put',
      table: 'audit',
      key: { pk: '2026-11-22#0', sk: 'alone' },
      item: { id: 'one' },
    }
    const { sent, of } = counted()
    expect(await of([record])).toEqual({ ok: true })
    expect(await house.db.get(record)).toMatchObject({ id: 'one' })
    await of([record, put('beside it')])
    await of([{ ...record, condition: 'attribute_exists(#pk)' }])
    await of([{ write: 'put', ...place('no audit'), item: {} }])
    expect(sent).toEqual(['PutItem', 'TransactWriteItems', 'TransactWriteItems', 'TransactWriteItems'])
  })

  it('one name for two values is a bug that shows', () => {
    const check: Write = { write: 'check', ...place('x'), condition: '#n = :n', values: { n: 1 } }
    const change: Write = { write: 'update', ...place('x'), update: 'SET #m = :n', values: { n: 2 } }
    expect(() => folded([check, change])).toThrow(':n')
  })
})

describe('a batch', () => {
  it('answers in the order asked, over tables, with gaps and repeats', async () => {
    await house.db.transact([put('first', { n: 1 }), put('second', { n: 2 })])
    const found = await house.db.batch([place('second'), place('nowhere'), place('first'), place('second')])
    expect(found.map((item) => item?.n)).toEqual([2, undefined, 1, 2])
  })

  it('a key that cannot be is one that is not there', async () => {
    const found = await house.db.batch([place(''), place('x'.repeat(3000)), place('first')])
    expect(found.map((item) => item?.n)).toEqual([undefined, undefined, 1])
    const update = { update: 'SET #n = :n', values: { n: 1 } }
    expect(await house.db.update(place(''), update)).toEqual({ ok: false, found: undefined })
  })
})
