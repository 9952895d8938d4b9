// POST /login/{login}/cancel — back to the application, empty-handed (RFC 6749 §4.1.2.1 access_denied).
import { levelsOf } from '../../src/core/audit-event.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { answerTo } from '../oidc/answer-to.ts'
import { showOverPushed } from '../oidc/over-pushed.ts'
import { answeredBefore, answeredOnce, fail } from './ending.ts'
import { eventOf } from './event.ts'
import { type JourneyWorld, openJourney } from './journey.ts'
import { showOver } from './show.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const opened = await openJourney(world, call)
  if (!opened.ok) return showOver(world, call, opened.over)
  const { journey } = opened
  const { login, next } = journey
  // There was nothing else they could have done: the application hears why.
  if (next.page === 'unmet') return (await fail(world, call, journey, next.decision)) ?? onward(login, 'step-over')
  const done = await world.db.transact([
    ...answeredOnce(login, world.now()),
    changedLogin({ ...login, done: 'given-up' }),
    eventOf(world, call, journey, {
      type: 'login.failed',
      reason: 'cancelled',
      ...levelsOf(journey.decision.report),
    }),
  ])
  if (!done.ok && answeredBefore(login, done)) return showOverPushed(world, call)
  if (!done.ok) return onward(login, 'step-over')
  return answerTo(world, call, login.request, {
    error: 'access_denied',
    error_description: 'The user cancelled the sign-in.',
  })
}
