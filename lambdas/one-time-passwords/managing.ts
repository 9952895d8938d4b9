/**
 * Changes a one-time password: finds it, holds it against If-Match, decides, writes, and does all of that again when
 * somebody else was faster.
 *
 * Whichever way it came here: one that a person set up themselves has nobody else to unlock it, or to take it back when
 * their phone is gone.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { AuditType } from '../../src/core/audit-event.ts'
import type { OneTimePassword } from '../../src/core/otp/one-time-password.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Person } from '../../src/core/session.ts'
import type { Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Write } from '../../src/store/db.ts'
import { findPerson } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { userIn } from '../api/asked.ts'
import type { ApiCaller } from '../api/caller.ts'
import type { Reason } from '../api/problems.ts'
import { isExpected } from '../api/representation.ts'
import { endSessions, type ManageNeeds } from '../authenticators/managing.ts'

type Found = { otp: OneTimePassword; person: Person }

/** Of a user who may be disabled: a CMS must be able to take theirs back. */
export async function findOneTimePassword(
  { db }: Pick<World, 'db'>,
  call: Call,
): Promise<Result<Found, 'user-not-found' | 'one-time-password-not-found'>> {
  const userId = userIn(call)
  if (!userId.ok) return userId
  const person = await findPerson(db, userId.value)
  if (person === undefined) return refuse('user-not-found')
  const otp = person.otps.find(({ id }) => id === call.params.oneTimePasswordId)
  return otp === undefined ? refuse('one-time-password-not-found') : ok({ otp, person })
}

/** No writes: it is as it should be already. */
export type Decided = { writes: Write[]; audit: AuditType[]; ends?: boolean }

const attempts = 8

export async function manage(
  needs: ManageNeeds,
  call: Call,
  cms: ApiCaller,
  decide: (found: Found) => Result<Decided, Reason>,
): Promise<Result<{ before: OneTimePassword; decided: Decided }, Reason>> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    // Those who collided come back at different times.
    if (attempt > 0) await pause(Math.random() * 20 * 2 ** (attempt - 1))
    const found = await findOneTimePassword(needs, call)
    if (!found.ok) return found
    const { otp } = found.value
    if (!isExpected(call.headers['if-match'], otp)) return refuse('precondition-failed')
    const decided = decide(found.value)
    if (!decided.ok) return decided
    const { writes, audit, ends = false } = decided.value
    const about = { at: needs.now(), actor: cms.actor, user: otp.user, ip: call.ip, request: call.id }
    const records = audit.map((type) => recorded({ type, ...about, authenticator: otp.id }))
    const done = writes.length === 0 || (await needs.db.transact([...writes, ...records])).ok
    if (!done) continue
    if (ends) await endSessions(needs, call, cms, otp)
    return ok({ before: otp, decided: decided.value })
  }
  return refuse('changed-meanwhile')
}
