/**
 * API Gateway on a laptop: HTTP in, events of payload format 2.0 out to the Lambdas, their answers back as HTTP.
 *
 * It does what an HTTP API does and a handler might come to rely on: which bodies arrive in base64, the path decoded,
 * cookies apart from the headers, throttles per route, and its short answers where no Lambda is asked. No CORS, no
 * authorizers, no stages: the stack has none. With `secure` it is the domain with mutual TLS: over TLS, asking for a
 * certificate. Unlike API Gateway it lets in who shows none, or a stranger's, so that people read why it does not count.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { TLSSocket } from 'node:tls'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Route, Throttle } from '../lambdas/routes.ts'
import { listen } from './ports.ts'

export type Invoke = (lambda: Route['lambda'], event: APIGatewayProxyEventV2) => Promise<unknown>

/** What `invoke` throws when a Lambda took longer than API Gateway waits. */
export class TookTooLong extends Error {}

export type Gateway = { url: string; close(): Promise<void> }

type Body = Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded'>

type Reply = { status: number; headers: Record<string, string>; cookies: string[]; body: Buffer }

const bodyLimit = 10 * 1024 * 1024

/** An answer of API Gateway's own. */
const say = (status: number, message: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  cookies: [],
  body: Buffer.from(JSON.stringify({ message })),
})

export type Match<R extends Route> = { route: R; params: Record<string, string> }

/** A parameter of a path: of one segment, or with `+` at the end of all that is left. */
const parameter = /(\{\w+\+?\})/

/** A parameter comes after each character that a path may have, and a greedy one after all others. */
const shapeOf = (path: string): string => path.replace(/\{\w+\}/g, '\u{10FFFE}').replace(/\{\w+\+\}$/, '\u{10FFFF}')

function patternOf(path: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const parts = path.split(parameter).map((part) => {
    const name = part.slice(1, -1)
    if (!parameter.test(part)) return literal(part)
    return name.endsWith('+') ? `(?<${name.slice(0, -1)}>.+)` : `(?<${name}>[^/]+)`
  })
  return new RegExp(`^${parts.join('')}$`)
}

/**
 * Finds the route of a request. A literal segment goes before a parameter, a parameter before a greedy one, and only GET
 * answers GET: HEAD and OPTIONS find nothing unless a route names them. The path is taken as it was sent, so that `%2F`
 * does not divide it.
 */
export function matcher<R extends Route>(routes: readonly R[]): (method: string, path: string) => Match<R> | undefined {
  const compiled = [...routes]
    .sort((one, other) => (shapeOf(one.path) < shapeOf(other.path) ? -1 : 1))
    .map((route) => ({ route, pattern: patternOf(route.path) }))
  return (method, path) => {
    for (const { route, pattern } of compiled) {
      if (route.method !== method) continue
      const groups = pattern.exec(path)?.groups
      if (groups === undefined && !pattern.test(path)) continue
      const params = Object.entries(groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)])
      return { route, params: Object.fromEntries(params) }
    }
    return undefined
  }
}

/** A token bucket: `burst` at once, and `rate` more with each second. Answers whether there was one to take. */
export function bucket({ rate, burst }: Throttle, now: () => number): () => boolean {
  let tokens = burst
  let at = now()
  return () => {
    const time = now()
    tokens = Math.min(burst, tokens + (time - at) * rate)
    at = time
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

/**
 * Bodies of these types arrive as text, all others in base64: forms too, and `application/…+json`. Not documented;
 * measured on AWS (ministackorg/ministack pull request 766).
 */
const isText = (contentType: string | undefined): boolean =>
  /^(text\/[^;]*|application\/(json|xml|javascript))\s*(;|$)/i.test(contentType ?? '')

class BodyTooLong extends Error {}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  let length = Number(request.headers['content-length'] ?? 0)
  if (length > bodyLimit) throw new BodyTooLong()
  length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > bodyLimit) throw new BodyTooLong()
    chunks.push(bytes)
  }
  if (length === 0) return { isBase64Encoded: false }
  const text = isText(request.headers['content-type'])
  return { body: Buffer.concat(chunks).toString(text ? 'utf8' : 'base64'), isBase64Encoded: !text }
}

/** Names in lower case, what came twice joined by a comma; cookies apart, and what concerns the connection left out. */
function headersOf(request: IncomingMessage, ip: string, self: URL): Record<string, string> {
  const headers: Record<string, string> = {}
  const add = (name: string, value: string) => {
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`
  }
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (['cookie', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade'].includes(name)) continue
    for (const value of values ?? []) add(name, value)
  }
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], ip].filter(Boolean).join(', ')
  headers['x-forwarded-port'] = self.port
  headers['x-forwarded-proto'] = self.protocol.replace(':', '')
  return headers
}

const queryOf = (query: string): Record<string, string> | undefined => {
  const values: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] = values[name] === undefined ? value : `${values[name]},${value}`
  }
  return query === '' ? undefined : values
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `12/Mar/2026:19:03:58 +0000` */
function commonLogTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${two(time.getUTCDate())}/${months[time.getUTCMonth()]}/${time.getUTCFullYear()}`
  return `${date}:${time.toISOString().slice(11, 19)} +0000`
}

function eventOf(request: IncomingMessage, { route, params }: Match<Route>, body: Body, self: URL) {
  const [path = '', ...rest] = (request.url ?? '').split('?')
  const query = rest.join('?')
  // A decoded `?` cuts the path short. AWS does that, so that nobody may rely on rawPath being whole.
  const [rawPath = ''] = decodeURIComponent(path).split('?')
  const ip = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  const now = new Date()
  const routeKey = `${route.method} ${route.path}`
  const values = queryOf(query)
  const cookies = (request.headers.cookie ?? '')
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '')
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: headersOf(request, ip, self),
    ...(values === undefined ? {} : { queryStringParameters: values }),
    requestContext: {
      ...certificateOf(request),
      accountId: '000000000000',
      apiId: 'local',
      domainName: self.hostname,
      domainPrefix: self.hostname,
      http: {
        method: route.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: ip,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(params).length === 0 ? {} : { pathParameters: params }),
    ...body,
  }
  return event
}

/** What the connection showed, as API Gateway has it; nobody has looked at it yet. */
function certificateOf({ socket }: IncomingMessage): Pick<APIGatewayProxyEventV2['requestContext'], 'authentication'> {
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  if (shown === undefined) return {}
  const { issuer: issuerDN, subject: subjectDN, serialNumber, validFrom: notBefore, validTo: notAfter } = shown
  const validity = { notBefore, notAfter }
  return {
    authentication: { clientCert: { clientCertPem: shown.toString(), issuerDN, subjectDN, serialNumber, validity } },
  }
}

const isStructured = (result: unknown): result is APIGatewayProxyStructuredResultV2 =>
  typeof result === 'object' && result !== null && 'statusCode' in result

/** Whatever has no status is taken for the body of a 200 in JSON. */
export function replyOf(result: unknown): Reply {
  if (!isStructured(result)) {
    const body = typeof result === 'string' ? result : JSON.stringify(result ?? null)
    return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body: Buffer.from(body) }
  }
  const { statusCode = 200, headers = {}, cookies = [], body = '', isBase64Encoded = false } = result
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
  return {
    status: Number(statusCode),
    headers: {
      ...(body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
      ...Object.fromEntries(lower),
    },
    cookies,
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  }
}

function send(response: ServerResponse, reply: Reply, id: string): void {
  response.writeHead(reply.status, {
    ...reply.headers,
    ...(reply.cookies.length === 0 ? {} : { 'set-cookie': reply.cookies }),
    ...(reply.status === 204 || reply.status === 304 ? {} : { 'content-length': String(reply.body.length) }),
    'apigw-requestid': id,
  })
  response.end(reply.body)
}

/**
 * Serves `routes` at http://localhost:`port`, or over TLS where it is `secure`; 0 takes a free one.
 *
 * @param invoke may throw: `TookTooLong` becomes 503, everything else 500.
 * @param now in seconds, for the throttles.
 * @param secure PEM: its own key and certificate. Browsers offer whatever certificates they have: were they told of an
 * authority, OpenSSL would look for its signatures, and break the connection over one of an earlier authority's.
 */
export async function startGateway({
  port,
  routes,
  invoke,
  now = () => performance.now() / 1000,
  secure,
}: {
  port: number
  routes: readonly Route[]
  invoke: Invoke
  now?: () => number
  secure?: { key: string; cert: string }
}): Promise<Gateway> {
  const match = matcher(routes)
  const buckets = new Map(routes.map((route) => [route, bucket(route.throttle, now)]))
  const scheme = secure === undefined ? 'http' : 'https'
  let self = new URL(`${scheme}://localhost`)

  /** By another name there is nothing here (a DNS rebinding has one); by its number, browsers are sent on. */
  function refuseHost(request: IncomingMessage): Reply | undefined {
    const host = request.headers.host
    if (host === self.host) return undefined
    if (request.method === 'GET' && (host === `127.0.0.1:${self.port}` || host === `[::1]:${self.port}`)) {
      return say(307, 'WebAuthn and cookies know this service as localhost', { location: self.origin + request.url })
    }
    return say(403, 'Forbidden')
  }

  async function answer(request: IncomingMessage): Promise<{ reply: Reply; id: string }> {
    const own = (reply: Reply) => ({ reply, id: randomUUID() })
    const refusal = refuseHost(request)
    if (refusal !== undefined) return own(refusal)
    const [path = ''] = (request.url ?? '').split('?')
    let found: Match<Route> | undefined
    try {
      decodeURIComponent(path)
      found = match(request.method ?? '', path)
    } catch {
      return own(say(400, 'Bad Request'))
    }
    if (found === undefined) return own(say(404, 'Not Found'))
    if (buckets.get(found.route)?.() === false) return own(say(429, 'Too Many Requests'))
    const body = await readBody(request)
    const event = eventOf(request, found, body, self)
    const id = event.requestContext.requestId
    try {
      return { reply: replyOf(await invoke(found.route.lambda, event)), id }
    } catch (error) {
      return {
        reply: error instanceof TookTooLong ? say(503, 'Service Unavailable') : say(500, 'Internal Server Error'),
        id,
      }
    }
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { reply, id } = await answer(request)
      try {
        send(response, reply, id)
      } catch {
        // A header that HTTP does not allow is the Lambda's fault.
        send(response, say(500, 'Internal Server Error'), id)
      }
    } catch (error) {
      if (!(error instanceof BodyTooLong)) throw error
      send(response, say(413, 'Request Entity Too Large', { connection: 'close' }), randomUUID())
    }
  }

  // Headers may be longer than AWS's 10 KB: here come the cookies of everything on localhost, whatever its port.
  const patience = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 10_000 }
  const options = { ...patience, connectionsCheckingInterval: 1000 }
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    respond(request, response).catch(() => response.destroy())
  }
  const server =
    secure === undefined
      ? createServer(options, onRequest)
      : createSecureServer({ ...options, ...secure, requestCert: true, rejectUnauthorized: false }, onRequest)
  const purpose = secure === undefined ? 'the issuer' : 'the host that asks for certificates'
  self = new URL(`${scheme}://localhost:${await listen(server, port, purpose)}`)
  return {
    url: self.origin,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
