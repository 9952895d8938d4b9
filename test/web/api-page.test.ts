/** The page of the API, in the browser, under the policy that it ships with. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { handle } from '../../lambdas/metadata/api-page.ts'
import { routes } from '../../lambdas/routes.ts'
import { openBrowser } from './site.ts'

const web = join(import.meta.dirname, '../../web')

const stage = { issuer: 'https://id.example.org', serviceName: 'Example Sign-in' }

let browser: Browser
let close: () => void
let address: string
let axe: string
beforeAll(async () => {
  const { body = '', headers } = await handle({ stage }, { headers: { 'accept-encoding': 'gzip, br' } })
  const styles = await Promise.all(['keystep.css', 'api.css'].map((name) => readFile(join(web, name))))
  const favicon = await readFile(join(web, 'assets/favicon.svg'))
  const server = createServer(({ url }, response) => {
    if (url === '/docs/api') return response.writeHead(200, headers).end(Buffer.from(body, 'base64'))
    if (url === '/assets/favicon.svg') return response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(favicon)
    const style = { '/assets/keystep.css': styles[0], '/assets/api.css': styles[1] }[url ?? '']
    return response.writeHead(style === undefined ? 404 : 200, { 'content-type': 'text/css' }).end(style)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/docs/api`
  close = () => {
    server.close()
    server.closeAllConnections()
  }
  browser = await openBrowser()
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
})
afterAll(async () => {
  await browser?.close()
  close?.()
})

async function opens(options: { width?: number; colorScheme?: 'light' | 'dark' } = {}) {
  const { width = 1280, colorScheme = 'light' } = options
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(address)
  return { page, complaints, leave: () => context.close() }
}

describe('the page of the API', () => {
  it('is sent as it is to whoever knows no compression', async () => {
    for (const accepted of [{}, { 'accept-encoding': 'br' }, { 'accept-encoding': 'gzip;q=0' }])
      expect((await handle({ stage }, { headers: accepted })).body).toContain('<!doctype html>')
  })

  it.each([
    [320, 'light'],
    [320, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)(
    'at %i px in %s: axe finds nothing, nothing sticks out, and the policy holds',
    async (width, colorScheme) => {
      const { page, complaints, leave } = await opens({ width, colorScheme })
      // All of it, as somebody sees it who opens everything.
      await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true')
      const sideways = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect(sideways).toBe(0)
      // Each of them is made as the others are: one of a dozen is looked at closely.
      await page.evaluate('document.querySelectorAll("details").forEach((each, at) => { each.open = at % 12 === 0 })')
      await page.evaluate(axe)
      const { violations }: AxeResults = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
      expect(complaints).toEqual([])
      await leave()
    },
  )

  it('has every operation, and nothing that leads nowhere', async () => {
    const { page, leave } = await opens()
    const text = (await page.locator('main').textContent()) ?? ''
    const heard = await page.locator('h3 .call').allInnerTexts()
    const described = new Set(heard.map((each) => each.replace(/\s+/g, ' ').trim()))
    expect(described.size).toBeGreaterThan(40)
    const known = new Set(routes.map(({ method, path }) => `${method} ${path}`))
    expect([...described].filter((each) => !known.has(each))).toEqual([])
    const broken = await page.evaluate(
      'Array.from(document.querySelectorAll(\'a[href^="#"]\'), (a) => a.hash.slice(1)).filter((id) => !document.getElementById(id))',
    )
    expect(broken).toEqual([])
    expect(text).not.toMatch(/undefined|\[object/)
    await leave()
  })

  it('opens what a link leads to, and goes by keyboard', async () => {
    const { page, leave } = await opens()
    const operation = page.locator('#scimChangeUser')
    expect(await operation.isVisible()).toBe(false)
    await page.goto(`${address}#scimChangeUser`)
    await operation.waitFor({ state: 'visible' })
    const summary = page.locator('summary', { hasText: 'Delete a user' }).first()
    await summary.focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('details[open]').count()).toBe(2)
    await leave()
  })
})
