// GET /api/v1/tenants/{tenantCode}/users — the user with a name, or users by the beginning of their name.
import { nameKey } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { findByUserName, readUser } from '../../src/store/people.ts'
import { listUsers, userPosition } from '../../src/store/users.ts'
import type { World } from '../../src/world.ts'
import { badParameter, isNameable, readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { addressOf, cursorPage, readCursor, readPageSize, writeCursor } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import { showUser } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCaller('users:read', async (needs: Needs, call: Call): Promise<Answer> => {
  const query = readQuery(call, ['userName', 'prefix', 'pageSize', 'cursor'])
  if (!query.ok) return answerTo(query)
  const { userName, prefix = '', pageSize, cursor } = query.value
  if (userName !== undefined) {
    if (Object.keys(query.value).length > 1) return answerTo(badParameter('userName', 'goes with no other parameter'))
    return namesake(needs, userName)
  }
  if (prefix !== '' && !isNameable(prefix)) return answerTo(badParameter('prefix', 'is too long'))
  const size = readPageSize(pageSize)
  if (!size.ok) return answerTo(size)
  const start = cursor === undefined ? undefined : readCursor(cursor, isPlaceIn(prefix))
  if (start?.ok === false) return answerTo(start)
  return usersFrom(needs, { prefix, size: size.value, ...(start === undefined ? {} : { start: start.value }) })
})

/** None is an answer too: the CMS asked whether there is one. */
async function namesake({ db, stage }: Needs, userName: string): Promise<Answer> {
  const id = isNameable(userName) ? await findByUserName(db, userName) : undefined
  const user = id === undefined ? undefined : await readUser(db, id)
  const items = user === undefined ? [] : [showUser(user)]
  const links = { self: addressOf(`${tenantUrl(stage)}/users`, { userName }) }
  return json(200, { page: { items, totalItems: items.length, pageIndex: 0, pageSize: 1 }, links })
}

type Place = readonly [userName: string, id: string]

const isPlaceIn =
  (prefix: string) =>
  (parts: unknown): parts is Place =>
    Array.isArray(parts) &&
    parts.length === 2 &&
    parts.every((part) => typeof part === 'string' && isNameable(part)) &&
    nameKey(parts[0]) === parts[0] &&
    parts[0].startsWith(nameKey(prefix))

async function usersFrom(
  { db, stage }: Needs,
  { prefix, size, start }: { prefix: string; size: number; start?: Place },
): Promise<Answer> {
  const { items, next } = await listUsers(db, {
    prefix,
    limit: size,
    ...(start === undefined ? {} : { after: userPosition({ userName: start[0], id: start[1] }) }),
  })
  const base = `${tenantUrl(stage)}/users`
  const last = next === undefined ? undefined : items.at(-1)
  const at = (cursor: string | undefined): string => addressOf(base, { prefix, pageSize: size, cursor })
  return cursorPage(items.map(showUser), size, {
    self: at(start === undefined ? undefined : writeCursor(start)),
    ...(last === undefined ? {} : { next: at(writeCursor([nameKey(last.userName), last.id])) }),
  })
}
