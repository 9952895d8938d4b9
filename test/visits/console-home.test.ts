/** The first page of the console: first steps where nothing has happened, and pictures of what has, for every role. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AuditEvent, AuditType } from '../../src/core/audit-event.ts'
import { colleague, roles } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

const events = (count: number, type: AuditType, more: Partial<AuditEvent> = {}): AuditEvent[] =>
  Array.from({ length: count }, () => ({ type, at: 0, actor: { kind: 'service', id: 'x' }, ...more }))

/** A month in which a company hands out keys. */
async function aMonth(): Promise<void> {
  for (let day = 0; day < 30; day++) {
    const weekday = new Date(Date.now() - day * 86_400_000).getUTCDay()
    const busy = weekday === 0 || weekday === 6 ? 0 : 1
    await visits.counts(daysAgo(day), [
      ...events(busy * (40 - day), 'login.succeeded', { achieved: 'fido' }),
      ...events(12 + busy * day, 'login.succeeded', { achieved: 'otp' }),
      ...events(10 + busy * 8, 'login.succeeded', { achieved: 'pwd' }),
      ...events(busy * 3, 'login.failed', { reason: 'wrong-password' }),
      ...events(busy * 2, 'login.failed', { reason: 'reused-one-time-code' }),
      ...events(day % 3, 'login.failed', { reason: 'user-not-verified' }),
      ...events(busy * 12, 'authenticator.imported', { aaguid: 'cb69481e-8ff7-4039-93ec-0a2729a154a8' }),
      ...events(busy * 4, 'authenticator.imported', { aaguid: '2fc0579f-8113-47ea-b116-bb5a8db9202a' }),
      ...events(busy * 11, 'authenticator.activated'),
      ...events(busy, 'authenticator.expired'),
    ])
  }
}

describe('before anything happened', () => {
  it('says what to begin with', async () => {
    const browser = await colleague(visits, 'Home')
    await browser.page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor()
    await browser.isPictured('console home-empty')
    expect(await browser.faults()).toEqual([])
  })
})

describe('after a month', () => {
  beforeAll(aMonth)

  it.each(roles)('shows the %s what happened, in words and numbers too', async (role) => {
    const browser = await colleague(visits, 'Home', { roles: [role] })
    const { page } = browser
    await page.getByRole('img', { name: /^Activation\. .* imported, .* activated, .* expired/ }).waitFor()
    await page.getByRole('img', { name: /^Sign-ins by level\. .*fido/ }).waitFor()
    await page.getByRole('img', { name: /^Failures by reason\. .*most often/ }).waitFor()
    await page.getByRole('img', { name: /^Keys by model/ }).waitFor()
    const numbers = page.getByRole('region', { name: 'Activation' }).first()
    await numbers.getByText('Show the numbers').click()
    expect(await numbers.getByRole('row').allInnerTexts()).toContainEqual(expect.stringMatching(/^Imported\s+\d/))
    await browser.isPictured(`console home-${role}`)
    expect(await browser.faults()).toEqual([])
  })

  it('shows another range, and keeps the way to the lists', async () => {
    const browser = await colleague(visits, 'Home')
    await browser.page.getByLabel('Shown are').selectOption('365')
    await browser.page.getByText('Week of').waitFor({ state: 'attached' })
    const link = browser.page.getByRole('link', { name: 'Failures in the audit log' })
    expect(await link.getAttribute('href')).toContain('/console/logs?type=login.failed&since=')
    await browser.isPictured('console home-year')
  })

  it.each([
    ['light', 320],
    ['dark', 320],
    ['dark', 1280],
  ] as const)('in German, %s, at %i px, axe finds nothing and nothing sticks out', async (colorScheme, width) => {
    const browser = await colleague(visits, 'Start', {
      locale: 'de-DE',
      colorScheme,
      viewport: { width, height: 900 },
    })
    await browser.page.getByRole('img', { name: /^Aktivierung/ }).waitFor()
    await browser.isPictured(`console home-de-${colorScheme}-${width}`)
    expect(await browser.faults()).toEqual([])
  })

  it('is drawn anew when it gets dark', async () => {
    const browser = await colleague(visits, 'Home', { colorScheme: 'light' })
    const canvas = browser.page.getByRole('img', { name: /^Activation/ })
    await canvas.waitFor()
    const pixels = () => canvas.evaluate((shown) => (shown as HTMLCanvasElement).toDataURL())
    const light = await pixels()
    await browser.page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(pixels).not.toBe(light)
  })
})
