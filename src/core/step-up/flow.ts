/**
 * What a sign-in flow is: ordered levels, the steps that reach them, and how long each stays good. Data, never code.
 *
 * `parseFlow` says whether a document is a flow, `writeFlow` makes one of it, `checkFlow` says whether it can work by
 * itself. Whether it can with the realm's and the clients' policies is in `step-up-check.ts`, what a set of proofs reaches
 * in `decide.ts`; nothing here knows a user, a session or the time.
 */
import {
  ifGiven,
  readBoolean,
  readDocument,
  readInteger,
  readList,
  readMembers,
  readOneOf,
  readText,
} from '../document.ts'
import { ok, type Result, refuse, type Seconds } from '../result.ts'

export const factorKinds = ['password', 'otp', 'certificate', 'webauthn'] as const
export type FactorKind = (typeof factorKinds)[number]

/**
 * Within a level every `required` step is needed, and one of the `alternative` ones if there are any. A `conditional`
 * step is needed from a user who has that factor, locked or not: a lock must not be a way around it.
 */
export const requirements = ['required', 'alternative', 'conditional', 'disabled'] as const
export type Requirement = (typeof requirements)[number]

/** What a WebAuthn step demands of the key and of the ceremony. */
export type Demands = {
  userVerified?: boolean
  attested?: boolean
  /** A key that is not backup-eligible: it stays on the device that made it. */
  deviceBound?: boolean
  /** The models that will do, lower case. */
  aaguids?: string[]
}

export type Step = {
  authenticator: FactorKind
  requirement: Requirement
  /** The AMR value this step earns, instead of those RFC 8176 has for its factor. */
  reference?: string
  /** How long the reference stays in `amr`; 0: for the authorization request it was earned in. */
  referenceMaxAge: Seconds
  demands?: Demands
}

export const modes = ['cumulative', 'direct'] as const

/** `cumulative`: the lower levels of the flow must be fresh too. `direct`: its own steps suffice. */
type Mode = (typeof modes)[number]

/** `maxAge` 0: the level counts for the authorization request it was reached in, and for no other. */
export type Level = { alias: string; loa: number; maxAge: Seconds; mode: Mode; steps: Step[] }

/** `levels` ascend by `loa`. `version` goes up with each edit: the condition of the next one. */
export type Flow = { id: string; name: string; description: string; version: number; levels: Level[] }

/** Which level a name stands for. */
export type AcrMap = Record<string, number>

/** Reads a flow from data that anybody may have written. A member nobody knows is a typing error, so it is refused. */
export const parseFlow = (data: unknown): Result<Flow, 'malformed-flow'> =>
  readDocument('malformed-flow', data, readFlow)

/**
 * The document of a flow, the same bytes for the same flow whatever order a store hands its members back in: as the files
 * in `flows/` are.
 */
export const writeFlow = (flow: Flow): string => `${JSON.stringify(inOrder(flow), null, 2)}\n`

const inOrder = ({ id, name, description, version, levels }: Flow): Flow => ({
  id,
  name,
  description,
  version,
  levels: levels.map(({ alias, loa, maxAge, mode, steps }) => ({
    alias,
    loa,
    maxAge,
    mode,
    steps: steps.map(({ authenticator, requirement, reference, referenceMaxAge, demands }) => ({
      authenticator,
      requirement,
      ...(reference === undefined ? {} : { reference }),
      referenceMaxAge,
      ...(demands === undefined ? {} : { demands: demandsInOrder(demands) }),
    })),
  })),
})

const demandsInOrder = ({ userVerified, attested, deviceBound, aaguids }: Demands): Demands => ({
  ...(userVerified === undefined ? {} : { userVerified }),
  ...(attested === undefined ? {} : { attested }),
  ...(deviceBound === undefined ? {} : { deviceBound }),
  ...(aaguids === undefined ? {} : { aaguids }),
})

/** The highest level there is; of a flow without any, one that reaches nothing. */
export const highestOf = ({ levels }: Pick<Flow, 'levels'>): number => levels.at(-1)?.loa ?? Number.NEGATIVE_INFINITY

/** Whether there are names, and the flow ends below every one of them: it could only ever refuse. */
export const reachesNone = (flow: Pick<Flow, 'levels'>, acrToLoa: AcrMap): boolean => {
  const wanted = Object.values(acrToLoa)
  return wanted.length > 0 && wanted.every((loa) => loa > highestOf(flow))
}

/** Says whether a well-formed flow can work with these names; the first thing that cannot is pointed at. */
export function checkFlow(flow: Flow, acrToLoa: AcrMap): Result<Flow, 'unworkable-flow'> {
  const unworkable = (at: string, detail: string) => refuse('unworkable-flow', { at, detail })
  if (flow.levels.length === 0) return unworkable('/levels', 'a flow needs a level')
  for (const [index, level] of flow.levels.entries()) {
    const at = `/levels/${index}`
    const lower = flow.levels.slice(0, index)
    if (lower.some((other) => other.alias === level.alias)) {
      return unworkable(`${at}/alias`, `the alias ${level.alias} is taken by another level`)
    }
    if (lower.some((other) => other.loa === level.loa)) {
      return unworkable(`${at}/loa`, `the level ${level.loa} is there already`)
    }
    if (lower.some((other) => other.loa > level.loa)) return unworkable(`${at}/loa`, 'levels must ascend')
    if (!level.steps.some((step) => step.requirement !== 'disabled')) {
      return unworkable(`${at}/steps`, 'a level needs a step that is not disabled')
    }
    const misplaced = level.steps.findIndex((step) => step.demands && step.authenticator !== 'webauthn')
    if (misplaced >= 0) return unworkable(`${at}/steps/${misplaced}/demands`, 'only webauthn can meet demands')
    const nobody = level.steps.findIndex((step) => step.demands?.aaguids?.length === 0)
    if (nobody >= 0) return unworkable(`${at}/steps/${nobody}/demands/aaguids`, 'an empty list admits no key')
  }
  // A name above the highest level is not an error by itself: use case 4 of the seed asks `cba` of a flow that ends
  // with an OTP, and has an answer. A flow that reaches none of the names can only ever refuse.
  if (reachesNone(flow, acrToLoa))
    return unworkable('/levels', `no level reaches any of ${Object.keys(acrToLoa).join(', ')}`)
  return ok(flow)
}

/** Something that works, and is perhaps not what was meant. */
export type Doubt = { at: string; detail: string }

/** What is suspicious about a flow that can work. */
export function doubtsAbout({ levels }: Flow): Doubt[] {
  return levels.flatMap((level, index) => {
    const at = `/levels/${index}`
    const active = level.steps.filter(({ requirement }) => requirement !== 'disabled')
    const asked = active.filter(({ requirement }) => requirement !== 'conditional')
    const below = levels.slice(0, index).find((lower) => addsNothing(asked, lower))
    const namesake = levels.find((other) => other !== level && String(other.loa) === level.alias)
    const doubts: (Doubt | undefined)[] = [
      asked.length === 0
        ? { at: `${at}/steps`, detail: 'every step is conditional: who has none of these factors never gets past here' }
        : undefined,
      below && { at: `${at}/steps`, detail: `everybody is asked for nothing that ${below.alias} does not ask already` },
      namesake && {
        at: `${at}/alias`,
        detail: `a max age for ${level.alias} would apply to ${namesake.alias} as well`,
      },
      index === 0 && level.maxAge === 0
        ? { at: `${at}/maxAge`, detail: 'the lowest level is good for one request: no application shares a sign-in' }
        : undefined,
      ...doubtsAboutSteps(level, at),
    ]
    return doubts.filter((doubt) => doubt !== undefined)
  })
}

function doubtsAboutSteps(level: Level, at: string): Doubt[] {
  const having = (requirement: Requirement) => level.steps.filter((step) => step.requirement === requirement)
  const required = having('required')
  return level.steps.flatMap((step, place): Doubt[] => {
    if (step.requirement === 'disabled') return []
    const here = `${at}/steps/${place}`
    return [
      ...(step.requirement === 'alternative' && having('alternative').length === 1
        ? [{ at: `${here}/requirement`, detail: 'an alternative without another one is required' }]
        : []),
      ...(step.requirement !== 'required' && required.some((other) => isCoveredBy(step, other))
        ? [{ at: here, detail: `is met by the ${step.authenticator} that the level requires anyhow` }]
        : []),
      ...(step.referenceMaxAge < level.maxAge
        ? [{ at: `${here}/referenceMaxAge`, detail: `amr forgets it before the level ${level.alias} does` }]
        : []),
    ]
  })
}

/** Whether every one of these steps is met by what the lower level requires of everybody. */
const addsNothing = (steps: readonly Step[], lower: Level): boolean => {
  const shown = lower.steps.filter(({ requirement }) => requirement === 'required')
  const met = (step: Step) => shown.some((other) => isCoveredBy(step, other))
  const required = steps.filter(({ requirement }) => requirement === 'required')
  const alternatives = steps.filter(({ requirement }) => requirement === 'alternative')
  return steps.length > 0 && required.every(met) && (alternatives.length === 0 || alternatives.some(met))
}

/** Whether whatever proves the other step proves this one. Demands are compared as they are written. */
const isCoveredBy = (step: Step, other: Step): boolean =>
  step.authenticator === other.authenticator &&
  (step.demands === undefined ||
    JSON.stringify(demandsInOrder(step.demands)) === JSON.stringify(demandsInOrder(other.demands ?? {})))

/** What a flow is named by. The store takes no member called `constructor`: it tells by that name what a map is. */
export const flowIdShape = /^(?!constructor$)[a-z0-9][a-z0-9-]{0,63}$/

export const readFlowName = (data: unknown, at: string): string =>
  readText(data, at, /^.{1,100}$/, 'a text of 1 to 100 characters on one line')
export const readFlowDescription = (data: unknown, at: string): string => readText(data, at, /^.{0,500}$/s)

const readFlow = (data: unknown): Flow => {
  const members = readMembers(data, '', ['id', 'name', 'description', 'version', 'levels'])
  return {
    id: readText(members.id, '/id', flowIdShape),
    name: readFlowName(members.name, '/name'),
    description: readFlowDescription(members.description, '/description'),
    version: readInteger(members.version, '/version'),
    levels: readList(members.levels, '/levels', 20, readLevel),
  }
}

const readLevel = (data: unknown, at: string): Level => {
  const members = readMembers(data, at, ['alias', 'loa', 'maxAge', 'mode', 'steps'])
  return {
    alias: readText(members.alias, `${at}/alias`, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
    loa: readInteger(members.loa, `${at}/loa`),
    maxAge: readInteger(members.maxAge, `${at}/maxAge`),
    mode: readOneOf(modes, members.mode, `${at}/mode`),
    steps: readList(members.steps, `${at}/steps`, 20, readStep),
  }
}

const readStep = (data: unknown, at: string): Step => {
  const members = readMembers(data, at, ['authenticator', 'requirement', 'reference', 'referenceMaxAge', 'demands'])
  return {
    authenticator: readOneOf(factorKinds, members.authenticator, `${at}/authenticator`),
    requirement: readOneOf(requirements, members.requirement, `${at}/requirement`),
    ...ifGiven(members, at, 'reference', (value, place) => readText(value, place, /^[!-~]{1,64}$/)),
    referenceMaxAge: readInteger(members.referenceMaxAge, `${at}/referenceMaxAge`),
    ...ifGiven(members, at, 'demands', readDemands),
  }
}

const readDemands = (data: unknown, at: string): Demands => {
  const members = readMembers(data, at, ['userVerified', 'attested', 'deviceBound', 'aaguids'])
  return {
    ...ifGiven(members, at, 'userVerified', readBoolean),
    ...ifGiven(members, at, 'attested', readBoolean),
    ...ifGiven(members, at, 'deviceBound', readBoolean),
    ...ifGiven(members, at, 'aaguids', (value, place) => readList(value, place, 500, readAaguid)),
  }
}

const readAaguid = (data: unknown, at: string): string =>
  readText(data, at, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i).toLowerCase()
