/**
 * The counts of the audit log: a record a day and shard, and one a shard since there is a log. They are added to in the
 * transaction of the block of the chain that they count, so that each event is counted once, whatever is delivered twice.
 */
import { type Counts, summed } from '../core/statistics.ts'
import type { Db, Item, Write } from './db.ts'

export const statisticsPartition = 'statistics'
const ever = 'ever'

/** DynamoDB takes 4 kB of an expression: what does not fit goes into a record beside it. In bytes. */
const longestExpression = 4000

/**
 * What a block adds, to its day and to all time: two records as a rule, and two more for each 4 kB of counters that a
 * block with many different ones brings. Put these in the transaction that puts the block.
 */
export const counted = (day: string, shard: number, counts: Counts): Write[] =>
  [day, ever].flatMap((period) =>
    portionsOf(counts).map((portion, index) => added(`${period}#${shard}${index === 0 ? '' : `#${index}`}`, portion)),
  )

const added = (sk: string, portion: readonly (readonly [string, number])[]): Write => ({
  write: 'update',
  table: 'config',
  key: { pk: statisticsPartition, sk },
  update: `ADD ${portion.map(([name], index) => `#${name} :v${index}`).join(', ')}`,
  values: Object.fromEntries(portion.map(([, count], index) => [`v${index}`, count])),
})

function portionsOf(counts: Counts): [string, number][][] {
  const portions: [string, number][][] = []
  let room = 0
  for (const pair of Object.entries(counts)) {
    const size = pair[0].length + 10
    if (size > room) {
      portions.push([])
      room = longestExpression
    }
    portions.at(-1)?.push(pair)
    room -= size
  }
  return portions
}

/** What was counted on each day from the first to the last, both included (`2026-11-22`). A day without anything is not in it. */
export async function readStatistics(
  db: Pick<Db, 'query'>,
  from: string,
  to: string,
): Promise<{ day: string; counts: Counts }[]> {
  const byDay = new Map<string, Counts[]>()
  // `~` is after whatever follows the day.
  for (const { sk, ...rest } of await allBetween(db, from, `${to}~`)) {
    const day = String(sk).slice(0, to.length)
    byDay.set(day, [...(byDay.get(day) ?? []), countsIn(rest)])
  }
  return [...byDay].map(([day, all]) => ({ day, counts: summed(all) }))
}

/** What was counted since there is a log. */
export const readEverCounted = async (db: Pick<Db, 'query'>): Promise<Counts> =>
  summed((await allBetween(db, `${ever}#`, `${ever}#~`)).map(countsIn))

async function allBetween(db: Pick<Db, 'query'>, from: string, to: string): Promise<Item[]> {
  const items: Item[] = []
  let after: Item | undefined
  do {
    const page = await db.query({
      table: 'config',
      where: '#pk = :pk AND #sk BETWEEN :from AND :to',
      values: { pk: statisticsPartition, from, to },
      ...(after === undefined ? {} : { after }),
    })
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return items
}

const countsIn = (item: Item): Counts =>
  Object.fromEntries(Object.entries(item).filter((pair): pair is [string, number] => typeof pair[1] === 'number'))
