import { describe, expect, it } from 'vitest'
import { newSecret } from '../../../src/core/secret.ts'
import { newTokenStep, openTokenStep, tokenStepLifetime } from '../../../src/core/token-validator/token-step.ts'
import type { Challenge } from '../../../src/core/token-validator/token-validation.ts'

const now = 1_800_000_000
const challenge: Challenge = {
  kind: 'server-pin',
  text: 'Your new PIN is: 8642',
  pin: '8642',
  next: 'code',
  state: 's',
}
const login = { id: 'a-login', user: 'ada', typedName: 'Ada' }
const browser = newSecret()
const tokenStep = newTokenStep(challenge, login, browser, now)

describe('a step of a token validator', () => {
  it('is read by the browser whose login it is, for five minutes', () => {
    const { id } = tokenStep
    expect(openTokenStep({ ...login, tokenStep }, browser, now + tokenStepLifetime - 1)).toEqual({ ...challenge, id })
    expect(openTokenStep({ ...login, tokenStep }, browser, now + tokenStepLifetime)).toBeUndefined()
    expect(openTokenStep(login, browser, now)).toBeUndefined()
  })

  it.each([
    ['another browser', login, newSecret()],
    ['another login', { ...login, id: 'another' }, browser],
    ['another person', { ...login, user: 'bela' }, browser],
    ['another name', { ...login, typedName: 'bela' }, browser],
    ['nobody any more', { id: login.id }, browser],
  ])('is not read by, or for, %s', (_, whose, secret) => {
    expect(openTokenStep({ ...whose, tokenStep }, secret, now)).toBeUndefined()
  })

  it('says nothing of what it is, and is never the same twice', () => {
    const text = JSON.stringify(tokenStep) + Buffer.from(tokenStep.sealed, 'base64').toString('latin1')
    for (const word of ['PIN', '8642', 'server']) expect(text).not.toContain(word)
    expect(newTokenStep(challenge, login, browser, now).sealed).not.toBe(tokenStep.sealed)
  })

  it('that was changed is none', () => {
    const bytes = Buffer.from(tokenStep.sealed, 'base64')
    for (const at of [0, 12, 28, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      const step = { ...tokenStep, sealed: changed.toString('base64') }
      expect(openTokenStep({ ...login, tokenStep: step }, browser, now)).toBeUndefined()
    }
    expect(openTokenStep({ ...login, tokenStep: { ...tokenStep, sealed: '' } }, browser, now)).toBeUndefined()
  })
})
