/** The key of a machine that calls the API: shown once, kept hashed, with what it may do and until when. */
import type { Seconds } from './result.ts'
import { hashSecret, sameText, splitHalves, type TwoHalves } from './secret.ts'

/** What a Credential Management System needs, and what a key has for which no scopes were named. */
export const cmsScopes = ['users:read', 'authenticators:read', 'authenticators:write'] as const
/**
 * One-time passwords. Not among what a CMS's key has by itself: an imported one counts at once, where an imported FIDO
 * key waits for its user to activate it.
 */
export const otpScopes = ['otp:read', 'otp:write'] as const
/** The administration of step-up. Whoever may write these decides what proves enough: no CMS's business. */
export const stepUpScopes = ['flows:read', 'flows:write', 'policy:read', 'policy:write', 'step-up:explain'] as const
/** Applications. Whoever may write these says where people are sent with a code: an administrator's business as well. */
export const clientScopes = ['clients:read', 'clients:write'] as const

/** Where people are signed in, and the end of it. */
export const sessionScopes = ['sessions:read', 'sessions:write'] as const

/** What people allowed applications, and its withdrawal. */
export const consentScopes = ['consents:read', 'consents:write'] as const

/** People: made and changed, by a directory of the organisation's (SCIM) or by its help desk. */
export const userScopes = ['users:read', 'users:write'] as const

/** What the service itself is set to, who may call it, whom it tells, and what it says of itself. */
export const serviceScopes = [
  'settings:read',
  'settings:write',
  'api-keys:read',
  'api-keys:write',
  'webhooks:read',
  'webhooks:write',
  'audit:read',
  'statistics:read',
  'roles:write',
] as const

/** All that a machine may be given. */
export const apiScopes = [
  ...cmsScopes,
  'users:write',
  ...otpScopes,
  ...stepUpScopes,
  ...clientScopes,
  ...sessionScopes,
  ...consentScopes,
  ...serviceScopes,
] as const

/** For people alone, who can be asked for a fresh proof: the deletion of what a CMS manages, past that CMS. */
export const peopleScopes = ['authenticators:break-glass'] as const

export type ApiScope = (typeof apiScopes)[number] | (typeof peopleScopes)[number]

export type ApiKey = {
  id: string
  name: string
  secretHash: string
  scopes: readonly ApiScope[]
  createdAt: Seconds
  lastUsedAt?: Seconds
  revokedAt?: Seconds
  expiresAt?: Seconds
}

/** Found by secret scanners, and by people in a configuration file. */
const prefix = 'keystep_'

export const showApiKey = ({ id, secret }: TwoHalves): string => `${prefix}${id}.${secret}`

export const readApiKey = (text: string | undefined): TwoHalves | undefined =>
  text?.startsWith(prefix) ? splitHalves(text.slice(prefix.length)) : undefined

export const apiKeyHolds = (key: ApiKey | undefined, secret: string, now: Seconds): key is ApiKey =>
  key !== undefined &&
  sameText(key.secretHash, hashSecret(secret)) &&
  key.revokedAt === undefined &&
  (key.expiresAt === undefined || key.expiresAt > now)

/** When the last use is written down again: often enough to tell a key that is in use from one that is not. */
export const lastUseResolution: Seconds = 60

/** The API's identifier, as the audience of the access tokens that open it instead (RFC 9068 §3). */
export const apiAudience = (issuer: string): string => `${issuer}/api/v1`
