/** The settings at the console: as the seed document has it, with Edit, the toggle, Save and Cancel. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src/core/realm.ts'
import { colleague } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
  // A code is enough here: what asks for more has a visit of its own.
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const at = { path: '/console/settings' }
type Browser = Awaited<ReturnType<typeof colleague>>
const card = (browser: Browser, name: string) => browser.page.getByRole('region', { name, exact: true })
const fido = 'FIDO-based authentication'

/** What is sensitive asks for no more than the console itself does. */
const easily = () => visits.sets({ sensitiveAcr: 'otp', sensitiveMaxAge: 3600 })

describe('an administrator', () => {
  it('turns the import off and on: Edit, the toggle, Save', async () => {
    await easily()
    const browser = await colleague(visits, 'Settings', at)
    const section = card(browser, fido)
    await section.getByText('Authenticator import via API').waitFor()
    expect(await section.getByRole('checkbox').count()).toBe(0)
    await section.getByRole('button', { name: `Edit: ${fido}` }).click()
    const toggle = section.getByRole('checkbox', { name: 'Authenticator import via API' })
    expect(await toggle.isChecked()).toBe(true)
    await toggle.uncheck()
    await section.getByRole('button', { name: 'Save' }).click()
    await browser.page.getByText('Saved.', { exact: true }).waitFor()
    expect(await section.getByRole('checkbox').count()).toBe(0)
    await section.locator('dd', { hasText: 'disabled' }).first().waitFor()
    expect(await visits.settings()).toMatchObject({ authenticatorImport: false })
  })

  it('leaves all as it is with Cancel, by keyboard alone', async () => {
    await easily()
    const browser = await colleague(visits, 'Settings', at)
    const section = card(browser, fido)
    await section.getByRole('button', { name: `Edit: ${fido}` }).focus()
    await browser.page.keyboard.press('Enter')
    await section.getByRole('checkbox', { name: 'Authenticator import via API' }).focus()
    await browser.page.keyboard.press('Space')
    await section.getByRole('button', { name: 'Cancel' }).focus()
    await browser.page.keyboard.press('Enter')
    await section.locator('dd', { hasText: 'enabled' }).first().waitFor()
    expect(await browser.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(`Edit: ${fido}`)
    expect(await visits.settings()).toMatchObject({ authenticatorImport: true })
  })

  it('is told at the field what cannot be, and loses nothing', async () => {
    await easily()
    const browser = await colleague(visits, 'Settings', at)
    const section = card(browser, 'Verification code by email')
    await section.getByRole('button', { name: /^Edit/ }).click()
    await section.getByLabel('Length').fill('6')
    await section.getByRole('button', { name: 'Save' }).click()
    await section.getByText('must be 8 where codeAlphabet is letters').first().waitFor()
    expect(await section.getByLabel('Length').getAttribute('aria-invalid')).toBe('true')
    await browser.page.reload()
    expect(await section.getByLabel('Length').inputValue()).toBe('6')
    await section.getByLabel('Made of').selectOption('digits')
    await section.getByRole('button', { name: 'Save' }).click()
    await browser.page.getByText('Saved.', { exact: true }).waitFor()
    expect(await visits.settings()).toMatchObject({ codeAlphabet: 'digits', codeLength: 6 })
  })

  it('reads what somebody else changed meanwhile, and keeps both', async () => {
    await easily()
    const browser = await colleague(visits, 'Settings', at)
    const section = card(browser, fido)
    await section.getByRole('button', { name: `Edit: ${fido}` }).click()
    await section.getByLabel('Signature counter failures before a key is locked').fill('5')
    await visits.sets({ sessionIdle: 1800 })
    await section.getByRole('button', { name: 'Save' }).click()
    await section.getByText('/sessionIdle: 3600 → 1800').waitFor()
    expect(await section.getByLabel('Signature counter failures before a key is locked').inputValue()).toBe('5')
    await section.getByRole('button', { name: 'Save mine over theirs' }).click()
    await browser.page.getByText('Saved.', { exact: true }).waitFor()
    expect(await visits.settings()).toMatchObject({ counterFailuresToLock: 5, sessionIdle: 1800 })
  })

  it('confirms with their key, and what was typed is there when they come back', async () => {
    const browser = await colleague(visits, 'Settings', at)
    const section = card(browser, fido)
    await section.getByRole('button', { name: `Edit: ${fido}` }).click()
    await section.getByRole('checkbox', { name: 'Authenticator import via API' }).uncheck()
    await section.getByRole('button', { name: 'Save' }).click()
    const dialog = browser.page.getByRole('dialog', { name: 'Confirm that it is you' })
    await dialog.getByText('level fido').waitFor()
    await dialog.getByRole('button', { name: 'Not now' }).click()
    expect(await section.getByRole('checkbox', { name: 'Authenticator import via API' }).isChecked()).toBe(false)
    expect(await visits.settings()).toMatchObject({ authenticatorImport: true })
    await browser.page.reload()
    expect(await section.getByRole('checkbox', { name: 'Authenticator import via API' }).isChecked()).toBe(false)
  })
})

describe.each(['operator', 'auditor'] as const)('an %s', (role) => {
  it('sees the settings and has nothing to edit them with', async () => {
    const browser = await colleague(visits, 'Settings', { ...at, roles: [role] })
    await card(browser, fido).getByText('Authenticator import via API').waitFor()
    await browser.page.getByText('You may look at the settings, and not change them.').waitFor()
    expect(await browser.page.getByRole('button', { name: /^Edit/ }).count()).toBe(0)
    expect(await browser.faults()).toEqual([])
  })
})

describe('the page', () => {
  it.each([
    ['light, wide', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
    ['dark, 320 px', { colorScheme: 'dark', viewport: { width: 320, height: 700 } }],
  ] as const)('%s: nothing that axe finds, nothing that overflows', async (name, options) => {
    await easily()
    const browser = await colleague(visits, 'Settings', { ...at, ...options })
    await card(browser, fido)
      .getByRole('button', { name: `Edit: ${fido}` })
      .click()
    await browser.page.locator('#section-keys').scrollIntoViewIfNeeded()
    expect(await browser.faults()).toEqual([])
    await browser.isPictured(`console-settings ${name}`)
  })

  it('speaks German to who reads it', async () => {
    const browser = await colleague(visits, 'Einstellungen', { ...at, locale: 'de-DE' })
    await card(browser, 'FIDO-basierte Authentifizierung').getByText('Authentifikator-Import per API').waitFor()
    expect(await browser.faults()).toEqual([])
  })
})

it('starts from the settings that ship', async () => {
  expect(await visits.settings()).toMatchObject(JSON.parse(JSON.stringify(defaultSettings)))
})
