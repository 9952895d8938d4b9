/**
 * Turns a step-up flow of a Keycloak realm export into a flow of ours: each sub-flow with `Condition - Level of
 * Authentication` is a level, its executions are steps, authenticator references and their max ages come along.
 *
 * What has no counterpart is refused by its name rather than left out: a step that silently went missing would be a hole.
 * What is left out on purpose, because it is done elsewhere here, is told in `notes`. Clients, policies of a factor, and
 * identity providers are not looked at.
 */
import { malformed, readDocument } from '../document.ts'
import { type Result, refuse } from '../result.ts'
import { type FactorKind, type Flow, flowIdShape, type Level, type Step } from './flow.ts'

export type Converted = { flow: Flow; notes: string[]; acrToLoa?: Record<string, number> }

export type Wish = {
  /** The alias of the flow; the realm's browser flow where none is named. */
  flow?: string | undefined
  id: string
  /** Authenticators that Keycloak does not ship, and what each asks for. */
  authenticators?: Readonly<Record<string, FactorKind>>
}

type Execution = {
  authenticator?: string
  authenticatorFlow?: boolean
  flowAlias?: string
  authenticatorConfig?: string
  requirement: string
  priority: number
}
type Exported = {
  flows: Map<string, { description: string; executions: Execution[] }>
  configs: Map<string, Record<string, string>>
  browserFlow: string
  attributes: Record<string, unknown>
}

/** By Keycloak's provider ids. */
const knownAuthenticators: Readonly<Record<string, Pick<Step, 'authenticator' | 'demands'>>> = {
  'auth-username-password-form': { authenticator: 'password' },
  'auth-password-form': { authenticator: 'password' },
  'auth-otp-form': { authenticator: 'otp' },
  'auth-x509-client-username-form': { authenticator: 'certificate' },
  'webauthn-authenticator': { authenticator: 'webauthn' },
  'webauthn-authenticator-passwordless': { authenticator: 'webauthn', demands: { userVerified: true } },
}

/** Done here without being a step of any flow. */
const doneElsewhere: Readonly<Record<string, string>> = {
  'auth-cookie': 'a session answers by itself',
  'auth-username-form': 'the pages ask for the username',
  'login-hint-authenticator': 'login_hint is read from the request',
}

const levelCondition = 'conditional-level-of-authentication'
const userCondition = 'conditional-user-configured'

export function flowFromKeycloak(data: unknown, wish: Wish): Result<Converted, 'not-convertible'> {
  return readDocument('not-convertible', data, (document) => {
    const realm = readExport(document)
    const alias = wish.flow ?? realm.browserFlow
    const top = realm.flows.get(alias) ?? malformed('/authenticationFlows', `has no flow ${alias}`)
    if (!flowIdShape.test(wish.id)) malformed('', `an id must be a text like ${flowIdShape.source}`)
    const notes = new Set<string>()
    const levels = levelsIn(realm, alias, wish, notes).sort((one, other) => one.loa - other.loa)
    if (levels.length === 0) malformed('/authenticationFlows', `${alias} has no level of authentication`)
    const flow = {
      id: wish.id,
      name: alias.slice(0, 100),
      description: top.description.slice(0, 500),
      version: 1,
      levels,
    }
    const acrToLoa = acrMapOf(realm.attributes)
    return { flow, notes: [...notes], ...(acrToLoa === undefined ? {} : { acrToLoa }) }
  })
}

// --- The export ---------------------------------------------------------------------------------------------------

type Members = Record<string, unknown>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const membersOf = (value: unknown, at: string): Members =>
  isMembers(value) ? value : malformed(at, 'must be an object, as Keycloak exports it')

const listOf = (value: unknown, at: string): unknown[] =>
  Array.isArray(value) ? value : malformed(at, 'must be a list, as Keycloak exports it')

const textOf = (value: unknown, at: string): string =>
  typeof value === 'string' ? value : malformed(at, 'must be a text')

function readExport(document: unknown): Exported {
  const realm = membersOf(document, '')
  const flows = listOf(realm.authenticationFlows, '/authenticationFlows').map((each, index) => {
    const at = `/authenticationFlows/${index}`
    const flow = membersOf(each, at)
    const executions = listOf(flow.authenticationExecutions, `${at}/authenticationExecutions`).map((one, place) =>
      readExecution(one, `${at}/authenticationExecutions/${place}`),
    )
    const description = typeof flow.description === 'string' ? flow.description : ''
    const inOrder = executions.sort((one, other) => one.priority - other.priority)
    return [textOf(flow.alias, `${at}/alias`), { description, executions: inOrder }] as const
  })
  const configs = listOf(realm.authenticatorConfig ?? [], '/authenticatorConfig').map((each, index) => {
    const config = membersOf(each, `/authenticatorConfig/${index}`)
    const alias = textOf(config.alias, `/authenticatorConfig/${index}/alias`)
    const entries = Object.entries(membersOf(config.config ?? {}, `/authenticatorConfig/${index}/config`))
    return [alias, Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))] as const
  })
  return {
    flows: new Map(flows),
    configs: new Map(configs),
    browserFlow: typeof realm.browserFlow === 'string' ? realm.browserFlow : 'browser',
    attributes: isMembers(realm.attributes) ? realm.attributes : {},
  }
}

function readExecution(data: unknown, at: string): Execution {
  const { authenticator, authenticatorFlow, flowAlias, authenticatorConfig, requirement, priority } = membersOf(
    data,
    at,
  )
  return {
    requirement: textOf(requirement, `${at}/requirement`),
    priority: typeof priority === 'number' ? priority : 0,
    ...(typeof authenticator === 'string' ? { authenticator } : {}),
    ...(authenticatorFlow === true ? { authenticatorFlow } : {}),
    ...(typeof flowAlias === 'string' ? { flowAlias } : {}),
    ...(typeof authenticatorConfig === 'string' ? { authenticatorConfig } : {}),
  }
}

/** `acr.loa.map` of the realm: JSON in a text, its numbers as texts in some versions. */
function acrMapOf(attributes: Members): Record<string, number> | undefined {
  const text = attributes['acr.loa.map']
  if (typeof text !== 'string' || text === '') return undefined
  try {
    const map: unknown = JSON.parse(text)
    return isMembers(map)
      ? Object.fromEntries(Object.entries(map).map(([name, level]) => [name, Number(level)]))
      : malformed('/attributes/acr.loa.map', 'must be an object')
  } catch (error) {
    if (error instanceof SyntaxError) return malformed('/attributes/acr.loa.map', 'is not JSON')
    throw error
  }
}

// --- Levels -------------------------------------------------------------------------------------------------------

const active = ({ requirement }: Execution): boolean => requirement !== 'DISABLED'

function levelsIn(realm: Exported, alias: string, wish: Wish, notes: Set<string>, seen: string[] = []): Level[] {
  if (seen.includes(alias)) malformed('/authenticationFlows', `${alias} contains itself`)
  const levels: Level[] = []
  for (const execution of executionsOf(realm, alias)) {
    if (execution.authenticatorFlow) {
      const name = execution.flowAlias ?? ''
      const condition = executionsOf(realm, name).find(({ authenticator }) => authenticator === levelCondition)
      levels.push(
        ...(condition === undefined
          ? levelsIn(realm, name, wish, notes, [...seen, alias])
          : [levelOf(realm, name, condition, wish, notes)]),
      )
      continue
    }
    const provider = execution.authenticator ?? ''
    const elsewhere = doneElsewhere[provider]
    if (elsewhere === undefined)
      malformed('/authenticationFlows', `${alias} asks for ${provider} outside any level of authentication`)
    notes.add(`${provider} is left out: ${elsewhere}.`)
  }
  return levels
}

const executionsOf = ({ flows }: Exported, alias: string): Execution[] =>
  (
    flows.get(alias) ?? malformed('/authenticationFlows', `has no flow ${alias}, which another one names`)
  ).executions.filter(active)

function levelOf(realm: Exported, name: string, condition: Execution, wish: Wish, notes: Set<string>): Level {
  const config = realm.configs.get(condition.authenticatorConfig ?? '') ?? {}
  const loa = wholeIn(config, 'loa-condition-level', name)
  const maxAge = wholeIn(config, 'loa-max-age', name)
  const others = executionsOf(realm, name).filter((each) => each !== condition)
  return {
    alias: aliasFrom(condition.authenticatorConfig ?? name),
    loa,
    maxAge,
    mode: 'cumulative',
    steps: stepsIn(realm, name, others, { maxAge, wish, notes }),
  }
}

/** No default is supposed: what Keycloak takes differs by version, and a max age is worth a look. */
function wholeIn(config: Record<string, string>, member: string, name: string): number {
  const text = config[member] ?? ''
  return /^\d{1,9}$/.test(text)
    ? Number(text)
    : malformed('/authenticatorConfig', `the level of ${name} says no ${member}: set it in Keycloak, and export again`)
}

const aliasFrom = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._:-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64) || 'level'

type Surroundings = { maxAge: number; wish: Wish; notes: Set<string> }

function stepsIn(realm: Exported, name: string, executions: readonly Execution[], about: Surroundings): Step[] {
  const required = executions.some(({ requirement }) => requirement === 'REQUIRED')
  return executions.flatMap((execution) => {
    const what = execution.authenticator ?? execution.flowAlias ?? ''
    if (required && execution.requirement === 'ALTERNATIVE') {
      // Keycloak itself does not look at alternatives beside something that is required.
      about.notes.add(`${what} of ${name} is left out: it is an alternative beside what is required.`)
      return []
    }
    return execution.authenticatorFlow
      ? stepsOfSubFlow(realm, execution, about)
      : stepOf(realm, execution, requirementOf(execution), about)
  })
}

/** A sub-flow within a level: one that is required, or one for those who have set a factor up. */
function stepsOfSubFlow(realm: Exported, execution: Execution, about: Surroundings): Step[] {
  const name = execution.flowAlias ?? ''
  const its = executionsOf(realm, name)
  if (its.some(({ authenticator }) => authenticator === levelCondition))
    malformed('/authenticationFlows', `${name} is a level within a level`)
  if (execution.requirement === 'REQUIRED') return stepsIn(realm, name, its, about)
  const others = its.filter(({ authenticator }) => authenticator !== userCondition)
  const isConditional = execution.requirement === 'CONDITIONAL' && others.length < its.length
  if (!isConditional || others.some(({ authenticatorFlow }) => authenticatorFlow))
    malformed('/authenticationFlows', `the sub-flow ${name} (${execution.requirement}) has no counterpart`)
  return others.flatMap((each) => stepOf(realm, each, 'conditional', about))
}

const requirementOf = ({ requirement, authenticator = '' }: Execution): Step['requirement'] =>
  requirement === 'REQUIRED'
    ? 'required'
    : requirement === 'ALTERNATIVE'
      ? 'alternative'
      : malformed('/authenticationFlows', `${authenticator} is ${requirement}, which has no counterpart`)

function stepOf(realm: Exported, execution: Execution, requirement: Step['requirement'], about: Surroundings): Step[] {
  const { maxAge, wish, notes } = about
  const provider = execution.authenticator ?? ''
  const elsewhere = doneElsewhere[provider]
  if (elsewhere !== undefined) {
    notes.add(`${provider} is left out: ${elsewhere}.`)
    return []
  }
  const named = wish.authenticators?.[provider]
  const known = named === undefined ? knownAuthenticators[provider] : { authenticator: named }
  if (known === undefined)
    return malformed('/authenticationFlows', `${provider} is not known: say what it asks for, as in ${provider}=otp`)
  const config = realm.configs.get(execution.authenticatorConfig ?? '') ?? {}
  const reference = config['default.reference.value']
  return [
    {
      authenticator: known.authenticator,
      requirement,
      ...(reference ? { reference } : {}),
      // Without a max age of its own, Keycloak forgets a reference at once.
      referenceMaxAge: reference ? Number(config['default.reference.maxAge'] ?? 0) : maxAge,
      ...(known.demands === undefined ? {} : { demands: known.demands }),
    },
  ]
}

/** `safenet-form=otp`: what an authenticator that is not Keycloak's own asks for. */
export function readAuthenticatorNames(
  typed: readonly string[],
  factors: readonly FactorKind[],
): Result<Record<string, FactorKind>, 'unknown-factor'> {
  const names: Record<string, FactorKind> = Object.create(null)
  for (const each of typed) {
    const [, provider = '', name = ''] = /^([\w.-]+)=(\w+)$/.exec(each) ?? []
    const factor = factors.find((kind) => kind === name)
    if (factor === undefined) return refuse('unknown-factor', { detail: each })
    names[provider] = factor
  }
  return { ok: true, value: names }
}
