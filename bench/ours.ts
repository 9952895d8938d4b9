/**
 * Keystep for the bench: the emulator with our tables, the Lambdas as they are deployed (bundled, minified, with their
 * own environment and clock), people with keys, and applications.
 *
 * Beside the bundles there is a second dispatcher over the same sources whose store answers from memory and writes
 * nothing: what it takes is everything of ours but DynamoDB and its SDK.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Lambda, lambdas, type Route, routesOf } from '../lambdas/routes.ts'
import { bundle } from '../lib/bundle.ts'
import type { Table } from '../lib/tables.ts'
import { startDynamodb } from '../local/dynamodb.ts'
import { environmentOf } from '../local/environment.ts'
import { createTables, localClient } from '../local/tables.ts'
import { createApiKey } from '../src/api-key-admin.ts'
import { newId } from '../src/core/secret.ts'
import type { User } from '../src/core/user.ts'
import { makeDispatcher, type Served } from '../src/http/lambda.ts'
import { openClientCertificates } from '../src/services/client-certificates.ts'
import { openClientKeys } from '../src/services/client-keys.ts'
import { openDirectory } from '../src/services/directory.ts'
import { openProofNonces } from '../src/services/proof-nonces.ts'
import { openSealer } from '../src/services/sealer.ts'
import { openSigner } from '../src/services/signer.ts'
import { openTokenValidator } from '../src/services/token-validator.ts'
import { openVault } from '../src/services/vault.ts'
import { openVerifier } from '../src/services/verifier.ts'
import { createClient, createUser, ensureSealKey, ensureSigningKeys, type NewClient, seedRealm } from '../src/setup.ts'
import { readStage, type Stage } from '../src/stage.ts'
import { type Db, type Item, openDb, type Place } from '../src/store/db.ts'
import { createdAuthenticator } from '../src/store/people.ts'
import type { World } from '../src/world.ts'
import { createSecurityKey, type SecurityKey } from '../test/authenticator.ts'
import { assertionKeys, issuer, redirectUri, secret } from './applications.ts'
import type { Handler, Handlers } from './carriers.ts'

export type Member = { user: User; key: SecurityKey }

export type Ours = {
  endpoint: string
  client: DynamoDBClient
  tableNames: Record<Table, string>
  db: Db
  stage: Stage
  members: Member[]
  /** A user to import keys for. */
  newUser(): Promise<User>
  apiKey: string
  bundled: Partial<Handlers>
  storeless: Partial<Handlers>
  close(): Promise<void>
}

const now = () => Math.floor(Date.now() / 1000)

/** ES256 like the peer's: an RS256 signature with 3072 bits takes fifteen times as long. */
const common = { redirectUris: [redirectUri], idTokenSignedResponseAlg: 'ES256' } as const
const applications: readonly NewClient[] = [
  {
    ...common,
    clientId: 'app1',
    secret,
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    scopes: ['openid', 'profile', 'email', 'offline_access', 'api'],
  },
  { ...common, clientId: 'public1', tokenEndpointAuthMethod: 'none' },
  {
    ...common,
    clientId: 'signs1',
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: assertionKeys,
    dpopBoundAccessTokens: true,
  },
]

export async function openOurs(people: number): Promise<Ours> {
  const directory = await mkdtemp(join(tmpdir(), 'keystep-bench-'))
  const given = process.env.DYNAMODB_ENDPOINT
  const dynamodb = await startDynamodb()
  const prefix = `bench-${newId().slice(0, 6)}-`
  const tableNames = await createTables(dynamodb.endpoint, prefix)
  const wrappingKeyFile = join(directory, 'wrapping-key')
  await writeFile(wrappingKeyFile, randomBytes(32))
  const { endpoint } = dynamodb
  Object.assign(
    process.env,
    environmentOf('bench', {
      issuer,
      enrolmentOrigin: 'https://cms.example.org',
      dynamodbEndpoint: endpoint,
      sesEndpoint: 'http://localhost:9',
      tableNames,
      wrappingKeyFile,
    }),
    // Nobody is told anything here.
    { RP_ID: 'example.org', WEBHOOK_QUEUE_URL: 'http://localhost:9/nobody' },
  )
  const stage = readStage(process.env)
  const client = localClient(endpoint)
  const db = openDb(client, tableNames)
  const bench = { db, now, vault: openVault(stage), actor: { kind: 'operator', id: 'bench' } as const }

  await seedRealm(bench)
  await ensureSigningKeys(bench)
  await ensureSealKey(bench)
  for (const application of applications) {
    const created = await createClient(bench, application)
    if (!created.ok) throw new Error(`${application.clientId}: ${created.reason} ${created.detail}`)
  }
  const { secret: apiKey } = await createApiKey(bench, {
    name: 'CMS',
    scopes: ['authenticators:read', 'authenticators:write', 'users:read'],
  })
  const newUser = async (): Promise<User> => {
    const made = await createUser(bench, { userName: `user-${newId()}`, email: `${newId()}@example.org` })
    if (!made.ok) throw new Error(made.reason)
    return made.value
  }
  const members = await Promise.all(Array.from({ length: people }, async () => withKey(db, await newUser())))

  return {
    endpoint,
    client,
    tableNames,
    db,
    stage,
    members,
    newUser,
    apiKey,
    bundled: await loadBundles(join(directory, 'bundles')),
    storeless: await openStoreless(stage, db),
    async close() {
      client.destroy()
      await dynamodb.close()
      // Who starts an emulator after us must not be sent to ours.
      if (given === undefined) delete process.env.DYNAMODB_ENDPOINT
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function withKey(db: Db, user: User): Promise<Member> {
  const key = createSecurityKey({
    rpId: 'example.org',
    origin: issuer,
    userHandle: Buffer.from(user.id).toString('base64url'),
    // Many sign-ins of one person at once: a counter would let only the last of them in.
    counter: 'none',
  })
  const done = await db.transact(
    createdAuthenticator({
      id: newId(),
      user: user.id,
      type: 'fido',
      state: 'active',
      origin: 'imported',
      provenance: 'raw',
      createdAt: now(),
      credential: key.credential,
      version: 1,
    }),
  )
  if (!done.ok) throw new Error('A key was refused')
  return { user, key }
}

type Module = Record<string, unknown>
const isFunction = (value: unknown): value is (...given: never[]) => unknown => typeof value === 'function'

async function loadBundles(directory: string): Promise<Partial<Handlers>> {
  const wanted = lambdas.filter((name) => name !== 'activation' && name !== 'logout')
  const loaded = await Promise.all(
    wanted.map(async (name): Promise<[Lambda, Handler]> => [name, await loadBundle(name, join(directory, name))]),
  )
  return Object.fromEntries(loaded)
}

/** With the environment as it is now: a Lambda reads its settings when it starts. */
export async function loadBundle(name: Lambda, directory: string): Promise<Handler> {
  const { file } = await bundle(name, directory)
  const { handler }: Module = await import(pathToFileURL(file).href)
  if (!isFunction(handler)) throw new Error(`The bundle of ${name} exports no handler`)
  return handler as unknown as Handler
}

async function openStoreless(stage: Stage, db: Db): Promise<Partial<Handlers>> {
  const remembering = rememberingDb(db)
  const world: World = {
    now,
    stage,
    db: remembering,
    verifier: openVerifier(stage, remembering, now),
    proofNonces: openProofNonces(remembering, now),
    signer: openSigner(stage, remembering, now),
    sealer: openSealer(stage, remembering),
    directory: openDirectory(stage, now),
    tokenValidator: openTokenValidator(stage, now),
    certificates: { examine: () => Promise.reject(new Error('Nobody shows a certificate')) },
    mail: { send: () => Promise.reject(new Error('Nobody is written to')) },
    clientKeys: openClientKeys(stage, now),
    clientCertificates: openClientCertificates(stage, now),
    fetchPublic: () => Promise.reject(new Error('Nobody is asked')),
    webhookQueue: { send: () => Promise.reject(new Error('Nobody is told')) },
    // The bundles write their line, too, to a console that is silent.
    log: (message, facts = {}) => console.log(JSON.stringify({ message, ...facts })),
  }
  const names = ['token', 'resource', 'authorize', 'otp', 'webauthn', 'authenticators'] as const
  const made = names.map(async (name) => {
    const served = await Promise.all(routesOf(name).map(serve))
    return [name, makeDispatcher(world, served) as unknown as Handler] as const
  })
  return Object.fromEntries(await Promise.all(made))
}

async function serve(route: Route): Promise<Served> {
  const { handle }: Module = await import(fileURLToPath(new URL(`../lambdas/${route.file}`, import.meta.url)))
  if (!isFunction(handle)) throw new Error(`lambdas/${route.file} exports no handle`)
  return { ...route, handle: handle as Served['handle'] }
}

/** Reads a record once and remembers it; writes nothing, so that a code or a refresh token is never spent. */
function rememberingDb(db: Db): Db {
  const records = new Map<string, Item | undefined>()
  const queries = new Map<string, Awaited<ReturnType<Db['query']>>>()
  const keyOf = ({ table, key }: Place) => `${table} ${key.pk} ${key.sk ?? ''}`
  const remembering: Db = {
    async batch(places) {
      const missing = places.filter((place) => !records.has(keyOf(place)))
      if (missing.length > 0) {
        const items = await db.batch(missing)
        for (const [at, place] of missing.entries()) records.set(keyOf(place), items[at])
      }
      return places.map((place) => records.get(keyOf(place)))
    },
    async get(place) {
      const [item] = await remembering.batch([place])
      return item
    },
    count: (query) => db.count(query),
    async query(query) {
      const name = JSON.stringify(query)
      const found = queries.get(name) ?? (await db.query(query))
      queries.set(name, found)
      return found
    },
    transact: async () => ({ ok: true }),
    update: async () => ({ ok: true, item: {} }),
  }
  return remembering
}
