/**
 * What an operator sets up: the realm, its signing keys, the first people, applications and API keys. The command
 * `npm run admin` and the seed of a laptop do it with these, against the tables as they are.
 *
 * Each is one transaction with its audit record, and says no rather than write over what is there.
 */
import { randomBytes } from 'node:crypto'
import fido from '../flows/fido.json' with { type: 'json' }
import stepUpLdapOtp from '../flows/stepup-ldap-otp.json' with { type: 'json' }
import stepUpLdapOtpCba from '../flows/stepup-ldap-otp-cba.json' with { type: 'json' }
import { type ClientRefusal, registerClient } from './client-admin.ts'
import type { Actor, AuditEvent } from './core/audit-event.ts'
import type { Client } from './core/oidc/client.ts'
import { showClient } from './core/oidc/client-metadata.ts'
import { type ClaimsDocument, documentOf, membersOf, readClaimsDocument } from './core/oidc/standard-claims.ts'
import { hashPassword } from './core/password.ts'
import { defaultAcrToLoa, defaultSettings, type Realm, type Settings } from './core/realm.ts'
import { ok, type Result, refuse } from './core/result.ts'
import { newId, newSecret } from './core/secret.ts'
import type { Person } from './core/session.ts'
import { checkFlow, type Flow, parseFlow } from './core/step-up/flow.ts'
import type { Role, User } from './core/user.ts'
import { type Done, type Rotator, rotateKeys } from './rotate-keys.ts'
import type { Reach } from './services/client-addresses.ts'
import { type KeyMaker, openKeyMaker } from './services/key-maker.ts'
import type { Vault } from './services/vault.ts'
import { recorded } from './store/audit.ts'
import type { Db, Write } from './store/db.ts'
import { findByUserName, readPerson } from './store/people.ts'
import { createdRealm } from './store/realm.ts'
import { createdSealKey, readSealKeys } from './store/seal-keys.ts'
import { createdUser, forgottenCertificate, registeredCertificate } from './store/users.ts'
import { editUser } from './user-admin.ts'

/** Where and as whom the operator works. */
export type Workbench = {
  db: Db
  now: () => number
  vault: Vault
  actor: Actor
  /** Where we are, and how what clients name by its address is asked. */
  reach?: Reach
  /** Left out: signing keys are wrapped by the vault. */
  keyMaker?: KeyMaker
}

type Told = Omit<AuditEvent, 'at' | 'actor'>

async function commit({ db, now, actor }: Workbench, writes: Write[], event: Told): Promise<boolean> {
  const done = await db.transact([...writes, recorded({ ...event, at: now(), actor })])
  return done.ok
}

/** The realm with the flows that ship, if there is none yet. */
export async function seedRealm(
  bench: Workbench,
  change: Partial<Pick<Realm, 'enrol'>> = {},
): Promise<Result<Realm, 'realm-exists'>> {
  const realm = { ...newRealm(), ...change }
  const done = await commit(bench, [createdRealm(realm)], { type: 'settings.changed', detail: 'the realm was made' })
  return done ? ok(realm) : refuse('realm-exists')
}

/** A realm as it begins, with the flows that ship. */
export function newRealm(settings: Settings = defaultSettings): Realm {
  const flows = [fido, stepUpLdapOtp, stepUpLdapOtpCba].map(shippedFlow)
  return {
    settings,
    acrToLoa: defaultAcrToLoa,
    unreachable: 'attempt',
    flows: Object.fromEntries(flows.map((flow) => [flow.id, flow])),
    browserFlow: 'fido',
    decoySecret: newSecret(),
    pairwiseSecret: newSecret(),
    nonceSecret: newSecret(),
    version: 1,
  }
}

function shippedFlow(data: unknown): Flow {
  const flow = parseFlow(data)
  if (!flow.ok) throw new Error(`A flow that ships is malformed at ${flow.at ?? '/'}: ${flow.detail}`)
  const works = checkFlow(flow.value, defaultAcrToLoa)
  if (!works.ok) throw new Error(`A flow that ships cannot work at ${works.at ?? '/'}: ${works.detail}`)
  return works.value
}

/** A key that signs for each algorithm of the realm that has none. Answers with what it did. */
export const ensureSigningKeys = (bench: Workbench): Promise<Done[]> => rotateKeys(rotatorOf(bench), { urgent: true })

export const rotatorOf = ({ keyMaker, ...bench }: Workbench): Rotator => ({
  ...bench,
  keyMaker: keyMaker ?? openKeyMaker(bench.vault),
})

/** The key that one-time passwords are sealed with, if there is none. Says whether it made one. */
export async function ensureSealKey(bench: Workbench): Promise<boolean> {
  if ((await readSealKeys(bench.db)).length > 0) return false
  const id = newId()
  const wrappedKey = await bench.vault.wrap(randomBytes(32), 'keystep-seal-key')
  return commit(bench, [createdSealKey({ id, wrappedKey, createdAt: bench.now() })], {
    type: 'seal-key.created',
    detail: id,
  })
}

export type NewUser = Pick<User, 'userName'> &
  Partial<
    Pick<User, 'id' | 'email' | 'givenName' | 'familyName' | 'displayName' | 'locale' | 'claims' | 'directory'>
  > & {
    password?: string
    roles?: readonly Role[]
  }

/**
 * An address that an operator gives counts as verified: the organisation vouches for it. `theirs` is written with the
 * user, or not at all.
 */
export async function createUser(
  bench: Workbench,
  given: NewUser,
  theirs: Write[] = [],
): Promise<Result<User, 'user-exists'>> {
  const { password, id = newId(), roles, ...rest } = given
  const now = bench.now()
  const user: User = {
    ...rest,
    id,
    enabled: true,
    standing: 1,
    createdAt: now,
    updatedAt: now,
    ...(given.email === undefined ? {} : { emailVerified: true }),
    ...(roles === undefined ? {} : { roles }),
    ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
  }
  const done = await commit(bench, [...createdUser(user), ...theirs], { type: 'user.created', user: id })
  return done ? ok(user) : refuse('user-exists')
}

/** By name alone: what an operator types is never taken for somebody else's id. */
async function namedPerson({ db }: Workbench, userName: string): Promise<Person | undefined> {
  const id = await findByUserName(db, userName)
  return id === undefined ? undefined : readPerson(db, id)
}

export async function setPassword(
  bench: Workbench,
  userName: string,
  password: string,
): Promise<Result<User, NotChanged>> {
  const passwordHash = await hashPassword(password)
  return edited(bench, userName, 'password', (before) => ({ ...before, passwordHash }))
}

/** An address that takes mail: the way back for a user whose mail bounced. */
export const setEmail = (bench: Workbench, userName: string, email: string): Promise<Result<User, NotChanged>> =>
  edited(bench, userName, 'email', ({ mailTrouble, ...before }) => ({ ...before, email, emailVerified: true }))

/** What keeps a change from being made that is well-formed by itself. */
export type NotChanged = 'no-user' | 'user-deleting' | 'changed-meanwhile'

/** An operator at the tables changes what the API would leave to the directory, too. */
async function edited(
  bench: Workbench,
  userName: string,
  detail: string,
  change: (before: User) => User,
): Promise<Result<User, NotChanged>> {
  const id = await findByUserName(bench.db, userName)
  if (id === undefined) return refuse('no-user')
  const done = await editUser(
    bench,
    id,
    () => true,
    (before) => ok({ after: change(before), events: [{ type: 'user.changed', detail }] }),
  )
  if (done.ok) return done
  if (done.reason === 'user-not-found') return refuse('no-user')
  return refuse(done.reason === 'user-deleting' ? 'user-deleting' : 'changed-meanwhile')
}

/** What applications may hear of a user, beside the name and the address they sign in and get mail with. */
export async function claimsOf(bench: Workbench, userName: string): Promise<Result<ClaimsDocument, 'no-user'>> {
  const person = await namedPerson(bench, userName)
  return person === undefined ? refuse('no-user') : ok(documentOf(person.user))
}

/** All of it anew: what the document leaves out is not known of the user any more. */
export async function setClaims(
  bench: Workbench,
  userName: string,
  data: unknown,
): Promise<Result<ClaimsDocument, NotChanged | 'malformed-claims'>> {
  const document = readClaimsDocument(data)
  if (!document.ok) return document
  const members = membersOf(document.value)
  const done = await edited(bench, userName, 'claims', (before) => {
    const { displayName, givenName, familyName, locale, claims, ...rest } = before
    return { ...rest, ...members }
  })
  return done.ok ? document : done
}

/** The thumbprints that are listed for a user; `undefined` where none ever were, and any that names them counts. */
export async function certificatesOf(
  bench: Workbench,
  userName: string,
): Promise<Result<string[] | undefined, 'no-user'>> {
  const person = await namedPerson(bench, userName)
  return person === undefined ? refuse('no-user') : ok(person.user.certificateThumbprints)
}

/** One certificate more that is theirs, by its SHA-256 (base64url). */
export async function registerCertificate(
  bench: Workbench,
  userName: string,
  thumbprint: string,
): Promise<Result<User, 'no-user' | 'certificate-taken'>> {
  const person = await namedPerson(bench, userName)
  if (person === undefined) return refuse('no-user')
  const detail = `certificate ${thumbprint} added`
  const writes = registeredCertificate(person.user, thumbprint, bench.now())
  const done = await commit(bench, writes, { type: 'user.changed', user: person.user.id, detail })
  return done ? ok(person.user) : refuse('certificate-taken')
}

/** One less. What rests on it ends, and the last one leaves an empty list. */
export async function forgetCertificate(
  bench: Workbench,
  userName: string,
  thumbprint: string,
): Promise<Result<User, 'no-user' | 'no-certificate'>> {
  const person = await namedPerson(bench, userName)
  if (person === undefined) return refuse('no-user')
  const detail = `certificate ${thumbprint} removed`
  const writes = forgottenCertificate(person.user, thumbprint, bench.now())
  const done = await commit(bench, writes, { type: 'user.changed', user: person.user.id, detail })
  return done ? ok(person.user) : refuse('no-certificate')
}

export type NewClient = Pick<Client, 'clientId' | 'redirectUris'> &
  Partial<Omit<Client, 'clientId' | 'redirectUris' | 'secrets' | 'enabled' | 'createdAt'>> & {
    /** Given by a seed that must keep it; made anew otherwise. */
    secret?: string
  }

export type ShownClient = { client: Client; secret?: string }

/** As the API registers it, of the same document. The secret is answered once and kept hashed. */
export async function createClient(
  bench: Workbench,
  { secret, flow, acrToLoa, minimumAcr, enforcement, maxAges, amr, ...fields }: NewClient,
): Promise<Result<ShownClient, ClientRefusal>> {
  const stepUp = { flow, acrToLoa, minimumAcr, enforcement, maxAges, amr }
  const document = showClient({
    clientName: fields.clientId,
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code', 'refresh_token'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    idTokenSignedResponseAlg: fields.profile === 'fapi2' ? 'ES256' : 'RS256',
    enabled: true,
    ...fields,
  })
  const made = await registerClient(bench, document, {
    ...(secret === undefined ? {} : { secret }),
    stepUp: Object.fromEntries(Object.entries(stepUp).filter(([, value]) => value !== undefined)),
  })
  if (!made.ok) return made
  const { value: client, secret: shown } = made.value
  return ok({ client, ...(shown === undefined ? {} : { secret: shown }) })
}
