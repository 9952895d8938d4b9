/**
 * Finds users for a filter: those whom a part of it names are looked up; for any other, everybody is read, up to a limit
 * beyond which the answer would be too slow, and is `tooMany`.
 */
import type { Lookup, Question } from '../../src/core/scim/match.ts'
import { refused } from '../../src/core/scim/refusal.ts'
import { nameKey, type User } from '../../src/core/user.ts'
import { wordKey, wordListing } from '../../src/core/user-listing.ts'
import type { Db, Item } from '../../src/store/db.ts'
import { findByUserName } from '../../src/store/people.ts'
import { countUsers, findByExternalId, listEntries, listUsers, readUsers, userPosition } from '../../src/store/users.ts'
import { isNameable } from '../api/asked.ts'
import { type ScimNeeds, shownUser } from './service.ts'

/** How many are read for one answer: about a second. */
export const mostRead = 20_000
const mostLookedUp = 1000

export type Found = { users: User[]; total: number }

/** Whose deletion has begun is nobody any more. */
const isThere = (user: User | undefined): user is User => user !== undefined && user.deleting === undefined

export const matcherOf =
  (needs: ScimNeeds, { matches }: Question) =>
  (user: User): boolean =>
    matches(shownUser(needs, user))

/** All whom the question finds, in the order of their names. Throws a refusal: for `answering`, awaited. */
export async function findAll(needs: ScimNeeds, question: Question): Promise<User[]> {
  const { lookups } = question
  const among = lookups === undefined ? await everybody(needs.db, question.prefix) : await lookedUp(needs.db, lookups)
  return among.filter(isThere).filter(matcherOf(needs, question)).sort(byName)
}

const byName = (a: User, b: User): number => (nameKey(a.userName) < nameKey(b.userName) ? -1 : 1)

async function everybody(db: Db, prefix = ''): Promise<User[]> {
  const users: User[] = []
  let after: Item | undefined
  do {
    const page = await listUsers(db, { prefix, limit: mostRead, ...(after === undefined ? {} : { after }) })
    users.push(...page.items)
    after = page.next
    if (users.length > mostRead || (users.length === mostRead && after !== undefined))
      refused('tooMany', 'There are too many users to ask each: name one by userName, externalId, id or emails.value')
  } while (after !== undefined)
  return users
}

async function lookedUp(db: Db, lookups: readonly Lookup[]): Promise<User[]> {
  const ids = new Set<string>()
  for (const lookup of lookups) for (const id of await idsOf(db, lookup)) ids.add(id)
  const users: User[] = []
  const all = [...ids]
  for (let at = 0; at < all.length; at += 100)
    users.push(...(await readUsers(db, all.slice(at, at + 100))).filter(isThere))
  return users
}

async function idsOf(db: Db, { by, value }: Lookup): Promise<string[]> {
  if (!isNameable(value)) return []
  if (by === 'id') return [value]
  if (by === 'email') return idsByEmail(db, value)
  const id = by === 'userName' ? await findByUserName(db, value) : await findByExternalId(db, value)
  return id === undefined ? [] : [id]
}

/** From the list of words, where an address is one: the index may not show the last second. */
async function idsByEmail(db: Db, email: string): Promise<string[]> {
  const word = wordKey(email)
  if (word === '') return []
  const page = await listEntries(db, wordListing(word), { prefix: word, limit: mostLookedUp })
  if (page.next !== undefined) refused('tooMany', 'Too many users have an address that begins like this')
  return page.items.map(({ owner }) => owner)
}

/** Everybody, from `start` (0 is the first), and how many there are. */
export async function findSlice({ db }: ScimNeeds, start: number, count: number): Promise<Found> {
  const from = await positionOf(db, start)
  if (from === 'beyond') return { users: [], total: await totalOf(db) }
  const { users, next } = await pageFrom(db, from, count)
  const isWhole = next === undefined && (users.length > 0 || start === 0) && count > 0
  return { users, total: isWhole ? start + users.length : await totalOf(db) }
}

/** A page of everybody in whole. DynamoDB ends a page where a megabyte does. */
export async function pageFrom(db: Db, from: Item | undefined, count: number): Promise<{ users: User[]; next?: Item }> {
  const users: User[] = []
  let after = from
  while (users.length < count) {
    const limit = count - users.length
    const page = await listUsers(db, { prefix: '', limit, ...(after === undefined ? {} : { after }) })
    users.push(...page.items)
    after = page.next
    if (after === undefined) return { users }
  }
  return after === undefined ? { users } : { users, next: after }
}

async function positionOf(db: Db, start: number): Promise<Item | undefined | 'beyond'> {
  let [left, after] = [start, undefined as Item | undefined]
  while (left > 0) {
    const page = await countUsers(db, { limit: left, ...(after === undefined ? {} : { after }) })
    left -= page.count
    after = page.next
    if (after === undefined) return 'beyond'
  }
  return after
}

async function totalOf(db: Db): Promise<number> {
  let [total, after] = [0, undefined as Item | undefined]
  do {
    const page = await countUsers(db, after === undefined ? {} : { after })
    total += page.count
    after = page.next
  } while (after !== undefined)
  return total
}

/** Where the list goes on after this user. */
export const positionAfter = (name: string, id: string): Item => userPosition({ userName: name, id })
