/**
 * What the service should decide, said once more and naively, from design and docs/flows.md: loops over plain facts,
 * nothing clever, and no code of `src/core/step-up`. Slow and long-winded is fine here; wrong in the same way is not.
 */
import type { FactorKind, Flow, Level, Step } from '../../src/core/step-up/flow.ts'
import type { ClientFacts, Fact, RealmFacts, RequestFacts } from './facts.ts'

export type State = 'usable' | 'pending' | 'locked' | 'none'

/** `seeming`: to a stranger it fits whatever is demanded. `verifies: false`: it has no PIN and no biometrics. */
export type OwnedKey = { name: string; state: State; seeming?: boolean; verifies?: boolean } & Pick<
  Fact,
  'attested' | 'deviceBound' | 'model'
>

/** What a person has, or seems to have. */
export type Belongings = Record<'password' | 'otp' | 'certificate', State> & { keys: OwnedKey[] }

export type Situation = {
  login: number
  request: RequestFacts
  client: ClientFacts
  realm: RealmFacts
  flow: Flow
  /** In the order they were shown. */
  facts: Fact[]
  /** `anything`: nobody knows who it is. */
  has: Belongings | 'anything'
  now: number
}

export type OfferedKey = { name: string; pending: boolean; verify: boolean }
export type Offered = { factor: FactorKind; use: boolean; keys: OfferedKey[]; verify: boolean }

export type Outcome =
  | { do: 'issue'; acr?: string; amr: string[]; authTime: number; lower: boolean }
  /** `ranOut`: some level was reached once, and is too old by now. */
  | { do: 'ask'; offers: Offered[]; attempt: boolean; ranOut: boolean }
  | { do: 'refuse'; error: string; reason: string }

/** A fact, or one that could be made: with what is at hand, or with what must be activated first. */
type Shown = Fact & { made?: 'with what is there' | 'with what is pending'; seeming?: boolean }

const forever = Number.POSITIVE_INFINITY

export function decideNaively(situation: Situation): Outcome {
  const { request, client, realm, flow, facts, now, login } = situation
  const { policy } = client
  // Without a prototype: somebody may ask for `constructor`.
  const map: Record<string, number> = Object.assign(Object.create(null), policy.acrToLoa ?? realm.acrToLoa)
  const claims = typeof request.claims === 'object' && request.claims.values.length > 0 ? request.claims : undefined

  // 1. What is wanted, and whether it binds.
  let names: string[] = []
  let binds = false
  if (claims?.essential) {
    names = claims.values
    binds = true
  } else if (request.acrValues?.length) {
    names = request.acrValues
    binds = policy.enforcement === 'strict'
  } else if (claims) names = claims.values
  else if ((policy.defaultAcr ?? realm.defaultAcr ?? []).length > 0) {
    names = policy.defaultAcr ?? realm.defaultAcr ?? []
    binds = policy.enforcement === 'strict'
  }

  // 2 and 3. The levels they stand for, not below the client's minimum.
  const minimum = policy.minimumAcr === undefined ? -1 : (map[policy.minimumAcr] ?? forever)
  let goals: number[] = []
  for (const name of names) {
    const level = map[name]
    if (level !== undefined) goals.push(Math.max(level, minimum))
  }
  if (goals.length === 0 && !binds) goals = [Math.max(flow.levels[0]?.loa ?? 0, minimum)]

  // 4. Which levels are reached with what.
  const ownLimit = (level: Level): number => {
    let limit = level.maxAge
    for (const name of [level.alias, `${level.loa}`]) limit = Math.min(limit, policy.maxAges?.[name] ?? forever)
    return limit
  }
  const askedLimit = request.prompt === 'login' ? 0 : (request.maxAge ?? forever)
  const isYoung = (fact: Fact, limit: number): boolean => fact.login === login || (limit > 0 && now - fact.at <= limit)
  const fits = (fact: Shown, { authenticator, demands }: Step): boolean => {
    if (fact.factor !== authenticator) return false
    if (demands === undefined || fact.seeming) return true
    if (demands.userVerified && !fact.verified) return false
    if (demands.attested && !fact.attested) return false
    if (demands.deviceBound && !fact.deviceBound) return false
    return demands.aaguids === undefined || (fact.model !== undefined && demands.aaguids.includes(fact.model))
  }
  const isShown = (step: Step, shown: Shown[], limit: number): boolean =>
    shown.some((fact) => fits(fact, step) && isYoung(fact, limit))
  let has = situation.has
  /** A conditional step is for those who have the factor, locked or not. */
  const isOwned = (step: Step): boolean => {
    if (has === 'anything') return false
    if (step.authenticator !== 'webauthn') return ['usable', 'locked'].includes(has[step.authenticator])
    return has.keys.some((key) => key.state !== 'pending' && fits(factOf(key, situation), step))
  }
  const binding = (level: Level, shown: Shown[], limit: number): Step[] =>
    level.steps.filter(
      (step) =>
        (step.requirement === 'required' || (step.requirement === 'conditional' && isOwned(step))) &&
        !isShown(step, shown, limit),
    )
  const active = (level: Level): Step[] => level.steps.filter((step) => step.requirement !== 'disabled')
  const alternatives = (level: Level): Step[] => level.steps.filter((step) => step.requirement === 'alternative')
  const isDone = (level: Level, shown: Shown[], limit: number): boolean => {
    if (binding(level, shown, limit).length > 0) return false
    if (alternatives(level).length > 0 && !alternatives(level).some((step) => isShown(step, shown, limit))) return false
    return active(level).some((step) => isShown(step, shown, limit))
  }
  const isMet = (index: number, shown: Shown[], anyAge = false): boolean => {
    const level = flow.levels[index]
    if (level === undefined) return false
    const limit = anyAge ? forever : Math.min(ownLimit(level), askedLimit)
    if (!isDone(level, shown, limit)) return false
    if (level.mode === 'direct') return true
    return flow.levels.slice(0, index).every((lower) => isDone(lower, shown, anyAge ? forever : ownLimit(lower)))
  }
  const metLevels = (shown: Shown[], anyAge = false): Level[] =>
    flow.levels.filter((_, index) => isMet(index, shown, anyAge))
  const reaches = (goal: number, shown: Shown[], anyAge = false): boolean =>
    metLevels(shown, anyAge).some(({ loa }) => loa >= goal)

  const atHand: Shown[] = [...facts, ...possible(situation, has).filter((each) => each.made === 'with what is there')]
  const withPending: Shown[] = [...facts, ...possible(situation, has)]
  const brought = facts.filter((fact) => fact.login !== login)

  // 5. What to ask for.
  const offersFor = (goal: number, prospect: Shown[]): Offered[] => {
    const offers: Offered[] = []
    const could = prospect.filter(({ made }) => made !== undefined)
    for (const [index, level] of flow.levels.entries()) {
      if (level.loa < goal || !isMet(index, prospect)) continue
      const path = level.mode === 'direct' ? [level] : flow.levels.slice(0, index + 1)
      const missing = path.find(
        (each) => !isDone(each, facts, each === level ? Math.min(ownLimit(each), askedLimit) : ownLimit(each)),
      )
      if (missing === undefined) continue
      const limit = missing === level ? Math.min(ownLimit(missing), askedLimit) : ownLimit(missing)
      const [first] = binding(missing, facts, limit)
      const either = alternatives(missing)
      const steps = first ? [first] : either.length > 0 ? either : active(missing)
      for (const step of steps)
        add(
          offers,
          step,
          could.filter((fact) => fits(fact, step)),
        )
    }
    return [...offers.filter((offer) => offer.use), ...offers.filter((offer) => !offer.use)]
  }

  const isFresh = (index: number): boolean => {
    const level = flow.levels[index]
    const rests = level?.mode === 'direct' ? [level] : flow.levels.slice(0, index + 1)
    return rests.every((each) => isDone(each, facts, ownLimit(each)))
  }
  const ranOut = flow.levels.some((_, index) => !isFresh(index) && isMet(index, facts, true))

  const target = goals.find((goal) => reaches(goal, brought)) ?? goals.find((goal) => reaches(goal, withPending))
  if (target !== undefined && reaches(target, facts)) return tokens(false)

  const silent = request.prompt === 'none'
  const doomed = binds || !reaches(minimum, withPending)
  if (silent) {
    if (goals.some((goal) => reaches(goal, facts))) return tokens(false)
  } else if (target !== undefined) {
    const offers = offersFor(target, withPending)
    if (offers.length > 0) return { do: 'ask', offers, attempt: false, ranOut }
  } else if (!doomed || realm.unreachable === 'attempt') {
    // What the flow has, with what is at hand; where that is not even the minimum, with what must be activated.
    const enough = doomed || reaches(minimum, atHand)
    const prospect = enough ? atHand : withPending
    const levels = metLevels(prospect).filter(({ loa }) => doomed || loa >= minimum)
    const best = enough ? levels.at(-1) : levels[0]
    if (best !== undefined && !reaches(best.loa, facts)) {
      const offers = offersFor(best.loa, prospect)
      if (offers.length > 0) return { do: 'ask', offers, attempt: true, ranOut }
    }
  }

  // 6. What it comes to.
  if (!binds && reaches(minimum, facts)) return tokens(true)
  const needed = binds ? goals : [minimum]
  const unmet = 'unmet_authentication_requirements'
  const some = (shown: Shown[], anyAge = false) => needed.some((goal) => reaches(goal, shown, anyAge))
  if (silent && metLevels(facts, true).length === 0)
    return { do: 'refuse', error: 'login_required', reason: 'no-session' }
  if (needed.every((goal) => goal === forever)) return { do: 'refuse', error: unmet, reason: 'unknown-acr' }
  if (silent)
    return some(facts, true)
      ? { do: 'refuse', error: 'login_required', reason: 'stale' }
      : { do: 'refuse', error: unmet, reason: 'no-match-acr' }
  // Conditional steps bind nobody who is unknown.
  has = 'anything'
  const anybodyCould = some([...facts, ...possible(situation, 'anything')])
  has = situation.has
  if (!anybodyCould) return { do: 'refuse', error: unmet, reason: 'no-match-acr' }
  // A number between two levels of the flow is no level that somebody could lack the means for.
  const lowest = flow.levels[0]?.loa ?? 0
  const isOfFlow = !binds || needed.some((goal) => goal <= lowest || flow.levels.some(({ loa }) => loa === goal))
  if (!some(withPending))
    return some([...facts, ...possible(situation, unlocked(has))])
      ? { do: 'refuse', error: 'access_denied', reason: 'locked' }
      : { do: 'refuse', error: unmet, reason: isOfFlow ? 'no-credential' : 'no-match-acr' }
  throw new Error('The naive decision has neither tokens nor a question nor a reason')

  // 7. What the tokens say.
  function tokens(lower: boolean): Outcome {
    const met = metLevels(facts)
    const loa = met.at(-1)?.loa ?? -1
    const levelOf = (name: string): number => map[name] ?? forever
    const fallback = Object.keys(map)
      .filter((name) => levelOf(name) <= loa)
      .sort()
      .sort((one, other) => levelOf(other) - levelOf(one))[0]
    const acr = names.find((name) => levelOf(name) <= loa) ?? fallback
    const behind = Math.max(acr === undefined ? loa : levelOf(acr), minimum)
    const times = met
      .filter((level) => level.loa >= behind)
      .map((level) => timeOf(level, Math.min(ownLimit(level), askedLimit)))
    const amr = policy.amr === false ? [] : referencesOf(met)
    return { do: 'issue', ...(acr === undefined ? {} : { acr }), amr, authTime: Math.max(...times), lower }
  }

  /** When a level's own steps were done: by login, the end of it; of several logins, the oldest. */
  function timeOf(level: Level, limit: number): number {
    const latest = (steps: Step[]): Fact | undefined =>
      facts
        .filter((fact) => isYoung(fact, limit) && steps.some((step) => fits(fact, step)))
        .reduce<Fact | undefined>((one, other) => (one === undefined || other.at >= one.at ? other : one), undefined)
    const used = active(level)
      .filter((step) => step.requirement !== 'alternative')
      .map((step) => latest([step]))
    const all = [...used, latest(alternatives(level))].filter((fact) => fact !== undefined)
    const ends = all.map((fact) => Math.max(...all.filter((each) => each.login === fact.login).map(({ at }) => at)))
    return Math.min(...ends)
  }

  function referencesOf(met: Level[]): string[] {
    const references = new Set<string>()
    const kinds = new Set<string>()
    const note = (level: Level, limit: number) => {
      for (const step of active(level))
        for (const fact of facts) {
          if (!fits(fact, step) || !isYoung(fact, limit) || !isYoung(fact, step.referenceMaxAge)) continue
          for (const each of step.reference === undefined ? usual(fact) : [step.reference]) references.add(each)
          kinds.add(fact.factor === 'password' ? 'knows' : 'has')
          if (fact.factor === 'webauthn' && fact.verified) kinds.add('verified')
        }
    }
    for (const level of met) {
      note(level, Math.min(ownLimit(level), askedLimit))
      if (level.mode === 'direct') continue
      for (const lower of flow.levels) if (lower.loa < level.loa) note(lower, ownLimit(lower))
    }
    if (kinds.size > 1) references.add('mfa')
    return [...references].sort()
  }
}

const usual = ({ factor, deviceBound }: Fact): string[] => {
  if (factor === 'password') return ['pwd']
  if (factor === 'otp') return ['otp']
  return factor === 'certificate' ? ['swk', 'pop'] : ['pop', deviceBound ? 'hwk' : 'swk', 'user']
}

const factOf = ({ name, state: _, verifies = true, ...rest }: OwnedKey, { now, login }: Situation): Shown => ({
  ...rest,
  factor: 'webauthn',
  at: now,
  login,
  credential: name,
  verified: verifies,
})

function possible(situation: Situation, has: Situation['has']): Shown[] {
  const { now, login } = situation
  const plain = ['password', 'otp', 'certificate'] as const
  if (has === 'anything')
    return [...plain, 'webauthn' as const].map((factor) => ({
      factor,
      at: now,
      login,
      made: 'with what is there',
      seeming: true,
    }))
  const made = { usable: 'with what is there', pending: 'with what is pending' } as const
  const shown: Shown[] = []
  for (const factor of plain) {
    const state = has[factor]
    if (state === 'usable' || state === 'pending') shown.push({ factor, at: now, login, made: made[state] })
  }
  for (const key of has.keys)
    if (key.state === 'usable' || key.state === 'pending')
      shown.push({ ...factOf(key, situation), made: made[key.state] })
  return shown
}

const unlocked = (has: Situation['has']): Situation['has'] => {
  if (has === 'anything') return has
  const open = (state: State): State => (state === 'locked' ? 'usable' : state)
  return {
    password: open(has.password),
    otp: open(has.otp),
    certificate: open(has.certificate),
    keys: has.keys.map((key) => ({ ...key, state: open(key.state) })),
  }
}

/** One offer a factor: a key that two levels want is to be verified only where both demand it. */
function add(offers: Offered[], step: Step, could: Shown[]): void {
  if (could.length === 0) return
  const verify = step.demands?.userVerified ?? false
  let offer = offers.find((each) => each.factor === step.authenticator)
  if (offer === undefined) {
    offer = { factor: step.authenticator, use: false, keys: [], verify: true }
    offers.push(offer)
  }
  offer.use ||= could.some(({ made }) => made === 'with what is there')
  offer.verify &&= verify
  for (const { credential, made } of could) {
    if (credential === undefined) continue
    const known = offer.keys.find(({ name }) => name === credential)
    if (known) known.verify &&= verify
    else offer.keys.push({ name: credential, pending: made === 'with what is pending', verify })
  }
}
