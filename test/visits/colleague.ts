/** Somebody with a role, at the console: signed in as the console asks for, with a password and a code of their app. */
import type { BrowserContextOptions } from 'playwright-core'
import type { Person } from '../../local/seed.ts'
import type { Role } from '../../src/core/user.ts'
import type { Visits } from './visit.ts'
import type { Visitor } from './visitor.ts'

export const roles: readonly Role[] = ['administrator', 'operator', 'auditor']

type Wishes = { path?: string; roles?: readonly Role[] } & BrowserContextOptions

/**
 * A browser at this page of the console. Everybody is somebody new, because a code is good once.
 *
 * @param heading of that page, in the language of the browser; English unless `locale` says otherwise.
 */
export async function colleague(
  visits: Visits,
  heading: string,
  { path = '/console', roles: theirs = ['administrator'], ...options }: Wishes = {},
): Promise<Visitor & { nextCode: () => string; person: Person }> {
  const person = await visits.newPerson('Colleague', { roles: theirs })
  const nextCode = await visits.givesCodes(person)
  const visitor = await visits.opens(options)
  const german = options.locale?.startsWith('de') ?? false
  const [name, password, code, go] = german
    ? ['Benutzername', 'Passwort', 'Einmalcode', 'Weiter']
    : ['Username', 'Password', 'One-time code', 'Continue']
  await visitor.page.goto(visits.demo.issuer + path)
  await visitor.types(name, person.userName)
  await visitor.presses(go)
  await visitor.types(password, person.password)
  await visitor.presses(go)
  // Whatever a page shows asks for it; its head may be there for a moment before. The console's first answers are between
  // the two, which a busy machine takes its time over.
  await visitor.page.getByLabel(code, { exact: true }).fill(nextCode(), { timeout: 30_000 })
  await visitor.presses(go)
  await visitor.reads(heading)
  return Object.assign(visitor, { nextCode, person })
}
