/**
 * A whole service for a test: the emulator with our tables, the routes as API Gateway would call them, a clock to set.
 *
 *     const house = await openHouse()
 *     const anna = await house.addUser({ userName: 'anna', password: 'correct horse' })
 *     const key = await house.addApiKey()
 *     const reply = await house.invoke('GET', `/api/v1/tenants/demo/users/anna`, { headers: { apikey: key.shown } })
 *     reply.commands                       // what DynamoDB was asked for it
 *     house.now += 3600
 *     await house.close()
 *
 * Every command that a route sends is held against what the route table grants its Lambda, and fails with AccessDenied
 * where the deployed role would: so a test that passes proves that the rights suffice. Every answer of the API is held
 * against its description (contract.ts), and fails where it has what is not written down. What a test itself writes or
 * reads (`seed`, `add…`, `all`) is not held to them.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { calculateJwkThumbprint } from 'jose'
import { type Access, type Lambda, type Right, type Route, routes, routesOf } from '../lambdas/routes.ts'
import type { Table } from '../lib/tables.ts'
import { startDynamodb } from '../local/dynamodb.ts'
import { type Match, matcher } from '../local/gateway.ts'
import { startMailCapture } from '../local/mail.ts'
import type { Mail as CapturedMail } from '../local/mailbox.ts'
import { createTables, deleteTables, localClient } from '../local/tables.ts'
import { type ApiScope, apiScopes, showApiKey } from '../src/core/api-key.ts'
import type { Authenticator } from '../src/core/authenticator.ts'
import type { Client } from '../src/core/oidc/client.ts'
import { type SigningAlgorithm, signingAlgorithms } from '../src/core/oidc/signing.ts'
import { hashPassword } from '../src/core/password.ts'
import { defaultSettings, type Settings } from '../src/core/realm.ts'
import { hashSecret, newId, newSecret } from '../src/core/secret.ts'
import type { User } from '../src/core/user.ts'
import type { Delivery } from '../src/core/webhook/message.ts'
import type { Answer, Call } from '../src/http/call.ts'
import { makeDispatcher } from '../src/http/lambda.ts'
import { openCertificates } from '../src/services/certificates.ts'
import { openClientCertificates } from '../src/services/client-certificates.ts'
import { clientKeysBy } from '../src/services/client-keys.ts'
import { openDirectory } from '../src/services/directory.ts'
import { type Mail, openMail } from '../src/services/mail.ts'
import { openProofNonces } from '../src/services/proof-nonces.ts'
import { openPublicFetch } from '../src/services/public-fetch.ts'
import { openSealer } from '../src/services/sealer.ts'
import { openSigner } from '../src/services/signer.ts'
import { openTokenValidator } from '../src/services/token-validator.ts'
import { openVault } from '../src/services/vault.ts'
import { openVerifier } from '../src/services/verifier.ts'
import { newRealm } from '../src/setup.ts'
import type { Stage } from '../src/stage.ts'
import { createdApiKey } from '../src/store/api-keys.ts'
import { createdClient } from '../src/store/clients.ts'
import { type Item, openDb, type Write } from '../src/store/db.ts'
import { places } from '../src/store/keys.ts'
import { createdAuthenticator } from '../src/store/people.ts'
import { changedRealm, createdRealm, readRealm } from '../src/store/realm.ts'
import { createdSealKey } from '../src/store/seal-keys.ts'
import { createdSigningKey } from '../src/store/signing-keys.ts'
import { createdUser } from '../src/store/users.ts'
import type { World } from '../src/world.ts'
import { unrecorded } from './audited.ts'
import type { SecurityKey } from './authenticator.ts'
import type { Sent } from './contract.ts'

/** One command to DynamoDB. `actions` are IAM's words for it, with the table or index each needs. */
export type Command = { request: string; route: string; name: string; actions: Action[] }

/** `leading`: the partition of the record that is written, which a right may be limited to; `sort`: its place there; `changes`: what an update names. */
export type Action = {
  action: string
  on: string
  leading?: string | undefined
  sort?: string | undefined
  changes?: string[]
}

export type Request = {
  headers?: Record<string, string>
  /** A text as it is; a form when URLSearchParams; JSON otherwise. The last two bring their content type. */
  body?: unknown
  cookies?: Record<string, string>
  /** The source address. */
  ip?: string
  /** PEM: what the connection showed, where the host asks for a certificate. */
  certificate?: string
}

export type Reply<Body = unknown> = {
  status: number
  headers: Record<string, string>
  /** `Set-Cookie` as it was sent. */
  cookies: string[]
  body: string
  /** The body, when its type is some JSON. */
  json: Body
  /** What this request asked of DynamoDB. */
  commands: Command[]
  /** The route that answered. */
  route: string
}

export type House = Awaited<ReturnType<typeof openHouse>>

export type HouseOptions = {
  stage?: Partial<Stage>
  settings?: Partial<Settings>
  /** Instead of SES in front of the mail capture: for a mailer that fails in a way the capture cannot. */
  mail?: Mail
  /** `host:port` of a test's servers, which addresses of clients may name although they are on loopback. */
  reachable?: readonly string[]
}

/** Where the clock of every house starts. */
export const dayOne = 1_800_000_000

type Running = { request: string; route: Route; commands: Command[] }

export async function openHouse(options: HouseOptions = {}) {
  // The SES client has no settings of its own: what it finds here, a Lambda finds in its environment.
  Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
  const directory = await mkdtemp(join(tmpdir(), 'keystep-house-'))
  const prefix = `house-${randomUUID().slice(0, 8)}-`
  const dynamodb = await startDynamodb()
  const capture = await startMailCapture({ port: 0 })
  const tableNames = await createTables(dynamodb.endpoint, prefix)
  const wrappingKey = join(directory, 'wrapping-key')
  await writeFile(wrappingKey, randomBytes(32))

  const stage: Stage = {
    issuer: 'https://id.example.org',
    rpId: 'example.org',
    serviceName: 'Example Sign-in',
    tenantCode: 'demo',
    mailSender: 'sign-in@example.org',
    importRpIds: ['example.org', 'keys.example.org'],
    enrolmentOrigins: ['https://id.example.org', 'https://cms.example.org'],
    tableNames,
    wrappingKey: { file: wrappingKey },
    dynamodbEndpoint: dynamodb.endpoint,
    sesEndpoint: capture.endpoint,
    ...options.stage,
  }

  const running = new AsyncLocalStorage<Running>()
  const commands: Command[] = []
  /** Changes that had no audit record in their transaction: a house where there was one does not close in peace. */
  const alone = new Set<string>()
  const client = localClient(dynamodb.endpoint)
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const here = running.getStore()
      if (here !== undefined) {
        const name = String(context.commandName ?? '').replace(/Command$/, '')
        const command = {
          request: here.request,
          route: here.route.name,
          name,
          actions: actionsOf(name, args.input, tableNames),
        }
        commands.push(command)
        here.commands.push(command)
        for (const action of command.actions) demandRight(here.route.lambda, action)
        for (const kind of unrecorded(here.route, command.actions)) alone.add(`${here.route.name}: ${kind}`)
      }
      return next(args)
    },
    { step: 'initialize', name: 'rights' },
  )

  const clock = { now: dayOne }
  const contract = import('./contract.ts').then(({ openContract }) => openContract())
  const now = () => clock.now
  const db = openDb(client, tableNames)
  const enqueued: Delivery[] = []
  const lines: { message: string; [fact: string]: unknown }[] = []
  const world: World = {
    now,
    stage,
    db,
    verifier: openVerifier(stage, db, now),
    proofNonces: openProofNonces(db, now),
    signer: openSigner(stage, db, now),
    sealer: openSealer(stage, db),
    directory: openDirectory(stage, now),
    tokenValidator: openTokenValidator(stage, now),
    certificates: stage.certificates === undefined ? nothing('certificates') : openCertificates(stage, now),
    clientKeys: clientKeysBy(openPublicFetch(options.reachable ?? []), now),
    clientCertificates: openClientCertificates(stage, now),
    mail: options.mail ?? openMail(stage),
    fetchPublic: openPublicFetch(options.reachable ?? []),
    webhookQueue: { send: async (deliveries) => void enqueued.push(...deliveries) },
    log: (message, facts) => lines.push({ message, ...facts }),
  }

  const seed = async (...writes: Write[]): Promise<void> => {
    const done = await running.exit(() => db.transact(writes))
    if (!done.ok) throw new Error(`The seed was refused: ${JSON.stringify(done.conflicts)}`)
  }

  await seed(createdRealm(newRealm({ ...defaultSettings, ...options.settings })))
  await Promise.all(signingAlgorithms.map(async (alg) => seed(createdSigningKey(await freshSigningKey(alg, stage)))))
  const wrappedKey = await openVault(stage).wrap(randomBytes(32), 'keystep-seal-key')
  await seed(createdSealKey({ id: newId(), wrappedKey, createdAt: dayOne }))

  return {
    ...houseOf(),
    /** Seconds. Set it to be elsewhere in time. */
    get now() {
      return clock.now
    },
    set now(value: number) {
      clock.now = value
    },
  }

  function houseOf() {
    return {
      world,
      stage,
      db,
      commands,
      enqueued,
      lines,
      contract,
      seed,
      invoke,
      answer,
      all,
      audit,
      mails,
      close,
      ...seeding(),
    }
  }

  /** Runs one request through the route that API Gateway would choose, with that Lambda's rights and no more. */
  async function invoke<Body = unknown>(
    method: Route['method'],
    target: string,
    { headers = {}, body, cookies = {}, ip = '192.0.2.1', certificate }: Request = {},
  ): Promise<Reply<Body>> {
    const [path = '', ...rest] = target.split('?')
    const found = match(method, path, certificate)
    if (found === undefined) throw new Error(`No route answers ${method} ${path}`)
    const { route, params } = found
    const request = randomUUID()
    const event = eventOf({ route, params, path, query: rest.join('?'), headers, body, cookies, ip, request })
    if (route.host === 'mtls' && certificate !== undefined) event.requestContext.authentication = shownBy(certificate)
    const here: Running = { request, route, commands: [] }
    return replyOf<Body>(await dispatched(event, here), here)
  }

  async function dispatched(event: APIGatewayProxyEventV2, here: Running) {
    const { route } = here
    const handle = await handlerOf(route)
    const dispatch = makeDispatcher(worldOf(route.lambda, world), [{ ...route, handle }])
    const result = await running.run(here, () => dispatch(event, {} as Context))
    // What the API answers must be what is written down of it.
    if (route.caller === 'api') (await contract).hold(route, replyOf(result, here), sentIn(event))
    return result
  }

  /** For a gateway in front of the house: an event as API Gateway makes it, answered by the Lambda it is for. */
  function answer(lambda: Lambda, event: APIGatewayProxyEventV2) {
    const route = routesOf(lambda).find(({ method, path }) => `${method} ${path}` === event.routeKey)
    if (route === undefined) throw new Error(`No route of '${lambda}' answers ${event.routeKey}`)
    return dispatched(event, { request: event.requestContext.requestId, route, commands: [] })
  }

  /** Every record of a table. */
  async function all(table: Table): Promise<Item[]> {
    const items: Item[] = []
    let from: Record<string, never> | undefined
    do {
      const page = await running.exit(() =>
        client.send(
          new ScanCommand({
            TableName: tableNames[table],
            ConsistentRead: true,
            ...(from && { ExclusiveStartKey: from }),
          }),
        ),
      )
      items.push(...(page.Items ?? []).map((image) => unmarshall(image)))
      from = page.LastEvaluatedKey as typeof from
    } while (from !== undefined)
    return items
  }

  /** What the audit log says, in the order of time, of one type where one is named. */
  async function audit(type?: string): Promise<Item[]> {
    const events = await all('audit')
    return events
      .filter((event) => type === undefined || event.type === type)
      .sort((a, b) => (String(a.sk) < String(b.sk) ? -1 : 1))
  }

  /** The mails sent so far, newest first, to one address where one is named. */
  async function mails(to?: string): Promise<CapturedMail[]> {
    const query = to === undefined ? '' : `?to=${encodeURIComponent(to)}`
    return (await fetch(capture.inboxJsonUrl + query)).json() as Promise<CapturedMail[]>
  }

  async function close(): Promise<void> {
    if (process.env.DYNAMODB_ENDPOINT) await deleteTables(dynamodb.endpoint, prefix)
    client.destroy()
    await Promise.all([dynamodb.close(), capture.close()])
    await rm(directory, { recursive: true, force: true })
    if (alone.size > 0)
      throw new Error(
        `Changed without an audit record in the same transaction (see test/audited.ts): ${[...alone].join('; ')}`,
      )
  }

  function seeding() {
    return {
      async addUser({ password, ...change }: Partial<User> & { password?: string } = {}): Promise<User> {
        const userName = change.userName ?? `user-${newId().slice(0, 6)}`
        const user: User = {
          id: randomUUID(),
          userName,
          email: `${userName}@example.org`,
          emailVerified: true,
          enabled: true,
          standing: 0,
          createdAt: clock.now,
          updatedAt: clock.now,
          ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
          ...change,
        }
        await seed(...createdUser(user))
        return user
      },

      /** `shown` goes into the header `apikey`. */
      async addApiKey(
        scopes: readonly ApiScope[] = apiScopes,
        change: { expiresAt?: number; revokedAt?: number } = {},
      ): Promise<{ id: string; shown: string }> {
        const [id, secret] = [newId(), newSecret()]
        const secretHash = hashSecret(secret)
        await seed(createdApiKey({ id, name: 'CMS', secretHash, scopes, createdAt: clock.now, ...change }))
        return { id, shown: showApiKey({ id, secret }) }
      },

      /** A key as if it had been imported, or made here, and perhaps activated. */
      async addAuthenticator(
        user: User,
        key: Pick<SecurityKey, 'credential'>,
        change: Partial<Authenticator> = {},
      ): Promise<Authenticator> {
        const authenticator: Authenticator = {
          id: newId(),
          user: user.id,
          type: 'fido',
          state: 'active',
          origin: 'imported',
          provenance: 'raw',
          createdAt: clock.now,
          credential: key.credential,
          version: 0,
          ...change,
        }
        await seed(...createdAuthenticator(authenticator))
        return authenticator
      },

      async addClient({ secret, ...change }: Partial<Client> & { secret?: string } = {}): Promise<Client> {
        const client: Client = {
          clientId: 'app1',
          clientName: 'App1',
          redirectUris: ['https://app1.example.com/callback'],
          postLogoutRedirectUris: ['https://app1.example.com/'],
          grantTypes: ['authorization_code', 'refresh_token'],
          tokenEndpointAuthMethod: secret === undefined ? 'none' : 'client_secret_basic',
          secrets: secret === undefined ? [] : [{ hash: hashSecret(secret), createdAt: clock.now }],
          scopes: ['openid', 'profile', 'email', 'offline_access'],
          idTokenSignedResponseAlg: 'RS256',
          enforcement: 'voluntary',
          enabled: true,
          createdAt: clock.now,
          ...change,
        }
        await seed(createdClient(client))
        return client
      },

      async changeSettings(change: Partial<Settings>): Promise<void> {
        const realm = await running.exit(() => readRealm(db))
        await seed(changedRealm({ ...realm, settings: { ...realm.settings, ...change } }))
      },

      async changeUser(user: User, change: Partial<User>): Promise<void> {
        const item = await running.exit(() => db.get(places.user(user.id)))
        await seed({ write: 'put', ...places.user(user.id), item: { ...item, ...change } })
      },
    }
  }
}

// --- What the realm starts with -----------------------------------------------------------------------------------

/** Made once for each test file, and RSA of 2048 bits, where a deployment has 3072. */
const keyPairs = new Map<SigningAlgorithm, KeyPairKeyObjectResult>()

const makeKeyPair: Record<SigningAlgorithm, () => KeyPairKeyObjectResult> = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
}

async function freshSigningKey(alg: SigningAlgorithm, stage: Stage) {
  const { publicKey, privateKey } = keyPairs.get(alg) ?? makeKeyPair[alg]()
  keyPairs.set(alg, { publicKey, privateKey })
  const publicJwk = publicKey.export({ format: 'jwk' }) as Record<string, string>
  return {
    kid: await calculateJwkThumbprint(publicJwk),
    alg,
    state: 'active' as const,
    publicJwk,
    wrappedPrivateKey: await openVault(stage).wrap(
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      'keystep-signing-key',
    ),
    createdAt: dayOne,
    since: dayOne,
  }
}

// --- Rights, as lib/rights.ts grants them -------------------------------------------------------------------------

const granted: Record<Access, readonly string[]> = {
  get: ['BatchGetItem'],
  query: ['Query'],
  index: ['Query'],
  check: ['ConditionCheckItem'],
  put: ['PutItem'],
  update: ['UpdateItem'],
  delete: ['DeleteItem'],
}

type Written = {
  TableName?: string
  Key?: Record<string, { S?: string }>
  Item?: Record<string, { S?: string }>
  UpdateExpression?: string
  ExpressionAttributeNames?: Record<string, string>
}

type Input = Written & {
  IndexName?: string
  RequestItems?: Record<string, unknown>
  TransactItems?: Record<string, Written>[]
}

const leadingOf = ({ Key, Item }: Written): string | undefined => (Key ?? Item)?.pk?.S

const detailsOf = ({ Key, Item, UpdateExpression, ExpressionAttributeNames = {} }: Written) => ({
  sort: (Key ?? Item)?.sk?.S,
  ...(UpdateExpression === undefined ? {} : { changes: Object.values(ExpressionAttributeNames) }),
})

const transactActions: Record<string, string> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
}

/** IAM asks for the action of each item of a transaction, and for an index by its own name. */
function actionsOf(name: string, input: object, tableNames: Record<Table, string>): Command['actions'] {
  const tableOf = (deployed: string | undefined): string =>
    Object.entries(tableNames).find(([, its]) => its === deployed)?.[0] ?? `unknown table ${deployed}`
  const { TableName, IndexName, RequestItems, TransactItems }: Input = input
  if (TransactItems !== undefined)
    return TransactItems.flatMap((item) =>
      Object.entries(item).map(([kind, about]) => ({
        action: transactActions[kind] ?? kind,
        on: tableOf(about.TableName),
        leading: leadingOf(about),
        ...detailsOf(about),
      })),
    )
  if (RequestItems !== undefined)
    return Object.keys(RequestItems).map((deployed) => ({ action: name, on: tableOf(deployed) }))
  const on = tableOf(TableName)
  return [
    { action: name, on: IndexName === undefined ? on : `${on}/index`, leading: leadingOf(input), ...detailsOf(input) },
  ]
}

function demandRight(lambda: Lambda, { action, on, leading = '' }: Action): void {
  const [table = '', index] = on.split('/')
  if (table === 'config' && /^(Put|Update|Delete)Item$/.test(action)) {
    demandConfiguring(lambda, action, leading)
    return
  }
  const proves = table === 'sessions' && action === 'PutItem' && leading.startsWith('dpop#')
  if (proves && routesOf(lambda).some(({ rights }) => rights?.includes('prove'))) return
  const allowed = routesOf(lambda).some((route) =>
    (Object.entries(route.tables) as [Table, readonly Access[]][]).some(
      ([its, access]) =>
        its === table &&
        access.some((each) => (each === 'index') === (index !== undefined) && granted[each].includes(action)),
    ),
  )
  if (!allowed) deny(lambda, action, on)
}

/** Of the config table, each Lambda writes the partitions that lib/rights.ts names, and no other. */
function demandConfiguring(lambda: Lambda, action: string, leading: string): void {
  const its = routesOf(lambda)
  const updates = its.some(({ tables }) => tables.config?.includes('update')) ? ['UpdateItem api-key'] : []
  const configures = its.some(({ rights }) => rights?.includes('configure'))
    ? ['PutItem realm', 'UpdateItem realm', 'PutItem client', 'UpdateItem client', 'DeleteItem client']
    : []
  const setsUp = its.some(({ rights }) => rights?.includes('set-up')) ? ['PutItem realm', 'PutItem api-key'] : []
  const hooks = its.some(({ rights }) => rights?.includes('webhooks')) ? ['PutItem webhook', 'DeleteItem webhook'] : []
  if (![...updates, ...configures, ...setsUp, ...hooks].includes(`${action} ${leading}`))
    deny(lambda, action, `config ${leading}`)
}

function deny(lambda: Lambda, action: string, on: string): never {
  const error = new Error(`The route table does not grant '${lambda}' dynamodb:${action} on ${on}`)
  error.name = 'AccessDeniedException'
  throw error
}

/** What this house has not. */
const nothing = <Service extends object>(what: string): Service =>
  new Proxy({} as Service, {
    get() {
      throw new Error(`This house has no ${what}`)
    },
  })

function worldOf(lambda: Lambda, world: World): World {
  const rights = new Set<Right>(routesOf(lambda).flatMap((route) => route.rights ?? []))
  const refused = <Service extends object>(right: Right | 'certificates'): Service =>
    new Proxy({} as Service, {
      get() {
        throw new Error(`The route table does not grant '${lambda}' the right '${right}'`)
      },
    })
  return {
    ...world,
    signer: rights.has('sign') ? world.signer : refused('sign'),
    sealer: rights.has('unseal') ? world.sealer : refused('unseal'),
    directory: rights.has('directory') ? world.directory : refused('directory'),
    tokenValidator: rights.has('validate') ? world.tokenValidator : refused('validate'),
    certificates: lambda === 'certificate' ? world.certificates : refused('certificates'),
    clientKeys: rights.has('client-keys') ? world.clientKeys : refused('client-keys'),
    clientCertificates: rights.has('client-keys') ? world.clientCertificates : refused('client-keys'),
    mail: rights.has('mail') ? world.mail : refused('mail'),
    webhookQueue: rights.has('enqueue') ? world.webhookQueue : refused('enqueue'),
    fetchPublic: rights.has('fetch') ? world.fetchPublic : (...asked) => refused<World>('fetch').fetchPublic(...asked),
  }
}

// --- API Gateway --------------------------------------------------------------------------------------------------

const matchIssuer = matcher<Route>(routes.filter(({ host }) => host === undefined))
const matchMtls = matcher<Route>(routes.filter(({ host }) => host === 'mtls'))

/** With a certificate on the host that asks for one; without, there only where nothing else answers. */
const match = (method: string, path: string, certificate: string | undefined): Match<Route> | undefined =>
  certificate === undefined
    ? (matchIssuer(method, path) ?? matchMtls(method, path))
    : (matchMtls(method, path) ?? matchIssuer(method, path))

type Served = { handle: (world: World, call: Call) => Promise<Answer> }

const hasHandle = (module: unknown): module is Served =>
  typeof module === 'object' && module !== null && 'handle' in module && typeof module.handle === 'function'

async function handlerOf({ file }: Route): Promise<Served['handle']> {
  const path = fileURLToPath(new URL(`../lambdas/${file}`, import.meta.url))
  const module: unknown = await import(/* @vite-ignore */ path)
  if (!hasHandle(module)) throw new Error(`lambdas/${file} exports no handle`)
  return module.handle
}

type Asked = Match<Route> &
  Required<Pick<Request, 'headers' | 'cookies' | 'ip'>> & {
    body: unknown
    path: string
    query: string
    request: string
  }

function eventOf({ route, params, path, query, headers, body, cookies, ip, request }: Asked): APIGatewayProxyEventV2 {
  const routeKey = `${route.method} ${route.path}`
  const sent = bodyOf(body)
  const all: Record<string, string> = { host: 'somewhere.execute-api.example', ...sent.headers }
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value
  const pairs = Object.entries(cookies).map(([name, value]) => `${name}=${value}`)
  // Of other types than these, API Gateway hands the body over in base64.
  const isText = /^(text\/[^;]*|application\/(json|xml|javascript))\s*(;|$)/i.test(all['content-type'] ?? '')
  return {
    version: '2.0',
    routeKey,
    rawPath: decodeURIComponent(path),
    rawQueryString: query,
    ...(pairs.length > 0 ? { cookies: pairs } : {}),
    headers: all,
    requestContext: {
      accountId: '000000000000',
      apiId: 'house',
      domainName: 'somewhere.execute-api.example',
      domainPrefix: 'somewhere',
      http: { method: route.method, path, protocol: 'HTTP/1.1', sourceIp: ip, userAgent: all['user-agent'] ?? '' },
      requestId: request,
      routeKey,
      stage: '$default',
      time: '01/Jan/2027:00:00:00 +0000',
      timeEpoch: 0,
    },
    ...(Object.keys(params).length > 0 ? { pathParameters: params } : {}),
    ...(sent.text === undefined
      ? { isBase64Encoded: false }
      : {
          body: isText ? sent.text : Buffer.from(sent.text).toString('base64'),
          isBase64Encoded: !isText,
        }),
  }
}

/** The JSON that a request brought, where it is some. */
function sentIn({ headers, body = '', isBase64Encoded }: APIGatewayProxyEventV2): Sent {
  const contentType = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body
  return contentType === undefined || !/^application\/(\S+\+)?json$/.test(contentType)
    ? {}
    : { contentType, body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What API Gateway makes of the certificate of a connection. */
const shownBy = (clientCertPem: string) => ({
  clientCert: {
    clientCertPem,
    issuerDN: '',
    serialNumber: '',
    subjectDN: '',
    validity: { notAfter: '', notBefore: '' },
  },
})

function bodyOf(body: unknown): { text?: string; headers: Record<string, string> } {
  if (body === undefined) return { headers: {} }
  if (typeof body === 'string') return { text: body, headers: {} }
  if (body instanceof URLSearchParams)
    return { text: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  return { text: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

function replyOf<Body>(result: APIGatewayProxyStructuredResultV2, { commands, route }: Running): Reply<Body> {
  const headers = Object.fromEntries(
    Object.entries(result.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
  const body = result.body ?? ''
  const isJson = /^application\/(\S+\+)?json(;|$)/.test(headers['content-type'] ?? '')
  return {
    status: result.statusCode ?? 200,
    headers,
    cookies: result.cookies ?? [],
    body,
    json: (isJson && body !== '' ? JSON.parse(body) : undefined) as Body,
    commands,
    route: route.name,
  }
}
