/** The inbox in a real browser: what a person who waits for a code sees of it. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type MailCapture, startMailCapture } from '../../local/mail.ts'
import { activationMail } from '../../web/mails.ts'
import { openBrowser } from '../web/site.ts'

let browser: Browser
let axe: string
let mail: MailCapture
let ses: SESClient
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
})
afterAll(() => browser?.close())

beforeEach(async () => {
  mail = await startMailCapture({ port: 0 })
  ses = new SESClient({
    endpoint: mail.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
})
afterEach(async () => {
  await page?.context().close()
  ses.destroy()
  await mail.close()
})

async function send(to: string, code: string) {
  const { subject, text, html } = activationMail({
    code,
    serviceName: 'Keystep',
    application: 'App2',
    minutes: 10,
    keyName: 'Blue key',
    locale: 'en',
  })
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' })
  await ses.send(
    new SendEmailCommand({
      Source: 'no-reply@keystep.example',
      Destination: { ToAddresses: [to] },
      Message: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
    }),
  )
}

async function visit(options: { colorScheme?: 'light' | 'dark'; width?: number; javaScriptEnabled?: boolean } = {}) {
  const { colorScheme = 'light', width = 1280, javaScriptEnabled = true } = options
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 }, javaScriptEnabled })
  page = await context.newPage()
  await page.goto(mail.inboxUrl)
  return page
}

describe('the inbox', () => {
  it('shows a mail as soon as it arrives, with its code to read and to take along', async () => {
    const complaints: string[] = []
    await visit()
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.getByText('No mail yet').waitFor()
    await send('ada@example.org', '482913')
    const article = page.getByRole('article')
    await article.getByText('482913', { exact: true }).waitFor()
    expect(await article.textContent()).toContain('To ada@example.org')
    await send('bela@example.org', '000111')
    await page.getByText('2 mails, newest first.').waitFor()
    expect(await article.first().textContent()).toContain('000111')
    expect(complaints).toEqual([])
  })

  it('shows the HTML of a mail to whoever opens it, and does not take them away from it', async () => {
    await send('ada@example.org', '482913')
    await visit()
    await page.getByText('As HTML').click()
    await page.frameLocator('iframe').getByText('482913').waitFor()
    await send('bela@example.org', '000111')
    await page.getByText('A new mail came').waitFor()
    expect(await page.locator('details[open]').count()).toBe(1)
  })

  it('is emptied by its button, and works without script', async () => {
    await send('ada@example.org', '482913')
    await visit({ javaScriptEnabled: false })
    await page.getByText('1 mail, newest first.').waitFor()
    await page.getByRole('button', { name: 'Empty' }).click()
    await page.getByText('No mail yet').waitFor()
  })

  it.each(['light', 'dark'] as const)('has nothing for axe to find in %s, and fits 320 px', async (colorScheme) => {
    await send('ada@example.org', '482913')
    await visit({ colorScheme, width: 320 })
    await page.evaluate(axe)
    const { violations }: AxeResults = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
  })
})
