/**
 * A one-time password: a secret that a person's app or token shares with us, and the codes that follow from it, by time
 * (TOTP, RFC 6238) or by a counter (HOTP, RFC 4226).
 *
 * Decided here: which secrets and parameters are taken, and whether a code is the next one. That no code works twice is
 * held by the write that keeps the step it was for; how often one may guess, by `store/tries.ts`; how a secret is kept,
 * by `services/sealer.ts`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type CryptoPlugin, HOTP, TOTP } from 'otplib'
import type { Origin, UserId } from './authenticator.ts'
import { ok, type Result, refuse, type Seconds } from './result.ts'

export const otpTypes = ['totp', 'hotp'] as const
export type OtpType = (typeof otpTypes)[number]
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

/** TOTP: steps to either side, for clocks that differ and people who type slowly (RFC 6238 §5.2). */
const drift = 1
/** HOTP: codes that were shown and never sent (RFC 4226 §7.4). */
const lookAhead = 10

/** As it was typed, whatever spaces came with it: apps show codes in groups. */
export const readOneTimeCode = (typed: string): string => typed.replace(/[\s-]/g, '')

export type CodeRefusal = 'wrong-code' | 'reused-code'

type Compared = OtpParameters & Pick<OneTimePassword, 'lastStep'>

/** The step a code is for: to be kept as `lastStep`, on the condition that it is still the later one. */
export async function stepOf(
  otp: Compared,
  secret: Uint8Array,
  code: string,
  now: Seconds,
): Promise<Result<number, CodeRefusal>> {
  // otplib throws for a token of another form; here that is what people type.
  if (!/^\d+$/.test(code) || code.length !== otp.digits) return refuse('wrong-code')
  return otp.type === 'totp' ? timeStepOf(otp, secret, code, now) : counterOf(otp, secret, code)
}

async function timeStepOf(
  { algorithm, digits, period, lastStep = -1 }: Compared & { type: 'totp' },
  secret: Uint8Array,
  code: string,
  now: Seconds,
): Promise<Result<number, CodeRefusal>> {
  const totp = new TOTP({ ...common(algorithm, digits, secret), period, epoch: now })
  const found = await totp.verify(code, { epochTolerance: drift * period })
  if (!found.valid) return refuse('wrong-code')
  return found.timeStep > lastStep ? ok(found.timeStep) : refuse('reused-code')
}

async function counterOf(
  { algorithm, digits, counter, lastStep }: Compared & { type: 'hotp' },
  secret: Uint8Array,
  code: string,
): Promise<Result<number, CodeRefusal>> {
  const next = lastStep === undefined ? counter : lastStep + 1
  const hotp = new HOTP(common(algorithm, digits, secret))
  const found = await hotp.verify({ token: code, counter: next }, { counterTolerance: [0, lookAhead] })
  return found.valid ? ok(next + found.delta) : refuse('wrong-code')
}

/** The code of a step. */
export const codeOf = ({ algorithm, digits }: OtpParameters, secret: Uint8Array, step: number): Promise<string> =>
  new HOTP(common(algorithm, digits, secret)).generate(step)

export const timeStepAt = (period: number, now: Seconds): number => Math.floor(now / period)

const common = (algorithm: OtpAlgorithm, digits: 6 | 8, secret: Uint8Array) => ({
  secret,
  digits,
  algorithm: hashOf[algorithm],
  crypto: nodeCrypto,
})

const hashOf = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const satisfies Record<OtpAlgorithm, string>

/** Node's own HMAC instead of the one in JavaScript that otplib brings along. */
const nodeCrypto: CryptoPlugin = {
  name: 'node',
  hmac: (algorithm, key, data) => createHmac(algorithm, key).update(data).digest(),
  randomBytes: () => {
    throw new Error('Secrets are not made here')
  },
  constantTimeEqual: (a, b) => {
    const [left, right] = [Buffer.from(a), Buffer.from(b)]
    return left.length === right.length && timingSafeEqual(left, right)
  },
}
