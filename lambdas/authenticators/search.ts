// GET /api/v1/tenants/{tenantCode}/authenticators — everybody's authenticators in one state, oldest first.
import {
  type Authenticator,
  type AuthenticatorState,
  authenticatorStates,
  isVoid,
} from '../../src/core/authenticator.ts'
import { readDateTime, readDuration } from '../../src/core/fido/import-request.ts'
import { ok, type Result, type Seconds } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { authenticatorPosition, listAuthenticators } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { badParameter, isNameable, readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { addressOf, cursorPage, readCursor, readPageSize, writeCursor } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import { showAuthenticator } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

type Place = readonly [createdAt: number, id: string, user: string]
type Search = { state: AuthenticatorState; olderThan?: string; before?: Seconds; size: number; start?: Place }

export const handle = forCaller('authenticators:read', async (needs: Needs, call: Call): Promise<Answer> => {
  const search = readSearch(call, needs.now())
  return search.ok ? found(needs, search.value) : answerTo(search)
})

function readSearch(call: Call, now: Seconds): Result<Search, 'malformed-request'> {
  const query = readQuery(call, ['state', 'olderThan', 'pageSize', 'cursor'])
  if (!query.ok) return query
  const { olderThan, pageSize, cursor } = query.value
  const state = authenticatorStates.find((each) => each === query.value.state)
  if (state === undefined) return badParameter('state', `must be one of: ${authenticatorStates.join(', ')}`)
  const before = olderThan === undefined ? undefined : timeOf(olderThan, now)
  if (olderThan !== undefined && before === undefined)
    return badParameter(
      'olderThan',
      'must be a time like 2030-12-31T23:59:59Z or a duration in weeks, days or hours like P30D',
    )
  const size = readPageSize(pageSize)
  if (!size.ok) return size
  const start = cursor === undefined ? undefined : readCursor(cursor, isPlaceBefore(before ?? Number.MAX_SAFE_INTEGER))
  if (start?.ok === false) return start
  return ok({
    state,
    size: size.value,
    ...(olderThan === undefined ? {} : { olderThan }),
    ...(before === undefined ? {} : { before }),
    ...(start === undefined ? {} : { start: start.value }),
  })
}

/** A time, or how long ago. Nothing was created before 1970. */
function timeOf(text: string, now: Seconds): Seconds | undefined {
  const ago = readDuration(text)
  const time = ago === undefined ? readDateTime(text) : now - ago
  return time === undefined ? undefined : Math.max(0, time)
}

const isPlaceBefore =
  (before: Seconds) =>
  (parts: unknown): parts is Place => {
    if (!Array.isArray(parts) || parts.length !== 3) return false
    const [createdAt, id, user]: unknown[] = parts
    return (
      typeof createdAt === 'number' &&
      Number.isSafeInteger(createdAt) &&
      createdAt >= 0 &&
      createdAt < before &&
      typeof id === 'string' &&
      /^[\w-]{1,64}$/.test(id) &&
      typeof user === 'string' &&
      isNameable(user)
    )
  }

async function found({ db, stage, now }: Needs, { state, olderThan, before, size, start }: Search): Promise<Answer> {
  const { items, next } = await listAuthenticators(db, {
    state,
    limit: size,
    ...(before === undefined ? {} : { before }),
    ...(start === undefined ? {} : { after: afterOf(state, start) }),
  })
  const last = next === undefined ? undefined : items.at(-1)
  const base = `${tenantUrl(stage)}/authenticators`
  const at = (cursor: string | undefined): string => addressOf(base, { state, olderThan, pageSize: size, cursor })
  // Pending keys that nobody activated in time are nobody's, so a page may hold fewer than it has room for.
  const shown = items.filter((key) => !isVoid(key, now())).map(showOfUser)
  return cursorPage(shown, size, {
    self: at(start === undefined ? undefined : writeCursor(start)),
    ...(last === undefined ? {} : { next: at(writeCursor([last.createdAt, last.id, last.user])) }),
  })
}

const afterOf = (state: AuthenticatorState, [createdAt, id, user]: Place) =>
  authenticatorPosition(state, { createdAt, id, user })

/** Here nothing else says whose it is. */
const showOfUser = (key: Authenticator) => ({ userId: key.user, ...showAuthenticator(key) })
