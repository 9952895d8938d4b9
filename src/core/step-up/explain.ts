/**
 * Explains a decision to an administrator: what is asked of the explain call, and the report of a decision in sentences.
 *
 * The decision is made elsewhere, by the same function and from the same parts as in a login; here nothing is decided.
 */
import {
  ifGiven,
  malformed,
  readBoolean,
  readDocument,
  readInteger,
  readList,
  readMembers,
  readOneOf,
  readText,
} from '../document.ts'
import { readDateTime } from '../fido/import-request.ts'
import type { AuthorizeRequest, ClaimsWanted } from '../oidc/authorize-request.ts'
import type { Allowance } from '../oidc/consent.ts'
import type { Result, Seconds } from '../result.ts'
import { acrOfClaims, type Decision, type Policy, type Proof, type Report } from './decide.ts'
import { type FactorKind, type Flow, factorKinds, parseFlow } from './flow.ts'

/** What a session is supposed to have shown. With `authenticator`, by that key of the user's. */
export type SupposedProof = {
  factor: FactorKind
  secondsAgo: Seconds
  authenticator?: string
  userVerified?: boolean
  smartCard?: boolean
}

export type ExplainQuestion = {
  /** An id or a user name. */
  user: string
  client: string
  request: Pick<AuthorizeRequest, 'acrValues' | 'essentialAcr' | 'voluntaryAcr' | 'maxAge' | 'prompts'> &
    // What the person may have to allow. Without `scopes`: all that the client may ask for.
    Partial<Pick<AuthorizeRequest, 'scopes' | 'claims' | 'resources'>>
  session: { proofs: SupposedProof[] } | { sid: string } | undefined
  /** Decided with this flow, whichever the client has: a draft that nobody has saved, or one that nobody has bound. */
  flow: Flow | undefined
  /** Seconds; now, where nothing is said. */
  at: Seconds | undefined
}

const prompts = ['none', 'login', 'consent', 'select_account'] as const

/** Printable, and no longer than any id there is. */
const named = /^\P{C}{1,256}$/u

/** Reads the body of an explain call. */
export const parseExplain = (data: unknown): Result<ExplainQuestion, 'malformed-request'> =>
  readDocument('malformed-request', data, (document) => {
    const members = readMembers(document, '', ['user', 'client', 'request', 'session', 'sid', 'flow', 'at'])
    if (members.session !== undefined && members.sid !== undefined)
      malformed('/sid', 'is instead of a supposed session, not beside it')
    return {
      user: readText(members.user, '/user', named),
      client: readText(members.client, '/client', named),
      request: readRequest(members.request ?? {}, '/request'),
      session:
        members.sid === undefined
          ? ifGiven(members, '', 'session', readSession).session
          : { sid: readText(members.sid, '/sid', /^[\w-]{1,128}$/) },
      flow: ifGiven(members, '', 'flow', readFlowAt).flow,
      at: ifGiven(members, '', 'at', readTime).at,
    }
  })

const readFlowAt = (data: unknown, at: string): Flow => {
  const flow = parseFlow(data)
  return flow.ok ? flow.value : malformed(`${at}${flow.at ?? ''}`, flow.detail ?? 'is not a flow')
}

const readRequest = (data: unknown, at: string): ExplainQuestion['request'] => {
  const members = readMembers(data, at, ['acrValues', 'claims', 'maxAge', 'prompt', 'scope', 'resource'])
  return {
    ...ifGiven(members, at, 'acrValues', readNames),
    ...(members.claims === undefined ? {} : readClaims(members.claims, `${at}/claims`)),
    ...ifGiven(members, at, 'maxAge', readInteger),
    ...(members.scope === undefined ? {} : { scopes: readNames(members.scope, `${at}/scope`) }),
    ...(members.resource === undefined ? {} : { resources: readNames(members.resource, `${at}/resource`) }),
    prompts: readList(members.prompt ?? [], `${at}/prompt`, prompts.length, (value, place) =>
      readOneOf(prompts, value, place),
    ),
  }
}

const readNames = (data: unknown, at: string): string[] =>
  readList(data, at, 20, (value, place) => readText(value, place, /^[!-~]{1,256}$/))

/** The `claims` parameter as the JSON that it is (OpenID Connect Core §5.5). */
const readClaims = (data: unknown, at: string) => {
  const acr = acrOfClaims(written(data, at))
  return acr.ok
    ? { ...acr.value, claims: namesIn(data) }
    : malformed(`${at}${acr.at ?? ''}`, acr.detail ?? 'has an unknown form')
}

function namesIn(data: unknown): ClaimsWanted {
  const { id_token: idToken, userinfo } = data as Record<string, unknown>
  const namesOf = (value: unknown): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : [])
  return { idToken: namesOf(idToken), userinfo: namesOf(userinfo) }
}

/** As the parameter has it. What nests too deep to be written is a mistake, and must not be an outage. */
function written(data: unknown, at: string): string {
  try {
    return JSON.stringify(data)
  } catch {
    return malformed(at, 'nests too deep')
  }
}

const readSession = (data: unknown, at: string): { proofs: SupposedProof[] } => ({
  proofs: readList(readMembers(data, at, ['proofs']).proofs, `${at}/proofs`, 20, readProof),
})

const readProof = (data: unknown, at: string): SupposedProof => {
  const members = readMembers(data, at, ['factor', 'secondsAgo', 'authenticator', 'userVerified', 'smartCard'])
  return {
    factor: readOneOf(factorKinds, members.factor, `${at}/factor`),
    secondsAgo: readInteger(members.secondsAgo, `${at}/secondsAgo`),
    ...ifGiven(members, at, 'authenticator', (value, place) => readText(value, place, /^[\w-]{1,64}$/)),
    ...ifGiven(members, at, 'userVerified', readBoolean),
    ...ifGiven(members, at, 'smartCard', readBoolean),
  }
}

const readTime = (data: unknown, at: string): Seconds =>
  (typeof data === 'string' ? readDateTime(data) : undefined) ??
  malformed(at, 'must be a time like 2030-12-31T23:59:59Z (RFC 3339)')

export type Explained = {
  client: { hasMap: boolean; hasDefault: boolean }
  policy: Policy
  flow: Flow
  request: ExplainQuestion['request']
  decision: Decision
  /** What the person would be asked to allow, where nothing else is missing. */
  consent: Allowance | undefined
}

/** Why, in the order in which the decision is made. */
export function reasonsFor({ client, policy, flow, request, decision, consent }: Explained): string[] {
  const { report } = decision
  return [
    wishes[report.wanted.from](list(report.wanted.names), client.hasDefault),
    ...(report.dropped.length === 0
      ? []
      : [`The ACR map of ${client.hasMap ? 'the client' : 'the realm'} does not know ${list(report.dropped)}.`]),
    binding[report.wanted.from](policy.enforcement),
    ...(policy.minimumAcr === undefined
      ? []
      : [`The client wants ${policy.minimumAcr} at least${levelOf(policy, policy.minimumAcr)}.`]),
    ...(request.maxAge === undefined
      ? []
      : [`By max_age, what is aimed at must have been shown within the last ${request.maxAge} seconds.`]),
    ...request.prompts.flatMap((prompt) => promptWords[prompt] ?? []),
    aim(report, flow),
    ...report.levels.map((level) => levelWords(level)),
    ...lacking(decision),
    consent === undefined ? verdicts[report.reason] : consentWords(consent),
  ]
}

const consentWords = ({ scopes, claims, resources }: Allowance): string =>
  `So nothing is left to show, and the user is asked to allow the application this: ${list([...scopes, ...claims, ...resources])}.`

const list = (names: readonly string[]): string => names.join(', ')

const levelOf = ({ acrToLoa }: Policy, name: string): string =>
  Object.hasOwn(acrToLoa, name) ? ` (level ${acrToLoa[name]})` : ', which its map does not know: nothing is enough'

type From = Report['wanted']['from']

const wishes: Record<From, (names: string, isClients: boolean) => string> = {
  essential: (names) => `The request demands ${names}, by an essential acr of the claims parameter.`,
  acr_values: (names) => `The request asks for ${names} by acr_values, the preferred one first.`,
  voluntary: (names) => `The request would like ${names}, by a voluntary acr of the claims parameter.`,
  default: (names, isClients) =>
    `The request asks for nothing, so the default of ${isClients ? 'the client' : 'the realm'} counts: ${names}.`,
  nothing: () => 'The request asks for nothing and there is no default: the lowest level of the flow will do.',
}

const voluntaryWords = 'Nothing binds: what is reached is said in the tokens, and the application compares.'
const strictWords = 'The client is strict: there are tokens only if one of the names is reached.'
const byEnforcement = (enforcement: Policy['enforcement']): string =>
  enforcement === 'strict' ? strictWords : voluntaryWords

const binding: Record<From, (enforcement: Policy['enforcement']) => string> = {
  essential: () =>
    'An essential acr binds, whatever the client is: there are tokens only if one of the names is reached.',
  acr_values: byEnforcement,
  voluntary: () => voluntaryWords,
  default: byEnforcement,
  nothing: () => voluntaryWords,
}

const promptWords: Record<AuthorizeRequest['prompts'][number], string[]> = {
  none: ['By prompt=none, nothing may be asked.'],
  login: ['By prompt=login, what is aimed at must be shown in this very request.'],
  select_account: ['By prompt=select_account, the person may be another one: the session has no say.'],
  consent: ['By prompt=consent, the user must allow this again.'],
}

const aim = ({ target }: Report, flow: Flow): string =>
  target === undefined
    ? `There is nothing to aim at in the flow ${flow.id}.`
    : `In the flow ${flow.id} this aims at level ${target.loa}${target.acr === undefined ? '' : ` (${target.acr})`}.`

const levelWords = ({ alias, loa, maxAge, state, age, reachable }: Report['levels'][number]): string => {
  const level = `Level ${loa} (${alias})`
  const can = reachable ? 'The user can reach it.' : 'The user has no way to reach it.'
  const shownAgo = age === undefined ? '' : ` ${age} seconds ago`
  switch (state) {
    case 'fresh':
      return `${level} is fresh: shown${shownAgo}, and good for ${maxAge} seconds.`
    case 'stale':
      return `${level} was shown${shownAgo}, which is too long ago, or below it something is: it is good for ${maxAge} seconds. ${can}`
    case 'missing':
      return `${level} was not shown. ${can}`
  }
}

const lacking = (decision: Decision): string[] =>
  decision.do === 'refuse' && decision.helps.length > 0 ? [`It would take: ${list(decision.helps)}.`] : []

const verdicts: Record<Report['reason'], string> = {
  reached: 'So tokens are issued, and nothing is asked.',
  'reached-lower': 'So tokens are issued with less than was asked for: nothing more can be reached, and nothing binds.',
  missing: 'So the user is asked for what is missing, and for no more.',
  attempt: 'It cannot be met. The user is asked for what the flow has all the same, before that is said.',
  'contradictory-prompt': 'So it is refused: prompt=none came with another prompt.',
  'no-session': 'So it is refused: nobody is signed in, and nobody may be asked.',
  stale: 'So it is refused: all of it was shown, and too long ago for this request.',
  'no-match-acr': 'So it is refused: no level that would do is reached, and asking would not change that.',
  'unknown-acr': 'So it is refused: none of the names that bind is in the ACR map.',
  'no-credential': 'So it is refused: the flow has the level, and the user has nothing to reach it with.',
  locked: 'So it is refused: what would reach the level is locked or suspended.',
  'given-up': 'So it is refused: nothing of what was asked was shown.',
  'no-consent': 'So it is refused: the user has not allowed the application this, and may not be asked.',
}

/** A supposed proof as the session would hold it. Each is an act of its own. */
export const supposedProof = (
  { factor, secondsAgo, userVerified, smartCard }: SupposedProof,
  at: Seconds,
  index: number,
): Proof => ({
  factor,
  at: at - secondsAgo,
  request: `supposed-${index}`,
  ...(userVerified === undefined ? {} : { userVerified }),
  ...(smartCard === undefined ? {} : { smartCard }),
})
