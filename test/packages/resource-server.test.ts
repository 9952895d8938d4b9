import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { createLocalJWKSet, exportJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StepUp } from '../../packages/resource-server/src/access.ts'
import { challengeOf } from '../../packages/resource-server/src/challenge.ts'
import { readChallenge } from '../../packages/resource-server/src/client.ts'
import { requireStepUp } from '../../packages/resource-server/src/fetch.ts'
import { IssuerUnavailable } from '../../packages/resource-server/src/keys.ts'
import { requireStepUp as stepUpMiddleware } from '../../packages/resource-server/src/middy.ts'

const now = 1_800_000_000
const issuer = 'https://id.example.org'
const audience = 'https://accounts.example.org'
const order = ['pwd', 'otp', 'cba', 'fido']

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const published = async () => ({
  keys: [
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa' },
  ],
})

const usual = {
  iss: issuer,
  aud: audience,
  sub: 'anna',
  client_id: 'app1',
  jti: 'one',
  iat: now - 60,
  exp: now + 540,
  acr: 'otp',
  amr: ['pwd', 'otp', 'mfa'],
  auth_time: now - 100,
  scope: 'openid accounts',
}

type Header = { alg?: string; typ?: string | undefined; kid?: string }
const sign = (change: Record<string, unknown> = {}, header: Header = {}, key: KeyObject = ec.privateKey) =>
  new SignJWT({ ...usual, ...change })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'ec', ...header } as { alg: string })
    .sign(key)

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

let local: StepUp
beforeAll(async () => {
  local = { issuer, audience, keys: createLocalJWKSet(await published()), now: () => now }
})

const ask = (authorization: string | undefined, demand: Partial<StepUp> = {}) => {
  const guarded = requireStepUp({ ...local, ...demand })((_request, auth) => Response.json(auth))
  return guarded(new Request('https://accounts.example.org/x', { headers: authorization ? { authorization } : {} }))
}
const askWith = async (change: Record<string, unknown>, demand: Partial<StepUp> = {}) =>
  ask(`Bearer ${await sign(change)}`, demand)

const otp = { acr: { order, required: 'otp' }, maxAge: 300 }
const stepUp = (description: string, more: string) =>
  `Bearer error="insufficient_user_authentication", error_description="${description}"${more}`
const stronger = stepUp('A stronger authentication is required', ', acr_values="otp cba fido", max_age="300"')
const newer = stepUp('A more recent authentication is required', ', acr_values="otp cba fido", max_age="300"')

describe('a token that will do', () => {
  it('opens, and says who calls', async () => {
    const response = await askWith({}, { ...otp, scope: 'accounts' })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      subject: 'anna',
      clientId: 'app1',
      acr: 'otp',
      amr: ['pwd', 'otp', 'mfa'],
      authTime: now - 100,
      scopes: ['openid', 'accounts'],
      expiresAt: now + 540,
      claims: usual,
    })
  })

  it.each([
    ['a stronger acr', { acr: 'fido' }, otp],
    ['an acr the list does not know, where none is required', { acr: 'face' }, {}],
    ['no acr and no auth_time, where none is required', { acr: undefined, auth_time: undefined }, {}],
    ['an age on the second', { auth_time: now - 300 }, otp],
    ['an age within the tolerance', { auth_time: now - 305 }, otp],
    ['a sign-in this very second, for maxAge 0', { auth_time: now }, { maxAge: 0 }],
    ['an issuer whose clock is a little ahead', { auth_time: now + 5, iat: now + 5 }, otp],
    ['several audiences', { aud: ['https://other.example', audience] }, otp],
    ['just expired, within the tolerance', { exp: now - 4 }, otp],
  ])('%s', async (_name, change, demand) => {
    expect((await askWith(change, demand)).status).toBe(200)
  })

  it('its scheme in any case, and RS256 if the issuer signs so', async () => {
    expect((await ask(`bEARER ${await sign()}`, otp)).status).toBe(200)
    expect((await ask(`Bearer ${await sign({}, { alg: 'RS256', kid: 'rsa' }, rsa.privateKey)}`)).status).toBe(200)
    const long = await sign({}, { typ: 'application/at+jwt' })
    expect((await ask(`Bearer ${long}`)).status).toBe(200)
  })
})

describe('an authentication that will not do: 401 and the challenge of RFC 9470', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a weaker acr', { acr: 'pwd' }, stronger],
    ['an unknown acr', { acr: 'face' }, stronger],
    ['an acr in other letters', { acr: 'OTP' }, stronger],
    ['no acr', { acr: undefined }, stronger],
    ['an acr that is no text', { acr: ['otp'] }, stronger],
    ['an acr that every object has', { acr: 'constructor' }, stronger],
    ['too old', { auth_time: now - 306 }, newer],
    ['no auth_time', { auth_time: undefined }, newer],
    ['an auth_time that is no number', { auth_time: String(now) }, newer],
    ['too weak and too old', { acr: 'pwd', auth_time: 0 }, stronger],
  ])('%s', async (_name, change, challenge) => {
    const response = await askWith(change, otp)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(challenge)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ error: 'insufficient_user_authentication', max_age: '300' })
  })

  it('names only what is asked', async () => {
    const age = await askWith({ auth_time: now - 11 }, { maxAge: 5 })
    expect(age.headers.get('www-authenticate')).toBe(
      stepUp('A more recent authentication is required', ', max_age="5"'),
    )
    const level = await askWith({}, { acr: { order, required: 'fido' } })
    expect(level.headers.get('www-authenticate')).toBe(
      stepUp('A stronger authentication is required', ', acr_values="fido"'),
    )
  })

  it('a client reads it as it was meant', async () => {
    expect(readChallenge(await askWith({ acr: 'pwd' }, otp))).toEqual({
      acrValues: ['otp', 'cba', 'fido'],
      maxAge: 300,
      description: 'A stronger authentication is required',
    })
  })
})

describe('what is no token, or not for this: RFC 6750', () => {
  it.each([undefined, 'Basic YTpi', 'DPoP abc', 'Bearerish x'])('%s: 401, and no error', async (authorization) => {
    const response = await ask(authorization, otp)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.text()).toBe('')
  })

  it('too little scope: 403, whatever the level, and what it takes', async () => {
    const response = await askWith({ acr: 'pwd' }, { ...otp, scope: 'accounts transfers' })
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", error_description="The access token is for less than this", scope="accounts transfers"',
    )
    expect(readChallenge(response)).toBeUndefined()
  })

  it('a scope that only begins alike is another', async () => {
    expect((await askWith({ scope: 'accounts:read' }, { scope: 'accounts' })).status).toBe(403)
    expect((await askWith({ scope: ['accounts'] }, { scope: 'accounts' })).status).toBe(403)
  })

  it.each<[string, () => Promise<string> | string]>([
    ['nothing behind the scheme', () => ''],
    ['a word', () => 'nonsense'],
    ['two tokens', async () => `${await sign()}, Bearer ${await sign()}`],
    ['a token and more', async () => `${await sign()} x`],
    ['what is too long', () => `${'x'.repeat(9000)}.${'y'.repeat(9000)}.z`],
    ['no JSON inside', () => 'AAAA.BBBB.CCCC'],
    ['an expired one', () => sign({ exp: now - 6 })],
    ['one of another issuer', () => sign({ iss: 'https://evil.example' })],
    ['one for somebody else', () => sign({ aud: 'https://other.example' })],
    ['one for nobody', () => sign({ aud: undefined })],
    ['one that is not good yet', () => sign({ nbf: now + 60 })],
    ['one that is bound to a key', () => sign({ cnf: { jkt: 'x' } })],
    ['one that signs in tomorrow', () => sign({ auth_time: now + 86_400 })],
    ['one whose person is a number', () => sign({ sub: 5 })],
    ['one whose person has an empty name', () => sign({ sub: '' })],
    ['one whose client is no text', () => sign({ client_id: { id: 'app1' } })],
    ['an ID token', () => sign({}, { typ: 'JWT' })],
    ['one without a type', () => sign({}, { typ: undefined })],
    ['a logout token', () => sign({}, { typ: 'logout+jwt' })],
    ...['exp', 'iat', 'sub', 'client_id', 'jti', 'iss'].map((name): [string, () => Promise<string>] => [
      `one without ${name}`,
      () => sign({ [name]: undefined }),
    ]),
    ["a stranger's, under a known name", () => sign({}, {}, stranger.privateKey)],
    ['a key that nobody published', () => sign({}, { kid: 'other' }, stranger.privateKey)],
    ['alg none', () => `${encoded({ alg: 'none', typ: 'at+jwt' })}.${encoded(usual)}.`],
    ['alg none with a signature', () => `${encoded({ alg: 'none', typ: 'at+jwt' })}.${encoded(usual)}.AAAA`],
    ['HS256 with the public key as the secret', () => confused('ec', ec.publicKey)],
    ['HS256 with the RSA key as the secret', () => confused('rsa', rsa.publicKey)],
    ['an algorithm that is not on the list', () => sign({}, { alg: 'RS512', kid: 'rsa' }, rsa.privateKey)],
    ['a key of its own in the header', async () => sign({}, await ownKey(), stranger.privateKey)],
    [
      'a critical extension',
      () => `${encoded({ alg: 'ES256', typ: 'at+jwt', kid: 'ec', crit: ['x'], x: 1 })}.e30.AAAA`,
    ],
    ['an altered payload', async () => altered(await sign())],
  ])('%s: 401 invalid_token', async (_name, made) => {
    const response = await ask(`Bearer ${await made()}`, otp)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Bearer error="invalid_token", error_description="[A-Za-z_ ]+"$/,
    )
    expect(readChallenge(response)).toBeUndefined()
  })

  const confused = (kid: string, key: KeyObject): string => {
    const signed = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid })}.${encoded(usual)}`
    const secret = key.export({ type: 'spki', format: 'pem' })
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const ownKey = async (): Promise<Header> => ({ jwk: await exportJWK(stranger.publicKey), kid: 'ec' }) as Header
  const altered = (jwt: string) => {
    const [header, , signature] = jwt.split('.')
    return `${header}.${encoded({ ...usual, acr: 'fido' })}.${signature}`
  }
})

describe('a demand that makes no sense is refused at the start', () => {
  it.each<[string, Partial<StepUp>]>([
    ['an acr that the list does not have', { acr: { order, required: 'face' } }],
    ['a list with a name twice', { acr: { order: ['a', 'b', 'a'], required: 'a' } }],
    ['a name that would leave its quotes', { acr: { order: ['a", error="'], required: 'a", error="' } }],
    ['a name that would leave its line', { acr: { order: ['a\r\nX: y'], required: 'a\r\nX: y' } }],
    ['a name with a space', { acr: { order: ['a b'], required: 'a b' } }],
    ['a scope with a quote', { scope: 'a"b' }],
    ['an age below nothing', { maxAge: -1 }],
    ['an age that is no number', { maxAge: Number.NaN }],
    ['no audience', { audience: '' }],
    ['no algorithm', { algorithms: [] }],
    ['none', { algorithms: ['ES256', 'none'] }],
    ['a shared secret', { algorithms: ['HS256'] }],
    ['a tolerance below nothing', { clockTolerance: -1 }],
  ])('%s', (_name, demand) => {
    expect(() => requireStepUp({ ...local, ...demand })).toThrow(TypeError)
  })

  it('an issuer whose keys anybody on the way could swap', () => {
    expect(() => requireStepUp({ issuer: 'http://id.example.org', audience })).toThrow(/must be https/)
  })

  it('and a header is safe even then', () => {
    expect(challengeOf({ error: 'invalid_token', error_description: 'a "b" \\ c\r\nX: y\u00e9' })).toBe(
      'Bearer error="invalid_token", error_description="a \\"b\\" \\\\ cX: y"',
    )
  })
})

describe('middy', () => {
  type Result = APIGatewayProxyStructuredResultV2
  const reached: string[] = []
  const handler = () =>
    middy<APIGatewayProxyEventV2, Result>()
      .use(stepUpMiddleware({ ...local, ...otp }))
      .handler(async (event) => {
        reached.push(event.auth.subject)
        return { statusCode: 200, body: event.auth.acr ?? '' }
      })
  const call = (headers: Record<string, string>): Promise<Result> =>
    handler()({ version: '2.0', headers } as unknown as Parameters<ReturnType<typeof handler>>[0], {} as Context)

  it('a handler behind it knows who calls', async () => {
    expect(await call({ authorization: `Bearer ${await sign()}` })).toEqual({ statusCode: 200, body: 'otp' })
    expect(await call({ Authorization: `Bearer ${await sign()}` })).toMatchObject({ statusCode: 200 })
    expect(reached.splice(0)).toEqual(['anna', 'anna'])
  })

  it('and is not reached otherwise', async () => {
    expect(await call({ authorization: `Bearer ${await sign({ acr: 'pwd' })}` })).toEqual({
      statusCode: 401,
      headers: { 'www-authenticate': stronger, 'cache-control': 'no-store', 'content-type': 'application/json' },
      body: expect.stringContaining('"error":"insufficient_user_authentication"'),
    })
    expect(await call({})).toEqual({
      statusCode: 401,
      headers: { 'www-authenticate': 'Bearer', 'cache-control': 'no-store' },
      body: '',
    })
    expect(reached).toEqual([])
  })

  it('an event without headers is one without a token', async () => {
    const event = {} as unknown as Parameters<ReturnType<typeof handler>>[0]
    expect(await handler()(event, {} as Context)).toMatchObject({ statusCode: 401 })
  })
})

describe("the issuer's keys", () => {
  let server: Server
  let base = ''
  let metadata: (at: string) => unknown
  let asked: string[] = []
  beforeAll(async () => {
    const keys = await published()
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const found = request.url === '/jwks' ? keys : metadata(base)
      if (found === undefined) return response.writeHead(503).end()
      if (typeof found === 'string') return response.writeHead(302, { location: found }).end()
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
    }).listen(0, 'localhost')
    await once(server, 'listening')
    base = `http://localhost:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  const askAt = async (at: string, change: Record<string, unknown> = {}, header: Header = {}) => {
    const guarded = requireStepUp({ issuer: at, audience, now: () => now })(() => new Response('in'))
    const authorization = `Bearer ${await sign({ iss: at, ...change }, header)}`
    return guarded(new Request('https://accounts.example.org/x', { headers: { authorization } }))
  }

  it('an outage is an exception, and over as soon as the issuer answers; then the keys are kept', async () => {
    metadata = () => undefined
    await expect(askAt(base)).rejects.toThrow(IssuerUnavailable)
    metadata = (at) => ({ issuer: at, jwks_uri: `${at}/jwks` })
    asked = []
    expect((await askAt(base)).status).toBe(200)
    expect((await askAt(base)).status).toBe(200)
    // Nor does a key that somebody makes up have the issuer asked each time.
    expect((await askAt(base, {}, { kid: 'made-up' })).status).toBe(401)
    expect(asked).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it.each<[string, (at: string) => unknown]>([
    ['of another issuer', (at) => ({ issuer: 'https://evil.example', jwks_uri: `${at}/jwks` })],
    ['without keys', (at) => ({ issuer: `${at}/`, jwks_uri: undefined })],
    ['with keys elsewhere, unprotected', (at) => ({ issuer: `${at}/`, jwks_uri: 'http://evil.example/jwks' })],
    ['behind a redirect', (at) => `${at}/elsewhere`],
  ])('metadata %s are not believed', async (_name, said) => {
    metadata = said
    await expect(askAt(`${base}/`)).rejects.toThrow(IssuerUnavailable)
  })
})
