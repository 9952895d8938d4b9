/** Applications at the console: registered by kind, edited, tried as their users see them, and deleted. */
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

const list = { path: '/console/clients' }

describe('an administrator', () => {
  it('registers a web application, changes it, makes it a new secret, and deletes it', async () => {
    const browser = await colleague(visits, 'Applications', list)
    const { page } = browser
    await page.getByRole('link', { name: 'Register an application' }).click()
    await browser.reads('Register an application')
    await page.getByLabel('Name', { exact: true }).fill('Shop')
    await page.getByLabel('Client ID').fill('shop')
    await page.getByLabel('Redirect URIs').fill('http://shop.example/cb')
    await page.getByRole('button', { name: 'Register an application' }).click()
    await page.getByText('must be https').first().waitFor()
    await page.getByLabel('Redirect URIs').fill('https://shop.example/cb')
    await page.getByRole('button', { name: 'Register an application' }).click()
    const shown = page.getByRole('dialog', { name: 'The secret of the application' })
    const secret = (await shown.locator('.secret').innerText()).trim()
    expect(secret.length).toBeGreaterThan(30)
    await shown.getByRole('button', { name: 'I have put it away' }).click()
    await browser.reads('Shop')
    expect(await page.content()).not.toContain(secret)

    await page.getByLabel('client_name').fill('Our shop')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Saved.', { exact: true }).waitFor()
    await browser.reads('Our shop')

    await browser.presses('Make a new secret')
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new secret' }).click()
    expect((await shown.locator('.secret').innerText()).trim()).not.toBe(secret)
    await shown.getByRole('button', { name: 'I have put it away' }).click()
    await browser.presses('End the old one now')
    await page.getByText('The old secret has ended.').waitFor()

    await page.getByLabel('At least').selectOption('fido')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Saved.', { exact: true }).waitFor()

    await browser.presses('Delete')
    const sure = page.getByRole('dialog', { name: 'Delete Our shop?' })
    await sure.getByLabel('Type shop to confirm').fill('shop')
    await sure.getByRole('button', { name: 'Delete' }).click()
    await browser.reads('Applications')
    await page.getByLabel('Filter by name or ID').fill('shop')
    await page.getByText('No application is registered, or none fits.').waitFor()
  })

  it('tries a sign-in as an application asks for it, at its own address and nowhere else', async () => {
    const browser = await colleague(visits, 'Applications', list)
    const { page } = browser
    await page.getByLabel('Filter by name or ID').fill('app2')
    await page.getByRole('link', { name: 'App2' }).click()
    await browser.reads('App2')
    const card = page.getByRole('region', { name: 'Try it' })
    await card.getByLabel('Level asked for (acr_values)').selectOption('fido')
    await card.getByLabel('Prompt').selectOption('login')
    const address = new URL((await card.getByRole('link').getAttribute('href')) ?? '')
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      client_id: 'app2',
      redirect_uri: `${visits.demo.apps.app2}/callback`,
      acr_values: 'fido',
      prompt: 'login',
      code_challenge_method: 'S256',
    })
    const opened = page.waitForEvent('popup')
    await card.getByRole('link').click()
    const tab = await opened
    await tab.getByText('App2').first().waitFor()
    expect(new URL(tab.url()).pathname).toMatch(/^\/login\//)
    expect(await tab.evaluate(() => window.opener)).toBeNull()
    await card.getByLabel('To whom').fill(visits.demo.people[0]?.userName ?? '')
    await card.getByRole('button', { name: 'Explain' }).click()
    await card.getByText('Why, in sentences').waitFor()
  })
})

it.each(['operator', 'auditor'] as const)('an %s looks at applications and changes none', async (role) => {
  const browser = await colleague(visits, 'Applications', { ...list, roles: [role] })
  const { page } = browser
  expect(await page.getByRole('link', { name: 'Register an application' }).count()).toBe(0)
  await page.getByRole('link', { name: 'App1' }).click()
  await browser.reads('App1')
  await page.getByText('You may look at applications, and not change them.').waitFor()
  expect(await page.getByLabel('client_name').getAttribute('readonly')).not.toBeNull()
  expect(await page.getByRole('button', { name: /Delete|Make a new secret|^Save/ }).count()).toBe(0)
})

it.each([
  ['light, wide', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark, 320 px', { colorScheme: 'dark', viewport: { width: 320, height: 700 } }],
] as const)('%s: nothing that axe finds, nothing that sticks out', async (name, options) => {
  const browser = await colleague(visits, 'Anwendungen', { ...list, ...options, locale: 'de-DE' })
  const { page } = browser
  expect(await browser.faults()).toEqual([])
  await browser.isPictured(`console-clients ${name}`)
  await page.getByRole('link', { name: 'App2' }).click()
  await browser.reads('App2')
  await page.getByRole('link', { name: 'Anmeldung in neuem Tab öffnen' }).waitFor()
  await browser.isPictured(`console-client ${name}`)
  expect(await browser.faults()).toEqual([])
  await page.goto(`${visits.demo.issuer}/console/clients/new`)
  await browser.reads('Anwendung registrieren')
  expect(await browser.faults()).toEqual([])
})
