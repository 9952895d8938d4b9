/** Flows, their explanation and the ACR map at the console: edited by an administrator, read by the others. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Flow } from '../../src/core/step-up/flow.ts'
import { colleague, roles } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

/** What is sensitive asks for no more than the console itself does. */
const easily = () => visits.sets({ sensitiveAcr: 'otp', sensitiveMaxAge: 3600 })

const read = async <Document>(path: string): Promise<Document> => {
  const { issuer, tenantCode, adminApiKey } = visits.demo
  const answer = await fetch(`${issuer}/api/v1/tenants/${tenantCode}/${path}`, { headers: { apikey: adminApiKey } })
  return (await answer.json()) as Document
}
const aliases = async (id: string) => (await read<Flow>(`flows/${id}`)).levels.map(({ alias }) => alias)

const asideOf = ({ page }: Visitor) => page.getByRole('complementary', { name: 'What would happen?' })

async function asks(browser: Visitor, user: string, acr: string): Promise<void> {
  const aside = asideOf(browser)
  await aside.getByLabel('User').fill(user)
  await aside.getByLabel('Application').selectOption('app1')
  await aside.getByLabel('Asked for (acr_values)').fill(acr)
  await aside.getByRole('button', { name: 'Explain' }).click()
}

/** A flow of its own, so that nobody else's sign-in is in the way. */
async function makes(browser: Visitor, id: string): Promise<void> {
  const { page } = browser
  await page.getByRole('link', { name: 'FIDO', exact: true }).click()
  await browser.presses('Duplicate')
  await page.getByRole('dialog').getByLabel('Name').fill(`The flow ${id}`)
  await page.getByRole('dialog').getByLabel('ID').fill(id)
  await browser.presses('Create')
  await browser.reads(`The flow ${id}`)
}

describe('an administrator', () => {
  it('edits a flow in place, sees what that comes to, and saves after a step-up that loses nothing', async () => {
    await easily()
    const browser = await colleague(visits, 'Flows', { path: '/console/flows' })
    const { page } = browser
    await browser.plugsIn(await visits.importsActive(browser.person))
    await makes(browser, 'mine')
    await page.getByRole('button', { name: 'Edit: Level 1: otp' }).click()
    await page.getByLabel('Alias').fill('')
    await page.getByText('This cannot be saved yet').waitFor()
    expect(await page.getByLabel('Alias').getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel('Alias').fill('code')
    await page.getByRole('button', { name: 'Add a step: Level 1: code' }).click()
    await page.getByLabel('Authenticator', { exact: true }).selectOption('webauthn')
    await page.getByLabel('Requirement').selectOption('alternative')
    await page.getByText('an alternative without another one is required').waitFor()
    await browser.isPictured('console flow edited')
    expect(await browser.faults()).toEqual([])

    await asks(browser, browser.person.userName, 'otp')
    await asideOf(browser).getByRole('heading', { name: 'As edited' }).waitFor()
    await asideOf(browser).getByText('The edit changes nothing for this question.').waitFor()
    expect(await aliases('mine')).toEqual(['pwd', 'otp', 'fido'])
    expect(await browser.faults()).toEqual([])
    await browser.isPictured('console flow explained')

    // What is sensitive asks for a key from here on.
    await visits.sets({ sensitiveAcr: 'fido', sensitiveMaxAge: 300 })
    await page.reload()
    await browser.readsText('There are changes that are not saved')
    await browser.presses('Save')
    await browser.readsText('Confirm that it is you')
    await browser.presses('Confirm now')
    await browser.readsText('Confirmed: it is you.')
    await page.getByRole('heading', { name: 'Level 1: code' }).waitFor()
    await browser.presses('Save')
    await page.getByText('Saved.', { exact: true }).waitFor()
    expect(await aliases('mine')).toEqual(['pwd', 'code', 'fido'])
  })

  it('adds, moves and removes levels by keyboard, and the focus stays with what was moved', async () => {
    await easily()
    const browser = await colleague(visits, 'Flows', { path: '/console/flows' })
    const { page } = browser
    await makes(browser, 'keyboard')
    const { keyboard } = page
    await page.getByRole('button', { name: 'Add a level' }).focus()
    await keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Level 4: level-4' }).waitFor()
    await page.getByRole('button', { name: 'Move up: Level 4: level-4' }).focus()
    await keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Level 3: level-4' }).waitFor()
    await expect.poll(() => browser.focus()).toContain('Move up: Level 3: level-4')
    await page.getByRole('button', { name: 'Remove: Level 4: fido' }).focus()
    await keyboard.press('Enter')
    await expect.poll(() => page.getByRole('heading', { name: 'Level 4: fido' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Save', exact: true }).focus()
    await keyboard.press('Enter')
    await page.getByText('Saved.', { exact: true }).waitFor()
    expect(await aliases('keyboard')).toEqual(['pwd', 'otp', 'level-4'])

    await browser.presses('Bind')
    await page.getByRole('dialog').getByText('instead of').waitFor()
    await browser.isPictured('console flow bind')
    await keyboard.press('Escape')
    await browser.presses('Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await browser.reads('Flows')
    expect((await read<{ flows: { id: string }[] }>('flows')).flows.map(({ id }) => id)).not.toContain('keyboard')
  })

  it('is told that somebody else was faster, and decides which it is', async () => {
    await easily()
    const browser = await colleague(visits, 'ACR to LoA', { path: '/console/acr' })
    const { page } = browser
    await page.getByLabel('Default ACR').fill('otp')
    await visits.setsPolicy('step-up-policy', { unreachable: 'fail-fast' })
    await browser.presses('Save')
    await browser.readsText('Somebody else changed this meanwhile.')
    await browser.readsText('/unreachable: "attempt" → "fail-fast"')
    await browser.isPictured('console acr overtaken')
    expect(await page.getByLabel('Default ACR').inputValue()).toBe('otp')
    await browser.presses('Discard mine and go on with theirs')
    await page.getByLabel('Default ACR').fill('nonsense')
    await browser.presses('Save')
    await browser.readsText('the default nonsense is not in the map of the realm')
    await page.getByLabel('Default ACR').fill('pwd')
    await browser.presses('Save')
    await page.getByText('Saved.', { exact: true }).waitFor()
    expect(await read('step-up-policy')).toMatchObject({ defaultAcr: ['pwd'], unreachable: 'fail-fast' })
    expect(await browser.faults()).toEqual([])
  })
})

describe('who may only look', () => {
  it.each(roles.filter((role) => role !== 'administrator'))(
    'the %s sees flows and explains, and changes nothing',
    async (role) => {
      const browser = await colleague(visits, 'FIDO', { path: '/console/flows/fido', roles: [role] })
      const { page } = browser
      await browser.readsText('You may look at flows, and not change them.')
      for (const name of [/^Edit/, /^Remove/, 'Bind', 'Delete', 'Duplicate', 'Add a level'])
        expect(await page.getByRole('button', { name }).count()).toBe(0)
      await asks(browser, browser.person.userName, 'fido')
      await asideOf(browser).getByText('Asked for:').waitFor()
      expect(await browser.faults()).toEqual([])
      await page.getByRole('navigation').getByRole('link', { name: 'ACR to LoA' }).click()
      await browser.readsText('You may look at the names, and not change them.')
      await browser.readsText('Which flow reaches what')
      expect(await page.getByRole('button', { name: 'Add a name' }).count()).toBe(0)
      expect(await browser.faults()).toEqual([])
    },
  )
})

describe('in German, on a small screen', () => {
  it.each(['light', 'dark'] as const)('%s: axe finds nothing and nothing sticks out', async (colorScheme) => {
    const options = { locale: 'de-DE', colorScheme, viewport: { width: 320, height: 800 } }
    const browser = await colleague(visits, 'Anmeldeabläufe', { path: '/console/flows', ...options })
    const { page } = browser
    expect(await browser.faults()).toEqual([])
    await page.getByRole('link', { name: 'FIDO', exact: true }).click()
    await page.getByRole('button', { name: 'Bearbeiten: Stufe 3: fido' }).click()
    await page.getByRole('button', { name: /^Bearbeiten: FIDO-Schlüssel/ }).click()
    await page.getByText('Anforderungen an den Schlüssel').waitFor()
    expect(await browser.faults()).toEqual([])
    await browser.isPictured(`console flow de ${colorScheme} 320`)
    await page.goto(`${visits.demo.issuer}/console/acr`)
    await browser.reads('ACR zu LoA')
    await page.getByText('Welcher Ablauf was erreicht').waitFor()
    expect(await browser.faults()).toEqual([])
    await browser.isPictured(`console acr de ${colorScheme} 320`)
    await page.goto(`${visits.demo.issuer}/console/authenticators`)
    await browser.reads('Authentifikatoren')
    expect(await browser.faults()).toEqual([])
  })
})
