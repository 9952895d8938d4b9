/**
 * The blocks of the audit log's chain, beside the records and like them only ever put. A block stands at the number after
 * the last one, on the condition that none stands there: of two who make it, one has to read again.
 */
import type { Link, SealedBlock } from '../core/audit-chain.ts'
import { linkOf } from '../core/audit-chain.ts'
import type { AuditReader } from '../core/audit-verification.ts'
import { auditPartition } from './audit.ts'
import type { Db, Item, Query, Write } from './db.ts'

export type Partition = { day: string; shard: number }

/** `chain#2026-11-22#3`: beside the records of `2026-11-22#3`. */
export const chainPartition = ({ day, shard }: Partition): string => `chain#${auditPartition(day, shard)}`
/** Which days of a shard have blocks. */
const daysPartition = (shard: number): string => `chain-days#${shard}`

const sequenceKey = (sequence: number): string => String(sequence).padStart(10, '0')

/** To be put in one transaction with what goes with the block. The first of a day says that the day has some. */
export function appendedBlock(block: SealedBlock): Write[] {
  const { day, shard, sequence } = block
  const condition = 'attribute_not_exists(#pk)'
  const put = (pk: string, sk: string, item: Item): Write => ({
    write: 'put',
    table: 'audit',
    key: { pk, sk },
    item,
    condition,
  })
  return [
    put(chainPartition({ day, shard }), sequenceKey(sequence), block),
    ...(sequence === 1 ? [put(daysPartition(shard), day, { until: block.until })] : []),
  ]
}

/** The last block of that day and shard. */
export async function headOf(db: Pick<Db, 'query'>, partition: Partition): Promise<SealedBlock | undefined> {
  const { items } = await db.query({ ...inChain(partition), newestFirst: true, limit: 1 })
  return items[0] === undefined ? undefined : blockIn(items[0])
}

/** The last block of the latest day before that has one. */
export async function lastBefore(db: Pick<Db, 'query'>, { day, shard }: Partition): Promise<Link | undefined> {
  const { items } = await db.query({
    table: 'audit',
    where: '#pk = :pk AND #sk < :day',
    values: { pk: daysPartition(shard), day },
    newestFirst: true,
    limit: 1,
  })
  const earlier = items[0]?.sk
  const last = earlier === undefined ? undefined : await headOf(db, { day: String(earlier), shard })
  return last === undefined ? undefined : linkOf(last)
}

/** The first day of which there is a block. */
export async function firstDayOf(db: Pick<Db, 'query'>, shard: number): Promise<string | undefined> {
  const { items } = await db.query({
    table: 'audit',
    where: '#pk = :pk',
    values: { pk: daysPartition(shard) },
    limit: 1,
  })
  return items[0] === undefined ? undefined : String(items[0].sk)
}

/** The blocks after that number, as they are kept: whoever trusts them looks first. */
export const blockItems = (db: Pick<Db, 'query'>, partition: Partition, after = 0): AsyncGenerator<Item> =>
  everyItem(db, {
    table: 'audit',
    where: '#pk = :pk AND #sk > :after',
    values: { pk: chainPartition(partition), after: sequenceKey(after) },
  })

/** The records of a day and shard, by time. */
export const recordItems = (db: Pick<Db, 'query'>, { day, shard }: Partition): AsyncGenerator<Item> =>
  everyItem(db, { table: 'audit', where: '#pk = :pk', values: { pk: auditPartition(day, shard) } })

async function* everyItem(db: Pick<Db, 'query'>, query: Query): AsyncGenerator<Item> {
  let after: Item | undefined
  do {
    const page = await db.query({ ...query, ...(after === undefined ? {} : { after }) })
    yield* page.items
    after = page.next
  } while (after !== undefined)
}

const inChain = (partition: Partition): Query => ({
  table: 'audit',
  where: '#pk = :pk',
  values: { pk: chainPartition(partition) },
})

/** As `appendedBlock` put it; that it is whole is for its hash to say. */
export function blockIn({ pk: _pk, sk: _sk, ...block }: Item): SealedBlock {
  return block as SealedBlock
}

/** For whoever verifies. */
export const auditReader = (db: Pick<Db, 'query'>): AuditReader => ({
  records: (partition) => recordItems(db, partition),
  blocks: (partition) => blockItems(db, partition),
  block: async (partition, sequence) => {
    for await (const item of blockItems(db, partition, sequence - 1))
      return item.sk === sequenceKey(sequence) ? item : undefined
    return undefined
  },
})
