/** The user of an address below `/users/{userId}`, of whom all is asked that the address names: it takes no parameters. */
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Call } from '../../src/http/call.ts'
import { readQuery, userIn } from '../api/asked.ts'

/** @param find by id or by user name */
export async function askedUser<Found>(
  call: Call,
  find: (named: string) => Promise<Found | undefined>,
): Promise<Result<Found, 'malformed-request' | 'user-not-found'>> {
  const query = readQuery(call, [])
  if (!query.ok) return query
  const named = userIn(call)
  if (!named.ok) return named
  const found = await find(named.value)
  return found === undefined ? refuse('user-not-found') : ok(found)
}
