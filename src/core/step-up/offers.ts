/**
 * What could be shown next, and where it leads: each offer is the next step towards a level that the user can reach.
 *
 * A prospect is the standings of the proofs that are there together with those the user could make; what it reaches is
 * reachable, and nothing else is offered.
 */
import type { Offer, OfferedKey, Proof, Question, Way } from './decide.ts'
import { type FactorKind, factorKinds, type Step } from './flow.ts'
import {
  demandedAge,
  maxAgeOf,
  mayEnrolAt,
  meets,
  nextSteps,
  ownSteps,
  proofBy,
  type Shown,
  type Standing,
  standings,
} from './standing.ts'

/** The preferred one first. */
export const ways = ['use', 'activate', 'enrol'] as const satisfies readonly Way[]

/** The ways of somebody who has what it takes already. */
export const waysOfOwner = ['use', 'activate'] as const satisfies readonly Way[]

/** What the user could reach in this request if they used each of these ways, and what of the proofs that rests on. */
export type Prospect = { ways: readonly Way[]; proofs: readonly Proof[]; levels: Standing[] }

/**
 * Who adds something to prove with shows first, in this very request, that it is them: a session that somebody left open
 * is not enough (Keycloak CVE-2026-3429).
 */
export function prospectOf(question: Question, proofs: readonly Proof[], allowed: readonly Way[]): Prospect {
  const counting = allowed.includes('enrol') ? proofs.filter(({ request }) => request === question.request.id) : proofs
  const levels = standings(question, [...counting, ...possible(question, allowed)])
  return { ways: allowed, proofs: counting, levels }
}

/** The proofs the user could make now. */
function possible(question: Question, allowed: readonly Way[]): Shown[] {
  const { enrolled, policy } = question
  const made = { at: question.now, request: question.request.id }
  if (enrolled === 'unknown') {
    return factorKinds.map((factor) => ({ ...made, factor, way: 'use', assumed: true }))
  }
  return factorKinds
    .flatMap((factor): Shown[] => {
      const mayEnrol: Shown[] = policy.enrol.includes(factor)
        ? [{ ...made, factor, way: 'enrol', userVerified: true }]
        : []
      if (factor === 'webauthn') {
        if (enrolled.webauthn.length === 0) return mayEnrol
        return enrolled.webauthn.flatMap((key): Shown[] =>
          key.state === 'locked'
            ? []
            : [{ ...proofBy(key), ...made, way: key.state === 'pending' ? 'activate' : 'use' }],
        )
      }
      const state = enrolled[factor]
      if (state === 'none') return mayEnrol
      return state === 'locked' ? [] : [{ ...made, factor, way: state === 'pending' ? 'activate' : 'use' }]
    })
    .filter((proof) => proof.way !== undefined && allowed.includes(proof.way))
}

/** The next step towards each level that meets the target, the lowest level first, the factors at hand before others. */
export function offersFor(question: Question, prospect: Prospect, loa: number): [Offer, ...Offer[]] | undefined {
  const offers = new Map<FactorKind, Offer>()
  for (const [index, { level, met }] of prospect.levels.entries()) {
    if (!met || level.loa < loa) continue
    for (const offer of nextOffers(question, prospect, index)) {
      const earlier = offers.get(offer.factor)
      offers.set(offer.factor, earlier ? merged(earlier, offer) : offer)
    }
  }
  const rank = (offer: Offer) => Math.min(...offer.ways.map((way) => ways.indexOf(way)))
  const [first, ...others] = [...offers.values()].sort((one, other) => rank(one) - rank(other))
  return first && [first, ...others]
}

function merged(one: Offer, other: Offer): Offer {
  const again = ({ credential }: OfferedKey) => one.keys.some((key) => key.credential === credential)
  return {
    factor: one.factor,
    ways: ways.filter((way) => one.ways.includes(way) || other.ways.includes(way)),
    keys: [
      ...one.keys.map((key) => ({
        ...key,
        verify: key.verify && other.keys.every((its) => its.credential !== key.credential || its.verify),
      })),
      ...other.keys.filter((key) => !again(key)),
    ],
    verify: one.verify && other.verify,
  }
}

/** What brings the user nearer to one level: the first thing missing, from the lowest level it rests on upwards. */
function nextOffers(question: Question, prospect: Prospect, index: number): Offer[] {
  const { flow, policy, request } = question
  const from = flow.levels[index]?.mode === 'direct' ? index : 0
  for (const [offset, level] of flow.levels.slice(from, index + 1).entries()) {
    const place = from + offset
    const usual = maxAgeOf(level, policy)
    const { complete, bound } = ownSteps(
      question,
      level,
      prospect.proofs,
      place === index ? Math.min(usual, demandedAge(request)) : usual,
    )
    if (complete) continue
    const hopes = possible(question, prospect.ways).filter(({ way }) => way !== 'enrol' || mayEnrolAt(level, place))
    return nextSteps(level, bound).flatMap((step) => offerOf(step, hopes) ?? [])
  }
  return []
}

function offerOf(step: Step, hopes: readonly Shown[]): Offer | undefined {
  const fit = hopes.filter((hope) => hope.factor === step.authenticator && meets(hope, step.demands))
  if (fit.length === 0) return undefined
  const verify = step.demands?.userVerified ?? false
  return {
    factor: step.authenticator,
    ways: ways.filter((way) => fit.some((hope) => hope.way === way)),
    keys: fit.flatMap(({ credential, way }) =>
      credential === undefined ? [] : [{ credential, activate: way === 'activate', verify }],
    ),
    verify,
  }
}
