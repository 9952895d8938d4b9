/**
 * Changes what a person signs in with, at their own word: found among what is theirs, decided, written, and all of that
 * again when something else changed meanwhile. So of two who each take away what the other leaves, one finds out.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import type { Authenticator } from '../../src/core/authenticator.ts'
import { isVoid } from '../../src/core/authenticator.ts'
import type { OneTimePassword } from '../../src/core/otp/one-time-password.ts'
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { readPerson } from '../../src/store/people.ts'
import { answerTo } from '../api/problems.ts'
import { endSessions } from '../authenticators/managing.ts'
import { type Self, type SelfNeeds, toldOfSelf } from './self.ts'

/** One of theirs, of whichever kind. */
export type Own = { kind: 'fido'; its: Authenticator } | { kind: 'otp'; its: OneTimePassword }

/** `ends`: the sessions that it proved end with it. No writes: it is as it should be already. */
export type Change = {
  writes: Write[]
  told: readonly (Pick<AuditEvent, 'type'> & Partial<AuditEvent>)[]
  answer: Answer
  ends?: boolean
}

/** A change, or the answer that there is none. */
export type Decided = { change: Change } | { instead: Answer }

export const instead = (answer: Answer): Decided => ({ instead: answer })

const attempts = 8

export async function changeOwn(
  world: SelfNeeds,
  call: Call,
  self: Self,
  decide: (own: Own, self: Self) => Decided | Promise<Decided>,
): Promise<Answer> {
  let present = self
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) {
      // Those who collided come back at different times.
      await pause(Math.random() * 20 * 2 ** (attempt - 1))
      const person = await readPerson(world.db, self.user.id)
      if (person === undefined || !person.user.enabled) return answerTo(refuse('authenticator-not-found'))
      present = { ...self, person }
    }
    const own = ownIn(world, call, present)
    if (own === undefined) return answerTo(refuse('authenticator-not-found'))
    const decided = await decide(own, present)
    if ('instead' in decided) return decided.instead
    const { writes, told, answer, ends = false } = decided.change
    const records = told.map((event) => toldOfSelf(world, call, self, { authenticator: own.its.id, ...event }))
    const done = writes.length === 0 || (await world.db.transact([...writes, ...records])).ok
    if (!done) continue
    if (ends) await endSessions(world, call, { actor: { kind: 'user', id: self.user.id } }, own.its)
    return answer
  }
  return answerTo(refuse('changed-meanwhile'))
}

/** Of nobody else: the person's own are all there is to find. A pending key past its end is gone. */
function ownIn({ now }: SelfNeeds, { params }: Call, { person }: Self): Own | undefined {
  const key = person.authenticators.find(({ id }) => id === params.authenticatorId)
  if (key !== undefined) return isVoid(key, now()) ? undefined : { kind: 'fido', its: key }
  const otp = person.otps.find(({ id }) => id === params.authenticatorId)
  return otp === undefined ? undefined : { kind: 'otp', its: otp }
}
