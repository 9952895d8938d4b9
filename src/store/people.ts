/**
 * Users and their authenticators. What is a user's is in one partition, read at once and consistently; guards beside it
 * make user names and credential ids unique over all users.
 */
import {
  type Authenticator,
  type AuthenticatorState,
  type Change,
  changes,
  type UserId,
} from '../core/authenticator.ts'
import type { OneTimePassword } from '../core/otp/one-time-password.ts'
import type { RecoveryCodes } from '../core/otp/recovery-code.ts'
import type { Seconds } from '../core/result.ts'
import type { Person } from '../core/session.ts'
import type { User } from '../core/user.ts'
import { consentIn } from './consents.ts'
import type { Db, Item, Write } from './db.ts'
import { places, userPartition } from './keys.ts'

/** Authenticators are listed by state, oldest first: `GET …/authenticators?state=pending&olderThan=`. */
const authenticatorListing = (state: AuthenticatorState): string => `authenticator#${state}`
const orderOf = (createdAt: Seconds, id: string): string => `${String(createdAt).padStart(12, '0')}#${id}`

export const userIn = (item: Item | undefined): User | undefined => item as User | undefined
const authenticatorIn = (item: Item): Authenticator => item as Authenticator

export async function readPerson(db: Db, id: UserId): Promise<Person | undefined> {
  const items: Item[] = []
  let after: Item | undefined
  do {
    const page = await db.query({
      table: 'people',
      where: '#pk = :pk',
      values: { pk: userPartition(id) },
      ...(after === undefined ? {} : { after }),
    })
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  const user = userIn(items.find((item) => item.sk === 'profile'))
  if (user === undefined) return undefined
  const authenticators = items.filter((item) => String(item.sk).startsWith('authenticator#')).map(authenticatorIn)
  const otps = items.filter((item) => String(item.sk).startsWith('otp#')).map((item) => item as OneTimePassword)
  const recoveryCodes = items.find((item) => item.sk === 'recovery-codes') as RecoveryCodes | undefined
  return {
    user,
    authenticators: authenticators.sort(byAge),
    otps: otps.sort(byAge),
    ...(recoveryCodes === undefined ? {} : { recoveryCodes }),
    consents: items.filter((item) => String(item.sk).startsWith('consent#')).map(consentIn),
  }
}

type Aged = { id: string; createdAt: Seconds }
const byAge = (a: Aged, b: Aged): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)

export const readUser = async (db: Db, id: UserId): Promise<User | undefined> => userIn(await db.get(places.user(id)))

export const ownerIn = (item: Item | undefined): UserId | undefined => item?.owner as UserId | undefined

/** The user a name belongs to. */
export const findByUserName = async (db: Pick<Db, 'get'>, userName: string): Promise<UserId | undefined> =>
  ownerIn(await db.get(places.userName(userName)))

/** The user with whom a certificate is registered. */
export const findByThumbprint = async (db: Db, thumbprint: string): Promise<UserId | undefined> =>
  ownerIn(await db.get(places.thumbprint(thumbprint)))

/** By id or by user name, as the API's `{userId}` is. An id wins: nobody can take another's id as a name and be found. */
export async function findPerson(db: Db, idOrName: string): Promise<Person | undefined> {
  const [byId, byName] = await db.batch([places.user(idOrName), places.userName(idOrName)])
  const id = namedIn(idOrName, byId, byName)
  return id === undefined ? undefined : readPerson(db, id)
}

/** Whom an id or a user name means, by the records found under either. */
export const namedIn = (idOrName: string, byId: Item | undefined, byName: Item | undefined): UserId | undefined =>
  byId === undefined ? ownerIn(byName) : idOrName

export const readAuthenticator = async (db: Db, user: UserId, id: string): Promise<Authenticator | undefined> => {
  const item = await db.get(places.authenticator(user, id))
  return item === undefined ? undefined : authenticatorIn(item)
}

/** What a credential id is held by. */
export type CredentialGuard = { owner: UserId; authenticator: string }
export const credentialGuardIn = (item: Item | undefined): CredentialGuard | undefined =>
  item as CredentialGuard | undefined

/** Where a listing goes on: after the record that this one names, whether it is still there or not. */
export const authenticatorPosition = (
  state: AuthenticatorState,
  { user, id, createdAt }: Pick<Authenticator, 'user' | 'id' | 'createdAt'>,
): Item => ({
  ...places.authenticator(user, id).key,
  listing: authenticatorListing(state),
  order: orderOf(createdAt, id),
})

/** The user alone, by id or by user name. */
export async function findUser(db: Db, idOrName: string): Promise<User | undefined> {
  const [byId, byName] = await db.batch([places.user(idOrName), places.userName(idOrName)])
  const owner = ownerIn(byName)
  return byId === undefined && owner !== undefined ? readUser(db, owner) : userIn(byId)
}

export type Page<T> = { items: T[]; next?: Item }

/** Authenticators of everybody in one state, oldest first; `before`: created before that second. */
export async function listAuthenticators(
  db: Db,
  { state, before, limit, after }: { state: AuthenticatorState; before?: Seconds; limit: number; after?: Item },
): Promise<Page<Authenticator>> {
  const page = await db.query({
    table: 'people',
    index: 'listing',
    where: before === undefined ? '#listing = :listing' : '#listing = :listing AND #order < :before',
    values: { listing: authenticatorListing(state), before: orderOf(before ?? 0, '') },
    limit,
    ...(after === undefined ? {} : { after }),
  })
  return { items: page.items.map(authenticatorIn), ...(page.next === undefined ? {} : { next: page.next }) }
}

/**
 * A new authenticator: refused by the first condition when the user is gone or disabled, by the second when the
 * credential id is somebody's already. Refused, never replaced: an import carries no proof of possession.
 */
export const createdAuthenticator = (key: Authenticator): Write[] => guardedAuthenticator(key, free)

const free = { condition: 'attribute_not_exists(#pk)' }

/** One that its user adds themselves: what they proved for it stands still, by the standing that was read. */
export const addedAuthenticator = (key: Authenticator, standing: number): Write[] =>
  guardedAuthenticator(key, free, standingHolds(key.user, standing))

const guardedAuthenticator = (
  key: Authenticator,
  guard: { condition: string; values?: Record<string, unknown> },
  user = userEnabled(key.user),
): Write[] => [
  user,
  {
    write: 'put',
    ...places.credential(key.credential.credentialId),
    item: { owner: key.user, authenticator: key.id },
    ...guard,
  },
  {
    write: 'put',
    ...places.authenticator(key.user, key.id),
    item: { ...key, listing: authenticatorListing(key.state), order: orderOf(key.createdAt, key.id) },
    condition: 'attribute_not_exists(#pk)',
  },
]

/** A new authenticator in place of one with the same credential id that nobody activated in time. */
export const createdInPlaceOfVoid = (key: Authenticator, old: Authenticator, now: Seconds): Write[] => [
  ...guardedAuthenticator(key, { condition: '#authenticator = :old', values: { old: old.id } }),
  {
    write: 'delete',
    ...places.authenticator(old.user, old.id),
    condition: `${unchanged} AND #state = :pending AND #expiresAt <= :now`,
    values: { version: old.version, pending: 'pending', now },
  },
]

const unchanged = '#version = :version'

/** What may be written with a change of state. */
type Noted = Partial<
  Pick<Authenticator, 'friendlyName' | 'activatedAt' | 'stateChangedAt' | 'lastUsedAt' | 'lastSuccessAt'>
> & {
  signatureCounter?: number
}

function assignments(noted: Noted): { sets: string[]; values: Record<string, unknown> } {
  const { signatureCounter, ...plain } = noted
  const given = Object.entries(plain).filter(([, value]) => value !== undefined)
  return {
    sets: [
      ...given.map(([name]) => `#${name} = :${name}`),
      ...(signatureCounter === undefined ? [] : ['#credential.#signatureCounter = :signatureCounter']),
    ],
    values: { ...Object.fromEntries(given), signatureCounter },
  }
}

/** One change of state, if the record is as it was read and in a state the change may start from. */
export function changedState(key: Authenticator, change: Change, noted: Noted = {}): Write {
  const { from, to } = changes[change]
  const { sets, values } = assignments(noted)
  const allowed = from.map((state, index) => [`from${index}`, state] as const)
  return {
    write: 'update',
    ...places.authenticator(key.user, key.id),
    update: `SET ${['#state = :to', '#listing = :listing', '#version = #version + :one', ...sets].join(', ')}`,
    condition: `${unchanged} AND #state IN (${allowed.map(([name]) => `:${name}`).join(', ')})`,
    values: {
      ...Object.fromEntries(allowed),
      ...values,
      to,
      listing: authenticatorListing(to),
      version: key.version,
      one: 1,
    },
  }
}

export const renamedAuthenticator = (key: Authenticator, friendlyName: string): Write => ({
  write: 'update',
  ...places.authenticator(key.user, key.id),
  update: 'SET #friendlyName = :friendlyName, #version = #version + :one',
  condition: unchanged,
  values: { friendlyName, version: key.version, one: 1 },
})

/**
 * An assertion was good: its counter and the time are kept. Only from the counter it was compared with: of two answers
 * at once, a cloned key's is refused.
 */
export function usedAuthenticator(key: Authenticator, counter: number, now: Seconds): Write {
  const { sets, values } = assignments({ signatureCounter: counter, lastUsedAt: now, lastSuccessAt: now })
  return {
    write: 'update',
    ...places.authenticator(key.user, key.id),
    update: `SET ${sets.join(', ')}`,
    condition: '#state = :active AND #credential.#signatureCounter = :seen',
    values: { ...values, active: 'active', seen: key.credential.signatureCounter },
  }
}

/** An assertion was refused because its counter did not advance. */
export const suspectedAuthenticator = (key: Authenticator, now: Seconds): Write => ({
  write: 'update',
  ...places.authenticator(key.user, key.id),
  update: 'SET #counterFailures = if_not_exists(#counterFailures, :zero) + :one, #lastUsedAt = :now',
  condition: 'attribute_exists(#pk)',
  values: { zero: 0, one: 1, now },
})

/** The CMS took it back: the record and its guard go together. */
export const deletedAuthenticator = (key: Authenticator): Write[] => [
  {
    write: 'delete',
    ...places.authenticator(key.user, key.id),
    condition: unchanged,
    values: { version: key.version },
  },
  {
    write: 'delete',
    ...places.credential(key.credential.credentialId),
    condition: '#owner = :user',
    values: { user: key.user },
  },
]

/** The user is there, and may sign in. */
const userEnabled = (user: UserId): Write => ({
  write: 'check',
  ...places.user(user),
  condition: '#enabled = :true',
  values: { true: true },
})

/** Something the user could prove with is gone: what rests on the old standing is checked again. */
export const loweredStanding = (user: UserId): Write => ({
  write: 'update',
  ...places.user(user),
  update: 'SET #standing = #standing + :one',
  condition: 'attribute_exists(#pk)',
  values: { one: 1 },
})

/** The same, of somebody who was read: of two things that are taken away at once, each is decided by what the other left. */
export const loweredStandingOf = ({ id, standing }: Pick<User, 'id' | 'standing'>): Write => ({
  write: 'update',
  ...places.user(id),
  update: 'SET #standing = #standing + :one',
  condition: '#standing = :standing AND #enabled = :true',
  values: { one: 1, standing, true: true },
})

/** While the user's standing is this, everything the user could prove with then is still there. */
export const standingHolds = (user: UserId, standing: number): Write => ({
  write: 'check',
  ...places.user(user),
  condition: '#standing = :standing AND #enabled = :true',
  values: { standing, true: true },
})
