import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../../src/core/oidc/client.ts'
import type { User } from '../../../src/core/user.ts'
import { places } from '../../../src/store/keys.ts'
import { createSecurityKey } from '../../authenticator.ts'
import { type House, openHouse } from '../../house.ts'
import { exchange, usualRequest, type Visitor, visit } from '../../visitor.ts'

const password = 'correct horse battery staple'
const everything = 'openid profile email offline_access'
const partner: Partial<Client> & { clientId: string } = {
  clientId: 'partner',
  clientName: 'Partner Billing',
  thirdParty: true,
  clientUri: 'https://partner.example/',
  policyUri: 'https://partner.example/privacy',
  scopes: ['openid', 'profile', 'email', 'phone', 'offline_access'],
  resources: ['https://api.partner.example/'],
  grantTypes: ['authorization_code', 'refresh_token'],
}

let house: House
let count = 0
beforeAll(async () => {
  house = await openHouse()
  await house.addClient()
  await house.addClient({ clientId: 'own', grantTypes: ['authorization_code', 'refresh_token'] })
})
afterAll(() => house.close())
const put = (client: Partial<Client>) =>
  house.seed({
    write: 'update',
    ...places.client('partner'),
    update: 'SET #clientName = :clientName, #enabled = :enabled',
    values: { clientName: 'Partner Billing', enabled: true, ...client },
  })
beforeAll(async () => {
  await house.addClient(partner)
})
afterEach(() => put({}))

const aPerson = (): Promise<User> => house.addUser({ userName: `anna${count++}`, password })

type Change = Record<string, string | undefined>
const asks = (browser: Visitor, change: Change = {}) =>
  browser.ask({ client_id: 'partner', acr_values: 'pwd', ...change })

/** As far as the page that asks. */
async function arrives(user: User, change: Change = {}): Promise<Visitor> {
  const browser = visit(house)
  await asks(browser, change)
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  return browser
}

const shownOn = (browser: Visitor): string => /name="shown" value="([^"]+)"/.exec(browser.html)?.[1] ?? ''
const answers = (browser: Visitor, answer: string) => browser.post('consent', { answer, shown: shownOn(browser) })

async function allowed(user: User, change: Change = {}): Promise<Visitor> {
  const browser = await arrives(user, change)
  expect(browser.page).toBe('consent')
  await answers(browser, 'allow')
  expect(browser.landed.get('code')).toBeTruthy()
  return browser
}

/** What the audit log has of a user, in no order: all of it is of one second. */
const told = async (user: User) =>
  (await house.all('audit'))
    .filter((record) => record.user === user.id)
    .map(({ type }) => type)
    .sort()
const tokensOf = (browser: Visitor) => exchange(house, browser.landed.get('code'), { client_id: 'partner' })

describe('an application that is not the organisation’s own', () => {
  it('is named with what it asks for, before it hears of anybody', async () => {
    const browser = await arrives(await aPerson(), { scope: everything, claims: '{"userinfo":{"phone_number":null}}' })
    expect(browser.page).toBe('consent')
    for (const words of [
      'Partner Billing is not an application of your organisation',
      'app1.example.com',
      'recognise you when you come back',
      'your email address',
      'know your phone number',
      'the application can do all of it at any time, also after you have signed out',
    ])
      expect(browser.text).toContain(words)
    expect(browser.html).toContain('href="https://partner.example/privacy"')
    expect((await house.all('sessions')).filter(({ clientId }) => clientId === 'partner')).toEqual([])
  })

  it('has its answer with Allow, in one transaction that tells of it', async () => {
    const user = await aPerson()
    const browser = await arrives(user, { scope: everything })
    const reply = await answers(browser, 'allow')
    expect(browser.landed.get('state')).toBe(usualRequest.state)
    expect(reply.commands.map(({ name }) => name)).toEqual([
      'BatchGetItem',
      'Query',
      'BatchGetItem',
      'TransactWriteItems',
    ])
    expect(await told(user)).toEqual(['consent.asked', 'consent.given', 'login.succeeded'])
    const { json } = await tokensOf(browser)
    expect(json.refresh_token).toBeTruthy()
  })

  it('hears access_denied with Don’t allow, and the person stays signed in', async () => {
    const user = await aPerson()
    const browser = await arrives(user)
    await answers(browser, 'deny')
    expect(Object.fromEntries(browser.landed)).toMatchObject({ error: 'access_denied', state: usualRequest.state })
    expect(browser.landed.get('code')).toBeNull()
    expect(await told(user)).toEqual(['consent.asked', 'consent.denied'])
    await browser.ask({ acr_values: 'pwd' })
    expect(browser.landed.get('code')).toBeTruthy()
    await asks(browser)
    expect(browser.page).toBe('consent')
  })

  it('is answered without a page the next time, by what it was allowed or less', async () => {
    const browser = await allowed(await aPerson(), { scope: 'openid email' })
    for (const scope of ['openid email', 'openid']) {
      const reply = await asks(browser, { scope })
      expect(browser.landed.get('code')).toBeTruthy()
      expect(reply.commands).toHaveLength(3)
    }
    await asks(browser, { scope: 'openid', claims: '{"userinfo":{"email":{"essential":true}}}' })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it.each<[string, Change]>([
    ['a scope', { scope: 'openid email phone' }],
    ['a claim', { scope: 'openid email', claims: '{"id_token":{"birthdate":null}}' }],
    ['a resource', { scope: 'openid email', resource: 'https://api.partner.example/' }],
    ['offline access', { scope: 'openid email offline_access' }],
  ])('is asked about again for %s more, and for that alone', async (_, change) => {
    const browser = await allowed(await aPerson(), { scope: 'openid email' })
    await asks(browser, change)
    expect(browser.page).toBe('consent')
    expect(/<ul id="asked".*?<\/ul>/s.exec(browser.html)?.[0]?.match(/<li>/g)).toHaveLength(1)
    expect(/<ul id="before".*?<\/ul>/s.exec(browser.html)?.[0]).toContain('your email address')
    await answers(browser, 'allow')
    await asks(browser, change)
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('hears consent_required to prompt=none, and login_required before anybody is signed in', async () => {
    const browser = visit(house)
    await asks(browser, { prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
    const signedIn = await arrives(await aPerson())
    await answers(signedIn, 'deny')
    await asks(signedIn, { prompt: 'none' })
    expect(signedIn.landed.get('error')).toBe('consent_required')
  })

  it('has an answer to prompt=none once it was allowed', async () => {
    const browser = await allowed(await aPerson())
    await asks(browser, { prompt: 'none' })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('may have people asked every time', async () => {
    const browser = await allowed(await aPerson(), { scope: everything })
    await asks(browser, { scope: everything, prompt: 'consent' })
    expect(browser.page).toBe('consent')
    expect(browser.text).toContain('the application can do all of it at any time')
    await answers(browser, 'allow')
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

describe('an application of the organisation', () => {
  it('asks nobody, and has offline access', async () => {
    const browser = await arrives(await aPerson(), { client_id: 'own', scope: everything })
    const { json } = await exchange(house, browser.landed.get('code'), { client_id: 'own' })
    expect(json.refresh_token).toBeTruthy()
  })

  it('asks with prompt=consent, each time, and nothing is remembered of it', async () => {
    const user = await aPerson()
    const browser = await arrives(user, { client_id: 'own', prompt: 'consent' })
    expect(browser.page).toBe('consent')
    expect(browser.text).not.toContain('not an application of your organisation')
    await answers(browser, 'allow')
    expect(browser.landed.get('code')).toBeTruthy()
    await browser.ask({ client_id: 'own', acr_values: 'pwd', prompt: 'consent' })
    expect(browser.page).toBe('consent')
    expect(
      (await house.all('people')).filter(({ pk, sk }) => pk === `user#${user.id}` && /^consent/.test(`${sk}`)),
    ).toEqual([])
  })
})

describe('nobody allows what they did not see', () => {
  it.each<[string, Partial<Client>]>([['another name', { clientName: 'Your Bank' }]])(
    'the application has %s meanwhile: it is shown again',
    async (_, change) => {
      const browser = await arrives(await aPerson())
      const shown = shownOn(browser)
      await put(change)
      await browser.post('consent', { answer: 'allow', shown })
      expect([browser.page, browser.notice]).toEqual(['consent', 'consent-changed'])
      expect(browser.text).toContain('Your Bank')
      await answers(browser, 'allow')
      expect(browser.landed.get('code')).toBeTruthy()
    },
  )

  it('another login’s answer is none', async () => {
    const user = await aPerson()
    const [less, more] = [await arrives(user, { scope: 'openid' }), await arrives(user, { scope: everything })]
    await more.post('consent', { answer: 'allow', shown: shownOn(less) })
    expect([more.page, more.notice]).toEqual(['consent', 'consent-changed'])
  })

  it('another person’s is none, who took the login over in a second tab', async () => {
    const [anna, bert] = [await aPerson(), await aPerson()]
    const browser = await arrives(anna)
    const shown = shownOn(browser)
    await browser.post('restart')
    expect(browser.page).toBe('username')
    await browser.post('username', { username: bert.userName })
    await browser.post('password', { password })
    expect(browser.page).toBe('consent')
    await browser.post('consent', { answer: 'allow', shown })
    expect([browser.page, browser.notice]).toEqual(['consent', 'consent-changed'])
  })

  it.each(['', 'yes'])('the answer %j is none', async (answer) => {
    const browser = await arrives(await aPerson())
    await answers(browser, answer)
    expect(browser.page).toBe('consent')
  })

  it('an answer from elsewhere is none', async () => {
    const browser = await arrives(await aPerson())
    const body = new URLSearchParams({ answer: 'allow', shown: shownOn(browser) })
    const cookies = Object.fromEntries(browser.cookies)
    const forged = { headers: { 'sec-fetch-site': 'cross-site' }, cookies, body }
    expect((await house.invoke('POST', `${browser.base}/consent`, forged)).status).toBe(403)
    const stranger = { headers: { 'sec-fetch-site': 'same-origin' }, body }
    expect((await house.invoke('POST', `${browser.base}/consent`, stranger)).status).toBe(404)
  })

  it('an answer before anybody proved who they are leads to what is due', async () => {
    const browser = visit(house)
    await asks(browser)
    await browser.post('consent', { answer: 'allow', shown: 'x' })
    expect(browser.page).toBe('username')
  })

  it('the page cannot be put into a frame', async () => {
    const browser = await arrives(await aPerson())
    const { headers } = await browser.reload()
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  })
})

describe('there is no way around the page', () => {
  it('by a reload, a second tab, or another page’s form', async () => {
    const browser = await arrives(await aPerson())
    await browser.reload()
    expect(browser.page).toBe('consent')
    for (const step of ['username', 'password', 'method', 'activation/skip', 'webauthn']) {
      await browser.post(step, { username: 'x', password, method: 'password', response: '' })
      expect([step, browser.page]).toEqual([step, 'consent'])
    }
  })

  it('by its answer twice: one code comes of it', async () => {
    const browser = await arrives(await aPerson())
    const fields = { answer: 'allow', shown: shownOn(browser) }
    const replies = await Promise.all([1, 2, 3].map(() => browser.postAside('consent', fields)))
    const codes = replies.filter(({ headers }) => headers.location?.includes('code='))
    expect(codes).toHaveLength(1)
  })

  it('by cancelling', async () => {
    const browser = await arrives(await aPerson())
    await browser.post('cancel')
    expect(browser.landed.get('error')).toBe('access_denied')
  })
})

describe('meanwhile', () => {
  it('the user is disabled: nothing comes of it', async () => {
    const user = await aPerson()
    const browser = await arrives(user)
    const shown = shownOn(browser)
    await house.seed({
      write: 'update',
      ...places.user(user.id),
      update: 'SET #enabled = :no, #standing = #standing + :one',
      values: { no: false, one: 1 },
    })
    await browser.post('consent', { answer: 'allow', shown })
    expect(browser.page).not.toBe('status 303')
    expect(await told(user)).toEqual(['consent.asked'])
  })

  it('the CMS takes back the key that they showed: it is not enough any more', async () => {
    const user = await house.addUser({ userName: `anna${count++}`, password })
    const key = createSecurityKey({ rpId: 'example.org', origin: house.stage.issuer })
    const { id } = await house.addAuthenticator(user, key)
    const browser = visit(house)
    await asks(browser, { acr_values: 'fido' })
    await browser.post('username', { username: user.userName })
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    expect(browser.page).toBe('consent')
    const shown = shownOn(browser)
    const { shown: apikey } = await house.addApiKey()
    const path = `/api/v1/tenants/demo/users/${user.id}/authenticators/${id}`
    expect((await house.invoke('DELETE', path, { headers: { apikey } })).status).toBe(204)
    await browser.post('consent', { answer: 'allow', shown })
    expect(['consent', 'status 303']).not.toContain(browser.page)
    expect(await told(user)).not.toContain('consent.given')
  })

  it('another tab allows something else: neither is lost, and nothing is given that was not shown', async () => {
    const user = await aPerson()
    const [one, other] = [
      await arrives(user, { scope: 'openid email' }),
      await arrives(user, { scope: 'openid profile' }),
    ]
    const fields = [one, other].map((browser) => ({ answer: 'allow', shown: shownOn(browser) }))
    await Promise.all([one.post('consent', fields[0]), other.post('consent', fields[1])])
    for (const browser of [one, other].filter(({ page }) => page === 'consent')) await answers(browser, 'allow')
    for (const browser of [one, other]) expect(browser.landed.get('code')).toBeTruthy()
    const [kept] = (await house.all('people')).filter(
      ({ pk, sk }) => pk === `user#${user.id}` && /^consent/.test(`${sk}`),
    )
    expect(kept?.scopes).toHaveLength(3)
    expect(kept?.scopes).toEqual(expect.arrayContaining(['openid', 'email', 'profile']))
  })

  it('an administrator withdraws it while answers are on their way: none of them holds', async () => {
    const user = await aPerson()
    const browser = await allowed(user)
    const { shown: apikey } = await house.addApiKey()
    const withdrawal = house.invoke('DELETE', `/api/v1/tenants/demo/users/${user.id}/consents/partner`, {
      headers: { apikey },
    })
    const query = new URLSearchParams({ ...usualRequest, client_id: 'partner', acr_values: 'pwd' })
    const cookies = Object.fromEntries(browser.cookies)
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => house.invoke('GET', `/authorize?${query}`, { cookies })),
    )
    expect((await withdrawal).status).toBe(204)
    const codes = replies.flatMap(
      ({ headers }) => new URL(headers.location ?? '', 'https://x').searchParams.get('code') ?? [],
    )
    for (const code of codes) expect((await exchange(house, code, { client_id: 'partner' })).status).toBe(400)
  })

  it('the application is switched off: a page says so', async () => {
    const browser = await arrives(await aPerson())
    const shown = shownOn(browser)
    await put({ enabled: false })
    const reply = await browser.postAside('consent', { answer: 'allow', shown })
    expect([reply.status, reply.headers.location]).toEqual([400, undefined])
    await browser.reload()
    expect(browser.page).toBe('bad-request')
  })

  it('the session ended that the page rests on: they sign in again', async () => {
    const browser = await allowed(await aPerson(), { scope: 'openid' })
    await asks(browser, { scope: 'openid email' })
    const shown = shownOn(browser)
    const [cookie = ''] = [...browser.cookies].filter(([name]) => /session/.test(name)).map(([, value]) => value)
    await house.seed({ write: 'delete', ...places.session(cookie.split('.')[0] ?? '') })
    await browser.post('consent', { answer: 'allow', shown })
    expect(browser.page).toBe('username')
  })
})
