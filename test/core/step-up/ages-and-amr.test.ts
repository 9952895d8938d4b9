/** How long a level is good for, and what `amr` says of it. */
import { describe, expect, it } from 'vitest'
import type { Enrolled, Question } from '../../../src/core/step-up/decide.ts'
import type { FactorKind } from '../../../src/core/step-up/flow.ts'
import {
  acr,
  ask,
  certificate,
  everything,
  fido,
  ldapOtp,
  otp,
  pageOf,
  password,
  policy,
  request,
  step,
  t0,
  visit,
  webauthn,
  withSteps,
} from './question.ts'

describe('how long a level is good for', () => {
  it('the smallest of the flow’s, the client’s by alias or number, and for the target the request’s', () => {
    const proofs = [password(), otp()]
    const page = (change: Partial<Question>) => pageOf(ask({ proofs, request: acr('otp'), ...change }))
    expect(page({})).toBe('issue')
    expect(page({ policy: policy({ maxAges: { otp: 59 } }) })).toEqual(['otp'])
    expect(page({ policy: policy({ maxAges: { '1': 59 } }) })).toEqual(['otp'])
    expect(page({ policy: policy({ maxAges: { pwd: 59 } }) })).toEqual(['password'])
    expect(page({ policy: policy({ maxAges: { otp: 99_999 } }), now: t0 + 3601 })).toEqual(['password'])
    expect(page({ request: request({ acrValues: ['otp'], maxAge: 59 }) })).toEqual(['otp'])
    expect(page({ request: request({ acrValues: ['otp'], maxAge: 60 }) })).toBe('issue')
  })

  it('an expired lower level cancels a fresh cumulative one, and no direct one', () => {
    const late = { now: t0 + 3601 }
    expect(pageOf(ask({ ...late, request: acr('otp'), proofs: [password(), otp(t0 + 100)] }))).toEqual(['password'])
    const direct = ask({ ...late, request: acr('fido'), flow: fido, proofs: [password(), webauthn({ at: t0 + 100 })] })
    expect(direct).toMatchObject({ do: 'issue', acr: 'fido', authTime: t0 + 100, amr: ['pop', 'hwk', 'user', 'mfa'] })
  })

  it('a level that expires while the page is open is asked for again, once', () => {
    const proofs = [password(), otp(t0 + 3601, 'app2')]
    expect(visit({ request: acr('otp'), proofs, now: t0 + 3601 })).toMatchObject({
      pages: ['password'],
      decision: { do: 'issue', acr: 'otp' },
    })
  })

  it('what was shown in this request counts for it, however long the next page was open', () => {
    const flow = { ...ldapOtp, levels: ldapOtp.levels.map((level) => ({ ...level, maxAge: 0 })) }
    const proofs = [password(t0, 'app2'), otp(t0 + 900, 'app2')]
    expect(ask({ flow, request: acr('otp'), proofs, now: t0 + 900 })).toMatchObject({ do: 'issue', authTime: t0 + 900 })
  })

  it('auth_time is the level’s own: a new password does not make an old OTP young', () => {
    const proofs = [otp(t0), password(t0 + 50)]
    expect(ask({ request: acr('otp'), proofs })).toMatchObject({ do: 'issue', acr: 'otp', authTime: t0 })
    expect(ask({ request: acr('pwd'), proofs })).toMatchObject({ do: 'issue', acr: 'pwd', authTime: t0 + 50 })
  })

  it('a level of two steps is as old as its older act', () => {
    const { levels, ...rest } = withSteps(0, [step('password'), step('otp')])
    const flow = { ...rest, levels: levels.slice(0, 1) }
    expect(ask({ flow, proofs: [password(t0, 'a'), otp(t0 + 9, 'a')] })).toMatchObject({ authTime: t0 + 9 })
    expect(ask({ flow, proofs: [password(t0, 'a'), otp(t0 + 9, 'b')] })).toMatchObject({ authTime: t0 })
  })

  it('a name is not issued for a level older than max_age', () => {
    const proofs = [password(t0 + 50), otp(t0)]
    expect(ask({ proofs, request: request({ acrValues: ['otp', 'pwd'], maxAge: 30 }) })).toMatchObject({
      do: 'issue',
      acr: 'pwd',
      amr: ['pwd'],
      authTime: t0 + 50,
    })
  })

  it('a session proof of what the user no longer has holds a level only until it is stale', () => {
    const gone: Enrolled = { ...everything, password: 'none' }
    expect(ask({ enrolled: gone }).do).toBe('issue')
    expect(ask({ enrolled: gone, now: t0 + 3601 })).toMatchObject({ do: 'refuse', reason: 'no-credential' })
  })

  it('an age that is still unmet in the end is login_required, for a voluntary client too', () => {
    const decision = ask({
      request: request({ maxAge: 1 }),
      policy: policy({ enforcement: 'voluntary' }),
      attempted: true,
    })
    expect(decision).toMatchObject({ do: 'refuse', error: 'login_required', reason: 'stale' })
  })
})

describe('amr (RFC 8176)', () => {
  const amrOf = (change: Partial<Question>) => {
    const decision = ask(change)
    return decision.do === 'issue' ? decision.amr : decision.do
  }
  const alone = (kind: FactorKind) => withSteps(0, [step(kind)])

  it.each([
    ['password', password(), ['pwd']],
    ['otp', otp(), ['otp']],
    ['certificate', certificate(), ['swk', 'pop']],
    ['certificate', { ...certificate(), smartCard: true }, ['sc', 'pop']],
    ['webauthn', webauthn(), ['pop', 'hwk', 'user', 'mfa']],
    ['webauthn', webauthn({ userVerified: false }), ['pop', 'hwk', 'user']],
    ['webauthn', webauthn({ userVerified: false, deviceBound: false }), ['pop', 'swk', 'user']],
  ] as const)('%s alone: %o → %o', (kind, proof, expected) => {
    expect(amrOf({ flow: alone(kind), proofs: [proof] })).toEqual(expected)
  })

  it('two proofs of one kind are not mfa', () => {
    expect(amrOf({ flow: alone('password'), proofs: [password(t0), password(t0 + 1)] })).toEqual(['pwd'])
    const flow = withSteps(0, [step('otp'), step('certificate')])
    expect(amrOf({ flow, proofs: [otp(), certificate()] })).toEqual(['otp', 'swk', 'pop'])
  })

  it('a step’s own reference replaces the default', () => {
    const flow = withSteps(0, [{ ...step('webauthn'), reference: 'passkey' }])
    expect(amrOf({ flow, proofs: [webauthn({ userVerified: false })] })).toEqual(['passkey'])
  })

  it('a reference is left out past its own max age, and mfa with it', () => {
    const flow = withSteps(0, [{ ...step('password'), referenceMaxAge: 59 }, step('otp')])
    expect(amrOf({ flow, proofs: [password(), otp()] })).toEqual(['otp'])
  })

  it('a proof that no reached level rests on does not count', () => {
    expect(amrOf({ flow: fido, proofs: [webauthn(), otp(), password(t0 - 9999)] })).not.toContain('otp')
    expect(amrOf({ flow: fido, proofs: [webauthn(), otp(), password(t0 - 9999)] })).not.toContain('pwd')
  })

  it('the lower levels that a re-authenticated one rests on count as they did before', () => {
    const again = request({ acrValues: ['otp'], prompt: ['login'] })
    expect(amrOf({ request: again, proofs: [password(), otp(t0 + 60, 'app2')] })).toEqual(['pwd', 'otp', 'mfa'])
  })

  it('a client may opt out', () => {
    expect(amrOf({ policy: policy({ amr: false }) })).toEqual([])
  })
})
