/** Tokens in the wrong hands, and after something was taken away: what the token endpoint and userinfo still give. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../src/core/oidc/client.ts'
import { refreshIdle } from '../../src/core/oidc/grant.ts'
import type { Item } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { endedSession } from '../../src/store/sessions.ts'
import { dpopKey } from '../dpop.ts'
import { dayOne } from '../house.ts'
import { basicOf, openTokenHouse, type TokenHouse, type Tokens } from '../lambdas/oidc/token-house.ts'

let setting: TokenHouse
beforeAll(async () => {
  setting = await openTokenHouse()
})
afterAll(() => setting.house.close())
beforeEach(() => {
  setting.house.now = dayOne
})

const tokensOf = async (clientId: string, change: Record<string, string> = {}): Promise<Tokens> =>
  (await setting.exchange(clientId, await setting.codeFor(clientId, change))).json
const grantOf = (token: string): Promise<Item | undefined> =>
  setting.house.db.get(places.grant(String(decodeJwt(token).jti).split('.')[0] ?? ''))
const heard = (token: string) => setting.userinfo({ authorization: `Bearer ${token}` })

async function change(clientId: string, change: Partial<Client>): Promise<void> {
  const values = Object.fromEntries(Object.entries(change))
  const update = `SET ${Object.keys(values).map((name) => `#${name} = :${name}`)}`
  await setting.house.seed({ write: 'update', ...places.client(clientId), update, values })
}

describe('a scope that was taken from an application', () => {
  const scopes = ['openid', 'profile', 'email', 'offline_access']
  const asked = { scope: 'openid email offline_access' }

  it('is not in what it refreshes, nor to be asked for', async () => {
    await setting.add({ clientId: 'app2', scopes })
    const { refresh_token: token } = await tokensOf('app2', asked)
    await change('app2', { scopes: ['openid', 'offline_access'] })
    const fewer = await setting.refresh('app2', token)
    expect(fewer.json.scope).toBe('openid offline_access')
    const more = await setting.refresh('app2', fewer.json.refresh_token, { form: { scope: 'openid email' } })
    expect(more.json.error).toBe('invalid_scope')
  })

  it('opens nothing at userinfo, whatever a token from before says', async () => {
    await setting.add({ clientId: 'app3', scopes })
    const { access_token: token } = await tokensOf('app3', asked)
    expect((await heard(token)).json).toHaveProperty('email_verified')
    await change('app3', { scopes: ['openid'] })
    expect((await heard(token)).json).toEqual({ sub: setting.user.id })
  })

  it('is not heard by the names of its claims either, at userinfo or in a refreshed ID token', async () => {
    await setting.add({ clientId: 'app4', scopes })
    const named = { email_verified: null }
    const { access_token: token, refresh_token: refreshToken } = await tokensOf('app4', {
      scope: 'openid offline_access',
      claims: JSON.stringify({ userinfo: named, id_token: named }),
    })
    expect((await heard(token)).json).toHaveProperty('email_verified')
    await change('app4', { scopes: ['openid', 'offline_access'] })
    expect((await heard(token)).json).toEqual({ sub: setting.user.id })
    const { json } = await setting.refresh('app4', refreshToken)
    expect(decodeJwt(json.id_token)).not.toHaveProperty('email_verified')
  })
})

describe('an access token', () => {
  it('that was narrowed tells nothing that was asked for by name', async () => {
    const { refresh_token: token } = await tokensOf('app1', { claims: '{"userinfo":{"name":null}}' })
    const { json } = await setting.refresh('app1', token, { form: { scope: 'openid' } })
    expect((await heard(json.access_token)).json).toEqual({ sub: setting.user.id })
  })

  it('of an application is none of another that has its id since', async () => {
    await setting.add({ clientId: 'app5', secret: 'a secret of some length', scopes: ['openid', 'offline_access'] })
    const { json } = await setting.exchange('app5', await setting.codeFor('app5'), {
      headers: basicOf('app5'),
    })
    expect((await heard(json.access_token)).status).toBe(200)
    await change('app5', { createdAt: dayOne + 1 })
    expect((await heard(json.access_token)).status).toBe(401)
  })

  it('opens nothing once its user is switched off, were it by hand and without a trace', async () => {
    const { access_token: token } = await tokensOf('app1')
    await setting.house.changeUser(setting.user, { enabled: false })
    expect((await heard(token)).status).toBe(401)
    await setting.house.changeUser(setting.user, { enabled: true })
    expect((await heard(token)).status).toBe(200)
  })

  it('ends with its session, though nobody removed the record yet', async () => {
    const { access_token: token } = await tokensOf('app1', { scope: 'openid profile' })
    const place = places.session(String(decodeJwt(token).sid))
    const until = (await setting.house.db.get(place))?.until
    const ends = (at: unknown) =>
      setting.house.seed({ write: 'update', ...place, update: 'SET #until = :at', values: { at } })
    expect((await heard(token)).status).toBe(200)
    await ends(dayOne)
    expect((await heard(token)).status).toBe(401)
    await ends(until)
  })

  it('is not taken from a form that is no POST', async () => {
    const { access_token: token } = await tokensOf('app1')
    const body = new URLSearchParams({ access_token: token })
    expect((await setting.house.invoke('POST', '/userinfo', { body })).status).toBe(200)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await setting.house.invoke('GET', '/userinfo', { body, headers })).status).toBe(401)
  })

  it('comes without a refresh token where nobody asked to go on without the person', async () => {
    const tokens = await tokensOf('app1', { scope: 'openid profile' })
    expect(tokens.access_token).toBeDefined()
    expect(tokens).not.toHaveProperty('refresh_token')
  })
})

describe('a refresh token', () => {
  it('of a client that authenticated is no good to whoever found it when the client does so no more', async () => {
    const { refresh_token: token } = await tokensOf('keeper')
    await change('keeper', { tokenEndpointAuthMethod: 'none' })
    const found = { grant_type: 'refresh_token', refresh_token: token, client_id: 'keeper' }
    const reply = await setting.house.invoke('POST', '/token', { body: new URLSearchParams(found) })
    expect(reply.json).toMatchObject({ error: 'invalid_grant' })
    await change('keeper', { tokenEndpointAuthMethod: 'client_secret_basic' })
    expect((await setting.refresh('keeper', token)).status).toBe(200)
  })

  it('of a public client is bound to the first key that comes with it, and to no other from then on', async () => {
    const [key, anothers] = [await dpopKey(), await dpopKey()]
    const { refresh_token: unbound } = await tokensOf('app1')
    const { json } = await setting.refresh('app1', unbound, { headers: await setting.proof(key) })
    expect(json.token_type).toBe('DPoP')
    expect((await setting.refresh('app1', json.refresh_token)).json.error).toBe('invalid_grant')
    const theirs = await setting.refresh('app1', json.refresh_token, { headers: await setting.proof(anothers) })
    expect(theirs.json.error).toBe('invalid_grant')
    const its = await setting.refresh('app1', json.refresh_token, { headers: await setting.proof(key) })
    expect(its.status).toBe(200)
  })

  it('that was spent ends the family, whatever else is wrong with the request', async () => {
    const { refresh_token: spent } = await tokensOf('app1')
    const { json: next } = await setting.refresh('app1', spent)
    setting.house.now += 60
    const tried = await setting.refresh('app1', spent, { form: { scope: 'nothing-like-it' } })
    expect(tried.json.error).toBe('invalid_grant')
    expect((await setting.refresh('app1', next.refresh_token)).json.error).toBe('invalid_grant')
  })

  it.each(['app1', 'keeper'])('of %s is not outlived by the record of its grant', async (clientId) => {
    const { access_token: access, refresh_token: token } = await tokensOf(clientId)
    expect((await grantOf(access))?.until).toBe(dayOne + refreshIdle)
    setting.house.now += 1000
    await setting.refresh(clientId, token)
    expect((await grantOf(access))?.until).toBe(dayOne + 1000 + refreshIdle)
  })

  it('is no good for a second after its end', async () => {
    const { access_token: access, refresh_token: token } = await tokensOf('app1')
    setting.house.now += refreshIdle
    expect((await setting.refresh('app1', token)).json.error).toBe('invalid_grant')
    // Nobody had anything: an end by itself is no theft.
    expect((await grantOf(access))?.revokedAt).toBeUndefined()
  })
})

describe('a code', () => {
  it('that comes back when it is spent ends what it was exchanged for', async () => {
    const code = await setting.codeFor('app1')
    const { json: first } = await setting.exchange('app1', code)
    expect((await setting.exchange('app1', code)).json.error).toBe('invalid_grant')
    expect((await heard(first.access_token)).status).toBe(401)
    expect((await setting.refresh('app1', first.refresh_token)).json.error).toBe('invalid_grant')
  })

  it('is no good when the session has ended that it came from', async () => {
    const code = await setting.codeFor('app1')
    const [grant] = (await setting.house.all('sessions')).filter(({ pk }) => pk === `grant#${code.split('.')[0]}`)
    await setting.house.seed(endedSession(String(grant?.sid)))
    expect((await setting.exchange('app1', code)).json.error).toBe('invalid_grant')
  })
})
