/** What an application may hear of a person: by scope (OpenID Connect Core §5.4), and by name (§5.5). */
import { displayNameOf, type User } from '../user.ts'

export const claimsOfScope: Partial<Record<string, readonly string[]>> = {
  profile: ['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
}

export const namesInScopes = (scopes: readonly string[]): string[] =>
  scopes.flatMap((scope) => claimsOfScope[scope] ?? [])

/** Of these names, those that are known of the user. Essential or not: what is not known is left out (§5.5.1). */
export function userClaims(user: User, names: readonly string[]): Record<string, unknown> {
  const known: Record<string, unknown> = {
    name: displayNameOf(user),
    given_name: user.givenName,
    family_name: user.familyName,
    preferred_username: user.userName,
    locale: user.locale,
    updated_at: user.updatedAt,
    email: user.email,
    email_verified: user.email === undefined ? undefined : (user.emailVerified ?? false),
  }
  const told = names.filter((name) => Object.hasOwn(known, name) && known[name] !== undefined)
  return Object.fromEntries(told.map((name) => [name, known[name]]))
}

/** Whether any of the names speaks of the person; the others are the token's own. */
export const speaksOfUser = (names: readonly string[]): boolean =>
  names.some((name) => Object.values(claimsOfScope).some((its) => its?.includes(name)))
