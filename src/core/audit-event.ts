/**
 * What the audit log can say. A record is written in the transaction of the change it tells of: neither without the
 * other. Never a secret, never a code, never a whole request.
 */
import type { Seconds } from './result.ts'
import type { Report } from './step-up/decide.ts'

export const auditTypes = [
  'authenticator.imported',
  'authenticator.added',
  'authenticator.activated',
  'authenticator.activation-started',
  'authenticator.identity-confirmed',
  'authenticator.activation-failed',
  'authenticator.suspended',
  'authenticator.resumed',
  'authenticator.renamed',
  'authenticator.locked',
  'authenticator.deleted',
  'authenticator.expired',
  'otp.enrolled',
  'otp.imported',
  'otp.renamed',
  'otp.suspended',
  'otp.resumed',
  'otp.locked',
  'otp.deleted',
  'recovery-codes.made',
  'recovery-code.used',
  'import.refused',
  'code.sent',
  'code.failed',
  'login.succeeded',
  'login.failed',
  'token.challenged',
  'step-up.asked',
  'step-up.unmet',
  'session.ended',
  'consent.asked',
  'consent.given',
  'consent.denied',
  'consent.withdrawn',
  'sessions.ended',
  'logout.delivered',
  'logout.failed',
  'token.issued',
  'token.refreshed',
  'grant.revoked',
  'token.revoked',
  'settings.changed',
  'user.created',
  'user.changed',
  'user.disabled',
  'user.enabled',
  'user.unlocked',
  'user.roles-changed',
  'user.deletion-started',
  'user.deleted',
  'elevation.dropped',
  'flow.created',
  'flow.changed',
  'flow.deleted',
  'flow.bound',
  'policy.changed',
  'step-up.explained',
  'client.created',
  'client.changed',
  'client.secret-rotated',
  'client.deleted',
  'api-key.created',
  'api-key.changed',
  'api-key.revoked',
  'signing-key.created',
  'signing-key.activated',
  'signing-key.retired',
  'signing-key.removed',
  'signing-key.revoked',
  'seal-key.created',
  'webhook.created',
  'webhook.changed',
  'webhook.deleted',
  'webhook.delivered',
  'webhook.failed',
  'webhook.resent',
  'audit.exported',
  'mail.tested',
  'mail.bounced',
  'mail.complained',
] as const
export type AuditType = (typeof auditTypes)[number]

/** Who did it: a person at their browser, a CMS's key, an application, an operator's command, or the service itself. */
export type Actor = { kind: 'user' | 'api-key' | 'client' | 'operator' | 'service' | 'stranger'; id: string }

export type AuditEvent = {
  type: AuditType
  at: Seconds
  actor: Actor
  /** The user whom it is about. */
  user?: string
  client?: string
  authenticator?: string
  /** Where it is about several, such as those that a code was sent for. */
  authenticators?: string[]
  /** Its model, only where an attestation vouches for it. */
  aaguid?: string
  /** What its CMS knows it by. */
  externalId?: string
  serialNumber?: string
  session?: string
  flow?: string
  webhook?: string
  /** What a webhook was sent, by the id of the record that it tells of. */
  message?: string
  ip?: string
  /** API Gateway's request id, to be found again in the log. */
  request?: string
  reason?: string
  /** Levels: what was asked for, what was aimed at, what was reached, and how old each level was. */
  requested?: string[]
  target?: string
  targetLevel?: number
  achieved?: string
  achievedLevel?: number
  amr?: string[]
  ages?: Record<string, Seconds>
  detail?: string
}

/**
 * The console and the portal ask in silence whenever a page of theirs is loaded. Nobody signed in then, as nothing was
 * just shown: these are kept, and are no sign-ins to whoever counts or lists them.
 */
export const isRenewal = ({ type, client, ages = {} }: AuditEvent): boolean =>
  type === 'login.succeeded' &&
  (client === 'console' || client === 'portal') &&
  Object.keys(ages).length > 0 &&
  !Object.values(ages).some((age) => age <= 1)

/** What was asked for, aimed at and reached, by name and by number, and how old each level was: of every decision. */
export const levelsOf = ({ wanted, target, achieved, levels }: Report): Partial<AuditEvent> => ({
  requested: wanted.names,
  ages: Object.fromEntries(levels.flatMap(({ alias, age }) => (age === undefined ? [] : [[alias, age]]))),
  ...(target === undefined ? {} : { targetLevel: target.loa }),
  ...(target?.acr === undefined ? {} : { target: target.acr }),
  ...(achieved === undefined ? {} : { achievedLevel: achieved.loa }),
  ...(achieved?.acr === undefined ? {} : { achieved: achieved.acr }),
})
