/** What axe and a ruler find on every page: nothing. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { View } from '../../web/view.ts'
import { sampleList, samples } from './samples.ts'
import { openBrowser, openSite, type Site } from './site.ts'

const failing: [name: string, view: View][] = [
  ['wrong password', { ...samples.password, notice: 'wrong-password', triesLeft: 3 }],
  ['wrong code', { ...samples['verification code'], notice: 'wrong-code', triesLeft: 1 }],
  ['code sent', { ...samples['verification code'], notice: 'code-sent' }],
  ['code expired', { ...samples['verification code'], notice: 'code-expired' }],
  ['wrong key', { ...samples.webauthn, notice: 'wrong-key' }],
  ['activated', { ...samples.webauthn, notice: 'activated' }],
  ['step over', { ...samples.nickname, notice: 'step-over' }],
]
const everything = [...sampleList, ...failing]

let browser: Browser
let site: Site
let axe: string
beforeAll(async () => {
  site = await openSite()
  browser = await openBrowser()
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

const audit = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe)
  const results: AxeResults = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Pixels that stick out sideways, and what is too small for a finger. */
const measure = (page: Page) =>
  page.evaluate(() => ({
    sideways: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
    small: [...document.querySelectorAll('button, input, a')]
      .filter((each) => each.checkVisibility())
      .filter((each) => each.getBoundingClientRect().height < 44 || each.getBoundingClientRect().width < 44)
      .map((each) => each.id || each.outerHTML),
  }))

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it.each([320, 1280])(
    'axe finds nothing at %i px, nothing sticks out, and every target fits a finger',
    async (width) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 800 },
        reducedMotion: 'reduce',
      })
      const page = await context.newPage()
      const errors: string[] = []
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('pageerror', (error) => errors.push(error.message))
      for (const [index, [name, view]] of everything.entries()) {
        await page.goto(site.show('/page', view, index % 2 === 0 ? 'en' : 'de'))
        expect(await audit(page), name).toEqual([])
        expect(await measure(page), name).toEqual({ sideways: 0, small: [] })
        if (process.env.SCREENSHOTS) {
          const file = `${process.env.SCREENSHOTS}/${name.replace(/\W+/g, '-')}-${colorScheme}-${width}.png`
          await page.screenshot({ path: file, fullPage: true })
        }
      }
      expect(errors).toEqual([])
      await context.close()
    },
  )
})

it('long German words and large type stay inside 320 px', async () => {
  const context = await browser.newContext({ viewport: { width: 320, height: 640 } })
  const page = await context.newPage()
  const long = 'donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft@example.org'
  for (const [name, view] of everything) {
    await page.goto(site.show('/page', 'username' in view ? { ...view, username: long } : view, 'de'))
    await page.evaluate(() => document.documentElement.setAttribute('style', 'font-size: 150%'))
    expect((await measure(page)).sideways, name).toBe(0)
  }
  await context.close()
})

/** Browsers give the focus to a field with `autofocus` with the next picture they draw, which may be after `load`. */
const focused = (element: Locator) =>
  expect.poll(() => element.evaluate((it) => it === document.activeElement)).toBe(true)

it('the field with the error has the focus, and its description is the error', async () => {
  const page = await browser.newPage()
  await page.goto(site.show('/page', { ...samples['verification code'], notice: 'wrong-code', triesLeft: 2 }))
  const field = page.getByLabel('Verification code')
  await focused(field)
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  expect(await field.getAttribute('aria-describedby')).toBe('notice code-hint')
  await page.close()
})

it('a page without a field gives the focus to what went wrong', async () => {
  const page = await browser.newPage()
  await page.goto(site.show('/page', { ...samples.webauthn, notice: 'wrong-key' }))
  await focused(page.getByRole('alert'))
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('continue')
  await page.close()
})

it('the Enter key continues, and never cancels', async () => {
  const page = await browser.newPage()
  await page.goto(site.show('/page', samples.password))
  await focused(page.getByLabel('Password'))
  await page.keyboard.type('correct horse')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/login/l0g1n/password')
  expect(site.posts.at(-1)?.form.get('password')).toBe('correct horse')
  await page.close()
})
