import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from '../web/site.ts'
import { openService, type Service } from './service.ts'

describe('an operator at the demo CMS', () => {
  let service: Service
  let chrome: Browser
  let page: Page
  let devTools: CDPSession
  let authenticatorId = ''
  const broken: string[] = []

  beforeAll(async () => {
    chrome = await openBrowser()
    service = await openService()
    page = await chrome.newPage({ viewport: { width: 320, height: 800 }, bypassCSP: false })
    page.on('pageerror', (error) => broken.push(error.message))
    page.on('console', (line) => {
      if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) broken.push(line.text())
    })
    devTools = await page.context().newCDPSession(page)
    await devTools.send('WebAuthn.enable')
    authenticatorId = await plugIn('usb')
  })
  afterAll(async () => {
    await chrome?.close()
    await service?.close()
  })

  async function plugIn(transport: 'usb' | 'internal'): Promise<string> {
    const options = { protocol: 'ctap2', transport, hasResidentKey: true, hasUserVerification: true } as const
    const added = await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: { ...options, isUserVerified: true, automaticPresenceSimulation: true },
    })
    return added.authenticatorId
  }

  async function axe(): Promise<string[]> {
    const source = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
    await devTools.send('Runtime.evaluate', { expression: source })
    const result = await devTools.send('Runtime.evaluate', {
      expression: 'axe.run().then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" ")))',
      awaitPromise: true,
      returnByValue: true,
    })
    return result.result.value
  }

  it('looks Ada up by the keyboard alone', async () => {
    await page.goto(service.demo.apps.cms)
    await page.getByLabel('Username').fill('ada')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Keys of ada' }).waitFor()
    expect(await page.getByText('No keys yet.').isVisible()).toBe(true)
  })

  it('enrols a security key and exports it attested', async () => {
    await page.getByLabel('Name of the key').fill('Blue key')
    await page.getByLabel('Serial number').fill('42')
    await page.getByRole('button', { name: 'Enrol and export' }).click()
    await page.getByRole('heading', { name: 'Blue key pending' }).waitFor()
    expect(await page.getByRole('status').innerText()).toContain('It is pending until its user activates it.')
    expect(await page.getByText('imported, attested').isVisible()).toBe(true)
  })

  it('is told when the key is enrolled already', async () => {
    await page.getByRole('button', { name: 'Enrol and export' }).click()
    await page.getByRole('alert').getByText('already enrolled for this person').waitFor()
  })

  it('enrols a passkey of this device and exports it raw', async () => {
    await devTools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    authenticatorId = await plugIn('internal')
    await page.getByLabel('This device').check()
    await page.getByLabel('Raw:').check()
    await page.getByLabel('Name of the key').fill('Laptop')
    await page.getByRole('button', { name: 'Enrol and export' }).click()
    await page.getByRole('heading', { name: 'Laptop pending' }).waitFor()
    expect(await page.getByText('imported, raw').isVisible()).toBe(true)
  })

  it('makes a virtual key that a virtual authenticator takes', async () => {
    await page.getByLabel('Make a virtual key').check()
    await page.getByLabel('Name of the key').fill('Virtual')
    await page.getByRole('button', { name: 'Make and export' }).click()
    await page.getByRole('heading', { name: 'Virtual pending' }).waitFor()
    const credential = JSON.parse(await page.locator('#virtual-key').innerText())
    // Another one: an authenticator keeps one discoverable key for each person and site, and Laptop is in the first.
    await devTools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    authenticatorId = await plugIn('internal')
    await devTools.send('WebAuthn.addCredential', { authenticatorId, credential })
    const { credentials } = await devTools.send('WebAuthn.getCredentials', { authenticatorId })
    expect(credentials.map(({ credentialId }) => credentialId)).toContain(credential.credentialId)
  })

  it('suspends, resumes, renames and revokes an active key', async () => {
    const card = page.getByRole('article').filter({ hasText: 'Blue key' })
    await service.activate(service.person('ada'), (await card.getAttribute('data-id')) ?? '')
    await page.getByRole('button', { name: 'Look up' }).click()
    await page.getByRole('button', { name: 'Suspend Blue key' }).click()
    await page.getByRole('heading', { name: 'Blue key suspended' }).waitFor()
    await page.getByRole('button', { name: 'Resume Blue key' }).click()
    await page.getByRole('heading', { name: 'Blue key active' }).waitFor()
    await page.getByLabel('Name of Blue key').fill('Old <b>key</b>')
    await page.getByRole('button', { name: 'Rename Blue key' }).click()
    await page.getByRole('button', { name: 'Revoke Old <b>key</b>' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('button', { name: 'Revoke Old <b>key</b>' }).click()
    await page.getByRole('button', { name: 'Revoke this key' }).click()
    await page.getByText('Old <b>key</b> is revoked.').waitFor()
    expect(await page.getByRole('article').count()).toBe(2)
  })

  it.each(['light', 'dark'] as const)('has a page that axe finds nothing in, at 320 px, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    expect(await axe()).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}/cms-${colorScheme}.png`, fullPage: true })
  })

  it('broke nothing on the way, nor the content security policy', () => {
    expect(broken).toEqual([])
  })
})
