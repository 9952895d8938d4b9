import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  codesLeft,
  readRecoveryCode,
  recoveryCodesFrom,
  recoveryText,
  spacedRecoveryCode,
} from '../../../src/core/otp/recovery-code.ts'

it('of one seed there are the same ten, of another seed ten others', () => {
  const codes = recoveryCodesFrom(Buffer.from('a seed'))
  expect(codes).toEqual(recoveryCodesFrom(Buffer.from('a seed')))
  expect(new Set([...codes, ...recoveryCodesFrom(Buffer.from('another'))]).size).toBe(20)
})

it('every letter is as likely as any other', () => {
  const letters = Array.from({ length: 500 }, () => recoveryCodesFrom(randomBytes(32)).join('')).join('')
  const counts = Object.values(Object.groupBy(letters, (letter) => letter)).map((each) => each?.length ?? 0)
  expect(counts).toHaveLength(24)
  // 60000 letters, 2500 of each, and six standard deviations of 49 to either side.
  expect(Math.min(...counts)).toBeGreaterThan(2200)
  expect(Math.max(...counts)).toBeLessThan(2800)
})

it('is read however it is typed, and nothing else is one', () => {
  const [code = ''] = recoveryCodesFrom(Buffer.from('a seed'))
  const shown = spacedRecoveryCode(code)
  expect(shown).toMatch(/^....-....-....$/)
  for (const typed of [code, shown, shown.toLowerCase(), ` ${shown.replaceAll('-', ' ')} `])
    expect(readRecoveryCode(typed)).toBe(code)
  for (const typed of ['', '123456', code.slice(1), `${code}A`, `${code.slice(1)}0`, `${code.slice(1)}ß`])
    expect(readRecoveryCode(typed)).toBeUndefined()
})

it('is hashed with whose it is, so that no two of these run together', () => {
  expect(recoveryText('ada', 'x', 'y')).not.toBe(recoveryText('ad', 'ax', 'y'))
})

it('is left until it is used', () => {
  expect([codesLeft(undefined), codesLeft({ id: 's', codes: { c0: 'h' }, createdAt: 0 })]).toEqual([0, 1])
})
