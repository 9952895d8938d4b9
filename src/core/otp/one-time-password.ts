/**
 * A one-time password: a secret that a person's app or token shares with us, from which codes follow by time (TOTP, RFC
 * 6238) or by a counter (HOTP, RFC 4226).
 *
 * What it is, which states it has and which changes there are. Whether a code is the next one is decided in
 * `one-time-code.ts`; how often one may guess, in `store/tries.ts`; how a secret is kept, in `services/sealer.ts`.
 */
import type { Origin, UserId } from '../authenticator.ts'
import type { Seconds } from '../result.ts'

export const otpTypes = ['totp', 'hotp'] as const
export const otpAlgorithms = ['SHA1', 'SHA256', 'SHA512'] as const
export type OtpAlgorithm = (typeof otpAlgorithms)[number]
export const otpDigits = [6, 8] as const
export const otpPeriods = [30, 60] as const

/** How codes follow from the secret. `counter`: the first one that was not used yet when the secret came here. */
export type OtpParameters = { algorithm: OtpAlgorithm; digits: (typeof otpDigits)[number] } & (
  | { type: 'totp'; period: (typeof otpPeriods)[number] }
  | { type: 'hotp'; counter: number }
)

/** None is pending: one that its user has not confirmed by a code is nowhere yet. */
export const otpStates = ['active', 'suspended', 'locked'] as const
export type OtpState = (typeof otpStates)[number]

export type OneTimePassword = OtpParameters & {
  id: string
  user: UserId
  state: OtpState
  origin: Origin
  friendlyName?: string
  externalId?: string
  serialNumber?: string
  /** As `services/sealer.ts` makes it. */
  sealedSecret: string
  /** The time step or the counter of the last code that was taken: the next one must be for a later one. */
  lastStep?: number
  createdAt: Seconds
  lastUsedAt?: Seconds
  /** Goes up with each change that a CMS can make: the condition of the next one, and the ETag. */
  version: number
}

export const isActive = ({ state }: Pick<OneTimePassword, 'state'>): boolean => state === 'active'

/** The changes of state there are; only a CMS or an operator takes a lock away. */
export const otpChanges = {
  suspend: { from: ['active'], to: 'suspended' },
  resume: { from: ['suspended', 'locked'], to: 'active' },
  lock: { from: ['active'], to: 'locked' },
} as const satisfies Record<string, { from: readonly OtpState[]; to: OtpState }>
export type OtpChange = keyof typeof otpChanges

/** Of one user: each try is compared with all of them. */
export const mostOneTimePasswords = 5

/** NIST SP 800-63B-4 §3.2.2: after so many failures in a row the authenticator is disabled. */
export const otpFailuresToLock = 50

/**
 * Bytes of a secret. RFC 4226 §4 R6 asks for 128 bits at least; more than the longest block of a hash is hashed first,
 * and is a mistake in every file it was seen in.
 */
export const secretBytes = { least: 16, most: 64 } as const

/** What a person sets up by themselves: the one form that every app reads. */
export const ownParameters: OtpParameters = { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 }
/** RFC 4226 §4 R6 recommends 160 bits. */
export const ownSecretBytes = 20
