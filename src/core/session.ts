/**
 * A session: what one browser's person has proved, and when. It stands while the user does and every key it rests on.
 *
 * The cookie is `sid.secret`; the secret changes with each change of level (Keycloak CVE-2025-12390), the sid stays, so
 * that applications can be told which session ended.
 */
import { type Authenticator, activeOf, type UserId } from './authenticator.ts'
import { certificateStands } from './certificate/certificate-holder.ts'
import type { Consent } from './oidc/consent.ts'
import { isActive, type OneTimePassword } from './otp/one-time-password.ts'
import { type RecoveryCodes, recoveryCredential } from './otp/recovery-code.ts'
import type { Seconds } from './result.ts'
import type { Proof } from './step-up/decide.ts'
import { isOfEpoch, passwordCredential, type User } from './user.ts'

export type Session = {
  sid: string
  secretHash: string
  user: UserId
  proofs: Proof[]
  /** The user's `standing` when the session was last checked against all of the user's keys. */
  standing: number
  createdAt: Seconds
  /** The user's `epoch` when it began. */
  epoch?: number
  /** The applications that had a code in it: whom its end is told (OpenID Connect Back-Channel Logout §2.5). */
  clients?: readonly string[]
  lastSeenAt: Seconds
  /** Its absolute end; `idleUntil` is the nearer one, moved on by use. */
  until: Seconds
  idleUntil: Seconds
  ip?: string
  userAgent?: string
  /** How often its person dropped what they had proved beyond the lowest level: see `store/sessions.ts`. */
  drops?: number
}

export const isLive = (session: Session, now: Seconds): boolean => session.until > now && session.idleUntil > now

export type Person = {
  user: User
  authenticators: Authenticator[]
  otps: OneTimePassword[]
  recoveryCodes?: RecoveryCodes
  /** What they allowed applications. */
  consents?: readonly Consent[]
}

/**
 * Whether everything these credentials were is still there to be proved with: keys and one-time passwords by their id, a
 * set of recovery codes, and the password.
 */
export const credentialsStand = (
  credentials: readonly string[],
  { user, authenticators, otps, recoveryCodes }: Person,
): boolean => {
  const standing = new Set([...activeOf(authenticators), ...otps.filter(isActive)].map(({ id }) => id))
  if (recoveryCodes !== undefined) standing.add(recoveryCredential(recoveryCodes))
  const password = passwordCredential(user)
  if (password !== undefined) standing.add(password)
  return credentials.every((credential) => standing.has(credential) || certificateStands(credential, user))
}

export const credentialsOf = (proofs: readonly Proof[]): string[] => [
  ...new Set(proofs.flatMap((proof) => (proof.credential === undefined ? [] : [proof.credential]))),
]

/** A session ends with its user, when all of theirs are ended, with any key that it rests on, and with a password that is another by now. */
export const sessionStands = (session: Session, person: Person): boolean =>
  person.user.enabled && isOfEpoch(session, person.user) && credentialsStand(credentialsOf(session.proofs), person)
