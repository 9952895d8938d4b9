/**
 * Visits with a certificate: over the real listener that asks for one, with what the development authority issued, and
 * with what it should not have. App3 wants it after a password and a one-time code.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { identitySuffix } from '../../local/authority.ts'
import type { Person } from '../../local/seed.ts'
import { type Authority, createAuthority, type Issued, keyPemOf, openAuthority, type Says } from '../pki.ts'
import { codesFrom } from './codes.ts'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
let authority: Authority
beforeAll(async () => {
  visits = await startVisits()
  const folder = dirname(visits.demo.certificates.ca)
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  authority = await openAuthority(read('ca.pem'), read('ca.key'))
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const title = 'Use your certificate'

type Shown = NonNullable<BrowserContextOptions['clientCertificates']>[number]

/** A browser in which this certificate was imported; without one, it has none to show. */
const opens = (shown?: Omit<Shown, 'origin'>, more: BrowserContextOptions = {}): Promise<Visitor> =>
  visits.opens({
    // Its own authority is one that nobody trusts but those who import it.
    ignoreHTTPSErrors: true,
    ...(shown === undefined ? {} : { clientCertificates: [{ origin: visits.demo.certificates.origin, ...shown }] }),
    ...more,
  })

const shownOf = async (issued: Issued): Promise<Omit<Shown, 'origin'>> => ({
  cert: Buffer.from(issued.pem),
  key: Buffer.from(await keyPemOf(issued)),
})

const upnOf = (person: Pick<Person, 'userName'>): string => `${person.userName}@${identitySuffix}`

/** Somebody at the page of App3 that asks for the certificate, with the password and the code behind them. */
async function atCertificate(
  name: string,
  make: (person: Person) => Promise<Issued | undefined>,
  more?: BrowserContextOptions,
) {
  const person = await visits.newPerson(name)
  const nextCode = await visits.givesCodes(person)
  const issued = await make(person)
  const browser = await opens(issued && (await shownOf(issued)), more)
  await comesTo(browser, person, nextCode)
  return { person, browser, issued }
}

/** Some of the demo's people have their codes from the start. */
const codesOf = async (person: Person) =>
  person.totp === undefined ? visits.givesCodes(person) : codesFrom(person.totp)

async function comesTo(browser: Visitor, person: Person, nextCode: () => string): Promise<void> {
  await browser.startsAt('App3', person)
  await browser.typesAndContinues('Password', person.password)
  await browser.reads('Enter a one-time code')
  await browser.typesAndContinues('One-time code', nextCode())
  await browser.reads(title)
}

const issue =
  (says: (person: Person) => Says = () => ({})) =>
  (person: Person) =>
    authority.issue({ upn: upnOf(person), ...says(person) })

describe('with a certificate', () => {
  it('of the demo, as it is imported: one press, and the application is there', async () => {
    const ada = visits.person('ada')
    const { people, password } = visits.demo.certificates
    const browser = await opens({ pfxPath: people.ada ?? '', passphrase: password })
    await comesTo(browser, ada, await codesOf(ada))
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    const claims = await browser.claims()
    expect(claims).toMatchObject({ acr: 'cba', sub: ada.id })
    expect(claims.amr).toEqual(expect.arrayContaining(['pwd', 'otp', 'swk', 'pop', 'mfa']))
  })

  it('on a smart card, the application hears of it', async () => {
    const dora = visits.person('dora')
    const { people, password } = visits.demo.certificates
    const browser = await opens({ pfxPath: people.dora ?? '', passphrase: password }, { locale: 'en' })
    await comesTo(browser, dora, await codesOf(dora))
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    expect((await browser.claims()).amr).toContain('sc')
  })

  it('no address on the way says whose it is', async () => {
    const { browser, person } = await atCertificate('Anton', issue())
    const addresses: string[] = []
    browser.page.on('request', (request) => addresses.push(request.url()))
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    expect(addresses.filter((address) => address.includes('/certificate')).length).toBeGreaterThanOrEqual(3)
    for (const address of addresses) expect(address).not.toContain(person.userName)
  })
})

describe('refused in words, and free to try again', () => {
  const elsewhere = async (person: Person) =>
    (await createAuthority(authority.certificate.subject)).issue({ upn: upnOf(person) })
  const cases: [string, string, (person: Person) => Promise<Issued | undefined>][] = [
    ['Basil', 'This certificate has expired', issue(() => ({ until: Math.floor(Date.now() / 1000) - 60 }))],
    ['Cora', 'Certificates of this issuer do not count here', elsewhere],
    ['Daria', 'does not belong to the account', issue(() => ({ upn: upnOf({ userName: 'ada' }) }))],
    ['Edgar', 'Your browser showed no certificate', async () => undefined],
    ['Flora', 'This certificate is not one to sign in with', issue(() => ({ purposes: ['1.3.6.1.5.5.7.3.1'] }))],
  ]
  it.each(cases)('%s: %s', async (name, words, make) => {
    const { browser } = await atCertificate(name, make)
    await browser.presses('Continue')
    await browser.reads(title)
    await browser.isWarned(words)
    expect(await browser.faults()).toEqual([])
    await browser.presses('Continue')
    await browser.isWarned(words)
    expect(browser.broken).toEqual([])
  })

  it('revoked, from the moment that it is on the list', async () => {
    const { browser, issued } = await atCertificate('Gustav', issue())
    writeFileSync(join(dirname(visits.demo.certificates.ca), 'revoked.json'), JSON.stringify([issued?.serial]))
    // A list is good for two seconds; the one that another visit was let in by may still be.
    await expect
      .poll(
        async () => {
          await browser.page.reload()
          await browser.presses('Continue')
          return browser.page.getByRole('heading', { level: 1 }).innerText()
        },
        { timeout: 8000 },
      )
      .toBe(title)
    await browser.isWarned('This certificate has been revoked')
  })
})

describe('whatever people do with windows', () => {
  it('a second tab ends the sign-in, and the first one says so', async () => {
    const { browser } = await atCertificate('Hedwig', issue())
    const other = await browser.opensTab()
    await other.page.goto(browser.page.url())
    await other.reads(title)
    await other.presses('Continue')
    await other.isSignedInTo('App3')
    await browser.presses('Continue')
    await browser.reads('You are already signed in')
  })

  it('back from the application, nothing is asked again and nothing breaks', async () => {
    const { browser } = await atCertificate('Ignaz', issue())
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    await browser.page.goBack()
    await browser.page.waitForLoadState()
    expect(browser.broken).toEqual([])
    await browser.asksAgain('App3')
    await browser.isSignedInTo('App3')
  })

  it('the address with the ticket, copied to another browser, is good for nothing there', async () => {
    const { browser } = await atCertificate('Jolan', issue())
    let ticket = ''
    browser.page.on('request', (request) => {
      if (request.url().includes('ticket=')) ticket = request.url()
    })
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    const stranger = await visits.opens()
    await stranger.page.goto(ticket)
    await stranger.reads('This sign-in belongs to another browser')
  })
})

describe('its page', () => {
  it.each([
    ['light', 'en', 1280],
    ['dark', 'de', 320],
  ] as const)('in %s, %s, %d px: has no fault, and its words', async (colorScheme, locale, width) => {
    const { browser } = await atCertificateIn(colorScheme, locale, width)
    expect(await browser.faults()).toEqual([])
  })

  async function atCertificateIn(colorScheme: 'light' | 'dark', locale: string, width: number) {
    const person = await visits.newPerson('Klara')
    const nextCode = await visits.givesCodes(person)
    const browser = await opens(undefined, { colorScheme, locale, viewport: { width, height: 800 } })
    await browser.asks('App3')
    for (const [page, text] of [
      ['username', () => person.userName],
      ['password', () => person.password],
      ['otp', nextCode],
    ] as const) {
      const form = browser.page.locator(`#${page}-form`)
      await form.locator('input:visible').fill(text())
      await form.locator('button').click()
    }
    await browser.page.locator('#certificate-form').waitFor()
    await browser.page.locator('#certificate-form button').click()
    await browser.page.getByRole('alert').waitFor()
    return { browser }
  }
})
