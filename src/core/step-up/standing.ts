/**
 * How far a set of proofs carries each level of a flow: the one definition of "reached".
 *
 * Whose the proofs are does not matter here, nor whether they were made or could be: the offers ask the same of proofs
 * that a user could still make.
 */
import type { Seconds } from '../result.ts'
import type { AuthenticationRequest, Key, Policy, Proof, Question, Way } from './decide.ts'
import type { Demands, Level, Requirement, Step } from './flow.ts'
import { lookUp } from './names.ts'

/** A level, and how far the proofs carry it. */
export type Standing = {
  level: Level
  /** Within its own max age, with the lower levels where it is cumulative. */
  fresh: boolean
  /** As `fresh`, and its own steps as recent as the request demands. Only such a level meets a target. */
  met: boolean
  /** When its own steps were completed; see `tokenClaims`. */
  at: Seconds | undefined
  /** The proofs it rests on, with the step each was for. */
  counted: Counted[]
}
export type Counted = { step: Step; proof: Shown }

/** A proof, or one that the user could still make and the way to it. */
export type Shown = Proof & { way?: Way; assumed?: boolean }

/** What a set of proofs reaches: the one definition. More proofs never reach less. */
export function standings(question: Question, proofs: readonly Shown[], ageless = false): Standing[] {
  const demanded = ageless ? Number.POSITIVE_INFINITY : demandedAge(question.request)
  const lower: Counted[] = []
  let lowerFresh = true
  return question.flow.levels.map((level, index) => {
    const maxAge = ageless ? Number.POSITIVE_INFINITY : maxAgeOf(level, question.policy)
    const shown = mayEnrolAt(level, index) ? proofs : proofs.filter(({ way }) => way !== 'enrol')
    const usual = ownSteps(question, level, shown, maxAge)
    const recent = ownSteps(question, level, shown, Math.min(maxAge, demanded))
    const carried = level.mode === 'direct' || lowerFresh
    const standing: Standing = {
      level,
      fresh: carried && usual.complete,
      met: carried && recent.complete,
      at: recent.at ?? usual.at,
      counted: level.mode === 'direct' ? recent.counted : [...lower, ...recent.counted],
    }
    lowerFresh &&= standing.fresh
    lower.push(...usual.counted)
    return standing
  })
}

/** Looks at a level's own steps alone. */
export function ownSteps(question: Question, level: Level, proofs: readonly Shown[], maxAge: Seconds) {
  const needed: Shown[] = []
  const bound: Step[] = []
  const counted: Counted[] = []
  const alternatives: Shown[] = []
  for (const step of level.steps) {
    if (step.requirement === 'disabled') continue
    const proved = proofs.filter(
      (proof) => proof.factor === step.authenticator && meets(proof, step.demands) && isRecent(question, proof, maxAge),
    )
    counted.push(...proved.map((proof) => ({ step, proof })))
    const [latest] = proved
    if (step.requirement === 'alternative') {
      if (latest) alternatives.push(latest)
    } else if (latest) needed.push(latest)
    else if (step.requirement === 'required' || has(question.enrolled, step)) bound.push(step)
  }
  const [alternative] = inOrder(alternatives, question.request.id)
  if (alternative) needed.push(alternative)
  const complete = bound.length === 0 && (alternative !== undefined || !some(level, 'alternative')) && needed.length > 0
  return { complete, bound, counted, at: complete ? completedAt(needed) : undefined }
}

/** Only where something was proved before: else whoever knows a name could enrol a factor for it. */
export const mayEnrolAt = (level: Level, index: number): boolean => level.mode === 'cumulative' && index > 0

/**
 * The steps of an incomplete level of which one is next: those that bind come one after another, then any of the
 * alternatives. A level whose conditional steps have all fallen away is reached by nobody rather than by anybody, and
 * then one of those is.
 */
export function nextSteps(level: Level, bound: readonly Step[]): Step[] {
  const [first] = bound
  if (first) return [first]
  const requirement = some(level, 'alternative') ? 'alternative' : 'conditional'
  return level.steps.filter((step) => step.requirement === requirement)
}

const some = (level: Level, requirement: Requirement): boolean =>
  level.steps.some((step) => step.requirement === requirement)

/** What was shown within one request is one act, dated by its end; of several acts the oldest tells the age. */
const completedAt = (proofs: readonly Proof[]): Seconds =>
  Math.min(
    ...proofs.map(({ request }) => Math.max(...proofs.filter((each) => each.request === request).map(({ at }) => at))),
  )

export const isRecent = ({ request, now }: Question, proof: Proof, maxAge: Seconds): boolean =>
  proof.request === request.id || (maxAge > 0 && now - proof.at <= maxAge)

/** What the request asks of the level that meets its target: both want an active authentication (OIDC Core §3.1.2.1). */
export const demandedAge = ({ prompt, maxAge }: AuthenticationRequest): Seconds =>
  prompt.includes('login') ? 0 : (maxAge ?? Number.POSITIVE_INFINITY)

export const maxAgeOf = (level: Level, { maxAges }: Policy): Seconds =>
  Math.min(level.maxAge, ...[level.alias, String(level.loa)].flatMap((name) => lookUp(maxAges, name) ?? []))

export const meets = (proof: Shown, demands: Demands = {}): boolean =>
  proof.assumed ||
  (!(demands.userVerified && !proof.userVerified) &&
    !(demands.attested && !proof.attested) &&
    !(demands.deviceBound && !proof.deviceBound) &&
    !(demands.aaguids && !(proof.aaguid && demands.aaguids.includes(proof.aaguid.toLowerCase()))))

/** Whether a conditional step binds this user. A locked factor does, or locking it would be the way around it. */
const has = (enrolled: Question['enrolled'], step: Step): boolean => {
  if (step.requirement !== 'conditional' || enrolled === 'unknown') return false
  if (step.authenticator !== 'webauthn') return ['usable', 'locked'].includes(enrolled[step.authenticator])
  return enrolled.webauthn.some((key) => key.state !== 'pending' && meets(proofBy(key), step.demands))
}

export const reaches = (levels: readonly Standing[], loa: number): boolean =>
  levels.some((each) => each.met && each.level.loa >= loa)

/** What a ceremony with this key would prove, at its best. */
export const proofBy = ({ credential, attested, deviceBound, aaguid, verifies, assumed }: Key): Shown => ({
  factor: 'webauthn',
  at: 0,
  request: '',
  credential,
  userVerified: verifies ?? true,
  ...(attested !== undefined && { attested }),
  ...(deviceBound !== undefined && { deviceBound }),
  ...(aaguid !== undefined && { aaguid }),
  ...(assumed && { assumed }),
})

/** The latest first. A total order, so that the order in which a store hands proofs over decides nothing. */
export const inOrder = <Each extends Proof>(proofs: readonly Each[], current: string): Each[] => {
  const key = (proof: Proof) => JSON.stringify(Object.entries(proof).sort())
  return [...proofs].sort(
    (one, other) =>
      other.at - one.at ||
      Number(other.request === current) - Number(one.request === current) ||
      (key(one) < key(other) ? -1 : 1),
  )
}
