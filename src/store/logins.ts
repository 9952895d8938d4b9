/** Logins in progress. Each change is conditional on the version that was read: of two at once, one finds out. */
import type { Login, LoginId } from '../core/login.ts'
import type { Seconds } from '../core/result.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

export const loginIn = (item: Item | undefined): Login | undefined => item as Login | undefined

export const createdLogin = (login: Login): Write => ({
  write: 'put',
  ...places.login(login.id),
  item: login,
  condition: 'attribute_not_exists(#pk)',
})

/** The login as it is to be, in place of the one that was read. A finished one never changes again. */
export const changedLogin = (login: Login): Write => ({
  write: 'put',
  ...places.login(login.id),
  item: { ...login, version: login.version + 1 },
  condition: '#version = :version AND attribute_not_exists(#done)',
  values: { version: login.version },
})

export type Attempted =
  | { ok: true; login: Login }
  /** `found` is the login as it stands, when there is one of this browser's at all. */
  | { ok: false; found: Login | undefined }

/**
 * Takes one try from the activation that waits for a code, before anything is compared, and hands back the login. Past
 * its end, without a try left, or in another browser there is nothing to take.
 */
export async function takeCodeTry(
  db: Db,
  id: LoginId,
  { browserHash, now }: { browserHash: string; now: Seconds },
): Promise<Attempted> {
  const taken = await db.update(places.login(id), {
    update: 'SET #activation.#triesLeft = #activation.#triesLeft - :one, #version = #version + :one',
    condition:
      '#browserHash = :browserHash AND #until > :now AND attribute_not_exists(#done) AND #activation.#state = :waiting ' +
      'AND #activation.#by = :email AND #activation.#until > :now AND #activation.#triesLeft > :zero',
    values: { one: 1, zero: 0, browserHash, now, waiting: 'waiting', email: 'email' },
  })
  if (taken.ok) return { ok: true, login: taken.item as Login }
  const found = loginIn(taken.found)
  return { ok: false, found: found?.browserHash === browserHash ? found : undefined }
}
