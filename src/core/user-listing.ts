/**
 * Where a user is listed beside their name: under each word they may be looked for by, under their roles, and among those
 * who are disabled. A function of the user alone, so that whoever changes a user writes the difference and nothing else.
 *
 * A word is any text whose beginning somebody types: user name, address, the whole name and each part of it. One that
 * another begins with is left out: its beginnings are that one's, too.
 */
import { nameKey, type Role, type User } from './user.ts'

export type ListingEntry = { listing: string; order: string }

/** In characters: of a word as it is kept, and so of what can be looked for. */
export const longestWord = 128

/** Of one user. Whose name has more parts is found by the first ones. */
const mostWords = 12

/** Compared without regard to case, to Unicode spelling, or to marks: `Muller` finds `Müller`. */
export const wordKey = (text: string): string =>
  [...nameKey(nameKey(text).normalize('NFKD').replace(/\p{M}/gu, ''))].slice(0, longestWord).join('').trim()

type Named = Pick<User, 'userName' | 'email' | 'givenName' | 'familyName' | 'displayName'>

export function wordsOf({ userName, email = '', givenName = '', familyName = '', displayName = '' }: Named): string[] {
  const whole = [userName, email, displayName, `${givenName} ${familyName}`, `${familyName} ${givenName}`]
  const parts = [givenName, familyName, displayName].flatMap((name) => name.split(/[\s-]+/))
  const words = [...new Set([...whole, ...parts].map(wordKey))].filter((word) => word !== '')
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word))).slice(0, mostWords)
}

/** By first characters, so that no one partition of the index holds everybody's words. */
export const wordListing = (word: string): string => `user-word#${[...word][0] ?? ''}`
export const roleListing = (role: Role): string => `user-role#${role}`
export const disabledListing = 'user-disabled'

export type Listed = Named & Pick<User, 'enabled' | 'roles'>

export const entriesOf = (user: Listed): ListingEntry[] => [
  ...wordsOf(user).map((word) => ({ listing: wordListing(word), order: word })),
  ...[...new Set(user.roles)].map((role) => ({ listing: roleListing(role), order: wordKey(user.userName) })),
  ...(user.enabled ? [] : [{ listing: disabledListing, order: wordKey(user.userName) }]),
]

/** Of several words that begin as it says, the one by which a user is shown: once, wherever a page begins. */
export const foundBy = (user: Named, term: string): string | undefined =>
  wordsOf(user)
    .filter((word) => word.startsWith(term))
    .sort()[0]

export const isAdministrator = ({ enabled, roles }: Pick<User, 'enabled' | 'roles'>): boolean =>
  enabled && roles?.includes('administrator') === true
