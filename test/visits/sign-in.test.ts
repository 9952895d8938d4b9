/** Signing in, and what follows: other applications, other levels, the end of a session, and what is said of failures. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

/** Somebody with an active key, which is plugged into their browser. */
async function withKey(name: string, plug: Parameters<Visitor['plugsIn']>[1] = {}) {
  const person = await visits.newPerson(name)
  const key = await visits.importsActive(person)
  const browser = await visits.opens()
  const plugged = await browser.plugsIn(key, plug)
  return { person, key, browser, plugged }
}

async function isTrouble(browser: Visitor, title: string, code: string): Promise<void> {
  await browser.isWarned(title)
  await browser.isWarned(code)
}

describe('App1 asks for a password and App2 for a key', () => {
  it('App1, then App2: steps up without asking for the username again', async () => {
    const { person, browser } = await withKey('Adam')
    await browser.signsInWithPassword('App1', person)
    const first = await browser.claims()
    expect(first).toMatchObject({ acr: 'pwd', amr: ['pwd'] })
    await browser.asks('App2')
    await browser.isSignedInTo('App2')
    const second = await browser.claims()
    expect(second).toMatchObject({ sub: person.id, acr: 'fido' })
    expect(second.amr).toEqual(expect.arrayContaining(['hwk', 'pop', 'user', 'mfa']))
    expect(Number(second.auth_time)).toBeGreaterThanOrEqual(Number(first.auth_time))
  })

  it('App1, then App2 with a key that is not activated: activates it on the way, as the same person', async () => {
    const bea = await visits.newPerson('Bea')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.imports(bea))
    await browser.signsInWithPassword('App1', bea)
    await browser.asks('App2')
    await browser.reads('Activate your authenticator')
    await browser.readsText(bea.userName)
    await browser.presses('Activate Authenticator')
    await browser.reads('Check your email')
    await browser.typesAndContinues('Verification code', await visits.codeFor(bea))
    await browser.reads('Name your authenticator')
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ sub: bea.id, acr: 'fido' })
  })

  it('App2, then App1: no page in between', async () => {
    const { person, browser } = await withKey('Carl')
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    await browser.asks('App1')
    await browser.isSignedInTo('App1')
    expect(await browser.claims()).toMatchObject({ sub: person.id, acr: 'pwd' })
  })

  it('signing out of one signs out of both', async () => {
    const { person, browser } = await withKey('Dora')
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    await browser.asks('App1')
    await browser.isSignedInTo('App1')
    await browser.presses('Sign out')
    await browser.isTold('You are signed out.')
    await browser.reads('App1')
    await browser.hearsOfTheEnd('App2')
    await browser.presses('Sign in')
    await browser.reads('Sign in')
    await browser.page.getByLabel('Username').waitFor()
  })

  it('without any key, App2 says what to do, and so does the application afterwards', async () => {
    const emil = visits.person('emil')
    const browser = await visits.opens()
    await browser.signsInWithPassword('App1', emil)
    await browser.asks('App2')
    await browser.reads('You need an authenticator')
    await browser.readsText('Ask the help desk of your organisation for one.')
    await browser.presses('Cancel')
    await browser.isWarned('The sign-in is not strong enough for this application')
  })
})

describe('the CMS revokes a key', () => {
  it('while its user is signed in: the session has ended, and App2 asks for the username again', async () => {
    const { person, key, browser } = await withKey('Eva')
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    await browser.presses('Check session')
    await browser.isTold('The session still stands.')
    await visits.revokes(person, key)
    await browser.presses('Check session')
    await browser.isTold('The session has ended. Sign in again.')
    await browser.presses('Sign in')
    await browser.reads('Sign in')
    expect(await browser.page.getByLabel('Username').inputValue()).toBe('')
  })

  it('and a session that rests on a password alone goes on', async () => {
    const { person, key, browser } = await withKey('Finn')
    await browser.signsInWithPassword('App1', person)
    await visits.revokes(person, key)
    await browser.presses('Check session')
    await browser.isTold('The session still stands.')
  })

  it('suspends it while its user is signed in: the session has ended as well', async () => {
    const { person, key, browser } = await withKey('Gerd')
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    await visits.suspends(person, key)
    await browser.presses('Check session')
    await browser.isTold('The session has ended. Sign in again.')
  })
})

describe('a key that is suspended', () => {
  it('is no way to step up: the page says who can help, and the application that it did not happen', async () => {
    const { person, key, browser } = await withKey('Gitta')
    await browser.signsInWithPassword('App1', person)
    await visits.suspends(person, key)
    await browser.asks('App2')
    await browser.reads('Sign-in is paused')
    await browser.isWarned('This authenticator is suspended. Ask the help desk of your organisation to resume it.')
    await browser.presses('Cancel')
    await isTrouble(browser, 'The sign-in was given up or refused', 'access_denied')
  })
})

describe('a passkey', () => {
  it('signs in without a username, by the button', async () => {
    const { person, browser } = await withKey('Hana')
    await browser.asks('App2')
    await browser.presses('Use a passkey or security key')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ sub: person.id, acr: 'fido' })
  })

  it('signs in without a username, from the browser’s list of names', async () => {
    // This virtual authenticator chooses from the list as soon as there is one.
    const { person, browser } = await withKey('Ivan', { transport: 'internal' })
    await browser.asks('App2')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ sub: person.id, acr: 'fido' })
  })

  it('that the CMS has revoked is not taken, and the username is another way', async () => {
    const { person, key, browser } = await withKey('Jana')
    await visits.revokes(person, key)
    await browser.asks('App1')
    await browser.presses('Use a passkey or security key')
    await browser.isWarned('That authenticator does not belong here.')
    await browser.typesAndContinues('Username', person.userName)
    await browser.typesAndContinues('Password', person.password)
    await browser.isSignedInTo('App1')
  })

  it('is cancelled at the button: the page says so in place, and the username still goes on', async () => {
    const { person, browser } = await withKey('Karl', { verifies: false })
    await browser.asks('App1')
    await browser.presses('Use a passkey or security key')
    await browser.isWarned('That was cancelled, or took too long. Nothing has changed.')
    await browser.typesAndContinues('Username', person.userName)
    await browser.typesAndContinues('Password', person.password)
    await browser.isSignedInTo('App1')
  })
})

describe('what an application asks for in its address', () => {
  it('prompt=login asks again who is signed in', async () => {
    const lotte = await visits.newPerson('Lotte')
    const browser = await visits.opens()
    await browser.signsInWithPassword('App1', lotte)
    await browser.asksAgain('App1', '?prompt=login')
    await browser.reads('Enter your password')
    await browser.readsText(lotte.userName)
    await browser.typesAndContinues('Password', lotte.password)
    await browser.isSignedInTo('App1')
  })

  it('max_age=0 asks again, and says when', async () => {
    const { person, browser, plugged } = await withKey('Max')
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    await plugged.verifies(false)
    await browser.asksAgain('App2', '?max_age=0')
    await browser.reads('Use your authenticator')
    await browser.isWarned('That was cancelled, or took too long.')
    await plugged.verifies(true)
    const before = Math.floor(Date.now() / 1000)
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
    expect(Number((await browser.claims()).auth_time)).toBeGreaterThanOrEqual(before)
  })

  it('prompt=none shows no page: signed in or refused', async () => {
    const nora = await visits.newPerson('Nora')
    const browser = await visits.opens()
    await browser.asks('App1', '?prompt=none')
    await isTrouble(browser, 'You would have to sign in first', 'login_required')
    await browser.signsInWithPassword('App1', nora)
    await browser.asksAgain('App1', '?prompt=none')
    await browser.isSignedInTo('App1')
    await browser.asks('App2', '?prompt=none')
    await isTrouble(browser, 'The sign-in is not strong enough for this application', 'no-match-acr')
  })

  it('ui_locales=de speaks German', async () => {
    const otto = await visits.newPerson('Otto')
    const browser = await visits.opens()
    await browser.asks('App1', '?ui_locales=de')
    await browser.reads('Anmelden')
    await browser.types('Benutzername', otto.userName)
    await browser.presses('Weiter')
    await browser.types('Passwort', 'falsch')
    await browser.presses('Weiter')
    await browser.isWarned('Benutzername und Passwort passen nicht zusammen.')
    expect(await browser.page.title()).toBe('Fehler: Passwort eingeben – Keystep')
    expect(await browser.page.locator('html').getAttribute('lang')).toBe('de')
    await browser.presses('Abbrechen')
    await browser.isWarned('access_denied')
  })

  it('login_hint fills the username in', async () => {
    const browser = await visits.opens()
    await browser.asks('App1', '?login_hint=paula')
    expect(await browser.page.getByLabel('Username').inputValue()).toBe('paula')
  })
})

describe('while the browser waits for a key', () => {
  it('Use another account starts afresh, and Cancel goes back to the application', async () => {
    const { person, browser } = await withKey('Pia', { touched: false })
    await browser.signsInWithPassword('App1', person)
    await browser.asks('App2')
    await browser.readsText('Waiting for your authenticator…')
    await browser.presses('Use another account')
    await browser.reads('Sign in')
    expect(await browser.page.getByLabel('Username').inputValue()).toBe('')
    await browser.typesAndContinues('Username', person.userName)
    await browser.readsText('Waiting for your authenticator…')
    await browser.presses('Cancel')
    await isTrouble(browser, 'The sign-in was given up or refused', 'access_denied')
  })
})

describe('a sign-in that fails', () => {
  it('is given up: the application says so', async () => {
    const browser = await visits.opens()
    await browser.asks('App1')
    await browser.presses('Cancel')
    await isTrouble(browser, 'The sign-in was given up or refused', 'access_denied')
    await browser.isWarned('The user cancelled the sign-in.')
  })

  it('is said in the same words for a wrong password and for a name that nobody has', async () => {
    const paul = await visits.newPerson('Paul')
    const browser = await visits.opens()
    await browser.startsAt('App1', paul)
    await browser.typesAndContinues('Password', 'wrong')
    await browser.isWarned('That username and password do not go together. Check both and try again.')
    await browser.presses('Use another account')
    await browser.typesAndContinues('Username', 'nobody-at-all')
    await browser.typesAndContinues('Password', 'wrong')
    await browser.isWarned('That username and password do not go together. Check both and try again.')
  })

  it('goes on after nonsense was posted to its pages', async () => {
    const { person, browser } = await withKey('Rita')
    await browser.asks('App2')
    const { request } = browser.page.context()
    const base = `${visits.demo.issuer}/login/${browser.login}`
    const headers = { 'sec-fetch-site': 'same-origin' }
    const steps = ['username', 'password', 'method', 'webauthn', 'activation', 'activation/code', 'activation/password']
    for (const step of [...steps, 'activation/skip', 'activation/ceremony', 'activation/nickname'])
      for (const data of ['', '%%%=%FF&&&', '{"username":{}}', `response=${'x'.repeat(20_000)}`, 'response=[1,{}]']) {
        const sent = { ...headers, 'content-type': 'application/x-www-form-urlencoded' }
        const answer = await request.post(`${base}/${step}`, { data, headers: sent, maxRedirects: 0 })
        expect([step, data.slice(0, 20), answer.status()]).toEqual([step, data.slice(0, 20), 303])
      }
    const stranger = await request.post(`${base}/username`, {
      data: 'username=x',
      headers: { origin: 'https://evil.example' },
    })
    expect(stranger.status()).toBe(403)
    for (const address of ['/login/nothing', '/login/%00', '/login/..%2F..%2Fx', `/login/${'x'.repeat(5000)}`])
      expect((await request.get(visits.demo.issuer + address)).status()).toBe(404)
    await browser.page.reload()
    await browser.typesAndContinues('Username', person.userName)
    await browser.isSignedInTo('App2')
  })
})
