/** What is around every page of the console: the way in, what a browser keeps, and what becomes of a session that ends. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { colleague } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const atUsers = (): Promise<Visitor> => colleague(visits, 'Users', { path: '/console/users' })

it('asks for its level in one go, and a reload for nothing: nobody leaves the page, and nothing is kept in the browser', async () => {
  const browser = await atUsers()
  expect(new URL(browser.page.url()).pathname).toBe('/console/users')
  const went: string[] = []
  browser.page.on('framenavigated', (frame) => went.push(new URL(frame.url()).pathname))
  await browser.page.reload()
  await browser.reads('Users')
  await browser.page.getByRole('row').nth(3).waitFor()
  expect([...new Set(went)]).toEqual(['/console/users'])
  const kept = await browser.page.evaluate(async () => ({
    texts: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    databases: (await indexedDB.databases()).length,
    cookies: document.cookie,
  }))
  expect(kept).toEqual({ texts: expect.not.stringMatching(/eyJ|verifier/), databases: 0, cookies: '' })
  expect(browser.broken).toEqual([])
})

it('is gone to by keyboard: past the navigation at once, and to each page’s heading', async () => {
  const browser = await atUsers()
  await browser.page.locator('body').press('Tab')
  expect(await browser.focus()).toContain('Skip to the content')
  await browser.page.keyboard.press('Enter')
  await browser.page.keyboard.press('Tab')
  expect(await browser.focus()).toContain('New user')
  await browser.page.keyboard.press('Enter')
  await browser.reads('New user')
  expect(await browser.focus()).toContain('heading "New user"')
  expect(await browser.page.title()).toBe('New user – Keystep')
  await browser.page.getByLabel('Language').first().selectOption('de')
  await browser.reads('Neuer Benutzer')
  await browser.page.reload()
  await browser.reads('Neuer Benutzer')
  expect(await browser.page.locator('html').getAttribute('lang')).toBe('de')
})

it('signed out in another tab, keeps what was typed over the next sign-in', async () => {
  const browser = await atUsers()
  await browser.page.getByRole('link', { name: 'New user' }).click()
  await browser.reads('New user')
  await browser.types('User name', 'somebody-new')
  const other = await browser.opensTab()
  await other.page.goto(`${visits.demo.issuer}/console`)
  await other.page.locator('.account summary').click()
  await other.presses('Sign out')
  await other.reads('Sign in')
  await browser.presses('Create')
  await browser.page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  await browser.presses('Not now')
  await browser.isWarned('You are signed out. Sign in again to go on.')
  expect(await browser.page.getByRole('textbox', { name: 'User name' }).inputValue()).toBe('somebody-new')
  await browser.presses('Create')
  await browser.presses('Sign in')
  await browser.reads('Sign in')
})
