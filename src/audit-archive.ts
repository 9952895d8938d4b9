/**
 * Writes what the chain of the audit log grew by into the archive, and a signed checkpoint over it: a Lambda on a schedule,
 * and `npm start`.
 *
 * A checkpoint is put on the condition that there is none of its number, after the files that it names: one that broke off
 * leaves files that nobody names, and the next begins where the last checkpoint ended. Of two at once, one has its
 * checkpoint. Left out: what was found wrong with the log, which `audit verify` says.
 */
import { gzipSync } from 'node:zlib'
import type { SealedBlock } from './core/audit-chain.ts'
import {
  type ArchivedFile,
  type Checkpoint,
  checkpointName,
  claimedCheckpoint,
  digestOf,
  type Head,
} from './core/audit-checkpoint.ts'
import { isThat } from './core/audit-verification.ts'
import type { Seconds } from './core/result.ts'
import { newId } from './core/secret.ts'
import type { Archive } from './services/archive.ts'
import type { CheckpointSigner } from './services/checkpoint-signer.ts'
import { auditDay, auditPartition, auditShards } from './store/audit.ts'
import { blockIn, blockItems, firstDayOf, headOf, type Partition } from './store/audit-chain.ts'
import type { Db, Item } from './store/db.ts'
import type { Log } from './world.ts'

export type Archiver = {
  db: Pick<Db, 'batch' | 'query'>
  archive: Archive
  signer: CheckpointSigner
  now(): Seconds
  log: Log
}

/** Days after which the chain of a day may still grow: SES tells of mail for two weeks, with its own times. */
const mayGrow = 16

/** Some megabytes of JSON at most, and less than one in the archive. */
const blocksOfAFile = 50

const aDay = 86_400

/** `undefined`: somebody else made this checkpoint at the same time. */
export async function archiveAudit({ db, archive, signer, now, log }: Archiver): Promise<Checkpoint | undefined> {
  const at = now()
  const last = await lastCheckpoint(archive, at)
  const from = last === undefined ? await firstDay(db) : dayBefore(last.checkpoint.day, mayGrow)
  const heads: Record<string, Head> = {}
  const files: ArchivedFile[] = []
  for (const day of daysFrom(from ?? auditDay(at), auditDay(at)))
    for (let shard = 0; shard < auditShards; shard++) {
      const before = last?.checkpoint.heads[auditPartition(day, shard)]
      const head = await headOf(db, { day, shard })
      const isNew = head !== undefined && head.sequence > (before?.sequence ?? 0)
      const reached = isNew ? await writeFiles({ db, archive, log }, { day, shard }, before?.sequence, files) : before
      if (reached !== undefined) heads[auditPartition(day, shard)] = reached
    }
  const checkpoint: Checkpoint = {
    sequence: (last?.checkpoint.sequence ?? 0) + 1,
    at,
    ...(last === undefined ? {} : { previous: last.digest }),
    day: auditDay(at),
    heads,
    files,
  }
  const made = await archive.put(checkpointName(checkpoint), Buffer.from(await signer.sign(checkpoint)))
  return made ? checkpoint : undefined
}

/** As a rule in a list of this month's or the last one's: however old the log is, few names are read. */
async function lastCheckpoint(archive: Archive, at: Seconds) {
  const month = auditDay(at).slice(0, 7)
  // By the day before the first: whoever counts thirty-one days back from May the first is in March.
  const monthBefore = dayBefore(`${month}-01`, 1).slice(0, 7)
  let name: string | undefined
  for (const prefix of [`checkpoints/${month}/`, `checkpoints/${monthBefore}/`, 'checkpoints/'])
    name ??= (await archive.list(prefix)).at(-1)?.name
  const bytes = name === undefined ? undefined : await archive.get(name)
  if (bytes === undefined) return undefined
  const read = claimedCheckpoint(Buffer.from(bytes).toString())
  if (!read.ok) throw new Error(`${name} is no checkpoint: ${read.detail}`)
  return { checkpoint: read.value, digest: digestOf(bytes) }
}

async function firstDay(db: Archiver['db']): Promise<string | undefined> {
  const firsts = await Promise.all(Array.from({ length: auditShards }, (_, shard) => firstDayOf(db, shard)))
  return firsts.filter((day) => day !== undefined).sort()[0]
}

/** Answers how far it came. */
async function writeFiles(
  { db, archive, log }: Pick<Archiver, 'db' | 'archive' | 'log'>,
  partition: Partition,
  after: number | undefined,
  files: ArchivedFile[],
): Promise<Head | undefined> {
  let blocks: Item[] = []
  let last: SealedBlock | undefined
  const write = async () => {
    const file = await fileOf(db, partition, blocks, log)
    await archive.put(file.name, file.bytes)
    files.push({ name: file.name, sha256: digestOf(file.bytes), blocks: blocks.length, records: file.records })
    blocks = []
  }
  for await (const item of blockItems(db, partition, after)) {
    blocks.push(item)
    last = blockIn(item)
    if (blocks.length === blocksOfAFile) await write()
  }
  if (blocks.length > 0) await write()
  if (last === undefined) return undefined
  const { sequence, hash, until } = last
  return { sequence, hash, ...(until === undefined ? {} : { until }) }
}

/** JSON lines, compressed: each block, and after it its records as they are kept. */
async function fileOf(db: Archiver['db'], { day, shard }: Partition, blocks: readonly Item[], log: Log) {
  const lines: string[] = []
  let records = 0
  for (const item of blocks) {
    lines.push(JSON.stringify({ block: item }))
    for (const record of await recordsOf(db, { day, shard }, blockIn(item), log)) {
      lines.push(JSON.stringify({ record }))
      records++
    }
  }
  const [first, last] = [blocks[0], blocks.at(-1)].map((item) => String(item?.sk))
  return {
    name: `records/${day}/${shard}/${first}-${last}-${newId()}.jsonl.gz`,
    bytes: gzipSync(lines.map((line) => `${line}\n`).join('')),
    records,
  }
}

async function recordsOf(
  db: Archiver['db'],
  { day, shard }: Partition,
  { entries }: SealedBlock,
  log: Log,
): Promise<Item[]> {
  const pk = auditPartition(day, shard)
  const found: Item[] = []
  // So many records are read at once.
  for (let from = 0; from < entries.length; from += 100) {
    const some = entries.slice(from, from + 100)
    const items = await db.batch(some.map(({ sk }) => ({ table: 'audit', key: { pk, sk } })))
    for (const [at, { sk, hash }] of some.entries()) {
      const item = items[at]
      // It is archived as it is, for whoever looks into it; its block says what it was.
      if (item === undefined || !isThat(item, hash)) log('audit-tampered', { pk, sk })
      if (item !== undefined) found.push(item)
    }
  }
  return found
}

const dayBefore = (day: string, days: number): string => auditDay(Date.parse(day) / 1000 - days * aDay)

/** Both included. */
export function daysFrom(from: string, to: string): string[] {
  const days: string[] = []
  for (let at = Date.parse(from) / 1000; auditDay(at) <= to; at += aDay) days.push(auditDay(at))
  return days
}
