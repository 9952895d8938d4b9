/**
 * The form of the audit log's chain: what a record's hash is taken over, what a block is, and which one comes next.
 *
 * A chain is a shard's. Each day has blocks of its own, numbered from 1; each names the hash of the one before, and the
 * first of a day the last there was of an earlier day. So a block stands for all before it. Left out: who puts blocks
 * where (`src/store/audit-chain.ts`), and what is found wrong with them (`src/core/audit-verification.ts`).
 */
import { createHash } from 'node:crypto'
import type { Seconds } from './result.ts'

/** One record in a block. */
export type Entry = {
  /** The record's key in its partition. */
  sk: string
  hash: string
  /** When the online copy may be removed; none: never. */
  until?: Seconds
  /** When DynamoDB wrote it, where that is not when the record says it happened. */
  written?: Seconds
}

/** A place in the chain of a shard. */
export type Link = { day: string; sequence: number; hash: string }

export type Block = {
  day: string
  shard: number
  sequence: number
  /** None: the first of the shard. */
  previous?: Link
  entries: Entry[]
  /** The greatest sequence number of the table's stream so far: what comes with a greater one is in no block yet. */
  through: string
  /** When it was made. */
  at: Seconds
  /** None where one of its records stays for ever. */
  until?: Seconds
}

export type SealedBlock = Block & { hash: string }

/** A record and how the stream told of it. */
export type Told = { item: Record<string, unknown>; sk: string; sequenceNumber: string; writtenAt: Seconds }

/**
 * JSON by RFC 8785: members sorted by their UTF-16 code units, no white space, numbers and texts as ECMAScript writes them.
 * So it depends neither on the order in which a database hands attributes over nor on who reads them. Members that are
 * undefined are absent. Throws TypeError for what JSON does not have: no record of ours has such a thing.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('Text with half a character has no canonical form')
    return JSON.stringify(value)
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical form`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    throw new TypeError('What is no JSON has no canonical form')
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  // By UTF-16 code units, which is how texts compare.
  members.sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/** SHA-256 in base64url: of a record whole, its keys and its end included. */
export const hashOf = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('base64url')

export const sealed = (block: Block): SealedBlock => ({ ...block, hash: hashOf(block) })

/** What the hash of a block must be. */
export const sealOf = ({ hash: _, ...block }: SealedBlock): string => hashOf(block)

export const linkOf = ({ day, sequence, hash }: SealedBlock): Link => ({ day, sequence, hash })

/** Stream sequence numbers are digits, of any length and without leading zeros. */
export const isAfter = (one: string, other: string): boolean => BigInt(one) > BigInt(other)

/** DynamoDB tells times by the second, and a transaction takes a moment: within this, it was written when it happened. */
const aMoment = 300

/** A block outlives its records: DynamoDB removes what has ended within some days, in no order. */
const longerThanRecords = 30 * 86_400

type Place = { day: string; shard: number; at: Seconds }

/** The block that holds these, after `head` of the same day, or after `before` of an earlier one. */
export function nextBlock(
  { day, shard, at }: Place,
  told: readonly [Told, ...Told[]],
  { head, before }: { head?: SealedBlock | undefined; before?: Link | undefined },
): SealedBlock {
  const entries = told.map(entryOf)
  const ends = entries.map(({ until }) => until)
  const previous = head === undefined ? before : linkOf(head)
  return sealed({
    day,
    shard,
    sequence: (head?.sequence ?? 0) + 1,
    ...(previous === undefined ? {} : { previous }),
    entries,
    through: [...(head === undefined ? [] : [head.through]), ...told.map((each) => each.sequenceNumber)].reduce(
      (most, each) => (isAfter(each, most) ? each : most),
    ),
    at,
    ...(ends.some((end) => end === undefined) ? {} : { until: Math.max(...ends.map(Number)) + longerThanRecords }),
  })
}

function entryOf({ item, sk, writtenAt }: Told): Entry {
  const { at, until } = item
  const isPrompt = typeof at === 'number' && Math.abs(writtenAt - at) <= aMoment
  return {
    sk,
    hash: hashOf(item),
    ...(typeof until === 'number' ? { until } : {}),
    ...(isPrompt ? {} : { written: writtenAt }),
  }
}
