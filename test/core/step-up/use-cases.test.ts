/** The five use cases of the seed, and what a decision reports of itself. */
import { describe, expect, it } from 'vitest'
import fidoFlow from '../../../flows/fido.json' with { type: 'json' }
import type { Enrolled } from '../../../src/core/step-up/decide.ts'
import {
  acr,
  ask,
  certificate,
  everything,
  fido,
  flowOf,
  ldap,
  ldapOtpCba,
  noMatch,
  otp,
  password,
  policy,
  t0,
  visit,
  wireOf,
} from './question.ts'

describe('the five use cases of the seed', () => {
  it('1: a password session answers acr_values=pwd with no page', () => {
    expect(visit({ request: acr('pwd'), flow: ldap })).toMatchObject({
      pages: [],
      decision: { do: 'issue', acr: 'pwd', amr: ['pwd'], authTime: t0, loa: 0 },
    })
  })

  it('1b: after 3601 seconds it asks for the password, and auth_time is new', () => {
    const now = t0 + 3601
    expect(visit({ request: acr('pwd'), flow: ldap, now: t0 + 3600 }).pages).toEqual([])
    expect(visit({ request: acr('pwd'), flow: ldap, now })).toMatchObject({
      pages: ['password'],
      decision: { do: 'issue', acr: 'pwd', amr: ['pwd'], authTime: now },
    })
  })

  it('2: a password session asked for otp shows the OTP page only', () => {
    expect(visit({ request: acr('otp') })).toMatchObject({
      pages: ['otp'],
      decision: { do: 'issue', acr: 'otp', amr: ['pwd', 'otp', 'mfa'], authTime: t0 + 60 },
    })
  })

  it('3: no session, asked for otp: the password, then the OTP', () => {
    expect(visit({ request: acr('otp'), proofs: [] })).toMatchObject({
      pages: ['password', 'otp'],
      decision: { do: 'issue', acr: 'otp', amr: ['pwd', 'otp', 'mfa'] },
    })
  })

  it('4, voluntary: the OTP, then tokens that say otp, for the relying party to refuse', () => {
    expect(visit({ request: acr('cba'), policy: policy({ enforcement: 'voluntary' }) })).toMatchObject({
      pages: ['otp'],
      decision: { do: 'issue', acr: 'otp', amr: ['pwd', 'otp', 'mfa'], report: { reason: 'reached-lower' } },
    })
  })

  it('4, strict: the OTP, then no-match-acr; the certificate is never asked for', () => {
    const { pages, decision } = visit({ request: acr('cba') })
    expect(pages).toEqual(['otp'])
    expect(wireOf(decision)).toEqual(noMatch)
  })

  it('4, in a flow that goes on to a key, for somebody without one: the same', () => {
    const withKey = flowOf(fidoFlow)
    const enrolled: Enrolled = { ...everything, webauthn: [] }
    for (const unreachable of ['attempt', 'fail-fast'] as const) {
      const { pages, decision } = visit({
        request: acr('cba'),
        flow: withKey,
        enrolled,
        policy: policy({}, { unreachable }),
      })
      expect(pages).toEqual(unreachable === 'attempt' ? ['otp'] : [])
      expect(wireOf(decision)).toEqual(noMatch)
    }
    const { decision } = visit({ request: acr('fido'), flow: withKey, enrolled })
    expect(decision).toMatchObject({ do: 'refuse', reason: 'no-credential' })
  })

  it('4, strict and fail-fast: no-match-acr and no page', () => {
    const { pages, decision } = visit({ request: acr('cba'), policy: policy({}, { unreachable: 'fail-fast' }) })
    expect(pages).toEqual([])
    expect(wireOf(decision)).toEqual(noMatch)
  })

  it('5: the OTP, then the certificate', () => {
    expect(visit({ request: acr('cba'), flow: ldapOtpCba })).toMatchObject({
      pages: ['otp', 'certificate'],
      decision: { do: 'issue', acr: 'cba', amr: ['pwd', 'otp', 'swk', 'pop', 'mfa'], authTime: t0 + 60 },
    })
  })

  it('5-fresh: within 3600 seconds no page, the same acr, the old auth_time', () => {
    const proofs = [password(t0), otp(t0 + 10), certificate(t0 + 20)]
    expect(visit({ request: acr('cba'), flow: ldapOtpCba, proofs, now: t0 + 3600 })).toMatchObject({
      pages: [],
      decision: { do: 'issue', acr: 'cba', authTime: t0 + 20 },
    })
  })

  it('5-zero: a level with maxAge 0 counts for one request, so the certificate only', () => {
    const levels = ldapOtpCba.levels.map((level) => (level.alias === 'cba' ? { ...level, maxAge: 0 } : level))
    const proofs = [password(), otp(), certificate(t0 + 60)]
    expect(visit({ request: acr('cba'), flow: { ...ldapOtpCba, levels }, proofs })).toMatchObject({
      pages: ['certificate'],
      decision: { do: 'issue', acr: 'cba' },
    })
  })

  it('6: a direct level, no session: the key only, and no OTP before it', () => {
    expect(visit({ request: acr('fido'), flow: fido, proofs: [] })).toMatchObject({
      pages: ['webauthn'],
      decision: { do: 'issue', acr: 'fido', amr: ['pop', 'hwk', 'user', 'mfa'], credentials: ['blue'] },
    })
  })
})

it('reports what was wanted, aimed at and achieved, and each level’s age', () => {
  expect(ask({ request: acr('gold', 'otp') }).report).toEqual({
    wanted: { names: ['gold', 'otp'], from: 'acr_values' },
    dropped: ['gold'],
    target: { acr: 'otp', loa: 1 },
    achieved: { acr: 'pwd', loa: 0 },
    levels: [
      { alias: 'pwd', loa: 0, maxAge: 3600, state: 'fresh', at: t0, age: 60, reachable: true },
      { alias: 'otp', loa: 1, maxAge: 3600, state: 'missing', reachable: true },
    ],
    reason: 'missing',
  })
})
