/**
 * The use cases of step-up, each as its person meets it: App1 was signed in to with a password, and App2 or App3 asks
 * for more. `t0` is when that was; time passes where the session keeps what was proved.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Person } from '../../local/seed.ts'
import { codesFrom } from './codes.ts'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const unmet = 'unmet_authentication_requirements'
const noMatch = 'no-match-acr: No matching acr values'

/** Somebody who has a password and one-time codes, and is signed in to App1 with the former. */
async function signedInToApp1(name: string) {
  const person = await visits.newPerson(name)
  const nextCode = await visits.givesCodes(person)
  const browser = await visits.opens()
  await browser.signsInWithPassword('App1', person)
  return { person, nextCode, browser, first: await browser.claims() }
}

const entersCode = async (browser: Visitor, code: string): Promise<void> => {
  await browser.reads('Enter a one-time code')
  await browser.typesAndContinues('One-time code', code)
}

/** Their app takes the secret from the page. */
const scans = async (browser: Visitor): Promise<() => string> => {
  await browser.reads('Set up one-time codes')
  const secret = await browser.page.locator('#secret').innerText()
  return codesFrom(secret.replace(/\s/g, ''))
}

const isRefused = async (browser: Visitor, code: string, description: string): Promise<void> => {
  await browser.isWarned(code)
  await browser.isWarned(description)
}

describe('the five use cases', () => {
  it('1: App2 asks for a password within its hour: no page, and the same auth_time', async () => {
    const { person, browser, first } = await signedInToApp1('Abel')
    await visits.letAge(person, 60)
    await browser.asks('App2', '?acr_values=pwd')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ acr: 'pwd', amr: ['pwd'], auth_time: Number(first.auth_time) - 60 })
  })

  it('1b: the same an hour and a second later: the password, and a new auth_time', async () => {
    const { person, browser, first } = await signedInToApp1('Berta')
    await visits.letAge(person, 3601)
    await browser.asks('App2', '?acr_values=pwd')
    await browser.reads('Enter your password')
    await browser.typesAndContinues('Password', person.password)
    await browser.isSignedInTo('App2')
    const claims = await browser.claims()
    expect(claims).toMatchObject({ acr: 'pwd', amr: ['pwd'] })
    expect(Number(claims.auth_time)).toBeGreaterThanOrEqual(Number(first.auth_time))
  })

  it('2: App2 asks for a one-time code: only that', async () => {
    const { nextCode, browser } = await signedInToApp1('Cyril')
    await browser.asks('App2', '?acr_values=otp')
    await entersCode(browser, nextCode())
    await browser.isSignedInTo('App2')
    const claims = await browser.claims()
    expect(claims).toMatchObject({ acr: 'otp' })
    expect(claims.amr).toEqual(['pwd', 'otp', 'mfa'])
  })

  it('3: the same without a session: password, then code', async () => {
    const person = await visits.newPerson('Dina')
    const nextCode = await visits.givesCodes(person)
    const browser = await visits.opens()
    await browser.startsAt('App2', person, '?acr_values=otp')
    await browser.typesAndContinues('Password', person.password)
    await entersCode(browser, nextCode())
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
  })

  it('4, strict: App2 asks for a certificate, its flow ends with the code: the code, then the error', async () => {
    const { nextCode, browser } = await signedInToApp1('Emilia')
    await browser.asks('App2', '?acr_values=cba')
    await entersCode(browser, nextCode())
    await isRefused(browser, unmet, noMatch)
  })

  it('4, voluntary: the same, and it is App2 that compares and refuses', async () => {
    await visits.setsPolicy('clients/app2/step-up-policy', { enforcement: 'voluntary' })
    const { nextCode, browser } = await signedInToApp1('Falk')
    await browser.asks('App2', '?acr_values=cba')
    await entersCode(browser, nextCode())
    await browser.isWarned(noMatch)
    await browser.isWarned('The application asked for cba and got otp.')
  })

  it('4, fail-fast: nobody is asked for what cannot help', async () => {
    await visits.setsPolicy('step-up-policy', { unreachable: 'fail-fast' })
    const { browser } = await signedInToApp1('Gerda')
    await browser.asks('App2', '?acr_values=cba')
    await isRefused(browser, unmet, noMatch)
  })

  it('6: App2 asks for a key, without a session: the key alone', async () => {
    const person = await visits.newPerson('Hilde')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.importsActive(person))
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ acr: 'fido', amr: ['pop', 'hwk', 'user', 'mfa'] })
  })
})

describe('use case 5: App3 asks for a certificate', () => {
  /** Signed in to App3 with a password, a code and a certificate. */
  async function signedInToApp3(userName: string) {
    const person = visits.person(userName)
    const { origin, password: passphrase, people } = visits.demo.certificates
    const browser = await visits.opens({
      // The authority of this machine is one that nobody trusts but those who import it.
      ignoreHTTPSErrors: true,
      clientCertificates: [{ origin, pfxPath: people[userName] ?? '', passphrase }],
    })
    const nextCode = await visits.givesCodes(person)
    await browser.signsInWithPassword('App1', person)
    await browser.asks('App3')
    await entersCode(browser, nextCode())
    await browser.reads('Use your certificate')
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    return { person, browser, first: await browser.claims() }
  }

  it('5: the code, then the certificate', async () => {
    const { first } = await signedInToApp3('ada')
    expect(first.acr).toBe('cba')
    expect(first.amr).toEqual(['pwd', 'otp', 'swk', 'pop', 'mfa'])
  })

  it('5-fresh: again within the hour: no page, and the same auth_time', async () => {
    const { person, browser, first } = await signedInToApp3('bela')
    await visits.letAge(person, 3500)
    await browser.asksAgain('App3')
    await browser.isSignedInTo('App3')
    expect(await browser.claims()).toMatchObject({ acr: 'cba', auth_time: Number(first.auth_time) - 3500 })
  })

  it('5-zero: with a level that is good for one request: the certificate only', async () => {
    const { browser } = await signedInToApp3('fatima')
    await visits.editsFlow('stepup-ldap-otp-cba', (flow) => {
      for (const level of flow.levels) if (level.alias === 'cba') level.maxAge = 0
    })
    await browser.asksAgain('App3')
    await browser.reads('Use your certificate')
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    expect(await browser.claims()).toMatchObject({ acr: 'cba' })
  })
})

describe('what a person lacks, or may not use', () => {
  it('no one-time codes: says so, and the application hears why', async () => {
    await visits.setsPolicy('step-up-policy', { enrol: [] })
    const person = await visits.newPerson('Ines')
    const browser = await visits.opens()
    await browser.signsInWithPassword('App1', person)
    await browser.asks('App2', '?acr_values=otp')
    await browser.reads('You need an authenticator')
    await browser.readsText('one-time codes')
    await browser.presses('Cancel')
    await isRefused(browser, unmet, 'no-credential')
  })

  it('no one-time codes, where they may be set up on the way: sets them up', async () => {
    await visits.setsPolicy('step-up-policy', { enrol: ['otp'] })
    const person = await visits.newPerson('Jakob')
    const browser = await visits.opens()
    await browser.signsInWithPassword('App1', person)
    await browser.asks('App2', '?acr_values=otp')
    // A session that somebody left open is not enough to add something to sign in with.
    await browser.reads('Enter your password')
    await browser.typesAndContinues('Password', person.password)
    const codes = await scans(browser)
    await browser.typesAndContinues('One-time code', codes())
    await browser.reads('Keep your recovery codes')
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
  })

  it('wrong codes: says so, then makes them wait; the password goes on working', async () => {
    const { person, browser } = await signedInToApp1('Karla')
    await browser.asks('App2', '?acr_values=otp')
    // A second after the fifth, then two, four, …: a machine that is slow needs more of them.
    const alert = () => browser.page.getByRole('alert').innerText()
    let tries = 0
    do {
      await entersCode(browser, '000000')
      await browser.isWarned('')
      tries += 1
    } while (tries < 10 && !(await alert()).includes('too many failed tries'))
    await browser.isWarned('There were too many failed tries.')
    expect(tries).toBeGreaterThan(5)
    const other = await visits.opens()
    await other.signsInWithPassword('App1', person)
  })

  it('locked codes: says so, and the application hears why', async () => {
    const { person, browser } = await signedInToApp1('Lothar')
    await visits.locksCodes(person)
    await browser.asks('App2', '?acr_values=otp')
    await browser.reads('Sign-in is paused')
    await browser.presses('Cancel')
    await isRefused(browser, 'access_denied', 'locked')
  })
})

describe('in the middle of it', () => {
  it('the password runs out while the code is typed: says so, asks for both, and takes the same code', async () => {
    const { person, nextCode, browser } = await signedInToApp1('Mona')
    await browser.asks('App2', '?acr_values=otp')
    await browser.reads('Enter a one-time code')
    await visits.letAge(person, 3601)
    const code = nextCode()
    await browser.typesAndContinues('One-time code', code)
    await browser.reads('Enter your password')
    await browser.isTold('Your earlier sign-in has run out in the meantime.')
    await browser.typesAndContinues('Password', person.password)
    await entersCode(browser, code)
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
  })

  it('the back button shows where they are, at each step', async () => {
    const { browser, nextCode, person } = await startsWithPassword('Nils')
    await entersCode(browser, '000000')
    await browser.page.goBack()
    await browser.reads('Enter a one-time code')
    await browser.page.goBack()
    await browser.reads('Enter a one-time code')
    await entersCode(browser, nextCode())
    await browser.isSignedInTo('App2')
    await browser.page.goBack()
    await browser.reads('You are already signed in')
    expect(person.userName).toContain('nils')
  })

  it('a second tab goes on where the first one is, and the first finds it done', async () => {
    const { browser, nextCode } = await startsWithPassword('Olga')
    await browser.reads('Enter a one-time code')
    const tab = await browser.opensTab()
    await tab.page.goto(browser.page.url())
    await entersCode(tab, nextCode())
    await tab.isSignedInTo('App2')
    await browser.typesAndContinues('One-time code', '123456')
    await browser.reads('You are already signed in')
  })

  async function startsWithPassword(
    name: string,
  ): Promise<{ person: Person; browser: Visitor; nextCode: () => string }> {
    const person = await visits.newPerson(name)
    const nextCode = await visits.givesCodes(person)
    const browser = await visits.opens()
    await browser.startsAt('App2', person, '?acr_values=otp')
    await browser.typesAndContinues('Password', person.password)
    return { person, browser, nextCode }
  }
})

describe('prompt', () => {
  it('none, signed in at the level: no page', async () => {
    const { browser } = await signedInToApp1('Paul')
    await browser.asks('App2', '?acr_values=pwd&prompt=none')
    await browser.isSignedInTo('App2')
  })

  it('none, signed in below the level', async () => {
    const { browser } = await signedInToApp1('Quirin')
    await browser.asks('App2', '?acr_values=otp&prompt=none')
    await isRefused(browser, unmet, noMatch)
  })

  it('none, too long ago', async () => {
    const { person, browser } = await signedInToApp1('Rita')
    await visits.letAge(person, 3601)
    await browser.asks('App2', '?acr_values=pwd&prompt=none')
    await browser.isWarned('login_required')
  })

  it('none, without a session', async () => {
    const browser = await visits.opens()
    await browser.asks('App2', '?acr_values=pwd&prompt=none')
    await browser.isWarned('login_required')
  })

  it('login, for a password: the password again', async () => {
    const { person, browser } = await signedInToApp1('Sven')
    await browser.asks('App2', '?acr_values=pwd&prompt=login')
    await browser.reads('Enter your password')
    await browser.typesAndContinues('Password', person.password)
    await browser.isSignedInTo('App2')
  })

  it('login, for a code that was just used: the code again, and not the password', async () => {
    const { nextCode, browser } = await signedInToApp1('Tina')
    await browser.asks('App2', '?acr_values=otp')
    await entersCode(browser, nextCode())
    await browser.isSignedInTo('App2')
    await browser.asksAgain('App2', '?acr_values=otp&prompt=login')
    await entersCode(browser, nextCode())
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
  })
})
