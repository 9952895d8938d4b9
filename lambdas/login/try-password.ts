/**
 * The verifier of passwords that are kept here, behind every door that asks for one: signing in, and activating a key.
 * The throttle is in it, not in the pages.
 */
import type { UserId } from '../../src/core/authenticator.ts'
import { passwordHolds } from '../../src/core/password.ts'
import type { Seconds } from '../../src/core/result.ts'
import type { User } from '../../src/core/user.ts'
import type { Call } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { forgivenTries, punishedTries, takeTry } from '../../src/store/tries.ts'
import type { World } from '../../src/world.ts'

/** `writes` go into the transaction of whatever follows. */
export type Tried =
  | { outcome: 'right'; user: User; writes: Write[] }
  | { outcome: 'wrong'; writes: Write[] }
  | { outcome: 'wait'; until: Seconds }

export async function tryPassword(
  world: Pick<World, 'db' | 'now'>,
  call: Call,
  user: UserId | undefined,
  typedName: string,
  password: string,
): Promise<Tried> {
  const whose = user === undefined ? { stranger: typedName } : { user }
  const taken = await takeTry(world.db, 'password', whose, call.ip, world.now())
  if (!taken.ok) return { outcome: 'wait', until: taken.waitUntil }
  const holds = await passwordHolds(taken.user?.passwordHash, password)
  if (holds && taken.user !== undefined) return { outcome: 'right', user: taken.user, writes: [forgivenTries(taken)] }
  return { outcome: 'wrong', writes: [punishedTries(taken, world.now())] }
}

/** A try that failed is told of, even where a later one has set a wait of its own meanwhile. */
export async function keepFailure({ db }: Pick<World, 'db'>, writes: Write[], told: Write): Promise<void> {
  const done = await db.transact([...writes, told])
  if (!done.ok) await db.transact([told])
}
