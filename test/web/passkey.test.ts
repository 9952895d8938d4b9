/** The script of the ceremonies in Chromium, with a virtual authenticator that holds the key, or one that does not. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { RequestOptionsJson } from '../../web/view.ts'
import { samples, options as usual } from './samples.ts'
import { openBrowser, openSite, type Post, type Site } from './site.ts'

let browser: Browser
let site: Site
let context: BrowserContext
let page: Page
let authenticators: CDPSession
let key: { publicKey: KeyObject; privateKey: KeyObject }

const credentialId = Buffer.from('key-of-alice')
// Without transports: the virtual authenticator is built in, and the one of the samples is on a plug.
const options: RequestOptionsJson = {
  ...usual,
  timeout: 5000,
  allowCredentials: [{ type: 'public-key', id: credentialId.toString('base64url') }],
}

beforeAll(async () => {
  site = await openSite()
  browser = await openBrowser()
  key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})
beforeEach(async () => {
  site.posts.length = 0
  context = await browser.newContext()
  page = await context.newPage()
  authenticators = await context.newCDPSession(page)
  await authenticators.send('WebAuthn.enable', { enableUI: false })
})
afterEach(() => context.close())

const plugIn = async ({ verifies = true, holds = credentialId } = {}) => {
  const { authenticatorId } = await authenticators.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: verifies,
      automaticPresenceSimulation: true,
    },
  })
  await authenticators.send('WebAuthn.addCredential', {
    authenticatorId,
    credential: {
      credentialId: holds.toString('base64'),
      isResidentCredential: true,
      rpId: 'localhost',
      privateKey: key.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      userHandle: Buffer.from('user-alice').toString('base64'),
      signCount: 7,
    },
  })
  return authenticatorId
}

/** The form that arrived at `path`. */
const posted = async (path: string): Promise<Post> => {
  await expect.poll(() => site.posts.map((post) => post.path), { timeout: 10_000 }).toContain(path)
  const post = site.posts.find((each) => each.path === path)
  if (post === undefined) throw new Error(`nothing was posted to ${path}`)
  // Chromium does not always close a page on which an answer is still arriving.
  if (page.url() !== 'about:blank') await page.waitForURL(`**${path}`)
  return post
}

/** The COSE form of the key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
const cose = () => {
  const { x = '', y = '' } = key.publicKey.export({ format: 'jwk' })
  const coordinate = (text: string) => [0x58, 0x20, ...Buffer.from(text, 'base64url')]
  return new Uint8Array([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, ...coordinate(x), 0x22, ...coordinate(y)])
}

const verify = ({ form }: Post) =>
  verifyAuthenticationResponse({
    response: JSON.parse(form.get('response') ?? ''),
    expectedChallenge: options.challenge,
    expectedOrigin: site.origin,
    expectedRPID: 'localhost',
    credential: { id: credentialId.toString('base64url'), publicKey: cose(), counter: 7 },
  })

it.each([
  ['webauthn', { ...samples.webauthn, options }, '/login/l0g1n/webauthn'],
  ['activation ceremony', { ...samples['activation ceremony'], options }, '/login/l0g1n/activation/ceremony'],
] as const)('on the page %s it starts by itself and posts an answer that holds', async (_, view, path) => {
  await plugIn()
  await page.goto(site.show('/page', view))
  const post = await posted(path)
  expect(await verify(post)).toMatchObject({ verified: true })
  expect(post.headers['content-type']).toBe('application/x-www-form-urlencoded')
})

it('a page that says what failed waits for Continue', async () => {
  await plugIn()
  await page.goto(site.show('/page', { ...samples.webauthn, options, notice: 'wrong-key' }))
  await page.waitForTimeout(500)
  expect(site.posts).toEqual([])
  await page.getByRole('button', { name: 'Continue' }).click()
  expect(await verify(await posted('/login/l0g1n/webauthn'))).toMatchObject({ verified: true })
})

it('says in place that nothing came of it, and Continue tries again', async () => {
  const authenticatorId = await plugIn({ verifies: false })
  await page.goto(site.show('/page', { ...samples.webauthn, options }))
  await page.getByRole('alert').getByText('That was cancelled, or took too long.').waitFor()
  expect(await page.title()).toBe('Error: Use your authenticator – Keystep Demo')
  const retry = page.getByRole('button', { name: 'Continue' })
  expect(await retry.evaluate((element) => element === document.activeElement)).toBe(true)
  await authenticators.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  await retry.press('Enter')
  expect(await verify(await posted('/login/l0g1n/webauthn'))).toMatchObject({ verified: true })
  expect(site.posts).toHaveLength(1)
})

it('speaks the language of the page', async () => {
  await plugIn({ verifies: false })
  await page.goto(site.show('/page', { ...samples.webauthn, options }, 'de'))
  await page.getByRole('alert').getByText('Mit „Weiter“ versuchen Sie es erneut.').waitFor()
  expect(await page.title()).toBe('Fehler: Authentifikator verwenden – Keystep Demo')
})

it('ignores presses while the browser is asking', async () => {
  const authenticatorId = await plugIn()
  await authenticators.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false })
  await page.addInitScript(`
    const { get } = navigator.credentials
    navigator.credentials.get = (...options) => {
      document.documentElement.dataset.asked = Number(document.documentElement.dataset.asked ?? 0) + 1
      return get.apply(navigator.credentials, options)
    }`)
  await page.goto(site.show('/page', { ...samples.webauthn, options: { ...options, timeout: 60_000 } }))
  await page.getByText('Waiting for your authenticator…').waitFor()
  expect(await page.locator('#ceremony').getAttribute('aria-busy')).toBe('true')
  // Playwright waits for a disabled control to be enabled; a person does not.
  for (let press = 0; press < 3; press++) await page.locator('#continue').click({ force: true })
  expect(await page.locator('html').getAttribute('data-asked')).toBe('1')
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(site.posts).toEqual([])
})

it('a browser without WebAuthn is told so', async () => {
  await page.addInitScript('delete window.PublicKeyCredential')
  await page.goto(site.show('/page', { ...samples.webauthn, options }))
  await page.getByRole('alert').getByText('This browser cannot use security keys or passkeys here.').waitFor()
})

it('shown again from the browser’s memory, it asks the server where the person is now', async () => {
  site.show('/login/l0g1n', samples.nickname)
  await page.goto(site.show('/page', { ...samples.webauthn, options, notice: 'wrong-key' }))
  await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
  await page.waitForURL('**/login/l0g1n')
})

it('offers passkeys where the username is typed, and posts the chosen one', async () => {
  await plugIn()
  const { allowCredentials: _, ...passkey } = options
  await page.goto(site.show('/page', { ...samples['username with a passkey'], passkey }))
  const post = await posted('/login/l0g1n/webauthn')
  expect(await verify(post)).toMatchObject({ verified: true })
  expect(JSON.parse(post.form.get('response') ?? '').response.userHandle).toBe(
    Buffer.from('user-alice').toString('base64url'),
  )
})

it('asks outright for a passkey when the button is pressed', async () => {
  await page.goto(site.show('/page', { ...samples['username with a passkey'], passkey: options }))
  await page.waitForTimeout(300)
  await plugIn()
  await page.getByRole('button', { name: 'Use a passkey or security key' }).click()
  expect(await verify(await posted('/login/l0g1n/webauthn'))).toMatchObject({ verified: true })
})

it('where nothing can be offered, the page stays silent and the username goes on', async () => {
  await page.goto(site.show('/page', { ...samples['username with a passkey'], passkey: options }))
  await page.getByLabel('Username').fill('bob')
  await page.getByRole('button', { name: 'Continue' }).click()
  expect((await posted('/login/l0g1n/username')).form.get('username')).toBe('bob')
})

it('without script, says so in words, and Continue posts an empty answer', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false })
  const still = await plain.newPage()
  await still.goto(site.show('/page', { ...samples.webauthn, options }))
  expect(await still.locator('noscript').isVisible()).toBe(true)
  expect(await still.locator('noscript').textContent()).toContain('Turn JavaScript on for this site')
  await still.getByRole('button', { name: 'Continue' }).click()
  expect((await posted('/login/l0g1n/webauthn')).form.get('response')).toBe('')
  await plain.close()
})

// Under `no-referrer` the Origin of a form post would be `null` (Fetch §3.2), and the check of it have nothing to go by.
it('posts say that they are of the same origin', async () => {
  await page.goto(site.show('/page', samples.password))
  await page.getByLabel('Password').fill('x')
  await page.getByRole('button', { name: 'Continue' }).click()
  const { headers } = await posted('/login/l0g1n/password')
  expect(headers['sec-fetch-site']).toBe('same-origin')
  expect(headers.origin).toBe(site.origin)
})
