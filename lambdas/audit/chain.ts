/**
 * A record is in the audit log: it goes into a block of the chain, which holds its hash, and into the statistics, in one
 * transaction.
 *
 * No route: the stream of the audit table invokes it, so that nobody who writes a record waits for the chain, and nobody
 * can leave it out. What the stream tells twice is in a block once: what comes after the greatest sequence number that
 * a block names is new, and of all else the blocks are asked. So it holds however the stream is cut and told again, and
 * when two of these run at once.
 *
 * Its role puts and queries. That a record was changed or removed, by somebody who may, is told, too: nothing of ours
 * does that, and what DynamoDB itself removes at its end bears DynamoDB's name.
 */
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { hashOf, isAfter, nextBlock, type SealedBlock, type Told } from '../../src/core/audit-chain.ts'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import type { Seconds } from '../../src/core/result.ts'
import { countsOf } from '../../src/core/statistics.ts'
import { readStage } from '../../src/stage.ts'
import { partitionIn, standsInPlace } from '../../src/store/audit.ts'
import {
  appendedBlock,
  blockIn,
  blockItems,
  chainPartition,
  headOf,
  lastBefore,
  type Partition,
} from '../../src/store/audit-chain.ts'
import { type Db, type Item, openDb, openDynamodb } from '../../src/store/db.ts'
import { counted } from '../../src/store/statistics.ts'
import type { Log } from '../../src/world.ts'

type Needs = { db: Pick<Db, 'query' | 'transact'>; now(): Seconds; log: Log }

/** Those who make the next block at the same time are the few that a stream has shards. */
const mostTries = 20

/** What is in the blocks of a day and shard up to a number: blocks never change, so that it is read once. */
type Known = { upTo: number; keys: Set<string> }

/** From the first record on that is in no block, all come again. */
export const makeHandler = (needs: Needs) => {
  const known = new Map<string, Known>()
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const failed = new Set<Partition>()
    for (const facts of Records.flatMap(tamperedIn)) needs.log('audit-tampered', facts)
    const groups = grouped(Records, needs.log)
    for (const [partition, told] of groups) {
      try {
        await chain(needs, known, partition, told)
      } catch (failure) {
        needs.log('chain-failed', { error: failure instanceof Error ? failure.message : 'unknown' })
        failed.add(partition)
      }
    }
    const again = new Set([...groups].flatMap(([partition, told]) => (failed.has(partition) ? told : [])))
    const first = Records.find(({ dynamodb }) =>
      [...again].some(({ sequenceNumber }) => sequenceNumber === dynamodb?.SequenceNumber),
    )
    return { batchItemFailures: first ? [{ itemIdentifier: first.dynamodb?.SequenceNumber ?? '' }] : [] }
  }
}

/** What the filter of the mapping in `lib/audit-stack.ts` lets through: new records, and what nobody may do to one. */
export const isForChain = ({ eventName, dynamodb, userIdentity }: DynamoDBRecord): boolean =>
  eventName === 'INSERT' ? dynamodb?.NewImage?.kind?.S !== undefined : userIdentity === undefined

function tamperedIn({ eventName, userIdentity, dynamodb }: DynamoDBRecord) {
  if (eventName === 'INSERT' || userIdentity !== undefined) return []
  return [{ eventName, pk: dynamodb?.Keys?.pk?.S, sk: dynamodb?.Keys?.sk?.S }]
}

/** The new records by day and shard, in the order of the stream. */
function grouped(records: readonly DynamoDBRecord[], log: Log): Map<Partition, [Told, ...Told[]]> {
  const groups = new Map<string, { partition: Partition; told: [Told, ...Told[]] }>()
  for (const { eventName, dynamodb } of records) {
    if (eventName !== 'INSERT' || dynamodb?.NewImage?.kind === undefined) continue
    const { pk, sk } = { pk: dynamodb.Keys?.pk?.S ?? '', sk: dynamodb.Keys?.sk?.S ?? '' }
    const partition = partitionIn(pk)
    const item = readable(dynamodb.NewImage as Parameters<typeof unmarshall>[0])
    if (partition === undefined || item === undefined || !standsInPlace(item)) {
      // Whoever put it there was none of ours. In no block, it is found by whoever verifies the log.
      log('audit-tampered', { eventName, pk, sk })
      continue
    }
    const sequenceNumber = dynamodb.SequenceNumber ?? '0'
    const told: Told = { item, sk, sequenceNumber, writtenAt: Math.floor(dynamodb.ApproximateCreationDateTime ?? 0) }
    const group = groups.get(pk)
    if (group === undefined) groups.set(pk, { partition, told: [told] })
    else group.told.push(told)
  }
  return new Map([...groups.values()].map(({ partition, told }) => [partition, told]))
}

/** `undefined` for what has no canonical form, or cannot be counted: one such must not hold up the rest. */
function readable(image: Parameters<typeof unmarshall>[0]): Item | undefined {
  try {
    const item = unmarshall(image)
    hashOf(item)
    countsOf([item as AuditEvent])
    return item
  } catch {
    return undefined
  }
}

async function chain(
  { db, now }: Needs,
  known: Map<string, Known>,
  partition: Partition,
  told: readonly Told[],
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries++) {
    const head = await headOf(db, partition)
    const [first, ...rest] = await leftOut(db, known, { ...partition, head }, told)
    if (first === undefined) return
    const before = head === undefined ? await lastBefore(db, partition) : undefined
    const block = nextBlock({ ...partition, at: now() }, [first, ...rest], { head, before })
    const events = [first, ...rest].map(({ item }) => item as AuditEvent)
    const { day, shard } = partition
    const done = await db.transact([...appendedBlock(block), ...counted(day, shard, countsOf(events))])
    if (done.ok) return
  }
  throw new Error(`${chainPartition(partition)} grew ${mostTries} times while its next block was made`)
}

/** Those that are in no block yet, each once. */
async function leftOut(
  db: Needs['db'],
  known: Map<string, Known>,
  { head, ...partition }: Partition & { head: SealedBlock | undefined },
  told: readonly Told[],
): Promise<Told[]> {
  const distinct = [...new Map(told.map((each) => [each.sk, each])).values()]
  if (head === undefined || distinct.every((each) => isAfter(each.sequenceNumber, head.through))) return distinct
  const keys = await keysUpTo(db, known, partition, head.sequence)
  return distinct.filter(({ sk }) => !keys.has(sk))
}

async function keysUpTo(
  db: Needs['db'],
  known: Map<string, Known>,
  partition: Partition,
  sequence: number,
): Promise<Set<string>> {
  const name = chainPartition(partition)
  const its = known.get(name) ?? { upTo: 0, keys: new Set<string>() }
  // The oldest goes: a stream is told again in its order.
  if (known.size >= 32) known.delete([...known.keys()][0] ?? '')
  known.set(name, its)
  if (its.upTo < sequence)
    for await (const item of blockItems(db, partition, its.upTo)) {
      const block = blockIn(item)
      for (const { sk } of block.entries) its.keys.add(sk)
      its.upTo = block.sequence
    }
  return its.keys
}

let opened: ReturnType<typeof makeHandler> | undefined

export const handler = (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  if (opened === undefined) {
    const stage = readStage(process.env)
    opened = makeHandler({
      db: openDb(openDynamodb(stage), stage.tableNames, stage),
      now: () => Math.floor(Date.now() / 1000),
      log: (message, facts) => console.log(JSON.stringify({ message, ...facts })),
    })
  }
  return opened(event)
}
