/**
 * Why a request that gets neither tokens nor a question fails, and what would have helped.
 *
 * Each reason is found by asking the same question of somebody who is better off: with every factor, with nothing
 * locked, with proofs that do not age.
 */
import type { EnrolmentState, Proof, Question, RefusalError, RefusalReason } from './decide.ts'
import type { FactorKind } from './flow.ts'
import { unmapped } from './names.ts'
import { offersFor, prospectOf, ways, waysOfOwner } from './offers.ts'
import { reaches, type Standing, standings } from './standing.ts'

/** Why a request that gets neither tokens nor a question fails. `needed`: the levels of which one had to be reached. */
export function verdict(
  question: Question,
  proofs: readonly Proof[],
  needed: readonly number[],
  binding: boolean,
): [RefusalError, RefusalReason] {
  const unmet = 'unmet_authentication_requirements'
  const anyOf = (levels: readonly Standing[]) => needed.some((loa) => reaches(levels, loa))
  const ageless = standings(question, proofs, true)
  const signedIn = ageless.some((each) => each.met)
  const silent = question.request.prompt.includes('none')
  if (silent && !signedIn) return ['login_required', 'no-session']
  if (needed.every((loa) => loa >= unmapped)) return [unmet, 'unknown-acr']
  if (silent) return anyOf(ageless) ? ['login_required', 'stale'] : [unmet, 'no-match-acr']
  const reachable = (enrolled: Question['enrolled']) =>
    [waysOfOwner, ways].some((allowed) => anyOf(prospectOf({ ...question, enrolled }, proofs, allowed).levels))
  if (!reachable('unknown')) return [unmet, 'no-match-acr']
  if (!reachable(question.enrolled)) {
    if (reachable(unlocked(question.enrolled))) return ['access_denied', 'locked']
    // Where all that was asked for lies between two levels of the flow, that the user has nothing for the higher one is
    // not why: nobody asked for that one.
    const between = (loa: number) => {
      const loas = question.flow.levels.map((level) => level.loa)
      return !loas.includes(loa) && loas.some((lower) => lower < loa)
    }
    return [unmet, binding && needed.every(between) ? 'no-match-acr' : 'no-credential']
  }
  if (anyOf(ageless)) return ['login_required', 'stale']
  return binding || signedIn ? [unmet, 'no-match-acr'] : ['access_denied', 'given-up']
}

/** The factors that somebody who has everything would be asked for next. */
export const wouldHelp = (question: Question, proofs: readonly Proof[], loa: number): FactorKind[] => {
  const equipped: Question = { ...question, enrolled: 'unknown' }
  const offers = offersFor(equipped, prospectOf(equipped, proofs, ['use']), loa) ?? []
  return offers.map(({ factor }) => factor)
}

const unlocked = (enrolled: Question['enrolled']): Question['enrolled'] => {
  if (enrolled === 'unknown') return enrolled
  const open = (state: EnrolmentState) => (state === 'locked' ? 'usable' : state)
  return {
    password: open(enrolled.password),
    otp: open(enrolled.otp),
    certificate: open(enrolled.certificate),
    webauthn: enrolled.webauthn.map((key) => (key.state === 'locked' ? { ...key, state: 'usable' } : key)),
  }
}

/** The few words a client may read: OIDC's and the seed's. None has a quotation mark or a backslash (RFC 6749 §4.1.2.1). */
export const descriptions: Record<RefusalReason, string> = {
  'contradictory-prompt': 'prompt=none cannot come with another prompt',
  'no-session': 'The user is not signed in',
  stale: 'The user must sign in again',
  'no-match-acr': 'no-match-acr: No matching acr values',
  'unknown-acr': 'no-match-acr: No matching acr values (unknown-acr)',
  'no-credential': 'no-match-acr: No matching acr values (no-credential)',
  locked: 'locked: The sign-in method is locked for now',
  'given-up': 'The sign-in was not completed',
  'no-consent': 'The user must allow this first',
}
