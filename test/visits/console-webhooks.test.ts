/** Webhooks at the console: registered with a secret shown once, tried, changed, and what failed sent again. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openInbox } from '../../examples/cms/webhook.ts'
import { openReceiver, type Receiver } from '../lambdas/events-house.ts'
import { colleague } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'

let visits: Visits
let receiver: Receiver
let says: number
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
beforeEach(async () => {
  says = 204
  receiver = await openReceiver(() => says)
  // What is sensitive asks for no more than the console itself does; what asks for more has a visit of its own.
  await visits.sets({ sensitiveAcr: 'otp', sensitiveMaxAge: 3600 })
})
afterEach(async () => {
  await receiver.close()
  await visits.leave()
})

const webhooks = { path: '/console/webhooks' }

describe('an administrator', () => {
  it('registers a webhook, whose secret is shown once and signs, tries it, changes and deletes it', async () => {
    const browser = await colleague(visits, 'Webhooks', webhooks)
    const { page } = browser
    await browser.presses('Register a webhook')
    const dialog = page.getByRole('dialog', { name: 'Register a webhook' })
    expect(await dialog.getByLabel('authenticator.activated').isChecked()).toBe(true)
    await dialog.getByLabel('Address').fill('http://cms.example.com/hook')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('must be https', { exact: false }).first().waitFor()
    await dialog.getByLabel('Address').fill(receiver.url)
    await dialog.getByLabel('user.created').check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    const shown = page.getByRole('dialog', { name: 'The secret of the webhook' })
    const secret = (await shown.locator('.secret').innerText()).trim()
    expect(secret).toMatch(/^whsec_/)
    await shown.getByRole('button', { name: 'I have put it away' }).click()
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(secret)

    await browser.presses(`Send a test: ${receiver.url}`)
    await page.getByText(`${receiver.url} took the test.`).waitFor()
    const inbox = openInbox(secret)
    const [heard] = receiver.heard
    const headers: Record<string, string | undefined> = {
      'webhook-id': heard?.id,
      'webhook-timestamp': heard?.timestamp,
      'webhook-signature': heard?.signature,
    }
    expect(inbox.take((name) => headers[name], heard?.body ?? '')).toBe(204)

    await browser.presses(`Change: ${receiver.url}`)
    const change = page.getByRole('dialog', { name: 'Change the webhook' })
    await change.getByLabel('Description').fill('Our CMS')
    await change.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('rowheader', { name: 'Our CMS' }).waitFor()
    await browser.presses(`Change the secret: ${receiver.url}`)
    await page.getByRole('dialog').getByRole('button', { name: 'Change the secret' }).click()
    await page.getByRole('button', { name: 'I have put it away' }).click()
    await browser.presses(`Delete: ${receiver.url}`)
    await page.getByRole('dialog', { name: 'Delete the webhook?' }).getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('rowheader', { name: 'Our CMS' }).waitFor({ state: 'detached' })
  })

  it('sees what failed, and sends it again', async () => {
    const browser = await colleague(visits, 'Webhooks', webhooks)
    const { page } = browser
    await browser.presses('Register a webhook')
    const dialog = page.getByRole('dialog', { name: 'Register a webhook' })
    await dialog.getByLabel('Address').fill(receiver.url)
    await dialog.getByLabel('user.created').check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'I have put it away' }).click()
    says = 503
    await visits.newPerson('Told')
    await expect.poll(() => receiver.heard.length, { timeout: 20_000 }).toBeGreaterThan(0)
    const section = page.getByRole('region', { name: `Failed deliveries: ${receiver.url}` }).first()
    await expect
      .poll(
        async () => {
          await page.reload()
          await page.getByRole('table').first().waitFor()
          return section.getByRole('button', { name: /^Resend/ }).count()
        },
        { timeout: 30_000, interval: 1000 },
      )
      .toBe(1)
    says = 204
    const before = receiver.heard.length
    await section.getByRole('button', { name: /^Resend/ }).click()
    await page.getByText('It is on its way again.').waitFor()
    await expect.poll(() => receiver.heard.length, { timeout: 20_000 }).toBeGreaterThan(before)
    expect(new Set(receiver.heard.map(({ id }) => id)).size).toBe(1)
    expect(await browser.faults()).toEqual([])
  })
})

it('an auditor sees webhooks and changes none', async () => {
  const browser = await colleague(visits, 'Webhooks', { ...webhooks, roles: ['auditor'] })
  await browser.page.getByRole('rowheader', { name: 'Demo CMS' }).waitFor()
  expect(await browser.page.getByRole('button', { name: /Register|Change|Delete|Send a test|Resend/ }).count()).toBe(0)
})

it('an operator has none to see', async () => {
  const browser = await colleague(visits, 'Audit log', { path: '/console/logs', roles: ['operator'] })
  expect(await browser.page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0)
})

it.each([
  ['light, wide', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark, 320 px', { colorScheme: 'dark', viewport: { width: 320, height: 700 } }],
] as const)('webhooks, %s: nothing that axe finds, nothing that sticks out', async (name, options) => {
  const browser = await colleague(visits, 'Webhooks', { ...webhooks, ...options, locale: 'de-DE' })
  await browser.page.getByRole('rowheader', { name: 'Demo CMS' }).waitFor()
  await browser.isPictured(`console-webhooks ${name}`)
  expect(await browser.faults()).toEqual([])
  await browser.presses('Webhook anlegen')
  await browser.page.getByRole('dialog').waitFor()
  await browser.isPictured(`console-webhooks dialog ${name}`)
  expect(await browser.faults()).toEqual([])
})
