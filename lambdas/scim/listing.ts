/**
 * Answers a query (RFC 7644 §3.4.2 and §3.4.3): by number, which reads all that comes before, or by cursor (RFC 9865),
 * which does not.
 */
import { ok, type Result } from '../../src/core/result.ts'
import { readFilter } from '../../src/core/scim/filter.ts'
import { type Question, readQuestion } from '../../src/core/scim/match.ts'
import { type Projection, projected, readProjection } from '../../src/core/scim/projection.ts'
import { answering, refused, type ScimType, settled } from '../../src/core/scim/refusal.ts'
import { urns } from '../../src/core/scim/schema.ts'
import { nameKey, type User } from '../../src/core/user.ts'
import type { Answer } from '../../src/http/call.ts'
import { isNameable } from '../api/asked.ts'
import { readCursor, writeCursor } from '../api/pages.ts'
import { answerToScim, scimJson } from './answers.ts'
import { findAll, findSlice, pageFrom, positionAfter } from './finding.ts'
import { type ScimNeeds, shownUser } from './service.ts'

/** What may be asked of a list, by name, as a parameter and as a member of `/.search`. */
export const listParameters = ['filter', 'startIndex', 'count', 'cursor', 'attributes', 'excludedAttributes'] as const
export type Asked = { [name in (typeof listParameters)[number]]?: string }

export const pageOfScim = { usual: 100, most: 200 } as const

type Query = { question?: Question; start: number; count: number; cursor?: string; projection: Projection }

function readList(asked: Asked): Result<Query, ScimType> {
  return answering(() => {
    const { filter, cursor, startIndex } = asked
    if (cursor !== undefined && startIndex !== undefined)
      refused('invalidCursor', 'startIndex and cursor do not go together')
    return {
      ...(filter === undefined ? {} : { question: readQuestion(readFilter(filter)) }),
      // Less than one is one, less than none is none (§3.4.2.4).
      start: Math.max(1, wholeNumber('startIndex', startIndex) ?? 1) - 1,
      count: Math.min(pageOfScim.most, Math.max(0, wholeNumber('count', asked.count) ?? pageOfScim.usual)),
      ...(cursor === undefined ? {} : { cursor }),
      projection: readProjection(asked.attributes, asked.excludedAttributes),
    }
  })
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^-?\d{1,9}$/.test(text) ? Number(text) : refused('invalidValue', `${name} must be a whole number`)
}

export async function answerList(needs: ScimNeeds, asked: Asked): Promise<Answer> {
  const query = readList(asked)
  if (!query.ok) return answerToScim(query)
  const { cursor } = query.value
  const answer = await settled(
    cursor === undefined ? byNumber(needs, query.value) : byCursor(needs, query.value, cursor),
  )
  return answer.ok ? answer.value : answerToScim(answer)
}

async function byNumber(needs: ScimNeeds, { question, start, count, projection }: Query): Promise<Answer> {
  if (question === undefined) {
    const { users, total } = await findSlice(needs, start, count)
    return listOf(needs, users, projection, { totalResults: total, startIndex: start + 1 })
  }
  const all = await findAll(needs, question)
  const paging = { totalResults: all.length, startIndex: start + 1 }
  return listOf(needs, all.slice(start, start + count), projection, paging)
}

/** How many there are in all is not said where nobody counted (RFC 9865 §2). */
async function byCursor(needs: ScimNeeds, { question, count, projection }: Query, cursor: string): Promise<Answer> {
  if (question !== undefined) {
    const from = cursor === '' ? ok([0] as const) : readCursor(cursor, isNumber)
    if (!from.ok) return badCursor
    const all = await findAll(needs, question)
    const [start] = from.value
    const next = start + count < all.length && count > 0 ? { nextCursor: writeCursor([start + count]) } : {}
    return listOf(needs, all.slice(start, start + count), projection, { totalResults: all.length, ...next })
  }
  const from = cursor === '' ? undefined : readCursor(cursor, isPlace)
  if (from?.ok === false) return badCursor
  const { users, next } = await pageFrom(needs.db, from && positionAfter(...from.value), count)
  const last = next === undefined ? undefined : users.at(-1)
  return listOf(needs, users, projection, {
    ...(last === undefined ? {} : { nextCursor: writeCursor([nameKey(last.userName), last.id]) }),
  })
}

const badCursor = answerToScim({ ok: false, reason: 'invalidCursor', detail: 'cursor is not one that was given here' })

const isNumber = (parts: unknown): parts is readonly [number] =>
  Array.isArray(parts) && parts.length === 1 && Number.isSafeInteger(parts[0]) && parts[0] >= 0

const isPlace = (parts: unknown): parts is readonly [name: string, id: string] =>
  Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === 'string' && isNameable(part))

type Paging = { totalResults?: number; startIndex?: number; nextCursor?: string }

const listOf = (needs: ScimNeeds, users: readonly User[], projection: Projection, paging: Paging): Answer =>
  scimJson(200, {
    schemas: [urns.list],
    ...paging,
    itemsPerPage: users.length,
    Resources: users
      .filter(({ deleting }) => deleting === undefined)
      .map((user) => projected(shownUser(needs, user), projection)),
  })
