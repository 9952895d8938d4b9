/** App1 and App2 at the service they ship with, by plain requests: what a person without script would meet. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Person } from '../../local/seed.ts'
import { type Browser, browser, claimsOf, type Shown, textOf } from './browser.ts'
import { openService, type Service } from './service.ts'

let service: Service
let bela: Person
let app1 = ''
let app2 = ''
let person: Browser

beforeAll(async () => {
  service = await openService()
  bela = service.person('bela')
  app1 = service.demo.apps.app1
  app2 = service.demo.apps.app2
})
afterAll(() => service?.close())
beforeEach(() => {
  person = browser()
})

/** From the application's page, through the service's, to wherever that leads. */
async function signIn(address: string, { userName, password }: Omit<Person, 'id' | 'email'> = bela): Promise<Shown> {
  const username = await person.press(await person.open(address), 'Sign in')
  const asked = await person.press(username, 'Continue', { username: userName })
  return person.press(asked, 'Continue', { password })
}

describe('App1, with a password', () => {
  it('signs Béla in, and shows who he is and what the ID token says', async () => {
    const page = await signIn(app1)
    expect(page.url).toBe(`${app1}/`)
    expect(textOf(page, 'error')).toBeUndefined()
    expect(textOf(page, 'who')).toBe(`Béla Novák (bela) ${bela.id}`)
    expect(textOf(page, 'acr')).toBe('pwd')
    expect(textOf(page, 'amr')).toBe('a password (pwd)')
    const claims = claimsOf(page)
    expect(claims).toMatchObject({ iss: service.demo.issuer, aud: 'app1', sub: bela.id, acr: 'pwd', amr: ['pwd'] })
    // The name on the page is not from here.
    expect(claims).not.toHaveProperty('name')
  })

  it('stays at the service for a wrong password', async () => {
    const page = await signIn(app1, { userName: 'chidi', password: 'wrong' })
    expect(page.url).toContain(`${service.demo.issuer}/login/`)
    expect(page.body).toContain('That username and password do not go together.')
    expect(textOf(await person.open(app1), 'claims')).toBeUndefined()
  })

  it('ends the session of both applications when one signs out', async () => {
    await signIn(app1)
    const second = await person.press(await person.open(`${app2}/?acr_values=pwd`), 'Sign in')
    expect(textOf(second, 'who'), 'without another password').toBe(`Béla Novák (bela) ${bela.id}`)
    expect(textOf(await person.press(await person.open(app1), 'Check session'), 'note')).toBe(
      'The session still stands.',
    )

    const out = await person.press(second, 'Sign out')
    expect(out.url).toBe(`${app2}/`)
    expect(textOf(out, 'note')).toBe('You are signed out.')
    // It is told by back-channel logout, and finds out without being asked.
    const first = await vi.waitFor(async () => {
      const page = await person.open(app1)
      expect(textOf(page, 'note')).toBe('The session has ended. Sign in again.')
      return page
    }, 10_000)
    expect(first.body).toContain('You are signed out')
    const silent = await person.press(await person.open(`${app1}/?prompt=none`), 'Sign in')
    expect(textOf(silent, 'error')).toContain('login_required')
  })
})

describe('a level that Béla cannot reach', () => {
  const essential = (...values: string[]) =>
    `${new URLSearchParams({ claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }) })}`

  it('is told at the service, by App2 afterwards, and leaves him signed in to App1', async () => {
    await signIn(app1)
    const told = await person.press(await person.open(app2), 'Sign in')
    expect(told.body).toContain('You need an authenticator')
    const page = await person.press(told, 'Cancel')
    expect(page.url).toBe(`${app2}/`)
    expect(textOf(page, 'error')).toContain('unmet_authentication_requirements')
    expect(textOf(page, 'claims')).toBeUndefined()
    expect(claimsOf(await person.open(app1))).toMatchObject({ acr: 'pwd' })
  })

  it.each([
    ['must', essential('retina')],
    ['wishes to', 'acr_values=retina'],
  ])('is refused when App1 %s have it and nobody knows the word', async (_how, asks) => {
    await signIn(app1)
    const page = await person.press(await person.open(`${app1}/?prompt=none&${asks}`), 'Ask again')
    expect(textOf(page, 'error')).toContain('The sign-in is not strong enough for this application')
    expect(textOf(page, 'error')).toContain('unmet_authentication_requirements')
  })

  it('is refused when nobody can read it', async () => {
    const page = await person.press(await person.open(`${app1}/?claims=%7B`), 'Sign in')
    expect(textOf(page, 'error')).toContain('The issuer did not understand the request')
    expect(textOf(page, 'error')).toContain('invalid_request')
  })

  it('is as good as another that App1 named as well', async () => {
    const page = await signIn(`${app1}/?${essential('retina', 'pwd')}`)
    expect(textOf(page, 'error')).toBeUndefined()
    expect(claimsOf(page)).toMatchObject({ acr: 'pwd' })
  })
})
