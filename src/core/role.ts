/**
 * What people may do to others here, by their role, and how well they must have signed in for it.
 *
 * Said in the words of the API's scopes, so that a person at the console and a program with a key are held to one list.
 * Who calls, and with what, is `lambdas/api/caller.ts`'s.
 */
import { type ApiScope, apiScopes, peopleScopes } from './api-key.ts'
import type { Realm, Settings } from './realm.ts'
import type { Seconds } from './result.ts'
import type { AcrMap } from './step-up/flow.ts'
import { lookUp } from './step-up/names.ts'
import { type Role, roles } from './user.ts'

const all: readonly ApiScope[] = [...apiScopes, ...peopleScopes]

/** Whether it changes nothing: to ask why somebody was asked is to look. */
const isReading = (scope: ApiScope): boolean => scope.endsWith(':read') || scope === 'step-up:explain'

export const scopesOfRole: Record<Role, readonly ApiScope[]> = {
  administrator: all,
  // The help desk: people and what they sign in with. What the service is set to, it reads.
  operator: [
    'users:read',
    'users:write',
    'authenticators:read',
    'authenticators:write',
    'otp:read',
    'otp:write',
    'sessions:read',
    'sessions:write',
    'consents:read',
    'consents:write',
    'step-up:explain',
    'flows:read',
    'policy:read',
    'clients:read',
    'settings:read',
    'audit:read',
    'statistics:read',
  ],
  auditor: all.filter(isReading),
}

/** Of all of somebody's roles. One that a record names and we do not know stands for nothing. */
export const scopesOfRoles = (given: readonly Role[] = []): ApiScope[] => {
  const known = roles.filter((role) => given.includes(role))
  return all.filter((scope) => known.some((role) => scopesOfRole[role].includes(scope)))
}

/** How well a person must have signed in: to look, to change, and for what opens doors or cannot be undone. */
export type Demand = 'reading' | 'changing' | 'sensitive'

const sensitive: ReadonlySet<ApiScope> = new Set([
  'authenticators:break-glass',
  'roles:write',
  'api-keys:write',
  'clients:write',
  'flows:write',
  'policy:write',
  'settings:write',
  'webhooks:write',
])

export const demandOf = (scope: ApiScope): Demand => {
  if (sensitive.has(scope)) return 'sensitive'
  return isReading(scope) ? 'reading' : 'changing'
}

/**
 * What an access token says of its person's sign-in (RFC 9068 §2.2.1). `acrToLoa`: what its names stand for, where the
 * application that it was given to has a map of its own.
 */
export type SignedIn = { acr?: string | undefined; authTime: Seconds; acrToLoa?: AcrMap }

/** What is asked for instead, in the words of RFC 9470 §3. */
export type Unmet = { acr: string; maxAge?: Seconds }

/** `undefined`: it will do. A name that the realm does not know is reached by nobody. */
export function unmetDemand(
  demand: Demand,
  { acr, authTime, acrToLoa: own }: SignedIn,
  {
    settings,
    acrToLoa,
  }: Pick<Realm, 'acrToLoa'> & { settings: Pick<Settings, 'consoleAcr' | 'sensitiveAcr' | 'sensitiveMaxAge'> },
  now: Seconds,
): Unmet | undefined {
  const wanted = demand === 'sensitive' ? settings.sensitiveAcr : settings.consoleAcr
  const unmet = { acr: wanted, ...(demand === 'sensitive' ? { maxAge: settings.sensitiveMaxAge } : {}) }
  // Of another application's map, the name that is wanted here may be that of a lower level.
  const [reached, due] = [acr === undefined ? undefined : lookUp(own ?? acrToLoa, acr), lookUp(acrToLoa, wanted)]
  if (reached === undefined || due === undefined || reached < due) return unmet
  return unmet.maxAge !== undefined && now - authTime > unmet.maxAge ? unmet : undefined
}
