/** The portal: a key that the organisation prepared becomes its user's, what they add and take away, and where they are. */
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Person } from '../../local/seed.ts'
import { codesFrom } from './codes.ts'
import { startVisits, type Visits } from './visit.ts'
import type { ImportedKey, Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const words = {
  en: { name: 'Username', password: 'Password', go: 'Continue', title: 'My account' },
  de: { name: 'Benutzername', password: 'Passwort', go: 'Weiter', title: 'Mein Konto' },
}

/** Signed in to the portal with a password. */
async function atHome(person: Person, options: BrowserContextOptions & { key?: ImportedKey } = {}): Promise<Visitor> {
  const { key, ...context } = options
  const browser = await visits.opens(context)
  if (key !== undefined) await browser.plugsIn(key)
  const { name, password, go, title } = words[context.locale?.startsWith('de') ? 'de' : 'en']
  await browser.page.goto(`${visits.demo.issuer}/portal`)
  await browser.types(name, person.userName)
  await browser.presses(go)
  await browser.types(password, person.password)
  await browser.presses(go)
  await browser.reads(title)
  return browser
}

const goesTo = (browser: Visitor, page: string) =>
  browser.page.getByRole('navigation').getByRole('link', { name: page, exact: true }).click()
const cardOf = (browser: Visitor, name: string) => browser.page.getByRole('article', { name })

/** Confirms in the dialog that asks for a better sign-in, and comes back. The key is in this browser. */
async function confirmsThatItIsThem(browser: Visitor, back: string): Promise<void> {
  await browser.readsText('Confirm that it is you')
  await browser.presses('Confirm now')
  await browser.reads(back)
  await browser.readsText('Confirmed: it is you.')
}

describe('a key that the organisation prepared', () => {
  it('is pending with a tip, is activated from here, gets another name, and is not to be removed here', async () => {
    const anna = await visits.newPerson('Anna')
    const key = await visits.imports(anna, { friendlyName: 'Blue key' })
    const browser = await atHome(anna, { key })
    await browser.readsText('An authenticator waits for you to activate it.')
    await goesTo(browser, 'My authenticators')
    const card = cardOf(browser, 'Blue key')
    await card.getByText('Pending').waitFor()
    await card.getByText('This authenticator must be activated before you can use it.').waitFor()
    expect(await browser.faults()).toEqual([])
    await browser.isPictured('portal pending')

    await card.getByRole('button', { name: 'Activate now' }).click()
    await browser.reads('Activate your authenticator')
    await browser.presses('Activate Authenticator')
    await browser.reads('Check your email')
    await browser.typesAndContinues('Verification code', await visits.codeFor(anna))
    await browser.reads('Name your authenticator')
    await browser.presses('Continue')
    await browser.reads('My authenticators')
    await card.getByText('Active').waitFor()
    expect(await visits.readsKey(anna, key)).toMatchObject({ state: 'active' })
    // She hears of it by mail, some moments later.
    await expect
      .poll(async () => (await visits.mailsTo(anna)).map(({ text }) => text).join(), { timeout: 20_000 })
      .toContain('was activated for your account')

    await card.getByRole('button', { name: 'Rename Blue key' }).click()
    await browser.types('Name', 'Anna’s own')
    await browser.presses('Save')
    await browser.isTold('Renamed.')
    await cardOf(browser, 'Anna’s own').waitFor()
    expect(
      await cardOf(browser, 'Anna’s own')
        .getByRole('button', { name: /Remove/ })
        .count(),
    ).toBe(0)
    await cardOf(browser, 'Anna’s own').getByText('Ask whoever manages the keys').waitFor()
  })
})

describe('a passkey of one’s own', () => {
  it('is added after a fresh proof of the key that there is, and removed after one of its own', async () => {
    const bela = await visits.newPerson('Bela')
    const browser = await atHome(bela)
    const held = await browser.plugsIn(await visits.importsActive(bela))
    await goesTo(browser, 'My authenticators')
    await browser.page.getByRole('link', { name: 'Add a passkey or security key' }).click()
    await browser.types('Name', 'Laptop')
    await browser.presses('Add')
    await confirmsThatItIsThem(browser, 'Add a passkey or security key')
    // What was typed is still there.
    expect(await browser.page.getByLabel('Name', { exact: true }).inputValue()).toBe('Laptop')
    // A browser does not ask a key that has one for this person already.
    await held.unplug()
    await browser.plugsIn(undefined, { transport: 'internal' })
    await browser.presses('Add')
    await browser.reads('My authenticators')
    await browser.isTold('Laptop was added')
    await cardOf(browser, 'Laptop').getByText('Active').waitFor()
    await browser.isPictured('portal authenticators')

    await cardOf(browser, 'Laptop').getByRole('button', { name: 'Remove: Laptop' }).click()
    await browser.page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await browser.isTold('Removed.')
    await cardOf(browser, 'Laptop').waitFor({ state: 'detached' })
  })

  it('is not removed where it is the last thing that one signs in with', async () => {
    const chidi = await visits.newPerson('Chidi')
    const browser = await atHome(chidi)
    await browser.page.goto(`${visits.demo.issuer}/portal/authenticators/new-key`)
    await browser.plugsIn(undefined, { transport: 'internal' })
    await browser.presses('Add')
    await browser.reads('My authenticators')
    await visits.forgetsPassword(chidi)
    await cardOf(browser, 'My passkey')
      .getByRole('button', { name: /^Remove/ })
      .click()
    await browser.page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await browser.isWarned('You could not sign in where you have to without this authenticator')
    expect(await browser.faults()).toEqual([])
  })

  it('says when it was cancelled, and loses nothing that was typed', async () => {
    const dora = await visits.newPerson('Dora')
    const browser = await atHome(dora)
    await browser.page.goto(`${visits.demo.issuer}/portal/authenticators/new-key`)
    await browser.plugsIn(undefined, { verifies: false })
    await browser.types('Name', 'Grey key')
    await browser.presses('Add')
    await browser.isWarned('Nothing was added')
    expect(await browser.page.getByLabel('Name', { exact: true }).inputValue()).toBe('Grey key')
  })
})

describe('an app with one-time codes', () => {
  it('is set up by its code, with recovery codes to keep', async () => {
    const emil = await visits.newPerson('Emil')
    const browser = await atHome(emil)
    await goesTo(browser, 'My authenticators')
    await browser.page.getByRole('link', { name: 'Set up an authenticator app' }).click()
    await browser.presses('Show the code to scan')
    const secret = (await browser.page.locator('code.secret').innerText()).replaceAll(' ', '')
    await browser.isPictured('portal app')
    expect(await browser.faults()).toEqual([])
    await browser.types('Code that the app shows now', '000000')
    await browser.presses('Confirm')
    await browser.isWarned('This is not the code that the app shows now')
    await browser.types('Code that the app shows now', codesFrom(secret)())
    await browser.presses('Confirm')
    await browser.reads('Your new recovery codes')
    expect(
      await browser.page
        .getByRole('listitem')
        .filter({ hasText: /^\w{4}-\w{4}-\w{4}$/ })
        .count(),
    ).toBe(10)
    await browser.isPictured('portal recovery codes')
    await browser.presses('I have kept them')
    await browser.reads('My authenticators')
    await browser.readsText('10 codes are left.')
  })
})

describe('where one is signed in', () => {
  it('is shown with the browser, and ends there', async () => {
    const frida = await visits.newPerson('Frida')
    const elsewhere = await atHome(frida)
    const browser = await atHome(frida)
    await goesTo(browser, 'Sessions')
    await browser.readsText('This browser')
    expect(await browser.page.getByRole('heading', { name: 'Chrome on Linux' }).count()).toBe(2)
    expect(await browser.faults()).toEqual([])
    await browser.isPictured('portal sessions')
    await browser.presses('Sign out: Chrome on Linux')
    await browser.page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click()
    await browser.isTold('Signed out there.')
    await browser.readsText('You are signed in nowhere else.')
    await elsewhere.page.reload()
    await elsewhere.page.getByLabel('Username').waitFor()
  })

  it('goes back to the lowest level, and a change asks for the key again', async () => {
    const gina = await visits.newPerson('Gina')
    const key = await visits.importsActive(gina)
    const browser = await atHome(gina, { key })
    await browser.page.goto(`${visits.demo.issuer}/portal/authenticators/new-key`)
    await browser.presses('Add')
    await confirmsThatItIsThem(browser, 'Add a passkey or security key')
    await goesTo(browser, 'My account')
    await browser.page.getByRole('progressbar', { name: /Security key or passkey: for \d+ more minutes/ }).waitFor()
    await browser.isPictured('portal levels')
    await browser.presses('Drop elevation')
    await browser.page.getByRole('dialog').getByRole('button', { name: 'Drop elevation' }).click()
    await browser.isTold('You are back at the lowest level.')
    await browser.page.getByRole('progressbar', { name: /Security key/ }).waitFor({ state: 'detached' })
    expect(await browser.page.getByRole('progressbar').count()).toBe(1)
    await browser.page.goto(`${visits.demo.issuer}/portal/authenticators/new-key`)
    await browser.presses('Add')
    await browser.readsText('Confirm that it is you')
  })
})

describe('every page', () => {
  const pages = [
    ['/portal', 'My account', 'Mein Konto'],
    ['/portal/authenticators', 'My authenticators', 'Meine Authentifikatoren'],
    ['/portal/authenticators/new-key', 'Add a passkey or security key', 'Passkey oder Sicherheitsschlüssel hinzufügen'],
    ['/portal/authenticators/new-app', 'Set up an authenticator app', 'Authenticator-App einrichten'],
    ['/portal/sessions', 'Sessions', 'Sitzungen'],
    ['/portal/applications', 'Applications', 'Anwendungen'],
    ['/portal/activity', 'Activity', 'Aktivität'],
  ] as const

  it.each([
    ['English, light, wide', { locale: 'en-GB', colorScheme: 'light' }],
    ['German, dark, 320 px', { locale: 'de-DE', colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
  ] as const)('is without fault: %s', async (name, options) => {
    const helga = await visits.newPerson('Helga')
    await visits.imports(helga, { friendlyName: 'Blue key' })
    await visits.importsActive(helga, { friendlyName: 'Grey key' })
    const browser = await atHome(helga, options)
    for (const [path, english, german] of pages) {
      await browser.page.goto(visits.demo.issuer + path)
      await browser.reads(options.locale === 'de-DE' ? german : english)
      await browser.page.locator('.loading').waitFor({ state: 'detached' })
      expect([path, await browser.faults()]).toEqual([path, []])
      await browser.isPictured(`portal ${name} ${path}`)
    }
  })

  it('is done by keyboard alone: a key is renamed', async () => {
    const ida = await visits.newPerson('Ida')
    await visits.importsActive(ida, { friendlyName: 'Blue key' })
    const browser = await atHome(ida)
    await browser.page.goto(`${visits.demo.issuer}/portal/authenticators`)
    await browser.reads('My authenticators')
    const { keyboard } = browser.page
    await keyboard.press('Tab')
    for (let at = 0; at < 30 && !(await browser.focus()).includes('Rename Blue key'); at++) await keyboard.press('Tab')
    await keyboard.press('Enter')
    await browser.page.getByRole('dialog').waitFor()
    while (!(await browser.focus()).includes('textbox')) await keyboard.press('Tab')
    await keyboard.press('ControlOrMeta+a')
    await keyboard.type('Ida’s own')
    await keyboard.press('Enter')
    await browser.isTold('Renamed.')
    await cardOf(browser, 'Ida’s own').waitFor()
  })
})
