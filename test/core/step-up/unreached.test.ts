/** The table of enforcement: what was asked and is not reachable, or not reached in the end. */
import { describe, expect, it } from 'vitest'
import {
  type AuthenticationRequest,
  acrOfClaims,
  type Enrolled,
  type Question,
} from '../../../src/core/step-up/decide.ts'
import {
  acr,
  ask,
  blueKey,
  everything,
  fido,
  ldapOtpCba,
  noMatch,
  otp,
  password,
  policy,
  realm,
  request,
  t0,
  visit,
  wireOf,
} from './question.ts'

describe('what was asked and is not reached', () => {
  const voluntary = policy({ enforcement: 'voluntary' })
  const noOtp: Enrolled = { ...everything, otp: 'none' }

  it('acr_values of a voluntary client: tokens with the acr that was reached', () => {
    expect(ask({ request: acr('otp'), policy: voluntary, enrolled: noOtp })).toMatchObject({ do: 'issue', acr: 'pwd' })
  })

  it('acr_values of a voluntary client, reached by nobody in the end: tokens with what there is', () => {
    const decision = ask({ request: acr('otp'), policy: voluntary, attempted: true })
    expect(decision).toMatchObject({ do: 'issue', acr: 'pwd', report: { reason: 'reached-lower' } })
  })

  it('acr_values of a strict client, not reached in the end: unmet, and not asked again', () => {
    expect(wireOf(ask({ request: acr('otp'), attempted: true }))).toEqual(noMatch)
  })

  it('an essential acr binds a voluntary client', () => {
    const essential = { request: request({ essentialAcr: ['cba'] }), policy: voluntary }
    expect(wireOf(visit(essential).decision)).toEqual(noMatch)
  })

  it('an unknown essential value is unmet', () => {
    const { pages, decision } = visit({ request: request({ essentialAcr: ['gold'] }), policy: voluntary })
    expect(pages).toEqual(['otp'])
    expect(decision).toMatchObject({
      do: 'refuse',
      error: 'unmet_authentication_requirements',
      reason: 'unknown-acr',
      description: expect.stringMatching(/^no-match-acr: No matching acr values/),
      report: { dropped: ['gold'] },
    })
  })

  it('a name from the prototype is as unknown as any', () => {
    expect(visit({ request: acr('constructor') }).decision).toMatchObject({ reason: 'unknown-acr' })
  })

  it('unreachable and attempt: asks what the flow has, then fails', () => {
    const { pages, decision } = visit({ request: acr('cba'), proofs: [] })
    expect(pages).toEqual(['password', 'otp'])
    expect(wireOf(decision)).toEqual(noMatch)
  })

  it('unreachable and fail-fast: no pointless prompt, for a strict client and an essential acr', () => {
    for (const [asked, client] of [
      [acr('cba'), {}],
      [request({ essentialAcr: ['cba'] }), { enforcement: 'voluntary' }],
    ] as const) {
      const decision = ask({ request: asked, policy: policy(client, { unreachable: 'fail-fast' }), proofs: [] })
      expect(wireOf(decision)).toEqual(noMatch)
    }
  })

  it('unreachable and attempt: no key is activated for a request that fails all the same', () => {
    const enrolled: Enrolled = { ...everything, webauthn: [{ ...blueKey, state: 'pending' }] }
    const asked = { request: acr('top'), flow: fido, enrolled, proofs: [] }
    const top = { acrToLoa: { ...realm.acrToLoa, top: 4 } }
    expect(visit({ ...asked, policy: policy({}, top) }).pages).toEqual(['password'])
    expect(visit({ ...asked, policy: policy({ enforcement: 'voluntary' }, top) })).toMatchObject({
      pages: ['password'],
      decision: { do: 'issue', acr: 'pwd' },
    })
  })

  it('a pending authenticator is activated for the minimum, and for no more than that', () => {
    const enrolled: Enrolled = { ...everything, otp: 'pending', certificate: 'pending' }
    const client = policy({ minimumAcr: 'otp', enforcement: 'voluntary' })
    const asked = { request: acr('fido'), flow: ldapOtpCba, policy: client, enrolled }
    expect(ask(asked)).toMatchObject({ do: 'ask', offers: [{ factor: 'otp', ways: ['activate'] }], target: { loa: 1 } })
    expect(visit(asked)).toMatchObject({ pages: ['otp'], decision: { do: 'issue', acr: 'otp' } })
  })

  it('nothing shown in the end, and nothing that binds: access_denied', () => {
    expect(ask({ proofs: [], attempted: true })).toMatchObject({ error: 'access_denied', reason: 'given-up' })
  })

  it('malformed claims JSON is told from claims that ask for nothing', () => {
    for (const claims of ['{', '[]', '{"id_token":1}', '{"id_token":{"acr":{"essential":"yes","value":"otp"}}}']) {
      expect(acrOfClaims(claims)).toMatchObject({ ok: false, reason: 'malformed-claims' })
    }
    for (const claims of ['{}', '{"userinfo":{}}', '{"id_token":null}', '{"id_token":{"acr":null}}']) {
      expect(acrOfClaims(claims)).toEqual({ ok: true, value: {} })
    }
  })

  it('reads an essential and a voluntary acr from the claims parameter', () => {
    const claims = (member: unknown) => acrOfClaims(JSON.stringify({ id_token: { acr: member } }))
    expect(claims({ essential: true, values: ['cba', 'otp'] })).toMatchObject({
      value: { essentialAcr: ['cba', 'otp'] },
    })
    expect(claims({ essential: true, value: 'otp' })).toMatchObject({ value: { essentialAcr: ['otp'] } })
    expect(claims({ values: ['otp'] })).toMatchObject({ value: { voluntaryAcr: ['otp'] } })
    expect(claims({ values: [7] })).toMatchObject({ ok: false, at: '/id_token/acr/values' })
  })

  it('no authenticator for the level, but a pending key: offers to activate it', () => {
    const enrolled: Enrolled = { ...everything, webauthn: [{ ...blueKey, state: 'pending' }] }
    expect(ask({ request: acr('fido'), flow: fido, enrolled })).toMatchObject({
      do: 'ask',
      offers: [{ factor: 'webauthn', ways: ['activate'], keys: [{ credential: 'blue', activate: true }] }],
    })
  })

  it('an active key and a pending one: says both', () => {
    const enrolled: Enrolled = { ...everything, webauthn: [blueKey, { credential: 'red', state: 'pending' }] }
    expect(ask({ request: acr('fido'), flow: fido, enrolled })).toMatchObject({
      offers: [{ ways: ['use', 'activate'], keys: [{ credential: 'blue' }, { credential: 'red', activate: true }] }],
    })
  })

  it('no authenticator for the level, and policy lets them enrol: offers that after the password, not before', () => {
    const enrol = { enrolled: noOtp, request: acr('otp'), policy: policy({}, { enrol: ['otp'] }) }
    const justNow = { ...password(t0 + 60), request: enrol.request.id }
    expect(ask({ ...enrol, proofs: [] })).toMatchObject({ offers: [{ factor: 'password', ways: ['use'] }] })
    expect(ask({ ...enrol, proofs: [justNow] })).toMatchObject({ offers: [{ factor: 'otp', ways: ['enrol'] }] })
  })

  it('what a session showed earlier is not enough to enrol anything (CVE-2026-3429)', () => {
    const enrol = { enrolled: noOtp, request: acr('otp'), policy: policy({}, { enrol: ['otp'] }) }
    expect(ask({ ...enrol, proofs: [password()] })).toMatchObject({ offers: [{ factor: 'password', ways: ['use'] }] })
    const gone = { ...noOtp, password: 'none' } as const
    expect(ask({ ...enrol, enrolled: gone, proofs: [password()] })).toMatchObject({ reason: 'no-credential' })
  })

  it('never lets anybody enrol the factor they start with', () => {
    const enrolled: Enrolled = { ...everything, webauthn: [] }
    const decision = ask({ enrolled, request: acr('fido'), flow: fido, policy: policy({}, { enrol: ['webauthn'] }) })
    expect(decision).toMatchObject({ do: 'refuse', reason: 'no-credential' })
  })

  it('no authenticator for the level and no way to one: no-credential, after what the flow has', () => {
    const { pages, decision } = visit({ request: acr('otp'), enrolled: noOtp, proofs: [] })
    expect(pages).toEqual(['password'])
    expect(decision).toMatchObject({
      do: 'refuse',
      error: 'unmet_authentication_requirements',
      reason: 'no-credential',
      description: expect.stringMatching(/^no-match-acr: No matching acr values/),
    })
  })

  it('a locked factor: access_denied with the reason, and the other factors still work', () => {
    const enrolled: Enrolled = { ...everything, otp: 'locked' }
    expect(wireOf(ask({ request: acr('otp'), enrolled })).slice(0, 2)).toEqual(['access_denied', 'locked'])
    expect(ask({ request: acr('fido'), flow: fido, enrolled })).toMatchObject({ offers: [{ factor: 'webauthn' }] })
  })

  it('a locked factor is told to nobody who has not shown the password', () => {
    const { pages } = visit({ request: acr('otp'), enrolled: { ...everything, otp: 'locked' }, proofs: [] })
    expect(pages).toEqual(['password'])
  })

  describe('prompt=none', () => {
    const silent = (change: Partial<AuthenticationRequest> = {}) => request({ ...change, prompt: ['none'] })
    const answer = (change: Partial<Question>) => wireOf(ask({ request: silent(), ...change })).slice(0, 2)

    it('no session: login_required', () => {
      expect(answer({ proofs: [] })).toEqual(['login_required', 'no-session'])
      expect(answer({ proofs: [], request: silent({ acrValues: ['otp'] }) })).toEqual(['login_required', 'no-session'])
    })

    it('only the age unmet: login_required', () => {
      expect(answer({ now: t0 + 3601 })).toEqual(['login_required', 'stale'])
      expect(answer({ request: silent({ maxAge: 59 }) })).toEqual(['login_required', 'stale'])
      const proofs = [password(), otp(t0 - 3600)]
      expect(answer({ proofs, request: silent({ acrValues: ['otp'] }) })).toEqual(['login_required', 'stale'])
    })

    it('the acr unmet: unmet_authentication_requirements', () => {
      expect(wireOf(ask({ request: silent({ acrValues: ['otp'] }) }))).toEqual(noMatch)
      expect(wireOf(ask({ request: silent({ essentialAcr: ['otp'] }), policy: voluntary }))).toEqual(noMatch)
    })

    it('a voluntary acr unmet: tokens with the one reached', () => {
      const decision = ask({ request: silent({ acrValues: ['otp'] }), policy: voluntary })
      expect(decision).toMatchObject({ do: 'issue', acr: 'pwd' })
    })

    it('everything met: tokens', () => expect(ask({ request: silent() }).do).toBe('issue'))

    it('with another prompt: invalid_request', () => {
      const decision = ask({ request: request({ prompt: ['none', 'login'] }) })
      expect(decision).toMatchObject({ do: 'refuse', error: 'invalid_request', reason: 'contradictory-prompt' })
    })
  })

  it.each([
    ['prompt=login', { prompt: ['login'] }],
    ['max_age=0', { maxAge: 0 }],
  ] as const)('%s re-authenticates the target level’s steps, and those only', (_, change) => {
    const proofs = [password(), otp()]
    expect(visit({ proofs, request: request(change) }).pages).toEqual(['password'])
    expect(visit({ proofs, request: request({ ...change, acrValues: ['otp'] }) })).toMatchObject({
      pages: ['otp'],
      decision: { do: 'issue', acr: 'otp', authTime: t0 + 60 },
    })
  })
})
