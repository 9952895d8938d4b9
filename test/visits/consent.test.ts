/** A partner's application in the browser: what people allow it, and how the answer gets there, with and without script. */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

/** An application of somebody else's, as far as it is needed here: it sends people off, takes the answer, and redeems it. */
type Partner = { origin: string; server: Server; heard: { method: string; answer: URLSearchParams }[] }

let visits: Visits
let partner: Partner
let client: { client_id: string; client_secret: string }

beforeAll(async () => {
  visits = await startVisits()
  partner = await openPartner()
  const { issuer, tenantCode, adminApiKey } = visits.demo
  const registered = await fetch(`${issuer}/api/v1/tenants/${tenantCode}/clients`, {
    method: 'POST',
    headers: { apikey: adminApiKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Partner Billing',
      redirect_uris: [`${partner.origin}/callback`],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'openid profile email offline_access',
      third_party: true,
      policy_uri: 'https://partner.example/privacy',
    }),
  })
  expect(registered.status, await registered.clone().text()).toBe(201)
  const made = (await registered.json()) as { client: { client_id: string }; client_secret: string }
  client = { client_id: made.client.client_id, client_secret: made.client_secret }
})
afterAll(async () => {
  partner?.server.closeAllConnections()
  partner?.server.close()
  await visits?.close()
})
beforeEach(() => {
  partner.heard.length = 0
})
afterEach(() => visits.leave())

async function openPartner(): Promise<Partner> {
  const heard: Partner['heard'] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://partner')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (url.pathname === '/callback') {
      const answer = request.method === 'POST' ? new URLSearchParams(`${Buffer.concat(chunks)}`) : url.searchParams
      heard.push({ method: request.method ?? '', answer })
    }
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<!doctype html><title>P</title><h1>Partner Billing</h1>')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, server, heard }
}

const verifier = randomBytes(32).toString('base64url')

async function asks(browser: Visitor, change: Record<string, string> = {}): Promise<void> {
  const query = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: `${partner.origin}/callback`,
    response_type: 'code',
    scope: 'openid email',
    acr_values: 'pwd',
    state: 'a state & "more"',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  })
  await browser.page.goto(`${partner.origin}/`)
  await browser.page.goto(`${visits.demo.issuer}/authorize?${query}`)
}

/** As far as the page that asks. */
async function arrives(browser: Visitor, change: Record<string, string> = {}): Promise<void> {
  const person = await visits.newPerson('Pat')
  await asks(browser, change)
  await browser.typesAndContinues('Username', person.userName)
  await browser.typesAndContinues('Password', person.password)
  await browser.reads('Do you allow Partner Billing this?')
}

const itsPage = (browser: Visitor): Locator =>
  browser.page.getByRole('heading', { name: 'Partner Billing', exact: true })

async function redeems(code: string | null): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(`${visits.demo.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: code ?? '',
      redirect_uri: `${partner.origin}/callback`,
      code_verifier: verifier,
      ...client,
    }),
  })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

describe.each([true, false])('with script: %s', (javaScriptEnabled) => {
  it('a person reads what is asked, allows it, and is not asked again', async () => {
    const browser = await visits.opens({ javaScriptEnabled })
    await arrives(browser)
    await browser.readsText('is not an application of your organisation')
    await browser.readsText('know your email address')
    expect(await browser.page.getByRole('link', { name: 'Its privacy policy' }).getAttribute('href')).toBe(
      'https://partner.example/privacy',
    )
    await browser.presses('Allow')
    await itsPage(browser).waitFor()
    const [first] = partner.heard
    expect(first?.answer.get('state')).toBe('a state & "more"')
    expect(await redeems(first?.answer.get('code') ?? null)).toMatchObject({ status: 200 })
    await asks(browser)
    await itsPage(browser).waitFor()
    expect(partner.heard.at(-1)?.answer.get('code')).toBeTruthy()
  })

  it('or does not allow it: the application hears that', async () => {
    const browser = await visits.opens({ javaScriptEnabled })
    await arrives(browser)
    await browser.presses('Don’t allow')
    await itsPage(browser).waitFor()
    expect(partner.heard[0]?.answer.get('error')).toBe('access_denied')
  })

  it('the answer is posted where the application wants that; and going back does not post it again', async () => {
    const browser = await visits.opens({ javaScriptEnabled })
    await arrives(browser, { response_mode: 'form_post' })
    await browser.presses('Allow')
    if (!javaScriptEnabled) {
      await browser.reads('Back to the application')
      await browser.presses('Continue')
    }
    await itsPage(browser).waitFor()
    const [posted] = partner.heard
    expect(partner.heard.map(({ method }) => method)).toEqual(['POST'])
    expect(Object.fromEntries(posted?.answer ?? [])).toEqual({
      code: expect.any(String),
      state: 'a state & "more"',
      iss: visits.demo.issuer,
    })
    expect(await redeems(posted?.answer.get('code') ?? null)).toMatchObject({ status: 200 })
    if (!javaScriptEnabled) return
    await browser.page.goBack()
    await browser.reads('You are already signed in')
    expect(partner.heard).toHaveLength(1)
  })

  it('so is an error', async () => {
    const browser = await visits.opens({ javaScriptEnabled })
    await asks(browser, { response_mode: 'form_post', prompt: 'none' })
    if (!javaScriptEnabled) await browser.presses('Continue')
    await itsPage(browser).waitFor()
    expect(partner.heard.map(({ method, answer }) => [method, answer.get('error')])).toEqual([
      ['POST', 'login_required'],
    ])
  })
})

describe('the page that asks', () => {
  it('is still there after a reload, in a second tab, and after going back from it', async () => {
    const browser = await visits.opens()
    await arrives(browser)
    await browser.page.reload()
    await browser.reads('Do you allow Partner Billing this?')
    const second = await browser.opensTab()
    await second.page.goto(browser.page.url())
    await second.reads('Do you allow Partner Billing this?')
    await browser.page.goBack()
    await browser.page.goForward()
    await browser.reads('Do you allow Partner Billing this?')
    await second.presses('Allow')
    await itsPage(second).waitFor()
    await browser.presses('Allow')
    await browser.reads('You are already signed in')
    expect(partner.heard).toHaveLength(1)
  })

  it('goes by keyboard, and axe finds nothing', async () => {
    const browser = await visits.opens()
    await arrives(browser, { scope: 'openid profile offline_access', prompt: 'consent' })
    expect(await browser.faults()).toEqual([])
    await browser.readsText('the application can do all of it at any time')
    const { keyboard } = browser.page
    for (const name of ['- button "Use another account"', '- link "Its privacy policy"', '- button "Allow"']) {
      await keyboard.press('Tab')
      expect((await browser.focus()).split('\n')[0]?.replace(/:$/, '')).toBe(name)
    }
    await keyboard.press('Enter')
    await itsPage(browser).waitFor()
    expect(partner.heard[0]?.answer.get('code')).toBeTruthy()
  })

  it('in German', async () => {
    const browser = await visits.opens({ locale: 'de-DE' })
    const person = await visits.newPerson('Petra')
    await asks(browser)
    await browser.page.getByLabel('Benutzername').fill(person.userName)
    await browser.page.getByRole('button', { name: 'Weiter', exact: true }).click()
    await browser.page.getByLabel('Passwort').fill(person.password)
    await browser.page.getByRole('button', { name: 'Weiter', exact: true }).click()
    await browser.reads('Erlauben Sie Partner Billing das?')
    await browser.page.getByRole('button', { name: 'Nicht erlauben' }).click()
    await itsPage(browser).waitFor()
    expect(partner.heard[0]?.answer.get('error')).toBe('access_denied')
  })
})
