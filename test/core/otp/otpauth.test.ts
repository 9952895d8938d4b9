import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase32, toBase32 } from '../../../src/core/otp/base32.ts'
import { otpAlgorithms, otpDigits, otpPeriods } from '../../../src/core/otp/one-time-password.ts'
import { parseOtpAuth, writeOtpAuth } from '../../../src/core/otp/otpauth.ts'

const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const bytes = Buffer.from('12345678901234567890')
const usual = { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 }

describe('base32', () => {
  // RFC 4648 §10.
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('writes %j as %s', (text, encoded) => {
    expect(toBase32(Buffer.from(text))).toBe(encoded)
    expect(Buffer.from(fromBase32(encoded) ?? []).toString()).toBe(text)
  })

  it('forgives small letters and padding', () => {
    expect(Buffer.from(fromBase32('mzxw6yq=') ?? []).toString()).toBe('foob')
  })

  it.each(['M', 'MZX', 'MZXW6Y', 'MZ1W', 'MZ W6', 'MZXW=6', 'MR9', 'MZ'])('refuses %s', (text) => {
    expect(fromBase32(text)).toBeUndefined()
  })
})

describe('an otpauth URI', () => {
  it.each([
    [`otpauth://totp/ada?secret=${secret}`, { account: 'ada', parameters: usual }],
    [
      `otpauth://totp/Example%20Org:ada%40example.org?secret=${secret}&issuer=Example%20Org&algorithm=SHA512&digits=8&period=60`,
      {
        account: 'ada@example.org',
        issuer: 'Example Org',
        parameters: { type: 'totp', algorithm: 'SHA512', digits: 8, period: 60 },
      },
    ],
    [`otpauth://totp/Example%3A%20ada?secret=${secret}`, { account: 'ada', issuer: 'Example', parameters: usual }],
    [`otpauth://totp/ada?secret=${secret}&issuer=Example`, { account: 'ada', issuer: 'Example', parameters: usual }],
    [
      `otpauth://hotp/ada?secret=${secret}&counter=7`,
      { account: 'ada', parameters: { type: 'hotp', algorithm: 'SHA1', digits: 6, counter: 7 } },
    ],
  ])('reads %s', (uri, read) => {
    const parsed = parseOtpAuth(uri)
    expect(parsed.ok && { ...parsed.value, secret: Buffer.from(parsed.value.secret).toString() }).toEqual({
      ...read,
      secret: bytes.toString(),
    })
  })

  it.each([
    ['https://totp/ada?secret=A', 'must be otpauth'],
    ['otpauth://totp/ada', 'must be otpauth'],
    [`otpauth://totp/ada?secret=${secret}#x`, 'must be otpauth'],
    [`otpauth://motp/ada?secret=${secret}`, 'the type'],
    [`otpauth://TOTP/ada?secret=${secret}`, 'the type'],
    [`otpauth://totp/?secret=${secret}`, 'the label'],
    [`otpauth://totp/a:b:c?secret=${secret}`, 'the label'],
    [`otpauth://totp/%E0%A4?secret=${secret}`, 'badly encoded'],
    [`otpauth://totp/Here:ada?secret=${secret}&issuer=There`, 'another'],
    [`otpauth://totp/:ada?secret=${secret}`, 'issuer must not be empty'],
    [`otpauth://totp/ada?secret=${secret}&issuer=`, 'issuer must not be empty'],
    ['otpauth://totp/ada?issuer=x', 'secret is missing'],
    ['otpauth://totp/ada?secret=0189', 'not base32'],
    // 120 bits, and 65 bytes.
    ['otpauth://totp/ada?secret=GEZDGNBVGY3TQOJQGEZDGNBV', '16 to 64 bytes'],
    [`otpauth://totp/ada?secret=${toBase32(Buffer.alloc(65))}`, '16 to 64 bytes'],
    [`otpauth://totp/ada?secret=${secret}&secret=${secret}`, 'twice'],
    [`otpauth://totp/ada?secret=${secret}&algorithm=MD5`, 'algorithm must be'],
    [`otpauth://totp/ada?secret=${secret}&algorithm=sha1`, 'algorithm must be'],
    [`otpauth://totp/ada?secret=${secret}&digits=7`, 'digits must be'],
    [`otpauth://totp/ada?secret=${secret}&digits=06`, 'digits must be'],
    [`otpauth://totp/ada?secret=${secret}&period=15`, 'period must be'],
    [`otpauth://totp/ada?secret=${secret}&counter=1`, 'counter is for hotp'],
    [`otpauth://hotp/ada?secret=${secret}`, 'counter must be'],
    [`otpauth://hotp/ada?secret=${secret}&counter=-1`, 'counter must be'],
    [`otpauth://hotp/ada?secret=${secret}&counter=1e3`, 'counter must be'],
    [`otpauth://hotp/ada?secret=${secret}&counter=1&period=30`, 'period is for totp'],
    [`otpauth://totp/ada?secret=${secret}&image=x`, 'image is not known'],
  ])('refuses %s, and says why', (uri, why) => {
    const parsed = parseOtpAuth(uri)
    expect(parsed).toMatchObject({ ok: false, reason: 'bad-otpauth-uri' })
    expect(parsed.ok ? '' : parsed.detail).toContain(why)
    expect(parsed.ok ? '' : parsed.detail).not.toContain(secret)
  })

  it('says what it read, whatever that was', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((text) => text.trim() === text && !text.includes(':'))
    const moving = fc.oneof(
      fc.record({ type: fc.constant('totp' as const), period: fc.constantFrom(...otpPeriods) }),
      fc.record({ type: fc.constant('hotp' as const), counter: fc.nat() }),
    )
    fc.assert(
      fc.property(
        name,
        fc.option(name, { nil: undefined }),
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.constantFrom(...otpAlgorithms),
        fc.constantFrom(...otpDigits),
        moving,
        (account, issuer, key, algorithm, digits, how) => {
          const parameters = { algorithm, digits, ...how }
          const one = { account, secret: key, parameters, ...(issuer === undefined ? {} : { issuer }) }
          const read = parseOtpAuth(writeOtpAuth(one))
          expect(read.ok && { ...read.value, secret: [...read.value.secret] }).toEqual({ ...one, secret: [...key] })
        },
      ),
    )
  })
})
