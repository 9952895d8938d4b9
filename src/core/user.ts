/** A person who signs in: who they are, and what of it an application may hear. */
import type { UserId } from './authenticator.ts'
import type { PersonalClaims } from './oidc/standard-claims.ts'
import type { Seconds } from './result.ts'

export const roles = ['administrator', 'operator', 'auditor'] as const
export type Role = (typeof roles)[number]

export type User = {
  id: UserId
  userName: string
  /** What a directory that provisions users calls them (RFC 7643 §3.1): one user's, compared as it is written. */
  externalId?: string
  email?: string
  emailVerified?: boolean
  givenName?: string
  familyName?: string
  displayName?: string
  locale?: string
  /** What else applications may hear of them, by the names of the standard claims. */
  claims?: PersonalClaims
  /** argon2id, as `password.ts` writes it. A user without one signs in by other means. */
  passwordHash?: string
  /** Goes up with each new password, so that a proof says which one it was made with. */
  passwordVersion?: number
  /**
   * The directory has the say on this user's password, unless one is kept here. `id` names the entry for good, once they
   * have signed in with it; without it, an operator expects them to.
   */
  directory?: { id?: string }
  /** SHA-256, base64url: the certificates that are theirs, where that is said one by one. See `certificate-holder.ts`. */
  certificateThumbprints?: string[]
  /** How many one-time passwords were handed over for them so far, for two that come at once to find out. */
  otpsGiven?: number
  enabled: boolean
  /** What the person may do to others here, beside signing in. */
  roles?: readonly Role[]
  /**
   * Goes up when something the user could prove with is taken away: a key suspended, locked or deleted, a password
   * changed, the user disabled. Sessions and grants remember the figure they were made under; while it stands, all
   * they rest on stands, and one condition says so.
   */
  standing: number
  /** Goes up, and `standing` with it, when all of the user's sessions are ended at once: see `session.ts`. */
  epoch?: number
  createdAt: Seconds
  updatedAt: Seconds
  /**
   * Goes up with each change of what the API may change: the condition of the next one, and the ETag. Not with tries,
   * standing, mails or a last use, so that somebody who signs in does not spoil an administrator's If-Match. None: never
   * changed.
   */
  version?: number
  /** Since when all that is theirs is being removed. They are disabled, and nobody enables them again. */
  deleting?: Seconds
  /** When the last mails went out to this user; kept by `store/mails.ts`. */
  mailsSent?: Seconds[]
  /** What they were written to about lately; kept by `store/account-notices.ts`. */
  noticesSent?: string[]
  /** Set by SES's feedback: mail to this address bounced, or its owner complained. */
  mailTrouble?: 'bounced' | 'complained'
}

/** Whether the user's sessions were not all ended since this was made. */
export const isOfEpoch = (made: { epoch?: number }, user: Pick<User, 'epoch'>): boolean =>
  (made.epoch ?? 0) === (user.epoch ?? 0)

/** User names are compared without regard to case or to Unicode spelling; what was typed is kept for display. */
export const nameKey = (userName: string): string => userName.normalize('NFKC').trim().toLowerCase()

export const displayNameOf = (user: User): string =>
  user.displayName ?? ([user.givenName, user.familyName].filter(Boolean).join(' ') || user.userName)

/** The password as a credential that proofs name, and that a new one takes the place of. `undefined`: there is none. */
export function passwordCredential({ passwordHash, passwordVersion = 0, directory }: User): string | undefined {
  if (passwordHash !== undefined) return `password#${passwordVersion}`
  return directory?.id === undefined ? undefined : directoryCredential(directory.id)
}

/** The entry whose password it was: the directory does not say which one it has now. */
export const directoryCredential = (id: string): string => `directory#${id}`
