import { generateKeyPairSync } from 'node:crypto'
import middy from '@middy/core'
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda'
import { createLocalJWKSet, exportJWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { StepUp } from '../../packages/resource-server/src/access.ts'
import { type Dpop, requireStepUp } from '../../packages/resource-server/src/fetch.ts'
import { requireStepUp as stepUpMiddleware } from '../../packages/resource-server/src/middy.ts'
import { type Alg, dpopKey, type Proven } from '../dpop.ts'

const now = 1_800_000_000
const [issuer, audience] = ['https://id.example.org', 'https://accounts.example.org']
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256' }] })
const key = await dpopKey()
const other = await dpopKey()

const usual = {
  ...{ iss: issuer, aud: audience, sub: 'anna', client_id: 'app1', jti: 'one', iat: now - 60, exp: now + 540 },
  ...{ acr: 'otp', auth_time: now - 100, scope: 'accounts' },
}
const sign = (change: Record<string, unknown> = {}) =>
  new SignJWT({ ...usual, ...change })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'ec' })
    .sign(ec.privateKey)
const bound = await sign({ cnf: { jkt: key.jkt } })

const server: StepUp = { issuer, audience, keys, now: () => now, dpop: { origin: audience } }
const url = `${audience}/transfers`

const proof = (change: Partial<Proven> = {}, its = key): Promise<string> =>
  its.proof({ method: 'GET', url, at: now, token: bound, ...change })

function ask(headers: Record<string, string>, demand: Partial<StepUp> = {}): Promise<Response> {
  const guarded = requireStepUp({ ...server, ...demand })((_request, auth) => Response.json(auth.subject))
  return guarded(new Request(`${url}?to=bo`, { headers }))
}

const show = async (change: Partial<Proven> = {}, demand: Partial<StepUp> = {}) =>
  ask({ authorization: `DPoP ${bound}`, dpop: await proof(change) }, demand)

const challengeOf = (response: Response): string => response.headers.get('www-authenticate') ?? ''

describe('a token that is bound to a key', () => {
  it('opens with a proof of that key', async () => {
    const response = await show()
    expect(response.status).toBe(200)
    expect(await response.json()).toBe('anna')
  })

  it.each<Alg>(['ES256', 'PS256', 'RS256', 'EdDSA'])('of %s', async (alg) => {
    const its = await dpopKey(alg)
    const token = await sign({ cnf: { jkt: its.jkt } })
    const headers = { authorization: `dpop ${token}`, dpop: await proof({ token }, its) }
    expect((await ask(headers)).status).toBe(200)
  })

  it.each<[string, Partial<Proven>]>([
    ['with a query in htu', { url: `${url}?to=bo` }],
    ['as old as may be, and the tolerance', { at: now - 65 }],
    ['from a clock that is a little ahead', { at: now + 5 }],
  ])('with a proof %s', async (_name, change) => {
    expect((await show(change)).status).toBe(200)
  })

  it.each<[string, Partial<Proven>]>([
    ['for another method', { method: 'POST' }],
    ['for another path', { url: `${audience}/other` }],
    ['for another host', { url: 'https://evil.example/transfers' }],
    ['in the clear', { url: 'http://accounts.example.org/transfers' }],
    ['for no address', { claims: { htu: 'transfers' } }],
    ['for another token', { token: 'a.b.c' }],
    ['for no token', { claims: { ath: undefined } }],
    ['that is too old', { at: now - 66 }],
    ['from the future', { at: now + 6 }],
    ['without a time', { claims: { iat: undefined } }],
    ['without an id', { claims: { jti: undefined } }],
    ['with an id that is too long', { claims: { jti: 'x'.repeat(257) } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['with its private key', { header: { jwk: key.privateKey.export({ format: 'jwk' }) } }],
    ['under another key than it has', { header: { jwk: other.jwk } }],
    ['with no key', { header: { jwk: undefined } }],
  ])('is refused with a proof %s', async (_name, change) => {
    const response = await show(change)
    expect(response.status).toBe(401)
    expect(challengeOf(response)).toMatch(
      /^DPoP error="invalid_dpop_proof", error_description="[A-Za-z ]+", algs="ES256 EdDSA Ed25519 PS256 RS256"$/,
    )
  })

  it.each<[string, () => Promise<Record<string, string>>]>([
    ['none', async () => ({})],
    ['one that is none', async () => ({ dpop: 'proof' })],
    ['two', async () => ({ dpop: `${await proof()}, ${await proof()}` })],
  ])('is refused with %s', async (_name, headers) => {
    const response = await ask({ authorization: `DPoP ${bound}`, ...(await headers()) })
    expect(challengeOf(response)).toMatch(/^DPoP error="invalid_dpop_proof"/)
  })

  it('is refused with a proof of another key', async () => {
    const response = await ask({ authorization: `DPoP ${bound}`, dpop: await proof({}, other) })
    expect(challengeOf(response)).toMatch(/^DPoP error="invalid_token"/)
  })

  it('is refused as a Bearer token, proof or not', async () => {
    for (const more of [{}, { dpop: await proof() }]) {
      const response = await ask({ authorization: `Bearer ${bound}`, ...more })
      expect(response.status).toBe(401)
      expect(challengeOf(response)).toMatch(/^DPoP error="invalid_token"/)
    }
  })

  it.each<[string, unknown]>([
    ['a certificate', { 'x5t#S256': 'x' }],
    ['a key and a certificate', { jkt: key.jkt, 'x5t#S256': 'x' }],
    ['nothing that is known', {}],
    ['no object', 'jkt'],
  ])('is refused where it is bound to %s', async (_name, cnf) => {
    const token = await sign({ cnf })
    const headers = { authorization: `DPoP ${token}`, dpop: await proof({ token }) }
    expect(challengeOf(await ask(headers))).toMatch(/^DPoP error="invalid_token"/)
  })

  it('is held to its level all the same, in the words of its scheme', async () => {
    const response = await show({}, { acr: { order: ['pwd', 'otp', 'fido'], required: 'fido' } })
    expect(challengeOf(response)).toMatch(/^DPoP error="insufficient_user_authentication".*acr_values="fido"/)
  })
})

describe('a proof is good once', () => {
  const guarded = requireStepUp(server)(() => new Response('in'))
  const request = async (dpop: string) =>
    (await guarded(new Request(url, { headers: { authorization: `DPoP ${bound}`, dpop } }))).status

  it('as this process remembers', async () => {
    const [one, two] = [await proof(), await proof()]
    expect([await request(one), await request(one), await request(two)]).toEqual([200, 401, 200])
  })

  it('of twenty at once one', async () => {
    const one = await proof()
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(one)))
    expect(answers.filter((status) => status === 200)).toHaveLength(1)
  })

  it('as a store says that many share, which is asked last', async () => {
    const noted: [string, number][] = []
    const spend: Dpop['spend'] = async (id, until) => noted.push([id, until]) === 1
    const dpop = { origin: audience, spend }
    expect((await show({ token: 'a.b.c' }, { dpop })).status).toBe(401)
    expect(noted).toEqual([])
    expect((await show({}, { dpop })).status).toBe(200)
    expect((await show({}, { dpop })).status).toBe(401)
    expect(noted[0]).toEqual([expect.stringMatching(/^[\w-]{43}$/), now + 60 + 11])
  })
})

describe('a Bearer token', () => {
  it('is as good as ever', async () => {
    expect((await ask({ authorization: `Bearer ${await sign()}` })).status).toBe(200)
  })

  it('is not to be had with a proof', async () => {
    const token = await sign()
    const response = await ask({ authorization: `DPoP ${token}`, dpop: await proof({ token }) })
    expect(challengeOf(response)).toMatch(/^DPoP error="invalid_token"/)
  })

  it('is refused where tokens must be bound', async () => {
    const dpop = { origin: audience, required: true }
    const response = await ask({ authorization: `Bearer ${await sign()}` }, { dpop })
    expect(challengeOf(response)).toMatch(/^DPoP error="invalid_token"/)
    expect(challengeOf(await ask({}, { dpop }))).toBe('DPoP algs="ES256 EdDSA Ed25519 PS256 RS256"')
  })
})

describe('middy', () => {
  it('takes the request from an event of format 2.0', async () => {
    const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
      .use(stepUpMiddleware(server))
      .handler(async (event) => ({ statusCode: 200, body: event.auth.subject }))
    const call = async (method: string, rawPath: string) => {
      const headers = { authorization: `DPoP ${bound}`, dpop: await proof() }
      const event = { version: '2.0', headers, rawPath, requestContext: { http: { method } } }
      return (await handler(event as unknown as Parameters<typeof handler>[0], {} as Context)).statusCode
    }
    expect(await call('GET', '/transfers')).toBe(200)
    expect(await call('POST', '/transfers')).toBe(401)
    expect(await call('GET', '/other')).toBe(401)
  })

  it('and of 1.0', async () => {
    const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
      .use(stepUpMiddleware(server))
      .handler(async (event) => ({ statusCode: 200, body: event.auth.subject }))
    const headers = { Authorization: `DPoP ${bound}`, DPoP: await proof() }
    const event = { headers, path: '/transfers', httpMethod: 'GET' }
    expect(await handler(event as unknown as Parameters<typeof handler>[0], {} as Context)).toMatchObject({
      statusCode: 200,
    })
  })
})

it.each<[string, Dpop]>([
  ['an origin with a path', { origin: `${audience}/v1` }],
  ['no origin', { origin: '' }],
  ['a shared secret', { origin: audience, algorithms: ['HS256'] }],
  ['no algorithm', { origin: audience, algorithms: [] }],
  ['no age', { origin: audience, maxAge: 0 }],
])('%s is refused at the start', (_name, dpop) => {
  expect(() => requireStepUp({ ...server, dpop })).toThrow(TypeError)
})
