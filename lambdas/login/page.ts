// GET /login/{login} — the page that is next, worked out afresh: reload, back button and second tab all see the same.
import { challengeLifetime, newChallenge } from '../../src/core/login.ts'
import { type Answer, type Call, seeOther } from '../../src/http/call.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { showConsent } from './consent-page.ts'
import { fail, finish } from './ending.ts'
import { baseOf, type Journey, type JourneyWorld, openJourney } from './journey.ts'
import { showNext, showOver } from './show.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const opened = await openJourney(world, call)
  if (!opened.ok) return showOver(world, call, opened.over)
  const journey = await withChallenge(world, opened.journey)
  const { next, login } = journey
  // Nothing is missing: another tab signed in meanwhile, or the answer to the last step was lost on its way.
  if (next.page === 'finish') return (await finish(world, call, journey, next.decision)) ?? onward(login, 'step-over')
  if (next.page === 'unmet' && !next.told)
    return (await fail(world, call, journey, next.decision)) ?? onward(login, 'step-over')
  // What a secret is shown on is another Lambda's, which may open it.
  if (next.page === 'otp-enrolment' || next.page === 'recovery-codes')
    return seeOther(`${baseOf(login)}/${next.page}${call.query === '' ? '' : `?${call.query}`}`)
  return next.page === 'consent' ? showConsent(world, call, journey) : showNext(world, call, journey)
}

/** A ceremony that starts now has most of a challenge's life ahead of it. */
async function withChallenge(world: JourneyWorld, journey: Journey): Promise<Journey> {
  const now = world.now()
  if (journey.login.challengeUntil - now > challengeLifetime / 2) return journey
  const login = { ...journey.login, ...newChallenge(now) }
  const done = await world.db.transact([changedLogin(login)])
  // Overtaken by another tab: its challenge is as fresh, and the post will find it.
  return done.ok ? { ...journey, login: { ...login, version: login.version + 1 } } : journey
}
