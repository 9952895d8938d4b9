import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import fidoFlow from '../../flows/fido.json' with { type: 'json' }
import otpFlow from '../../flows/stepup-ldap-otp.json' with { type: 'json' }
import cbaFlow from '../../flows/stepup-ldap-otp-cba.json' with { type: 'json' }
import { type FactorKind, type Flow, factorKinds, type Level, parseFlow, type Step } from '../../src/core/flow.ts'
import {
  type AuthenticationRequest,
  acrOfClaims,
  type ClientPolicy,
  type Decision,
  decide,
  type Enrolled,
  type Key,
  type Offer,
  type Proof,
  policyFor,
  type Question,
  type RealmPolicy,
  wantedOf,
} from '../../src/core/step-up.ts'

const flowOf = (data: unknown): Flow => {
  const flow = parseFlow(data)
  if (!flow.ok) throw new Error(`${flow.at}: ${flow.detail}`)
  return flow.value
}
const withoutLevel = (flow: Flow, alias: string): Flow => ({
  ...flow,
  levels: flow.levels.filter((level) => level.alias !== alias),
})
const ldapOtp = flowOf(otpFlow)
const ldapOtpCba = flowOf(cbaFlow)
/** As it ships, without the one-time code between its levels. */
const fido = withoutLevel(flowOf(fidoFlow), 'otp')
const ldap: Flow = { ...ldapOtp, id: 'ldap', levels: ldapOtp.levels.slice(0, 1) }

const t0 = 1_800_000_000
const realm: RealmPolicy = { acrToLoa: { pwd: 0, otp: 1, cba: 2, fido: 3 } }
const policy = (client: ClientPolicy = {}, more: Partial<RealmPolicy> = {}) => policyFor({ ...realm, ...more }, client)
const request = (change: Partial<AuthenticationRequest> = {}): AuthenticationRequest => ({
  id: 'app2',
  prompt: [],
  ...change,
})
const acr = (...acrValues: string[]) => request({ acrValues })

const password = (at = t0, login = 'app1'): Proof => ({ factor: 'password', at, request: login })
const otp = (at = t0, login = 'app1'): Proof => ({ factor: 'otp', at, request: login })
const certificate = (at = t0, login = 'app1'): Proof => ({ factor: 'certificate', at, request: login })
const webauthn = (change: Partial<Proof> = {}): Proof => ({
  factor: 'webauthn',
  at: t0,
  request: 'app1',
  credential: 'blue',
  userVerified: true,
  deviceBound: true,
  ...change,
})
const blueKey: Key = { credential: 'blue', state: 'usable', attested: true, deviceBound: true }
const everything: Enrolled = { password: 'usable', otp: 'usable', certificate: 'usable', webauthn: [blueKey] }

/** Somebody with every factor, signed in at App1 with a password a minute ago, arrives at App2. */
const usual: Question = {
  request: request(),
  policy: policy(),
  flow: ldapOtp,
  proofs: [password()],
  enrolled: everything,
  now: t0 + 60,
}
const ask = (change: Partial<Question> = {}) => decide({ ...usual, ...change })

const pageOf = (decision: Decision) =>
  decision.do === 'ask' ? decision.offers.map(({ factor }) => factor) : decision.do
const wireOf = (decision: Decision) =>
  decision.do === 'refuse' ? [decision.error, decision.reason, decision.description] : decision.do
const noMatch = ['unmet_authentication_requirements', 'no-match-acr', 'no-match-acr: No matching acr values']

/** Shows what the first offer asks for until there is nothing to ask, and says which pages that took. */
const visit = (change: Partial<Question> = {}) => {
  const proofs = [...(change.proofs ?? usual.proofs)]
  const pages: FactorKind[] = []
  for (;;) {
    const decision = ask({ ...change, proofs })
    if (decision.do !== 'ask') return { pages, decision }
    const [{ factor }] = decision.offers
    pages.push(factor)
    proofs.push(
      factor === 'webauthn'
        ? webauthn({ at: change.now ?? usual.now, request: 'app2' })
        : { factor, at: change.now ?? usual.now, request: 'app2' },
    )
  }
}

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
    expect(ask({ ...enrol, proofs: [] })).toMatchObject({ offers: [{ factor: 'password', ways: ['use'] }] })
    expect(ask(enrol)).toMatchObject({ offers: [{ factor: 'otp', ways: ['enrol'] }] })
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

function step(authenticator: FactorKind, requirement: Step['requirement'] = 'required'): Step {
  return { authenticator, requirement, referenceMaxAge: 3600 }
}

function withSteps(loa: number, steps: Step[]): Flow {
  return { ...ldapOtp, levels: ldapOtp.levels.map((level) => (level.loa === loa ? { ...level, steps } : level)) }
}

function withDemands(demands: NonNullable<Step['demands']>): Flow {
  const levels = fido.levels.map((level) =>
    level.alias === 'fido' ? { ...level, steps: [{ ...step('webauthn'), demands }] } : level,
  )
  return { ...fido, levels }
}

describe('laws', () => {
  const models = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  const now = t0
  const aSpan = fc.constantFrom(0, 30, 300, 3600)
  const flag = fc.boolean()
  const aFactor = fc.constantFrom(...factorKinds)
  const optional = <Shape extends object>(shape: { [Name in keyof Shape]-?: fc.Arbitrary<Shape[Name]> }) =>
    fc.record(shape, { requiredKeys: [] })

  const someDemands = optional<NonNullable<Step['demands']>>({
    userVerified: flag,
    attested: flag,
    deviceBound: flag,
    aaguids: fc.subarray(models, { minLength: 1 }),
  })
  const aStep: fc.Arbitrary<Step> = fc
    .record({
      authenticator: aFactor,
      requirement: fc.constantFrom('required', 'required', 'alternative', 'alternative', 'conditional', 'disabled'),
      referenceMaxAge: aSpan,
      demands: fc.option(someDemands, { nil: undefined }),
    })
    .map(
      ({ demands, ...plain }): Step => (demands && plain.authenticator === 'webauthn' ? { ...plain, demands } : plain),
    )
  const aFlow: fc.Arbitrary<Flow> = fc
    .uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 })
    .chain((loas) =>
      fc.tuple(
        ...loas
          .toSorted((one, other) => one - other)
          .map(
            (loa): fc.Arbitrary<Level> =>
              fc.record({
                alias: fc.constant(`l${loa}`),
                loa: fc.constant(loa),
                maxAge: aSpan,
                mode: fc.constantFrom('cumulative', 'direct'),
                steps: fc.array(aStep, { minLength: 1, maxLength: 3 }),
              }),
          ),
      ),
    )
    .map((levels) => ({ id: 'any', name: 'any', description: '', version: 1, levels }))

  const aKey: fc.Arbitrary<Key> = fc
    .tuple(
      fc.record({
        credential: fc.constantFrom('red', 'green', 'blue'),
        state: fc.constantFrom('usable', 'pending', 'locked'),
      }),
      optional<Pick<Required<Key>, 'attested' | 'deviceBound' | 'aaguid' | 'verifies'>>({
        attested: flag,
        deviceBound: flag,
        aaguid: fc.constantFrom(...models),
        verifies: flag,
      }),
    )
    .map(([key, more]) => ({ ...key, ...more }))
  const aState = fc.constantFrom('usable', 'usable', 'pending', 'locked', 'none')
  const someEnrolled: fc.Arbitrary<Enrolled> = fc.record({
    password: aState,
    otp: aState,
    certificate: aState,
    webauthn: fc.uniqueArray(aKey, { maxLength: 3, selector: (key) => key.credential }),
  })
  const aProof: fc.Arbitrary<Proof> = fc
    .tuple(
      fc.record({
        factor: aFactor,
        at: fc.constantFrom(0, 1, 30, 31, 300, 301, 3600, 3601).map((age) => now - age),
        request: fc.constantFrom('app1', 'app0', 'app2'),
      }),
      optional<Pick<Required<Proof>, 'userVerified' | 'attested' | 'deviceBound' | 'aaguid' | 'credential'>>({
        userVerified: flag,
        attested: flag,
        deviceBound: flag,
        aaguid: fc.constantFrom(...models),
        credential: fc.constantFrom('red', 'green', 'blue'),
      }),
    )
    .map(([proof, more]) => (proof.factor === 'webauthn' ? { ...proof, ...more } : proof))
  const someNames = fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'stranger'), { maxLength: 3 }), {
    nil: undefined,
  })
  const aRequest: fc.Arbitrary<AuthenticationRequest> = fc.record({
    id: fc.constant('app2'),
    acrValues: someNames,
    essentialAcr: fc.option(someNames, { nil: undefined, freq: 1 }),
    voluntaryAcr: someNames,
    maxAge: fc.option(aSpan, { nil: undefined }),
    prompt: fc.constantFrom([], [], [], ['login'], ['none'], ['consent']),
  })
  const someMaxAges = fc.dictionary(fc.constantFrom('l0', 'l1', 'l2', '3', '4'), aSpan, { maxKeys: 2 })
  const aPolicy = fc
    .record({
      acrToLoa: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 6 })),
      defaultAcr: someNames,
      unreachable: fc.constantFrom('attempt', 'fail-fast'),
      enrol: fc.subarray([...factorKinds]),
      minimumAcr: fc.option(fc.constantFrom('a', 'b', 'stranger'), { nil: undefined, freq: 1 }),
      enforcement: fc.constantFrom('voluntary', 'strict'),
      maxAges: someMaxAges,
    })
    .map(({ acrToLoa, defaultAcr, unreachable, enrol, ...client }) =>
      policyFor({ acrToLoa, defaultAcr, unreachable, enrol }, client),
    )
  const aQuestion: fc.Arbitrary<Question> = fc.record({
    request: aRequest,
    policy: aPolicy,
    flow: aFlow,
    proofs: fc.array(aProof, { maxLength: 5 }),
    enrolled: someEnrolled,
    now: fc.constant(now),
    attempted: fc.constantFrom(false, false, false, true),
  })
  const law = (holds: (question: Question, ...choices: number[]) => void) =>
    fc.assert(
      fc.property(aQuestion, fc.array(fc.nat({ max: 50 }), { minLength: 40, maxLength: 40 }), (question, choices) =>
        holds(question, ...choices),
      ),
      { numRuns: 2000 },
    )
  const achieved = (decision: Decision) => decision.report.achieved?.loa ?? -1

  /** The user does what one offer says, with the key of their choice; what was pending or missing is theirs after it. */
  const take = (question: Question, offer: Offer, choice: number, pause: number): Question => {
    const { enrolled } = question
    if (enrolled === 'unknown') throw new Error('somebody must be known to take an offer')
    const at = question.now + pause
    const plain: Proof = { factor: offer.factor, at, request: question.request.id }
    if (offer.factor !== 'webauthn') {
      const after = { ...enrolled, [offer.factor]: 'usable' }
      return { ...question, now: at, enrolled: after, proofs: [...question.proofs, plain] }
    }
    const offered = offer.keys[choice % Math.max(1, offer.keys.length)]
    const key = enrolled.webauthn.find(({ credential }) => credential === offered?.credential) ?? {
      credential: 'new',
      state: 'usable',
      verifies: true,
    }
    expect(key.state).not.toBe('locked')
    const { credential, attested = false, deviceBound = false, aaguid, verifies = true } = key
    const proof: Proof = {
      ...plain,
      credential,
      attested,
      deviceBound,
      userVerified: verifies,
      ...(aaguid && { aaguid }),
    }
    const others = enrolled.webauthn.filter((each) => each.credential !== credential)
    const after: Enrolled = { ...enrolled, webauthn: [...others, { ...key, state: 'usable' }] }
    return { ...question, now: at, enrolled: after, proofs: [...question.proofs, proof] }
  }

  /** Takes one offer after another; there are never more of them than the flow has steps. */
  const follow = (first: Question, choices: number[], pauses: number): [Decision, ...Decision[]] => {
    const most = first.flow.levels.flatMap((level) => level.steps).length
    let question = first
    let decision = decide(question)
    const seen: [Decision, ...Decision[]] = [decision]
    while (decision.do === 'ask') {
      expect(seen.length).toBeLessThanOrEqual(most)
      const choice = choices[seen.length] ?? 0
      const offer = decision.offers[choice % decision.offers.length] ?? decision.offers[0]
      question = take(question, offer, choice, choice * pauses)
      decision = decide(question)
      seen.push(decision)
    }
    return seen
  }

  /** Somebody who activates or enrols a factor on the way has more at hand than before, and may be asked for less. */
  const lowestTarget = (seen: readonly Decision[]) =>
    Math.min(...seen.flatMap((each) => (each.do === 'ask' ? [each.target.loa] : [])))

  it('whichever offers are taken, and however slowly, a question ends', () => {
    law((question, ...choices) => void follow(question, choices, 100))
  })

  it('an offer towards a target in reach never leads nowhere: it ends in tokens for that target', () => {
    let inReach = 0
    law((question, ...choices) => {
      const [first, ...rest] = follow(question, choices, 0)
      if (first.do !== 'ask' || first.report.reason !== 'missing') return
      inReach++
      const last = rest.at(-1)
      expect(last?.do).toBe('issue')
      if (last) expect(achieved(last)).toBeGreaterThanOrEqual(lowestTarget([first, ...rest]))
    })
    expect(inReach).toBeGreaterThan(200)
  })

  it('an offer that cannot meet the request still reaches what it was for, and does not pretend to more', () => {
    law((question, ...choices) => {
      const [first, ...rest] = follow(question, choices, 0)
      if (first.do !== 'ask' || first.report.reason !== 'attempt') return
      const last = rest.at(-1)
      expect(last?.report.reason).not.toBe('reached')
      if (last) expect(achieved(last)).toBeGreaterThanOrEqual(lowestTarget([first, ...rest]))
    })
  })

  it('offers only what the user has, or the policy lets them get', () => {
    law((question) => {
      const decision = decide(question)
      if (decision.do !== 'ask' || question.enrolled === 'unknown') return
      for (const { factor, ways } of decision.offers) {
        const { webauthn, ...others } = question.enrolled
        const states: string[] =
          factor === 'webauthn' ? (webauthn.length ? webauthn.map(({ state }) => state) : ['none']) : [others[factor]]
        expect(ways.length).toBeGreaterThan(0)
        if (ways.includes('use')) expect(states).toContain('usable')
        if (ways.includes('activate')) expect(states).toContain('pending')
        if (ways.includes('enrol')) {
          expect(states).toEqual(['none'])
          expect(question.policy.enrol).toContain(factor)
        }
      }
    })
  })

  /** What the flow says of one level, written anew and for one level only. */
  const rests = (question: Question, index: number, limit: number): boolean => {
    const level = question.flow.levels[index]
    if (!level || question.enrolled === 'unknown') return false
    const { enrolled, policy, proofs } = question
    const age = Math.min(level.maxAge, policy.maxAges[level.alias] ?? 1e9, policy.maxAges[`${level.loa}`] ?? 1e9, limit)
    const shown = ({ authenticator, demands: d = {} }: Step) =>
      proofs.some(
        (p) =>
          p.factor === authenticator &&
          (p.request === 'app2' || (age !== 0 && p.at >= question.now - age)) &&
          (!d.userVerified || p.userVerified === true) &&
          (!d.attested || p.attested === true) &&
          (!d.deviceBound || p.deviceBound === true) &&
          (!d.aaguids || d.aaguids.some((model) => model === p.aaguid)),
      )
    const of = (requirement: Step['requirement']) => level.steps.filter((each) => each.requirement === requirement)
    const enrolledFor = ({ authenticator, demands: d = {} }: Step) =>
      authenticator === 'webauthn'
        ? enrolled.webauthn.some(
            (k) =>
              k.state !== 'pending' &&
              (!d.userVerified || k.verifies !== false) &&
              (!d.attested || k.attested === true) &&
              (!d.deviceBound || k.deviceBound === true) &&
              (!d.aaguids || d.aaguids.some((model) => model === k.aaguid)),
          )
        : enrolled[authenticator] === 'usable' || enrolled[authenticator] === 'locked'
    const own =
      of('required').every(shown) &&
      of('conditional').every((each) => shown(each) || !enrolledFor(each)) &&
      (of('alternative').length === 0 || of('alternative').some(shown)) &&
      level.steps.some((each) => each.requirement !== 'disabled' && shown(each))
    const lower =
      level.mode === 'direct' || question.flow.levels.slice(0, index).every((_, i) => rests(question, i, 1e9))
    return own && lower
  }

  it('acr and loa are never above, and never below, what the proofs reach', () => {
    law((question) => {
      const { prompt, maxAge = 1e9 } = question.request
      const limit = prompt.includes('login') ? 0 : maxAge
      const reached = question.flow.levels.filter((_, index) => rests(question, index, limit)).map(({ loa }) => loa)
      const decision = decide(question)
      expect(achieved(decision)).toBe(Math.max(-1, ...reached))
      if (decision.do !== 'issue') return
      expect(decision.loa).toBe(Math.max(...reached))
      const { acrToLoa, minimumAcr } = question.policy
      if (decision.acr !== undefined) expect(acrToLoa[decision.acr]).toBeLessThanOrEqual(decision.loa)
      if (minimumAcr !== undefined) expect(acrToLoa[minimumAcr]).toBeLessThanOrEqual(decision.loa)
    })
  })

  it('a request that binds is never answered with less', () => {
    law((question) => {
      const { request, policy } = question
      const decision = decide(question)
      const { names, from } = wantedOf(request, policy)
      const strict =
        from === 'essential' || (policy.enforcement === 'strict' && ['acr_values', 'default'].includes(from))
      if (decision.do === 'issue' && strict) expect(names).toContain(decision.acr)
    })
  })

  it('a request that does not bind is refused only where its minimum is out of reach', () => {
    law((question, ...choices) => {
      const { request, policy, attempted } = question
      const { from } = wantedOf(request, policy)
      const strict =
        from === 'essential' || (policy.enforcement === 'strict' && ['acr_values', 'default'].includes(from))
      if (strict || attempted || request.prompt.includes('none')) return
      const [first, ...rest] = follow(question, choices, 0)
      if ((rest.at(-1) ?? first).do !== 'refuse') return
      const { acrToLoa, minimumAcr } = policy
      const floor = minimumAcr === undefined ? -1 : (acrToLoa[minimumAcr] ?? 1e9)
      expect(first.report.levels.filter(({ reachable, loa }) => reachable && loa >= floor)).toEqual([])
    })
  })

  it('auth_time is within max_age, or of this very request', () => {
    law((question) => {
      const decision = decide(question)
      const { maxAge, prompt } = question.request
      if (decision.do !== 'issue') return
      const times = question.proofs.filter(({ at }) => at === decision.authTime)
      expect(times.length).toBeGreaterThan(0)
      const mine = times.some((proof) => proof.request === 'app2')
      if (prompt.includes('login') || maxAge === 0) expect(mine).toBe(true)
      else if (maxAge !== undefined) expect(mine || now - decision.authTime <= maxAge).toBe(true)
    })
  })

  it('deciding twice changes nothing', () => {
    law((question) => {
      const before = structuredClone(question)
      const once = decide(question)
      expect(question).toEqual(before)
      expect(decide(question)).toEqual(once)
    })
  })

  it('the order of the proofs does not matter', () => {
    law((question, ...choices) => {
      const shuffled = question.proofs
        .map((proof, index) => ({ proof, rank: choices[index] ?? 0 }))
        .sort((one, other) => one.rank - other.rank)
      expect(decide({ ...question, proofs: shuffled.map(({ proof }) => proof) })).toEqual(decide(question))
    })
  })

  it('one more proof never lowers the level, nor takes away tokens that say what was asked', () => {
    fc.assert(
      fc.property(aQuestion, aProof, (question, proof) => {
        const before = decide(question)
        const after = decide({ ...question, proofs: [...question.proofs, proof] })
        expect(achieved(after)).toBeGreaterThanOrEqual(achieved(before))
        // With several names, or less than was asked, it may bring a better one into reach, and that is asked for then.
        const plain = before.report.wanted.names.length < 2 && before.report.reason === 'reached'
        if (before.do === 'issue' && plain) expect(after.do).toBe('issue')
      }),
      { numRuns: 2000 },
    )
  })

  it('time that passes never raises the level, nor does a larger max age lower it', () => {
    law((question, pause = 0) => {
      const later = decide({ ...question, now: question.now + pause * 30 })
      expect(achieved(later)).toBeLessThanOrEqual(achieved(decide(question)))
      const { maxAge } = question.request
      if (maxAge === undefined) return
      const laxer = decide({ ...question, request: { ...question.request, maxAge: maxAge + pause } })
      expect(achieved(laxer)).toBeGreaterThanOrEqual(achieved(decide(question)))
    })
  })

  it('prompt=none and a final verdict never ask', () => {
    law((question) => {
      const silent: Question = { ...question, request: { ...question.request, prompt: ['none'] } }
      expect(decide(silent).do).not.toBe('ask')
      expect(decide({ ...question, attempted: true }).do).not.toBe('ask')
    })
  })
})
