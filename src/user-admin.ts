/**
 * How users are made, changed, disabled, given roles and deleted: by the API, by SCIM and by the command `npm run admin`
 * alike. Each change is read, decided and written with its audit records in one transaction, if the user is still the one
 * that was read.
 *
 * Nobody is shut out by a slip: the last administrator stays one, and nobody takes away their own role or disables
 * themselves. Whether the caller may at all is the route's question, but for users who bear a role: those are not
 * everybody's to manage (`mayManage`). How a user is deleted is in `user-deletion.ts`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Desk, Expects } from './administration.ts'
import type { AuditEvent } from './core/audit-event.ts'
import type { UserId } from './core/authenticator.ts'
import { hashPassword } from './core/password.ts'
import { ok, type Refusal, type Result, refuse } from './core/result.ts'
import { newId } from './core/secret.ts'
import { type Role, roles, type User } from './core/user.ts'
import type { NewUser, Profile, UserChange } from './core/user-request.ts'
import { endLeftSessions } from './session-ends.ts'
import { recorded } from './store/audit.ts'
import type { Write } from './store/db.ts'
import { changedOneTimePassword } from './store/one-time-passwords.ts'
import { readPerson, readUser } from './store/people.ts'
import { forgottenTries } from './store/tries.ts'
import { asChanged, changedMembers, type Guarded, guardedChange, guardedUser, type UserMember } from './store/users.ts'

type Bearer = Pick<User, 'roles'>

/**
 * `mayManage`: whether whoever is at the desk may change somebody who bears these roles. `maySignInAs`: whether they may
 * set what such a user signs in with, and where their codes are sent, and so become that user. Left out: they may.
 */
export type UserDesk = Desk & { mayManage?: (user: Bearer) => boolean; maySignInAs?: (user: Bearer) => boolean }

/** All that may be said of a user: what is left out is not known of them any more, but for `enabled`. */
export type UserDocument = Profile & { enabled?: boolean }

export type UserRefusal =
  | 'user-not-found'
  | 'changed-since'
  | 'changed-meanwhile'
  | 'user-deleting'
  | 'beyond-caller'
  | 'user-exists'
  | 'external-id-taken'
  | 'last-administrator'
  | 'not-yourself'
  | 'owned-by-directory'

/** Of what the API may change: that somebody signed in does not spoil an If-Match. */
export const userTag = ({ version = 0 }: Pick<User, 'version'>): string => `"${version}"`

const anyVersion: Expects = () => true

/** An address that is given counts as verified unless it is said not to: the organisation vouches for it. */
export async function createUser(
  desk: UserDesk,
  { password, directory, enabled = true, ...profile }: NewUser,
): Promise<Result<User, 'user-exists' | 'external-id-taken' | 'last-administrator'>> {
  const now = desk.now()
  const user: User = {
    ...profile,
    ...(profile.email === undefined ? {} : { emailVerified: profile.emailVerified ?? true }),
    id: newId(),
    enabled,
    standing: 1,
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...(directory ? { directory: {} } : {}),
    ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
  }
  const writes = guardedUser(user)
  const done = await desk.db.transact([
    ...writes.map(({ write }) => write),
    told(desk, user.id, { type: 'user.created' }),
  ])
  return done.ok ? ok(user) : (refusalOf(writes, done.conflicts) ?? refuse('user-exists'))
}

/** What is named, and nothing else. The address once more says that it takes mail again. */
export const changeUser = (
  desk: UserDesk,
  id: UserId,
  change: UserChange,
  expects: Expects = anyVersion,
): Promise<Result<User, UserRefusal>> =>
  changeTo(desk, id, expects, (before) => {
    const after: User = { ...before }
    for (const [name, value] of Object.entries(change))
      if (value !== undefined) Object.assign(after, { [name]: value ?? undefined })
    return withAddress(before, after, change, change.email !== undefined)
  })

/** All of it anew (SCIM's PUT). A user who is not said to be enabled stays as they are. */
export const replaceUser = (
  desk: UserDesk,
  id: UserId,
  document: UserDocument,
  expects: Expects = anyVersion,
): Promise<Result<User, UserRefusal>> =>
  changeTo(desk, id, expects, (before) => {
    const { email, emailVerified, givenName, familyName, displayName, locale, claims, externalId, ...rest } = before
    return withAddress(before, { ...rest, ...document }, document, document.email !== before.email)
  })

/** At once: whatever they are signed in to ends, and they sign in nowhere. */
export const disableUser = (desk: UserDesk, id: UserId, expects?: Expects) =>
  changeUser(desk, id, { enabled: false }, expects)

export const enableUser = (desk: UserDesk, id: UserId, expects?: Expects) =>
  changeUser(desk, id, { enabled: true }, expects)

async function changeTo(
  desk: UserDesk,
  id: UserId,
  expects: Expects,
  afterOf: (before: User) => User,
): Promise<Result<User, UserRefusal>> {
  const changed = await editUser(desk, id, expects, (before) => {
    const after = afterOf(before)
    const members = changedMembers(before, after)
    const owned = members.find((name) => isOwned(before, name))
    if (owned !== undefined) return refuse('owned-by-directory', { at: `/${owned}` })
    const known = members.find((name) => knownBy.has(name))
    if (known !== undefined && !maySignInAs(desk, before)) return refuse('beyond-caller', { at: `/${known}` })
    if (isSelf(desk, id) && before.enabled && !after.enabled) return refuse('not-yourself', { at: '/enabled' })
    return ok({ after, events: eventsOf(before, after) })
  })
  // Again for one who is disabled already: what broke off is brought to its end.
  if (changed.ok && !changed.value.enabled) await endLeftSessions(desk, changed.value, 'user-disabled')
  return changed
}

const refreshed: ReadonlySet<UserMember> = new Set([
  'userName',
  'email',
  'emailVerified',
  'givenName',
  'familyName',
  'displayName',
])

/** By what certificates, directories and token servers know a user, and where codes go: with another's, another signs in. */
const knownBy: ReadonlySet<UserMember> = new Set(['userName', 'email', 'emailVerified'])

/** What the directory has the say on, once the user is an entry of it: it would be as it was at the next sign-in. */
const isOwned = ({ directory, passwordHash }: User, member: UserMember): boolean =>
  directory?.id !== undefined && passwordHash === undefined && refreshed.has(member)

/**
 * Another address is verified unless it is said not to be, and did not bounce. Without one, nothing is said of it.
 *
 * @param mended whether what came back before is forgotten
 */
function withAddress(
  before: User,
  after: User,
  given: Pick<UserChange, 'email' | 'emailVerified'>,
  mended: boolean,
): User {
  const { emailVerified, mailTrouble, ...rest } = after
  if (after.email === undefined) return rest
  const unsaid = after.email === before.email ? before.emailVerified : true
  const verified = given.emailVerified ?? unsaid
  return {
    ...rest,
    ...(verified === undefined ? {} : { emailVerified: verified }),
    ...(mended || mailTrouble === undefined ? {} : { mailTrouble }),
  }
}

type Told = Pick<AuditEvent, 'type'> & Partial<AuditEvent>

/** Which members changed, never what to: what a user is called is nobody's business years later. */
function eventsOf(before: User, after: User): Told[] {
  const members = changedMembers(before, after).filter((name) => name !== 'enabled')
  return [
    ...(members.length === 0 ? [] : [{ type: 'user.changed' as const, detail: members.join(', ') }]),
    ...(before.enabled === after.enabled
      ? []
      : [{ type: after.enabled ? ('user.enabled' as const) : ('user.disabled' as const) }]),
  ]
}

/** The roles instead of those there were. */
export const setRoles = (
  desk: UserDesk,
  id: UserId,
  given: readonly Role[],
  expects: Expects = anyVersion,
): Promise<Result<User, UserRefusal>> =>
  editUser(desk, id, expects, (before) => {
    const [had, has] = [before.roles ?? [], roles.filter((role) => given.includes(role))]
    if (isSelf(desk, id) && had.some((role) => !has.includes(role))) return refuse('not-yourself')
    if (had.length === has.length && had.every((role) => has.includes(role))) return ok({ after: before, events: [] })
    const { roles: _, ...rest } = before
    const detail = `${had.join(' ') || 'none'} → ${has.join(' ') || 'none'}`
    const after: User = { ...rest, ...(has.length === 0 ? {} : { roles: has }) }
    return ok({ after, events: [{ type: 'user.roles-changed', detail }] })
  })

/** Another password, or none. What rested on the one before is checked again. */
export async function setUserPassword(
  desk: UserDesk,
  id: UserId,
  password: string | null,
  expects: Expects = anyVersion,
): Promise<Result<User, UserRefusal>> {
  const passwordHash = password === null ? undefined : await hashPassword(password)
  return editUser(desk, id, expects, (before) => {
    const barred = passwordBarred(desk, before)
    if (barred !== undefined) return barred
    const { passwordHash: _, ...rest } = before
    if (passwordHash === undefined && before.passwordHash === undefined) return ok({ after: before, events: [] })
    const after: User = { ...rest, ...(passwordHash === undefined ? {} : { passwordHash }) }
    return ok({ after, events: [{ type: 'user.changed', detail: 'password' }] })
  })
}

/** Why a password of this user is not set from this desk. */
export function passwordBarred(
  desk: UserDesk,
  user: User,
): Refusal<'beyond-caller' | 'owned-by-directory'> | undefined {
  if (!maySignInAs(desk, user)) return refuse('beyond-caller')
  return user.directory !== undefined && user.passwordHash === undefined ? refuse('owned-by-directory') : undefined
}

/**
 * Whoever failed too often may try again: at passwords and codes, from wherever they tried, and with one-time passwords
 * that are locked. A key that is locked stays so: its counter said that there may be a second one.
 */
export async function unlockUser(desk: UserDesk, id: UserId): Promise<Result<User, UserRefusal>> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    await backOff(attempt)
    const person = await readPerson(desk.db, id)
    if (person === undefined) return refuse('user-not-found')
    const barred = barredFrom(desk, person.user, anyVersion)
    if (barred !== undefined) return barred
    // Further guesses, again and again, are a way in as well.
    if (!maySignInAs(desk, person.user)) return refuse('beyond-caller')
    const locked = person.otps.filter(({ state }) => state === 'locked')
    const forgotten = forgottenTries(person.user)
    if (forgotten === undefined && locked.length === 0) return ok(person.user)
    const done = await desk.db.transact([
      ...(forgotten === undefined ? [] : [forgotten]),
      ...locked.flatMap((otp) => [
        changedOneTimePassword(otp, 'resume'),
        told(desk, id, { type: 'otp.resumed', authenticator: otp.id }),
      ]),
      told(desk, id, { type: 'user.unlocked' }),
    ])
    if (done.ok) return ok((await readUser(desk.db, id)) ?? person.user)
  }
  return refuse('changed-meanwhile')
}

// --- What all of them do ------------------------------------------------------------------------------------------

/** No events: it is as it is asked to be. */
export type Edited = { after: User; events: Told[] }

const attempts = 8

/** Those who collided come back at different times. */
const backOff = async (attempt: number): Promise<void> => {
  if (attempt > 0) await pause(Math.random() * 20 * 2 ** (attempt - 1))
}

/** Reads, decides, and writes if the user is still who was read; and all of it again when somebody else was faster. */
export async function editUser<Reason extends string = never>(
  desk: UserDesk,
  id: UserId,
  expects: Expects,
  decide: (before: User) => Result<Edited, Reason | UserRefusal>,
): Promise<Result<User, Reason | UserRefusal>> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    await backOff(attempt)
    const before = await readUser(desk.db, id)
    if (before === undefined) return refuse('user-not-found')
    const barred = barredFrom(desk, before, expects)
    if (barred !== undefined) return barred
    const decided = decide(before)
    if (!decided.ok) return decided
    const { after, events } = decided.value
    if (events.length === 0) return ok(before)
    const writes = guardedChange(before, after, desk.now())
    const done = await desk.db.transact([
      ...writes.map(({ write }) => write),
      ...events.map((event) => told(desk, id, event)),
    ])
    if (done.ok) return ok(asChanged(before, after, desk.now()))
    // Where the user is another one by now, the rest was decided of what is no more.
    const refusal = done.conflicts[0] === undefined ? refusalOf(writes, done.conflicts) : undefined
    if (refusal !== undefined) return refusal
  }
  return refuse('changed-meanwhile')
}

/** Why this user is not changed, whatever the change. */
function barredFrom({ mayManage }: UserDesk, user: User, expects: Expects) {
  if (!expects(userTag(user))) return refuse('changed-since')
  if (mayManage !== undefined && !mayManage(user)) return refuse('beyond-caller')
  return user.deleting === undefined ? undefined : refuse('user-deleting')
}

const maySignInAs = (desk: UserDesk, user: Bearer): boolean => desk.maySignInAs === undefined || desk.maySignInAs(user)

export const isSelf = ({ actor }: Pick<Desk, 'actor'>, id: UserId): boolean => actor.kind === 'user' && actor.id === id

const refusalOf = (writes: readonly Guarded[], conflicts: readonly unknown[]) => {
  const refusal = writes.find((_, at) => conflicts[at] !== undefined)?.refusal
  return refusal === undefined ? undefined : refuse(refusal)
}

export const told = ({ now, actor, about = {} }: Desk, user: UserId, event: Told): Write =>
  recorded({ at: now(), actor, ...about, user, ...event })
