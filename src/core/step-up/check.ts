/**
 * Whether flows, ACR maps and policies can work with each other: what would refuse every request is trouble, what works
 * and is perhaps not what was meant is a doubt.
 *
 * All of them are looked at together, because each can break another: a flow that loses its highest level strands the
 * client whose minimum it was. A name above a flow's highest level is no trouble by itself: use case 4 of step-up asks
 * `cba` of a flow that ends with a one-time code, and has an answer.
 */
import type { Client } from '../oidc/client.ts'
import { flowNamed, type Realm } from '../realm.ts'
import { type AcrMap, type Doubt, type FactorKind, type Flow, highestOf, reachesNone } from './flow.ts'
import { lookUp, unmapped } from './names.ts'
import { memberAt } from './policy.ts'

/** Which document is being changed. */
export type Edited =
  | { document: 'flow'; flow: string }
  | { document: 'policy' }
  | { document: 'client'; client: string }
  | { document: 'binding' }
  | { document: 'settings' }

/** Whose it is: the realm's, or a client's. `at`: where to point to, by the document that is being changed. */
export type Finding = {
  client?: string
  /** The flow that it is about, where it is about one. */
  flow?: string
  detail: string
  at: Partial<Record<Edited['document'], string>>
}

export type Checked = { troubles: Finding[]; doubts: Finding[] }

export function checkAll(realm: Realm, clients: readonly Client[]): Checked {
  const all = [ofRealm(realm), ...clients.map((client) => ofClient(realm, client))]
  return { troubles: all.flatMap(({ troubles }) => troubles), doubts: all.flatMap(({ doubts }) => doubts) }
}

/** What keeps a change from being made: its own document's troubles, and those that were not there before. */
export function introduced(edited: Edited, before: Checked, after: Checked): { trouble?: Doubt; doubts: Doubt[] } {
  const isNew = (finding: Finding, among: readonly Finding[]) =>
    !among.some((other) => other.client === finding.client && other.detail === finding.detail)
  const mine = (finding: Finding) => {
    if (edited.document === 'settings') return false
    if (edited.document === 'client') return finding.client === edited.client
    return finding.client === undefined && (edited.document !== 'flow' || finding.flow === edited.flow)
  }
  const place = ({ detail, at }: Finding): Doubt => ({ at: at[edited.document] ?? '', detail })
  const trouble = after.troubles.find((each) => mine(each) || isNew(each, before.troubles))
  return {
    ...(trouble === undefined ? {} : { trouble: place(trouble) }),
    doubts: after.doubts.filter((each) => mine(each) || isNew(each, before.doubts)).map(place),
  }
}

function ofRealm(realm: Realm): Checked {
  const { acrToLoa, browserFlow, defaultAcr = [], enrol = [] } = realm
  const flow = flowNamed(realm, browserFlow)
  if (flow === undefined)
    return { troubles: [{ detail: `there is no flow ${browserFlow}`, at: { binding: '/flow' } }], doubts: [] }
  const troubles: Finding[] = []
  const doubts: Finding[] = []
  const ofFlow = (detail: string, policy: string): Finding => ({
    flow: browserFlow,
    detail: `the browser flow ${browserFlow} ${detail}`,
    at: { policy, flow: '/levels', binding: '/flow' },
  })
  if (reachesNone(flow, acrToLoa)) troubles.push(ofFlow(`reaches none of ${namesIn(acrToLoa)}`, '/acrToLoa'))
  else
    for (const name of outOfReach(flow, acrToLoa))
      doubts.push(ofFlow(`does not reach ${name} (level ${acrToLoa[name]})`, memberAt('acrToLoa', name)))
  if (Object.keys(acrToLoa).length === 0)
    doubts.push({ detail: 'there are no names: whatever a client asks for is unknown', at: { policy: '/acrToLoa' } })
  const { consoleAcr, sensitiveAcr } = realm.settings
  if ((lookUp(acrToLoa, sensitiveAcr) ?? unmapped) < (lookUp(acrToLoa, consoleAcr) ?? 0))
    doubts.push({
      detail: `the console asks for ${sensitiveAcr} where it is sensitive, which is lower than ${consoleAcr}`,
      at: { policy: memberAt('acrToLoa', sensitiveAcr) },
    })
  for (const name of new Set([consoleAcr, sensitiveAcr]))
    if (!Object.hasOwn(acrToLoa, name))
      doubts.push({
        detail: `the console asks people for ${name}, which is not in the map: nobody could use it`,
        at: { policy: '/acrToLoa' },
      })
  for (const [index, name] of defaultAcr.entries())
    if (!Object.hasOwn(acrToLoa, name))
      troubles.push({
        detail: `the default ${name} is not in the map of the realm`,
        at: { policy: `/defaultAcr/${index}` },
      })
  for (const [index, factor] of enrol.entries())
    if (!Object.values(realm.flows).some((each) => mayEnrolIn(each, factor)))
      doubts.push({
        detail: `no flow asks for ${factor} above its lowest level, which is where it could be set up`,
        at: { policy: `/enrol/${index}` },
      })
  return { troubles, doubts }
}

const mayEnrolIn = ({ levels }: Flow, factor: FactorKind): boolean =>
  levels
    .slice(1)
    .some(
      ({ mode, steps }) =>
        mode === 'cumulative' && steps.some((step) => step.authenticator === factor && step.requirement !== 'disabled'),
    )

function ofClient(realm: Realm, client: Client): Checked {
  const { clientId } = client
  const named = client.flow ?? realm.browserFlow
  const flow = flowNamed(realm, named)
  const found = (detail: string, member: string, at: Finding['at'] = {}): Finding => ({
    client: clientId,
    detail: `client ${clientId}: ${detail}`,
    at: { client: member, flow: '/levels', policy: '/acrToLoa', binding: '/flow', ...at },
  })
  if (flow === undefined)
    return { troubles: client.flow === undefined ? [] : [found(`there is no flow ${named}`, '/flow')], doubts: [] }
  const map = client.acrToLoa ?? realm.acrToLoa
  return {
    troubles: [
      ...mapTroubles(client, flow, map, found),
      ...defaultTroubles(client, realm, map, found),
      ...minimumTroubles(client, flow, map, found),
    ],
    doubts: clientDoubts(client, realm, flow, found),
  }
}

type Found = (detail: string, member: string, at?: Finding['at']) => Finding

const mapTroubles = ({ flow: own, acrToLoa }: Client, flow: Flow, map: AcrMap, found: Found): Finding[] =>
  // With the realm's flow and the realm's map, it is the realm's trouble.
  reachesNone(flow, map) && (own !== undefined || acrToLoa !== undefined)
    ? [found(`the flow ${flow.id} reaches none of ${namesIn(map)}`, acrToLoa === undefined ? '/flow' : '/acrToLoa')]
    : []

function defaultTroubles({ defaultAcr, acrToLoa, enforcement }: Client, realm: Realm, map: AcrMap, found: Found) {
  const isUnknown = (name: string) => !Object.hasOwn(map, name)
  if (defaultAcr !== undefined)
    return defaultAcr.flatMap((name, index) =>
      isUnknown(name) ? [found(`the default ${name} is not in its map`, `/defaultAcr/${index}`)] : [],
    )
  const inherited = realm.defaultAcr ?? []
  // Strict and without a name that is known, every request that asks for nothing would fail.
  const lost = acrToLoa !== undefined && enforcement === 'strict' && inherited.length > 0 && inherited.every(isUnknown)
  return lost
    ? [
        found(
          `its map has none of the realm's defaults (${inherited.join(', ')}), and it has no default of its own`,
          '/acrToLoa',
          { policy: '/defaultAcr' },
        ),
      ]
    : []
}

function minimumTroubles({ minimumAcr }: Client, flow: Flow, map: AcrMap, found: Found): Finding[] {
  if (minimumAcr === undefined) return []
  const loa = Object.hasOwn(map, minimumAcr) ? map[minimumAcr] : undefined
  if (loa === undefined) return [found(`its minimum ${minimumAcr} is not in its map`, '/minimumAcr')]
  return loa > highestOf(flow)
    ? [found(`its minimum ${minimumAcr} (level ${loa}) is above all that the flow ${flow.id} reaches`, '/minimumAcr')]
    : []
}

function clientDoubts(client: Client, realm: Realm, flow: Flow, found: Found): Finding[] {
  const own = client.acrToLoa ?? {}
  const map = client.acrToLoa ?? realm.acrToLoa
  const beyond = outOfReach(flow, map)
  const defaults = client.defaultAcr ?? []
  const isLevel = (name: string) => flow.levels.some(({ alias, loa }) => alias === name || String(loa) === name)
  return [
    ...outOfReach(flow, own).map((name) =>
      found(`the flow ${flow.id} does not reach ${name} (level ${own[name]})`, memberAt('acrToLoa', name)),
    ),
    ...(client.enforcement === 'strict' && defaults.length > 0 && defaults.every((name) => beyond.includes(name))
      ? [
          found(
            `the flow ${flow.id} reaches none of its defaults: a request that asks for nothing fails`,
            '/defaultAcr',
          ),
        ]
      : []),
    ...Object.keys(client.maxAges ?? {})
      .filter((name) => !isLevel(name))
      .map((name) =>
        found(`its max age for ${name} applies to no level of the flow ${flow.id}`, memberAt('maxAges', name)),
      ),
  ]
}

const outOfReach = (flow: Flow, map: AcrMap): string[] =>
  Object.keys(map)
    .filter((name) => (map[name] ?? 0) > highestOf(flow))
    .sort()

const namesIn = (map: AcrMap): string => Object.keys(map).sort().join(', ')
