/**
 * Whether a code is the next one of a one-time password, by otplib.
 *
 * That no code works twice is held by the write that keeps the step it was for: here a step that is not later than the
 * last one is refused, of those that come at once.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type CryptoPlugin, HOTP, TOTP } from 'otplib'
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import type { OneTimePassword, OtpAlgorithm, OtpParameters } from './one-time-password.ts'

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
