/** A key that a CMS imported becomes its user's: the main job in a browser, and what may go wrong on its way. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSecurityKey } from '../authenticator.ts'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

/** Somebody with a pending key, at the page that wants the mailed code. The key is not plugged in yet. */
async function atCode(name: string) {
  const person = await visits.newPerson(name)
  const key = await visits.imports(person)
  const browser = await visits.opens()
  await browser.asksForCode('App2', person)
  return { person, key, browser, codes: async () => visits.codeFor(person) }
}

/** Types the code that came; with the right key plugged in, the ceremony is over before its page can be read. */
async function confirms(browser: Visitor, code: string): Promise<void> {
  await browser.typesAndContinues('Verification code', code)
}

async function namesItAndSignsIn(browser: Visitor): Promise<void> {
  await browser.reads('Name your authenticator')
  await browser.presses('Continue')
  await browser.isSignedInTo('App2')
}

describe('a person whose organisation has prepared a key', () => {
  it('activates it with a mailed code, names it, and signs in with it', async () => {
    const anna = await visits.newPerson('Anna')
    const key = await visits.imports(anna, { friendlyName: 'Blue key' })
    const browser = await visits.opens()
    await browser.plugsIn(key)

    await browser.startsAt('App2', anna)
    await browser.reads('Activate your authenticator')
    expect(await browser.offers('Not now')).toBe(false)
    await browser.presses('Activate Authenticator')
    await browser.reads('Check your email')
    await confirms(browser, await visits.codeFor(anna))
    await browser.reads('Name your authenticator')
    const nickname = browser.page.getByLabel('Authenticator Nickname')
    expect(await nickname.inputValue()).toBe('Blue key')
    await nickname.fill('Anna’s own')
    const before = Math.floor(Date.now() / 1000)
    await browser.presses('Continue')

    await browser.isSignedInTo('App2')
    const claims = await browser.claims()
    expect(claims).toMatchObject({ sub: anna.id, acr: 'fido', amr: ['pop', 'hwk', 'user', 'mfa'] })
    expect(claims.auth_time).toBeGreaterThanOrEqual(before)
    expect(claims.auth_time).toBeLessThanOrEqual(before + 10)
    expect(await visits.readsKey(anna, key)).toMatchObject({ state: 'active', friendlyName: 'Anna’s own' })
  })

  it('confirms with the password instead of the code, changing their mind twice', async () => {
    const bert = await visits.newPerson('Bert')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.imports(bert))
    await browser.startsAt('App2', bert)
    await browser.presses('Use my password instead')
    await browser.reads('Confirm your password')
    await browser.presses('Email me a code instead')
    await browser.reads('Check your email')
    await browser.presses('Use my password instead')
    await browser.typesAndContinues('Password', bert.password)
    await namesItAndSignsIn(browser)
  })

  it('hears that a password was wrong, and may try again at once', async () => {
    const cleo = await visits.newPerson('Cleo')
    await visits.imports(cleo)
    const browser = await visits.opens()
    await browser.startsAt('App2', cleo)
    await browser.presses('Use my password instead')
    await browser.typesAndContinues('Password', 'not this one')
    await browser.isWarned('That is not the right password.')
    await browser.typesAndContinues('Password', cleo.password)
    await browser.reads('Use your new authenticator')
  })

  it('chooses Not now, and signs in with the key that is active already', async () => {
    const dan = await visits.newPerson('Dan')
    const active = await visits.importsActive(dan, { friendlyName: 'Old key' })
    const pending = await visits.imports(dan, { friendlyName: 'New key' })
    const browser = await visits.opens()
    await browser.plugsIn(active)
    await browser.startsAt('App2', dan)
    await browser.reads('Activate your authenticator')
    await browser.presses('Not now')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ sub: dan.id, acr: 'fido' })
    expect(await visits.readsKey(dan, pending)).toMatchObject({ state: 'pending' })
  })

  it('has begun to activate it and still chooses Not now', async () => {
    const elsa = await visits.newPerson('Elsa')
    const active = await visits.importsActive(elsa)
    await visits.imports(elsa)
    const browser = await visits.opens()
    await browser.plugsIn(active)
    await browser.asksForCode('App2', elsa)
    await browser.presses('Not now')
    await browser.isSignedInTo('App2')
  })

  it('is prepared another key meanwhile: finishes with the one, and is asked for the other', async () => {
    const { person, key, browser, codes } = await atCode('Edda')
    const second = await visits.imports(person, { friendlyName: 'Second key' })
    await browser.plugsIn(key)
    await confirms(browser, await codes())
    await browser.reads('Name your authenticator')
    await browser.presses('Continue')
    await browser.reads('Activate your authenticator')
    await browser.presses('Not now')
    await browser.isSignedInTo('App2')
    expect(await visits.readsKey(person, key)).toMatchObject({ state: 'active' })
    expect(await visits.readsKey(person, second)).toMatchObject({ state: 'pending' })
  })

  it('is asked for it only where an application asks for FIDO', async () => {
    const fred = await visits.newPerson('Fred')
    await visits.imports(fred)
    const browser = await visits.opens()
    await browser.signsInWithPassword('App1', fred)
    expect(await browser.claims()).toMatchObject({ acr: 'pwd', amr: ['pwd'] })
  })

  it('sees a blank nickname refused, and keeps what they have done', async () => {
    const { key, browser, codes } = await atCode('Gita')
    await browser.plugsIn(key)
    await confirms(browser, await codes())
    await browser.reads('Name your authenticator')
    await browser.typesAndContinues('Authenticator Nickname', '   ')
    await browser.isWarned('Please enter a name of 1 to 64 characters.')
    await browser.typesAndContinues('Authenticator Nickname', 'Grün & <b>gut</b>')
    await browser.isSignedInTo('App2')
  })
})

describe('the mailed code', () => {
  it('is wrong: the page counts the tries, then sends another', async () => {
    const { key, browser, codes } = await atCode('Hugo')
    const first = await codes()
    for (const left of ['4 tries', '3 tries', '2 tries', 'one try']) {
      await confirms(browser, 'AAAA-AAAA')
      await browser.isWarned(`That is not the code we sent. You have ${left} left.`)
    }
    await confirms(browser, 'AAAA-AAAA')
    await browser.isWarned('There were too many wrong codes, so this code no longer works.')
    expect(await browser.page.getByLabel('Verification code').isVisible()).toBe(false)
    await browser.presses('Send a new code')
    await browser.isTold('We sent you a new code.')
    const second = await codes()
    expect(second).not.toBe(first)
    await browser.plugsIn(key)
    await confirms(browser, second)
    await namesItAndSignsIn(browser)
  })

  it('has expired: the page says so, and sends another', async () => {
    const { key, browser, codes } = await atCode('Ines')
    const first = await codes()
    await visits.letPassTheCode(browser)
    await confirms(browser, first)
    await browser.isWarned('That code has expired.')
    await browser.presses('Send a new code')
    await browser.isTold('We sent you a new code.')
    await browser.plugsIn(key)
    await confirms(browser, await codes())
    await namesItAndSignsIn(browser)
  })

  it('is sent again: the earlier one no longer works, and a fourth has to wait', async () => {
    const { key, person, browser, codes } = await atCode('Jim')
    const first = await codes()
    await browser.presses('Send a new code')
    await browser.isTold('We sent you a new code. Earlier codes no longer work.')
    await confirms(browser, first)
    await browser.isWarned('That is not the code we sent.')
    await browser.presses('Send a new code')
    await browser.isTold('We sent you a new code.')
    await browser.presses('Send a new code')
    await browser.isWarned('We have sent you several codes already. Please try again in 15 minutes.')
    expect(await visits.codesTo(person)).toHaveLength(3)
    await browser.plugsIn(key)
    await confirms(browser, await codes())
    await namesItAndSignsIn(browser)
  })

  it('may be typed as people type: small, and with spaces', async () => {
    const { key, browser, codes } = await atCode('Kim')
    await browser.plugsIn(key)
    await confirms(browser, ` ${(await codes()).toLowerCase().replace('-', ' ')} `)
    await namesItAndSignsIn(browser)
  })

  it('cannot be mailed: the page says so, and the password is another way', async () => {
    const fatima = visits.person('fatima')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.imports(fatima))
    await browser.startsAt('App2', fatima)
    await browser.presses('Activate Authenticator')
    await browser.isWarned('We could not send the email. Please try again in a moment.')
    expect(await visits.codesTo(fatima)).toEqual([])
    expect(await browser.page.getByLabel('Verification code').isVisible()).toBe(false)
    await browser.presses('Send a new code')
    await browser.isWarned('We could not send the email. Please try again in a moment.')
    await browser.presses('Use my password instead')
    await browser.typesAndContinues('Password', fatima.password)
    await namesItAndSignsIn(browser)
  })

  it('is mailed in the language of the page', async () => {
    const lena = await visits.newPerson('Lena')
    await visits.imports(lena, { friendlyName: 'Blauer Schlüssel' })
    const browser = await visits.opens()
    await browser.asks('App2', '?ui_locales=de')
    await browser.types('Benutzername', lena.userName)
    await browser.presses('Weiter')
    await browser.reads('Authentifikator aktivieren')
    await browser.presses('Authentifikator aktivieren')
    await browser.reads('Sehen Sie in Ihre E-Mails')
    const [mail] = await visits.codesTo(lena)
    expect(mail?.subject).toBe('Ihr Bestätigungscode für Keystep')
    expect(mail?.text).toContain('den Authentifikator „Blauer Schlüssel“ aktivieren')
    await browser.types('Bestätigungscode', 'AAAA-AAAA')
    await browser.presses('Weiter')
    await browser.isWarned('Sie haben noch 4 Versuche.')
  })
})

describe('the ceremony', () => {
  it('with another key than the prepared one comes to nothing, and with the right one goes on', async () => {
    const { key, browser, codes } = await atCode('Mona')
    const other = await visits.importsActive(await visits.newPerson('Nils'))
    const wrong = await browser.plugsIn(other)
    await confirms(browser, await codes())
    await browser.reads('Use your new authenticator')
    await browser.isWarned('That was cancelled, or took too long. Nothing has changed.')
    await wrong.unplug()
    await browser.plugsIn(key)
    await browser.presses('Continue')
    await namesItAndSignsIn(browser)
  })

  it('with a key that was made for somebody else says that it does not belong here', async () => {
    const olaf = await visits.newPerson('Olaf')
    const key = await visits.imports(olaf, { holder: 'somebody else' })
    const browser = await visits.opens()
    await browser.plugsIn(key)
    await browser.asksForCode('App2', olaf)
    await confirms(browser, await visits.codeFor(olaf))
    await browser.isWarned('That authenticator does not belong here.')
    expect(await visits.readsKey(olaf, key)).toMatchObject({ state: 'pending' })
  })

  it('with a key whose signature does not hold proves nothing', async () => {
    const { person, key, browser, codes } = await atCode('Pia')
    const { privateKeyPkcs8 } = createSecurityKey({ rpId: 'localhost', origin: visits.demo.issuer })
    await browser.plugsIn({ ...key, credential: { ...key.credential, privateKey: privateKeyPkcs8 } })
    await confirms(browser, await codes())
    await browser.isWarned('The answer of your authenticator could not be verified. Please try again.')
    expect(await visits.readsKey(person, key)).toMatchObject({ state: 'pending' })
  })

  it('is cancelled at the PIN, and tried again', async () => {
    const { key, browser, codes } = await atCode('Quin')
    const plugged = await browser.plugsIn(key, { verifies: false })
    await confirms(browser, await codes())
    await browser.isWarned('That was cancelled, or took too long. Nothing has changed.')
    await plugged.verifies(true)
    await browser.presses('Continue')
    await namesItAndSignsIn(browser)
  })

  it('loses the key half-way: plugged in again, it goes on', async () => {
    const { key, browser, codes } = await atCode('Rosa')
    const untouched = await browser.plugsIn(key, { touched: false })
    await confirms(browser, await codes())
    await browser.readsText('Waiting for your authenticator…')
    await untouched.unplug()
    const empty = await browser.plugsIn()
    await browser.isWarned('That was cancelled, or took too long. Nothing has changed.')
    await empty.unplug()
    await browser.plugsIn(key)
    await browser.presses('Continue')
    await namesItAndSignsIn(browser)
  })
})

describe('two browsers at once', () => {
  it('one activates the key, and the other is told so and signs in with it', async () => {
    const sven = await visits.newPerson('Sven')
    const key = await visits.imports(sven)
    const [desk, sofa] = [await visits.opens(), await visits.opens()]
    await desk.plugsIn(key)
    await desk.asksForCode('App2', sven)
    await confirms(desk, await visits.codeFor(sven))
    await desk.reads('Name your authenticator')
    const copy = await sofa.plugsIn(key, { signCount: 100 })
    await sofa.asksForCode('App2', sven)
    await confirms(sofa, await visits.codeFor(sven))
    await sofa.reads('Name your authenticator')

    await namesItAndSignsIn(desk)
    await copy.verifies(false)
    await sofa.typesAndContinues('Authenticator Nickname', 'Too late')
    await sofa.isTold('This authenticator has just been activated in another window. You can sign in with it now.')
    await sofa.isWarned('That was cancelled, or took too long.')
    await copy.verifies(true)
    await sofa.presses('Continue')
    await sofa.isSignedInTo('App2')
    expect(await visits.readsKeys(sven)).toMatchObject([{ state: 'active', friendlyName: 'Blue key' }])
  })
})

describe('while a person is at it, the CMS', () => {
  it('takes back the key that is to be activated: the page says so', async () => {
    const { person, key, browser, codes } = await atCode('Tina')
    const plugged = await browser.plugsIn(key, { verifies: false })
    await confirms(browser, await codes())
    await browser.isWarned('That was cancelled, or took too long.')
    await visits.revokes(person, key)
    await plugged.verifies(true)
    await browser.presses('Continue')
    await browser.isWarned('Your organisation has taken this authenticator back. It cannot be used any more.')
  })

  it('takes back the key that is to be named: the page says so', async () => {
    const { person, key, browser, codes } = await atCode('Uta')
    await browser.plugsIn(key)
    await confirms(browser, await codes())
    await browser.reads('Name your authenticator')
    await visits.revokes(person, key)
    await browser.presses('Continue')
    await browser.isWarned('Your organisation has taken this authenticator back. It cannot be used any more.')
    expect(await visits.readsKeys(person)).toEqual([])
  })

  it('suspends the key that is to be touched: the page says so, and goes on once it is resumed', async () => {
    const uwe = await visits.newPerson('Uwe')
    const key = await visits.importsActive(uwe)
    const browser = await visits.opens()
    const plugged = await browser.plugsIn(key, { verifies: false })
    await browser.startsAt('App2', uwe)
    await browser.isWarned('That was cancelled, or took too long.')
    await visits.suspends(uwe, key)
    await plugged.verifies(true)
    await browser.presses('Continue')
    await browser.isWarned('This authenticator is suspended. Ask the help desk of your organisation to resume it.')
    await visits.resumes(uwe, key)
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
  })
})
