/** Random flows, policies, people and proofs, and somebody who takes what is offered: what the laws are about. */
import fc from 'fast-check'
import { expect } from 'vitest'
import {
  type AuthenticationRequest,
  type Decision,
  decide,
  type Enrolled,
  type Key,
  type Offer,
  type Proof,
  policyFor,
  type Question,
} from '../../../src/core/step-up/decide.ts'
import { type Flow, factorKinds, type Level, type Step } from '../../../src/core/step-up/flow.ts'

export const models = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
export const now = 1_800_000_000
export const aSpan = fc.constantFrom(0, 30, 300, 3600)
export const flag = fc.boolean()
export const aFactor = fc.constantFrom(...factorKinds)
export const optional = <Shape extends object>(shape: { [Name in keyof Shape]-?: fc.Arbitrary<Shape[Name]> }) =>
  fc.record(shape, { requiredKeys: [] })

export const someDemands = optional<NonNullable<Step['demands']>>({
  userVerified: flag,
  attested: flag,
  deviceBound: flag,
  aaguids: fc.subarray(models, { minLength: 1 }),
})
export const aStep: fc.Arbitrary<Step> = fc
  .record({
    authenticator: aFactor,
    requirement: fc.constantFrom('required', 'required', 'alternative', 'alternative', 'conditional', 'disabled'),
    referenceMaxAge: aSpan,
    demands: fc.option(someDemands, { nil: undefined }),
  })
  .map(({ demands, ...plain }): Step => (demands && plain.authenticator === 'webauthn' ? { ...plain, demands } : plain))
export const aFlow: fc.Arbitrary<Flow> = fc
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

export const aKey: fc.Arbitrary<Key> = fc
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
export const aState = fc.constantFrom('usable', 'usable', 'pending', 'locked', 'none')
export const someEnrolled: fc.Arbitrary<Enrolled> = fc.record({
  password: aState,
  otp: aState,
  certificate: aState,
  webauthn: fc.uniqueArray(aKey, { maxLength: 3, selector: (key) => key.credential }),
})
export const aProof: fc.Arbitrary<Proof> = fc
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
export const someNames = fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'stranger'), { maxLength: 3 }), {
  nil: undefined,
})
export const aRequest: fc.Arbitrary<AuthenticationRequest> = fc.record({
  id: fc.constant('app2'),
  acrValues: someNames,
  essentialAcr: fc.option(someNames, { nil: undefined, freq: 2 }),
  voluntaryAcr: someNames,
  maxAge: fc.option(aSpan, { nil: undefined }),
  prompt: fc.constantFrom([], [], [], ['login'], ['none'], ['consent']),
})
export const someMaxAges = fc.dictionary(fc.constantFrom('l0', 'l1', 'l2', '3', '4'), aSpan, { maxKeys: 2 })
export const aPolicy = fc
  .record({
    acrToLoa: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 6 })),
    defaultAcr: someNames,
    unreachable: fc.constantFrom('attempt', 'fail-fast'),
    enrol: fc.subarray([...factorKinds]),
    minimumAcr: fc.option(fc.constantFrom('a', 'b', 'stranger'), { nil: undefined, freq: 2 }),
    enforcement: fc.constantFrom('voluntary', 'strict'),
    maxAges: someMaxAges,
  })
  .map(({ acrToLoa, defaultAcr, unreachable, enrol, ...client }) =>
    policyFor({ acrToLoa, defaultAcr, unreachable, enrol }, client),
  )
export const aQuestion: fc.Arbitrary<Question> = fc.record({
  request: aRequest,
  policy: aPolicy,
  flow: aFlow,
  proofs: fc.array(aProof, { maxLength: 5 }),
  enrolled: someEnrolled,
  now: fc.constant(now),
  attempted: fc.constantFrom(false, false, false, true),
})
export const law = (holds: (question: Question, ...choices: number[]) => void) =>
  fc.assert(
    fc.property(aQuestion, fc.array(fc.nat({ max: 50 }), { minLength: 40, maxLength: 40 }), (question, choices) =>
      holds(question, ...choices),
    ),
    { numRuns: Number(process.env.RUNS ?? 2000) },
  )
export const achieved = (decision: Decision) => decision.report.achieved?.loa ?? -1

/** The user does what one offer says, with the key of their choice; what was pending or missing is theirs after it. */
export const take = (question: Question, offer: Offer, choice: number, pause: number): Question => {
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
export const follow = (first: Question, choices: number[], pauses: number): [Decision, ...Decision[]] => {
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
export const lowestTarget = (seen: readonly Decision[]) =>
  Math.min(...seen.flatMap((each) => (each.do === 'ask' ? [each.target.loa] : [])))
