/**
 * Decides whether the audit log is what was written: each record against the hash in its block, each block against its own
 * hash, its number and the one before, and each chain against what checkpoints say of its length.
 *
 * It reads a day and a shard at a time, in order, and holds the hashes of one. Left out: where it reads from, and the
 * checkpoints' own signatures and files (`src/audit-verify.ts`).
 */
import * as z from 'zod'
import { hashOf, type Link, type SealedBlock, sealOf } from './audit-chain.ts'
import type { Head } from './audit-checkpoint.ts'
import type { Seconds } from './result.ts'

export const findingKinds = [
  'record-altered',
  'record-missing',
  'record-inserted',
  'record-backdated',
  'record-chained-twice',
  'block-altered',
  'block-missing',
  'link-broken',
  'tail-missing',
  'head-differs',
  'checkpoint-altered',
  'checkpoint-missing',
  'checkpoint-late',
  'archive-altered',
  'archive-missing',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** `key`: of the record or block (`pk sk`), or the name of a file in the archive. `at`: when it happened, or was made. */
export type Finding = { kind: FindingKind; key: string; at?: Seconds; detail?: string }

type Item = Record<string, unknown>
type Partition = { day: string; shard: number }

export type AuditReader = {
  /** By key. */
  records(partition: Partition): AsyncIterable<Item>
  /** By number. */
  blocks(partition: Partition): AsyncIterable<Item>
  block(partition: Partition, sequence: number): Promise<Item | undefined>
}

export type Verification = {
  reader: AuditReader
  /** In their order. */
  days: Iterable<string>
  shards: number
  now: Seconds
  /** How long after it was written a record may be in no block yet, and how far its own time may be from when it was written. */
  patience: Seconds
  /** What checkpoints say of a day and shard, the earliest first. */
  headsOf?(partition: Partition): readonly Head[]
  found(finding: Finding): void
}

/** `waiting`: too young to be in a block. `ended`: gone by the retention. */
export type Verified = {
  records: number
  blocks: number
  waiting: number
  ended: number
  /** The last block of each day and shard. */
  heads: Record<string, Pick<Link, 'sequence' | 'hash'>>
}

const link = z.strictObject({ day: z.iso.date(), sequence: z.int().positive(), hash: z.string() })

const blockShape = z.strictObject({
  pk: z.string(),
  sk: z.string(),
  day: z.iso.date(),
  shard: z.int().min(0),
  sequence: z.int().positive(),
  previous: link.optional(),
  entries: z.array(
    z.strictObject({
      sk: z.string(),
      hash: z.string(),
      until: z.number().optional(),
      written: z.number().optional(),
    }),
  ),
  through: z.string(),
  at: z.number(),
  until: z.number().optional(),
  hash: z.string(),
})

/** A block as it is kept, if it has the form of one. */
function blockOf(item: Item): SealedBlock | undefined {
  const read = blockShape.safeParse(item)
  if (!read.success) return undefined
  const { pk: _pk, sk: _sk, ...block } = read.data
  return block as SealedBlock
}

/** The same, if it stands where it says, too, and its hash is right. */
export function soundBlock(item: Item): SealedBlock | undefined {
  const block = blockOf(item)
  if (block === undefined) return undefined
  const isInPlace = item.pk === `chain#${block.day}#${block.shard}` && Number(item.sk) === block.sequence
  return isInPlace && sealOf(block) === block.hash ? block : undefined
}

/** SES says when mail came back, which may be long before we hear of it. */
const toldLate: ReadonlySet<unknown> = new Set(['mail.bounced', 'mail.complained'])

/** DynamoDB removes what has ended some time within days, and not all of a day ends in the same second. */
const fuzzy = 2 * 86_400

export async function verifyAudit(verification: Verification): Promise<Verified> {
  const sum: Verified = { records: 0, blocks: 0, waiting: 0, ended: 0, heads: {} }
  const last = new Map<number, Before>()
  for (const day of verification.days)
    for (let shard = 0; shard < verification.shards; shard++) {
      const partition = { day, shard }
      const chain = await verifyBlocks(verification, partition, sum)
      if (chain.first !== undefined) await verifyStart(verification, chain.first, last.get(shard))
      verifyHeads(verification, partition, chain.hashes)
      await verifyRecords(verification, partition, chain.entries, sum)
      const begun = Math.min(chain.first?.at ?? 0, last.get(shard)?.begun ?? Number.POSITIVE_INFINITY)
      if (chain.hashes.size > 0) last.set(shard, { day, hashes: chain.hashes, begun })
    }
  return sum
}

/** Of a shard: the last day that had blocks, with their hashes, and when the first block of all days so far was made. */
type Before = { day: string; hashes: Map<number, string>; begun: Seconds }

type Expected = { hash: string; until?: Seconds | undefined; written?: Seconds | undefined }
type Chain = { first?: SealedBlock | undefined; hashes: Map<number, string>; entries: Map<string, Expected> }

async function verifyBlocks(verification: Verification, partition: Partition, sum: Verified): Promise<Chain> {
  const { reader, found } = verification
  const chain: Chain = { hashes: new Map(), entries: new Map() }
  let before: Step = { sequence: 0 }
  for await (const item of reader.blocks(partition)) {
    sum.blocks++
    const sound = soundBlock(item)
    if (sound === undefined) found({ kind: 'block-altered', key: keyOf(item), ...timeIn(item) })
    // What stands in one that was altered still says which records are its own: each is reported once.
    const block = sound ?? blockOf(item)
    for (const { sk, ...expected } of block?.entries ?? []) {
      if (chain.entries.has(sk)) found({ kind: 'record-chained-twice', key: recordKey(partition, sk), at: timeOf(sk) })
      chain.entries.set(sk, expected)
    }
    const step: Step = { sequence: Number(item.sk), sound }
    verifyStep(verification, before, step, item)
    if (block !== undefined) chain.hashes.set(step.sequence, block.hash)
    chain.first ??= sound
    before = step
  }
  if (before.sound !== undefined) sum.heads[nameOf(partition)] = { sequence: before.sequence, hash: before.sound.hash }
  return chain
}

/** `sound`: unless it was altered. */
type Step = { sequence: number; sound?: SealedBlock | undefined }

/** From one block of a day to the next that is there. */
function verifyStep({ now, found }: Verification, before: Step, { sequence, sound }: Step, item: Item): void {
  const about = { key: keyOf(item), ...timeIn(item) }
  const hasEnded = before.sequence === 0 && sound !== undefined && endOf(sound.day, sound) < now
  if (sequence !== before.sequence + 1 && !hasEnded)
    found({ kind: 'block-missing', ...about, detail: `those from ${before.sequence + 1} to ${sequence - 1} are gone` })
  else if (before.sound !== undefined && sound !== undefined && sound.previous?.hash !== before.sound.hash)
    found({ kind: 'link-broken', ...about, detail: 'it names another block before it' })
}

/** The first block of a day names a block of an earlier day, or is the first of all. */
async function verifyStart(
  { reader, now, found }: Verification,
  block: SealedBlock,
  last: Before | undefined,
): Promise<void> {
  const { day, shard, previous } = block
  if (block.sequence !== 1) return
  const key = `chain#${day}#${shard} ${block.sequence}`
  if (previous === undefined) {
    // What came late for an earlier day, when there was none before this one, is no block that it could have named.
    if (last !== undefined && last.begun < block.at && endOf(last.day, block) > now)
      found({ kind: 'link-broken', key, at: block.at, detail: 'it names none before it, and there are some' })
    return
  }
  const seen = last?.day === previous.day ? last.hashes.get(previous.sequence) : undefined
  const item = seen === undefined ? await reader.block({ day: previous.day, shard }, previous.sequence) : undefined
  const hash = seen ?? (item === undefined ? undefined : blockOf(item)?.hash)
  if (hash === undefined && item === undefined && endOf(previous.day, block) < now) return
  if (hash !== previous.hash || previous.day >= day)
    found({
      kind: hash === undefined ? 'block-missing' : 'link-broken',
      key,
      at: block.at,
      detail: `it names ${previous.sequence} of ${previous.day}, which ${hash === undefined ? 'is not there' : 'is another'}`,
    })
}

/** When the blocks of a day are gone, as one of another day tells it by its own end. */
const endOf = (day: string, { day: its, until }: SealedBlock): Seconds =>
  until === undefined ? Number.POSITIVE_INFINITY : until + (Date.parse(day) - Date.parse(its)) / 1000 - fuzzy

function verifyHeads({ headsOf, now, found }: Verification, partition: Partition, hashes: Map<number, string>): void {
  for (const { sequence, hash, until } of headsOf?.(partition) ?? []) {
    const there = hashes.get(sequence)
    if (there === hash || (there === undefined && until !== undefined && until - fuzzy < now)) continue
    found({
      kind: there === undefined ? 'tail-missing' : 'head-differs',
      key: `chain#${nameOf(partition)} ${sequence}`,
      detail: `a checkpoint names it with the hash ${hash}`,
    })
  }
}

async function verifyRecords(
  { reader, now, patience, found }: Verification,
  partition: Partition,
  expected: Map<string, Expected>,
  sum: Verified,
): Promise<void> {
  for await (const item of reader.records(partition)) {
    sum.records++
    const sk = String(item.sk)
    const its = expected.get(sk)
    expected.delete(sk)
    const about = { key: recordKey(partition, sk), at: timeOf(sk) }
    if (its === undefined) {
      if (timeOf(sk) > now - patience) sum.waiting++
      else found({ kind: 'record-inserted', ...about, detail: 'it is in no block' })
    } else if (!isThat(item, its.hash)) found({ kind: 'record-altered', ...about })
    else if (its.written !== undefined && isBackdated(item, its.written, patience))
      found({ kind: 'record-backdated', ...about, detail: `it was written at ${isoOf(its.written)}` })
  }
  for (const [sk, { until }] of expected) {
    if (until !== undefined && until < now) sum.ended++
    else found({ kind: 'record-missing', key: recordKey(partition, sk), at: timeOf(sk) })
  }
}

/** What has no canonical form was not written by us. */
export function isThat(item: Item, hash: string): boolean {
  try {
    return hashOf(item) === hash
  } catch {
    return false
  }
}

const isBackdated = ({ at, type }: Item, written: Seconds, patience: Seconds): boolean =>
  !toldLate.has(type) && !(Math.abs(written - Number(at)) <= patience)

const nameOf = ({ day, shard }: Partition): string => `${day}#${shard}`
const recordKey = (partition: Partition, sk: string): string => `${nameOf(partition)} ${sk}`
const keyOf = ({ pk, sk }: Item): string => `${pk} ${sk}`
const isoOf = (at: Seconds): string => new Date(at * 1000).toISOString()

/** A record's key begins with its time. */
const timeOf = (sk: string): Seconds => {
  const milliseconds = Date.parse(sk.split('#')[0] ?? '')
  return Number.isNaN(milliseconds) ? 0 : milliseconds / 1000
}

const timeIn = ({ at }: Item): { at?: Seconds } => (typeof at === 'number' ? { at } : {})
