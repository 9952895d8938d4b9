/** The token endpoint while DynamoDB or the signer fails: one issue at most, no lost revocation, and errors as OAuth has them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Grant, RefreshToken } from '../../src/core/oidc/grant.ts'
import { splitHalves } from '../../src/core/secret.ts'
import { openSigner } from '../../src/services/signer.ts'
import { grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import type { Reply } from '../house.ts'
import { usualRequest, type Visitor, verifier, visit } from '../visitor.ts'
import { expectClean, expectSecretsKept, type FaultyHouse, nameOf, type Outage, openFaultyHouse } from './outage.ts'

let setting: FaultyHouse
let browser: Visitor
const password = 'correct horse battery staple'
const secret = 'a secret of some length'

beforeAll(async () => {
  setting = await openFaultyHouse()
  const { house } = setting
  await house.addClient({ idTokenSignedResponseAlg: 'ES256' })
  await house.addClient({ clientId: 'confidential', secret })
  const user = await house.addUser({ password })
  browser = visit(house)
  await browser.ask()
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
})
afterAll(() => setting.close())

type Tokens = { access_token: string; refresh_token?: string; error?: string }
type ClientId = 'app1' | 'confidential' | 'machine'

async function newCode(client: ClientId): Promise<string> {
  await browser.ask({ client_id: client, scope: 'openid offline_access' })
  return browser.landed.get('code') ?? ''
}

const ask = (client: ClientId, fields: Record<string, string>): Promise<Reply<Tokens>> =>
  setting.house.invoke<Tokens>('POST', '/token', {
    ...(client === 'app1'
      ? {}
      : { headers: { authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` } }),
    body: new URLSearchParams({ ...fields, ...(client === 'app1' ? { client_id: client } : {}) }),
  })

const exchange = (client: ClientId, code: string): Promise<Reply<Tokens>> =>
  ask(client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: usualRequest.redirect_uri,
    code_verifier: verifier,
  })

const refresh = (client: ClientId, token = ''): Promise<Reply<Tokens>> =>
  ask(client, { grant_type: 'refresh_token', refresh_token: token })

const grantBehind = async (code: string): Promise<Grant | undefined> =>
  grantOf(await setting.house.db.get(places.grant(splitHalves(code)?.id ?? '')))

/** The refresh tokens of a code's grant that would be taken: none of a grant that is revoked. */
async function liveTokens(code: string): Promise<number> {
  if ((await grantBehind(code))?.revokedAt !== undefined) return 0
  const tokens = (await setting.house.all('sessions')).filter(
    ({ pk, grant }) => String(pk).startsWith('refresh#') && (grant as Grant).id === splitHalves(code)?.id,
  ) as unknown as RefreshToken[]
  return tokens.filter(({ usedAt }) => usedAt === undefined).length
}

const isOk = ({ status }: Reply): boolean => status === 200

describe('of a public client', { timeout: 300_000 }, () => {
  const client = 'app1'

  it('a code is exchanged once at most, whichever call fails and however', async () => {
    const code = await newCode(client)
    const outages = await setting.outagesOf(() => exchange(client, code))
    expect(new Set(outages.map(({ call }) => call)).size).toBeGreaterThanOrEqual(3)
    for (const outage of outages) await codeUnder(outage)
  })

  async function codeUnder(outage: Outage): Promise<void> {
    const about = nameOf(outage)
    const code = await newCode(client)
    const first = await setting.under(outage, () => exchange(client, code))
    expectClean(first, outage)
    expect(await liveTokens(code), about).toBeLessThanOrEqual(1)
    if (isOk(first)) expect(await liveTokens(code), about).toBe(1)

    // The client asks again with the same code, as it may after an error, and must not after a success.
    const second = await exchange(client, code)
    if (isOk(first)) expect(second.json, about).toMatchObject({ error: 'invalid_grant' })
    if (isOk(second)) expect(await liveTokens(code), about).toBe(1)
    else {
      expect(second.json, about).toMatchObject({ error: 'invalid_grant' })
      expect((await grantBehind(code))?.revokedAt, about).toBeDefined()
    }
    expectSecretsKept(setting.house, [code.split('.')[1], verifier, secret, first.json.refresh_token])
  }
})

describe.each(['app1', 'confidential'] as const)('of the client %s', { timeout: 300_000 }, (client) => {
  it('a refresh token gives one that is good at most, whichever call fails and however', async () => {
    const { json } = await exchange(client, await newCode(client))
    const outages = await setting.outagesOf(() => refresh(client, json.refresh_token))
    expect(new Set(outages.map(({ call }) => call)).size).toBeGreaterThanOrEqual(3)
    for (const outage of outages) await refreshUnder(outage)
  })

  async function refreshUnder(outage: Outage): Promise<void> {
    const about = nameOf(outage)
    const code = await newCode(client)
    const { json: tokens } = await exchange(client, code)
    const first = await setting.under(outage, () => refresh(client, tokens.refresh_token))
    expectClean(first, outage)
    expect(await liveTokens(code), about).toBe(1)

    const rotates = first.json.refresh_token !== undefined && first.json.refresh_token !== tokens.refresh_token
    // The client asks again, as it does that had no answer: it has one then, whether the first came to something or not.
    setting.house.now += 5
    const second = await refresh(client, tokens.refresh_token)
    expect(second.status, about).toBe(200)
    expect(await liveTokens(code), about).toBe(1)
    // Of the two answers one is good, and the other ends the family in whosever hands it is.
    if (rotates) {
      setting.house.now += 60
      expect((await refresh(client, first.json.refresh_token)).json, about).toMatchObject({ error: 'invalid_grant' })
      expect(await liveTokens(code), about).toBe(0)
    }
    expectSecretsKept(setting.house, [tokens.refresh_token?.split('.')[1], secret, first.json.refresh_token])
  }
})

describe('of a client for itself', { timeout: 300_000 }, () => {
  const own = () => ask('machine', { grant_type: 'client_credentials' })
  const issued = () => setting.house.audit('token.issued')

  it('tokens come with one record of them, whichever call fails and however', async () => {
    await setting.house.addClient({ clientId: 'machine', secret, grantTypes: ['client_credentials'], scopes: ['api'] })
    const outages = await setting.outagesOf(own)
    for (const outage of outages) {
      const before = (await issued()).length
      const reply = await setting.under(outage, own)
      expectClean(reply, outage)
      const told = (await issued()).length - before
      // One that could not be answered for may have been told of, since its effect came and its answer did not.
      if (isOk(reply)) expect(told, nameOf(outage)).toBe(1)
      else expect(told, nameOf(outage)).toBeLessThanOrEqual(1)
    }
  })
})

describe('a signer that fails', () => {
  /** Before anything was signed, and after the access token was. */
  it.each([1, 2])('at signature %i costs neither a code nor a refresh token', async (failing) => {
    const { house } = setting
    const code = await newCode('app1')
    const { signer } = house.world
    const failingAt = async <Body>(ask: () => Promise<Reply<Body>>): Promise<Reply<Body>> => {
      let signatures = 0
      // The wrapping key is away: what is signed with keys that are unwrapped already is signed.
      const away = openSigner({ ...house.stage, wrappingKey: { file: '/nowhere' } }, house.db, house.world.now)
      house.world.signer = {
        ...signer,
        sign: (...given) => (++signatures === failing ? away : signer).sign(...given),
      }
      try {
        return await ask()
      } finally {
        house.world.signer = signer
      }
    }
    const lasting = { fault: 'silent-before', call: 0, lasting: true } as const
    const refused = await failingAt(() => exchange('app1', code))
    expect(refused.status).toBe(500)
    expectClean(refused, lasting)
    expect(await liveTokens(code)).toBe(0)
    const first = await exchange('app1', code)
    expect(first.status).toBe(200)

    const away = await failingAt(() => refresh('app1', first.json.refresh_token))
    expect(away.status).toBe(500)
    expectClean(away, lasting)
    expect(await liveTokens(code)).toBe(1)
    expect((await refresh('app1', first.json.refresh_token)).status).toBe(200)
  })
})
