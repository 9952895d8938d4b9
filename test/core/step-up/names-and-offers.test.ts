/** Which of the names that were asked for count, and what is offered on the way to them. */
import { describe, expect, it } from 'vitest'
import { type AuthenticationRequest, type Enrolled, wantedOf } from '../../../src/core/step-up/decide.ts'
import {
  acr,
  ask,
  blueKey,
  certificate,
  everything,
  fido,
  noMatch,
  pageOf,
  password,
  policy,
  request,
  step,
  t0,
  visit,
  webauthn,
  wireOf,
  withDemands,
  withSteps,
} from './question.ts'

describe('which names count', () => {
  it('essential before acr_values before voluntary before the client’s default before the realm’s', () => {
    const full = { essentialAcr: ['a'], acrValues: ['b'], voluntaryAcr: ['c'], maxAge: undefined }
    const both = policy({ defaultAcr: ['d'] }, { defaultAcr: ['e'] })
    const from = (change: Partial<AuthenticationRequest>) => wantedOf(request({ ...full, ...change }), both)
    expect(from({})).toEqual({ names: ['a'], from: 'essential' })
    expect(from({ essentialAcr: [] })).toEqual({ names: ['b'], from: 'acr_values' })
    expect(from({ essentialAcr: [], acrValues: [] })).toEqual({ names: ['c'], from: 'voluntary' })
    expect(wantedOf(request(), both)).toEqual({ names: ['d'], from: 'default' })
    expect(wantedOf(request(), policy({}, { defaultAcr: ['e'] }))).toEqual({ names: ['e'], from: 'default' })
    expect(wantedOf(request(), policy())).toEqual({ names: [], from: 'nothing' })
  })

  it('a client’s map replaces the realm’s', () => {
    const own = policy({ acrToLoa: { silver: 0, gold: 1 } })
    expect(visit({ request: acr('gold'), policy: own })).toMatchObject({ pages: ['otp'], decision: { acr: 'gold' } })
    expect(visit({ request: acr('otp'), policy: own }).decision).toMatchObject({ reason: 'unknown-acr' })
  })

  it('the first name already satisfied wins without asking', () => {
    expect(ask({ request: acr('otp', 'pwd') })).toMatchObject({ do: 'issue', acr: 'pwd' })
  })

  it('else the first that flow and user can reach, and its lower steps do not end the login early', () => {
    const asked = acr('cba', 'otp', 'pwd')
    expect(visit({ request: asked, proofs: [] })).toMatchObject({
      pages: ['password', 'otp'],
      decision: { do: 'issue', acr: 'otp' },
    })
    expect(visit({ request: asked, proofs: [], enrolled: { ...everything, otp: 'none' } })).toMatchObject({
      pages: ['password'],
      decision: { do: 'issue', acr: 'pwd' },
    })
  })

  it('given up on the way to the first, a later name that was reached will do', () => {
    const proofs = [password(t0 + 60, 'app2')]
    expect(ask({ request: acr('otp', 'pwd'), proofs }).do).toBe('ask')
    expect(ask({ request: acr('otp', 'pwd'), proofs, attempted: true })).toMatchObject({ do: 'issue', acr: 'pwd' })
  })

  it('unknown voluntary names are dropped and reported', () => {
    const decision = ask({ request: acr('gold', 'pwd') })
    expect(decision).toMatchObject({ do: 'issue', acr: 'pwd', report: { dropped: ['gold'] } })
  })

  it('a minimum raises the target and binds a voluntary client', () => {
    const minimum = { request: acr('pwd'), policy: policy({ minimumAcr: 'otp', enforcement: 'voluntary' }) }
    expect(visit(minimum)).toMatchObject({ pages: ['otp'], decision: { do: 'issue', acr: 'pwd', loa: 1 } })
    expect(wireOf(ask({ ...minimum, attempted: true }))).toEqual(noMatch)
    expect(ask({ ...minimum, policy: policy({ minimumAcr: 'gold' }), attempted: true })).toMatchObject({
      do: 'refuse',
      reason: 'unknown-acr',
    })
  })

  it('of two names for one level the same one is said, in whatever order the store hands the map over', () => {
    for (const acrToLoa of [
      { pwd: 0, basic: 0 },
      { basic: 0, pwd: 0 },
    ])
      expect(ask({ policy: policy({ acrToLoa }) })).toMatchObject({ do: 'issue', acr: 'basic' })
  })

  it('a higher level satisfies a lower name', () => {
    const proofs = [webauthn()]
    expect(ask({ request: acr('pwd'), flow: fido, proofs })).toMatchObject({ do: 'issue', acr: 'pwd', loa: 3 })
    expect(ask({ flow: fido, proofs })).toMatchObject({ do: 'issue', acr: 'fido' })
  })
})

describe('what is offered', () => {
  it('a key beside the password that was asked for', () => {
    expect(pageOf(ask({ request: acr('pwd'), flow: fido, proofs: [] }))).toEqual(['password', 'webauthn'])
  })

  it('what is at hand before what must be activated first', () => {
    const enrolled: Enrolled = { ...everything, password: 'pending' }
    expect(pageOf(ask({ request: acr('pwd'), flow: fido, proofs: [], enrolled }))).toEqual(['webauthn', 'password'])
  })

  it('only the key to somebody who has only a key', () => {
    const enrolled: Enrolled = { ...everything, password: 'none' }
    expect(pageOf(ask({ request: acr('pwd'), flow: fido, proofs: [], enrolled }))).toEqual(['webauthn'])
  })

  it('anything the flow has while nobody knows who it is', () => {
    expect(pageOf(ask({ flow: fido, proofs: [], enrolled: 'unknown' }))).toEqual(['password', 'webauthn'])
  })

  it('no step that leads nowhere: without a password an OTP on top of it is not offered', () => {
    const enrolled: Enrolled = { ...everything, password: 'none' }
    expect(ask({ proofs: [], enrolled })).toMatchObject({ do: 'refuse', reason: 'no-credential' })
  })

  it('only keys that meet the level’s demands', () => {
    const demanding = withDemands({ attested: true, deviceBound: true, userVerified: true })
    const enrolled: Enrolled = {
      ...everything,
      webauthn: [
        blueKey,
        { ...blueKey, credential: 'synced', deviceBound: false },
        { ...blueKey, credential: 'no-pin', verifies: false },
      ],
    }
    expect(ask({ request: acr('fido'), flow: demanding, enrolled })).toMatchObject({
      offers: [{ keys: [{ credential: 'blue', activate: false, verify: true }] }],
    })
    expect(ask({ request: acr('fido'), flow: demanding, proofs: [webauthn()] })).toMatchObject({ do: 'ask' })
    expect(ask({ request: acr('fido'), flow: demanding, proofs: [webauthn({ attested: true })] }).do).toBe('issue')
  })

  it('only models on the list', () => {
    const model = 'ee882879-721c-4913-9775-3dfcce97072a'
    const flow = withDemands({ aaguids: [model] })
    const of = (aaguid: string): Enrolled => ({ ...everything, webauthn: [{ ...blueKey, aaguid }] })
    expect(pageOf(ask({ request: acr('fido'), flow, enrolled: of(model.toUpperCase()) }))).toEqual(['webauthn'])
    expect(pageOf(ask({ request: acr('fido'), flow, enrolled: of(model.replace('ee', 'ff')) }))).toBe('refuse')
    expect(pageOf(ask({ request: acr('fido'), flow, enrolled: 'unknown' }))).toEqual(['webauthn'])
  })

  it('any of a level’s alternatives, and all of its required steps', () => {
    const either = withSteps(1, [step('otp', 'alternative'), step('certificate', 'alternative')])
    expect(pageOf(ask({ request: acr('otp'), flow: either }))).toEqual(['otp', 'certificate'])
    expect(ask({ request: acr('otp'), flow: either, proofs: [password(), certificate()] }).do).toBe('issue')
    const both = withSteps(1, [step('otp'), step('certificate')])
    expect(visit({ request: acr('otp'), flow: both }).pages).toEqual(['otp', 'certificate'])
  })

  it('a conditional step to those who have the factor; locking it is no way around it', () => {
    const flow = withSteps(0, [step('password'), step('otp', 'conditional')])
    expect(visit({ flow, proofs: [] }).pages).toEqual(['password', 'otp'])
    expect(visit({ flow, proofs: [], enrolled: { ...everything, otp: 'none' } }).pages).toEqual(['password'])
    expect(ask({ flow, enrolled: { ...everything, otp: 'locked' } })).toMatchObject({ reason: 'locked' })
  })

  it('nothing of a disabled step', () => {
    const flow = withSteps(1, [step('otp', 'disabled'), step('certificate')])
    expect(pageOf(ask({ request: acr('otp'), flow }))).toEqual(['certificate'])
  })
})
