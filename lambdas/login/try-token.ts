/**
 * The verifier of codes that an external validator knows. The throttle is in it and counts before the validator is asked:
 * the same count as for codes that are kept here, but no failure locks anything here. Tokens lock at the validator.
 *
 * A step that was passed costs no try, and neither does a validator that does not answer. To be given a text to answer does,
 * until the answer is right: nobody is to have the validator send messages at will, or to guess without end where it asks
 * again instead of rejecting.
 */
import type { Seconds } from '../../src/core/result.ts'
import type { Person } from '../../src/core/session.ts'
import type { Answered, Asked, Challenge, FailureReason } from '../../src/core/token-validator/token-validation.ts'
import type { AskedBy } from '../../src/core/token-validator/validator-settings.ts'
import type { Call } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { forgivenTries, punishedTries, returnedTry, type Try, takeTry } from '../../src/store/tries.ts'
import type { World } from '../../src/world.ts'

/** `writes` go into the transaction of whatever follows. */
export type TriedToken =
  | { outcome: 'right'; writes: Write[] }
  /** `passed`: what was typed led here; otherwise the same is asked once more. */
  | { outcome: 'challenge'; challenge: Challenge; passed: boolean; writes: Write[] }
  | { outcome: 'wrong'; reason: FailureReason; writes: Write[] }
  | { outcome: 'unavailable'; detail: string; writes: Write[] }
  | { outcome: 'wait'; until: Seconds }

export type TokenWorld = Pick<World, 'db' | 'now' | 'stage' | 'tokenValidator'>

/** As long as all servers together may take, so that nobody tries again before they did. */
const slowest: Seconds = 25

/** @param person whom the login is about, if they are there and enabled; else it is nobody's `typedName`. */
export async function tryToken(
  world: TokenWorld,
  call: Call,
  person: Person | undefined,
  typedName: string,
  typed: Pick<Asked, 'response' | 'answering'>,
): Promise<TriedToken> {
  const whose = person === undefined ? { stranger: typedName } : { user: person.user.id }
  const taken = await takeTry(world.db, 'token', whose, call.ip, world.now(), slowest)
  if (!taken.ok) return { outcome: 'wait', until: taken.waitUntil }
  const userName = nameFor(world.stage.tokenValidator?.askedBy, person, typedName)
  const answered: Answered =
    userName === undefined
      ? { outcome: 'failure', reason: 'wrong-code' }
      : await world.tokenValidator.validate({ ...typed, userName, ip: call.ip })
  return judged(answered, typed.answering?.kind, taken, person, world.now())
}

/** A name that nobody has is asked about as well, as it was typed: to a stranger, it is not to take another time. */
const nameFor = (askedBy: AskedBy = 'userName', person: Person | undefined, typedName: string): string | undefined =>
  person === undefined ? typedName : person.user[askedBy]

function judged(
  answered: Answered,
  answering: Challenge['kind'] | undefined,
  taken: Extract<Try, { ok: true }>,
  person: Person | undefined,
  now: Seconds,
): TriedToken {
  switch (answered.outcome) {
    case 'success':
      // The validator may know people whom we do not, or not any more.
      return person === undefined
        ? { outcome: 'wrong', reason: 'wrong-code', writes: [punishedTries(taken, now)] }
        : { outcome: 'right', writes: [forgivenTries(taken)] }
    case 'failure':
      return { outcome: 'wrong', reason: answered.reason, writes: [punishedTries(taken, now)] }
    case 'unavailable':
      return { outcome: 'unavailable', detail: answered.detail, writes: [returnedTry(taken)] }
    case 'challenge': {
      const { challenge } = answered
      const passed = answering !== challenge.kind
      // A text to answer is had for the asking; every other first step follows a right code.
      const free = answering === undefined ? challenge.kind !== 'response' : passed
      return {
        outcome: 'challenge',
        challenge,
        passed,
        writes: [free ? returnedTry(taken) : punishedTries(taken, now)],
      }
    }
  }
}
