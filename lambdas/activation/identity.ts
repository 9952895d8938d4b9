/** How a try to confirm one's identity ends, whichever proof it was. The try itself was counted before. */
import { isDecoy } from '../../src/core/enrolment.ts'
import { activationLifetime, type Login, newChallenge } from '../../src/core/login.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { changedLogin } from '../../src/store/logins.ts'
import type { World } from '../../src/world.ts'
import type { Notice } from '../../web/view.ts'
import { eventOf } from '../login/event.ts'
import type { JourneyWorld } from '../login/journey.ts'
import { showOver } from '../login/show.ts'
import { onward } from '../login/step.ts'
import { type FailureReason, keepFailure } from '../login/try-password.ts'

/** The person is who they say: the ceremony with the key comes next. */
export async function proofHeld(
  world: JourneyWorld,
  call: Call,
  login: Login,
  by: 'email' | 'password',
  writes: Write[] = [],
): Promise<Answer> {
  const { activation } = login
  if (activation === undefined) throw new Error('An activation was confirmed that is not there')
  const now = world.now()
  const { authenticators } = activation
  const proved = { state: 'proved', authenticators, until: now + activationLifetime } as const
  const done = await world.db.transact([
    changedLogin({ ...login, activation: proved, ...newChallenge(now) }),
    ...writes,
    eventOf(
      world,
      call,
      { login, proved: true },
      { type: 'authenticator.identity-confirmed', ...aboutKeys(authenticators), detail: by },
    ),
  ])
  return onward(login, done.ok ? undefined : 'step-over')
}

export async function proofFailed(
  world: JourneyWorld,
  call: Call,
  login: Login,
  reason: 'wrong-code' | FailureReason,
  notice: Notice,
  writes: Write[] = [],
): Promise<Answer> {
  const { activation } = login
  const about = aboutKeys(activation?.authenticators ?? [])
  const told = eventOf(world, call, { login }, { type: 'authenticator.activation-failed', reason, ...about })
  await keepFailure(world, writes, told)
  const spent = activation?.state === 'waiting' && activation.by === 'email' && activation.triesLeft === 0
  return onward(login, spent ? 'code-spent' : notice)
}

/** There was no try to take: too many, too late, or that step is done. */
export async function noTryLeft(world: JourneyWorld, call: Call, login: Login | undefined): Promise<Answer> {
  if (login === undefined) return showOver(world, call, { over: 'unknown' })
  if (login.done) return showOver(world, call, { over: login.done, login })
  if (login.until <= world.now()) return showOver(world, call, { over: 'expired', login })
  return onward(login, notWaiting(world, login))
}

/** Why nothing waits for what was sent. For a password that was waited for too long, there is nothing to say. */
export function notWaiting(world: Pick<World, 'now'>, { activation }: Login): Notice | undefined {
  if (activation?.state !== 'waiting') return 'step-over'
  if (activation.by === 'password') return activation.until <= world.now() ? undefined : 'step-over'
  if (activation.until <= world.now()) return 'code-expired'
  return activation.triesLeft === 0 ? 'code-spent' : 'step-over'
}

/** What an audit record says of the keys that an activation is about: the one, or how many. */
export const aboutKeys = (authenticators: readonly string[]) => {
  const [authenticator, ...others] = authenticators.filter((key) => !isDecoy(key))
  if (authenticator === undefined) return {}
  return others.length === 0 ? { authenticator } : { authenticators: [authenticator, ...others] }
}
