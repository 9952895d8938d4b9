/** The back button, and a second tab, at each step of a sign-in: both show where it stands, and nothing is lost or done twice. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

type Step = { heading: string; takes: (browser: Visitor) => Promise<void> }

/** Somebody's way into App3, which asks for all but a key. Each of them is met once here. */
async function towardsApp3(
  who: 'ada' | 'bela' | 'emil',
): Promise<{ browser: Visitor; steps: [Step, Step, Step, Step] }> {
  const person = visits.person(who)
  const { userName, password } = person
  const { origin, password: passphrase, people } = visits.demo.certificates
  const nextCode = await visits.givesCodes(person)
  const browser = await visits.opens({
    ignoreHTTPSErrors: true,
    clientCertificates: [{ origin, pfxPath: people[userName] ?? '', passphrase }],
  })
  return {
    browser,
    steps: [
      { heading: 'Sign in', takes: (tab) => tab.typesAndContinues('Username', userName) },
      { heading: 'Enter your password', takes: (tab) => tab.typesAndContinues('Password', password) },
      { heading: 'Enter a one-time code', takes: (tab) => tab.typesAndContinues('One-time code', nextCode()) },
      { heading: 'Use your certificate', takes: (tab) => tab.presses('Continue') },
    ],
  }
}

it('back from each step shows that step, and the sign-in goes on from there', async () => {
  const { browser, steps } = await towardsApp3('ada')
  await browser.asks('App3')
  await browser.reads('Sign in')
  await browser.page.goBack()
  await browser.reads('App3')
  await browser.page.goForward()
  for (const { heading, takes } of steps) {
    await browser.reads(heading)
    await browser.page.goBack()
    // Back from the first page is the application.
    if (heading === 'Sign in') await browser.page.goForward()
    await browser.reads(heading)
    await takes(browser)
  }
  await browser.isSignedInTo('App3')
  expect(await browser.claims()).toMatchObject({ acr: 'cba' })
  await browser.page.goBack()
  await browser.reads('You are already signed in')
})

it('what another tab did is done here: each tab goes on from where the other is', async () => {
  const { browser, steps } = await towardsApp3('bela')
  await browser.asks('App3')
  await browser.reads('Sign in')
  const tab = await browser.opensTab()
  await tab.page.goto(browser.page.url())
  const tabs = [browser, tab]
  for (const [at, { heading, takes }] of steps.entries()) {
    const [here, there] = at % 2 === 0 ? tabs : [tab, browser]
    if (here === undefined || there === undefined) throw new Error('There are two tabs')
    await here.page.reload()
    await there.page.reload()
    await here.reads(heading)
    await there.reads(heading)
    await takes(there)
    const next = steps[at + 1]
    if (next === undefined) await there.isSignedInTo('App3')
    else await there.reads(next.heading)
    // The page that is still open here is one of a step that is over.
    await takes(here)
    await here.reads(next?.heading ?? 'You are already signed in')
  }
})

describe('a key', () => {
  async function atTheKey(name: string) {
    const person = await visits.newPerson(name)
    const key = await visits.importsActive(person)
    const browser = await visits.opens()
    await browser.startsAt('App2', person)
    await browser.reads('Use your authenticator')
    return { person, key, browser }
  }

  it('back shows its page again, and it signs in from there', async () => {
    const { key, browser } = await atTheKey('Ulla')
    await browser.page.goBack()
    await browser.plugsIn(key)
    await browser.page.reload()
    await browser.isSignedInTo('App2')
  })

  it('touched in a second tab signs in there, and the first finds it done', async () => {
    const { key, browser } = await atTheKey('Viktor')
    const tab = await browser.opensTab()
    await tab.plugsIn(key)
    await tab.page.goto(browser.page.url())
    await tab.isSignedInTo('App2')
    await browser.page.reload()
    await browser.reads('You are already signed in')
  })
})

describe('prompt', () => {
  it('none and login, of a certificate', async () => {
    const { browser, steps } = await towardsApp3('emil')
    await browser.asks('App3', '?prompt=none')
    await browser.isWarned('login_required')
    await browser.asks('App3')
    for (const { heading, takes } of steps) {
      await browser.reads(heading)
      await takes(browser)
    }
    await browser.isSignedInTo('App3')
    await browser.asksAgain('App3', '?prompt=none')
    await browser.isSignedInTo('App3')
    await browser.asksAgain('App3', '?prompt=login')
    await browser.reads('Use your certificate')
    await browser.presses('Continue')
    await browser.isSignedInTo('App3')
    expect(await browser.claims()).toMatchObject({ acr: 'cba' })
  })

  it('none and login, of a key', async () => {
    const person = await visits.newPerson('Wanda')
    const browser = await visits.opens()
    await browser.plugsIn(await visits.importsActive(person))
    await browser.startsAt('App2', person)
    await browser.isSignedInTo('App2')
    const first = await browser.claims()
    await browser.asksAgain('App2', '?prompt=none')
    await browser.isSignedInTo('App2')
    expect((await browser.claims()).auth_time).toBe(first.auth_time)
    await visits.letAge(person, 60)
    await browser.asksAgain('App2', '?prompt=login')
    await browser.isSignedInTo('App2')
    expect(Number((await browser.claims()).auth_time)).toBeGreaterThanOrEqual(Number(first.auth_time))
  })
})

it('an essential level that the flow does not have is refused, whatever the client’s record says', async () => {
  await visits.setsPolicy('clients/app2/step-up-policy', { enforcement: 'voluntary' })
  const person = await visits.newPerson('Xaver')
  const browser = await visits.opens()
  await browser.signsInWithPassword('App1', person)
  const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['cba'] } } })
  await visits.setsPolicy('step-up-policy', { unreachable: 'fail-fast' })
  await browser.asks('App2', `?${new URLSearchParams({ claims })}`)
  await browser.isWarned('unmet_authentication_requirements')
})

it('a client’s minimum raises what it asks for', async () => {
  await visits.setsPolicy('clients/app2/step-up-policy', { minimumAcr: 'otp' })
  const person = await visits.newPerson('Yvonne')
  const nextCode = await visits.givesCodes(person)
  const browser = await visits.opens()
  await browser.signsInWithPassword('App1', person)
  await browser.asks('App2', '?acr_values=pwd')
  await browser.reads('Enter a one-time code')
  await browser.typesAndContinues('One-time code', nextCode())
  await browser.isSignedInTo('App2')
  expect((await browser.claims()).amr).toEqual(['pwd', 'otp', 'mfa'])
})
