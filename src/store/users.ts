/**
 * Users as records: made, changed, gone. A change is the difference of two users, and brings along whatever follows from
 * it in the same transaction: the guards of names and of external ids, where the user is listed, who is an administrator,
 * and what ends with a password or with the user's being enabled.
 *
 * Their authenticators are in `people.ts`; what a change of a user means and who may make it, in `user-admin.ts`.
 */
import { isDeepStrictEqual } from 'node:util'
import type { UserId } from '../core/authenticator.ts'
import type { Seconds } from '../core/result.ts'
import { nameKey, type User } from '../core/user.ts'
import { entriesOf, isAdministrator, type ListingEntry } from '../core/user-listing.ts'
import type { Db, Item, Place, Write } from './db.ts'
import { places } from './keys.ts'
import { ownerIn, type Page } from './people.ts'

const userListing = 'user'

/** What is refused when a write's condition fails; without it, somebody else was faster. */
export type Guarded = { write: Write; refusal?: 'user-exists' | 'external-id-taken' | 'last-administrator' }

const free = { condition: 'attribute_not_exists(#pk)' }

/**
 * A new user: refused when the name is taken, when the name is somebody's id or the id somebody's name, since the API's
 * `{userId}` may be either, and when the external id is somebody's.
 */
export const guardedUser = (user: User): Guarded[] => [
  {
    write: {
      write: 'put',
      ...places.user(user.id),
      item: { ...user, listing: userListing, order: nameKey(user.userName) },
      ...free,
    },
    refusal: 'user-exists',
  },
  ...heldName(user).map((write): Guarded => ({ write, refusal: 'user-exists' })),
  ...heldExternalId(user),
  ...relisted(user, [], entriesOf(user)),
  ...(isAdministrator(user) ? [{ write: oneAdministratorMore(user.id) }] : []),
]

export const createdUser = (user: User): Write[] => guardedUser(user).map(({ write }) => write)

/** A name for a user and nobody else; not one that is somebody's id. */
const heldName = (user: User): Write[] => [
  { write: 'put', ...places.userName(user.userName), item: { owner: user.id }, ...free },
  ...confusable(user).map((place): Write => ({ write: 'check', ...place, ...free })),
]

/** Where another user would be found by this one's name or id. Their own records are not among them. */
function confusable({ id, userName }: User): Place[] {
  const names = new Set([userName, nameKey(userName)])
  names.delete(id)
  return [...[...names].map(places.user), ...(nameKey(id) === nameKey(userName) ? [] : [places.userName(id)])]
}

const heldExternalId = ({ id, externalId }: User): Guarded[] =>
  externalId === undefined
    ? []
    : [
        {
          write: { write: 'put', ...places.externalId(externalId), item: { owner: id }, ...free },
          refusal: 'external-id-taken',
        },
      ]

/** Also when it is gone already: what is begun again must come to its end. */
const released = (place: Place, owner: UserId): Write => ({
  write: 'delete',
  ...place,
  condition: 'attribute_not_exists(#pk) OR #owner = :owner',
  values: { owner },
})

const entryPlace = (user: UserId, { listing, order }: ListingEntry): Place => places.userEntry(user, listing, order)

function relisted({ id }: User, before: readonly ListingEntry[], after: readonly ListingEntry[]): Guarded[] {
  const lacks = (list: readonly ListingEntry[]) => (entry: ListingEntry) =>
    !list.some((each) => each.listing === entry.listing && each.order === entry.order)
  return [
    ...before.filter(lacks(after)).map((entry): Write => ({ write: 'delete', ...entryPlace(id, entry) })),
    ...after
      .filter(lacks(before))
      .map((entry): Write => ({ write: 'put', ...entryPlace(id, entry), item: { ...entry, owner: id } })),
  ].map((write) => ({ write }))
}

/** Puts a user where they are to be listed, whatever there is: for one whom an earlier version made. */
export const listedAnew = (user: User): Write[] => [
  ...relisted(user, [], entriesOf(user)).map(({ write }) => write),
  ...(isAdministrator(user) ? [oneAdministratorMore(user.id)] : []),
]

const oneAdministratorMore = (id: UserId): Write => ({
  write: 'update',
  ...places.administrators(),
  update: 'ADD #ids :ids',
  values: { ids: new Set([id]) },
})

/** Unless it is the last one. Of two who take the role from each other at once, the second finds one alone. */
const oneAdministratorLess = (id: UserId): Write => ({
  write: 'update',
  ...places.administrators(),
  update: 'DELETE #ids :ids',
  condition: 'size(#ids) > :one',
  values: { ids: new Set([id]), one: 1 },
})

function administrating(before: User, after: User): Guarded[] {
  if (isAdministrator(before) === isAdministrator(after)) return []
  return isAdministrator(after)
    ? [{ write: oneAdministratorMore(after.id) }]
    : [{ write: oneAdministratorLess(after.id), refusal: 'last-administrator' }]
}

/** What a change may be of. The rest of a record is written by those who sign in, and never put back. */
const members = [
  'userName',
  'externalId',
  'email',
  'emailVerified',
  'givenName',
  'familyName',
  'displayName',
  'locale',
  'claims',
  'passwordHash',
  'enabled',
  'roles',
  'mailTrouble',
  'deleting',
] as const satisfies readonly (keyof User)[]
export type UserMember = (typeof members)[number]

export const changedMembers = (before: User, after: User): UserMember[] =>
  members.filter((name) => !isDeepStrictEqual(before[name], after[name]))

/**
 * The user as they are to be, if they are still as they were read: by their version, and not being deleted. A password
 * that is another one, or none, and a user who is disabled, lower the standing; with the latter all sessions end.
 */
export const guardedChange = (before: User, after: User, now: Seconds): Guarded[] => [
  { write: changedProfile(before, after, now) },
  ...renamed(before, after),
  ...(before.externalId === after.externalId
    ? []
    : [
        ...(before.externalId === undefined
          ? []
          : [{ write: released(places.externalId(before.externalId), before.id) }]),
        ...heldExternalId(after),
      ]),
  ...relisted(after, entriesOf(before), entriesOf(after)),
  ...administrating(before, after),
]

export const changedUser = (before: User, after: User, now: Seconds): Write[] =>
  guardedChange(before, after, now).map(({ write }) => write)

/** As `guardedChange` leaves them. */
export function asChanged(before: User, after: User, now: Seconds): User {
  const { passwordVersion = 0, standing, epoch = 0, version = 0 } = before
  const [replaces, ends] = [replacesPassword(before, after), before.enabled && !after.enabled]
  return {
    ...after,
    updatedAt: now,
    version: version + 1,
    ...(replaces ? { passwordVersion: passwordVersion + 1 } : {}),
    ...(replaces || ends ? { standing: standing + 1 } : {}),
    ...(ends ? { epoch: epoch + 1 } : {}),
  }
}

/** By its version too: the same password once more is a new one, for whoever says so. */
const replacesPassword = (before: User, after: User): boolean =>
  before.passwordHash !== after.passwordHash || before.passwordVersion !== after.passwordVersion

function changedProfile(before: User, after: User, now: Seconds): Write {
  const changed = changedMembers(before, after)
  const [set, gone] = [
    changed.filter((name) => after[name] !== undefined),
    changed.filter((name) => after[name] === undefined),
  ]
  const [replaces, ends] = [replacesPassword(before, after), before.enabled && !after.enabled]
  const sets = [
    ...set.map((name) => `#${name} = :${name}`),
    '#order = :order',
    '#updatedAt = :now',
    '#version = if_not_exists(#version, :zero) + :one',
    ...(replaces ? ['#passwordVersion = if_not_exists(#passwordVersion, :zero) + :one'] : []),
    ...(replaces || ends ? ['#standing = #standing + :one'] : []),
    ...(ends ? ['#epoch = if_not_exists(#epoch, :zero) + :one'] : []),
  ]
  const remove = gone.length === 0 ? '' : ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}`
  return {
    write: 'update',
    ...places.user(before.id),
    update: `SET ${sets.join(', ')}${remove}`,
    condition: `attribute_exists(#pk) AND attribute_not_exists(#deleting) AND ${asRead(before)}`,
    values: {
      ...Object.fromEntries(set.map((name) => [name, after[name]])),
      order: nameKey(after.userName),
      now,
      zero: 0,
      one: 1,
      seen: before.version,
    },
  }
}

const asRead = ({ version }: User): string =>
  version === undefined ? 'attribute_not_exists(#version)' : '#version = :seen'

function renamed(before: User, after: User): Guarded[] {
  if (nameKey(before.userName) === nameKey(after.userName)) return []
  return [
    { write: released(places.userName(before.userName), before.id) },
    ...heldName(after).map((write): Guarded => ({ write, refusal: 'user-exists' })),
  ]
}

/** The last of a user: the record itself, once nothing else is theirs. Their name is anybody's from then on. */
export const goneUser = (user: User): Write[] => [
  { write: 'delete', ...places.user(user.id), condition: 'attribute_exists(#deleting)' },
  released(places.userName(user.userName), user.id),
  ...(user.externalId === undefined ? [] : [released(places.externalId(user.externalId), user.id)]),
  ...(user.directory?.id === undefined ? [] : [released(places.directoryEntry(user.directory.id), user.id)]),
  ...entriesOf(user).map((entry): Write => ({ write: 'delete', ...entryPlace(user.id, entry) })),
]

/** Theirs no more, with the user: `certificateThumbprints` stays what it was until the user is gone. */
export const releasedCertificate = (user: UserId, thumbprint: string): Write =>
  released(places.thumbprint(thumbprint), user)

/** Those of a user's certificates that are held for them. */
export async function certificatesHeld(
  db: Db,
  { id, certificateThumbprints = [] }: Pick<User, 'id' | 'certificateThumbprints'>,
): Promise<string[]> {
  const some = certificateThumbprints.slice(0, 100)
  const guards = some.length === 0 ? [] : await db.batch(some.map(places.thumbprint))
  const held = some.filter((_, at) => ownerIn(guards[at]) === id)
  const rest = certificateThumbprints.slice(100)
  return rest.length === 0 ? held : [...held, ...(await certificatesHeld(db, { id, certificateThumbprints: rest }))]
}

/** One more certificate that is theirs; refused by the first condition when it is somebody's already. */
export const registeredCertificate = (user: User, thumbprint: string, now: Seconds): Write[] => [
  { write: 'put', ...places.thumbprint(thumbprint), item: { owner: user.id }, ...free },
  changedCertificates(user, [...(user.certificateThumbprints ?? []), thumbprint], now),
]

/** One less. Who has none left keeps an empty list: then none is theirs, and not any that names them. */
export const forgottenCertificate = (user: User, thumbprint: string, now: Seconds): Write[] => [
  { write: 'delete', ...places.thumbprint(thumbprint), condition: '#owner = :owner', values: { owner: user.id } },
  changedCertificates(
    user,
    (user.certificateThumbprints ?? []).filter((each) => each !== thumbprint),
    now,
  ),
]

/** From the list that was read. What rests on a certificate is checked again: a first one shuts out all others too. */
function changedCertificates(user: User, thumbprints: string[], now: Seconds): Write {
  const seen = user.certificateThumbprints
  return {
    write: 'update',
    ...places.user(user.id),
    update: 'SET #certificateThumbprints = :thumbprints, #updatedAt = :now, #standing = #standing + :one',
    condition: `attribute_exists(#pk) AND attribute_not_exists(#deleting) AND ${
      seen === undefined ? 'attribute_not_exists(#certificateThumbprints)' : '#certificateThumbprints = :seen'
    }`,
    values: { thumbprints, now, one: 1, ...(seen === undefined ? {} : { seen }) },
  }
}

/** Mail to the user's address came back. Hearing the same thing twice changes nothing. */
export const troubledMail = (user: User, trouble: NonNullable<User['mailTrouble']>, feedbackId: string): Write => ({
  write: 'update',
  ...places.user(user.id),
  update: 'SET #mailTrouble = :trouble, #mailFeedback = :feedback',
  condition: '#email = :email AND (attribute_not_exists(#mailFeedback) OR #mailFeedback <> :feedback)',
  values: { trouble, feedback: feedbackId, email: user.email },
})

/** The user whom a provisioning directory calls this. */
export const findByExternalId = async (db: Db, externalId: string): Promise<UserId | undefined> =>
  ownerIn(await db.get(places.externalId(externalId)))

// --- Lists --------------------------------------------------------------------------------------------------------

/** Where a list goes on: after the record that this names, whether it is still there or not. */
export const userPosition = ({ id, userName }: Pick<User, 'id' | 'userName'>): Item => ({
  ...places.user(id).key,
  listing: userListing,
  order: nameKey(userName),
})

export const entryPosition = (listing: string, { owner, order }: { owner: UserId; order: string }): Item => ({
  ...places.userEntry(owner, listing, order).key,
  listing,
  order,
})

type Piece = { prefix: string; limit: number; after?: Item }

/** Users by the beginning of their name, in its order. */
export async function listUsers(db: Db, { prefix, ...piece }: Piece): Promise<Page<User>> {
  const page = await listed(db, userListing, { prefix: nameKey(prefix), ...piece })
  return { ...page, items: page.items as User[] }
}

export type OwnedEntry = { owner: UserId; order: string }

/** Whom another list holds than that of names: see `user-listing.ts`. */
export async function listEntries(db: Db, listing: string, piece: Piece): Promise<Page<OwnedEntry>> {
  const page = await listed(db, listing, piece)
  return { ...page, items: page.items as OwnedEntry[] }
}

const listed = (db: Db, listing: string, { prefix, limit, after }: Piece): Promise<Page<Item>> =>
  db.query({
    table: 'people',
    index: 'listing',
    where: prefix === '' ? '#listing = :listing' : '#listing = :listing AND begins_with(#order, :prefix)',
    values: { listing, prefix },
    limit,
    ...(after === undefined ? {} : { after }),
  })

/** How many users there are, of the next piece of the list. */
export const countUsers = (db: Db, piece: { limit?: number; after?: Item }): Promise<{ count: number; next?: Item }> =>
  db.count({
    table: 'people',
    index: 'listing',
    where: '#listing = :listing',
    values: { listing: userListing },
    ...piece,
  })

/** As they are now, consistently, in the order asked: up to 100. */
export const readUsers = async (db: Db, ids: readonly UserId[]): Promise<(User | undefined)[]> =>
  ids.length === 0 ? [] : ((await db.batch(ids.map(places.user))) as (User | undefined)[])
