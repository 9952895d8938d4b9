/** How a user looks from outside. Never what they sign in with, but for whether there is a password. */
import type { ApiScope } from '../../src/core/api-key.ts'
import type { Seconds } from '../../src/core/result.ts'
import { displayNameOf, type User } from '../../src/core/user.ts'
import { type Answer, json } from '../../src/http/call.ts'
import type { Stage } from '../../src/stage.ts'
import { waitsUntil } from '../../src/store/tries.ts'
import { userTag } from '../../src/user-admin.ts'
import type { ApiCaller } from '../api/caller.ts'
import { dateTime, tenantUrl } from '../api/representation.ts'

/** In lists. `displayName` is what pages call them, of whatever there is. */
export const showUser = (user: User) => ({
  id: user.id,
  userName: user.userName,
  ...(user.email === undefined ? {} : { email: user.email }),
  displayName: displayNameOf(user),
  enabled: user.enabled,
  ...(user.deleting === undefined ? {} : { deleting: true }),
  roles: user.roles ?? [],
  createdDateTime: dateTime(user.createdAt),
})

/** Where they live and when they were born is for whoever keeps it right, and not for every program that looks up a name. */
const personal: ApiScope = 'users:write'

export function showWholeUser(user: User, { scopes }: Pick<ApiCaller, 'scopes'>, now: Seconds) {
  const waits = waitsUntil(user, now)
  return {
    ...showUser(user),
    ...(user.externalId === undefined ? {} : { externalId: user.externalId }),
    ...(user.email === undefined ? {} : { emailVerified: user.emailVerified === true }),
    ...(user.mailTrouble === undefined ? {} : { mailTrouble: user.mailTrouble }),
    ...(user.givenName === undefined ? {} : { givenName: user.givenName }),
    ...(user.familyName === undefined ? {} : { familyName: user.familyName }),
    ...(user.locale === undefined ? {} : { locale: user.locale }),
    ...(user.claims === undefined || !scopes.includes(personal) ? {} : { claims: user.claims }),
    directory: user.directory !== undefined,
    hasPassword: user.passwordHash !== undefined,
    ...(waits === undefined ? {} : { waitsUntilDateTime: dateTime(waits) }),
    updatedDateTime: dateTime(user.updatedAt),
  }
}

export const answerUser = (
  user: User,
  caller: ApiCaller,
  now: Seconds,
  { status = 200, headers = {} }: { status?: 200 | 201; headers?: Record<string, string> } = {},
): Answer => json(status, showWholeUser(user, caller, now), { etag: userTag(user), ...headers })

export const userUrl = (stage: Stage, { id }: Pick<User, 'id'>): string =>
  `${tenantUrl(stage)}/users/${encodeURIComponent(id)}`
