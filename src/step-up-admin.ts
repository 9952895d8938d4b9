/**
 * What an administrator does to flows, ACR maps and policies: the API and the command `npm run admin` do it with these.
 * How a change is made is in `administration.ts`; here is what each of them is.
 */
import {
  type Changed,
  change,
  changed,
  type Decided,
  type Desk,
  type Expects,
  type Settled,
  type Shown,
  type State,
  shown,
} from './administration.ts'
import { differences } from './core/difference.ts'
import { ifGiven, readDocument, readMembers, readText } from './core/document.ts'
import type { Client } from './core/oidc/client.ts'
import { flowNamed, mostFlows, type Realm } from './core/realm.ts'
import { ok, type Result, refuse } from './core/result.ts'
import {
  type AcrMap,
  checkFlow,
  type Doubt,
  doubtsAbout,
  type Flow,
  flowIdShape,
  parseFlow,
  readFlowDescription,
  readFlowName,
  writeFlow,
} from './core/step-up/flow.ts'
import {
  type ClientStepUp,
  clientWith,
  parseClientStepUp,
  parseRealmStepUp,
  type RealmStepUp,
  realmWith,
  stepUpOfClient,
  stepUpOfRealm,
  writePolicy,
} from './core/step-up/policy.ts'
import { changedClientStepUp, clientIn, listClients } from './store/clients.ts'
import { places } from './store/keys.ts'
import { changedRealm, readRealm, touchedRealm } from './store/realm.ts'

type Changing =
  | 'flow-not-found'
  | 'client-not-found'
  | 'flow-exists'
  | 'flow-in-use'
  | 'too-many-flows'
  | 'realm-too-large'
  | 'malformed-flow'
  | 'unworkable-flow'
  | 'malformed-policy'
  | 'unworkable-policy'
  | 'changed-since'
  | 'changed-meanwhile'

const showFlow = (flow: Flow): Shown<Flow> => shown(flow, writeFlow(flow))
const showRealmPolicy = (policy: RealmStepUp): Shown<RealmStepUp> => shown(policy, writePolicy(policy))
const showClientPolicy = (policy: ClientStepUp): Shown<ClientStepUp> => shown(policy, writePolicy(policy))

// --- Reading ------------------------------------------------------------------------------------------------------

/** `clients`: those that use it instead of the browser flow. */
export type Listed = Pick<Flow, 'id' | 'name' | 'description' | 'version'> & { bound: boolean; clients: string[] }

export async function listFlows({ db }: Pick<Desk, 'db'>): Promise<Listed[]> {
  const [realm, clients] = await Promise.all([readRealm(db), listClients(db)])
  return Object.values(realm.flows)
    .map(({ id, name, description, version }) => ({
      id,
      name,
      description,
      version,
      bound: realm.browserFlow === id,
      clients: usersOf(id, clients),
    }))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}

const usersOf = (id: string, clients: readonly Client[]): string[] =>
  clients.filter(({ flow }) => flow === id).map(({ clientId }) => clientId)

export async function readFlow({ db }: Pick<Desk, 'db'>, id: string): Promise<Result<Shown<Flow>, 'flow-not-found'>> {
  const flow = flowNamed(await readRealm(db), id)
  return flow === undefined ? refuse('flow-not-found') : ok(showFlow(flow))
}

export const readRealmPolicy = async ({ db }: Pick<Desk, 'db'>): Promise<Shown<RealmStepUp>> =>
  showRealmPolicy(stepUpOfRealm(await readRealm(db)))

export async function readClientPolicy(
  { db }: Pick<Desk, 'db'>,
  clientId: string,
): Promise<Result<Shown<ClientStepUp>, 'client-not-found'>> {
  const client = clientIn(await db.get(places.client(clientId)))
  return client === undefined ? refuse('client-not-found') : ok(showClientPolicy(stepUpOfClient(client)))
}

// --- Changing -----------------------------------------------------------------------------------------------------

/** Every name that anybody maps: a flow that nobody uses yet may be meant for a client with a map of its own. */
const namesIn = (realm: Realm, clients: readonly Client[]): AcrMap =>
  Object.fromEntries([
    ...Object.entries(realm.acrToLoa),
    ...clients.flatMap(({ clientId, acrToLoa = {} }) =>
      Object.entries(acrToLoa).map(([name, loa]) => [`${name} of ${clientId}`, loa]),
    ),
  ])

/** The realm with this flow in it, or why it cannot be. */
function withFlow(
  { realm, clients }: State,
  flow: Flow,
  event: Settled<Flow>['event'],
): Result<Decided<Flow>, Changing> {
  const works = checkFlow(flow, namesIn(realm, clients))
  if (!works.ok) return works
  const after = { ...realm, flows: { ...realm.flows, [flow.id]: flow } }
  return ok({
    edited: { document: 'flow', flow: flow.id },
    realm: after,
    clients,
    writes: [changedRealm(after)],
    event: { flow: flow.id, ...event },
    value: flow,
    doubts: doubtsAbout(flow),
  })
}

function newFlow(state: State, flow: Flow, detail: string): Result<Decided<Flow>, Changing> {
  if (flowNamed(state.realm, flow.id) !== undefined)
    return refuse('flow-exists', { at: '/id', detail: `There is a flow ${flow.id} already.` })
  if (Object.keys(state.realm.flows).length >= mostFlows)
    return refuse('too-many-flows', { detail: `A realm has at most ${mostFlows} flows.` })
  return withFlow(state, flow, { type: 'flow.created', detail })
}

/** A new flow, from a document: written by hand, or exported here or elsewhere. It keeps its version. */
export async function createFlow(desk: Desk, data: unknown): Promise<Result<Changed<Flow>, Changing>> {
  const flow = parseFlow(data)
  if (!flow.ok) return flow
  const made = await change(desk, (state) => newFlow(state, flow.value, `version ${flow.value.version}`))
  return changed(made, showFlow)
}

/** As its document has it, whatever order a store handed its members back in. */
const inOrder = (flow: Flow): unknown => JSON.parse(writeFlow(flow))

/** Another document in place of a flow. The `version` in it is not looked at: the tag says what is edited. */
export async function changeFlow(
  desk: Desk,
  id: string,
  data: unknown,
  expects: Expects,
): Promise<Result<Changed<Flow>, Changing>> {
  const parsed = parseFlow(data)
  const made = await change<Flow, Changing>(desk, (state) => {
    const before = flowNamed(state.realm, id)
    if (before === undefined) return refuse('flow-not-found')
    if (!expects(showFlow(before).etag)) return refuse('changed-since')
    if (!parsed.ok) return parsed
    if (parsed.value.id !== id)
      return refuse('malformed-flow', { at: '/id', detail: `must be ${id}: duplicate a flow to give it another id` })
    const after = { ...parsed.value, version: before.version + 1 }
    if (writeFlow({ ...after, version: before.version }) === writeFlow(before)) return ok({ asIs: before })
    return withFlow(state, after, { type: 'flow.changed', detail: differences(inOrder(before), inOrder(after)) })
  })
  return changed(made, showFlow)
}

/** A copy under another id and name, to be edited. */
export async function duplicateFlow(desk: Desk, id: string, data: unknown): Promise<Result<Changed<Flow>, Changing>> {
  const wanted = readDocument('malformed-flow', data, (document) => {
    const members = readMembers(document, '', ['id', 'name', 'description'])
    return {
      id: readText(members.id, '/id', flowIdShape),
      name: readFlowName(members.name, '/name'),
      ...ifGiven(members, '', 'description', readFlowDescription),
    }
  })
  if (!wanted.ok) return wanted
  const made = await change<Flow, Changing>(desk, (state) => {
    const original = flowNamed(state.realm, id)
    if (original === undefined) return refuse('flow-not-found')
    return newFlow(state, { ...original, ...wanted.value, version: 1 }, `a copy of ${id} ${original.version}`)
  })
  return changed(made, showFlow)
}

export async function deleteFlow(
  desk: Desk,
  id: string,
  expects: Expects = () => true,
): Promise<Result<string, Changing>> {
  const done = await change<string, Changing>(desk, ({ realm, clients }) => {
    const flow = flowNamed(realm, id)
    if (flow === undefined) return refuse('flow-not-found')
    if (!expects(showFlow(flow).etag)) return refuse('changed-since')
    const users = [
      ...(realm.browserFlow === id ? ['It is bound as the browser flow.'] : []),
      ...usersOf(id, clients).map((clientId) => `The client ${clientId} uses it.`),
    ]
    if (users.length > 0) return refuse('flow-in-use', { detail: users.join(' ') })
    const { [id]: _, ...flows } = realm.flows
    const after = { ...realm, flows }
    return ok({
      edited: { document: 'flow', flow: id },
      realm: after,
      clients,
      writes: [changedRealm(after)],
      event: { type: 'flow.deleted', flow: id, detail: `version ${flow.version}` },
      value: id,
    })
  })
  return done.ok ? ok(done.value.value) : done
}

export type Bound = { flow: string; warnings: Doubt[] }

/** Makes it the flow of every client that has none of its own. */
export async function bindFlow(desk: Desk, data: unknown): Promise<Result<Bound, Changing>> {
  const wanted = readDocument('malformed-policy', data, (document) =>
    readText(readMembers(document, '', ['flow']).flow, '/flow', flowIdShape),
  )
  if (!wanted.ok) return wanted
  const id = wanted.value
  const done = await change<string, Changing>(desk, ({ realm, clients }) => {
    if (flowNamed(realm, id) === undefined)
      return refuse('unworkable-policy', { at: '/flow', detail: `There is no flow ${id}.` })
    if (realm.browserFlow === id) return ok({ asIs: id })
    const after = { ...realm, browserFlow: id }
    return ok({
      edited: { document: 'binding' },
      realm: after,
      clients,
      writes: [changedRealm(after)],
      event: { type: 'flow.bound', flow: id, detail: `instead of ${realm.browserFlow}` },
      value: id,
    })
  })
  return done.ok ? ok({ flow: done.value.value, warnings: done.value.warnings }) : done
}

export async function changeRealmPolicy(
  desk: Desk,
  data: unknown,
  expects: Expects,
): Promise<Result<Changed<RealmStepUp>, Changing>> {
  const parsed = parseRealmStepUp(data)
  const made = await change<RealmStepUp, Changing>(desk, ({ realm, clients }) => {
    const before = stepUpOfRealm(realm)
    if (!expects(showRealmPolicy(before).etag)) return refuse('changed-since')
    if (!parsed.ok) return parsed
    const after = realmWith(realm, parsed.value)
    const value = stepUpOfRealm(after)
    const detail = differences(before, value)
    if (detail === '') return ok({ asIs: before })
    return ok({
      edited: { document: 'policy' },
      realm: after,
      clients,
      writes: [changedRealm(after)],
      event: { type: 'policy.changed', detail },
      value,
    })
  })
  return changed(made, showRealmPolicy)
}

export async function changeClientPolicy(
  desk: Desk,
  clientId: string,
  data: unknown,
  expects: Expects,
): Promise<Result<Changed<ClientStepUp>, Changing>> {
  const parsed = parseClientStepUp(data)
  const made = await change<ClientStepUp, Changing>(desk, ({ realm, clients }) => {
    const client = clients.find((each) => each.clientId === clientId)
    if (client === undefined) return refuse('client-not-found')
    const before = stepUpOfClient(client)
    if (!expects(showClientPolicy(before).etag)) return refuse('changed-since')
    if (!parsed.ok) return parsed
    const after = clientWith(client, parsed.value)
    const value = stepUpOfClient(after)
    const detail = differences(before, value)
    if (detail === '') return ok({ asIs: before })
    return ok({
      edited: { document: 'client', client: clientId },
      realm,
      clients: clients.map((each) => (each === client ? after : each)),
      writes: [changedClientStepUp(clientId, parsed.value), touchedRealm(realm)],
      event: { type: 'policy.changed', client: clientId, detail },
      value,
    })
  })
  return changed(made, showClientPolicy)
}
