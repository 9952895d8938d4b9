/**
 * What somebody sends who makes or changes a user: read member by member, and refused with the place.
 *
 * It leaves out roles and, of a change, the password: each has an address of its own, because more is asked of whoever
 * sets them. What a change comes to, and whether it may be, is decided in `user-admin.ts`.
 */
import {
  ifGiven,
  malformed,
  readBoolean,
  readDocument,
  readList,
  readMembers,
  readOneOf,
  readText,
} from './document.ts'
import { membersOf, type PersonalClaims, readClaimsDocument } from './oidc/standard-claims.ts'
import { passwordTrouble } from './password.ts'
import type { Result } from './result.ts'
import { nameKey, type Role, roles, type User } from './user.ts'

/** In characters. */
export const userLimits = { userName: 256, externalId: 255, email: 254, name: 255 } as const

/** What may be taken away of a user, and so may be `null` in a merge patch. */
const removable = ['externalId', 'email', 'givenName', 'familyName', 'displayName', 'locale', 'claims'] as const

/** What a user is called, and what applications hear of them. */
export type Profile = Pick<User, 'userName'> & Partial<Pick<User, 'emailVerified' | (typeof removable)[number]>>

/** `directory`: the directory has them under this name, and has the say on their password. */
export type NewUser = Profile & { enabled?: boolean; password?: string; directory?: boolean }

/** A merge patch: what is left out stays, `null` takes away. */
export type UserChange = Partial<Pick<User, 'userName' | 'emailVerified' | 'enabled'>> & {
  [member in (typeof removable)[number]]?: User[member] | null
}

const profileMembers = ['userName', 'emailVerified', 'enabled', ...removable]

const newMembers = [...profileMembers, 'password', 'directory']

export function parseNewUser(data: unknown): Result<NewUser, 'malformed-user'> {
  return readDocument('malformed-user', data, (given) => {
    const members = readMembers(given, '', newMembers)
    const { userName, ...profile } = readProfile(members)
    if (userName === undefined) return malformed('/userName', 'is missing')
    const user: NewUser = {
      ...profile,
      userName,
      ...ifGiven(members, '', 'password', readPassword),
      ...ifGiven(members, '', 'directory', readBoolean),
    }
    if (user.emailVerified !== undefined && user.email === undefined)
      malformed('/emailVerified', 'says of an email that is not given')
    if (user.directory && user.password !== undefined)
      malformed('/password', 'is kept here or in the directory, and not in both')
    return user
  })
}

export function parseUserChange(data: unknown): Result<UserChange, 'malformed-user'> {
  return readDocument('malformed-user', data, (given) => {
    const members = readMembers(given, '', profileMembers)
    const gone = removable.filter((name) => members[name] === null)
    const present = Object.fromEntries(Object.entries(members).filter(([name]) => !gone.some((each) => each === name)))
    return { ...readProfile(present), ...Object.fromEntries(gone.map((name) => [name, null])) }
  })
}

export const parseRoles = (data: unknown): Result<Role[], 'malformed-user'> =>
  readDocument('malformed-user', data, (given) => {
    const { roles: list } = readMembers(given, '', ['roles'])
    return [...new Set(readList(list, '/roles', roles.length, (item, at) => readOneOf(roles, item, at)))]
  })

/** `null` takes the password away. */
export const parsePassword = (data: unknown): Result<string | null, 'malformed-user'> =>
  readDocument('malformed-user', data, (given) => {
    const { password } = readMembers(given, '', ['password'])
    return password === null ? null : readPassword(password, '/password')
  })

function readProfile(members: Record<string, unknown>) {
  const named = (name: string) => (value: unknown, at: string) => textOf(readClaim(name, value, at))
  return {
    ...ifGiven(members, '', 'userName', readUserName),
    ...ifGiven(members, '', 'externalId', (value, at) =>
      readText(value, at, externalId, 'a text of 1 to 255 characters on one line'),
    ),
    ...ifGiven(members, '', 'email', (value, at) => readText(value, at, email, 'one email address')),
    ...ifGiven(members, '', 'emailVerified', readBoolean),
    ...ifGiven(members, '', 'givenName', named('given_name')),
    ...ifGiven(members, '', 'familyName', named('family_name')),
    ...ifGiven(members, '', 'displayName', named('name')),
    ...ifGiven(members, '', 'locale', named('locale')),
    ...ifGiven(members, '', 'claims', readClaims),
    ...ifGiven(members, '', 'enabled', readBoolean),
  }
}

/** On one line, and something on it. */
const externalId = /^(?=.*\S)[^\p{Cc}]{1,255}$/u
/** One address and nothing else: no list, no name beside it, nothing that a mailer could take for a header. */
const email = /^(?=.{3,254}$)[^\s\p{Cc}@<>()[\],;:\\"]{1,64}@[^\s\p{Cc}@<>()[\],;:\\"]+$/u

/** The key of a record: one character can become eighteen when it is folded (U+FDFA), and half a pair has no UTF-8. */
function readUserName(value: unknown, at: string): string {
  const wanted = 'a text of 1 to 256 characters on one line, with no space around it'
  const text = readText(value, at, /^\S(?:[^\p{Cc}]{0,254}\S)?$/u, wanted)
  const isKey = text.isWellFormed() && nameKey(text) !== '' && Buffer.byteLength(nameKey(text)) <= 1024
  return isKey ? text : malformed(at, 'cannot be the name of a user')
}

function readPassword(value: unknown, at: string): string {
  if (typeof value !== 'string') return malformed(at, 'must be a text')
  const trouble = passwordTrouble(value)
  return trouble === undefined ? value : malformed(at, trouble)
}

/** By the rules of the standard claims, under our name for it. */
function readClaim(name: string, value: unknown, at: string): unknown {
  const read = readClaimsDocument({ [name]: value })
  if (!read.ok) return malformed(at, read.detail ?? 'is no good')
  return Object.entries(read.value).find(([given]) => given === name)?.[1]
}

const textOf = (value: unknown): string => String(value)

/** By the names of the standard claims; those that the user has members for are not said twice. */
function readClaims(value: unknown, at: string): PersonalClaims {
  const read = readClaimsDocument(value)
  if (!read.ok) return malformed(`${at}${read.at ?? ''}`, read.detail ?? 'is no good')
  const { claims = {}, ...doubled } = membersOf(read.value)
  const [twice] = Object.keys(doubled)
  return twice === undefined ? claims : malformed(at, `has what is said by ${twice}`)
}
