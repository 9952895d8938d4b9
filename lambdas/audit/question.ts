/**
 * Reads what somebody asks of the audit log: the parameters of its address.
 *
 * Two of them say which records are read at all, the user and the type, each by an index; the others pick from those. So
 * that a page holds still while records arrive, its end is part of the address of the next one.
 */
import { type AuditType, auditTypes } from '../../src/core/audit-event.ts'
import { readDateTime, readDuration } from '../../src/core/fido/import-request.ts'
import { ok, type Result, type Seconds } from '../../src/core/result.ts'
import type { Call } from '../../src/http/call.ts'
import { type AuditRecord, isPlaceInLog, type LogQuestion, usersAsked } from '../../src/store/audit-log.ts'
import type { World } from '../../src/world.ts'
import { badParameter, isNameable, readNumber, readQuery } from '../api/asked.ts'
import { readCursor, writeCursor } from '../api/pages.ts'

/** What a record is compared with as it is. */
const exact = ['client', 'authenticator', 'session', 'flow', 'webhook', 'request', 'message'] as const
const names = [
  ...(['since', 'until', 'type', 'user', 'actor', 'reason', 'order', 'pageSize', 'cursor', 'format'] as const),
  ...exact,
] as const
type Name = (typeof names)[number]

export type Asked = {
  question: LogQuestion
  /** As it is repeated in the address of the next page: with the times it came to. */
  repeated: Partial<Record<Name, string>>
  /** The record of the export that the page goes on with, as the page before says. */
  begun?: string
}

/** Where nothing says since when: a day, as connectors of STA's logs expect it. Of one user, from the beginning. */
const usually: Seconds = 86_400
/**
 * Oldest first, what is younger is not shown yet: a record is there a moment after the time that it names, and whoever
 * goes on from the last one must not miss it.
 */
const settling: Seconds = 10
const mostTypes = 4

export async function readAsked(
  { db, now }: Pick<World, 'db' | 'now'>,
  call: Call,
  { pageSizes, order: usualOrder }: { pageSizes: Parameters<typeof readNumber>[2]; order: LogQuestion['order'] },
): Promise<Result<Asked, 'malformed-request'>> {
  const query = readQuery(call, names)
  if (!query.ok) return query
  const given = query.value
  const size = readNumber('pageSize', given.pageSize, pageSizes)
  if (!size.ok) return size
  const order = (['asc', 'desc'] as const).find((each) => each === (given.order ?? usualOrder))
  if (order === undefined) return badParameter('order', 'must be asc or desc')
  const times = readTimes(given, order, now())
  if (!times.ok) return times
  const types = readTypes(given.type)
  if (!types.ok) return types
  if (given.user !== undefined && !isNameable(given.user)) return badParameter('user', 'is nobody')
  if ((given.reason ?? '').length > 100) return badParameter('reason', 'has at most 100 characters')
  const after = given.cursor === undefined ? undefined : readCursor(given.cursor, isPlace)
  if (after?.ok === false) return after
  const wants = picking(given, types.value)
  const question: LogQuestion = {
    ...times.value,
    ...(await partitionsFor(db, given.user, types.value)),
    ...(after === undefined ? {} : { after: after.value[0] }),
    ...(wants === undefined ? {} : { wants }),
    order,
    size: size.value,
  }
  const { since, until } = times.value
  const begun = after?.value[1]
  return ok({
    question,
    ...(begun === undefined ? {} : { begun }),
    repeated: { ...given, since: timeText(since), until: timeText(until), order, pageSize: String(size.value) },
  })
}

export const cursorOf = (...place: Place): string => writeCursor(place)

type Place = readonly [place: string] | readonly [place: string, begun: string]
const isPlace = (parts: unknown): parts is Place =>
  Array.isArray(parts) &&
  (parts.length === 1 || (parts.length === 2 && typeof parts[1] === 'string')) &&
  typeof parts[0] === 'string' &&
  isPlaceInLog(parts[0])

const timeText = (at: Seconds): string => new Date(at * 1000).toISOString()

function readTimes(
  { since, until, user, cursor }: Partial<Record<Name, string>>,
  order: LogQuestion['order'],
  now: Seconds,
): Result<{ since: Seconds; until: Seconds }, 'malformed-request'> {
  const latest = order === 'asc' && cursor === undefined ? now - settling : now + 1
  const end = until === undefined ? latest : timeOf(until, now)
  if (end === undefined) return badTime('until')
  const beginning = user === undefined ? Math.max(0, end - usually) : 0
  const start = since === undefined ? beginning : timeOf(since, now)
  if (start === undefined) return badTime('since')
  return ok({ since: start, until: order === 'asc' ? Math.min(end, latest) : end })
}

const badTime = (name: 'since' | 'until') =>
  badParameter(name, 'must be a time like 2030-12-31T23:59:59Z, a day like 2030-12-31, or how long ago, like P7D')

/** A day stands for its beginning, with the Z that STA has after it or without. */
function timeOf(text: string, now: Seconds): Seconds | undefined {
  const day = /^(\d{4}-\d\d-\d\d)Z?$/.exec(text)?.[1]
  if (day !== undefined) return readDateTime(`${day}T00:00:00Z`)
  const ago = readDuration(text)
  const time = ago === undefined ? readDateTime(text) : now - ago
  return time === undefined ? undefined : Math.max(0, time)
}

function readTypes(text: string | undefined): Result<AuditType[] | undefined, 'malformed-request'> {
  if (text === undefined) return ok(undefined)
  const named = [...new Set(text.split(','))]
  if (named.length > mostTypes) return badParameter('type', `names at most ${mostTypes}, with commas between them`)
  const known = named.flatMap((name) => auditTypes.find((each) => each === name) ?? [])
  return known.length === named.length ? ok(known) : badParameter('type', 'names what is never recorded')
}

/** By the user's index where there is a user: theirs are fewer than those of a type. */
async function partitionsFor(
  db: World['db'],
  user: string | undefined,
  types: AuditType[] | undefined,
): Promise<Pick<LogQuestion, 'by'>> {
  if (user !== undefined) return { by: await usersAsked(db, user) }
  return types === undefined ? {} : { by: { types } }
}

/** `undefined`: all of what is read is shown. */
function picking(given: Partial<Record<Name, string>>, types: AuditType[] | undefined): LogQuestion['wants'] {
  const text = given.reason?.toLowerCase()
  const compared = exact.filter((name) => given[name] !== undefined)
  const narrows = given.user !== undefined && types !== undefined
  if (!narrows && text === undefined && given.actor === undefined && compared.length === 0) return undefined
  return (record: AuditRecord) =>
    (!narrows || types.includes(record.type)) &&
    compared.every((name) => record[name] === given[name]) &&
    (given.actor === undefined || record.actor.id === given.actor) &&
    (text === undefined || `${record.reason ?? ''} ${record.detail ?? ''}`.toLowerCase().includes(text))
}
