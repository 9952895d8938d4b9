import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { places } from '../../../src/store/keys.ts'
import { basicOf, openTokenHouse, secret, type TokenHouse, type Tokens } from './token-house.ts'

let setting: TokenHouse
beforeAll(async () => {
  setting = await openTokenHouse()
  await setting.add({ clientId: 'machine', secret, grantTypes: ['client_credentials'], scopes: ['authenticators'] })
})
afterAll(() => setting.house.close())

const tokens = async (clientId: string): Promise<Tokens> =>
  (await setting.exchange(clientId, await setting.codeFor(clientId))).json

const revoke = (clientId: string, form: Record<string, string>, headers?: Record<string, string>) =>
  setting.house.invoke<{ error?: string }>('POST', '/revoke', {
    body: new URLSearchParams(clientId === 'app1' ? { client_id: clientId, ...form } : form),
    headers: headers ?? (clientId === 'app1' ? {} : basicOf(clientId)),
  })

const isKnown = async (token: string): Promise<boolean> =>
  (await setting.userinfo({ authorization: `Bearer ${token}` })).status === 200

const isActive = async (token: string): Promise<boolean> =>
  (
    await setting.house.invoke<{ active: boolean }>('POST', '/introspect', {
      body: new URLSearchParams({ token }),
      headers: basicOf('keeper'),
    })
  ).json.active

describe.each(['app1', 'keeper'])('of the client %s', (clientId) => {
  it('a refresh token ends its grant and all that came of it, in two calls to DynamoDB', async () => {
    const { access_token: access, refresh_token: refresh } = await tokens(clientId)
    const reply = await revoke(clientId, { token: refresh })
    expect(reply).toMatchObject({ status: 200, body: '' })
    expect(reply.commands.length).toBeLessThanOrEqual(2)
    expect(await isKnown(access)).toBe(false)
    expect((await setting.refresh(clientId, refresh)).json.error).toBe('invalid_grant')
    expect(await setting.house.audit('grant.revoked')).toContainEqual(
      expect.objectContaining({ reason: 'revoked-by-client', client: clientId, user: setting.user.id }),
    )
  })

  it('an access token ends alone', async () => {
    const { access_token: access, refresh_token: refresh } = await tokens(clientId)
    expect(await isKnown(access)).toBe(true)
    const reply = await revoke(clientId, { token: access, token_type_hint: 'access_token' })
    expect(reply.status).toBe(200)
    expect(await isKnown(access)).toBe(false)
    const next = await setting.refresh(clientId, refresh)
    expect(await isKnown(next.json.access_token)).toBe(true)
    const { jti } = decodeJwt(access)
    expect(await setting.house.audit('token.revoked')).toContainEqual(
      expect.objectContaining({ detail: jti, client: clientId }),
    )
    // It is remembered for as long as it would have been good.
    expect((await setting.house.db.get(places.revokedToken(String(jti))))?.until).toBe(decodeJwt(access).exp)
  })

  it.each(['refresh_token', 'access_token', 'pat', ''])('whatever the hint %s says', async (hint) => {
    const { access_token: access, refresh_token: refresh } = await tokens(clientId)
    expect((await revoke(clientId, { token: access, token_type_hint: hint })).status).toBe(200)
    expect(await isKnown(access)).toBe(false)
    expect((await revoke(clientId, { token: refresh, token_type_hint: hint })).status).toBe(200)
    expect((await setting.refresh(clientId, refresh)).json.error).toBe('invalid_grant')
  })

  it('twice is as once', async () => {
    const { access_token: access, refresh_token: refresh } = await tokens(clientId)
    for (const token of [access, access, refresh, refresh]) expect((await revoke(clientId, { token })).status).toBe(200)
  })

  it.each<[string, (own: Tokens) => string]>([
    ['no token at all', () => 'token'],
    ['a refresh token with another half', ({ refresh_token: its }) => `${its.split('.')[0]}.${'A'.repeat(43)}`],
    ['a refresh token that there is not', () => `${'A'.repeat(22)}.${'A'.repeat(43)}`],
    ['an access token with another signature', ({ access_token: its }) => its.replace(/[^.]{4}$/, 'AAAA')],
    ['an ID token', ({ id_token: its }) => its],
  ])('%s is nothing to revoke', async (_name, make) => {
    const own = await tokens(clientId)
    expect((await revoke(clientId, { token: make(own) })).status).toBe(200)
    expect(await isKnown(own.access_token)).toBe(true)
  })

  it('an access token that has expired is nothing to revoke', async () => {
    const { access_token: access } = await tokens(clientId)
    setting.house.now += 601
    expect((await revoke(clientId, { token: access })).status).toBe(200)
    expect(await setting.house.db.get(places.revokedToken(String(decodeJwt(access).jti)))).toBeUndefined()
  })
})

it('introspection tells a revoked access token inactive', async () => {
  const { access_token: access } = await tokens('keeper')
  expect(await isActive(access)).toBe(true)
  await revoke('keeper', { token: access })
  expect(await isActive(access)).toBe(false)
})

it('our API is closed to a revoked token, in as many calls as it is open to another', async () => {
  const { access_token: access } = (await setting.token('machine', { grant_type: 'client_credentials' })).json
  const users = () =>
    setting.house.invoke('GET', `/api/v1/tenants/${setting.house.stage.tenantCode}/users/anna`, {
      headers: { authorization: `Bearer ${access}` },
    })
  const opened = await users()
  expect(opened.status).toBe(200)
  await revoke('machine', { token: access })
  const closed = await users()
  expect(closed.status).toBe(401)
  expect(closed.commands.length).toBeLessThan(opened.commands.length)
})

it('a refresh token that was spent still ends its family', async () => {
  const { refresh_token: first } = await tokens('app1')
  const { access_token: access } = (await setting.refresh('app1', first)).json
  await revoke('app1', { token: first })
  expect(await isKnown(access)).toBe(false)
})

describe('refused', () => {
  it('a token of another client, which stays as it was', async () => {
    const { access_token: access, refresh_token: refresh } = await tokens('keeper')
    for (const token of [access, refresh]) {
      const reply = await revoke('app1', { token })
      expect(reply.status).toBe(400)
      expect(reply.json.error).toBe('invalid_grant')
    }
    expect(await isKnown(access)).toBe(true)
    expect((await setting.refresh('keeper', refresh)).status).toBe(200)
  })

  it('a client that is not who it says', async () => {
    const { refresh_token: refresh, access_token: access } = await tokens('keeper')
    const wrong = { authorization: `Basic ${Buffer.from('keeper:wrong').toString('base64')}` }
    expect((await revoke('keeper', { token: refresh }, wrong)).status).toBe(401)
    expect((await revoke('keeper', { token: refresh, client_id: 'keeper' }, {})).status).toBe(401)
    expect((await revoke('keeper', { token: refresh }, {})).status).toBe(401)
    expect(await isKnown(access)).toBe(true)
  })

  it('no token, and a body that is no form', async () => {
    expect((await revoke('app1', {})).json.error).toBe('invalid_request')
    const reply = await setting.house.invoke<{ error: string }>('POST', '/revoke', { body: { token: 'x' } })
    expect(reply.json.error).toBe('invalid_request')
  })
})

it('discovery names it', async () => {
  const { json } = await setting.house.invoke<Record<string, unknown>>('GET', '/.well-known/openid-configuration')
  expect(json.revocation_endpoint).toBe(`${setting.house.stage.issuer}/revoke`)
  expect(json.revocation_endpoint_auth_methods_supported).toContain('none')
})
