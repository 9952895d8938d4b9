/** What people allowed applications, as an administrator reads it; and that a withdrawal leaves the application nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Consent } from '../../src/core/oidc/consent.ts'
import type { User } from '../../src/core/user.ts'
import { withdrawnConsent } from '../../src/store/consents.ts'
import { places } from '../../src/store/keys.ts'
import { exchange, type Visitor, visit } from '../visitor.ts'
import { type Cms, openCms, type Problem } from './authenticators/cms.ts'

type Consents = { consents: { clientId: string; scopes: string[]; claims: string[]; resources: string[] }[] }

const password = 'correct horse battery staple'
const scope = 'openid email offline_access'

let cms: Cms
let count = 0
beforeAll(async () => {
  cms = await openCms()
  for (const clientId of ['partner', 'another'])
    await cms.house.addClient({
      clientId,
      thirdParty: true,
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'profile', 'email', 'phone', 'offline_access'],
    })
})
afterAll(() => cms.house.close())

const aPerson = (): Promise<User> => cms.house.addUser({ userName: `anna${count++}`, password })

async function allows(browser: Visitor, clientId: string, change: Record<string, string> = {}): Promise<void> {
  await browser.ask({ client_id: clientId, acr_values: 'pwd', scope, ...change })
  const [, shown = ''] = /name="shown" value="([^"]+)"/.exec(browser.html) ?? []
  expect(browser.page).toBe('consent')
  await browser.post('consent', { answer: 'allow', shown })
  expect(browser.landed.get('code')).toBeTruthy()
}

async function signedIn(user: User): Promise<Visitor> {
  const browser = visit(cms.house)
  await browser.ask({ client_id: 'own', acr_values: 'pwd' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  return browser
}
beforeAll(() => cms.house.addClient({ clientId: 'own' }))

const listOf = async (user: User) => (await cms.call<Consents>('GET', `/users/${user.id}/consents`)).json.consents
const withdraw = (user: User, clientId: string) =>
  cms.call<Problem>('DELETE', `/users/${user.userName}/consents/${clientId}`)

const redeem = (browser: Visitor, clientId: string) =>
  exchange(cms.house, browser.landed.get('code'), { client_id: clientId })
const refresh = (token: string | undefined, clientId: string) =>
  cms.house.invoke<{ error?: string; refresh_token?: string }>('POST', '/token', {
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId, refresh_token: token ?? '' }),
  })
const userinfo = async (token: string) =>
  (await cms.house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${token}` } })).status

describe('what a user allowed', () => {
  it('is listed by application, with when', async () => {
    const user = await aPerson()
    const browser = await signedIn(user)
    expect(await listOf(user)).toEqual([])
    await allows(browser, 'partner', { claims: '{"userinfo":{"phone_number":null}}' })
    cms.house.now += 60
    await allows(browser, 'another', { scope: 'openid' })
    const at = (seconds: number) => new Date((cms.house.now - seconds) * 1000).toISOString()
    expect(await listOf(user)).toEqual([
      {
        clientId: 'another',
        scopes: ['openid'],
        claims: [],
        resources: [],
        givenDateTime: at(0),
        updatedDateTime: at(0),
      },
      {
        clientId: 'partner',
        scopes: ['openid', 'email', 'offline_access'],
        claims: ['phone_number'],
        resources: [],
        givenDateTime: at(60),
        updatedDateTime: at(60),
      },
    ])
  })

  it('is nobody’s business without the scope', async () => {
    const reader = await cms.house.addApiKey(['users:read', 'consents:read'])
    const headers = { apikey: reader.shown }
    const user = await aPerson()
    expect((await cms.send('GET', `/users/${user.id}/consents`, { headers })).status).toBe(200)
    expect((await cms.send('DELETE', `/users/${user.id}/consents/partner`, { headers })).status).toBe(403)
  })
})

describe('a withdrawal', () => {
  it('leaves the application nothing: no code, no token, no refresh; and the person is asked again', async () => {
    const user = await aPerson()
    const browser = await signedIn(user)
    await allows(browser, 'partner')
    const { json: tokens } = await redeem(browser, 'partner')
    expect(await userinfo(tokens.access_token)).toBe(200)
    await browser.ask({ client_id: 'partner', acr_values: 'pwd', scope })
    const unspent = browser.landed.get('code')

    expect((await withdraw(user, 'partner')).status).toBe(204)
    expect(await listOf(user)).toEqual([])
    expect(await userinfo(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token, 'partner')).json.error).toBe('invalid_grant')
    expect((await exchange(cms.house, unspent, { client_id: 'partner' })).status).toBe(400)

    await allows(browser, 'partner')
    const { json: anew } = await redeem(browser, 'partner')
    expect(await userinfo(anew.access_token)).toBe(200)
    // Given again, it is another one: what was issued before stays void.
    expect(await userinfo(tokens.access_token)).toBe(401)
  })

  it('touches no other application, no session, and nobody else', async () => {
    const [user, other] = [await aPerson(), await aPerson()]
    const browser = await signedIn(user)
    const { json: own } = await redeem(browser, 'own')
    await allows(browser, 'another')
    const { json: another } = await redeem(browser, 'another')
    await allows(browser, 'partner')
    const theirs = await signedIn(other)
    await allows(theirs, 'partner')
    const { json: others } = await redeem(theirs, 'partner')

    await withdraw(user, 'partner')
    for (const token of [own.access_token, another.access_token, others.access_token])
      expect(await userinfo(token)).toBe(200)
    const { status, json } = await refresh(another.refresh_token, 'another')
    expect([status, typeof json.refresh_token]).toEqual([200, 'string'])
    await browser.ask({ client_id: 'own', acr_values: 'pwd', prompt: 'none' })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('is told to the audit log, once', async () => {
    const user = await aPerson()
    await allows(await signedIn(user), 'partner')
    const replies = await Promise.all([1, 2, 3, 4].map(() => withdraw(user, 'partner')))
    const statuses = replies.map(({ status }) => status).sort()
    expect(statuses[0]).toBe(204)
    expect(statuses.slice(1).every((status) => status === 404 || status === 409)).toBe(true)
    const told = (await cms.house.all('audit')).filter(
      ({ type, user: whose }) => type === 'consent.withdrawn' && whose === user.id,
    )
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ client: 'partner', actor: { kind: 'api-key', id: cms.apiKey.id } })
  })

  it.each(['partner', 'x'.repeat(3000), '%E2%80%AE'])('of what was not given is refused: %j', async (clientId) => {
    const user = await aPerson()
    const { status, json } = await withdraw(user, clientId)
    expect([status, json.code]).toEqual([404, 'consent-not-found'])
  })
})

it('what was allowed again since it was read is not withdrawn with what was read', async () => {
  const user = await aPerson()
  const browser = await signedIn(user)
  await allows(browser, 'partner')
  const read = (await cms.house.db.get(places.consent(user.id, 'partner'))) as Consent
  await withdraw(user, 'partner')
  await allows(browser, 'partner')
  expect((await cms.house.db.transact([withdrawnConsent(read)])).ok).toBe(false)
  expect(await listOf(user)).toHaveLength(1)
})
