/** What the tokens say of the levels that were reached: `acr`, `amr`, `auth_time`, and the keys it rests on. */
import type { Policy, Proof, Question, Target, Wanted } from './decide.ts'
import type { FactorKind } from './flow.ts'
import { floorOf, lookUp } from './names.ts'
import { type Counted, isRecent, type Standing } from './standing.ts'

/**
 * What the tokens say.
 *
 * `auth_time` is when the own steps of the level that backs `acr` were completed, of several such levels the latest.
 * Not that of the lower levels it rests on: a relying party that wants `acr=otp` within `max_age` compares
 * `now - auth_time`, and a password typed anew must not make an old OTP look young, nor an old password under a new
 * OTP make a step-up look like none. As the same steps were checked against `max_age`, the relying party's comparison
 * agrees with ours, but for one who took longer than `max_age` over the rest of this very request.
 */
export function tokenClaims(question: Question, wanted: Wanted, now: readonly Standing[]) {
  const { policy } = question
  const met = now.filter((each) => each.met)
  const { achieved } = achievedOf(wanted, policy, now)
  if (!achieved) throw new Error('nothing was reached that tokens could say')
  const { acr, loa } = achieved
  const backed = Math.max(acr === undefined ? loa : (lookUp(policy.acrToLoa, acr) ?? loa), floorOf(policy))
  const times = met.flatMap((each) => (each.level.loa >= backed && each.at !== undefined ? [each.at] : []))
  const counted = met.flatMap((each) => each.counted)
  const credentials = counted.flatMap(({ proof }) => proof.credential ?? [])
  return {
    ...(acr !== undefined && { acr }),
    amr: policy.amr ? amrOf(question, counted) : [],
    authTime: Math.max(...times),
    loa,
    credentials: [...new Set(credentials)],
  }
}

/**
 * The most preferred name whose level is reached, else the best name of the map. A higher level satisfies a lower name.
 * Of two names for one level the first by the alphabet: a store hands a map over in any order.
 */
export function achievedOf(wanted: Wanted, { acrToLoa }: Policy, now: readonly Standing[]): { achieved?: Target } {
  const loa = now.findLast((each) => each.met)?.level.loa
  if (loa === undefined) return {}
  const loaOf = (name: string) => lookUp(acrToLoa, name) ?? Number.POSITIVE_INFINITY
  const best = Object.keys(acrToLoa)
    .filter((name) => loaOf(name) <= loa)
    .sort()
    .reduce<string | undefined>((one, name) => (one === undefined || loaOf(name) > loaOf(one) ? name : one), undefined)
  const acr = wanted.names.find((name) => loaOf(name) <= loa) ?? best
  return { achieved: { ...(acr !== undefined && { acr }), loa } }
}

/** RFC 8176, in the order of the flow's steps. */
function amrOf(question: Question, counted: readonly Counted[]): string[] {
  const valid = counted.filter(({ step, proof }) => isRecent(question, proof, step.referenceMaxAge))
  const references = valid.flatMap(({ step, proof }) =>
    step.reference === undefined ? referencesOf[proof.factor](proof) : [step.reference],
  )
  // "Two different kinds" as NIST SP 800-63 and with it RFC 8176 have it: a code and a certificate are both things
  // the user has, and are no more than that together.
  const kinds = new Set(valid.map(({ proof }) => kindOf[proof.factor]))
  const multiple = kinds.size > 1 || valid.some(({ proof }) => proof.factor === 'webauthn' && proof.userVerified)
  return [...new Set(multiple ? [...references, 'mfa'] : references)]
}

const referencesOf: Record<FactorKind, (proof: Proof) => string[]> = {
  password: () => ['pwd'],
  otp: () => ['otp'],
  certificate: ({ smartCard }) => [smartCard ? 'sc' : 'swk', 'pop'],
  webauthn: ({ deviceBound }) => ['pop', deviceBound ? 'hwk' : 'swk', 'user'],
}

const kindOf: Record<FactorKind, 'knows' | 'has'> = {
  password: 'knows',
  otp: 'has',
  certificate: 'has',
  webauthn: 'has',
}
