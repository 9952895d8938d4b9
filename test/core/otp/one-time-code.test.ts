/** Vectors: RFC 4226 appendix D, RFC 6238 appendix B. The rest are the rules that the RFCs leave to us. */
import { describe, expect, it } from 'vitest'
import { codeOf, readOneTimeCode, stepOf, timeStepAt } from '../../../src/core/otp/one-time-code.ts'
import type { OtpParameters } from '../../../src/core/otp/one-time-password.ts'

const ascii = (length: number): Uint8Array => Buffer.from('1234567890'.repeat(7).slice(0, length))
const totp: OtpParameters & { type: 'totp' } = { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 }
const hotp: OtpParameters & { type: 'hotp' } = { type: 'hotp', algorithm: 'SHA1', digits: 6, counter: 0 }
const secret = ascii(20)
const wrong = { ok: false, reason: 'wrong-code' }

describe('HOTP', () => {
  const codes = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ')

  it.each(codes.map((code, counter) => [counter, code] as const))('at %d is %s (RFC 4226)', async (counter, code) => {
    expect(await codeOf(hotp, secret, counter)).toBe(code)
    expect(await stepOf({ ...hotp, counter }, secret, code, 0)).toEqual({ ok: true, value: counter })
  })

  it('looks ten codes ahead and no further', async () => {
    const at = (counter: number) => codeOf(hotp, secret, counter)
    expect(await stepOf(hotp, secret, await at(10), 0)).toEqual({ ok: true, value: 10 })
    expect(await stepOf(hotp, secret, await at(11), 0)).toEqual(wrong)
    expect(await stepOf({ ...hotp, lastStep: 0 }, secret, await at(11), 0)).toEqual({ ok: true, value: 11 })
  })

  it('never takes the code that was taken last, nor one before it', async () => {
    for (const counter of [5, 4, 0])
      expect(await stepOf({ ...hotp, lastStep: 5 }, secret, codes[counter] ?? '', 0)).toEqual(wrong)
  })
})

describe('TOTP', () => {
  const algorithms = [
    ['SHA1', 20],
    ['SHA256', 32],
    ['SHA512', 64],
  ] as const
  const vectors = [
    [59, '94287082', '46119246', '90693936'],
    [1_111_111_109, '07081804', '68084774', '25091201'],
    [1_111_111_111, '14050471', '67062674', '99943326'],
    [1_234_567_890, '89005924', '91819424', '93441116'],
    [2_000_000_000, '69279037', '90698825', '38618901'],
    [20_000_000_000, '65353130', '77737706', '47863826'],
  ] as const

  it.each(
    vectors.flatMap(([time, ...codes]) =>
      algorithms.map(([algorithm, length], at) => [time, algorithm, codes[at] ?? '', length] as const),
    ),
  )('at %d by %s is %s (RFC 6238)', async (time, algorithm, code, length) => {
    const parameters = { ...totp, algorithm, digits: 8 } as const
    expect(await stepOf(parameters, ascii(length), code, time)).toEqual({ ok: true, value: timeStepAt(30, time) })
  })

  it.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ])('takes the code of the step %d away: %s', async (away, taken) => {
    const now = 1_800_000_000
    const step = timeStepAt(30, now) + away
    const answer = await stepOf(totp, secret, await codeOf(totp, secret, step), now)
    expect(answer).toEqual(taken ? { ok: true, value: step } : wrong)
  })

  it.each([0, 29])('takes one step either side at the second %d of a period', async (second) => {
    const now = 1_800_000_000 + second
    for (const step of [60_000_000 - 1, 60_000_001])
      expect((await stepOf(totp, secret, await codeOf(totp, secret, step), now)).ok).toBe(true)
  })

  it('takes no step twice, and none before the last one', async () => {
    const now = 1_800_000_000
    const step = timeStepAt(30, now)
    const answers = [step - 1, step, step + 1].map(async (each) =>
      stepOf({ ...totp, lastStep: step }, secret, await codeOf(totp, secret, each), now),
    )
    const reused = { ok: false, reason: 'reused-code' }
    expect(await Promise.all(answers)).toEqual([reused, reused, { ok: true, value: step + 1 }])
  })

  it('refuses, rather than breaks, where the clock was set back behind the last step', async () => {
    const now = 1_800_000_000
    const lastStep = timeStepAt(30, now) + 1000
    const code = await codeOf(totp, secret, timeStepAt(30, now))
    expect(await stepOf({ ...totp, lastStep }, secret, code, now)).toEqual({ ok: false, reason: 'reused-code' })
  })

  it('has steps of a minute where the secret has', async () => {
    const now = 1_800_000_030
    const minute = { ...totp, period: 60 } as const
    const code = await codeOf(minute, secret, 30_000_000)
    expect(await stepOf(minute, secret, code, now)).toEqual({ ok: true, value: 30_000_000 })
  })

  it.each(['', '12345', '1234567', '12345678', 'abcdef', '１２３４５６', '-12345', '12 456', '1e5000'])(
    'takes %j for a wrong code',
    async (code) => expect(await stepOf(totp, secret, code, 1_800_000_000)).toEqual(wrong),
  )
})

it('forgives the spaces that apps show codes with', () => {
  expect(['123 456', ' 123456 ', '123\u00a0456', '1234-5678', '123\u202f456'].map(readOneTimeCode)).toEqual([
    '123456',
    '123456',
    '123456',
    '12345678',
    '123456',
  ])
})
