/**
 * The verifier of passwords, behind every door that asks for one: signing in, and activating a key. The throttle is in
 * it, not in the pages.
 *
 * A password that is kept here is compared here and goes nowhere else. The directory is asked for a user whom it has the
 * say on, and for a name that nobody has here; whose the entry is that it answers with, `directory-person.ts` says.
 */
import type { Login } from '../../src/core/login.ts'
import { passwordHolds } from '../../src/core/password.ts'
import type { Seconds } from '../../src/core/result.ts'
import type { Person } from '../../src/core/session.ts'
import { directoryCredential, passwordCredential, type User } from '../../src/core/user.ts'
import type { Call } from '../../src/http/call.ts'
import type { Checked } from '../../src/services/directory.ts'
import type { Write } from '../../src/store/db.ts'
import { forgivenTries, punishedTries, returnedTry, type Try, takeTry } from '../../src/store/tries.ts'
import type { World } from '../../src/world.ts'
import type { Notice } from '../../web/view.ts'
import { personOf } from './directory-person.ts'

export type PasswordWorld = Pick<World, 'db' | 'now' | 'stage' | 'log' | 'directory'>

/** `writes` go into the transaction of whatever follows. */
export type Tried =
  /** `person`: as the writes leave them, where the directory said who it is. */
  | { outcome: 'right'; user: User; credential: string; person?: Person; writes: Write[] }
  | ({ outcome: 'failed'; writes: Write[] } & Failure)
  | { outcome: 'wait'; until: Seconds }

/**
 * Why nothing was proved, as the audit has it. `notice`: what anybody may read, since the password was right or nobody
 * looked at it. `candid`: what only somebody may read who proved who they are; a stranger's is a wrong password.
 */
export type Failure = { reason: FailureReason; notice?: Notice; candid?: Notice }

export type FailureReason =
  | 'wrong-password'
  | 'account-locked'
  | 'account-disabled'
  | 'password-expired'
  | 'password-must-change'
  | 'directory-unavailable'
  /** The name is one of ours, and the directory has it for somebody else. */
  | 'another-entry'
  | 'name-taken'

/** As long as a directory may take to answer, so that nobody tries again before it did. */
const slowest: Seconds = 10

/** Whom the login is about, if they are there and enabled. `person`: what was read of them, where it was. */
type About = { user: string | undefined; person?: Person | undefined }

export async function tryPassword(
  world: PasswordWorld,
  call: Call,
  login: Pick<Login, 'user' | 'typedName'>,
  { user, person }: About,
  password: string,
): Promise<Tried> {
  const whose = user === undefined ? { stranger: login.typedName ?? '' } : { user }
  // The same for all names, or it would tell who is not in the directory.
  const shut = world.stage.directory === undefined ? 1 : slowest
  const taken = await takeTry(world.db, 'password', whose, call.ip, world.now(), shut)
  if (!taken.ok) return { outcome: 'wait', until: taken.waitUntil }
  if (asksDirectory(world, login, taken)) return tryDirectory(world, call, login, taken, person, password)
  const holds = await passwordHolds(taken.user?.passwordHash, password)
  const credential = taken.user === undefined ? undefined : passwordCredential(taken.user)
  if (holds && taken.user !== undefined && credential !== undefined)
    return { outcome: 'right', user: taken.user, credential, writes: [forgivenTries(taken)] }
  return { outcome: 'failed', reason: 'wrong-password', writes: [punishedTries(taken, world.now())] }
}

type Taken = Extract<Try, { ok: true }>

/** A user of the directory, or a name of nobody. A user who is disabled here is neither. */
function asksDirectory({ stage }: PasswordWorld, login: Pick<Login, 'user'>, { user }: Taken): boolean {
  if (stage.directory === undefined) return false
  if (user !== undefined) return user.passwordHash === undefined && user.directory !== undefined
  return login.user === undefined
}

async function tryDirectory(
  world: PasswordWorld,
  call: Call,
  login: Pick<Login, 'user' | 'typedName'>,
  taken: Taken,
  read: Person | undefined,
  password: string,
): Promise<Tried> {
  const userName = login.typedName ?? taken.user?.userName ?? ''
  // No sooner than a password of ours would be: how long it takes is not to tell whose is kept where.
  const [checked] = await Promise.all([world.directory.check(userName, password), passwordHolds(undefined, password)])
  noted(world, call, checked)
  if (checked.outcome !== 'right') return failedBy(checked, taken, world.now())
  const whose = await personOf(world, call, checked.entry, taken.user, read)
  if (!whose.ok) return { outcome: 'failed', ...failures[whose.reason], writes: [punishedTries(taken, world.now())] }
  const { person, writes } = whose.value
  const credential = directoryCredential(checked.entry.id)
  return { outcome: 'right', user: person.user, credential, person, writes: [...writes, forgivenTries(taken)] }
}

type NotRight = Exclude<Checked['outcome'], 'right'>

/** `another-entry` and a user who is disabled here are told to nobody. */
const failures: Record<NotRight | 'another-entry' | 'name-taken' | 'disabled-here', Failure> = {
  wrong: { reason: 'wrong-password' },
  locked: { reason: 'account-locked', candid: 'account-locked' },
  disabled: { reason: 'account-disabled', notice: 'account-disabled' },
  expired: { reason: 'password-expired', notice: 'password-expired' },
  'must-change': { reason: 'password-must-change', notice: 'password-must-change' },
  unavailable: { reason: 'directory-unavailable', notice: 'directory-unavailable' },
  'name-taken': { reason: 'name-taken', notice: 'name-taken' },
  'another-entry': { reason: 'another-entry' },
  'disabled-here': { reason: 'account-disabled' },
}

/** What said nothing of the password costs no try; a right one that leads nowhere starts the count afresh. */
function failedBy({ outcome }: Checked, taken: Taken, now: Seconds): Tried {
  if (outcome === 'right') throw new Error('A right password did not fail')
  const write =
    outcome === 'unavailable'
      ? returnedTry(taken)
      : outcome === 'wrong' || outcome === 'locked'
        ? punishedTries(taken, now)
        : forgivenTries(taken)
  return { outcome: 'failed', ...failures[outcome], writes: [write] }
}

/** What an operator may want to mend. That a password was wrong is in the audit already. */
function noted({ log }: PasswordWorld, call: Call, checked: Checked): void {
  if (checked.outcome === 'unavailable') log('directory unavailable', { request: call.id, detail: checked.detail })
  if (checked.outcome === 'wrong' && ['several-entries', 'outside-base'].includes(checked.detail))
    log('directory entry refused', { request: call.id, reason: checked.detail })
}

/** What a person reads of a try that failed: until they proved who they are, no more than a stranger. */
export const noticeOfFailure = ({ notice, candid }: Failure, proved: boolean): Notice =>
  notice ?? (proved ? (candid ?? 'wrong-password') : 'wrong-username-or-password')

/** A try that failed is told of, even where a later one has set a wait of its own meanwhile. */
export async function keepFailure({ db }: Pick<World, 'db'>, writes: Write[], told: Write): Promise<void> {
  const done = await db.transact([...writes, told])
  if (!done.ok) await db.transact([told])
}
