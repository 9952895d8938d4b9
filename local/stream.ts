/**
 * DynamoDB Streams on a laptop: follows a table's stream, and calls a Lambda with the changes that it is to hear of, as
 * the event source mapping does: in order, from the first that failed again, and on after so many tries.
 *
 * How far it came is kept in a file, so that what changed in the last moment of a run is heard of in the next one.
 */
import { existsSync, readFileSync } from 'node:fs'
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { awsAccess } from './dynamodb.ts'
import { writeWhole } from './files.ts'
import { localClient } from './tables.ts'

export type StreamSettings = {
  endpoint: string
  /** The table's deployed name. */
  table: string
  /** What the filter of the mapping in `lib/` lets through. */
  wants(record: DynamoDBRecord): boolean
  /** What goes undone where this DynamoDB has no stream. */
  purpose: string
  /** Holds how far it came; none: from the beginning each time. */
  file?: string
  /** The Lambda behind the event source mapping. */
  deliver(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse>
  /** Takes what is to be said: that there is no stream, and what was given up. */
  tell(line: string): void
  /** Milliseconds between two looks. */
  every?: number
}

/** By shard: the last change that was heard of. `stream`: of which stream that is. */
type Position = { stream: string; shards: Record<string, string> }

const triesOfABatch = 50

export async function followStream(settings: StreamSettings): Promise<{ close(): Promise<void> }> {
  const { endpoint, table, file, tell, every = 200 } = settings
  const stream = await streamOf(endpoint, table)
  if (stream === undefined) {
    tell(`This DynamoDB has no stream of ${table}: ${settings.purpose}.`)
    return { close: async () => {} }
  }
  const { region, ...credentials } = awsAccess()
  const client = new DynamoDBStreamsClient({ endpoint, region, credentials, maxAttempts: 2 })
  const position = readPosition(file, stream)
  const iterators = new Map<string, string>()
  let tries = 0
  let closed = false

  /** Where each shard goes on; those that came since are begun at their beginning. */
  async function open(): Promise<void> {
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn: stream }))
    for (const { ShardId = '' } of StreamDescription?.Shards ?? []) {
      if (iterators.has(ShardId)) continue
      const SequenceNumber = position.shards[ShardId]
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({
          StreamArn: stream,
          ShardId,
          ...(SequenceNumber === undefined
            ? { ShardIteratorType: 'TRIM_HORIZON' }
            : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber }),
        }),
      )
      if (ShardIterator !== undefined) iterators.set(ShardId, ShardIterator)
    }
  }

  async function look(): Promise<void> {
    if (iterators.size === 0) await open()
    for (const [shard, ShardIterator] of iterators) {
      const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }))
      const reached = await hand(settings, Records.map(lambdaRecord), tries)
      const last = reached === undefined ? Records.at(-1)?.dynamodb?.SequenceNumber : before(Records, reached)
      if (last !== undefined && last !== position.shards[shard]) {
        position.shards[shard] = last
        if (file !== undefined) writeWhole(file, position)
      }
      tries = reached === undefined ? 0 : tries + 1
      if (reached !== undefined || NextShardIterator === undefined) iterators.delete(shard)
      else iterators.set(shard, NextShardIterator)
    }
  }

  const following = (async () => {
    while (!closed) {
      try {
        await look()
      } catch (error) {
        // An iterator that is too old, or an emulator that is just ending: begun anew where it was.
        iterators.clear()
        if (!closed && tries++ === 0) tell(`The stream of ${table}: ${error instanceof Error ? error.message : error}`)
      }
      await pause(every * (tries === 0 ? 1 : 5), () => closed)
    }
  })()

  return {
    async close() {
      closed = true
      await following
      client.destroy()
    },
  }
}

/** `undefined`: all are done with. Otherwise the sequence number from which on they come again. */
async function hand({ deliver, tell, wants }: StreamSettings, records: DynamoDBRecord[], tries: number) {
  const due = records.filter(wants)
  if (due.length === 0) return undefined
  const { batchItemFailures } = await deliver({ Records: due }).catch(() => ({
    batchItemFailures: [{ itemIdentifier: due[0]?.dynamodb?.SequenceNumber ?? '' }],
  }))
  const [failed] = batchItemFailures
  if (failed === undefined) return undefined
  if (tries < triesOfABatch) return failed.itemIdentifier
  tell(`Given up after ${tries} tries: the change ${failed.itemIdentifier}`)
  return undefined
}

/** The last one before it; none: nothing of these was heard of. */
const before = (records: StreamRecord[], sequence: string): string | undefined =>
  records[records.findIndex((record) => record.dynamodb?.SequenceNumber === sequence) - 1]?.dynamodb?.SequenceNumber

/** As Lambda has it: times in seconds. */
const lambdaRecord = (record: StreamRecord): DynamoDBRecord => {
  const { ApproximateCreationDateTime: at } = record.dynamodb ?? {}
  const dynamodb = {
    ...record.dynamodb,
    ...(at === undefined ? {} : { ApproximateCreationDateTime: at.getTime() / 1000 }),
  }
  return { ...record, dynamodb } as DynamoDBRecord
}

async function streamOf(endpoint: string, table: string): Promise<string | undefined> {
  const client = localClient(endpoint)
  try {
    return (await client.send(new DescribeTableCommand({ TableName: table }))).Table?.LatestStreamArn
  } finally {
    client.destroy()
  }
}

function readPosition(file: string | undefined, stream: string): Position {
  const fresh = { stream, shards: {} }
  if (file === undefined || !existsSync(file)) return fresh
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Position
    return kept.stream === stream ? kept : fresh
  } catch {
    return fresh
  }
}

/** In small steps, so that an end is not waited for. */
async function pause(milliseconds: number, over: () => boolean): Promise<void> {
  for (const until = Date.now() + milliseconds; Date.now() < until && !over(); )
    await new Promise((done) => setTimeout(done, Math.min(50, milliseconds)))
}
