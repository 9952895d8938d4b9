/**
 * A step of a login: kept by one transaction that holds what it changed, what is told of it and, when nothing is missing
 * any more, the answer to the application as well.
 */
import { levelsOf } from '../../src/core/audit-event.ts'
import type { Login } from '../../src/core/login.ts'
import type { Seconds } from '../../src/core/result.ts'
import type { Person } from '../../src/core/session.ts'
import { type Answer, type Call, seeOther } from '../../src/http/call.ts'
import { clearSession } from '../../src/http/cookies.ts'
import type { Write } from '../../src/store/db.ts'
import { changedLogin, createdLogin } from '../../src/store/logins.ts'
import type { Notice } from '../../web/view.ts'
import { endings, fail, finish } from './ending.ts'
import { eventOf } from './event.ts'
import { baseOf, type Journey, type JourneyWorld, judge } from './journey.ts'

/** Back to the login's address, where the next page is worked out. */
export const onward = (login: Pick<Login, 'id'>, notice?: Notice, wait?: { until: Seconds }): Answer =>
  seeOther(
    `${baseOf(login)}${notice === undefined ? '' : `?notice=${notice}`}${wait === undefined ? '' : `&until=${wait.until}`}`,
  )

export type Step = {
  /** The login as it is to be. */
  login: Login
  /** What changes beside it, and what is told of it. */
  writes: Write[]
  /** The person as the writes will leave them, where they touch what the decision looks at. */
  person?: Person
  notice?: Notice
}

/**
 * Keeps a step: with it, in the same transaction, the answer to the application if nothing is missing any more.
 * `undefined` when something that the step rests on was changed meanwhile; nothing is kept then.
 */
export async function keep(world: JourneyWorld, call: Call, journey: Journey, step: Step): Promise<Answer | undefined> {
  const ahead = judge(world, { ...journey, login: step.login, person: step.person ?? journey.person })
  if (ahead.next.page === 'finish') return finish(world, call, ahead, ahead.next.decision, step.writes)
  if (ahead.next.page === 'unmet' && !ahead.next.told) return fail(world, call, ahead, ahead.next.decision, step.writes)
  // What was proved on the way changes what is asked; a choice of page does not.
  const told = step.login.proofs.length > journey.login.proofs.length ? [asked(world, call, ahead)] : []
  const done = await world.db.transact([...step.writes, changedLogin(step.login), ...told])
  return done.ok ? onward(step.login, step.notice) : undefined
}

/** Keeps a new login: the application asked for something that takes a page. */
export async function begin(world: JourneyWorld, call: Call, journey: Journey, cookies: string[]): Promise<Answer> {
  const { login, leftover } = journey
  // Not left by choice, so it fell: with its user, or with a key that it rests on.
  const stale = leftover !== undefined && !login.leftSession
  const done = await world.db.transact([
    createdLogin(login),
    ...(stale ? endings(world, call, leftover, 'no-longer-stands') : []),
    asked(world, call, journey),
  ])
  if (!done.ok) throw new Error('A new login met one of the same id')
  return seeOther(baseOf(login), [...cookies, ...(stale ? [clearSession()] : [])])
}

/** What is asked of the person next, or told them where there is nothing to ask. */
const asked = (world: JourneyWorld, call: Call, journey: Journey): Write =>
  eventOf(world, call, journey, {
    type: journey.next.page === 'consent' ? 'consent.asked' : 'step-up.asked',
    reason: journey.decision.report.reason,
    ...levelsOf(journey.decision.report),
  })
