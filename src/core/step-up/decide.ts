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
 *
 * Here are the question, the answer and the order in which things are tried. The rest is in `step-up/`: which levels the
 * names mean (`names.ts`), what proofs reach (`standing.ts`), what to show next (`offers.ts`), what tokens say
 * (`token-claims.ts`), why nothing came of it (`verdict.ts`).
 */
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import type { AcrMap, FactorKind, Flow } from './flow.ts'
import { bindsNames, floorOf, goalsOf, knows } from './names.ts'
import { offersFor, type Prospect, prospectOf, ways, waysOfOwner } from './offers.ts'
import { inOrder, maxAgeOf, reaches, standings } from './standing.ts'
import { achievedOf, tokenClaims } from './token-claims.ts'
import { descriptions, verdict, wouldHelp } from './verdict.ts'

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
  /** As a stranger sees it: it seems to meet whatever is demanded. */
  assumed?: boolean
}

export type EnrolmentState = 'usable' | 'pending' | 'locked' | 'none'

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
export type Way = 'use' | 'activate' | 'enrol'

/** `verify`: only a ceremony with user verification helps, whichever of the offered levels it is for. */
export type OfferedKey = { credential: string; activate: boolean; verify: boolean }

/**
 * `keys`: the user's keys that lead on; empty for the other factors, an unknown user, and an enrolment. `verify` says the
 * same as theirs where nobody knows whose keys they will be.
 */
export type Offer = { factor: FactorKind; ways: Way[]; keys: OfferedKey[]; verify: boolean }

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
  /** Shown is enough, and the person has not allowed the application what it asks for. */
  | 'no-consent'

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

export type RefusalError =
  | 'unmet_authentication_requirements'
  | 'login_required'
  | 'consent_required'
  | 'access_denied'
  | 'invalid_request'

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
  const having = prospectOf(question, all, waysOfOwner)
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
    levels: levelReports(question, all, [having, enrolling]),
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
  const doomed = binding || ![having, enrolling].some(({ levels }) => reaches(levels, floor))
  if (request.prompt.includes('none') || question.attempted) {
    const met = goals.find((goal) => reaches(now, goal.loa))
    if (met) return issue('reached', met)
  } else if (target) {
    const offers = offersFor(question, reaches(having.levels, target.loa) ? having : enrolling, target.loa)
    if (offers) return { do: 'ask', offers, target, report: reportOf('missing') }
  } else if (!doomed || policy.unreachable === 'attempt') {
    // Out of reach, and the user is asked for the best the flow has (the seed's use case 4), with what is at hand:
    // nobody activates or enrols anything for a request that fails all the same, nor more than the floor asks for.
    const atHand = prospectOf(question, all, ['use'])
    const prospect = doomed ? atHand : ([atHand, having].find(({ levels }) => reaches(levels, floor)) ?? enrolling)
    const inReach = prospect.levels.filter((each) => each.met && (doomed || each.level.loa >= floor))
    const best = inReach.at(prospect === atHand ? -1 : 0)?.level
    const offers = best && !reaches(now, best.loa) && offersFor(question, prospect, best.loa)
    if (offers) return { do: 'ask', offers, target: { loa: best.loa }, report: reportOf('attempt') }
  }

  if (!binding && reaches(now, floor)) return issue('reached-lower')
  const needed = binding ? goals.map((goal) => goal.loa) : [floor]
  const [error, reason] = verdict(question, all, needed, binding)
  const lacks = reason === 'no-credential' || reason === 'locked'
  return refusal(error, reason, lacks ? wouldHelp(question, all, Math.min(...needed)) : [])
}

function levelReports(question: Question, proofs: readonly Proof[], hoped: readonly Prospect[]): LevelReport[] {
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
      reachable: hoped.some(({ levels }) => levels[index]?.met),
    }
  })
}

const isObject = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data)

const isTexts = (data: unknown): data is string[] =>
  Array.isArray(data) && data.every((each) => typeof each === 'string')
