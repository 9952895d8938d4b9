/** A person of the directory as a user here: made at their first sign-in, and kept as the directory has them. */
import type { UserId } from '../authenticator.ts'
import type { Seconds } from '../result.ts'
import type { User } from '../user.ts'

/** What a directory says of a person. */
export type DirectoryEntry = {
  /** Of the entry, for good: its name may change, and be given to another. */
  id: string
  dn: string
  userName: string
  email?: string
  givenName?: string
  familyName?: string
  displayName?: string
}

/** The organisation's directory vouches for the address, as an operator does. */
export const userFrom = (entry: DirectoryEntry, id: UserId, now: Seconds): User => ({
  ...attributesOf(entry),
  id,
  userName: entry.userName,
  enabled: true,
  standing: 1,
  directory: { id: entry.id },
  createdAt: now,
  updatedAt: now,
})

type Attributes = Pick<User, 'email' | 'emailVerified' | 'givenName' | 'familyName' | 'displayName'>

const attributesOf = ({ email, givenName, familyName, displayName }: DirectoryEntry): Attributes => ({
  ...(email === undefined ? {} : { email, emailVerified: true }),
  ...(givenName === undefined ? {} : { givenName }),
  ...(familyName === undefined ? {} : { familyName }),
  ...(displayName === undefined ? {} : { displayName }),
})

/** The user as the directory has them now. The same object where nothing changed. */
export function refreshedBy(entry: DirectoryEntry, user: User, now: Seconds): User {
  const { email, emailVerified, givenName, familyName, displayName, mailTrouble, ...rest } = user
  const was = { email, emailVerified, givenName, familyName, displayName, userName: user.userName }
  const is = { ...attributesOf(entry), userName: entry.userName }
  if ((Object.keys(was) as (keyof typeof was)[]).every((name) => was[name] === is[name as keyof typeof is])) return user
  // An address that bounced is still that address; another one has not bounced yet.
  const trouble = mailTrouble === undefined || is.email !== email ? {} : { mailTrouble }
  return { ...rest, ...is, ...trouble, updatedAt: now }
}
