/**
 * Decides what an authorization request still needs, and what the tokens say once it needs nothing.
 *
 * `standings` says which levels a set of proofs reaches, once; what to ask, what is out of reach, what to issue and
 * what the explain call shows are searches over it. Computed on each read and never stored, so a key removed during a
 * login is gone from the next page. Who the user is, whether a proof is true, and which proofs a session may still
 * show (those of a removed authenticator may not) are settled before.
 *
 * What was proved in the request being decided counts for it, however long the user took. So `maxAge: 0` needs no
 * clock, a smaller maxAge is never the laxer one, and nobody is asked for one step twice: a login cannot loop.
 */
import {
  type AcrMap,
  type Demands,
  type FactorKind,
  type Flow,
  factorKinds,
  type Level,
  type Requirement,
  type Step,
} from './flow.ts'
import { ok, type Result, refuse, type Seconds } from './result.ts'

/** What a session has shown. The flags are those of the authenticator that was used. */
export type Proof = {
  factor: FactorKind
  at: Seconds
  /** The authorization request it was made in. */
  request: string
  credential?: string
  userVerified?: boolean
  deviceBound?: boolean
  attested?: boolean
  aaguid?: string
  /** The certificate's policy says that its key lives on a smart card. */
  smartCard?: boolean
}

/** A user's key. `pending` must be activated before it is used; `verifies: false`: it has no PIN and no biometrics. */
export type Key = {
  credential: string
  state: 'usable' | 'pending' | 'locked'
  attested?: boolean
  deviceBound?: boolean
  aaguid?: string
  verifies?: boolean
}

type EnrolmentState = 'usable' | 'pending' | 'locked' | 'none'

/** What the user could show now. `locked`: enrolled, but shut after too many tries. */
export type Enrolled = Record<Exclude<FactorKind, 'webauthn'>, EnrolmentState> & { webauthn: Key[] }

export type AuthenticationRequest = {
  /** Of the authorization request, which is the login. */
  id: string
  /** `acr_values`, in order of preference. */
  acrValues?: string[] | undefined
  /** The `acr` of the `claims` parameter, as `acrOfClaims` reads it. */
  essentialAcr?: string[] | undefined
  voluntaryAcr?: string[] | undefined
  maxAge?: Seconds | undefined
  prompt: readonly ('none' | 'login' | 'consent' | 'select_account')[]
}

export type RealmPolicy = {
  acrToLoa: AcrMap
  defaultAcr?: string[] | undefined
  /** Whether to ask what the flow has before a request fails that cannot be met anyhow. */
  unreachable?: 'attempt' | 'fail-fast' | undefined
  /** What a user who lacks it may enrol during a login, after a lower level was proved. */
  enrol?: FactorKind[] | undefined
}

export type ClientPolicy = {
  /** Replaces the realm's, name for name and as a whole. */
  acrToLoa?: AcrMap | undefined
  defaultAcr?: string[] | undefined
  /** A floor under whatever is asked; it binds a voluntary client too. */
  minimumAcr?: string | undefined
  enforcement?: 'voluntary' | 'strict' | undefined
  /** By a level's alias or its number. The smallest that applies counts. */
  maxAges?: Record<string, Seconds> | undefined
  /** `false`: no `amr` in this client's tokens. */
  amr?: boolean | undefined
}

/** The realm's and the client's word in one, by `policyFor`. */
export type Policy = {
  acrToLoa: AcrMap
  defaultAcr: string[]
  minimumAcr: string | undefined
  enforcement: 'voluntary' | 'strict'
  unreachable: 'attempt' | 'fail-fast'
  enrol: FactorKind[]
  maxAges: Record<string, Seconds>
  amr: boolean
}

export type Question = {
  request: AuthenticationRequest
  policy: Policy
  flow: Flow
  proofs: readonly Proof[]
  /** `unknown` before the user has said who they are: anything the flow has may then be theirs. */
  enrolled: Enrolled | 'unknown'
  now: Seconds
  /** The one interaction this request may have is over: the verdict, without asking again. */
  attempted?: boolean | undefined
}

/** The names in order of preference, and where they come from. */
export type Wanted = { names: string[]; from: 'essential' | 'acr_values' | 'voluntary' | 'default' | 'nothing' }

export type Target = { acr?: string; loa: number }

/** How an offered factor would be shown: what is there is used, a pending one activated, a missing one enrolled. */
const ways = ['use', 'activate', 'enrol'] as const
type Way = (typeof ways)[number]

/** `verify`: only a ceremony with user verification helps. */
type OfferedKey = { credential: string; activate: boolean; verify: boolean }

/** `keys`: the user's keys that lead on; empty for the other factors, an unknown user, and an enrolment. */
export type Offer = { factor: FactorKind; ways: Way[]; keys: OfferedKey[] }

type LevelReport = {
  alias: string
  loa: number
  /** The smaller of the flow's and the client's. */
  maxAge: Seconds
  state: 'fresh' | 'stale' | 'missing'
  at?: Seconds
  age?: Seconds
  /** Whether this user could reach it in this request. */
  reachable: boolean
}

export type RefusalReason =
  /** `prompt=none` came with another prompt (OIDC Core §3.1.2.1). */
  | 'contradictory-prompt'
  | 'no-session'
  /** All of it was proved once, too long ago for this request. */
  | 'stale'
  /** The flow has no such level, or the user has not reached it and is not to be asked again. */
  | 'no-match-acr'
  /** None of the names that bind is in the map. */
  | 'unknown-acr'
  /** The flow has the level, the user has nothing to reach it with. */
  | 'no-credential'
  | 'locked'
  /** Nothing that was asked was shown. */
  | 'given-up'

/** What the audit keeps and the explain call shows. */
export type Report = {
  wanted: Wanted
  /** Names the map does not know. */
  dropped: string[]
  target?: Target
  achieved?: Target
  levels: LevelReport[]
  /** `reached-lower`: a voluntary request that got less than it asked for; `attempt`: asked although it cannot be met. */
  reason: 'reached' | 'reached-lower' | 'missing' | 'attempt' | RefusalReason
}

export type RefusalError = 'unmet_authentication_requirements' | 'login_required' | 'access_denied' | 'invalid_request'

export type Decision =
  | {
      do: 'issue'
      acr?: string
      /** Empty where the client wants none. */
      amr: string[]
      authTime: Seconds
      loa: number
      /** The keys and certificates that were used for it. */
      credentials: string[]
      report: Report
    }
  /** `offers`: what the page may show next, the preferred one first; each of them leads to the target. */
  | { do: 'ask'; offers: [Offer, ...Offer[]]; target: Target; report: Report }
  | {
      do: 'refuse'
      error: RefusalError
      reason: RefusalReason
      description: string
      /** What would lead on if the user had it, or if it were not locked: for the page that says so. */
      helps: FactorKind[]
      report: Report
    }

export function policyFor(realm: RealmPolicy, client: ClientPolicy): Policy {
  return {
    acrToLoa: client.acrToLoa ?? realm.acrToLoa,
    defaultAcr: client.defaultAcr ?? realm.defaultAcr ?? [],
    minimumAcr: client.minimumAcr,
    enforcement: client.enforcement ?? 'strict',
    unreachable: realm.unreachable ?? 'attempt',
    enrol: realm.enrol ?? [],
    maxAges: client.maxAges ?? {},
    amr: client.amr ?? true,
  }
}

/** An essential acr, else `acr_values`, else a voluntary acr, else the default (OIDC Core §5.5.1.1, §3.1.2.1). */
export function wantedOf(request: AuthenticationRequest, policy: Pick<Policy, 'defaultAcr'>): Wanted {
  if (request.essentialAcr?.length) return { names: request.essentialAcr, from: 'essential' }
  if (request.acrValues?.length) return { names: request.acrValues, from: 'acr_values' }
  if (request.voluntaryAcr?.length) return { names: request.voluntaryAcr, from: 'voluntary' }
  if (policy.defaultAcr.length) return { names: policy.defaultAcr, from: 'default' }
  return { names: [], from: 'nothing' }
}

/** The `acr` that the `claims` parameter asks of the ID token (OIDC Core §5.5.1). Other claims are not read. */
export function acrOfClaims(
  claims: string,
): Result<Pick<AuthenticationRequest, 'essentialAcr' | 'voluntaryAcr'>, 'malformed-claims'> {
  const malformed = (at: string, detail: string) => refuse('malformed-claims', { at, detail })
  let data: unknown
  try {
    data = JSON.parse(claims)
  } catch {
    return malformed('', 'is not JSON')
  }
  if (!isObject(data)) return malformed('', 'must be an object')
  const idToken = data.id_token ?? {}
  if (!isObject(idToken)) return malformed('/id_token', 'must be an object')
  const acr = idToken.acr ?? {}
  if (!isObject(acr)) return malformed('/id_token/acr', 'must be an object or null')
  const essential = acr.essential ?? false
  if (typeof essential !== 'boolean') return malformed('/id_token/acr/essential', 'must be true or false')
  const value = acr.value
  if (value !== undefined && typeof value !== 'string') return malformed('/id_token/acr/value', 'must be a text')
  const values: unknown = acr.values ?? (value === undefined ? [] : [value])
  if (!isTexts(values)) return malformed('/id_token/acr/values', 'must be a list of texts')
  if (values.length === 0) return ok({})
  return ok(essential ? { essentialAcr: values } : { voluntaryAcr: values })
}

export function decide(question: Question): Decision {
  const { request, policy, flow } = question
  const wanted = wantedOf(request, policy)
  const floor = floorOf(policy)
  const goals = goalsOf(wanted, policy, floor, flow)
  const binding = bindsNames(wanted, policy)

  const all = inOrder(question.proofs, request.id)
  const now = standings(question, all)
  // "Already satisfied without asking" is about what the user brought along: were this request's own proofs looked
  // at, the password typed on the way to a preferred `otp` would end the login at a less preferred `pwd`.
  const brought = standings(
    question,
    all.filter((proof) => proof.request !== request.id),
  )
  const having = prospectOf(question, all, ['use', 'activate'])
  const enrolling = prospectOf(question, all, ways)

  const target =
    goals.find((goal) => reaches(brought, goal.loa)) ??
    goals.find((goal) => reaches(having.levels, goal.loa)) ??
    goals.find((goal) => reaches(enrolling.levels, goal.loa))

  const reportOf = (reason: Report['reason'], goal = target ?? goals[0]): Report => ({
    wanted,
    dropped: wanted.names.filter((name) => !knows(policy.acrToLoa, name)),
    ...(goal && { target: goal }),
    ...achievedOf(wanted, policy, now),
    levels: levelReports(question, all, enrolling.levels),
    reason,
  })
  const refusal = (error: RefusalError, reason: RefusalReason, helps: FactorKind[] = []): Decision => ({
    do: 'refuse',
    error,
    reason,
    description: descriptions[reason],
    helps,
    report: reportOf(reason),
  })
  const issue = (reason: 'reached' | 'reached-lower', goal = target): Decision => ({
    do: 'issue',
    ...tokenClaims(question, wanted, now),
    report: reportOf(reason, goal),
  })

  if (request.prompt.includes('none') && request.prompt.length > 1) {
    return refusal('invalid_request', 'contradictory-prompt')
  }
  if (target && reaches(now, target.loa)) return issue('reached')

  // A floor that nobody can reach binds as a strict request does.
  const doomed = binding || !reaches(enrolling.levels, floor)
  if (request.prompt.includes('none') || question.attempted) {
    const met = goals.find((goal) => reaches(now, goal.loa))
    if (met) return issue('reached', met)
  } else if (target) {
    const offers = offersFor(question, all, reaches(having.levels, target.loa) ? having : enrolling, target.loa)
    if (offers) return { do: 'ask', offers, target, report: reportOf('missing') }
  } else if (!doomed || policy.unreachable === 'attempt') {
    // Out of reach, and the user is asked for the best the flow has (the seed's use case 4), with what is at hand:
    // nobody activates or enrols anything for a request that fails all the same, nor more than the floor asks for.
    const atHand = prospectOf(question, all, ['use'])
    const prospect = doomed ? atHand : ([atHand, having].find(({ levels }) => reaches(levels, floor)) ?? enrolling)
    const inReach = prospect.levels.filter((each) => each.met && (doomed || each.level.loa >= floor))
    const best = inReach.at(prospect === atHand ? -1 : 0)?.level
    const offers = best && !reaches(now, best.loa) && offersFor(question, all, prospect, best.loa)
    if (offers) return { do: 'ask', offers, target: { loa: best.loa }, report: reportOf('attempt') }
  }

  if (!binding && reaches(now, floor)) return issue('reached-lower')
  const needed = binding ? goals.map((goal) => goal.loa) : [floor]
  const [error, reason] = verdict(question, all, needed, binding)
  const lacks = reason === 'no-credential' || reason === 'locked'
  return refusal(error, reason, lacks ? wouldHelp(question, all, Math.min(...needed)) : [])
}

/** A level, and how far the proofs carry it. */
type Standing = {
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
type Counted = { step: Step; proof: Shown }

/** A proof, or one that the user could still make and the way to it. */
type Shown = Proof & { way?: Way }

/** What a set of proofs reaches: the one definition. More proofs never reach less. */
function standings(question: Question, proofs: readonly Shown[], ageless = false): Standing[] {
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
function ownSteps(question: Question, level: Level, proofs: readonly Shown[], maxAge: Seconds) {
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

/**
 * The steps of an incomplete level of which one is next: those that bind come one after another, then any of the
 * alternatives. A level whose conditional steps have all fallen away is reached by nobody rather than by anybody, and
 * then one of those is.
 */
function nextSteps(level: Level, bound: readonly Step[]): Step[] {
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

const isRecent = ({ request, now }: Question, proof: Proof, maxAge: Seconds): boolean =>
  proof.request === request.id || (maxAge > 0 && now - proof.at <= maxAge)

/** What the request asks of the level that meets its target: both want an active authentication (OIDC Core §3.1.2.1). */
const demandedAge = ({ prompt, maxAge }: AuthenticationRequest): Seconds =>
  prompt.includes('login') ? 0 : (maxAge ?? Number.POSITIVE_INFINITY)

const maxAgeOf = (level: Level, { maxAges }: Policy): Seconds =>
  Math.min(level.maxAge, ...[level.alias, String(level.loa)].flatMap((name) => lookUp(maxAges, name) ?? []))

const meets = (proof: Proof, demands: Demands = {}): boolean =>
  !(demands.userVerified && !proof.userVerified) &&
  !(demands.attested && !proof.attested) &&
  !(demands.deviceBound && !proof.deviceBound) &&
  !(demands.aaguids && !(proof.aaguid && demands.aaguids.includes(proof.aaguid.toLowerCase())))

/** Whether a conditional step binds this user. A locked factor does, or locking it would be the way around it. */
const has = (enrolled: Question['enrolled'], step: Step): boolean => {
  if (step.requirement !== 'conditional' || enrolled === 'unknown') return false
  if (step.authenticator !== 'webauthn') return ['usable', 'locked'].includes(enrolled[step.authenticator])
  return enrolled.webauthn.some((key) => key.state !== 'pending' && meets(proofBy(key), step.demands))
}

const reaches = (levels: readonly Standing[], loa: number): boolean =>
  levels.some((each) => each.met && each.level.loa >= loa)

/** What the user could reach in this request if they used each of these ways. */
type Prospect = { ways: readonly Way[]; levels: Standing[] }

const prospectOf = (question: Question, proofs: readonly Proof[], allowed: readonly Way[]): Prospect => ({
  ways: allowed,
  levels: standings(question, [...proofs, ...possible(question, allowed)]),
})

/** The proofs the user could make now. */
function possible(question: Question, allowed: readonly Way[]): Shown[] {
  const { enrolled, policy, flow } = question
  const made = { at: question.now, request: question.request.id }
  if (enrolled === 'unknown') {
    const models = flow.levels.flatMap((level) => level.steps.flatMap((step) => step.demands?.aaguids ?? []))
    const any = { ...made, way: 'use', userVerified: true, attested: true, deviceBound: true } as const
    return [
      ...factorKinds.map((factor) => ({ ...any, factor })),
      ...models.map((aaguid) => ({ ...any, factor: 'webauthn' as const, aaguid })),
    ]
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

/** What a ceremony with this key would prove, at its best. */
const proofBy = ({ credential, attested, deviceBound, aaguid, verifies }: Key): Proof => ({
  factor: 'webauthn',
  at: 0,
  request: '',
  credential,
  userVerified: verifies ?? true,
  ...(attested !== undefined && { attested }),
  ...(deviceBound !== undefined && { deviceBound }),
  ...(aaguid !== undefined && { aaguid }),
})

/** The next step towards each level that meets the target, the lowest level first, the factors at hand before others. */
function offersFor(
  question: Question,
  proofs: readonly Proof[],
  prospect: Prospect,
  loa: number,
): [Offer, ...Offer[]] | undefined {
  const offers = new Map<FactorKind, Offer>()
  for (const [index, { level, met }] of prospect.levels.entries()) {
    if (!met || level.loa < loa) continue
    for (const offer of nextOffers(question, proofs, prospect.ways, index)) {
      const earlier = offers.get(offer.factor)
      offers.set(offer.factor, earlier ? merged(earlier, offer) : offer)
    }
  }
  const rank = (offer: Offer) => Math.min(...offer.ways.map((way) => ways.indexOf(way)))
  const [first, ...others] = [...offers.values()].sort((one, other) => rank(one) - rank(other))
  return first && [first, ...others]
}

const merged = (one: Offer, other: Offer): Offer => ({
  factor: one.factor,
  ways: ways.filter((way) => one.ways.includes(way) || other.ways.includes(way)),
  keys: [...one.keys, ...other.keys.filter((key) => !one.keys.some(({ credential }) => credential === key.credential))],
})

/** What brings the user nearer to one level: the first thing missing, from the lowest level it rests on upwards. */
function nextOffers(question: Question, proofs: readonly Proof[], allowed: readonly Way[], index: number): Offer[] {
  const { flow, policy, request } = question
  const from = flow.levels[index]?.mode === 'direct' ? index : 0
  for (const [offset, level] of flow.levels.slice(from, index + 1).entries()) {
    const place = from + offset
    const usual = maxAgeOf(level, policy)
    const { complete, bound } = ownSteps(
      question,
      level,
      proofs,
      place === index ? Math.min(usual, demandedAge(request)) : usual,
    )
    if (complete) continue
    const hopes = possible(question, allowed).filter(({ way }) => way !== 'enrol' || mayEnrolAt(level, place))
    return nextSteps(level, bound).flatMap((step) => offerOf(step, hopes) ?? [])
  }
  return []
}

function offerOf(step: Step, hopes: readonly Shown[]): Offer | undefined {
  const fit = hopes.filter((hope) => hope.factor === step.authenticator && meets(hope, step.demands))
  if (fit.length === 0) return undefined
  return {
    factor: step.authenticator,
    ways: ways.filter((way) => fit.some((hope) => hope.way === way)),
    keys: fit.flatMap(({ credential, way }) =>
      credential === undefined
        ? []
        : [{ credential, activate: way === 'activate', verify: step.demands?.userVerified ?? false }],
    ),
  }
}

/** Only where something was proved before: else whoever knows a name could enrol a factor for it. */
const mayEnrolAt = (level: Level, index: number): boolean => level.mode === 'cumulative' && index > 0

/**
 * What the tokens say.
 *
 * `auth_time` is when the own steps of the level that backs `acr` were completed, of several such levels the latest.
 * Not that of the lower levels it rests on: a relying party that wants `acr=otp` within `max_age` compares
 * `now - auth_time`, and a password typed anew must not make an old OTP look young, nor an old password under a new
 * OTP make a step-up look like none. As the same steps were checked against `max_age`, the relying party's comparison
 * agrees with ours, but for one who took longer than `max_age` over the rest of this very request.
 */
function tokenClaims(question: Question, wanted: Wanted, now: readonly Standing[]) {
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

/** The most preferred name whose level is reached, else the best name of the map. A higher level satisfies a lower name. */
function achievedOf(wanted: Wanted, { acrToLoa }: Policy, now: readonly Standing[]): { achieved?: Target } {
  const loa = now.findLast((each) => each.met)?.level.loa
  if (loa === undefined) return {}
  const loaOf = (name: string) => lookUp(acrToLoa, name) ?? Number.POSITIVE_INFINITY
  const best = Object.keys(acrToLoa)
    .filter((name) => loaOf(name) <= loa)
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

/** Why a request that gets neither tokens nor a question fails. `needed`: the levels of which one had to be reached. */
function verdict(
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
    anyOf(prospectOf({ ...question, enrolled }, proofs, ways).levels)
  if (!reachable('unknown')) return [unmet, 'no-match-acr']
  if (!reachable(question.enrolled)) {
    return reachable(unlocked(question.enrolled)) ? ['access_denied', 'locked'] : [unmet, 'no-credential']
  }
  if (anyOf(ageless)) return ['login_required', 'stale']
  return binding || signedIn ? [unmet, 'no-match-acr'] : ['access_denied', 'given-up']
}

/** The factors that somebody who has everything would be asked for next. */
const wouldHelp = (question: Question, proofs: readonly Proof[], loa: number): FactorKind[] => {
  const equipped: Question = { ...question, enrolled: 'unknown' }
  const offers = offersFor(equipped, proofs, prospectOf(equipped, proofs, ['use']), loa) ?? []
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
const descriptions: Record<RefusalReason, string> = {
  'contradictory-prompt': 'prompt=none cannot come with another prompt',
  'no-session': 'The user is not signed in',
  stale: 'The user must sign in again',
  'no-match-acr': 'no-match-acr: No matching acr values',
  'unknown-acr': 'no-match-acr: No matching acr values (unknown-acr)',
  'no-credential': 'no-match-acr: No matching acr values (no-credential)',
  locked: 'locked: The sign-in method is locked for now',
  'given-up': 'The sign-in was not completed',
}

/** The level of a binding name that the map does not know: above every other, so that it fails closed. */
const unmapped = Number.MAX_SAFE_INTEGER

const floorOf = ({ minimumAcr, acrToLoa }: Policy): number =>
  minimumAcr === undefined ? Number.MIN_SAFE_INTEGER : (lookUp(acrToLoa, minimumAcr) ?? unmapped)

/** The levels to reach, in order of preference; none if names that bind are all unknown. */
function goalsOf(wanted: Wanted, policy: Policy, floor: number, flow: Flow): Target[] {
  const known = wanted.names.flatMap((acr): Target[] => {
    const loa = lookUp(policy.acrToLoa, acr)
    return loa === undefined ? [] : [{ acr, loa: Math.max(loa, floor) }]
  })
  if (known.length > 0 || bindsNames(wanted, policy)) return known
  return [{ loa: Math.max(flow.levels[0]?.loa ?? 0, floor) }]
}

/** Whether not reaching any of the names is a failure. A voluntary claim never is, by its name (OIDC Core §5.5.1). */
const bindsNames = (wanted: Wanted, policy: Policy): boolean =>
  wanted.from === 'essential' ||
  ((wanted.from === 'acr_values' || wanted.from === 'default') && policy.enforcement === 'strict')

function levelReports(question: Question, proofs: readonly Proof[], hoped: readonly Standing[]): LevelReport[] {
  const now = standings(question, proofs)
  const ageless = standings(question, proofs, true)
  return question.flow.levels.map((level, index) => {
    const at = now[index]?.at ?? ageless[index]?.at
    return {
      alias: level.alias,
      loa: level.loa,
      maxAge: maxAgeOf(level, question.policy),
      state: now[index]?.fresh ? 'fresh' : ageless[index]?.met ? 'stale' : 'missing',
      ...(at !== undefined && { at, age: question.now - at }),
      reachable: hoped[index]?.met ?? false,
    }
  })
}

/** The latest first. A total order, so that the order in which a store hands proofs over decides nothing. */
const inOrder = <Each extends Proof>(proofs: readonly Each[], current: string): Each[] => {
  const key = (proof: Proof) => JSON.stringify(Object.entries(proof).sort())
  return [...proofs].sort(
    (one, other) =>
      other.at - one.at ||
      Number(other.request === current) - Number(one.request === current) ||
      (key(one) < key(other) ? -1 : 1),
  )
}

const knows = (map: AcrMap, name: string): boolean => lookUp(map, name) !== undefined

/** A name that a stranger chose is never looked up on the prototype. */
const lookUp = (map: Record<string, number>, name: string): number | undefined =>
  Object.hasOwn(map, name) ? map[name] : undefined

const isObject = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data)

const isTexts = (data: unknown): data is string[] =>
  Array.isArray(data) && data.every((each) => typeof each === 'string')
