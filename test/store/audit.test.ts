import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localClient } from '../../local/tables.ts'
import { recorded } from '../../src/store/audit.ts'
import { readLog } from '../../src/store/audit-log.ts'
import { openDb } from '../../src/store/db.ts'
import { dayOne, type House, openHouse } from '../house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const event = (user: string, at: number) =>
  recorded({ type: 'login.succeeded', at, actor: { kind: 'user', id: user }, user })

/** A store with the stage's retention, and what it sends. */
function storeOf(auditOnlineDays?: number) {
  const client = localClient(house.stage.dynamodbEndpoint ?? '')
  const sent: string[] = []
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        sent.push(String(commandName).replace(/Command$/, ''))
        return next(args)
      },
    { step: 'initialize', name: 'count' },
  )
  const retention = auditOnlineDays === undefined ? {} : { auditOnlineDays }
  return { sent, db: openDb(client, house.stage.tableNames, retention) }
}

describe('a record', () => {
  it('ends online so many days after what it tells of, alone or with its change', async () => {
    const { db } = storeOf(400)
    const [alone, beside] = [event('alone', dayOne), event('beside', dayOne)]
    await db.transact([alone])
    await db.transact([
      beside,
      { write: 'put', table: 'config', key: { pk: 'a', sk: 'change' }, item: { since: dayOne } },
    ])
    for (const { table, key } of [alone, beside])
      expect(await db.get({ table, key })).toMatchObject({ until: dayOne + 400 * 86_400 })
    expect(await db.get({ table: 'config', key: { pk: 'a', sk: 'change' } })).not.toHaveProperty('until')
  })

  it('stays where the stage says nothing', async () => {
    const { db } = storeOf()
    const kept = event('kept', dayOne)
    await db.transact([kept])
    expect(await db.get(kept)).not.toHaveProperty('until')
  })
})

describe("one user's events", () => {
  it('are one query a page, and as many however many there are of others', async () => {
    const { db, sent } = storeOf()
    for (let at = 0; at < 30; at++) await db.transact([event('ada', dayOne + at)])
    const since = { since: dayOne, until: dayOne + 86_400, order: 'desc', size: 25, by: { users: ['ada'] } } as const
    const asked = async () => {
      sent.length = 0
      const { records, next } = await readLog(db, since)
      return { count: records.length, more: next !== undefined, sent: [...sent] }
    }
    const alone = await asked()
    expect(alone).toEqual({ count: 25, more: true, sent: ['Query'] })
    for (let at = 0; at < 100; at++) await db.transact([event(`somebody-${at % 7}`, dayOne + at)])
    expect(await asked()).toEqual(alone)
  })
})
