/** Finds the authenticator that an address names. */
import { type Authenticator, isVoid } from '../../src/core/authenticator.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Call } from '../../src/http/call.ts'
import { findUser, readAuthenticator } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { authenticatorIn, userIn } from '../api/asked.ts'

type NotFound = 'user-not-found' | 'authenticator-not-found'

/** Of a user who may be disabled: a CMS must be able to revoke their keys. A pending key past its end is gone. */
export async function findAuthenticator(
  { db, now }: Pick<World, 'db' | 'now'>,
  call: Call,
): Promise<Result<Authenticator, NotFound>> {
  const userId = userIn(call)
  if (!userId.ok) return userId
  const id = authenticatorIn(call)
  if (!id.ok) return id
  const user = await findUser(db, userId.value)
  if (user === undefined) return refuse('user-not-found')
  const key = await readAuthenticator(db, user.id, id.value)
  return key === undefined || isVoid(key, now()) ? refuse('authenticator-not-found') : ok(key)
}
