/** Around the story: the operator at the demo CMS before it, and the service stopped and started in the middle of it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

async function looksUp(browser: Visitor, userName: string): Promise<void> {
  await browser.goesTo('CMS')
  await browser.types('Username', userName)
  await browser.presses('Look up')
  await browser.readsText(`Keys of ${userName}`)
}

async function activatesAndSignsIn(browser: Visitor, person: { userName: string; email: string }): Promise<void> {
  await browser.asks('App2')
  await browser.typesAndContinues('Username', person.userName)
  await browser.presses('Activate Authenticator')
  await browser.reads('Check your email')
  await browser.typesAndContinues('Verification code', await visits.codeFor(person))
  await browser.reads('Name your authenticator')
  await browser.presses('Continue')
  await browser.isSignedInTo('App2')
}

describe('an operator at the demo CMS', () => {
  it.each([
    ['attested', 'Attested: the key says what it is, and the service verifies that'],
    ['raw', 'Raw: this CMS vouches for the key'],
  ])('enrols a security key and exports it %s; its user activates it and signs in', async (provenance, choice) => {
    const person = await visits.newPerson('Ada')
    const browser = await visits.opens()
    await browser.plugsIn()
    // One browser for both: the key that is enrolled stays plugged in.
    await looksUp(browser, person.userName)
    await browser.types('Name of the key', 'Green key')
    await browser.page.getByLabel(choice).check()
    await browser.presses('Enrol and export')
    await browser.isTold('It is pending until its user activates it.')
    await browser.readsText(`imported, ${provenance}`)

    await activatesAndSignsIn(browser, person)
    expect(await browser.claims()).toMatchObject({ sub: person.id, acr: 'fido' })
    expect(await visits.readsKeys(person)).toMatchObject([{ state: 'active', provenance, friendlyName: 'Green key' }])
  })

  it('makes a virtual key; its user puts it into a virtual authenticator, activates it and signs in', async () => {
    const person = await visits.newPerson('Ben')
    const operator = await visits.opens()
    await looksUp(operator, person.userName)
    await operator.page.getByLabel('Make a virtual key').check()
    await operator.presses('Make and export')
    await operator.isTold('It is pending until its user activates it.')
    const shown = await operator.page.getByLabel('The virtual key as JSON').innerText()

    const browser = await visits.opens()
    await browser.plugsInCredential(JSON.parse(shown))
    await activatesAndSignsIn(browser, person)
  })

  it('revokes the key of somebody who is signed in: their session ends', async () => {
    const person = await visits.newPerson('Cem')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.importsActive(person, { friendlyName: 'Lost key' }))
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    const operator = await visits.opens()
    await looksUp(operator, person.userName)
    await operator.presses('Revoke Lost key')
    await operator.presses('Revoke this key')
    await operator.isTold('Lost key is revoked.')
    await browser.presses('Check session')
    await browser.isTold('The session has ended. Sign in again.')
  })
})

describe('an operator sets', () => {
  it('that activating counts as signing in: one touch does both', async () => {
    await visits.sets({ activationCountsAsLogin: true })
    const person = await visits.newPerson('Dag')
    const browser = await visits.opens()
    const plugged = await browser.plugsIn(await visits.imports(person))
    await browser.asksForCode('App2', person)
    await browser.typesAndContinues('Verification code', await visits.codeFor(person))
    await browser.reads('Name your authenticator')
    await plugged.unplug()
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ sub: person.id, acr: 'fido' })
  })

  it('that only a mailed code confirms who somebody is: the password is not offered', async () => {
    await visits.sets({ activationProof: 'email' })
    const person = await visits.newPerson('Eda')
    await visits.imports(person)
    const browser = await visits.opens()
    await browser.startsAt('App2', person)
    await browser.reads('Activate your authenticator')
    expect(await browser.offers('Use my password instead')).toBe(false)
    await browser.presses('Activate Authenticator')
    await browser.reads('Check your email')
    expect(await browser.offers('Use my password instead')).toBe(false)
  })

  it('that only the password does: no mail is sent', async () => {
    await visits.sets({ activationProof: 'password' })
    const person = await visits.newPerson('Fay')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.imports(person))
    await browser.startsAt('App2', person)
    await browser.presses('Activate Authenticator')
    await browser.reads('Confirm your password')
    expect(await browser.offers('Email me a code instead')).toBe(false)
    await browser.typesAndContinues('Password', person.password)
    await browser.reads('Name your authenticator')
    expect(await visits.codesTo(person)).toEqual([])
  })

  it('that nothing is imported: the CMS says so, and stores nothing', async () => {
    await visits.sets({ authenticatorImport: false })
    const person = await visits.newPerson('Gil')
    const operator = await visits.opens()
    await operator.plugsIn()
    await looksUp(operator, person.userName)
    await operator.page.getByLabel('Raw: this CMS vouches for the key').check()
    await operator.presses('Enrol and export')
    await operator.isWarned('Importing is turned off')
    expect(await visits.readsKeys(person)).toEqual([])
  })
})

describe('the service is stopped and started again', () => {
  it('a sign-in in progress goes on, and a session stands', async () => {
    const dov = await visits.newPerson('Dov')
    const eli = await visits.newPerson('Eli')
    const half = await visits.opens()
    await half.plugsIn(await visits.imports(dov))
    await half.asksForCode('App2', dov)
    const inside = await visits.opens()
    await inside.plugsIn(await visits.importsActive(eli))
    await inside.startsAt('App2', eli)
    await inside.isSignedInTo('App2')

    await (await visits.stops()).resume()

    await half.typesAndContinues('Verification code', await visits.codeFor(dov))
    await half.reads('Name your authenticator')
    await half.presses('Continue')
    // The application kept its half of the sign-in in memory only: it says so, and asks again without a page.
    await half.isWarned('This sign-in is over')
    await half.presses('Sign in')
    await half.isSignedInTo('App2')
    await inside.asks('App2')
    await inside.isSignedInTo('App2')
    expect(await inside.claims()).toMatchObject({ sub: eli.id, acr: 'fido' })
  }, 60_000)
})
