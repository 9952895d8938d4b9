/** What is around every page of the console: the way in, where one can go, and what becomes of a session. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { colleague } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

it('opens after a sign-in at the level of the console, and a reload asks for nothing', async () => {
  const browser = await colleague(visits, 'Home')
  expect(await browser.faults()).toEqual([])
  await browser.page.reload()
  await browser.reads('Home')
  expect(new URL(browser.page.url()).pathname).toBe('/console')
})
