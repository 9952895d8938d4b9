import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { places } from '../../../src/store/keys.ts'
import { codeChallenge } from '../../visitor.ts'
import { basicOf, openTokenHouse, resources, secret, type TokenHouse, type Tokens } from './token-house.ts'

let setting: TokenHouse
const [accounts = '', payments = ''] = resources
beforeAll(async () => {
  setting = await openTokenHouse()
  const machine = { secret, grantTypes: ['client_credentials'], redirectUris: [] } as const
  await setting.add({ ...machine, clientId: 'machine', scopes: ['authenticators'] })
  await setting.add({ ...machine, clientId: 'accounts', scopes: [], resourceIdentifiers: [accounts] })
  await setting.add({ ...machine, clientId: 'any', scopes: ['introspection'] })
  await setting.add({
    ...machine,
    clientId: 'payments',
    scopes: ['introspection'],
    resourceIdentifiers: [payments, 'https://old.example.org'],
  })
})
afterAll(() => setting.house.close())

const audienceOf = ({ access_token: token }: Tokens): unknown => decodeJwt(token).aud
const issuer = (): string => setting.house.stage.issuer

/** A code for these resources, asked for as an application does. */
async function codeFor(clientId: string, asked: readonly string[]): Promise<string> {
  const { browser } = setting
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: 'https://app1.example.com/callback',
    response_type: 'code',
    scope: 'openid profile offline_access',
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
  })
  for (const resource of asked) query.append('resource', resource)
  await browser.get(`/authorize?${query}`)
  return browser.landed.get('code') ?? `no code: ${browser.landed}`
}

const exchanged = async (asked: readonly string[], resource?: string[], clientId = 'keeper') =>
  setting.exchange(clientId, await codeFor(clientId, asked), resource === undefined ? {} : { form: { resource } })

describe('a code', () => {
  it.each<[string, string[], string[] | undefined, () => unknown]>([
    ['for nobody else is for userinfo', [], undefined, issuer],
    ['for one is for that one', [accounts], undefined, () => accounts],
    ['for two is for both', [accounts, payments], undefined, () => [accounts, payments]],
    ['for two, asked for one', [accounts, payments], [payments], () => payments],
    [
      'for two, asked for both in another order',
      [accounts, payments],
      [payments, accounts],
      () => [payments, accounts],
    ],
    ['for one, asked for twice', [accounts], [accounts, accounts], () => accounts],
  ])('%s', async (_name, asked, resource, audience) => {
    const reply = await exchanged(asked, resource)
    expect(reply.status, reply.body).toBe(200)
    expect(audienceOf(reply.json)).toEqual(audience())
  })

  it('for one may become a token for userinfo', async () => {
    const reply = await exchanged([accounts], [issuer()])
    expect(audienceOf(reply.json)).toBe(issuer())
    expect((await setting.userinfo({ authorization: `Bearer ${reply.json.access_token}` })).status).toBe(200)
  })

  it.each<[string, string[], string[]]>([
    ['what was not granted', [accounts], [payments]],
    ['what was not granted beside what was', [accounts], [accounts, payments]],
    ['what nobody registered', [accounts], ['https://evil.example']],
    ['a name that is no address', [accounts], ['accounts']],
    ['an address with a fragment', [accounts], [`${accounts}#x`]],
    ['an empty one', [accounts], ['']],
    ['our API, which is for clients themselves', [], ['https://id.example.org/api/v1']],
    ['any, where none was granted', [], [accounts]],
  ])('is not for %s, and is still good', async (_name, asked, resource) => {
    const code = await codeFor('keeper', asked)
    const reply = await setting.exchange('keeper', code, { form: { resource } })
    expect(reply.status).toBe(400)
    expect(reply.json.error).toBe('invalid_target')
    expect((await setting.exchange('keeper', code)).status).toBe(200)
  })
})

describe('a refresh token', () => {
  it.each(['app1', 'keeper'])(
    'of %s brings tokens for each that was granted, one after the other',
    async (clientId) => {
      const { json: first } = await exchanged([accounts, payments], undefined, clientId)
      const second = await setting.refresh(clientId, first.refresh_token, { form: { resource: payments } })
      expect(audienceOf(second.json)).toBe(payments)
      const token = second.json.refresh_token ?? first.refresh_token
      const third = await setting.refresh(clientId, token, { form: { resource: [accounts] } })
      expect(audienceOf(third.json)).toBe(accounts)
      const fourth = await setting.refresh(clientId, third.json.refresh_token ?? token)
      expect(audienceOf(fourth.json)).toEqual([accounts, payments])
    },
  )

  it('brings none for what the client lost meanwhile', async () => {
    const { json } = await exchanged([accounts, payments])
    const place = places.client('keeper')
    const client = await setting.house.db.get(place)
    const withResources = (its: string[]) =>
      setting.house.seed({ write: 'put', ...place, item: { ...client, resources: its } })
    await withResources([payments])
    expect(audienceOf((await setting.refresh('keeper', json.refresh_token)).json)).toBe(payments)
    const lost = await setting.refresh('keeper', json.refresh_token, { form: { resource: accounts } })
    expect(lost.json.error).toBe('invalid_target')
    await withResources([])
    expect((await setting.refresh('keeper', json.refresh_token)).json.error).toBe('invalid_target')
    await withResources([...resources])
  })
})

describe('a client’s own token', () => {
  const own = (resource?: string[]) =>
    setting.token('machine', { grant_type: 'client_credentials', ...(resource === undefined ? {} : { resource }) })

  it.each<[string, string[] | undefined, unknown]>([
    ['is for our API', undefined, 'https://id.example.org/api/v1'],
    ['is for a resource of its own', [accounts], accounts],
    ['is for several', [accounts, payments], [accounts, payments]],
  ])('%s', async (_name, resource, audience) => {
    const { json } = await own(resource)
    expect(decodeJwt(json.access_token)).toMatchObject({
      aud: audience,
      sub: 'machine',
      client_id: 'machine',
      iss: issuer(),
      scope: 'authenticators',
      iat: setting.house.now,
      exp: setting.house.now + 600,
      jti: expect.any(String),
    })
  })

  it('is for nobody else, and not for userinfo', async () => {
    expect((await own(['https://evil.example'])).json.error).toBe('invalid_target')
    expect((await own([issuer()])).json.error).toBe('invalid_target')
  })

  it.each<[string, string[]]>([
    ['another', [accounts]],
    ['another one and us', [accounts, 'https://id.example.org/api/v1']],
  ])('for %s does not open our API', async (_name, resource) => {
    const { json } = await own(resource)
    expect(json.access_token).toBeDefined()
    const reply = await setting.house.invoke('GET', `/api/v1/tenants/${setting.house.stage.tenantCode}/users/anna`, {
      headers: { authorization: `Bearer ${json.access_token}` },
    })
    expect(reply.status).toBe(401)
  })
})

it.each<[string, string[], string[] | undefined]>([
  ['one resource', [accounts], undefined],
  ['two', [accounts, payments], undefined],
  ['another one and us', [accounts], ['https://id.example.org', accounts]],
])('userinfo is closed to a token for %s', async (_name, asked, resource) => {
  const { json } = await exchanged(asked, resource)
  expect((await setting.userinfo({ authorization: `Bearer ${json.access_token}` })).status).toBe(401)
})

describe('introspection', () => {
  const hears = async (clientId: string, token: string): Promise<boolean> =>
    (
      await setting.house.invoke<{ active: boolean }>('POST', '/introspect', {
        body: new URLSearchParams({ token }),
        headers: basicOf(clientId),
      })
    ).json.active

  it.each<[string, string[], string[]]>([
    ['for nobody else: who hears of every person’s', [], ['any']],
    ['for one: that one', [accounts], ['accounts']],
    ['for two: both', [accounts, payments], ['accounts', 'payments']],
  ])('of a token %s', async (_name, asked, hearing) => {
    const { json } = await exchanged(asked)
    for (const clientId of ['accounts', 'payments', 'any'])
      expect(await hears(clientId, json.access_token), clientId).toBe(hearing.includes(clientId))
    expect(await hears('keeper', json.access_token)).toBe(true)
    for (const clientId of ['accounts', 'payments', 'any'])
      expect(await hears(clientId, json.refresh_token)).toBe(false)
  })

  it('of a client’s own token for a resource: that resource', async () => {
    const { json } = await setting.token('machine', { grant_type: 'client_credentials', resource: accounts })
    expect(await hears('accounts', json.access_token)).toBe(true)
    expect(await hears('payments', json.access_token)).toBe(false)
    const { json: api } = await setting.token('machine', { grant_type: 'client_credentials' })
    expect(await hears('accounts', api.access_token)).toBe(false)
  })
})
