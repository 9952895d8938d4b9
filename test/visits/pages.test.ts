/** The pages themselves: by keyboard, in every light and width, reloaded, left and come back to, in a second tab. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

it('the whole activation goes by keyboard alone, and the focus is where it is needed', async () => {
  const ada = await visits.newPerson('Ada')
  const browser = await visits.opens()
  const { keyboard } = browser.page
  const plugged = await browser.plugsIn(await visits.imports(ada, { friendlyName: 'Blue key' }), { verifies: false })
  const tabsTo = async (...names: string[]) => {
    for (const name of names) {
      await keyboard.press('Tab')
      expect(await browser.focus()).toBe(name)
    }
  }

  await browser.goesTo('App2')
  await tabsTo('- button "Sign in"')
  await keyboard.press('Enter')
  await browser.reads('Sign in')
  expect(await browser.focus()).toBe('- textbox "Username"')
  await keyboard.type(ada.userName)
  await keyboard.press('Enter')

  await browser.reads('Activate your authenticator')
  await tabsTo('- button "Use another account"', '- button "Activate Authenticator"')
  await keyboard.press('Enter')

  await browser.reads('Check your email')
  expect(await browser.focus()).toBe('- textbox "Verification code"')
  await keyboard.type('AAAA-AAAA')
  await keyboard.press('Enter')
  await browser.isWarned('You have 4 tries left.')
  expect(await browser.focus()).toBe('- textbox "Verification code" [invalid]')
  await keyboard.type(await visits.codeFor(ada))
  await tabsTo('- button "Continue"')
  await keyboard.press('Enter')

  await browser.reads('Use your new authenticator')
  await browser.isWarned('That was cancelled, or took too long.')
  expect(await browser.focus()).toBe('- button "Continue"')
  await plugged.verifies(true)
  await keyboard.press('Enter')

  await browser.reads('Name your authenticator')
  expect(await browser.focus()).toBe('- textbox "Authenticator Nickname": Blue key')
  await keyboard.press('Enter')
  await browser.isSignedInTo('App2')
})

describe('without JavaScript', () => {
  it('a password signs in', async () => {
    const person = await visits.newPerson('Ann')
    const browser = await visits.opens({ javaScriptEnabled: false })
    await browser.signsInWithPassword('App1', person)
    expect(await browser.claims()).toMatchObject({ sub: person.id, acr: 'pwd' })
  })

  it('the activation goes as far as the ceremony, which says what it needs', async () => {
    const person = await visits.newPerson('Art')
    await visits.imports(person)
    const browser = await visits.opens({ javaScriptEnabled: false })
    await browser.asksForCode('App2', person)
    await browser.typesAndContinues('Verification code', await visits.codeFor(person))
    await browser.reads('Use your new authenticator')
    expect(await browser.page.locator('noscript').isVisible()).toBe(true)
    await browser.presses('Continue')
    await browser.isWarned('Your browser runs no JavaScript on this page, and your authenticator needs it.')
  })
})

describe('axe finds nothing, and nothing sticks out, in light and dark, at 320 and at 1280 px', () => {
  async function isFaultless(browser: Visitor, page: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await browser.page.emulateMedia({ colorScheme })
      for (const width of [320, 1280]) {
        await browser.page.setViewportSize({ width, height: 800 })
        expect(await browser.faults(), `${page}, ${colorScheme}, ${width} px`).toEqual([])
      }
    }
  }

  it('on every page of the story', async () => {
    const bo = await visits.newPerson('Bo')
    const key = await visits.imports(bo)
    const browser = await visits.opens()
    const plugged = await browser.plugsIn(key, { verifies: false })
    const looksAt = async (heading: string) => {
      await browser.reads(heading)
      await isFaultless(browser, heading)
    }
    await browser.goesTo('App2')
    await looksAt('App2')
    await browser.presses('Sign in')
    await looksAt('Sign in')
    await browser.typesAndContinues('Username', bo.userName)
    await looksAt('Activate your authenticator')
    await browser.presses('Use my password instead')
    await looksAt('Confirm your password')
    await browser.presses('Email me a code instead')
    await looksAt('Check your email')
    await browser.typesAndContinues('Verification code', await visits.codeFor(bo))
    await browser.isWarned('That was cancelled, or took too long.')
    await looksAt('Use your new authenticator')
    await plugged.verifies(true)
    await browser.presses('Continue')
    await looksAt('Name your authenticator')
    await plugged.verifies(false)
    await browser.presses('Continue')
    await browser.isWarned('That was cancelled, or took too long.')
    await browser.isTold('Your authenticator is active. Now sign in with it.')
    await looksAt('Use your authenticator')
    await plugged.verifies(true)
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
    await looksAt('App2')
  })

  it('on the pages of what goes wrong', async () => {
    const cy = await visits.newPerson('Cy')
    const browser = await visits.opens()
    await browser.startsAt('App1', cy)
    await browser.typesAndContinues('Password', 'wrong')
    await browser.isWarned('That username and password do not go together.')
    await isFaultless(browser, 'wrong password')
    await visits.letPassTheLogin(browser)
    await browser.page.reload()
    await browser.reads('This sign-in has timed out')
    await isFaultless(browser, 'timed out')
    await browser.page.goto(`${visits.demo.issuer}/authorize?client_id=nobody`)
    await browser.reads('The application’s request does not work')
    await isFaultless(browser, 'bad request')
    await browser.asks('App1')
    await browser.presses('Cancel')
    await browser.isWarned('access_denied')
    await isFaultless(browser, 'cancelled')
    await browser.signsInWithPassword('App1', cy)
    await browser.asks('App2')
    await browser.reads('You need an authenticator')
    await isFaultless(browser, 'no key')
    await browser.page.goto(`${visits.demo.issuer}/logout`)
    await browser.reads('Do you want to sign out?')
    await isFaultless(browser, 'sign out?')
    await browser.presses('Sign out')
    await browser.reads('You are signed out')
    await isFaultless(browser, 'signed out')
  })
})

describe('at each step of the activation', () => {
  /** Walks the activation, and does something at each step that should change nothing. */
  async function walks(name: string, detour: (browser: Visitor, heading: string) => Promise<void>): Promise<Visitor> {
    const person = await visits.newPerson(name)
    const browser = await visits.opens()
    const plugged = await browser.plugsIn(await visits.imports(person), { verifies: false })
    const stopsAt = async (heading: string) => {
      await browser.reads(heading)
      await detour(browser, heading)
      await browser.reads(heading)
    }
    await browser.asks('App2')
    await stopsAt('Sign in')
    await browser.typesAndContinues('Username', person.userName)
    await stopsAt('Activate your authenticator')
    await browser.presses('Activate Authenticator')
    await stopsAt('Check your email')
    await browser.typesAndContinues('Verification code', await visits.codeFor(person))
    await browser.isWarned('That was cancelled, or took too long.')
    await stopsAt('Use your new authenticator')
    await browser.isWarned('That was cancelled, or took too long.')
    await plugged.verifies(true)
    await browser.presses('Continue')
    await stopsAt('Name your authenticator')
    await plugged.verifies(false)
    await browser.presses('Continue')
    await browser.isWarned('That was cancelled, or took too long.')
    await stopsAt('Use your authenticator')
    await browser.isWarned('That was cancelled, or took too long.')
    await plugged.verifies(true)
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
    return browser
  }

  it('a reload shows the same page', async () => {
    await walks('Dea', async (browser) => {
      await browser.page.reload()
    })
  })

  it('the back button, and then the forward button, lead to where the person is', async () => {
    const browser = await walks('Edo', async (browser, heading) => {
      if (heading === 'Sign in') return
      await browser.page.goBack()
      await browser.page.goForward()
    })
    await browser.page.goBack()
    await browser.reads('You are already signed in')
  })

  it('a second tab shows the same page', async () => {
    await walks('Flo', async (browser, heading) => {
      const tab = await browser.opensTab()
      await tab.plugsIn(undefined, { touched: false })
      await tab.page.goto(browser.page.url())
      await tab.reads(heading)
      await tab.page.close()
    })
  })

  it('another browser with the same address is told whose it is', async () => {
    const stranger = await visits.opens()
    await walks('Gus', async (browser) => {
      await stranger.page.goto(browser.page.url())
      await stranger.reads('This sign-in belongs to another browser')
    })
  })

  it('half an hour later the page says that it timed out, and the application starts again', async () => {
    const ida = await visits.newPerson('Ida')
    const key = await visits.imports(ida)
    const browser = await visits.opens()
    const plugged = await browser.plugsIn(key, { verifies: false })
    const isOver = async () => {
      await visits.letPassTheLogin(browser)
      await browser.presses('Continue')
      await browser.reads('This sign-in has timed out')
      await browser.page.getByRole('link', { name: 'Back to the application' }).click()
      await browser.reads('App2')
    }
    await browser.asks('App2')
    await browser.types('Username', ida.userName)
    await isOver()
    await browser.asksForCode('App2', ida)
    await browser.types('Verification code', await visits.codeFor(ida))
    await isOver()
    await browser.asksForCode('App2', ida)
    await browser.typesAndContinues('Verification code', await visits.codeFor(ida))
    await browser.isWarned('That was cancelled, or took too long.')
    await plugged.verifies(true)
    await isOver()
    await browser.asksForCode('App2', ida)
    await browser.typesAndContinues('Verification code', await visits.codeFor(ida))
    await browser.reads('Name your authenticator')
    await isOver()
    expect(await visits.readsKey(ida, key)).toMatchObject({ state: 'pending' })
  })

  it('a form that is sent from a tab left behind says that the step is done', async () => {
    const jo = await visits.newPerson('Jo')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.imports(jo))
    await browser.asks('App2')
    const behind = await browser.opensTab()
    await behind.page.goto(browser.page.url())
    await behind.reads('Sign in')
    await browser.typesAndContinues('Username', jo.userName)
    await browser.presses('Activate Authenticator')
    await browser.reads('Check your email')
    await behind.typesAndContinues('Username', 'somebody-else')
    await behind.isTold('That step is already done. This is where you left off.')
    await behind.reads('Check your email')
    await browser.typesAndContinues('Verification code', await visits.codeFor(jo))
    await browser.reads('Name your authenticator')
    await browser.presses('Continue')
    await browser.isSignedInTo('App2')
    await behind.typesAndContinues('Verification code', 'AAAA-AAAA')
    await behind.reads('You are already signed in')
  })
})
