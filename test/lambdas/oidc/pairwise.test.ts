import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/user.ts'
import { type House, openHouse, type Reply } from '../../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../../visitor.ts'

let house: House
let [anna, bo]: User[] = []
const password = 'correct horse battery staple'
const secret = 'a secret of some length'
const pairwise = { subjectType: 'pairwise', scopes: ['openid', 'email', 'offline_access'] } as const

beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ clientId: 'public', scopes: ['openid'] })
  await house.addClient({ ...pairwise, clientId: 'shop', sector: 'shop.example' })
  await house.addClient({ ...pairwise, clientId: 'shop-app', sector: 'shop.example' })
  await house.addClient({ ...pairwise, clientId: 'news' })
  await house.addClient({ clientId: 'accounts', secret, grantTypes: ['client_credentials'], scopes: ['introspection'] })
  anna = await house.addUser({ userName: 'anna', password })
  bo = await house.addUser({ userName: 'bo', password })
})
afterAll(() => house.close())

type Tokens = { access_token: string; id_token: string; refresh_token?: string }

async function signIn(clientId: string, userName = 'anna', browser = visit(house)): Promise<Visitor> {
  await browser.ask({ acr_values: 'pwd', client_id: clientId, scope: 'openid email offline_access' })
  if (browser.page === 'username') await browser.post('username', { username: userName })
  if (browser.page === 'password') await browser.post('password', { password })
  return browser
}

const tokensOf = async (browser: Visitor, clientId: string): Promise<Tokens> =>
  (await exchange(house, browser.landed.get('code'), { client_id: clientId })).json

const tokensFor = async (clientId: string, userName?: string): Promise<Tokens> =>
  tokensOf(await signIn(clientId, userName), clientId)

const userinfo = (token: string): Promise<Reply<{ sub: string }>> =>
  house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${token}` } })

const introspect = (token: string): Promise<Reply<{ active: boolean; sub: string }>> =>
  house.invoke('POST', '/introspect', {
    headers: { authorization: `Basic ${Buffer.from(`accounts:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ token }),
  })

describe('a pairwise client', () => {
  it('knows a person by one name, wherever it hears of them', async () => {
    const tokens = await tokensFor('shop')
    const { sub } = claimsOf(tokens.id_token)
    expect(sub).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(claimsOf(tokens.access_token).sub).toBe(sub)
    expect((await userinfo(tokens.access_token)).json).toMatchObject({ sub, email: 'anna@example.org' })
    expect((await introspect(tokens.access_token)).json).toMatchObject({ active: true, sub })
    const refreshed = await house.invoke<Tokens>('POST', '/token', {
      body: new URLSearchParams({
        ...{ grant_type: 'refresh_token', client_id: 'shop', refresh_token: tokens.refresh_token ?? '' },
      }),
    })
    expect(claimsOf(refreshed.json.id_token).sub).toBe(sub)
  })

  it('shares the name with its sector, and with nobody else', async () => {
    const subs: unknown[] = []
    for (const clientId of ['shop', 'shop-app', 'news', 'public'])
      subs.push(claimsOf((await tokensFor(clientId)).id_token).sub)
    const [shop, app, news, all] = subs
    expect(app).toBe(shop)
    expect(new Set([shop, news, all]).size).toBe(3)
    expect(all).toBe(anna?.id)
    expect(claimsOf((await tokensFor('shop', 'bo')).id_token).sub).not.toBe(shop)
  })

  it('nothing in its tokens has the id in it', async () => {
    const tokens = await tokensFor('shop')
    const said = JSON.stringify([claimsOf(tokens.id_token), claimsOf(tokens.access_token)])
    expect(said).not.toContain(anna?.id)
  })

  it('knows the session by a name of its own too, for two would only have to compare theirs', async () => {
    const browser = await signIn('shop')
    const sids = [claimsOf((await tokensOf(browser, 'shop')).id_token).sid]
    for (const clientId of ['shop-app', 'news', 'public'])
      sids.push(claimsOf((await tokensOf(await signIn(clientId, 'anna', browser), clientId)).id_token).sid)
    const [shop, app, news, all] = sids
    expect(app).toBe(shop)
    expect(new Set([shop, news, all]).size).toBe(3)
    expect((await house.all('sessions')).map(({ pk }) => pk)).toContain(`session#${all}`)
  })

  it('ends the session by it, in one step', async () => {
    const browser = await signIn('news')
    const tokens = await tokensOf(browser, 'news')
    const { sub } = claimsOf(tokens.id_token)
    await browser.get(`/logout?${new URLSearchParams({ id_token_hint: tokens.id_token, logout_hint: String(sub) })}`)
    expect(browser.page).toBe('logged-out')
    await browser.ask({ client_id: 'news', prompt: 'none', scope: 'openid' })
    expect(browser.landed.get('error')).toBe('login_required')
  })

  it('costs userinfo one call more, and nobody else any', async () => {
    const [own, others] = [await tokensFor('shop'), await tokensFor('public')]
    await userinfo(own.access_token)
    const ofPublic = (await userinfo(others.access_token)).commands.length
    expect((await userinfo(own.access_token)).commands).toHaveLength(ofPublic + 1)
  })
})

describe('a question about one person', () => {
  it('is asked by the name, as a hint and as a claim', async () => {
    const browser = await signIn('shop')
    const { id_token: hint } = await tokensOf(browser, 'shop')
    const { sub } = claimsOf(hint)
    await browser.ask({ client_id: 'shop', prompt: 'none', scope: 'openid', id_token_hint: hint })
    expect(browser.landed.get('error_description') ?? '').toBe('')
    expect(browser.landed.get('code')).toBeTruthy()
    const claims = JSON.stringify({ id_token: { sub: { value: sub } } })
    await browser.ask({ client_id: 'shop-app', prompt: 'none', scope: 'openid', claims })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('finds nobody by their id, or by the name that another sector has', async () => {
    const browser = await signIn('shop')
    const { sub } = claimsOf((await tokensFor('news')).id_token)
    for (const value of [anna?.id, sub]) {
      const claims = JSON.stringify({ id_token: { sub: { value } } })
      await browser.ask({ client_id: 'shop', prompt: 'none', scope: 'openid', claims })
      expect(browser.landed.get('error')).toBe('login_required')
    }
  })

  it('is not answered about another, who signed in instead', async () => {
    const { id_token: hint } = await tokensFor('shop')
    const browser = visit(house)
    await browser.ask({ client_id: 'shop', acr_values: 'pwd', scope: 'openid', id_token_hint: hint })
    await browser.post('username', { username: bo?.userName ?? '' })
    await browser.post('password', { password })
    expect(browser.landed.get('error')).toBe('login_required')
  })
})
