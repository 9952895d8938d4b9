/**
 * Reads the audit log in the order of time, newest or oldest first, from as few partitions as the question allows: those
 * of a user or of a type on an index, otherwise those of each day in turn.
 *
 * Never a scan, and no more work than a request has room for: where it is used up, the answer says from where on the next
 * one goes on, whether it found anything or not. A place in the log is a sort key, so what arrives meanwhile moves nothing.
 */
import { type AuditEvent, type AuditType, auditTypes } from '../core/audit-event.ts'
import type { Seconds } from '../core/result.ts'
import { auditKind, auditPlace, auditShards, standsInPlace } from './audit.ts'
import type { Db, Item } from './db.ts'
import { findByUserName } from './people.ts'

export type AuditRecord = AuditEvent & { id: string }

/** `by`: whose or which records; left out, everybody's, day by day. */
export type LogQuestion = {
  by?: { users: readonly string[] } | { types: readonly AuditType[] }
  /** From this second on. */
  since: Seconds
  /** Up to this second, which is not among them. */
  until: Seconds
  order: 'asc' | 'desc'
  size: number
  /** Where an earlier answer left off. */
  after?: string
  /** What of these is shown. Left out, all. */
  wants?(record: AuditRecord): boolean
}

export type LogAnswer = { records: AuditRecord[]; next?: string }

/** Of one request. A query takes some milliseconds, and those of a group are asked at once. */
const work = { queries: 96, records: 4000 } as const

type Source = { index?: 'by-user' | 'by-type'; attribute: 'pk' | 'user' | 'kind'; partition: string }
/** Partitions that are read side by side; both ends of the range are sort keys that belong to it. */
type Group = { sources: Source[]; from: string; to: string }
type Found = { sk: string; record: AuditRecord }

export async function readLog(db: Pick<Db, 'query'>, question: LogQuestion): Promise<LogAnswer> {
  const { order, size, after, wants = () => true } = question
  const left = { queries: work.queries as number, records: work.records as number }
  const chunk = question.wants === undefined ? size + 1 : 250
  const records: AuditRecord[] = []
  let last = after
  for (const group of groupsOf(question)) {
    if (left.queries < group.sources.length) return { records, next: edgeOf(group, order) }
    for await (const { sk, record } of merged(db, group, order, Math.ceil((2 * chunk) / group.sources.length), left)) {
      if (sk === after) continue
      if (wants(record)) {
        if (records.length === size) return { records, next: last ?? '' }
        records.push(record)
      }
      last = sk
      left.records -= 1
      if (left.records <= 0 || left.queries <= 0) return { records, next: sk }
    }
  }
  return { records }
}

/**
 * Whose records somebody asks for, by an id or a name. Who is gone is known by their id, which somebody may have been named
 * after since: then it is both, so that nobody's records are hidden behind a name.
 */
export async function usersAsked(db: Pick<Db, 'get'>, user: string): Promise<{ users: readonly string[] }> {
  const named = await findByUserName(db, user)
  if (named === undefined) return { users: [user] }
  return { users: /^[\w-]{22}$/.test(user) && named !== user ? [user, named] : [named] }
}

/** The record of an id, which says when it was. */
export async function readLogRecord(db: Pick<Db, 'get'>, logId: string): Promise<AuditRecord | undefined> {
  const place = placeOfLog(logId)
  return place === undefined ? undefined : auditRecordIn(await db.get(place))
}

/** What a record is known by outside: when it was, and which of that second. */
export const logIdOf = ({ at, id }: Pick<AuditRecord, 'at' | 'id'>): string => `${at}-${id}`

export function placeOfLog(logId: string) {
  const [, at, id] = /^(\d{1,11})-([\w-]{22})$/.exec(logId) ?? []
  return at === undefined || id === undefined ? undefined : auditPlace(Number(at), id)
}

/** Whether it is a place in the log, as an answer names it: a record's, or the edge of a day. */
export const isPlaceInLog = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d(~|T\d\d:\d\d:\d\d\.\d{3}Z#[\w-]{22})?$/.test(text)

const timeKey = (at: Seconds): string => new Date(at * 1000).toISOString()

function* groupsOf({ by, since, until, order, after }: LogQuestion): Generator<Group> {
  // What is at `until` is longer than this key by its id, and so beyond it.
  const range = { from: timeKey(since), to: timeKey(until) }
  if (after !== undefined && order === 'asc' && after > range.from) range.from = after
  if (after !== undefined && order === 'desc' && after < range.to) range.to = after
  if (range.from > range.to) return
  if (by !== undefined) yield { sources: sourcesOf(by), ...range }
  else
    for (const day of daysOf(range, order)) {
      const from = range.from > day ? range.from : day
      const to = range.to < `${day}~` ? range.to : `${day}~`
      yield { sources: shards.map((shard) => ({ attribute: 'pk', partition: `${day}#${shard}` })), from, to }
    }
}

const shards = Array.from({ length: auditShards }, (_, shard) => shard)

const sourcesOf = (by: NonNullable<LogQuestion['by']>): Source[] =>
  'users' in by
    ? by.users.map((user): Source => ({ index: 'by-user', attribute: 'user', partition: user }))
    : by.types.flatMap((type) =>
        shards.map((shard): Source => ({ index: 'by-type', attribute: 'kind', partition: auditKind(type, shard) })),
      )

const aDay = 86_400_000

function* daysOf({ from, to }: { from: string; to: string }, order: LogQuestion['order']): Generator<string> {
  const [first, last] = [Date.parse(from.slice(0, 10)), Date.parse(to.slice(0, 10))]
  const count = Math.round((last - first) / aDay) + 1
  for (let at = 0; at < count; at++)
    yield new Date(order === 'asc' ? first + at * aDay : last - at * aDay).toISOString().slice(0, 10)
}

/** Before all of the group, in the order that is read in: a key that nothing has. */
const edgeOf = ({ from, to }: Group, order: LogQuestion['order']): string =>
  order === 'asc' ? from.slice(0, 10) : `${to.slice(0, 10)}~`

/** What the partitions have, in one order: from each, some are fetched at once, and more when they are used up. */
async function* merged(
  db: Pick<Db, 'query'>,
  { sources, from, to }: Group,
  order: LogQuestion['order'],
  limit: number,
  left: { queries: number },
): AsyncGenerator<Found> {
  const heads = sources.map((source) => ({ source, found: [] as Found[], next: undefined as Item | undefined }))
  const fetch = async (head: (typeof heads)[number]): Promise<void> => {
    left.queries -= 1
    const { index, attribute, partition } = head.source
    const { items, next } = await db.query({
      table: 'audit',
      ...(index === undefined ? {} : { index }),
      where: `#${attribute} = :partition AND #sk BETWEEN :from AND :to`,
      values: { partition, from, to },
      limit,
      newestFirst: order === 'desc',
      ...(head.next === undefined ? {} : { after: head.next }),
    })
    head.found = items.flatMap((item) => recordIn(item) ?? [])
    head.next = next
  }
  await Promise.all(heads.map(fetch))
  const isSooner = (one: Found, other: Found) => (order === 'asc' ? one.sk < other.sk : one.sk > other.sk)
  for (;;) {
    for (const head of heads) while (head.found.length === 0 && head.next !== undefined) await fetch(head)
    let soonest: (typeof heads)[number] | undefined
    for (const head of heads) {
      const [mine] = head.found
      const [its] = soonest?.found ?? []
      if (mine !== undefined && (its === undefined || isSooner(mine, its))) soonest = head
    }
    const record = soonest?.found.shift()
    if (record === undefined) return
    yield record
  }
}

/** `undefined` for what is no event, such as a block of the chain, or what none of ours put: one such must not hold up the rest. */
export const auditRecordIn = (item: Item | undefined): AuditRecord | undefined => recordIn(item)?.record

function recordIn(item: Item | undefined): Found | undefined {
  const { type, actor, sk } = item ?? {}
  const isEvent = item !== undefined && standsInPlace(item) && typeof actor === 'object' && actor !== null
  return isEvent && auditTypes.some((each) => each === type)
    ? { sk: String(sk), record: item as AuditRecord }
    : undefined
}
