// GET /api/v1/tenants/{tenantCode}/users — the user with a name; or users by words, by role, and whether they are enabled.
import { ok, type Result } from '../../src/core/result.ts'
import { nameKey, roles } from '../../src/core/user.ts'
import { longestWord, wordKey } from '../../src/core/user-listing.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { findByUserName, readUser } from '../../src/store/people.ts'
import { findUsers, orderPrefixOf, type Place, type Wanted } from '../../src/user-search.ts'
import { badParameter, isNameable, readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { addressOf, cursorPage, readCursor, readPageSize, writeCursor } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import { showUser } from './representation.ts'
import type { UserNeeds } from './service.ts'

export const handle = forCaller('users:read', async (needs: UserNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, ['userName', 'prefix', 'search', 'enabled', 'role', 'pageSize', 'cursor'])
  if (!query.ok) return answerTo(query)
  const { userName, pageSize, cursor, ...rest } = query.value
  if (userName !== undefined) {
    if (Object.keys(query.value).length > 1) return answerTo(badParameter('userName', 'goes with no other parameter'))
    return namesake(needs, userName)
  }
  const wanted = readWanted(rest)
  if (!wanted.ok) return answerTo(wanted)
  const size = readPageSize(pageSize)
  if (!size.ok) return answerTo(size)
  const start = cursor === undefined ? undefined : readCursor(cursor, isPlaceIn(orderPrefixOf(wanted.value)))
  if (start?.ok === false) return answerTo(start)
  const { users, next } = await findUsers(needs.db, wanted.value, size.value, start?.value)
  const base = `${tenantUrl(needs.stage)}/users`
  const at = (place: Place | undefined): string =>
    addressOf(base, { ...rest, pageSize: size.value, cursor: place === undefined ? undefined : writeCursor(place) })
  return cursorPage(users.map(showUser), size.value, {
    self: at(start?.value),
    ...(next === undefined ? {} : { next: at(next) }),
  })
})

type Asked = { prefix?: string; search?: string; enabled?: string; role?: string }

function readWanted({ prefix = '', search = '', enabled, role }: Asked): Result<Wanted, 'malformed-request'> {
  if (prefix !== '' && !isNameable(prefix)) return badParameter('prefix', 'is too long')
  if (!search.isWellFormed() || [...search].length > longestWord)
    return badParameter('search', `must have ${longestWord} characters at most`)
  if (enabled !== undefined && enabled !== 'true' && enabled !== 'false')
    return badParameter('enabled', 'must be true or false')
  const known = roles.find((each) => each === role)
  if (role !== undefined && known === undefined) return badParameter('role', `must be one of: ${roles.join(', ')}`)
  return ok({
    prefix,
    search: wordKey(search),
    ...(enabled === undefined ? {} : { enabled: enabled === 'true' }),
    ...(known === undefined ? {} : { role: known }),
  })
}

/** None is an answer too: the CMS asked whether there is one. */
async function namesake({ db, stage }: UserNeeds, userName: string): Promise<Answer> {
  const id = isNameable(userName) ? await findByUserName(db, userName) : undefined
  const user = id === undefined ? undefined : await readUser(db, id)
  const items = user === undefined ? [] : [showUser(user)]
  const links = { self: addressOf(`${tenantUrl(stage)}/users`, { userName }) }
  return json(200, { page: { items, totalItems: items.length, pageIndex: 0, pageSize: 1 }, links })
}

const isPlaceIn =
  (prefix: string) =>
  (parts: unknown): parts is Place =>
    Array.isArray(parts) &&
    parts.length === 2 &&
    parts.every((part) => typeof part === 'string' && isNameable(part)) &&
    nameKey(parts[0]) === parts[0] &&
    parts[0].startsWith(prefix)
