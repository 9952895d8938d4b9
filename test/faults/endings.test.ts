/** Logout, revocation and pushed requests while DynamoDB fails: what was answered as over is over, and nothing breaks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../src/core/password.ts'
import type { Reply } from '../house.ts'
import { exchange, usualRequest, type Visitor, visit } from '../visitor.ts'
import { expectClean, expectSecretsKept, type FaultyHouse, nameOf, type Outage, openFaultyHouse } from './outage.ts'

let setting: FaultyHouse
let passwordHash: string
const password = 'correct horse battery staple'

beforeAll(async () => {
  setting = await openFaultyHouse()
  passwordHash = await hashPassword(password)
  await setting.house.addClient({ idTokenSignedResponseAlg: 'ES256' })
})
afterAll(() => setting.close())

type SignedIn = { browser: Visitor; tokens: { access_token: string; id_token: string; refresh_token?: string } }

/** Somebody who is signed in, and an application that has their tokens. */
async function signedIn(scope = 'openid'): Promise<SignedIn> {
  const { house } = setting
  const user = await house.addUser({ passwordHash })
  const browser = visit(house)
  await browser.ask({ scope })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  return { browser, tokens: (await exchange(house, browser.landed.get('code'))).json }
}

const userinfo = async (token: string): Promise<number> =>
  (await setting.house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${token}` } })).status

const cookiesOf = ({ browser }: SignedIn) => Object.fromEntries(browser.cookies)

describe('a logout', { timeout: 300_000 }, () => {
  const logout = (its: SignedIn): Promise<Reply> => {
    const to = { post_logout_redirect_uri: 'https://app1.example.com/', state: 's' }
    const query = new URLSearchParams({ id_token_hint: its.tokens.id_token, ...to })
    return setting.house.invoke('GET', `/logout?${query}`, { cookies: cookiesOf(its) })
  }

  it('that was answered has ended the session, whichever call fails and however', async () => {
    const first = await signedIn()
    const outages = await setting.outagesOf(() => logout(first))
    expect(new Set(outages.map(({ call }) => call)).size).toBeGreaterThanOrEqual(2)
    for (const outage of outages) await logoutUnder(outage)
  })

  async function logoutUnder(outage: Outage): Promise<void> {
    const about = nameOf(outage)
    const its = await signedIn()
    const reply = await setting.under(outage, () => logout(its))
    if (!outage.lasting) expect(reply.status, `${about}: ${reply.body}`).toBe(303)
    if (reply.status < 400) {
      expect(reply.headers.location, about).toBe('https://app1.example.com/?state=s')
      expect(await userinfo(its.tokens.access_token), about).toBe(401)
    } else {
      // Whoever reads that something broke still has their cookie, and can do it again.
      expect(reply.status, about).toBe(500)
      expect(reply.cookies, about).toEqual([])
      expect(reply.headers.location, about).toBeUndefined()
      expect(reply.body, about).not.toMatch(/\bat .*\(|node_modules|dynamodb/i)
    }
    expect((await logout(its)).headers.location, about).toBe('https://app1.example.com/?state=s')
    expect(await userinfo(its.tokens.access_token), about).toBe(401)
    await its.browser.ask({ prompt: 'none' })
    expect(its.browser.landed.get('error'), about).toBe('login_required')
    expectSecretsKept(setting.house, [its.tokens.id_token, its.tokens.access_token])
  }
})

describe('a revocation', { timeout: 300_000 }, () => {
  const revoke = (token: string): Promise<Reply> =>
    setting.house.invoke('POST', '/revoke', { body: new URLSearchParams({ client_id: 'app1', token }) })

  it.each(['access_token', 'refresh_token'] as const)(
    'of an %s that was answered holds, whichever call fails and however',
    async (kind) => {
      const { browser, tokens } = await signedIn('openid offline_access')
      const outages = await setting.outagesOf(() => revoke(tokens[kind] ?? ''))
      for (const outage of outages) {
        const about = nameOf(outage)
        await browser.ask({ scope: 'openid offline_access' })
        const { json } = await exchange(setting.house, browser.landed.get('code'))
        const token = json[kind] ?? ''
        const reply = await setting.under(outage, () => revoke(token))
        expectClean(reply, outage)
        if (reply.status === 200) expect(await userinfo(json.access_token), about).toBe(401)
        expect((await revoke(token)).status, about).toBe(200)
        expect(await userinfo(json.access_token), about).toBe(401)
        expectSecretsKept(setting.house, [json.access_token, json.refresh_token?.split('.')[1]])
      }
    },
  )
})

describe('a pushed request', { timeout: 300_000 }, () => {
  type Pushed = { request_uri: string }
  const bring = (browser: Visitor, uri: string): Promise<Reply> =>
    setting.house.invoke('GET', `/authorize?${new URLSearchParams({ client_id: 'app1', request_uri: uri })}`, {
      cookies: Object.fromEntries(browser.cookies),
    })
  const push = () => setting.house.invoke<Pushed>('POST', '/par', { body: new URLSearchParams(usualRequest) })

  it('that was answered can be brought, once, whichever call fails and however', async () => {
    const { browser } = await signedIn()
    for (const outage of await setting.outagesOf(push)) {
      const reply = await setting.under(outage, push)
      expectClean(reply, outage)
      const { request_uri: uri } = (reply.status < 400 ? reply : await push()).json
      expect((await bring(browser, uri)).headers.location, nameOf(outage)).toContain('code=')
      expect((await bring(browser, uri)).status, nameOf(outage)).toBe(400)
    }
  })

  it('is answered with one code at most, whichever call fails when it is brought', async () => {
    const { browser } = await signedIn()
    const { json } = await push()
    for (const outage of await setting.outagesOf(() => bring(browser, json.request_uri))) {
      const { request_uri: uri } = (await push()).json
      const before = (await setting.house.audit('login.succeeded')).length
      const reply = await setting.under(outage, () => bring(browser, uri))
      if (!outage.lasting) expect(reply.headers.location, nameOf(outage)).toContain('code=')
      else expect([303, 500], nameOf(outage)).toContain(reply.status)
      await bring(browser, uri)
      expect((await setting.house.audit('login.succeeded')).length, nameOf(outage)).toBe(before + 1)
    }
  })
})
