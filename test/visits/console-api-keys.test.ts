/** API keys and mails at the console: made and shown once, changed, revoked; what a mail looks like, and one to oneself. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { colleague } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
/** What is sensitive asks for no more than the console itself does; what asks for more has a visit of its own. */
beforeEach(() => visits.sets({ sensitiveAcr: 'otp', sensitiveMaxAge: 3600 }))
afterEach(() => visits.leave())

const keys = { path: '/console/api-keys' }
const mails = { path: '/console/mails' }

/** As a program would call. */
const opens = async (secret: string): Promise<number> =>
  (
    await fetch(`${visits.demo.issuer}/api/v1/tenants/${visits.demo.tenantCode}/users?userName=nobody`, {
      headers: { apikey: secret },
    })
  ).status

describe('an administrator', () => {
  it('makes a key, which is shown once and opens the API, renames it and revokes it', async () => {
    const browser = await colleague(visits, 'API keys', keys)
    const { page } = browser
    await browser.presses('Make an API key')
    const dialog = page.getByRole('dialog', { name: 'Make an API key' })
    await dialog.getByLabel('Name', { exact: true }).fill('Our CMS')
    await dialog.getByLabel('Start from').selectOption('cms')
    expect(await dialog.getByLabel('authenticators:write').isChecked()).toBe(true)
    expect(await dialog.getByLabel('settings:write').isChecked()).toBe(false)
    expect(await dialog.getByLabel('authenticators:break-glass').count()).toBe(0)
    await dialog.getByRole('button', { name: 'Make an API key' }).click()
    const shown = page.getByRole('dialog', { name: 'The API key is made' })
    const secret = (await shown.locator('.secret').innerText()).trim()
    expect(secret).toMatch(/^keystep_/)
    expect(await opens(secret)).toBe(200)
    await shown.getByRole('button', { name: 'I have put it away' }).click()
    expect(await page.getByText(secret).count()).toBe(0)
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(secret)

    await browser.presses('Change: Our CMS')
    const change = page.getByRole('dialog', { name: 'Change Our CMS' })
    await change.getByLabel('Name', { exact: true }).fill('vSEC:CMS')
    await change.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('rowheader', { name: 'vSEC:CMS' }).waitFor()

    await browser.presses('Revoke: vSEC:CMS')
    await page.getByRole('dialog', { name: 'Revoke vSEC:CMS?' }).getByRole('button', { name: 'Revoke' }).click()
    const row = page.getByRole('row', { name: 'vSEC:CMS' })
    await row.getByText('Revoked').waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    expect(await opens(secret)).toBe(401)
  })

  it('confirms with more than a code, and finds the dialog as they left it', async () => {
    await visits.sets({ sensitiveAcr: 'fido', sensitiveMaxAge: 300 })
    const browser = await colleague(visits, 'API keys', keys)
    await browser.plugsIn(await visits.importsActive(browser.person))
    const { page } = browser
    await browser.presses('Make an API key')
    const dialog = page.getByRole('dialog', { name: 'Make an API key' })
    await dialog.getByLabel('Name', { exact: true }).fill('Kept')
    await dialog.getByLabel('Start from').selectOption('provisioning')
    await dialog.getByRole('button', { name: 'Make an API key' }).click()
    await page.getByRole('dialog', { name: 'Confirm that it is you' }).getByText('level fido').waitFor()
    await page.reload()
    expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('Kept')
    expect(await dialog.getByLabel('users:write').isChecked()).toBe(true)
    await dialog.getByRole('button', { name: 'Make an API key' }).click()
    await browser.presses('Confirm now')
    await browser.isTold('Confirmed: it is you.')
    expect(await dialog.getByLabel('users:write').isChecked()).toBe(true)
    await dialog.getByRole('button', { name: 'Make an API key' }).click()
    await browser.presses('I have put it away')
    expect(await page.getByText('Confirmed: it is you.').count()).toBe(0)
    await browser.presses('Revoke: Kept')
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await browser.isTold('Kept is revoked.')
  })

  it('sees each mail in both languages, and sends one to themselves', async () => {
    const browser = await colleague(visits, 'Emails', mails)
    const { page } = browser
    const frame = page.frameLocator('iframe')
    await frame.getByText('KEY4-FACT').waitFor()
    const ground = () => frame.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor)
    await page.getByLabel('Look').selectOption('light')
    await expect.poll(ground).toBe('rgb(238, 242, 242)')
    await browser.isPictured('console-mails light')
    await page.getByLabel('Look').selectOption('dark')
    await expect.poll(ground).toBe('rgb(15, 21, 23)')
    await browser.isPictured('console-mails dark')
    await page.getByLabel('Language').last().selectOption('de')
    await frame.getByText('Guten Tag').waitFor()
    expect(await browser.faults()).toEqual([])
    await page.getByLabel('Look').selectOption('text')
    await page.locator('pre', { hasText: 'KEY4-FACT' }).waitFor()
    await browser.presses('Send it to me')
    await page.getByText(/It is on its way to colleague-/).waitFor()
  })
})

it('an operator has no keys to see, and mails to look at', async () => {
  const browser = await colleague(visits, 'Emails', { ...mails, roles: ['operator'] })
  await browser.page.frameLocator('iframe').getByText('KEY4-FACT').waitFor()
  expect(await browser.page.getByRole('button', { name: 'Send it to me' }).count()).toBe(0)
  expect(await browser.page.getByRole('link', { name: 'API keys' }).count()).toBe(0)
})

it('an auditor sees keys and changes none', async () => {
  const browser = await colleague(visits, 'API keys', { ...keys, roles: ['auditor'] })
  await browser.page.getByRole('table').waitFor()
  expect(await browser.page.getByRole('button', { name: /Make an API key|Change|Revoke/ }).count()).toBe(0)
})

it.each([
  ['light, wide', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark, 320 px', { colorScheme: 'dark', viewport: { width: 320, height: 700 } }],
] as const)('the keys, %s: nothing that axe finds, nothing that sticks out', async (name, options) => {
  const browser = await colleague(visits, 'API-Schlüssel', { ...keys, ...options, locale: 'de-DE' })
  await browser.page.getByRole('table').waitFor()
  await browser.isPictured(`console-api-keys ${name}`)
  expect(await browser.faults()).toEqual([])
  await browser.presses('API-Schlüssel anlegen')
  await browser.page.getByRole('dialog').waitFor()
  await browser.isPictured(`console-api-keys dialog ${name}`)
  expect(await browser.faults()).toEqual([])
})
