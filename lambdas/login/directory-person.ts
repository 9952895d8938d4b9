/**
 * Whose an entry of the directory is, once its password was right: a user here whom it belongs to, one whom an operator
 * expects, or a new one.
 *
 * An entry is known by the id that the directory never changes. Names move: somebody is renamed, and years later another
 * gets the name. So the name alone never makes anybody the user who has it here.
 */
import { type DirectoryEntry, refreshedBy, userFrom } from '../../src/core/directory/directory-user.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import type { Person } from '../../src/core/session.ts'
import { nameKey, type User } from '../../src/core/user.ts'
import type { Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Write } from '../../src/store/db.ts'
import {
  boundToEntry,
  createdDirectoryUser,
  findHolder,
  type Holder,
  refreshedUser,
} from '../../src/store/directory-users.ts'
import type { World } from '../../src/world.ts'

type Needs = Pick<World, 'db' | 'now' | 'log'>

/** `writes` make the person, where there is none yet: in the transaction of the proof. */
type Found = { person: Person; writes: Write[] }

/**
 * @param expected the user whom the login is about already: the entry is theirs, or it is nobody's here.
 * @param read what was read of them before.
 */
export async function personOf(
  world: Needs,
  call: Call,
  entry: DirectoryEntry,
  expected: User | undefined,
  read: Person | undefined,
): Promise<Result<Found, 'another-entry' | 'name-taken' | 'disabled-here'>> {
  const holder = heldBy(entry, expected, read) ?? (await findHolder(world.db, entry))
  if (expected !== undefined && holder?.person.user.id !== expected.id) return refuse('another-entry')
  if (holder === undefined) return ok(made(world, call, entry))
  const { person, held } = holder
  if (!person.user.enabled) return refuse('disabled-here')
  // A password that is kept here is the user's only one.
  if (person.user.passwordHash !== undefined) return refuse(held ? 'another-entry' : 'name-taken')
  if (!held && !(await bind(world, call, person.user, entry)))
    return refuse(expected === undefined ? 'name-taken' : 'another-entry')
  return ok({ person: await refresh(world, call, person, entry), writes: [] })
}

/**
 * The user whose record names the entry holds it: the two are written in one transaction, for good. What was read of them
 * is what there is while their standing is the same.
 */
function heldBy({ id }: DirectoryEntry, expected: User | undefined, read: Person | undefined): Holder {
  if (expected === undefined || read === undefined || expected.directory?.id !== id) return undefined
  const isSame = read.user.id === expected.id && read.user.standing === expected.standing
  return isSame ? { person: { ...read, user: expected }, held: true } : undefined
}

function made(world: Needs, call: Call, entry: DirectoryEntry): Found {
  const user = userFrom(entry, newId(), world.now())
  const told = changed(world, call, user, { type: 'user.created', detail: 'from the directory' })
  return { person: { user, authenticators: [], otps: [] }, writes: [...createdDirectoryUser(user, entry), told] }
}

/** Only whom an operator expects from the directory, under the name that they gave. */
async function bind(world: Needs, call: Call, user: User, entry: DirectoryEntry): Promise<boolean> {
  if (user.directory === undefined || user.directory.id !== undefined) return false
  if (nameKey(user.userName) !== nameKey(entry.userName)) return false
  const told = changed(world, call, user, { type: 'user.changed', detail: 'bound to their entry in the directory' })
  return (await world.db.transact([...boundToEntry(user, entry), told])).ok
}

/** By a transaction of its own: what the directory says of them is so, whatever comes of the login. */
async function refresh(world: Needs, call: Call, person: Person, entry: DirectoryEntry): Promise<Person> {
  const before: User = { ...person.user, directory: { id: entry.id } }
  const now = world.now()
  const renamed = refreshedBy(entry, before, now)
  if (renamed === before) return { ...person, user: before }
  // A name that somebody has stays theirs: everything else is taken over all the same.
  const sameName = refreshedBy({ ...entry, userName: before.userName }, before, now)
  for (const after of sameName.userName === renamed.userName ? [renamed] : [renamed, sameName]) {
    const told = changed(world, call, after, { type: 'user.changed', detail: 'as the directory has them' })
    const done = await world.db.transact([...refreshedUser(before, after), told])
    if (done.ok) return { ...person, user: after }
  }
  world.log('directory entry not taken over', { request: call.id, user: before.id })
  return { ...person, user: before }
}

const changed = (
  world: Needs,
  call: Call,
  user: User,
  event: { type: 'user.created' | 'user.changed'; detail: string },
): Write =>
  recorded({
    ...event,
    at: world.now(),
    actor: { kind: 'service', id: 'directory' },
    user: user.id,
    ip: call.ip,
    request: call.id,
  })
