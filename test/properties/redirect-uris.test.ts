/** Addresses that answers go to are compared as text, and with nothing made of them first (RFC 9700 §2.1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type House, openHouse, type Reply } from '../house.ts'
import { exchange, usualRequest, type Visitor, visit } from '../visitor.ts'
import { nearMisses } from './near-misses.ts'

const registered = [
  'https://app1.example.com/callback',
  'https://app1.example.com/cb?tenant=a+b&path=%2Fhome',
  'http://127.0.0.1:8080/cb',
  'https://xn--mnchen-3ya.example/R%C3%BCck',
  'com.example.app:/oauth/callback',
]
const variants = nearMisses(registered)

let house: House
let browser: Visitor
let hint: string
beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ redirectUris: registered, postLogoutRedirectUris: registered })
  const password = 'correct horse battery staple'
  const user = await house.addUser({ password })
  browser = visit(house)
  await browser.ask()
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  hint = (await exchange(house, browser.landed.get('code'))).json.id_token
})
afterAll(() => house.close())

const authorize = (query: URLSearchParams): Promise<Reply> =>
  house.invoke('GET', `/authorize?${query}`, { cookies: Object.fromEntries(browser.cookies) })

const asking = (uri: string): URLSearchParams => new URLSearchParams({ ...usualRequest, redirect_uri: uri })

/** A page that says so, leads nowhere and repeats nothing. */
function expectPage({ status, headers, body }: Reply, expected: number, uri: string): void {
  expect(status, JSON.stringify(uri)).toBe(expected)
  expect(headers.location, JSON.stringify(uri)).toBeUndefined()
  expect(headers['content-type'], JSON.stringify(uri)).toContain('text/html')
  const policy = headers['content-security-policy'] ?? ''
  expect(policy, JSON.stringify(uri)).not.toContain('evil.example')
  expect(body.includes('evil.example'), JSON.stringify(uri)).toBe(false)
}

it('are many', () => {
  console.log(`${variants.length} near misses of ${registered.length} addresses`)
  expect(variants.length).toBeGreaterThanOrEqual(250)
})

describe('a redirect_uri', { timeout: 120_000 }, () => {
  it.each(registered)('%s is taken as it is registered, and comes back so', async (uri) => {
    const { status, headers } = await authorize(asking(uri))
    expect(status).toBe(303)
    expect(headers.location?.startsWith(`${uri}${uri.includes('?') ? '&' : '?'}code=`)).toBe(true)
  })

  it('that is nearly one is answered with a page, and no redirect', async () => {
    for (const uri of variants) expectPage(await authorize(asking(uri)), 400, uri)
  })

  it('that is nearly one is refused with the pushed request', async () => {
    for (const uri of variants) {
      const { status, json } = await house.invoke('POST', '/par', { body: asking(uri) })
      expect({ status, json }, uri).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
    }
  })

  it('that is nearly the one of the code is refused when the code is exchanged', async () => {
    await authorize(asking(registered[0] ?? ''))
    const { headers } = await authorize(asking(registered[0] ?? ''))
    const code = new URL(headers.location ?? '').searchParams.get('code')
    for (const uri of variants) {
      const { status, json } = await exchange(house, code, { redirect_uri: uri })
      // An empty one is one that was left out (RFC 6749 §3.2).
      const error = uri === '' ? 'invalid_request' : 'invalid_grant'
      expect({ status, json }, uri).toMatchObject({ status: 400, json: { error } })
    }
    expect((await exchange(house, code)).status).toBe(200)
  })

  it.each([
    ['the good one first', ['https://app1.example.com/callback', 'https://evil.example/']],
    ['the good one last', ['https://evil.example/', 'https://app1.example.com/callback']],
    ['the good one twice', ['https://app1.example.com/callback', 'https://app1.example.com/callback']],
  ])('given twice, %s, is answered with a page', async (_, both) => {
    const query = asking('')
    query.delete('redirect_uri')
    for (const uri of both) query.append('redirect_uri', uri)
    expectPage(await authorize(query), 400, both.join())
  })

  it.each(['redirect_uri[]', 'Redirect_Uri', 'redirect_uri ', ' redirect_uri', 'redirect-uri', 'redirectUri'])(
    'by the name %s is none',
    async (name) => {
      const query = asking('https://app1.example.com/callback')
      query.append(name, 'https://evil.example/')
      const beside = await authorize(query)
      expect(beside.headers.location).toMatch(/^https:\/\/app1\.example\.com\/callback\?code=/)
      query.delete('redirect_uri')
      expectPage(await authorize(query), 400, name)
    },
  )
})

describe('a post_logout_redirect_uri', { timeout: 120_000 }, () => {
  const leave = (uri: string): Promise<Reply> =>
    house.invoke(
      'GET',
      `/logout?${new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: uri, state: 's' })}`,
    )

  it.each(registered)('%s is taken as it is registered, and comes back so', async (uri) => {
    const { status, headers } = await leave(uri)
    expect(status).toBe(303)
    expect(headers.location).toBe(`${uri}${uri.includes('?') ? '&' : '?'}state=s`)
  })

  it('that is nearly one leads to the page that says that the session is over', async () => {
    for (const uri of variants) expectPage(await leave(uri), 200, uri)
  })
})
