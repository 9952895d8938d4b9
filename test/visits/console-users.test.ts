/** Users at the console: found, made, changed and helped, by each role as far as it goes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { colleague } from './colleague.ts'
import { startVisits, type Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

let visits: Visits
beforeAll(async () => {
  visits = await startVisits()
})
afterAll(() => visits?.close())
afterEach(() => visits.leave())

const pageOf = ({ id }: { id: string }): string => `/console/users/${id}`

/** As a button that says of which row it is. */
const offers = (browser: Visitor, name: string): Promise<number> =>
  browser.page.getByRole('button', { name, exact: true }).count()

describe('the list', () => {
  it('finds by the beginning of a name, and is as it was for whoever comes back', async () => {
    const found = await visits.newPerson('Zacharias')
    const browser = await colleague(visits, 'Users', { path: '/console/users' })
    await browser.page.getByRole('row').nth(3).waitFor()
    expect(await browser.faults()).toEqual([])
    await browser.types('Name or email begins with', 'zachar')
    await browser.readsText('1 shown, that is all')
    await browser.page.getByRole('link', { name: found.userName }).press('Enter')
    await browser.reads('Zacharias')
    expect(await browser.focus()).toContain('Zacharias')
    await browser.page.goBack()
    await browser.reads('Users')
    await browser.readsText('1 shown, that is all')
  })

  it('says why not to who has no right, and shows them no way there', async () => {
    const browser = await colleague(visits, 'Users', { path: '/console/users', roles: ['auditor'] })
    expect(await browser.page.getByRole('link', { name: 'New user' }).count()).toBe(0)
    expect(await browser.page.getByRole('link', { name: 'Bulk import' }).count()).toBe(0)
    await browser.page.goto(`${visits.demo.issuer}/console/users/new`)
    await browser.reads('New user: This page is not for your role')
    await browser.readsText('It needs the right users:write. Your roles: auditor.')
  })

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['dark', 320],
  ] as const)('is there in German, %s, at %d pixels', async (colorScheme, width) => {
    const looks = { locale: 'de-AT', colorScheme, viewport: { width, height: 900 } } as const
    const browser = await colleague(visits, 'Benutzer', { path: '/console/users', ...looks })
    await browser.page.getByRole('row').nth(3).waitFor()
    expect(await browser.faults()).toEqual([])
    if (width === 320) {
      await browser.presses('Menü')
      await browser.page.getByRole('link', { name: 'Massenimport' }).click()
      await browser.reads('Massenimport')
    }
  })
})

describe('a user', () => {
  it('is made; what is wrong is said at its field, and nothing typed is lost', async () => {
    const browser = await colleague(visits, 'Users', { path: '/console/users', roles: ['operator'] })
    await browser.page.getByRole('link', { name: 'New user' }).click()
    await browser.reads('New user')
    const userName = `nora-${Date.now()}`
    await browser.types('User name', userName)
    await browser.page.getByLabel('Given name').fill('Nora')
    await browser.page.getByLabel('Email').fill('nora@nowhere@example.org')
    await browser.page.locator('form').evaluate((form: HTMLFormElement) => {
      // So that the API is asked, and not only the browser.
      form.noValidate = true
    })
    await browser.presses('Create')
    const email = browser.page.getByLabel('Email')
    await browser.page.locator('[aria-invalid="true"]').waitFor()
    expect(await email.getAttribute('aria-invalid')).toBe('true')
    expect(await browser.faults()).toEqual([])
    await browser.page.reload()
    expect(await browser.page.getByLabel('Given name').inputValue()).toBe('Nora')
    await browser.page.getByLabel('Email').fill('nora@example.org')
    await browser.presses('Create')
    await browser.reads('Nora')
    await browser.isTold('Nora was created.')
    expect(browser.broken).toEqual([])
  })

  it('that somebody else changed meanwhile keeps what was typed', async () => {
    const person = await visits.newPerson('Omar')
    const edit = `${pageOf(person)}/edit`
    const one = await colleague(visits, 'Edit Omar', { path: edit })
    const other = await colleague(visits, 'Edit Omar', { path: edit })
    await other.page.getByLabel('Family name').fill('Haddad')
    await other.presses('Save')
    await other.isTold('Saved.')
    await one.page.getByRole('textbox', { name: 'Language' }).fill('de')
    await one.presses('Save')
    await one.isWarned('Somebody changed this user meanwhile. What you typed is still here.')
    await one.presses('Take over what is there now for what I left alone')
    await one.presses('Save')
    await one.isTold('Saved.')
    await one.reads('Omar Haddad')
    await one.page.getByRole('definition').filter({ hasText: /^de$/ }).waitFor()
  })

  it('is disabled and enabled, and deleted only by their name', async () => {
    const person = await visits.newPerson('Petra')
    const browser = await colleague(visits, 'Petra', { path: pageOf(person), roles: ['operator'] })
    await browser.presses('Disable')
    await browser.page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await browser.isTold('Petra is disabled.')
    await browser.presses('Enable')
    await browser.isTold('Petra is enabled.')
    expect(await offers(browser, 'Roles')).toBe(0)
    await browser.presses('Delete')
    await browser.page.getByLabel(`Type ${person.userName} to confirm`).fill('petra')
    await browser.presses('Delete for good')
    await browser.readsText('This is not the user name.')
    await browser.page.getByLabel(`Type ${person.userName} to confirm`).fill(person.userName)
    await browser.presses('Delete for good')
    await browser.reads('Users')
    await browser.isTold('Petra was deleted.')
  })

  it('gets a role and a password after a fresh proof; the focus is back where it came from', async () => {
    const person = await visits.newPerson('Ravi')
    const theirs = await visits.opens()
    await theirs.signsInWithPassword('App1', person)
    const browser = await colleague(visits, 'Ravi', { path: pageOf(person) })
    await browser.plugsIn(await visits.importsActive(browser.person))
    await browser.presses('Roles')
    await browser.page.getByRole('checkbox', { name: /^Auditor/ }).check()
    await browser.presses('Save roles')
    await browser.presses('Confirm now')
    await browser.isTold('Confirmed: it is you.')
    expect(await browser.page.getByRole('checkbox', { name: /^Auditor/ }).isChecked()).toBe(true)
    await browser.presses('Save roles')
    await browser.isTold('The roles were saved.')
    expect(await browser.page.getByText('Confirmed: it is you.').count()).toBe(0)
    // The dialog was there when the page came: nothing had asked for it.
    expect(await browser.focus()).toContain('Ravi')
    await browser.presses('Set password')
    await browser.types('New password', 'short')
    await browser.page.getByLabel('New password', { exact: true }).press('Enter')
    await browser.isWarned('This cannot be accepted: must have 8 characters at least')
    expect(await browser.faults()).toEqual([])
    await browser.types('New password', 'Ravi likes boats now')
    await browser.page.getByLabel('New password', { exact: true }).press('Enter')
    await browser.isTold('The password was set.')
    expect(await browser.focus()).toContain('Set password')
    const anew = await visits.opens()
    await anew.signsInWithPassword('App1', { ...person, password: 'Ravi likes boats now' })
  })

  it('has codes that the help desk suspends and resumes, and sessions that it ends', async () => {
    const person = await visits.newPerson('Sofia')
    await visits.givesCodes(person)
    const theirs = await visits.opens()
    await theirs.signsInWithPassword('App1', person)
    const browser = await colleague(visits, 'Sofia', { path: pageOf(person), roles: ['operator'] })
    await browser.presses('Suspend: Authenticator app')
    await browser.isTold('Authenticator app is suspended.')
    await browser.presses('Resume: Authenticator app')
    await browser.isTold('Authenticator app is active again.')
    await browser.page.getByRole('button', { name: /^End \d/ }).click()
    const sure = browser.page.getByRole('dialog')
    if (await sure.isVisible()) await sure.getByRole('button').first().click()
    await browser.readsText('They are signed in nowhere.')
    await theirs.hearsOfTheEnd('App1')
  })

  it('with a role is beyond the help desk, in words', async () => {
    const admin = await visits.newPerson('Quinn', { roles: ['administrator'] })
    const browser = await colleague(visits, 'Quinn', { path: pageOf(admin), roles: ['operator'] })
    await browser.presses('Disable')
    await browser.page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await browser.isWarned('Only an administrator changes people who have a role here')
    await browser.page.keyboard.press('Escape')
    expect(await browser.page.getByRole('dialog').count()).toBe(0)
  })
})

describe('a key', () => {
  it('has a name and a picture where its maker’s certificate stands for it, and else none', async () => {
    const person = await visits.newPerson('Rosa')
    const [certified] = [await visits.importsActive(person, { friendlyName: 'Green key' })]
    await visits.imports(person, { friendlyName: 'Grey key' })
    await visits.certifies(person, certified, '5ca1ab1e-0000-4000-8000-00000000f1d0')
    const browser = await colleague(visits, 'Rosa', { path: pageOf(person), roles: ['auditor'] })
    const [green, grey] = ['Green key', 'Grey key'].map((name) => browser.page.getByRole('article', { name }))
    await green?.getByText('Scalable One').waitFor()
    expect(await green?.locator('img').count()).toBe(1)
    expect(await green?.getByText('Active', { exact: true }).count()).toBe(1)
    expect(await grey?.locator('img').count()).toBe(0)
    expect(await grey?.getByText('Pending', { exact: true }).count()).toBe(1)
    // Who reads only is offered nothing.
    expect(await browser.page.locator('main article button').allInnerTexts()).toEqual(['Copy', 'Copy'])
    expect(await browser.faults()).toEqual([])
    expect(browser.broken).toEqual([])
  })

  it('that is imported is suspended and resumed by the help desk, and not deleted: it says why', async () => {
    const person = await visits.newPerson('Sami')
    await visits.importsActive(person, { friendlyName: 'Blue key' })
    const browser = await colleague(visits, 'Sami', { path: pageOf(person), roles: ['operator'] })
    await browser.readsText('There is no Delete here: this key is managed in the CMS that imported it.')
    expect(await offers(browser, 'Delete: Blue key')).toBe(0)
    expect(await offers(browser, 'Break-glass deletion: Blue key')).toBe(0)
    await browser.presses('Suspend: Blue key')
    await browser.page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click()
    await browser.isTold('Blue key is suspended.')
    await browser.presses('Resume: Blue key')
    await browser.isTold('Blue key is active again.')
    await browser.presses('Rename: Blue key')
    await browser.types('Nickname', 'Sami’s key')
    await browser.page.getByLabel('Nickname').press('Enter')
    await browser.isTold('The new name was saved.')
    expect(await visits.readsKeys(person)).toMatchObject([{ state: 'active', friendlyName: 'Sami’s key' }])
  })

  it('goes past its CMS after a fresh proof with a key of the administrator’s, and the reason is kept over it', async () => {
    const person = await visits.newPerson('Tara')
    await visits.imports(person, { friendlyName: 'Red key' })
    const browser = await colleague(visits, 'Tara', { path: pageOf(person) })
    const own = await visits.importsActive(browser.person)
    await browser.plugsIn(own)
    await browser.presses('Break-glass deletion: Red key')
    await browser.types('Reason', 'Stolen on the train, and the CMS is down.')
    await browser.presses('Delete it now')
    await browser.page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await browser.readsText('Asked for: level fido.')
    expect(await browser.faults()).toEqual([])
    // Not now: nothing is done, and what was typed is there.
    await browser.presses('Not now')
    expect(await browser.page.getByLabel('Reason').inputValue()).toBe('Stolen on the train, and the CMS is down.')
    await browser.presses('Delete it now')
    await browser.presses('Confirm now')
    await browser.reads('Tara')
    expect(await browser.page.getByLabel('Reason').inputValue()).toBe('Stolen on the train, and the CMS is down.')
    await browser.presses('Delete it now')
    await browser.isTold('Red key was deleted.')
    expect(await visits.readsKeys(person)).toEqual([])
    await browser.readsText('authenticator.deleted (break-glass)')
    expect(browser.broken).toEqual([])
  })
})
