/** What an application may hear of a person: by scope (OpenID Connect Core §5.4), and by name (§5.5). */
import { displayNameOf, type User } from '../user.ts'

/** Each standard claim of §5.1, in the order it is listed there. */
const profile = [
  ...['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture'],
  ...['website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
]

export const claimsOfScope: Partial<Record<string, readonly string[]>> = {
  profile,
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
}

export const namesInScopes = (scopes: readonly string[]): string[] =>
  scopes.flatMap((scope) => (Object.hasOwn(claimsOfScope, scope) ? (claimsOfScope[scope] ?? []) : []))

/** All that speak of a person; the others are the token's own. */
export const personalClaims: ReadonlySet<string> = new Set(namesInScopes(Object.keys(claimsOfScope)))

/**
 * Of these names, those that are known of the user. Essential or not: what is not known is left out, and so is what is no
 * claim of ours (§5.5.1). A claim that was asked for with a value is told as it is: only `sub` and `acr` are decided by it.
 */
export function userClaims(user: User, names: readonly string[]): Record<string, unknown> {
  const { claims = {} } = user
  const known: Record<string, unknown> = {
    ...claims,
    name: displayNameOf(user),
    given_name: user.givenName,
    family_name: user.familyName,
    preferred_username: user.userName,
    locale: user.locale,
    updated_at: user.updatedAt,
    email: user.email,
    email_verified: user.email === undefined ? undefined : (user.emailVerified ?? false),
    phone_number_verified: claims.phone_number === undefined ? undefined : (claims.phone_number_verified ?? false),
  }
  const told = names.filter((name) => Object.hasOwn(known, name) && known[name] !== undefined)
  return Object.fromEntries(told.map((name) => [name, known[name]]))
}

/** Of the claims that were asked for by name, those that a client with these scopes may hear. */
export function hearable(names: readonly string[], scopes: readonly string[]): string[] {
  const heard = new Set(namesInScopes(scopes))
  return names.filter((name) => heard.has(name))
}

/** Whether any of the names speaks of the person. */
export const speaksOfUser = (names: readonly string[]): boolean => names.some((name) => personalClaims.has(name))
