/**
 * What an administrator does to applications: the API and the command `npm run admin` do it with these, and the seed of a
 * laptop too.
 *
 * A document replaces the registration as a whole (RFC 7592 §2.2) and leaves alone what others decide: secrets, and the part
 * that step-up has in a client but for its `default_acr_values`. Each change is one transaction with its audit record.
 */
import { type Changed, change, type Decided, type Desk, type Expects, type Shown, shown } from './administration.ts'
import { differences } from './core/difference.ts'
import { ifGiven, readDocument, readInteger, readMembers } from './core/document.ts'
import { type Client, type ClientSecret, mostClients, overlaps } from './core/oidc/client.ts'
import { hasSecret } from './core/oidc/client-consistency.ts'
import { type MetadataRefusal, type Registered, readClientDocument, showClient } from './core/oidc/client-metadata.ts'
import { rotationOf } from './core/oidc/key-rotation.ts'
import { unsignable } from './core/oidc/signing.ts'
import { algorithmsOf } from './core/oidc/signing-key.ts'
import type { Realm } from './core/realm.ts'
import { ok, type Refusal, type Result, refuse, type Seconds } from './core/result.ts'
import { hashSecret, newId, newSecret } from './core/secret.ts'
import type { Doubt } from './core/step-up/flow.ts'
import type { ClientStepUp } from './core/step-up/policy.ts'
import { examineAddresses, type Reach } from './services/client-addresses.ts'
import { createdClient, deletedClient, readClient, replacedClient } from './store/clients.ts'
import { readUser } from './store/people.ts'
import { touchedRealm } from './store/realm.ts'
import { readSigningKeys } from './store/signing-keys.ts'

/**
 * `reach`: who we are and how we ask others, for what a document names by its address. `mayGive`: whether who works here may
 * give a client this scope; the scopes of our own API are nobody's to give who has not what they stand for.
 */
export type ClientDesk = Desk & { reach?: Reach; mayGive?: (scope: string) => boolean }

export type ClientRefusal =
  | MetadataRefusal
  | 'client-not-found'
  | 'client-exists'
  | 'too-many-clients'
  | 'scope-beyond-caller'
  | 'unworkable-policy'
  | 'malformed-overlap'
  | 'client-has-no-secret'
  | 'secret-still-retiring'
  | 'no-retiring-secret'
  | 'changed-since'
  | 'changed-meanwhile'

/** The secret is answered once and kept hashed. */
export type Issued = Changed<Client> & { secret?: string }

/** Of which there may be two: the one in use, and the one before it until its end. */
export type SecretState = { state: 'current' | 'retiring'; createdAt: Seconds; until?: Seconds }

const shownClient = (client: Client): Shown<Client> => shown(client, `${JSON.stringify(showClient(client), null, 2)}\n`)

// --- Reading ------------------------------------------------------------------------------------------------------

export async function findClient(
  { db }: Pick<Desk, 'db'>,
  clientId: string,
): Promise<Result<Shown<Client>, 'client-not-found'>> {
  const client = await readClient(db, clientId)
  return client === undefined ? refuse('client-not-found') : ok(shownClient(client))
}

export async function secretsOf(
  { db, now }: Pick<Desk, 'db' | 'now'>,
  clientId: string,
): Promise<Result<SecretState[], 'client-not-found'>> {
  const client = await readClient(db, clientId)
  return client === undefined ? refuse('client-not-found') : ok(goodSecrets(client, now()).map(showSecret))
}

const showSecret = ({ createdAt, until }: ClientSecret): SecretState =>
  until === undefined ? { state: 'current', createdAt } : { state: 'retiring', createdAt, until }

const goodSecrets = ({ secrets }: Client, now: Seconds): ClientSecret[] =>
  secrets.filter(({ until }) => until === undefined || until > now)

// --- Changing -----------------------------------------------------------------------------------------------------

/** What a seed brings beside the document: a secret that it must keep, and a policy from the beginning. */
export type Beside = { secret?: string; stepUp?: Partial<Omit<ClientStepUp, 'defaultAcr'>> }

/** A new client. Where the document has no `client_id`, it gets one. */
export async function registerClient(
  desk: ClientDesk,
  data: unknown,
  { secret: given, stepUp = {} }: Beside = {},
): Promise<Result<Issued, ClientRefusal>> {
  const read = readClientDocument(data, `client-${newId()}`)
  if (!read.ok) return read
  const { clientId, registered } = read.value
  const examined = await examine(desk, registered)
  if (!examined.ok) return examined
  // It would be the subject of its own tokens, where resource servers look for whose they are (RFC 9700 §4.15).
  if ((await readUser(desk.db, clientId)) !== undefined)
    return refuse('invalid_client_metadata', { at: '/client_id', detail: 'is the id of a user' })
  const now = desk.now()
  const secret = hasSecret(registered) ? (given ?? newSecret()) : undefined
  const client: Client = {
    ...registered,
    ...examined.value.sector,
    enforcement: 'strict',
    ...stepUp,
    clientId,
    secrets: secret === undefined ? [] : [{ hash: hashSecret(secret), createdAt: now }],
    createdAt: now,
    version: 1,
  }
  const done = await change<Client, ClientRefusal>(desk, ({ realm, clients }) => {
    if (clients.some((each) => each.clientId === clientId))
      return refuse('client-exists', { at: '/client_id', detail: `There is a client ${clientId} already.` })
    if (clients.length >= mostClients)
      return refuse('too-many-clients', { detail: `There are at most ${mostClients} clients.` })
    const beyond = beyondCaller(desk, client) ?? beyondKeys(realm, client)
    if (beyond !== undefined) return beyond
    return ok({
      edited: { document: 'client', client: clientId },
      realm,
      clients: [...clients, client],
      writes: [createdClient(client), touchedRealm(realm)],
      event: { type: 'client.created', client: clientId },
      value: client,
    })
  })
  return issued(done, examined.value.doubts, secret)
}

/** Another registration in its place. A client that comes to authenticate by a secret gets one. */
export async function changeClient(
  desk: ClientDesk,
  clientId: string,
  data: unknown,
  expects: Expects,
): Promise<Result<Issued, ClientRefusal>> {
  const present = await findClient(desk, clientId)
  if (!present.ok) return present
  if (!expects(present.value.etag)) return refuse('changed-since')
  const read = readClientDocument(data, clientId)
  if (!read.ok) return read
  if (read.value.clientId !== clientId)
    return refuse('invalid_client_metadata', { at: '/client_id', detail: `must be ${clientId}` })
  const { registered } = read.value
  const examined = await examine(desk, registered)
  if (!examined.ok) return examined
  const fresh = newSecret()
  let secret: string | undefined
  const done = await edit(desk, clientId, (before) => {
    if (!expects(shownClient(before).etag)) return refuse('changed-since')
    const kept = hasSecret(registered) ? goodSecrets(before, desk.now()) : []
    secret = hasSecret(registered) && kept.length === 0 ? fresh : undefined
    const made = secret === undefined ? [] : [{ hash: hashSecret(secret), createdAt: desk.now() }]
    const after = { ...stepUpPart(before), ...registered, ...examined.value.sector, secrets: [...kept, ...made] }
    const detail = differences(showClient(before), showClient({ ...before, ...after }))
    return ok(detail === '' ? undefined : { after, type: 'client.changed', detail })
  })
  const moved =
    present.value.value.sector !== undefined && present.value.value.sector !== examined.value.sector.sector
      ? [{ at: '/subject_type', detail: 'it knows everybody by another name from now on, as if they were strangers' }]
      : []
  return issued(done, [...examined.value.doubts, ...moved], secret)
}

/** What the step-up policy has of a client, and what nobody changes. */
const stepUpPart = ({ flow, acrToLoa, minimumAcr, enforcement, maxAges, amr, clientId, createdAt }: Client) => ({
  clientId,
  createdAt,
  enforcement,
  ...(flow === undefined ? {} : { flow }),
  ...(acrToLoa === undefined ? {} : { acrToLoa }),
  ...(minimumAcr === undefined ? {} : { minimumAcr }),
  ...(maxAges === undefined ? {} : { maxAges }),
  ...(amr === undefined ? {} : { amr }),
})

export async function deleteClient(
  desk: Desk,
  clientId: string,
  expects: Expects = () => true,
): Promise<Result<string, ClientRefusal>> {
  const done = await change<string, ClientRefusal>(desk, ({ realm, clients }) => {
    const client = clients.find((each) => each.clientId === clientId)
    if (client === undefined) return refuse('client-not-found')
    if (!expects(shownClient(client).etag)) return refuse('changed-since')
    return ok({
      edited: { document: 'client', client: clientId },
      realm,
      clients: clients.filter((each) => each !== client),
      writes: [deletedClient(clientId), touchedRealm(realm)],
      event: { type: 'client.deleted', client: clientId, detail: client.clientName },
      value: clientId,
    })
  })
  return done.ok ? ok(done.value.value) : ours(done)
}

// --- Secrets ------------------------------------------------------------------------------------------------------

export type Rotated = { secret: string; secrets: SecretState[] }

/**
 * Another secret. The one before it is good for `overlap` seconds more, so that the application can be given the new one in
 * peace; with 0 it ends at once, and so does whatever is retiring.
 */
export async function rotateSecret(
  desk: ClientDesk,
  clientId: string,
  data: unknown,
): Promise<Result<Rotated, ClientRefusal>> {
  const read = readDocument('malformed-overlap', data, (document) => {
    const members = readMembers(document, '', ['overlap'])
    return ifGiven(members, '', 'overlap', readInteger).overlap ?? overlaps.usual
  })
  if (!read.ok) return read
  const overlap = read.value
  if (overlap > overlaps.most)
    return refuse('malformed-overlap', { at: '/overlap', detail: `must be at most ${overlaps.most} seconds` })
  const secret = newSecret()
  const done = await edit(desk, clientId, (client) => {
    if (!hasSecret(client))
      return refuse('client-has-no-secret', {
        detail: `It authenticates by ${client.tokenEndpointAuthMethod}, and not by a secret.`,
      })
    const now = desk.now()
    const good = goodSecrets(client, now)
    if (overlap > 0 && good.some(({ until }) => until !== undefined))
      return refuse('secret-still-retiring', {
        detail: 'There are two good ones: end the older one first, or rotate with an overlap of 0.',
      })
    const before = overlap === 0 ? [] : good.map((each) => ({ ...each, until: now + overlap }))
    const secrets = [...before, { hash: hashSecret(secret), createdAt: now }]
    const detail = overlap === 0 ? 'all before it ended at once' : `the one before it ends in ${overlap} seconds`
    return ok({ after: { ...client, secrets }, type: 'client.secret-rotated', detail })
  })
  return done.ok ? ok({ secret, secrets: done.value.value.secrets.map(showSecret) }) : ours(done)
}

/** The secret before the one in use ends now. */
export async function endRetiringSecret(desk: ClientDesk, clientId: string): Promise<Result<string, ClientRefusal>> {
  const done = await edit(desk, clientId, (client) => {
    const good = goodSecrets(client, desk.now())
    const secrets = good.filter(({ until }) => until === undefined)
    if (secrets.length === good.length) return refuse('no-retiring-secret')
    const detail = 'the secret that was retiring ended'
    return ok({ after: { ...client, secrets }, type: 'client.changed', detail })
  })
  return done.ok ? ok(clientId) : ours(done)
}

// --- In common ----------------------------------------------------------------------------------------------------

type Edited = { after: Omit<Client, 'version'>; type: 'client.changed' | 'client.secret-rotated'; detail: string }

/** One client as it is, and as it is to be; nothing, where it is to stay as it is. */
const edit = (
  desk: ClientDesk,
  clientId: string,
  decide: (client: Client) => Result<Edited | undefined, ClientRefusal>,
) =>
  change<Client, ClientRefusal>(desk, ({ realm, clients }) => {
    const client = clients.find((each) => each.clientId === clientId)
    if (client === undefined) return refuse('client-not-found')
    const beyond = beyondCaller(desk, client)
    if (beyond !== undefined) return beyond
    const decided = decide(client)
    if (!decided.ok) return decided
    if (decided.value === undefined) return ok<Decided<Client>>({ asIs: client })
    const { after: changed, type, detail } = decided.value
    const after: Client = { ...changed, version: (client.version ?? 1) + 1 }
    const further = beyondCaller(desk, after) ?? beyondKeys(realm, after)
    if (further !== undefined) return further
    return ok({
      edited: { document: 'client', client: clientId },
      realm,
      clients: clients.map((each) => (each === client ? after : each)),
      writes: [replacedClient(after), touchedRealm(realm)],
      event: { type, client: clientId, detail },
      value: after,
    })
  })

/** Its key is on its way out: which algorithms have keys is the realm's to say, and it does not change meanwhile. */
function beyondKeys({ settings }: Realm, client: Omit<Client, 'version'>): Refusal<ClientRefusal> | undefined {
  const { algorithms } = rotationOf(settings)
  const member = unsignable(client, algorithms)
  if (member === undefined) return undefined
  const detail = `must be one of ${algorithms.join(', ')}: no other has keys here`
  return refuse('invalid_client_metadata', { at: `/${member}`, detail })
}

/**
 * Whoever may make a client, or give it another key or secret, could be that client: so they may do it to none that may do
 * what they may not.
 */
function beyondCaller({ mayGive = () => true }: ClientDesk, { scopes }: Client): Refusal<ClientRefusal> | undefined {
  const beyond = scopes.find((scope) => !mayGive(scope))
  return beyond === undefined
    ? undefined
    : refuse('scope-beyond-caller', {
        at: '/scope',
        detail: `The scope ${beyond} stands for what this caller may not do.`,
      })
}

/** Whoever has not said where we are can name nothing by its address. */
const noReach: Reach = { issuer: 'https://nowhere.invalid', fetchPublic: async () => refuse('address-forbidden') }

type Examined = { sector: Pick<Client, 'sector'>; doubts: Doubt[] }

/** What a document names, looked up: addresses that it is at, and keys that we would sign with. */
async function examine(
  { db, reach = noReach }: ClientDesk,
  registered: Registered,
): Promise<Result<Examined, 'invalid_client_metadata'>> {
  const keys = await readSigningKeys(db)
  const ours = algorithmsOf(keys)
  const member = ours.length === 0 ? undefined : unsignable(registered, ours)
  if (member !== undefined)
    return refuse('invalid_client_metadata', {
      at: `/${member}`,
      detail: `must be an algorithm that there is a key for: ${ours.sort().join(', ')}`,
    })
  return examineAddresses(reach, registered)
}

type Done = Awaited<ReturnType<typeof edit>>

const issued = (done: Done, doubts: readonly Doubt[], secret: string | undefined): Result<Issued, ClientRefusal> =>
  done.ok
    ? ok({
        ...shownClient(done.value.value),
        warnings: [...doubts, ...done.value.warnings.map(inOurNames)],
        ...(secret === undefined ? {} : { secret }),
      })
    : ours(done)

/** By a client alone, neither a flow nor the realm becomes anything that it was not. */
function ours(refused: Extract<Done, { ok: false }> | Refusal<string>): Refusal<ClientRefusal> {
  const { reason } = refused
  if (reason === 'realm-too-large' || reason === 'unworkable-flow') throw new Error(`A client was refused as ${reason}`)
  return inOurNames({ ...refused, reason: reason as ClientRefusal })
}

/** The policy's name of a member, as the document has it. */
const inOurNames = <About extends { at?: string }>(about: About): About =>
  about.at?.startsWith('/defaultAcr') ? { ...about, at: about.at.replace('/defaultAcr', '/default_acr_values') } : about
