/**
 * The one middy stack around every route: the event becomes a call, the answer a result, a failure a page or a problem
 * document, and each request one line in the log.
 */
import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Caller } from '../../lambdas/routes.ts'
import { openVerifier } from '../services/verifier.ts'
import { readStage } from '../stage.ts'
import { openDb, openDynamodb } from '../store/db.ts'
import type { Log, World } from '../world.ts'
import { type Answer, type Call, problem } from './call.ts'

/** A route as the generated entry of its Lambda hands it over. */
export type Served = {
  name: string
  method: string
  path: string
  caller: Caller
  // Each handler names the part of the world that it needs; which parts there are follows from the route's rights.
  handle: (world: World, call: Call) => Promise<Answer>
}

export type Providers = {
  openSigner?: typeof import('../services/signer.ts').openSigner
  openSealer?: typeof import('../services/sealer.ts').openSealer
  openDirectory?: typeof import('../services/directory.ts').openDirectory
  openCertificates?: typeof import('../services/certificates.ts').openCertificates
  openTokenValidator?: typeof import('../services/token-validator.ts').openTokenValidator
  openClientKeys?: typeof import('../services/client-keys.ts').openClientKeys
  openClientCertificates?: typeof import('../services/client-certificates.ts').openClientCertificates
  openProofNonces?: typeof import('../services/proof-nonces.ts').openProofNonces
  openMail?: typeof import('../services/mail.ts').openMail
  openClientFetch?: typeof import('../services/public-fetch.ts').openClientFetch
  openWebhookQueue?: typeof import('../services/webhook-queue.ts').openWebhookQueue
  /** What a person sees when something broke. */
  showFailure?: (call: Call, stage: World['stage']) => Answer
}

type Event = APIGatewayProxyEventV2
type Result = APIGatewayProxyStructuredResultV2

export function makeHandler(served: readonly Served[], providers: Providers) {
  const world = makeWorld(providers)
  return makeDispatcher(world, served, providers.showFailure)
}

function makeWorld({
  openSigner,
  openSealer,
  openDirectory,
  openCertificates,
  openTokenValidator,
  openClientKeys,
  openClientCertificates,
  openProofNonces,
  openMail,
  openClientFetch,
  openWebhookQueue,
}: Providers): World {
  const stage = readStage(process.env)
  const now = () => Math.floor(Date.now() / 1000)
  const db = openDb(openDynamodb(stage), stage.tableNames, stage)
  const world = { now, stage, db, verifier: openVerifier(stage, db, now), log }
  return {
    ...world,
    signer: openSigner === undefined ? ungranted('sign') : openSigner(stage, db, now),
    sealer: openSealer === undefined ? ungranted('unseal') : openSealer(stage, db),
    directory: openDirectory === undefined ? ungranted('directory') : openDirectory(stage, now),
    certificates: openCertificates === undefined ? ungranted('certificates') : openCertificates(stage, now),
    tokenValidator: openTokenValidator === undefined ? ungranted('validate') : openTokenValidator(stage, now),
    clientKeys: openClientKeys === undefined ? ungranted('client-keys') : openClientKeys(stage, now),
    clientCertificates:
      openClientCertificates === undefined ? ungranted('client-keys') : openClientCertificates(stage, now),
    proofNonces: openProofNonces === undefined ? ungranted('prove') : openProofNonces(db, now),
    mail: openMail === undefined ? ungranted('mail') : openMail(stage),
    fetchPublic:
      openClientFetch === undefined
        ? (...asked) => ungranted<World>('fetch').fetchPublic(...asked)
        : openClientFetch(stage),
    webhookQueue: openWebhookQueue === undefined ? ungranted('enqueue') : openWebhookQueue(stage),
  }
}

/** A service whose right the route table does not grant to this Lambda: using it is a bug of ours. */
const ungranted = <Service extends object>(right: string): Service =>
  new Proxy({} as Service, {
    get() {
      throw new Error(`No route of this Lambda is granted the right '${right}'`)
    },
  })

const log: Log = (message, facts = {}) => console.log(JSON.stringify({ message, ...facts }))

/** Exported for the tests, which bring a world of their own. */
export function makeDispatcher(world: World, served: readonly Served[], showFailure?: Providers['showFailure']) {
  const byKey = new Map(served.map((route) => [`${route.method} ${route.path}`, route]))
  const routeOf = (event: Event): Served => {
    const route = byKey.get(event.routeKey)
    if (route === undefined) throw new Error(`No route of this Lambda answers ${event.routeKey}`)
    return route
  }

  return middy<Event, Result>()
    .use(logged(world, routeOf))
    .use(failing(world, routeOf, showFailure))
    .handler(async (event: Event): Promise<Result> => {
      const route = routeOf(event)
      const call = callOf(event)
      return resultOf(isForged(route, call, world.stage.issuer) ? forged : await route.handle(world, call))
    })
}

const started = new WeakMap<object, number>()

/** Who asked for what, what came of it, how long it took. The address without its query: codes travel there. */
const logged = (world: World, routeOf: (event: Event) => Served): middy.MiddlewareObj<Event, Result> => ({
  before: ({ event }) => {
    started.set(event, performance.now())
  },
  after: ({ event, response }) => {
    world.log('request', {
      route: routeOf(event).name,
      status: response?.statusCode,
      request: event.requestContext.requestId,
      ms: Math.round(performance.now() - (started.get(event) ?? performance.now())),
    })
  },
})

const failing = (
  world: World,
  routeOf: (event: Event) => Served,
  showFailure: Providers['showFailure'],
): middy.MiddlewareObj<Event, Result> => ({
  onError: (request) => {
    const { event, error } = request
    world.log('failure', {
      route: routeOf(event).name,
      request: event.requestContext.requestId,
      error: error?.name,
      detail: error?.message,
      stack: error?.stack,
    })
    request.response = resultOf(failureFor(routeOf(event).caller, callOf(event), world, showFailure))
  },
})

function failureFor(caller: Caller, call: Call, world: World, showFailure: Providers['showFailure']): Answer {
  if (caller === 'browser' && showFailure !== undefined) return showFailure(call, world.stage)
  if (caller === 'client' || caller === 'bearer')
    return {
      status: 500,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: JSON.stringify({ error: 'server_error', error_description: `Something broke. Request ${call.id}.` }),
    }
  return problem({
    status: 500,
    code: 'internal-error',
    title: 'Something broke on our side',
    detail: `Nothing was changed. The request is ${call.id} in the log.`,
  })
}

/**
 * A post to a hosted page that does not come from one. The cookies are SameSite=Lax already; this holds where a browser
 * is lax about that. `/authorize` and `/logout` are posted to from applications (OpenID Connect Core §3.1.2.1).
 */
function isForged(route: Served, call: Call, issuer: string): boolean {
  if (route.caller !== 'browser' || call.method !== 'POST' || !route.path.startsWith('/login/')) return false
  const { origin, 'sec-fetch-site': site } = call.headers
  if (site !== undefined) return site !== 'same-origin'
  // Browsers too old to say, and those of test suites: one that names an origin must name ours.
  return origin !== undefined && origin !== issuer
}

const forged: Answer = problem({
  status: 403,
  code: 'cross-site-request',
  title: 'This form was not sent from our own page',
})

function callOf(event: Event): Call {
  const { http, requestId, authentication } = event.requestContext
  const clientCertificate = authentication?.clientCert?.clientCertPem
  const body = event.body ?? ''
  return {
    id: requestId,
    method: http.method,
    path: event.rawPath,
    params: Object.fromEntries(Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, value ?? ''])),
    query: event.rawQueryString,
    headers: Object.fromEntries(
      Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value ?? '']),
    ),
    cookies: readCookies(event.cookies ?? []),
    body: event.isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
    ip: http.sourceIp,
    ...(clientCertificate ? { clientCertificate } : {}),
  }
}

/** The first of a name wins; a name without prototype, so that none is special. */
function readCookies(pairs: readonly string[]): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null)
  for (const pair of pairs) {
    const [name = '', ...value] = pair.split('=')
    const key = name.trim()
    if (!(key in cookies)) cookies[key] = value.join('=').trim()
  }
  return cookies
}

function resultOf({ status, headers, cookies, body, isBase64Encoded }: Answer): Result {
  return {
    statusCode: status,
    headers: { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', ...headers },
    ...(cookies === undefined ? {} : { cookies }),
    ...(body === undefined ? {} : { body }),
    ...(isBase64Encoded === undefined ? {} : { isBase64Encoded }),
  }
}
