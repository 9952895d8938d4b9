/** Signing out: of one application and so of the other, of this browser and of all, and by somebody else's word. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startVisits, type Visits } from './visit.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

describe('signing out of App1', () => {
  it('is told to App2, which ends its own session without being asked', async () => {
    const person = await visits.newPerson('Nora')
    const browser = await visits.opens()
    await browser.signsInWithPassword('App1', person)
    await browser.asks('App2', '?acr_values=pwd')
    await browser.isSignedInTo('App2')
    await browser.goesTo('App1')
    await browser.presses('Sign out')
    await browser.isTold('You are signed out.')
    expect(new URL(browser.page.url()).origin).toBe(new URL(visits.demo.apps.app1).origin)
    await browser.hearsOfTheEnd('App2')
  })

  it('leaves another browser of the same person as it is', async () => {
    const person = await visits.newPerson('Olaf')
    const [here, there] = [await visits.opens(), await visits.opens()]
    await here.signsInWithPassword('App1', person)
    await there.signsInWithPassword('App2', person, '?acr_values=pwd')
    await here.goesTo('App1')
    await here.presses('Sign out')
    await here.isTold('You are signed out.')
    await there.presses('Check session')
    await there.isTold('The session still stands.')
  })
})

describe('the page of the service', () => {
  it.each([
    ['en', 'Do you want to sign out?', 'Sign out everywhere', 'You are signed out everywhere'],
    ['de', 'Möchten Sie sich abmelden?', 'Überall abmelden', 'Sie sind überall abgemeldet'],
  ])(
    'signs out everywhere, in the language that was asked for (%s): the other browser, too',
    async (locale, asks, everywhere, done) => {
      const person = await visits.newPerson('Pia')
      const [here, there] = [await visits.opens(), await visits.opens()]
      await here.signsInWithPassword('App1', person)
      await there.signsInWithPassword('App2', person, '?acr_values=pwd')
      await here.page.goto(`${visits.demo.issuer}/logout?ui_locales=${locale}`)
      await here.reads(asks)
      await here.presses(everywhere)
      await here.reads(done)
      await there.hearsOfTheEnd('App2')
      await here.hearsOfTheEnd('App1')
      await there.presses('Sign in')
      await there.reads('Sign in')
    },
  )

  it('works without script', async () => {
    const person = await visits.newPerson('Quin')
    const browser = await visits.opens({ javaScriptEnabled: false })
    await browser.signsInWithPassword('App1', person)
    await browser.page.goto(`${visits.demo.issuer}/logout`)
    await browser.page.locator('#sign-out-everywhere').click()
    await browser.reads('You are signed out everywhere')
    await browser.hearsOfTheEnd('App1')
  })
})

describe('an administrator', () => {
  it('sees where somebody is signed in, and ends it all', async () => {
    const person = await visits.newPerson('Rosa')
    const browser = await visits.opens()
    await browser.signsInWithPassword('App1', person)
    const sessions = `${visits.demo.issuer}/api/v1/tenants/${visits.demo.tenantCode}/users/${person.userName}/sessions`
    const headers = { apikey: visits.demo.adminApiKey }
    expect(await (await fetch(sessions, { headers })).json()).toMatchObject({
      sessions: [{ clients: ['app1'], ip: expect.stringMatching(/./), userAgent: expect.stringContaining('Chrome') }],
    })
    expect((await fetch(sessions, { method: 'DELETE', headers })).status).toBe(204)
    await browser.hearsOfTheEnd('App1')
    expect(await (await fetch(sessions, { headers })).json()).toEqual({ sessions: [] })
    await browser.presses('Sign in')
    await browser.reads('Sign in')
  })
})
