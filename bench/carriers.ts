/**
 * Ways to hand a request to a provider: as an event to our handlers, to a Node callback without a socket, or over HTTP on
 * loopback. Whatever can be made ready before the clock runs is made ready by `load`.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, IncomingMessage, type RequestListener, ServerResponse, request as send } from 'node:http'
import { Socket } from 'node:net'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { type Route, routes } from '../lambdas/routes.ts'
import { matcher, startGateway } from '../local/gateway.ts'
import { listen } from '../local/ports.ts'

export type Asked = {
  method: 'GET' | 'POST'
  /** Path and query. */
  target: string
  /** Names in lower case. */
  headers: Record<string, string>
  body?: string
}

/** `nonce`: the one of DPoP-Nonce; empty where there is none, as `location` is. */
export type Reply = { status: number; location: string; nonce: string; cookies: string[]; body: string }

/** Answers with the request, ready to go off. */
export type Carrier = { load(asked: Asked): () => Promise<Reply>; close(): Promise<void> }

export type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>
export type Handlers = Record<Route['lambda'], Handler>

const match = matcher<Route>(routes)

/** No gateway at all: the event goes in, the result comes out. What a Lambda's own time is. */
export const byEvent = (handlers: Partial<Handlers>): Carrier => ({
  load(asked) {
    const { lambda, event } = eventOf(asked)
    const handler = handlers[lambda]
    if (handler === undefined) throw new Error(`There is no handler ${lambda}`)
    return async () => {
      const { statusCode = 200, headers = {}, cookies = [], body = '' } = await handler(event, {} as Context)
      const [location, nonce] = [String(headers.location ?? ''), String(headers['dpop-nonce'] ?? '')]
      return { status: statusCode, location, nonce, cookies, body }
    }
  },
  close: async () => {},
})

function eventOf({ method, target, headers, body }: Asked): { lambda: Route['lambda']; event: APIGatewayProxyEventV2 } {
  const [path = '', query = ''] = target.split('?')
  const found = match(method, path)
  if (found === undefined) throw new Error(`No route answers ${method} ${path}`)
  const { route, params } = found
  const routeKey = `${route.method} ${route.path}`
  const { cookie, ...rest } = headers
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: { host: 'id.example.org', ...rest },
    requestContext: {
      accountId: '000000000000',
      apiId: 'bench',
      domainName: 'id.example.org',
      domainPrefix: 'id',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: '22/Nov/2026:00:00:00 +0000',
      timeEpoch: 0,
    },
    ...(Object.keys(params).length > 0 ? { pathParameters: params } : {}),
    // Forms and all but plain JSON come in base64, as API Gateway has it.
    ...(body === undefined
      ? { isBase64Encoded: false }
      : headers['content-type'] === 'application/json'
        ? { body, isBase64Encoded: false }
        : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
  }
  return { lambda: route.lambda, event }
}

/** The callback of a Node server with a request and a response that no socket is behind. */
export const byCallback = (callback: RequestListener): Carrier => ({
  load({ method, target, headers, body }) {
    const incoming = new IncomingMessage(new Socket())
    incoming.method = method
    incoming.url = target
    incoming.httpVersion = '1.1'
    incoming.headers = { host: 'id.example.org', ...headers, ...lengthOf(body) }
    if (body !== undefined) incoming.push(body)
    incoming.push(null)
    incoming.complete = true
    return async () => {
      const response = new Captured(incoming)
      const done = once(response, 'captured')
      callback(incoming, response)
      await done
      return {
        status: response.statusCode,
        location: String(response.getHeader('location') ?? ''),
        nonce: String(response.getHeader('dpop-nonce') ?? ''),
        cookies: listOf(response.getHeader('set-cookie')),
        body: response.body,
      }
    }
  },
  close: async () => {},
})

const lengthOf = (body: string | undefined): Record<string, string> =>
  body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }

const listOf = (value: number | string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [String(value)]

class Captured extends ServerResponse {
  body = ''

  override end(chunk?: unknown): this {
    if (typeof chunk === 'string' || Buffer.isBuffer(chunk)) this.body = chunk.toString()
    this.emit('captured')
    return this
  }
}

/** Through `local/gateway.ts` on loopback, without its throttles; the handlers in this process. */
export async function byGateway(handlers: Partial<Handlers>): Promise<Carrier> {
  const gateway = await startGateway({
    port: 0,
    routes: routes.map((route) => ({ ...route, throttle: { rate: 1e9, burst: 1e9 } })),
    invoke: async (lambda, event) => handlers[lambda]?.(event, {} as Context),
  })
  const client = clientOf(Number(new URL(gateway.url).port))
  return {
    load: client.load,
    close: async () => {
      client.close()
      await gateway.close()
    },
  }
}

export async function byServer(callback: RequestListener): Promise<Carrier> {
  const server = createServer(callback)
  const client = clientOf(await listen(server, 0, 'a peer'))
  return {
    load: client.load,
    close: async () => {
      client.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** The same client for everybody, in this process: what it costs is in everybody's figure. */
function clientOf(port: number) {
  const agent = new Agent({ keepAlive: true })
  const ask = ({ method, target, headers, body }: Asked): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const outgoing = send(
        { agent, host: 'localhost', port, method, path: target, headers: { ...headers, ...lengthOf(body) } },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (chunk: string) => {
            text += chunk
          })
          answer.on('error', reject)
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              location: answer.headers.location ?? '',
              nonce: String(answer.headers['dpop-nonce'] ?? ''),
              cookies: answer.headers['set-cookie'] ?? [],
              body: text,
            }),
          )
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  return { load: (asked: Asked) => () => ask(asked), close: () => agent.destroy() }
}
