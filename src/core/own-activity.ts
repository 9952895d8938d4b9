/** What a person is shown of what happened with their own account: which kinds of audit records, and whose doing it was. */
import type { Actor, AuditType } from './audit-event.ts'

/** What a person can make something of. A step that was asked for on the way, or a token that was made, is none. */
export const shownTypes = [
  'authenticator.imported',
  'authenticator.added',
  'authenticator.activated',
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
  'code.sent',
  'login.succeeded',
  'login.failed',
  'session.ended',
  'sessions.ended',
  'elevation.dropped',
  'consent.given',
  'consent.denied',
  'consent.withdrawn',
  'user.changed',
  'user.disabled',
  'user.enabled',
  'user.unlocked',
  'user.roles-changed',
] as const satisfies readonly AuditType[]
export type ShownType = (typeof shownTypes)[number]

/** `stranger`: somebody who had not proved to be this person, which may be they themselves. */
export const byOf = ({ kind, id }: Actor, user: string): 'you' | 'organisation' | 'service' | 'stranger' => {
  if (kind === 'user') return id === user ? 'you' : 'organisation'
  return kind === 'service' || kind === 'stranger' ? kind : 'organisation'
}
