/**
 * Reads what an operator says of a person by the names of the standard claims (OpenID Connect Core §5.1), and refuses it
 * with the place.
 *
 * It leaves out the claims that something else says: `preferred_username` is the user name, `email` has a command of its
 * own because mail goes there, `updated_at` is when any of it changed, and `sub` is nobody's to choose.
 */
import { ifGiven, malformed, readBoolean, readDocument, readMembers, readText } from '../document.ts'
import type { Result } from '../result.ts'
import type { User } from '../user.ts'

/** §5.1.1. `formatted` and `street_address` may have several lines. */
export type Address = {
  formatted?: string
  street_address?: string
  locality?: string
  region?: string
  postal_code?: string
  country?: string
}

/** What is kept of a person under the claim's own name; the rest has members of the user. */
export type PersonalClaims = {
  middle_name?: string
  nickname?: string
  profile?: string
  picture?: string
  website?: string
  gender?: string
  birthdate?: string
  zoneinfo?: string
  phone_number?: string
  phone_number_verified?: boolean
  address?: Address
}

/** A person in the words of the claims: what an operator writes and reads. */
export type ClaimsDocument = PersonalClaims & {
  name?: string
  given_name?: string
  family_name?: string
  locale?: string
}

/** The members of a user that a document of claims has the say on. */
export type ClaimsOfUser = Pick<User, 'displayName' | 'givenName' | 'familyName' | 'locale' | 'claims'>

const addressMembers = ['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country']
const texts = ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'gender'] as const
const addresses = ['profile', 'picture', 'website'] as const
const documentMembers = [
  ...texts,
  ...addresses,
  ...['locale', 'birthdate', 'zoneinfo', 'phone_number', 'phone_number_verified', 'address'],
]

/** One that has something in it, on one line. */
const line = /^(?=.*\S)[^\p{Cc}]{1,255}$/u
/** The same, over several lines. */
const lines = /^(?=[\s\S]*\S)(?:[^\p{Cc}]|\r?\n){1,1000}$/u
/** E.164 with an extension as RFC 3966 has it (§5.1), in groups or not. */
const phoneNumber = /^\+[0-9][0-9 ().-]{2,30}[0-9](;ext=[0-9]{1,10})?$/
/** `0000` for whom the year is nobody's business; a year alone is allowed, too (§5.1). */
const birthdate = /^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$/

export const readClaimsDocument = (data: unknown): Result<ClaimsDocument, 'malformed-claims'> =>
  readDocument('malformed-claims', data, (given) => {
    const members = readMembers(given, '', documentMembers)
    const text = (value: unknown, at: string) => readText(value, at, line)
    const document: ClaimsDocument = {
      ...Object.assign({}, ...texts.map((name) => ifGiven(members, '', name, text))),
      ...Object.assign({}, ...addresses.map((name) => ifGiven(members, '', name, readWebAddress))),
      ...ifGiven(members, '', 'locale', readLocale),
      ...ifGiven(members, '', 'birthdate', readBirthdate),
      ...ifGiven(members, '', 'zoneinfo', readTimeZone),
      ...ifGiven(members, '', 'phone_number', (value, at) => readText(value, at, phoneNumber)),
      ...ifGiven(members, '', 'phone_number_verified', readBoolean),
      ...ifGiven(members, '', 'address', readAddress),
    }
    if (document.phone_number_verified !== undefined && document.phone_number === undefined)
      malformed('/phone_number_verified', 'says of a phone_number that is not given')
    return document
  })

function readAddress(data: unknown, at: string): Address {
  const members = readMembers(data, at, addressMembers)
  const [first] = Object.keys(members)
  if (first === undefined) malformed(at, 'must have a member at least')
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => {
      const several = name === 'formatted' || name === 'street_address'
      return [name, readText(value, `${at}/${name}`, several ? lines : line)]
    }),
  )
}

function readWebAddress(data: unknown, at: string): string {
  const text = readText(data, at, /^https?:\/\/[^\s\p{Cc}]{1,2000}$/u)
  return URL.canParse(text) ? text : malformed(at, 'must be the address of a page')
}

/** BCP 47. Kept as it was written: applications compare it in ways of their own. */
function readLocale(data: unknown, at: string): string {
  const text = readText(data, at, /^[A-Za-z0-9_-]{2,35}$/)
  return works(() => Intl.getCanonicalLocales(text.replaceAll('_', '-')))
    ? text
    : malformed(at, 'must be a language tag such as de-AT (BCP 47)')
}

function readTimeZone(data: unknown, at: string): string {
  const text = readText(data, at, /^[A-Za-z0-9_+/-]{1,64}$/)
  return works(() => new Intl.DateTimeFormat('en', { timeZone: text }))
    ? text
    : malformed(at, 'must be a time zone such as Europe/Vienna')
}

function works(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch (failure) {
    if (failure instanceof RangeError) return false
    throw failure
  }
}

function readBirthdate(data: unknown, at: string): string {
  const text = readText(data, at, birthdate)
  // Of no year, the 29th of February is a day.
  const full = text.length === 4 ? `${text}-01-01` : text.replace(/^0000/, '2000')
  const date = new Date(`${full}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(full) && !/^0000$/.test(text)
    ? text
    : malformed(at, 'must be a day of the calendar')
}

/** The user's members that the document comes to; what it leaves out is `undefined`, and taken away. */
export function membersOf({ name, given_name, family_name, locale, ...kept }: ClaimsDocument): ClaimsOfUser {
  return {
    ...(name === undefined ? {} : { displayName: name }),
    ...(given_name === undefined ? {} : { givenName: given_name }),
    ...(family_name === undefined ? {} : { familyName: family_name }),
    ...(locale === undefined ? {} : { locale }),
    ...(Object.keys(kept).length === 0 ? {} : { claims: kept }),
  }
}

/** The other way round: what was said of the user, to be changed and given back. */
export const documentOf = ({ displayName, givenName, familyName, locale, claims }: ClaimsOfUser): ClaimsDocument => ({
  ...(displayName === undefined ? {} : { name: displayName }),
  ...(givenName === undefined ? {} : { given_name: givenName }),
  ...(familyName === undefined ? {} : { family_name: familyName }),
  ...(locale === undefined ? {} : { locale }),
  ...claims,
})
