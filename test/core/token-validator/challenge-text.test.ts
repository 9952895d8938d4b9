import { describe, expect, it } from 'vitest'
import {
  readRules,
  type Understood,
  understand,
  type WrittenRule,
} from '../../../src/core/token-validator/challenge-text.ts'
import type { ChallengeKind } from '../../../src/core/token-validator/token-validation.ts'

const read = (text: string, answered?: ChallengeKind, own: WrittenRule[] = []): Understood => {
  const rules = readRules(own)
  if (!rules.ok) throw new Error(rules.detail)
  return understand(text, rules.value, answered)
}

const rsa = 'Wait for token to change, then enter the new tokencode:'

describe('what a RADIUS server says', () => {
  it.each<[string, Partial<Understood>]>([
    // SafeNet
    ['Please respond to the challenge: 19863257', { kind: 'response' }],
    [
      'Please re-authenticate, using the next response. Your new PIN is: 4711',
      { kind: 'server-pin', pin: '4711', next: 'code' },
    ],
    ['Please enter a new PIN.', { kind: 'new-pin', rules: {} }],
    ['Please re-authenticate, using the next response.', { kind: 'next-code' }],
    ['Your password has expired.  Please select a new password.', { kind: 'new-password' }],
    // RSA
    ['Enter a new PIN having from 4 to 8 digits:', { kind: 'new-pin', rules: { min: 4, max: 8, alphabet: 'digits' } }],
    [
      'Enter your new PIN, containing 4 to 8 alphanumeric characters:',
      { kind: 'new-pin', rules: { min: 4, max: 8, alphabet: 'letters-and-digits' } },
    ],
    ['PIN Accepted. Wait for the token code to change, then enter the new passcode:', { kind: 'next-code' }],
    [rsa, { kind: 'next-code' }],
    ['Your new PIN is 8642. Do you accept (y/n)?', { kind: 'server-pin', pin: '8642', next: 'confirm' }],
    ['Are you prepared to have the system generate your PIN? (y/n)', { kind: 'response' }],
    // Others
    ['Enter the code that was sent to your phone', { kind: 'response' }],
    ['To confirm, type the number you see', { kind: 'response' }],
    ['', { kind: 'response' }],
  ])('%s', (text, expected) => {
    expect(read(text)).toMatchObject(expected)
  })

  it('is a wish to see it again only after something was chosen', () => {
    expect(read('Please re-enter new PIN:', 'new-pin')).toEqual({ kind: 'repeat' })
    expect(read('Confirm your new password', 'new-password')).toEqual({ kind: 'repeat' })
    expect(read('Please re-enter new PIN:')).toEqual({ kind: 'response', text: 'Please re-enter new PIN:' })
    expect(read('Please re-enter your PIN', 'next-code').kind).toBe('response')
  })

  it('is a refusal when what was chosen is to be chosen again', () => {
    expect(read('PIN change failed. Please select a new PIN.', 'new-pin')).toMatchObject({
      kind: 'new-pin',
      refused: true,
    })
    expect(read('Please enter a new PIN.')).not.toHaveProperty('refused')
    expect(read(rsa, 'next-code')).not.toHaveProperty('refused')
  })

  it('is what a deployment says that it is', () => {
    const own = [
      { kind: 'next-code', pattern: 'zweiten code' },
      { kind: 'server-pin', pattern: 'Ihre PIN lautet (?<pin>\\d{4})' },
      { kind: 'response', pattern: 'new PIN by mail' },
    ]
    expect(read('Bitte geben Sie den ZWEITEN Code ein', undefined, own).kind).toBe('next-code')
    expect(read('Ihre PIN lautet 1234', undefined, own)).toMatchObject({ kind: 'server-pin', pin: '1234' })
    expect(read('We sent you a new PIN by mail', undefined, own).kind).toBe('response')
  })

  it('is shown on one line, without what could turn it around', () => {
    expect(read('Type\r\n\tthis \u202e now\u0000\u200b!')).toMatchObject({ text: 'Type this now !' })
  })

  it('is read in time that its length allows, whatever it is', () => {
    expect(read('new '.repeat(5000)).kind).toBe('response')
    expect(read('re-enter '.repeat(5000)).kind).toBe('response')
  })
})
