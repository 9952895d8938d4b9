import { request } from 'node:http'
import { connect } from 'node:net'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterEach, describe, expect, it } from 'vitest'
import { type Route, routes } from '../../lambdas/routes.ts'
import { bucket, type Gateway, matcher, replyOf, startGateway, TookTooLong } from '../../local/gateway.ts'

const route = (method: Route['method'], path: string, change: Partial<Route> = {}): Route => ({
  name: path,
  method,
  path,
  file: 'metadata/home.ts',
  lambda: 'metadata',
  caller: 'anyone',
  tables: {},
  throttle: { rate: 1000, burst: 1000 },
  ...change,
})

let gateway: Gateway | undefined
afterEach(() => gateway?.close())

const served = [route('GET', '/'), route('GET', '/a/{b}'), route('POST', '/a/{b}/c/{d}'), route('GET', '/a/fixed')]

/** What a Lambda received for a request; or, where none was asked, nothing. */
async function serve(
  answer: (event: APIGatewayProxyEventV2) => unknown = () => ({ statusCode: 200 }),
  its: readonly Route[] = served,
) {
  const events: APIGatewayProxyEventV2[] = []
  gateway = await startGateway({
    port: 0,
    routes: its,
    invoke: async (_, event) => {
      events.push(event)
      return answer(event)
    },
  })
  return { url: gateway.url, events }
}

async function eventFor(path: string, init: RequestInit = {}): Promise<APIGatewayProxyEventV2 | undefined> {
  const { url, events } = await serve()
  await fetch(url + path, init)
  return events[0]
}

describe('the event', () => {
  it('has the shape of payload format 2.0', async () => {
    const event = await eventFor('/a/b%20%C3%BC/c/%2F?x=1&x=2&y=%20', {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: 'one=1; two=2', 'X-Own': 'Value', 'user-agent': 'me' },
      body: '{"a":"ü"}',
    })
    const port = new URL(gateway?.url ?? '').port
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'POST /a/{b}/c/{d}',
      rawPath: '/a/b ü/c//',
      rawQueryString: 'x=1&x=2&y=%20',
      cookies: ['one=1', 'two=2'],
      headers: expect.objectContaining({
        'content-type': 'application/json',
        'content-length': '10',
        host: `localhost:${port}`,
        'x-own': 'Value',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
      }),
      queryStringParameters: { x: '1,2', y: ' ' },
      pathParameters: { b: 'b ü', d: '/' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: 'localhost',
        domainPrefix: 'localhost',
        http: { method: 'POST', path: '/a/b ü/c//', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'me' },
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        routeKey: 'POST /a/{b}/c/{d}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"a":"ü"}',
      isBase64Encoded: false,
    })
    expect(event?.headers).not.toHaveProperty('cookie')
    expect(event?.headers).not.toHaveProperty('connection')
  })

  it('leaves out what a request has not', async () => {
    const event = await eventFor('/')
    for (const member of ['cookies', 'queryStringParameters', 'pathParameters', 'body']) {
      expect(event).not.toHaveProperty(member)
    }
    expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false })
  })

  it.each([
    ['text/plain; charset=utf-8', false],
    ['application/json', false],
    ['Application/JSON;charset=utf-8', false],
    ['application/xml', false],
    ['application/x-www-form-urlencoded', true],
    ['application/scim+json', true],
    ['application/jsonp', true],
    ['application/octet-stream', true],
    ['', true],
  ])('has a body of %j in base64: %s', async (type, encoded) => {
    const event = await eventFor('/a/b/c/d', {
      method: 'POST',
      headers: type === '' ? {} : { 'content-type': type },
      body: Buffer.from('a=b'),
    })
    expect(event).toMatchObject({ isBase64Encoded: encoded, body: encoded ? 'YT1i' : 'a=b' })
  })

  it('has a path that ends at a question mark, even at one that was encoded', async () => {
    expect(await eventFor('/a/b%3Fc?d=e')).toMatchObject({
      rawPath: '/a/b',
      rawQueryString: 'd=e',
      pathParameters: { b: 'b?c' },
    })
  })

  it('joins headers that came twice, and adds to the addresses that were claimed', async () => {
    const { url, events } = await serve()
    const { port } = new URL(url)
    await new Promise((done) => {
      const headers = { host: `localhost:${port}`, 'X-Two': ['1', '2'], 'x-forwarded-for': '8.8.8.8' }
      request({ port, headers }, (response) => response.resume().on('end', done)).end()
    })
    expect(events[0]?.headers).toMatchObject({ 'x-two': '1,2', 'x-forwarded-for': '8.8.8.8, 127.0.0.1' })
    expect(events[0]?.requestContext.http.sourceIp).toBe('127.0.0.1')
  })
})

describe('routes', () => {
  const find = matcher(routes)
  const tenant = '/api/v1/tenants/demo'

  it.each([undefined, 'mtls'] as const)(
    'finds each route of the table by its own path, at its own host (%s)',
    (host) => {
      const there = routes.filter((route) => route.host === host)
      const findThere = matcher(there)
      for (const own of there) {
        const path = own.path.replace(/\{\w+\+?\}/g, 'value')
        expect(findThere(own.method, path)?.route).toBe(own)
      }
      expect(there.length).toBeGreaterThan(0)
    },
  )

  it.each([
    ['GET', `${tenant}/users/ada/authenticators/creation-options`, 'creation-options'],
    ['GET', `${tenant}/users/ada/authenticators/other`, 'authenticators-read'],
    ['POST', `${tenant}/authenticators:import`, 'authenticators-bulk'],
    ['GET', '/login/abc', 'login-page'],
    ['GET', '/console', 'console'],
    ['GET', '/console/users/a%2Fb/authenticators', 'console'],
  ])('%s %s is %s', (method, path, name) => {
    expect(find(method, path)?.route.name).toBe(name)
  })

  it.each([
    ['HEAD', '/jwks'],
    ['OPTIONS', '/token'],
    ['GET', '/token'],
    ['GET', '/jwks/'],
    ['GET', '/login/'],
    ['GET', '/login/a/b'],
    ['GET', '/xwell-known/openid-configuration'],
    ['GET', '//'],
  ])('%s %s is nothing', (method, path) => {
    expect(find(method, path)).toBeUndefined()
  })

  it('that takes all that is left goes after each other, and has it whole', () => {
    const [rest, one, fixed] = [route('GET', '/a/{rest+}'), route('GET', '/a/{b}'), route('GET', '/a/fixed')]
    const findIn = matcher([rest, one, fixed])
    expect(findIn('GET', '/a/fixed')?.route).toBe(fixed)
    expect(findIn('GET', '/a/z')?.route).toBe(one)
    expect(findIn('GET', '/a/z/y%2Fx/w')).toEqual({ route: rest, params: { rest: 'z/y/x/w' } })
    expect(findIn('GET', '/a')).toBeUndefined()
  })

  it('is named before its Lambda is asked', async () => {
    const { url, events } = await serve()
    const answers = await Promise.all([fetch(`${url}/none`), fetch(`${url}/a/fixed`), fetch(`${url}/a/other`)])
    expect(await answers[0]?.json()).toEqual({ message: 'Not Found' })
    expect(answers.map(({ status }) => status)).toEqual([404, 200, 200])
    expect(events.map(({ routeKey }) => routeKey).sort()).toEqual(['GET /a/fixed', 'GET /a/{b}'])
  })
})

describe('the answer', () => {
  it('carries status, headers, every cookie and the body', async () => {
    const { url } = await serve(() => ({
      statusCode: 201,
      headers: { 'Content-Type': 'text/html', Location: '/x', 'content-length': '9999' },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: '<p>ü',
    }))
    const response = await fetch(`${url}/`)
    expect(response.status).toBe(201)
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2'])
    expect(response.headers.get('location')).toBe('/x')
    expect(response.headers.get('content-length')).toBe('5')
    expect(await response.text()).toBe('<p>ü')
  })

  it.each([
    ['a body in base64', { statusCode: 200, body: 'AAH/', isBase64Encoded: true }, 200, Buffer.from([0, 1, 255])],
    ['a value without a status', { a: 1 }, 200, Buffer.from('{"a":1}')],
    ['a text alone', 'text', 200, Buffer.from('text')],
    ['nothing', undefined, 200, Buffer.from('null')],
    ['a status alone', { statusCode: 204 }, 204, Buffer.from('')],
  ])('is made of %s', (_, result, status, body) => {
    expect(replyOf(result)).toMatchObject({ status, body })
  })

  it.each([
    ['crashes', new Error('broken'), 500, 'Internal Server Error'],
    ['takes too long', new TookTooLong(), 503, 'Service Unavailable'],
  ])('says no more than that when a Lambda %s', async (_, error, status, message) => {
    const { url } = await serve(() => Promise.reject(error))
    const response = await fetch(`${url}/`)
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ message })
  })

  it('is a failure where HTTP does not allow a header', async () => {
    const { url } = await serve(() => ({ statusCode: 200, headers: { location: 'a\r\nb: c' } }))
    expect((await fetch(`${url}/`)).status).toBe(500)
  })
})

describe('what API Gateway refuses by itself', () => {
  it('a body longer than 10 MB, whether it says so or not', async () => {
    const { url, events } = await serve()
    const send = (body: BodyInit) => fetch(`${url}/a/b/c/d`, { method: 'POST', body, duplex: 'half' } as RequestInit)
    const long = new Uint8Array(10 * 1024 * 1024 + 1)
    const refused = await send(long).catch(() => undefined)
    if (refused !== undefined) expect(refused.status).toBe(413)
    // Without its length: the connection may be gone before the answer was read.
    const streamed = await send(new Blob([long]).stream()).catch(() => undefined)
    if (streamed !== undefined) expect(streamed.status).toBe(413)
    expect(events).toEqual([])
    expect((await send(new Uint8Array(1024 * 1024))).status).toBe(200)
  })

  it('a path that is not encoded text', async () => {
    const { url } = await serve()
    expect((await fetch(`${url}/a/%ff`)).status).toBe(400)
  })

  it('more requests than the route allows, and no other route', async () => {
    const { url } = await serve(undefined, [
      route('GET', '/few', { throttle: { rate: 0.001, burst: 2 } }),
      route('GET', '/many'),
    ])
    const ask = async (path: string) => (await fetch(url + path)).status
    expect([await ask('/few'), await ask('/few'), await ask('/few'), await ask('/many')]).toEqual([200, 200, 429, 200])
  })

  it.each([
    ['GET', 'evil.example', 403],
    ['POST', '127.0.0.1', 403],
    ['GET', '127.0.0.1', 307],
  ])('%s at the name %s: %i', async (method, name, status) => {
    const { url } = await serve()
    const { port } = new URL(url)
    const response = await new Promise<{ status: number | undefined; location: string | undefined }>((done) => {
      request({ port, method, path: '/a/b?c', headers: { host: `${name}:${port}` } }, (answer) => {
        answer.resume()
        done({ status: answer.statusCode, location: answer.headers.location })
      }).end()
    })
    expect(response).toEqual({ status, location: status === 307 ? `${url}/a/b?c` : undefined })
  })

  it('what is not HTTP', async () => {
    const { url } = await serve()
    const answer = await new Promise<string>((done) => {
      const socket = connect({ port: Number(new URL(url).port) }, () => socket.write('nonsense\r\n\r\n'))
      socket.on('data', (data) => done(data.toString()))
    })
    expect(answer).toMatch(/^HTTP\/1.1 400/)
  })
})

describe('a throttle', () => {
  it('gives its burst at once, then its rate, and never saves more than its burst', () => {
    let now = 0
    const take = bucket({ rate: 2, burst: 3 }, () => now)
    const taken = (times: number) => Array.from({ length: times }, take).filter(Boolean).length
    expect(taken(5)).toBe(3)
    now = 0.5
    expect(taken(5)).toBe(1)
    now = 100
    expect(taken(9)).toBe(3)
  })
})
