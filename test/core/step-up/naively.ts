/** A question as the reference model of `test/model/` puts it, and what of a decision the two have to agree on. */
import type { Decision, Proof, Question } from '../../../src/core/step-up/decide.ts'
import type { Fact, RequestFacts } from '../../model/facts.ts'
import { type Belongings, decideNaively } from '../../model/naive-decision.ts'

/** Offers by factor: the order within one is not the decision's. */
const inOrder = <Each extends { name: string }>(keys: Each[]): Each[] =>
  keys.toSorted((one, other) => (one.name < other.name ? -1 : 1))

export function seenBy(decision: Decision) {
  switch (decision.do) {
    case 'issue':
      return { do: 'issue', acr: decision.acr, amr: decision.amr.toSorted(), authTime: decision.authTime }
    case 'refuse':
      return { do: 'refuse', error: decision.error, reason: decision.reason }
    case 'ask':
      return {
        do: 'ask',
        attempt: decision.report.reason === 'attempt',
        offers: decision.offers.map(({ factor, ways, verify, keys }) => ({
          factor,
          use: ways.includes('use'),
          verify,
          keys: inOrder(
            keys.map(({ credential, activate, verify }) => ({ name: credential, pending: activate, verify })),
          ),
        })),
      }
  }
}

export function naively(question: Question) {
  const { request, policy, flow, enrolled, now } = question
  if (enrolled === 'unknown') throw new Error('Only somebody who is known is compared')
  const { acrToLoa, unreachable, defaultAcr, minimumAcr, enforcement, maxAges } = policy
  const claims = request.essentialAcr?.length
    ? { essential: true, values: request.essentialAcr }
    : { essential: false, values: request.voluntaryAcr ?? [] }
  const [prompt] = request.prompt
  const asked: RequestFacts = {
    claims,
    ...(request.acrValues === undefined ? {} : { acrValues: request.acrValues }),
    ...(request.maxAge === undefined ? {} : { maxAge: request.maxAge }),
    ...(prompt === undefined ? {} : { prompt }),
  }
  const has: Belongings = {
    ...enrolled,
    keys: enrolled.webauthn.map(({ credential, state, verifies, attested, deviceBound, aaguid }) => ({
      name: credential,
      state,
      ...(verifies === undefined ? {} : { verifies }),
      ...(attested === undefined ? {} : { attested }),
      ...(deviceBound === undefined ? {} : { deviceBound }),
      ...(aaguid === undefined ? {} : { model: aaguid }),
    })),
  }
  const outcome = decideNaively({
    login: loginOf(request.id),
    request: asked,
    client: { policy: { enforcement, maxAges, ...(minimumAcr === undefined ? {} : { minimumAcr }) } },
    realm: { acrToLoa, defaultAcr, unreachable, flows: {}, browserFlow: '', sessionIdle: 0 },
    flow,
    facts: asShown(question).map(factOf),
    has,
    now,
  })
  if (outcome.do === 'issue') return { do: 'issue', acr: outcome.acr, amr: outcome.amr, authTime: outcome.authTime }
  if (outcome.do === 'refuse') return outcome
  const offers = outcome.offers.map((offer) => ({ ...offer, keys: inOrder(offer.keys) }))
  return { do: 'ask', attempt: outcome.attempt, offers }
}

/**
 * One after another. Of several of one moment, which the decision has to tell apart for `auth_time`, this request's come
 * last; between the others any order would do, and it is the decision's.
 */
function asShown({ proofs, request }: Question): Proof[] {
  const text = (proof: Proof) => JSON.stringify(Object.entries(proof).sort())
  return proofs.toSorted(
    (one, other) =>
      one.at - other.at ||
      Number(one.request === request.id) - Number(other.request === request.id) ||
      (text(one) > text(other) ? -1 : 1),
  )
}

const loginOf = (request: string): number => Number(request.replace('app', ''))

const factOf = ({ factor, at, request, credential, userVerified, attested, deviceBound, aaguid }: Proof): Fact => ({
  factor,
  at,
  login: loginOf(request),
  ...(credential === undefined ? {} : { credential }),
  ...(userVerified === undefined ? {} : { verified: userVerified }),
  ...(attested === undefined ? {} : { attested }),
  ...(deviceBound === undefined ? {} : { deviceBound }),
  ...(aaguid === undefined ? {} : { model: aaguid }),
})
