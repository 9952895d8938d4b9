import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../src/core/password.ts'
import { hashSecret } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { revokedGrant } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { changedUser } from '../../src/store/users.ts'
import { createSecurityKey } from '../authenticator.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import { claimsOf, exchange, usualRequest, type Visitor, verifier, visit } from '../visitor.ts'

type Introspection = { active: boolean } & Record<string, unknown>
type Tokens = { access_token: string; id_token: string; refresh_token: string }

let house: House
const password = 'correct horse battery staple'
const secret = 'a secret of some length'
const basic = (id: string, word = secret) => ({
  authorization: `Basic ${Buffer.from(`${id}:${word}`).toString('base64')}`,
})

beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ secret })
  await house.addClient({ clientId: 'app2', secret })
  await house.addClient({ clientId: 'public' })
  await house.addClient({ clientId: 'no-amr', secret, amr: false })
  await house.addClient({ clientId: 'posts', secret, tokenEndpointAuthMethod: 'client_secret_post' })
  const machine = { secret, grantTypes: ['client_credentials'], redirectUris: [] } as const
  await house.addClient({ ...machine, clientId: 'accounts', scopes: ['introspection'] })
  await house.addClient({ ...machine, clientId: 'cms', scopes: ['authenticators'] })
})
afterAll(() => house.close())

const ask = (token: string | undefined, client = 'app1', more: Record<string, string> = {}) =>
  house.invoke<Introspection>('POST', '/introspect', {
    headers: basic(client),
    body: new URLSearchParams({ ...(token === undefined ? {} : { token }), ...more }),
  })

const tell = async (token: string | undefined, client?: string, more?: Record<string, string>) => {
  const reply = await ask(token, client, more)
  expect(reply).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
  return reply.json
}

const token = async (client: string, body: Record<string, string>): Promise<Reply<Tokens>> =>
  house.invoke<Tokens>('POST', '/token', { headers: basic(client), body: new URLSearchParams(body) })

const tokensOf = async (browser: Visitor, client = 'app1'): Promise<Tokens> => {
  const code = browser.landed.get('code') ?? ''
  const { redirect_uri } = usualRequest
  return (await token(client, { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier })).json
}

/** The refresh token is not in the answer: a client that authenticates keeps it. */
const refreshed = async (refreshToken: string): Promise<Tokens> => ({
  ...(await token('app1', { grant_type: 'refresh_token', refresh_token: refreshToken })).json,
  refresh_token: refreshToken,
})

const clientToken = async (client: string): Promise<string> =>
  (await token(client, { grant_type: 'client_credentials' })).json.access_token

type SignedIn = { user: User; browser: Visitor; tokens: Tokens }

/** Somebody new, by password. */
async function signIn(change: Record<string, string> = {}): Promise<SignedIn> {
  const user = await house.addUser({ password })
  const browser = visit(house)
  await browser.ask({ scope: 'openid profile offline_access', acr_values: 'pwd', ...change })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  return { user, browser, tokens: await tokensOf(browser, change.client_id) }
}

const grantOf = ({ access_token: token }: Tokens): string => String(claimsOf(token).jti).split('.')[0] ?? ''

const levelsIn = ({ acr, amr, auth_time }: Record<string, unknown>) => ({ acr, amr, auth_time })

describe('an active token', () => {
  it('an access token says what it says as a JWT', async () => {
    const { user, tokens } = await signIn()
    const claims = claimsOf(tokens.access_token)
    expect(await tell(tokens.access_token)).toEqual({ active: true, token_type: 'Bearer', ...claims })
    expect(claims).toMatchObject({
      iss: 'https://id.example.org',
      aud: 'https://id.example.org',
      sub: user.id,
      client_id: 'app1',
      iat: house.now,
      exp: house.now + 600,
      scope: 'openid profile offline_access',
      acr: 'pwd',
      amr: ['pwd'],
      auth_time: house.now,
    })
  })

  it('a refresh token says the same of its grant, and no token_type', async () => {
    const { user, tokens } = await signIn()
    const { iss, aud, sub, client_id, scope, sid, acr, amr, auth_time } = claimsOf(tokens.access_token)
    expect(await tell(tokens.refresh_token)).toEqual({
      ...{ active: true, iss, aud, sub, client_id, scope, sid, acr, amr, auth_time },
      iat: house.now,
      exp: house.now + 14 * 86_400,
      jti: tokens.refresh_token.split('.')[0],
    })
    expect(sub).toBe(user.id)
  })

  it("a client's own token speaks of no person", async () => {
    const answer = await tell(await clientToken('cms'), 'cms')
    expect(answer).toMatchObject({ active: true, sub: 'cms', client_id: 'cms', scope: 'authenticators' })
    expect(Object.keys(answer)).not.toEqual(expect.arrayContaining(['auth_time']))
  })

  it.each(['access_token', 'refresh_token', 'something_else'])('whatever the hint %s says', async (hint) => {
    const { tokens } = await signIn()
    for (const each of [tokens.access_token, tokens.refresh_token])
      expect(await tell(each, 'app1', { token_type_hint: hint })).toMatchObject({ active: true })
  })

  it('is asked about in two calls to DynamoDB, even when the standing of its user moved', async () => {
    const { user, tokens } = await signIn()
    await ask(tokens.access_token)
    const callsFor = async (text: string) => (await ask(text)).commands.map(({ name }) => name)
    expect(await callsFor(tokens.access_token)).toEqual(['BatchGetItem'])
    expect(await callsFor(tokens.refresh_token)).toEqual(['BatchGetItem', 'BatchGetItem'])
    await house.changeUser(user, { standing: user.standing + 1 })
    expect(await callsFor(tokens.access_token)).toEqual(['BatchGetItem', 'Query'])
    expect(await tell(tokens.access_token)).toMatchObject({ active: true })
    expect(await tell(tokens.refresh_token)).toMatchObject({ active: true })
  })
})

describe('acr, amr and auth_time', () => {
  it('acr, amr, auth_time are the same in ID token, access token, introspection, and unchanged by refresh', async () => {
    const user = await house.addUser({ password })
    const key = createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })
    await house.addAuthenticator(user, key)
    const browser = visit(house)
    const scope = 'openid offline_access'
    await browser.ask({ acr_values: 'pwd', scope })
    await browser.post('username', { username: user.userName })
    await browser.post('method', { method: 'password' })
    await browser.post('password', { password })
    house.now += 60
    await browser.ask({ acr_values: 'fido', scope })
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    const first = await tokensOf(browser)
    const levels = levelsIn(claimsOf(first.id_token))
    expect(levels).toMatchObject({ acr: 'fido', auth_time: house.now })
    expect(levels.amr).toEqual(expect.arrayContaining(['pwd', 'mfa']))

    const everywhere = async (tokens: Tokens) => [
      levelsIn(claimsOf(tokens.id_token)),
      levelsIn(claimsOf(tokens.access_token)),
      levelsIn(await tell(tokens.access_token)),
      levelsIn(await tell(tokens.refresh_token)),
    ]
    expect(await everywhere(first)).toEqual([levels, levels, levels, levels])
    // Past every max age of the flow: what was proved does not age in a token, and is not renewed in it either.
    house.now += 7200
    const second = await refreshed(first.refresh_token)
    expect(await everywhere(second)).toEqual([levels, levels, levels, levels])
    house.now += 7200
    expect(await everywhere(await refreshed(second.refresh_token))).toEqual([levels, levels, levels, levels])
  })

  it('a client with amr: false is told none, anywhere, and the rest as ever', async () => {
    const { tokens } = await signIn({ client_id: 'no-amr' })
    for (const claims of [
      claimsOf(tokens.id_token),
      claimsOf(tokens.access_token),
      await tell(tokens.access_token, 'no-amr'),
      await tell(tokens.refresh_token, 'no-amr'),
    ]) {
      expect(claims).not.toHaveProperty('amr')
      expect(claims).toMatchObject({ acr: 'pwd', auth_time: house.now })
    }
  })
})

describe('a token that is good no more: inactive, and nothing else', () => {
  const gone: [string, (signedIn: SignedIn) => Promise<unknown> | unknown][] = [
    ['its grant is revoked', ({ tokens }) => house.seed(revokedGrant(grantOf(tokens), house.now))],
    ['its user is disabled', ({ user }) => house.changeUser(user, { enabled: false })],
    ['its user is gone', ({ user }) => house.seed({ write: 'delete', ...places.user(user.id) })],
    [
      'its user has a new password',
      async ({ user }) =>
        house.seed(...changedUser(user, { ...user, passwordHash: await hashPassword('another password') }, house.now)),
    ],
    [
      'its time is over',
      () => {
        house.now += 14 * 86_400 + 1
      },
    ],
  ]
  it.each(gone)('%s', async (_name, end) => {
    const signedIn = await signIn()
    const { access_token, refresh_token } = signedIn.tokens
    expect(await tell(access_token)).toMatchObject({ active: true })
    await end(signedIn)
    expect(await tell(access_token)).toEqual({ active: false })
    expect(await tell(refresh_token)).toEqual({ active: false })
  })

  it('its session is over, unless it may go on without', async () => {
    const [bound, free] = [await signIn({ scope: 'openid' }), await signIn()]
    for (const { tokens } of [bound, free]) {
      const { sid } = claimsOf(tokens.access_token)
      await house.seed({ write: 'delete', ...places.session(String(sid)) })
    }
    expect(await tell(bound.tokens.access_token)).toEqual({ active: false })
    expect(await tell(free.tokens.access_token)).toMatchObject({ active: true })
    expect(await tell(free.tokens.refresh_token)).toMatchObject({ active: true })
  })

  it('not a refresh token that was used and is kept', async () => {
    const { tokens } = await signIn()
    const next = await refreshed(tokens.refresh_token)
    expect(await tell(next.refresh_token)).toMatchObject({ active: true })
  })

  it('an access token of a family that ended, as a spent refresh token came back', async () => {
    const { user } = await signIn()
    const browser = visit(house)
    await browser.ask({ client_id: 'public', scope: 'openid offline_access', acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    const first = (await exchange(house, browser.landed.get('code'), { client_id: 'public' })).json
    const refresh = (refresh_token = '') =>
      house.invoke<Tokens>('POST', '/token', {
        body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'public', refresh_token }),
      })
    const next = (await refresh(first.refresh_token)).json
    expect(await tell(next.access_token, 'accounts')).toMatchObject({ active: true })
    house.now += 60
    await refresh(first.refresh_token)
    expect(await tell(next.access_token, 'accounts')).toEqual({ active: false })
  })

  it('its client is switched off', async () => {
    await house.addClient({ clientId: 'fleeting', secret })
    const { tokens } = await signIn({ client_id: 'fleeting' })
    expect(await tell(tokens.access_token, 'accounts')).toMatchObject({ active: true })
    const item = await house.db.get(places.client('fleeting'))
    await house.seed({ write: 'put', ...places.client('fleeting'), item: { ...item, enabled: false } })
    expect(await tell(tokens.access_token, 'accounts')).toEqual({ active: false })
  })
})

describe('whose token it is', () => {
  it('not an application’s that has the id since of the one it was issued to', async () => {
    const machine = { clientId: 'heir', secret, redirectUris: [], scopes: ['authenticators'] } as const
    await house.addClient({ ...machine, grantTypes: ['client_credentials'] })
    await house.addClient({ clientId: 'heiress', secret })
    const own = await clientToken('heir')
    const { tokens } = await signIn({ client_id: 'heiress' })
    expect(await tell(own, 'heir')).toMatchObject({ active: true })
    expect(await tell(tokens.access_token, 'accounts')).toMatchObject({ active: true })
    for (const clientId of ['heir', 'heiress']) {
      const item = await house.db.get(places.client(clientId))
      await house.seed({ write: 'put', ...places.client(clientId), item: { ...item, createdAt: house.now + 1 } })
    }
    expect(await tell(own, 'heir')).toEqual({ active: false })
    expect(await tell(tokens.access_token, 'accounts')).toEqual({ active: false })
    expect(await tell(tokens.refresh_token, 'heiress')).toEqual({ active: false })
  })

  it("another client's tokens are inactive", async () => {
    const { tokens } = await signIn()
    expect(await tell(tokens.access_token, 'app2')).toEqual({ active: false })
    expect(await tell(tokens.refresh_token, 'app2')).toEqual({ active: false })
  })

  it('a resource server hears of access tokens, and never of a refresh token', async () => {
    const { tokens } = await signIn()
    expect(await tell(tokens.access_token, 'accounts')).toMatchObject({ active: true, client_id: 'app1', acr: 'pwd' })
    expect(await tell(tokens.refresh_token, 'accounts')).toEqual({ active: false })
  })

  it('nor of a token for our own API', async () => {
    expect(await tell(await clientToken('cms'), 'accounts')).toEqual({ active: false })
  })

  it('a machine without the scope is no resource server', async () => {
    const { tokens } = await signIn()
    expect(await tell(tokens.access_token, 'cms')).toEqual({ active: false })
  })
})

describe('nonsense', () => {
  const texts: [string, (tokens: Tokens) => string][] = [
    ['a word', () => 'nonsense'],
    ['dots', () => '..'],
    ['what is too long for any token', () => 'x'.repeat(100_000)],
    ['an ID token', ({ id_token }) => id_token],
    ['an access token with another letter', ({ access_token }) => altered(access_token)],
    ['an access token without its signature', ({ access_token }) => access_token.replace(/[^.]*$/, '')],
    ['an access token that says alg none', ({ access_token }) => unsigned(access_token)],
    ['a refresh token with another secret', ({ refresh_token }) => `${refresh_token.split('.')[0]}.${'A'.repeat(43)}`],
    ['a refresh token that nobody has', () => `${'A'.repeat(22)}.${'A'.repeat(43)}`],
    ['a session cookie', ({ access_token }) => `${claimsOf(access_token).sid}.${'A'.repeat(43)}`],
    ['text of no alphabet', () => '\u0000\uffff💥'],
  ]
  const altered = (jwt: string) => jwt.replace(/\.(..)/, (_all, two: string) => `.${two === 'ey' ? 'ez' : 'ey'}`)
  const unsigned = (jwt: string) =>
    `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${jwt.split('.')[1]}.`

  it.each(texts)('%s is inactive', async (_name, made) => {
    const { tokens } = await signIn()
    expect(await tell(made(tokens))).toEqual({ active: false })
  })

  it('no token at all: invalid_request', async () => {
    const reply = await ask(undefined)
    expect(reply).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
    expect(reply.headers['cache-control']).toBe('no-store')
  })

  it('a token twice: invalid_request', async () => {
    const body = 'token=a&token=b'
    const headers = { ...basic('app1'), 'content-type': 'application/x-www-form-urlencoded' }
    expect((await house.invoke('POST', '/introspect', { headers, body })).json).toMatchObject({
      error: 'invalid_request',
    })
  })

  it('JSON instead of a form: invalid_request', async () => {
    const reply = await house.invoke('POST', '/introspect', { headers: basic('app1'), body: { token: 'x' } })
    expect(reply).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
  })
})

describe('who may ask', () => {
  const strangers: [string, Record<string, string>, Record<string, string>][] = [
    ['nobody', {}, {}],
    ['a client with the wrong secret', basic('app1', 'another secret'), {}],
    ['a client that there is not', basic('nobody'), {}],
    ['a client by a method that is not its own', {}, { client_id: 'app1', client_secret: secret }],
    ['a public client', {}, { client_id: 'public' }],
    ['a client id that no key can hold', basic('x'.repeat(3000)), {}],
    ['a bearer', { authorization: 'Bearer x' }, {}],
  ]
  it.each(strangers)('%s: 401 invalid_client, whatever the token', async (_name, headers, fields) => {
    const { tokens } = await signIn()
    for (const each of [{ token: tokens.access_token }, { token: tokens.refresh_token }, {}]) {
      const body = new URLSearchParams({ ...each, ...fields })
      const reply = await house.invoke('POST', '/introspect', { headers, body })
      expect(reply).toMatchObject({ status: 401, json: { error: 'invalid_client' } })
      expect(reply.headers['www-authenticate'] !== undefined || !('authorization' in headers)).toBe(true)
    }
  })

  it('a client by a form, if that is its method', async () => {
    const { tokens } = await signIn()
    const body = new URLSearchParams({ token: tokens.access_token, client_id: 'posts', client_secret: secret })
    expect((await house.invoke('POST', '/introspect', { body })).json).toEqual({ active: false })
  })

  it('a client by its second secret, while one is being rotated', async () => {
    const secrets = ['new', 'old'].map((secret) => ({ hash: hashSecret(secret), createdAt: house.now }))
    await house.addClient({ clientId: 'rotating', tokenEndpointAuthMethod: 'client_secret_basic', secrets })
    const body = new URLSearchParams({ token: 'x' })
    for (const word of ['new', 'old'])
      expect((await house.invoke('POST', '/introspect', { headers: basic('rotating', word), body })).status).toBe(200)
  })
})

it('discovery names it, and how to authenticate there', async () => {
  const { json } = await house.invoke('GET', '/.well-known/openid-configuration')
  expect(json).toMatchObject({
    introspection_endpoint: 'https://id.example.org/introspect',
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  })
})
