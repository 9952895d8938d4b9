/**
 * What the realm and each client say about levels, as documents: which names there are, what is asked for where nothing
 * was, what happens when it cannot be met.
 *
 * Here they are read and written; whether they can work with the flows there are is in `step-up-check.ts`, and what they
 * mean for a request in `decide.ts`.
 */
import {
  escapePointer,
  ifGiven,
  malformed,
  readBoolean,
  readDocument,
  readInteger,
  readList,
  readMembers,
  readOneOf,
  readRecord,
  readText,
} from '../document.ts'
import type { Client } from '../oidc/client.ts'
import type { Realm } from '../realm.ts'
import type { Result, Seconds } from '../result.ts'
import { type AcrMap, type FactorKind, flowIdShape } from './flow.ts'

/** The realm's part. */
export type RealmStepUp = {
  acrToLoa: AcrMap
  /** In order of preference; empty: the lowest level of the flow. */
  defaultAcr: string[]
  unreachable: 'attempt' | 'fail-fast'
  enrol: FactorKind[]
}

/** A client's part. What is left out is the realm's, or nothing. */
export type ClientStepUp = {
  /** Instead of the flow that is bound as the browser flow. */
  flow?: string
  acrToLoa?: AcrMap
  defaultAcr?: string[]
  minimumAcr?: string
  enforcement: 'voluntary' | 'strict'
  maxAges?: Record<string, Seconds>
  /** `false`: no `amr` in its tokens. */
  amr: boolean
}

export const clientStepUpMembers = [
  'flow',
  'acrToLoa',
  'defaultAcr',
  'minimumAcr',
  'enforcement',
  'maxAges',
  'amr',
] as const satisfies readonly (keyof ClientStepUp)[]

/** What a person can set up in the middle of a login; the rest needs a Credential Management System or an operator. */
export const enrollable = ['otp'] as const satisfies readonly FactorKind[]

/**
 * An ACR as clients ask for it, a word or a URI: `acr_values` has spaces between them, and an error description takes no
 * quotation mark or backslash. The first character keeps out `__proto__`, which a store would lose; `constructor` is a
 * name that it refuses.
 */
const acrShape = /^(?!constructor$)[A-Za-z0-9][!#-[\]-~]{0,127}$/
const acrWords =
  'up to 128 letters, figures and signs that begin with a letter or a figure, with no space or quotation mark'
/** A level's alias or its number. */
const levelShape = /^(?!constructor$)[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/
const mostNames = 100

export const readAcr = (data: unknown, at: string): string => readText(data, at, acrShape, acrWords)
export const readAcrs = (data: unknown, at: string): string[] => readList(data, at, 20, readAcr)
const readMap = (data: unknown, at: string): AcrMap => readRecord(data, at, mostNames, acrShape, readInteger, acrWords)
const readMaxAges = (data: unknown, at: string): Record<string, Seconds> =>
  readRecord(data, at, mostNames, levelShape, readInteger)

/** A document replaces the policy as a whole: what it leaves out is as in a new realm. */
export const parseRealmStepUp = (data: unknown): Result<RealmStepUp, 'malformed-policy'> =>
  readDocument('malformed-policy', data, (document) => {
    const members = readMembers(document, '', ['acrToLoa', 'defaultAcr', 'unreachable', 'enrol'])
    return {
      acrToLoa: readMap(members.acrToLoa, '/acrToLoa'),
      defaultAcr: readAcrs(members.defaultAcr ?? [], '/defaultAcr'),
      unreachable: readOneOf(['attempt', 'fail-fast'], members.unreachable ?? 'attempt', '/unreachable'),
      enrol: [...new Set(readList(members.enrol ?? [], '/enrol', 10, readEnrollable))],
    }
  })

const readEnrollable = (data: unknown, at: string): FactorKind =>
  enrollable.find((factor) => factor === data) ??
  malformed(at, `must be something that can be set up in the middle of a login: ${enrollable.join(', ')}`)

/** A document replaces the policy as a whole: what it leaves out is the realm's again. */
export const parseClientStepUp = (data: unknown): Result<ClientStepUp, 'malformed-policy'> =>
  readDocument('malformed-policy', data, (document) => {
    const members = readMembers(document, '', clientStepUpMembers)
    return {
      ...ifGiven(members, '', 'flow', (value, at) => readText(value, at, flowIdShape)),
      ...ifGiven(members, '', 'acrToLoa', readMap),
      ...ifGiven(members, '', 'defaultAcr', readAcrs),
      ...ifGiven(members, '', 'minimumAcr', readAcr),
      enforcement: readOneOf(['strict', 'voluntary'], members.enforcement ?? 'strict', '/enforcement'),
      ...ifGiven(members, '', 'maxAges', readMaxAges),
      amr: readBoolean(members.amr ?? true, '/amr'),
    }
  })

export const stepUpOfRealm = ({ acrToLoa, defaultAcr = [], unreachable, enrol = [] }: Realm): RealmStepUp => ({
  acrToLoa: byLevel(acrToLoa),
  defaultAcr,
  unreachable,
  enrol,
})

export const realmWith = (realm: Realm, { acrToLoa, defaultAcr, unreachable, enrol }: RealmStepUp): Realm => ({
  ...realm,
  acrToLoa,
  defaultAcr,
  unreachable,
  enrol,
})

export const stepUpOfClient = (client: Client): ClientStepUp => ({
  ...(client.flow === undefined ? {} : { flow: client.flow }),
  ...(client.acrToLoa === undefined ? {} : { acrToLoa: byLevel(client.acrToLoa) }),
  ...(client.defaultAcr === undefined ? {} : { defaultAcr: client.defaultAcr }),
  ...(client.minimumAcr === undefined ? {} : { minimumAcr: client.minimumAcr }),
  enforcement: client.enforcement,
  ...(client.maxAges === undefined ? {} : { maxAges: byName(client.maxAges) }),
  amr: client.amr ?? true,
})

export const clientWith = (client: Client, policy: ClientStepUp): Client => {
  const { flow: _, acrToLoa: __, defaultAcr: ___, minimumAcr: ____, maxAges: _____, ...rest } = client
  return { ...rest, ...policy }
}

/** The same bytes for the same policy, whatever order a store hands its members back in. */
export const writePolicy = (policy: RealmStepUp | ClientStepUp): string => `${JSON.stringify(policy, null, 2)}\n`

const byLevel = (map: AcrMap): AcrMap =>
  Object.fromEntries(Object.entries(map).sort(([one, low], [other, high]) => low - high || (one < other ? -1 : 1)))

const byName = (ages: Record<string, Seconds>): Record<string, Seconds> =>
  Object.fromEntries(Object.entries(ages).sort(([one], [other]) => (one < other ? -1 : 1)))

/** The place of a name in a document. */
export const memberAt = (member: string, name: string): string => `/${member}/${escapePointer(name)}`
