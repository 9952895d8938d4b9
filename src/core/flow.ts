/**
 * What a sign-in flow is: ordered levels, the steps that reach them, and how long each stays good. Data, never code.
 *
 * `parseFlow` says whether a document is a flow, `checkFlow` whether it can work. What a set of proofs reaches is
 * decided in `step-up.ts`; nothing here knows a user, a session or the time.
 */
import { ok, type Refusal, type Result, refuse, type Seconds } from './result.ts'

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
export function parseFlow(data: unknown): Result<Flow, 'malformed-flow'> {
  try {
    return ok(readFlow(data))
  } catch (error) {
    if (error instanceof Malformed) return error.refusal
    throw error
  }
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
  const names = Object.keys(acrToLoa)
  const highest = flow.levels.at(-1)?.loa ?? Number.NEGATIVE_INFINITY
  if (names.length > 0 && names.every((name) => (acrToLoa[name] ?? 0) > highest)) {
    return unworkable('/levels', `no level reaches any of ${names.join(', ')}`)
  }
  return ok(flow)
}

/** Carries a refusal out of nested readers; it never leaves `parseFlow`. */
class Malformed extends Error {
  readonly refusal: Refusal<'malformed-flow'>
  constructor(at: string, detail: string) {
    super(detail)
    this.refusal = refuse('malformed-flow', { at, detail })
  }
}

const readFlow = (data: unknown): Flow => {
  const members = readMembers(data, '', ['id', 'name', 'description', 'version', 'levels'])
  return {
    id: readText(members.id, '/id', /^[a-z0-9][a-z0-9-]{0,63}$/),
    name: readText(members.name, '/name', /^.{1,100}$/),
    description: readText(members.description, '/description', /^.{0,500}$/s),
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
  const step: Step = {
    authenticator: readOneOf(factorKinds, members.authenticator, `${at}/authenticator`),
    requirement: readOneOf(requirements, members.requirement, `${at}/requirement`),
    referenceMaxAge: readInteger(members.referenceMaxAge, `${at}/referenceMaxAge`),
  }
  if (members.reference !== undefined) {
    step.reference = readText(members.reference, `${at}/reference`, /^[!-~]{1,64}$/)
  }
  if (members.demands !== undefined) step.demands = readDemands(members.demands, `${at}/demands`)
  return step
}

const readDemands = (data: unknown, at: string): Demands => {
  const members = readMembers(data, at, ['userVerified', 'attested', 'deviceBound', 'aaguids'])
  const demands: Demands = {}
  for (const name of ['userVerified', 'attested', 'deviceBound'] as const) {
    const value = members[name]
    if (value === undefined) continue
    if (typeof value !== 'boolean') throw new Malformed(`${at}/${name}`, 'must be true or false')
    demands[name] = value
  }
  if (members.aaguids !== undefined) {
    demands.aaguids = readList(members.aaguids, `${at}/aaguids`, 500, (value, place) =>
      readText(value, place, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i).toLowerCase(),
    )
  }
  return demands
}

const readMembers = (data: unknown, at: string, known: readonly string[]): Record<string, unknown> => {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new Malformed(at, 'must be an object')
  const stranger = Object.keys(data).find((name) => !known.includes(name))
  if (stranger !== undefined) throw new Malformed(`${at}/${escapePointer(stranger)}`, 'is not a member of a flow')
  return { ...data }
}

const readList = <Item>(data: unknown, at: string, most: number, read: (item: unknown, at: string) => Item): Item[] => {
  if (!Array.isArray(data)) throw new Malformed(at, 'must be a list')
  if (data.length > most) throw new Malformed(at, `must have at most ${most} members`)
  return data.map((item, index) => read(item, `${at}/${index}`))
}

const readText = (data: unknown, at: string, shape: RegExp): string => {
  if (typeof data !== 'string' || !shape.test(data)) throw new Malformed(at, `must be a text like ${shape.source}`)
  return data
}

const readInteger = (data: unknown, at: string): number => {
  if (typeof data !== 'number' || !Number.isSafeInteger(data) || data < 0) {
    throw new Malformed(at, 'must be a whole number, 0 or more')
  }
  return data
}

const readOneOf = <Choice extends string>(choices: readonly Choice[], data: unknown, at: string): Choice => {
  const choice = choices.find((each) => each === data)
  if (choice === undefined) throw new Malformed(at, `must be one of ${choices.join(', ')}`)
  return choice
}

/** RFC 6901 §3. */
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
