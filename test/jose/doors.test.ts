/**
 * Hostile JWTs at every door that takes one: each is refused in the door's own words, nothing is thrown, and nobody goes
 * where a header says. Each door takes the good token that they are made from, before and after.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createLocalJWKSet, decodeProtectedHeader, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessCheck } from '../../packages/resource-server/src/access.ts'
import { openVault } from '../../src/services/vault.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import { claimsOf, exchange, usualRequest, type Visitor, visit } from '../visitor.ts'
import { crooked, doubled, withClaims } from './crooked.ts'
import { type Good, type Hostile, hostileTo, jwt } from './hostile.ts'

let house: House
let browser: Visitor
let trap: Server
let trapAddress: string
let visitors = 0
/** Ports that were connected to while a door was tried. */
const connected = new Set<number>()

const onSocket = (message: unknown): void => {
  const { socket } = message as { socket: Socket }
  socket.once('connect', () => connected.add(socket.remotePort ?? 0))
  socket.once('error', () => connected.add(-1))
}

type Known = { privateKey: KeyObject; header: Record<string, unknown> & { alg: string } }
type Tokens = { access_token: string; id_token: string }
let tokens: Tokens
let machines: string
/** The private half of our key that signed it, and its header. */
let signedBy: (token: string) => Promise<Known>
const client = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const password = 'correct horse battery staple'

beforeAll(async () => {
  trap = createServer((_request, response) => {
    visitors++
    response.end('{"keys":[]}')
  })
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
  trapAddress = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`
  house = await openHouse()
  const jwks = { keys: [{ ...(client.publicKey.export({ format: 'jwk' }) as JWK), kid: 'one', alg: 'ES256' }] }
  await house.addClient()
  await house.addClient({ clientId: 'accounts', secret: password, scopes: ['introspection'] })
  const machine = { grantTypes: ['client_credentials'], redirectUris: [], scopes: ['authenticators'] } as const
  await house.addClient({ ...machine, clientId: 'machine', tokenEndpointAuthMethod: 'private_key_jwt', jwks })
  await house.addClient({ clientId: 'signs', jwks, requestObjectSigningAlg: 'ES256', secret: password })
  const user = await house.addUser({ password })
  browser = visit(house)
  await browser.ask({ acr_values: 'pwd' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  tokens = (await exchange(house, browser.landed.get('code'))).json
  machines = ((await askTokens(assertion())).json as { access_token: string }).access_token

  const records = (await house.all('config')).filter(({ pk }) => pk === 'signing-key')
  signedBy = async (token) => {
    const header = decodeProtectedHeader(token) as Known['header']
    const wrapped = String(records.find(({ kid }) => kid === header.kid)?.wrappedPrivateKey)
    const pkcs8 = Buffer.from(await openVault(house.stage).unwrap(wrapped, 'keystep-signing-key'))
    return { header, privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }) }
  }
  subscribe('net.client.socket', onSocket)
})
afterAll(async () => {
  unsubscribe('net.client.socket', onSocket)
  await house.close()
  await new Promise((resolve) => trap.close(resolve))
})

// --- The doors ----------------------------------------------------------------------------------------------------

type Door = {
  /** What is taken at it; made anew, where it is good once. */
  good(): Promise<Good> | Good
  ask(token: string): Promise<Reply>
  takes(reply: Reply): boolean
  refuses(reply: Reply): boolean
  /** Types of tokens that are for something else. */
  typs: readonly unknown[]
  /** Signed like the good one, and still not to be taken. */
  more?(good: Good): Hostile[]
  /** What is no attack here. */
  harmless?(hostile: Hostile): boolean
}

const oddTypes = [
  '',
  null,
  1,
  {},
  ['at+jwt'],
  'dpop+jwt',
  'logout+jwt',
  'oauth-authz-req+jwt',
  'token-introspection+jwt',
]
const times = ['9999999999', 'never', null, true, [], {}, -1, 0, 1]

async function ours(token: string): Promise<Good> {
  const { header, privateKey: key } = await signedBy(token)
  const others = (await house.all('config')).filter(({ pk, kid }) => pk === 'signing-key' && kid !== header.kid)
  const otherKids = others.map(({ kid }) => String(kid))
  return { header, key, payload: claimsOf(token), otherKids, trap: trapAddress }
}

const theirs = (payload: Record<string, unknown>): Good => ({
  header: { alg: 'ES256', kid: 'one' },
  key: client.privateKey,
  payload,
  otherKids: [],
  trap: trapAddress,
})

const assertionClaims = () => ({
  iss: 'machine',
  sub: 'machine',
  aud: house.stage.issuer,
  jti: randomUUID(),
  iat: house.now,
  exp: house.now + 60,
})
const proofClaims = () => ({
  jti: randomUUID(),
  htm: 'POST',
  htu: `${house.stage.issuer}/token`,
  iat: house.now,
})
const assertion = (): string => jwt({ alg: 'ES256', kid: 'one' }, assertionClaims(), client.privateKey, 'ES256')

function askTokens(text: string, headers: Record<string, string> = {}): Promise<Reply> {
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const form = { grant_type: 'client_credentials', client_assertion_type: type, client_assertion: text }
  return house.invoke('POST', '/token', { headers, body: new URLSearchParams(form) })
}

const cookies = () => Object.fromEntries(browser.cookies)
const isJson = ({ headers }: Reply) => /json/.test(headers['content-type'] ?? '')
const errorOf = ({ json }: Reply) => (json as { error?: string } | undefined)?.error
const back = ({ headers }: Reply) => new URLSearchParams((headers.location ?? '').split('?')[1])
const isUnauthorized = (reply: Reply) => reply.status === 401 && reply.headers['www-authenticate'] !== undefined
const accessClaims = (good: Good): Hostile[] => [
  ...withClaims(good, 'exp', [...times, undefined]),
  ...withClaims(good, 'nbf', ['0', 9_999_999_999, null, {}]),
  ...withClaims(good, 'iat', ['now', null, {}]),
  ...withClaims(good, 'aud', ['', [], {}, null, undefined, 0, 'https://evil.example', ['https://evil.example']]),
  ...withClaims(good, 'aud', [`${String([good.payload.aud].flat()[0])}/`, 'https://id.example.org.evil.example']),
]

const doors: Record<string, Door> = {
  'an access token at userinfo, in the header': {
    good: () => ours(tokens.access_token),
    ask: (token) => house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${token}` } }),
    takes: ({ status }) => status === 200,
    refuses: isUnauthorized,
    typs: ['JWT', undefined, ...oddTypes],
    more: (good) => [...accessClaims(good), ...withClaims(good, 'jti', ['', null, undefined, 0, {}, ['x'], 'x.y'])],
  },
  'an access token at userinfo, in a form': {
    good: () => ours(tokens.access_token),
    ask: (token) => house.invoke('POST', '/userinfo', { body: new URLSearchParams({ access_token: token }) }),
    takes: ({ status }) => status === 200,
    refuses: isUnauthorized,
    typs: ['JWT', undefined, ...oddTypes],
    more: (good) => withClaims(good, 'sub', ['', null, undefined, 0, {}, ['x'], 'x'.repeat(3000)]),
  },
  'an access token at the API': {
    good: () => ours(machines),
    ask: (token) =>
      house.invoke('GET', '/api/v1/tenants/demo/users', { headers: { authorization: `Bearer ${token}` } }),
    takes: ({ status }) => status === 200,
    refuses: ({ status }) => status === 401,
    typs: ['JWT', undefined, ...oddTypes],
    more: (good) => [
      ...accessClaims(good),
      ...withClaims(good, 'client_id', ['', null, undefined, 0, {}, ['machine'], 'x'.repeat(3000)]),
    ],
  },
  'an access token at introspection': {
    good: () => ours(tokens.access_token),
    ask: (token) =>
      house.invoke('POST', '/introspect', {
        headers: { authorization: `Basic ${Buffer.from(`accounts:${password}`).toString('base64')}` },
        body: new URLSearchParams({ token }),
      }),
    takes: ({ json }) => (json as { active?: boolean }).active === true,
    refuses: ({ status, json }) => status === 200 && JSON.stringify(json) === '{"active":false}',
    typs: ['JWT', undefined, ...oddTypes],
    more: accessClaims,
  },
  'an ID token as a hint at authorize': {
    good: () => ours(tokens.id_token),
    ask: (token) => {
      const query = new URLSearchParams({ ...usualRequest, prompt: 'none', id_token_hint: token })
      return house.invoke('GET', `/authorize?${query}`, { cookies: cookies() })
    },
    takes: (reply) => back(reply).has('code'),
    refuses: (reply) => reply.status === 303 && back(reply).has('error') && !back(reply).has('code'),
    typs: ['at+jwt', undefined, ...oddTypes],
    more: (good) => withClaims(good, 'sub', ['', null, undefined, 0, {}, ['x'], 'somebody else']),
  },
  'an ID token as a hint at logout': {
    good: () => ours(tokens.id_token),
    ask: (token) => {
      const to = { post_logout_redirect_uri: 'https://app1.example.com/', state: 'x' }
      // Without a session: then the hint alone says whether there is a way back.
      return house.invoke('GET', `/logout?${new URLSearchParams({ id_token_hint: token, ...to })}`)
    },
    takes: ({ headers }) => headers.location === 'https://app1.example.com/?state=x',
    refuses: ({ status, headers }) => status < 500 && headers.location === undefined,
    typs: ['at+jwt', undefined, ...oddTypes],
    more: (good) => [
      ...withClaims(good, 'aud', ['', [], {}, null, undefined, 0, 'app2', ['app1', 'app2'], { app1: 1 }]),
      ...withClaims(good, 'exp', ['9999999999', null, {}, undefined]),
    ],
  },
  'a client’s assertion': {
    good: () => theirs(assertionClaims()),
    ask: (token) => askTokens(token),
    takes: ({ status }) => status === 200,
    refuses: (reply) => [400, 401].includes(reply.status) && isJson(reply) && errorOf(reply) === 'invalid_client',
    typs: ['at+jwt', ...oddTypes.filter((typ) => typ !== '')],
    more: (good) => [
      ...doubled(good),
      ...withClaims(good, 'exp', [...times, undefined, 1e300, 9_999_999_999, house.now, house.now + 86_400]),
      ...withClaims(good, 'nbf', ['0', 9_999_999_999, null, {}]),
      ...withClaims(good, 'iat', ['now', 9_999_999_999, null, {}]),
      ...withClaims(good, 'jti', ['', null, undefined, 0, {}, ['x'], 'x'.repeat(1000)]),
      ...withClaims(good, 'sub', ['accounts', '', null, undefined, 0, {}, ['machine']]),
      ...withClaims(good, 'aud', [['https://id.example.org'], 'https://id.example.org/', '', [], null, undefined]),
      ...withClaims(good, 'aud', ['https://id.example.org/token', ['https://id.example.org', 'https://evil.example']]),
    ],
  },
  'a request object': {
    good: () => {
      const { client_id: _, ...asked } = usualRequest
      const until = house.now + 60
      return theirs({ ...asked, iss: 'signs', aud: house.stage.issuer, exp: until, client_id: 'signs', prompt: 'none' })
    },
    ask: (token) => {
      const query = new URLSearchParams({ ...usualRequest, client_id: 'signs', request: token })
      return house.invoke('GET', `/authorize?${query}`, { cookies: cookies() })
    },
    takes: (reply) => back(reply).has('code'),
    refuses: (reply) => reply.status === 303 && back(reply).get('error') === 'invalid_request_object',
    typs: ['at+jwt', ...oddTypes.filter((typ) => typ !== '' && typ !== 'oauth-authz-req+jwt')],
    more: (good) => [
      ...doubled(good),
      ...withClaims(good, 'exp', [...times, undefined, 1e300, 9_999_999_999]),
      ...withClaims(good, 'nbf', ['0', 9_999_999_999, null, {}]),
      ...withClaims(good, 'aud', ['https://id.example.org/', '', [], null, undefined, ['https://evil.example'], {}]),
      ...withClaims(good, 'sub', ['signs', 'x', null]),
      ...withClaims(good, 'request', ['x']),
      ...withClaims(good, 'request_uri', [`${trapAddress}/request`]),
    ],
    // An empty one is one that was left out (RFC 6749 §3.1).
    harmless: ({ token }) => token === '',
  },
  'a DPoP proof': {
    good: async () => ({
      ...theirs({ ...proofClaims(), nonce: await house.world.proofNonces.current() }),
      header: { typ: 'dpop+jwt', alg: 'ES256', jwk: client.publicKey.export({ format: 'jwk' }) },
    }),
    ask: (token) => askTokens(assertion(), { dpop: token }),
    takes: ({ status, json }) => status === 200 && (json as { token_type?: string }).token_type === 'DPoP',
    refuses: (reply) => reply.status === 400 && /^(invalid_dpop_proof|use_dpop_nonce)$/.test(String(errorOf(reply))),
    typs: ['JWT', 'at+jwt', undefined, ...oddTypes.filter((typ) => typ !== 'dpop+jwt')],
    more: (good) => [
      ...doubled(good).filter(({ name }) => name.startsWith('alg')),
      ...withClaims(good, 'htm', ['GET', 'post', 'POST ', '', null, undefined, ['POST'], {}]),
      ...withClaims(good, 'htu', [
        'https://id.example.org/par',
        'https://id.example.org/token/',
        'http://id.example.org/token',
      ]),
      ...withClaims(good, 'htu', [
        'https://id.example.org:444/token',
        'https://id.example.org@evil.example/token',
        '/token',
      ]),
      ...withClaims(good, 'htu', [
        'https://evil.example/token',
        'https://u:p@id.example.org/token',
        '',
        null,
        undefined,
        {},
      ]),
      ...withClaims(good, 'htu', ['https://id.example.org/%74oken%00', 'https://id.example.org/a/token', ['x'], 'x']),
      ...withClaims(good, 'iat', ['now', null, undefined, {}, 0, -1, 1e300, house.now + 3600, house.now - 3600]),
      ...withClaims(good, 'jti', ['', null, undefined, 0, {}, ['x'], 'x'.repeat(1000)]),
      ...withClaims(good, 'nonce', ['', 'made up', null, undefined, 0, {}, 'x'.repeat(1000)]),
    ],
    // The key is in the header, and whoever has one may use it: a proof by another key is a proof, and an address beside it
    // is not looked at. It names no issuer.
    harmless: ({ kind, name }) =>
      (kind === 'their own key' && name.startsWith('jwk,')) || name.startsWith('iss ') || name === 'jku and a good key',
  },
  'an access token at somebody’s resource server': {
    good: () => ours(tokens.access_token),
    ask: async (token) => {
      const { json } = await house.invoke<{ keys: JWK[] }>('GET', '/jwks')
      const { issuer } = house.stage
      const keys = createLocalJWKSet(json)
      const check = accessCheck({ issuer, audience: issuer, keys, now: () => house.now })
      const access = await check(`Bearer ${token}`)
      return { status: access.ok ? 200 : access.status } as Reply
    },
    takes: ({ status }) => status === 200,
    refuses: ({ status }) => status === 401,
    typs: ['JWT', undefined, ...oddTypes],
    more: (good) => [...accessClaims(good), ...withClaims(good, 'client_id', ['', null, undefined, 0, {}, ['app1']])],
  },
}

/** How many are made for all doors together. */
let tried = 0

describe.each(Object.entries(doors))('%s', { timeout: 120_000 }, (name, door) => {
  it('is taken, and no hostile one is', async () => {
    const good = await door.good()
    expect(door.takes(await door.ask(jwt(good.header, good.payload, good.key, good.header.alg))), name).toBe(true)
    // Of one that is good once, each is made for a use of its own.
    const base = await door.good()
    const all = [...hostileTo(base), ...crooked(base, door.typs), ...(door.more?.(base) ?? []), ...(await others(name))]
    const hostile = all.filter((each) => !door.harmless?.(each))
    expect(hostile.length).toBeGreaterThan(200)
    house.lines.length = 0
    connected.clear()
    const taken: string[] = []
    for (const each of hostile) {
      const reply = await door.ask(each.token)
      tried++
      if (!door.refuses(reply) || door.takes(reply))
        taken.push(
          `${each.kind}: ${each.name} → ${reply.status} ${reply.headers?.location ?? ''} ${reply.body?.slice(0, 150)}`,
        )
    }
    expect(taken).toEqual([])
    expect(house.lines.filter(({ message }) => message === 'failure')).toEqual([])
    const dynamodb = Number(new URL(house.stage.dynamodbEndpoint ?? '').port)
    expect([...connected].filter((port) => port !== dynamodb)).toEqual([])
    const last = await door.good()
    expect(door.takes(await door.ask(jwt(last.header, last.payload, last.key, last.header.alg))), name).toBe(true)
  })
})

/** What is good at the other doors, and not at this one. */
async function others(name: string): Promise<Hostile[]> {
  const claims = claimsOf(tokens.access_token)
  const here = JSON.stringify((await doors[name]?.good())?.payload.aud)
  const texts: Hostile[] = []
  for (const [other, door] of Object.entries(doors)) {
    const { header, payload, key } = await door.good()
    const same = JSON.stringify(payload.aud) === here && (header.typ === 'at+jwt') === name.includes('access token')
    const isSame = same && (payload.iss === claims.iss) === !/assertion|request/.test(name)
    if (other === name || (isSame && !/assertion|request/.test(name))) continue
    texts.push({ kind: 'from another door', name: other, token: jwt(header, payload, key, header.alg) })
  }
  return texts
}

it('were more than four hundred, and led nobody anywhere', () => {
  console.log(`${tried} hostile JWTs at ${Object.keys(doors).length} doors`)
  expect(tried).toBeGreaterThanOrEqual(400)
  expect(visitors).toBe(0)
})
