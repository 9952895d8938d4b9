import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accessTokenLifetime, idTokenLifetime } from '../../../src/core/oidc/grant.ts'
import {
  hintsFor,
  jwksMaxAge,
  keysFreshFor,
  leastOverlap,
  planRevocation,
  planRotation,
  type RotationSettings,
  rotationOf,
  rotationTrouble,
  type Step,
} from '../../../src/core/oidc/key-rotation.ts'
import { type SigningAlgorithm, signingAlgorithms } from '../../../src/core/oidc/signing.ts'
import type { LivingKey, SigningKey } from '../../../src/core/oidc/signing-key.ts'
import { defaultSettings } from '../../../src/core/realm.ts'

const day = 86_400
const now = 1_800_000_000
const settings: RotationSettings = { algorithms: ['RS256', 'ES256'], period: 90 * day, overlap: day }

let made = 0
const key = (alg: SigningAlgorithm, state: LivingKey['state'], since: number): LivingKey => ({
  kid: `${alg}-${state}-${made++}`,
  alg,
  state,
  publicJwk: {},
  wrappedPrivateKey: '',
  createdAt: since,
  since,
})

/** An RS256 pair that nothing is to be done about, so that a table need speak of ES256 alone. */
const quiet = [key('RS256', 'active', now), key('RS256', 'next', now)]

const told = (steps: Step[]): string[] =>
  steps.map((step) => {
    if (step.do === 'create') return `create ${step.alg} ${step.state}`
    if (step.do === 'activate') return `activate ${step.next.kid} before ${step.before.map(({ kid }) => kid).join()}`
    return `${step.do} ${step.key.kid}`
  })

const plan = (keys: SigningKey[], change: Partial<RotationSettings> = {}, early = false): string[] =>
  told(planRotation([...quiet, ...keys], now, { ...settings, ...change }, { early }))

describe('the plan', () => {
  const active = key('ES256', 'active', now - 90 * day)
  const young = key('ES256', 'active', now - 90 * day + 1)
  const next = key('ES256', 'next', now - day)
  const late = key('ES256', 'next', now - day + 1)
  const retiring = key('ES256', 'retiring', now - day)
  const gone = { kid: 'gone', alg: 'ES256', state: 'gone', publicJwk: {}, createdAt: 0, since: now - hintsFor } as const

  it.each<[string, SigningKey[], string[]]>([
    ['none at all', [], ['create ES256 active', 'create ES256 next']],
    ['one that signs alone', [young], ['create ES256 next']],
    ['nothing is due', [young, next], []],
    ['due to the second', [active, next], [`activate ${next.kid} before ${active.kid}`, 'create ES256 next']],
    ['due, but the next one is not known everywhere yet', [active, late], []],
    ['due, and there is no next one', [active], ['create ES256 next']],
    ['nothing signs: the next one does, known or not', [late], [`activate ${late.kid} before `, 'create ES256 next']],
    ['two that sign: the younger one goes on', [active, young, next], [`retire ${active.kid}`]],
    ['one whose tokens have ended', [young, next, retiring], [`remove ${retiring.kid}`]],
    ['a second before', [young, next, { ...retiring, since: now - day + 1 }], []],
    ['one that is gone is kept for hints', [young, next, { ...gone, since: now - hintsFor + 1 }], []],
    ['and is forgotten', [young, next, gone], ['forget gone']],
  ])('%s', (_name, keys, steps) => {
    expect(plan(keys)).toEqual(steps)
  })

  it('a record from before keys were rotated counts from when it was made', () => {
    const { since: _, ...old } = active
    expect(plan([old, next])).toContain(`activate ${next.kid} before ${active.kid}`)
  })

  it('early: at once where the next one is known, and not otherwise', () => {
    expect(plan([young, next], {}, true)).toContain(`activate ${next.kid} before ${young.kid}`)
    // RS256's next one has only just been published.
    expect(plan([young, late], {}, true)).toEqual([])
  })

  it('an algorithm that is not wanted any more: what it signed holds', () => {
    const [signs, never] = [key('EdDSA', 'active', now - 5), key('EdDSA', 'next', now - 5)]
    expect(plan([young, next, signs, never])).toEqual([`retire ${signs.kid}`, `forget ${never.kid}`])
    expect(plan([young, next, key('EdDSA', 'retiring', now - day)])[0]).toMatch(/^remove EdDSA/)
  })

  it('after a revocation, the next one signs; one is made where there is none', () => {
    expect(planRevocation([young, late], young.kid)).toEqual({ key: young, next: late, create: false })
    expect(planRevocation([young], young.kid)).toEqual({ key: young, create: true })
    expect(planRevocation([young, next], next.kid)).toEqual({ key: next, create: false })
    expect(planRevocation([young], 'nobody')).toBeUndefined()
  })
})

describe('the settings', () => {
  const given = (change: Partial<typeof defaultSettings>) => rotationTrouble({ ...defaultSettings, ...change })

  it('as they ship are fine', () => {
    expect(rotationTrouble(defaultSettings)).toBeUndefined()
    expect(rotationOf(defaultSettings)).toEqual({ algorithms: signingAlgorithms, period: 90 * day, overlap: day })
  })

  it('a period is twice the overlap, an overlap what all caches need, and RS256 and ES256 are there', () => {
    expect(given({ signingKeyPeriod: 2 * day })).toBeUndefined()
    expect(given({ signingKeyPeriod: 2 * day - 1 })).toMatchObject({ at: 'signingKeyPeriod' })
    expect(given({ signingKeyOverlap: leastOverlap, signingKeyPeriod: 2 * leastOverlap })).toBeUndefined()
    expect(given({ signingKeyOverlap: leastOverlap - 1 })).toMatchObject({ at: 'signingKeyOverlap' })
    expect(given({ signingAlgorithms: ['ES256', 'PS256'] })?.detail).toContain('RS256')
    expect(given({ signingAlgorithms: ['RS256', 'EdDSA'] })?.detail).toContain('ES256')
  })

  it('what was written past the commands is held to that', () => {
    const odd = { ...defaultSettings, signingAlgorithms: [], signingKeyOverlap: 0, signingKeyPeriod: 1 }
    expect(rotationOf(odd)).toEqual({
      algorithms: ['RS256', 'ES256'],
      period: 2 * leastOverlap,
      overlap: leastOverlap,
    })
  })

  it('the least overlap is longer than any cache before, and any token after', () => {
    expect(leastOverlap).toBeGreaterThan(jwksMaxAge)
    expect(leastOverlap).toBeGreaterThan(keysFreshFor + accessTokenLifetime)
    expect(leastOverlap).toBeGreaterThan(keysFreshFor + idTokenLifetime)
  })
})

// Laws, over whatever keys there are.
const state = fc.constantFrom<LivingKey['state']>('next', 'active', 'retiring')
const anyKeys = fc
  .array(fc.tuple(fc.constantFrom(...signingAlgorithms), state, fc.integer({ min: now - 200 * day, max: now })), {
    maxLength: 12,
  })
  .map((all) => all.map(([alg, its, since]) => key(alg, its, since)))

/** What the steps leave, as the store does it. */
function done(keys: SigningKey[], steps: Step[]): SigningKey[] {
  const left = new Map(keys.map((each) => [each.kid, each]))
  const move = (each: LivingKey, to: 'active' | 'retiring') => left.set(each.kid, { ...each, state: to, since: now })
  for (const step of steps) {
    if (step.do === 'create') {
      const created = key(step.alg, step.state, now)
      left.set(created.kid, created)
    } else if (step.do === 'activate') {
      for (const each of step.before) move(each, 'retiring')
      move(step.next, 'active')
    } else if (step.do === 'retire') move(step.key, 'retiring')
    else left.delete(step.key.kid)
  }
  return [...left.values()]
}

describe('laws', () => {
  it('a plan that was followed leaves nothing to do, and one key that signs and one that is next', () => {
    fc.assert(
      fc.property(anyKeys, (keys) => {
        const after = done(keys, planRotation(keys, now, settings))
        expect(told(planRotation(after, now, settings))).toEqual([])
        for (const alg of settings.algorithms) {
          const count = (its: string) => after.filter((each) => each.alg === alg && each.state === its).length
          expect(count('active')).toBe(1)
          expect(count('next')).toBeGreaterThanOrEqual(1)
        }
      }),
    )
  })

  it('no key signs before it is known, unless nothing else does; none goes before its tokens have ended', () => {
    fc.assert(
      fc.property(anyKeys, fc.boolean(), (keys, early) => {
        for (const step of planRotation(keys, now, settings, { early })) {
          if (step.do === 'activate' && step.before.length > 0)
            expect(step.next.since).toBeLessThanOrEqual(now - settings.overlap)
          if (step.do === 'remove') {
            expect(step.key.state).toBe('retiring')
            expect(step.key.since).toBeLessThanOrEqual(now - settings.overlap)
          }
        }
      }),
    )
  })
})
