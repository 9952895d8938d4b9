/**
 * Finds users in pages: by the beginning of any word they are known by, by their role, or those who are disabled.
 *
 * One list of the index is read, the one that has the fewest in it by its kind; what else is asked for is held against
 * each user as they are now. So many are looked at in one go and no more: a page may hold fewer than it has room for, even
 * none, and still have a next one. How many there are in all, nobody knows without reading all of them.
 */
import type { UserId } from './core/authenticator.ts'
import { nameKey, type Role, type User } from './core/user.ts'
import { disabledListing, foundBy, roleListing, wordListing } from './core/user-listing.ts'
import type { Db } from './store/db.ts'
import { entryPosition, listEntries, listUsers, readUsers, userPosition } from './store/users.ts'

/** `search`: as `wordKey` has it. `prefix`: of the user name. Left out, or empty: whatever it is. */
export type Wanted = { prefix: string; search: string; enabled?: boolean; role?: Role }

/** Where a page begins: after this record of the list. */
export type Place = readonly [order: string, owner: UserId]

/** Users looked at in one go, and how often: some two hundred, in less than a tenth of a second. */
const looked = 100
const goes = 2

type Candidate = { user: User; place: Place }

export type Found = { users: User[]; next?: Place }

export async function findUsers(db: Db, wanted: Wanted, limit: number, start?: Place): Promise<Found> {
  const source = sourceOf(wanted)
  const users: User[] = []
  let after = start
  for (let go = 0; go < goes; go++) {
    const { candidates, more } = await source.read(db, source.isTight ? limit : looked, after)
    for (const [at, { user, place }] of candidates.entries()) {
      after = place
      if (!source.matches(user, place)) continue
      users.push(user)
      const isLast = at === candidates.length - 1 && more === undefined
      if (users.length === limit) return isLast ? { users } : { users, next: place }
    }
    if (more === undefined) return { users }
    after = more
  }
  return after === undefined ? { users } : { users, next: after }
}

type Source = {
  /** Nobody or hardly anybody is left out, so that as many as are wanted are read, and no more. */
  isTight: boolean
  read(db: Db, limit: number, after?: Place): Promise<{ candidates: Candidate[]; more?: Place }>
  matches(user: User, place: Place): boolean
}

/** What each place of the list that is read begins with. */
export const orderPrefixOf = ({ prefix, search, enabled, role }: Wanted): string => {
  if (role !== undefined) return ''
  if (search !== '') return search
  return enabled === false ? '' : nameKey(prefix)
}

function sourceOf(wanted: Wanted): Source {
  const { prefix, search, enabled, role } = wanted
  const isWanted = (user: User): boolean =>
    (enabled === undefined || user.enabled === enabled) &&
    (role === undefined || user.roles?.includes(role) === true) &&
    nameKey(user.userName).startsWith(nameKey(prefix)) &&
    (search === '' || foundBy(user, search) !== undefined)
  if (role !== undefined) return entries(roleListing(role), '', isWanted)
  // Somebody with two such words is shown by the first of them, once.
  if (search !== '')
    return {
      ...entries(wordListing(search), search, (user, [order]) => isWanted(user) && foundBy(user, search) === order),
      isTight: enabled === undefined && prefix === '',
    }
  if (enabled === false) return entries(disabledListing, '', isWanted)
  return { ...names(prefix), isTight: enabled === undefined, matches: isWanted }
}

/** By user name: the records of the users themselves. */
const names = (prefix: string): Pick<Source, 'read'> => ({
  async read(db, limit, after) {
    const from = after === undefined ? {} : { after: userPosition({ userName: after[0], id: after[1] }) }
    const { items, next } = await listUsers(db, { prefix, limit, ...from })
    const candidates = items.map((user): Candidate => ({ user, place: [nameKey(user.userName), user.id] }))
    const last = candidates.at(-1)
    return { candidates, ...(next === undefined || last === undefined ? {} : { more: last.place }) }
  },
})

function entries(listing: string, prefix: string, matches: Source['matches']): Source {
  return {
    isTight: false,
    matches,
    async read(db, limit, after) {
      const from = after === undefined ? {} : { after: entryPosition(listing, { order: after[0], owner: after[1] }) }
      const { items, next } = await listEntries(db, listing, { prefix, limit, ...from })
      const users = await readUsers(
        db,
        items.map(({ owner }) => owner),
      )
      const last = items.at(-1)
      return {
        candidates: items.flatMap(({ order, owner }, at) => {
          const user = users[at]
          return user === undefined ? [] : [{ user, place: [order, owner] as const }]
        }),
        ...(next === undefined || last === undefined ? {} : { more: [last.order, last.owner] as const }),
      }
    },
  }
}
