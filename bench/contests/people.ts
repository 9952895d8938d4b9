/** People who type: with a password that is kept here or that a directory has, with one-time codes, and logins of theirs. */
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { type OneTimePassword, ownParameters } from '../../src/core/otp/one-time-password.ts'
import { hashPassword } from '../../src/core/password.ts'
import { newId } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { openSealer } from '../../src/services/sealer.ts'
import type { Db, Write } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { createdLogin, loginIn } from '../../src/store/logins.ts'
import { createdUser } from '../../src/store/users.ts'
import type { AtPage, Cookies } from '../browser.ts'
import type { Ours } from '../ours.ts'
import { makeMany } from './contest.ts'

export const password = 'correct horse battery staple'
const secret = Buffer.from('12345678901234567890')
const period = 30
const now = () => Math.floor(Date.now() / 1000)

/** What their app shows now: everybody's shows the same. */
export const codeNow = (): Promise<string> => codeOf(ownParameters, secret, timeStepAt(period, now()))

export type Named = Pick<User, 'id' | 'userName'>

export async function openPeople({ db, stage }: Ours) {
  const sealer = openSealer(stage, db)
  // Argon2id is slow by intent, and a hash is nobody's in particular.
  const passwordHash = await hashPassword(password)

  /** With a code that was not used yet: each is good once, and so is what this hands out. */
  const withCode = async (user: Named): Promise<Write> => {
    const id = 'of-the-bench'
    const otp: OneTimePassword = {
      ...ownParameters,
      id,
      user: user.id,
      state: 'active',
      origin: 'imported',
      sealedSecret: await sealer.seal(secret, { user: user.id, id }),
      createdAt: now(),
      version: 1,
    }
    return { write: 'put', ...places.oneTimePassword(user.id, id), item: otp }
  }

  return {
    withCode,
    newcomers: (count: number): Promise<User[]> =>
      makeMany(count, async () => {
        const id = newId()
        const named = { id, userName: `user-${id}`, email: `${id}@example.org`, emailVerified: true }
        const dates = { createdAt: now(), updatedAt: now() }
        const user: User = { ...named, enabled: true, standing: 0, passwordHash, ...dates }
        await must(db, [...createdUser(user), await withCode(user)])
        return user
      }),
  }
}

export async function must(db: Db, writes: readonly Write[]): Promise<void> {
  for (let at = 0; at < writes.length; at += 50) {
    const done = await db.transact(writes.slice(at, at + 50))
    if (!done.ok) throw new Error(`The bench could not write: ${JSON.stringify(done.conflicts)}`)
  }
}

export type Waiting = { cookies: Cookies; base: string }

/** Logins that are where this one is, one for each of these people. */
export async function copiesOf({ db }: Ours, { cookies, base }: AtPage, people: readonly Named[]): Promise<Waiting[]> {
  const sample = loginIn(await db.get(places.login(base.replace('/login/', ''))))
  if (sample === undefined) throw new Error('A login is not there')
  const until = now() + 1800
  const logins = people.map(({ id: user, userName }) => {
    const id = newId()
    const proofs = sample.proofs.map((proof) => ({ ...proof, request: id }))
    return { ...sample, id, user, typedName: userName, proofs, challengeUntil: until, until }
  })
  await must(db, logins.map(createdLogin))
  return logins.map(({ id }) => ({ cookies, base: `/login/${id}` }))
}
