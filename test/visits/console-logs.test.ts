/** The audit log at the console: found by event, user and reason; one record; saved to a file; followed live. */
import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { colleague, roles } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const logs = { path: '/console/logs' }

describe.each(roles)('a colleague who is %s', (role) => {
  it('finds a sign-in, opens it, and finds who it was', async () => {
    const browser = await colleague(visits, 'Audit log', { ...logs, roles: [role] })
    const { page, person } = browser
    await page.getByLabel('Event').selectOption('login.succeeded')
    await page.getByLabel('User (name or ID)').fill(person.userName)
    const row = page.getByRole('row', { name: 'login.succeeded' }).first()
    await row.getByRole('link', { name: person.userName }).waitFor()
    await page
      .getByRole('button', { name: /^Details: login\.succeeded/ })
      .first()
      .click()
    const dialog = page.getByRole('dialog', { name: 'login.succeeded' })
    await dialog.getByText('Level reached').waitFor()
    await dialog.getByText('From where').waitFor()
    expect(await browser.faults()).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    // The address says what is looked at.
    await page.reload()
    expect(await page.getByLabel('Event').inputValue()).toBe('login.succeeded')
    await row.waitFor()
    await page.getByLabel('Reason contains').fill('surely nothing')
    await page.getByText(/Nothing of the kind happened|There may be something further back/).waitFor()
  })
})

it('is saved as lines of JSON and as OCSF, which is recorded', async () => {
  const browser = await colleague(visits, 'Audit log', { ...logs, roles: ['auditor'] })
  const { page } = browser
  // What is younger than ten seconds is not exported yet.
  await page.getByRole('row', { name: 'user.created' }).first().waitFor()
  for (const [name, member] of [
    ['Save as JSON lines', 'logVersion'],
    ['Save as OCSF', 'class_uid'],
  ] as const) {
    const [download] = await Promise.all([page.waitForEvent('download'), browser.presses(name)])
    expect(download.suggestedFilename()).toMatch(/^audit-\d{4}-\d\d-\d\d-(jsonl|ocsf)\.jsonl$/)
    const [line = '{}'] = (await readFile(await download.path(), 'utf8')).split('\n')
    expect(Object.keys(JSON.parse(line))).toContain(member)
  }
  await page.getByLabel('Event').selectOption('audit.exported')
  await page.getByRole('row', { name: 'audit.exported' }).first().waitFor()
})

it('is followed live', async () => {
  const path = `${logs.path}?type=user.created`
  const { page } = await colleague(visits, 'Audit log', { path, roles: ['operator'] })
  await page.getByRole('row', { name: 'user.created' }).first().waitFor()
  await page.getByLabel('Follow live').check()
  const before = await page.getByRole('row', { name: 'user.created' }).count()
  await visits.newPerson('Later')
  await expect.poll(() => page.getByRole('row', { name: 'user.created' }).count(), { timeout: 20_000 }).toBe(before + 1)
})

it.each([
  ['light, wide', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark, 320 px', { colorScheme: 'dark', viewport: { width: 320, height: 700 } }],
] as const)('the log, %s: nothing that axe finds, nothing that sticks out', async (name, options) => {
  const browser = await colleague(visits, 'Audit-Log', { ...logs, ...options, locale: 'de-DE' })
  await browser.page.getByRole('table').waitFor()
  await browser.isPictured(`console-logs ${name}`)
  expect(await browser.faults()).toEqual([])
})
