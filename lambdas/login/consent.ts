// POST /login/{login}/consent — the person allows the application what it asks for, or does not (OpenID Connect Core §3.1.2.4).
//
// The answer ends the login at once: nothing of it is kept on the way, so there is nothing to come back to with the back
// button, or to take along into another login.
import { consentFor, withAllowed } from '../../src/core/oidc/consent.ts'
import { sameText } from '../../src/core/secret.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import { keptConsent } from '../../src/store/consents.ts'
import type { Write } from '../../src/store/db.ts'
import { type Asking, showGone, whoAsks } from './consent-page.ts'
import { fail, finish } from './ending.ts'
import { eventOf } from './event.ts'
import type { Journey, JourneyWorld } from './journey.ts'
import { onPage, whereItStands } from './post.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const answer = fieldOf(call, 'answer')
  return onPage(world, call, ['consent'], async (journey, { decision }) => {
    const asking = await whoAsks(world, journey)
    if (asking === undefined) return showGone(world, call, journey)
    // Another name, another tab's answer, another person: nobody allows what they did not see.
    if (!sameText(fieldOf(call, 'shown'), asking.shown)) return onward(journey.login, 'consent-changed')
    if (answer === 'deny') {
      const { report } = decision
      const denial = {
        error: 'access_denied',
        reason: 'no-consent',
        description: 'The user did not allow it.',
        report,
      } as const
      const denied = await fail(world, call, journey, denial, [], 'consent.denied')
      return denied ?? whereItStands(world, call, journey)
    }
    if (answer !== 'allow') return onward(journey.login)
    const { journey: allowed, writes } = allowing(world, call, journey, asking)
    return (await finish(world, call, allowed, decision, writes)) ?? whereItStands(world, call, journey)
  })
}

type Allowed = { journey: Journey; writes: Write[] }

/** What is remembered of it, and told. The organisation's own applications ask each time that they want to. */
function allowing(world: JourneyWorld, call: Call, journey: Journey, { user, asked }: Asking): Allowed {
  const { login, person } = journey
  const told = eventOf(world, call, journey, {
    type: 'consent.given',
    detail: [...asked.scopes, ...asked.claims, ...asked.resources].join(' '),
  })
  if (login.thirdParty === undefined || person === undefined) return { journey, writes: [told] }
  const { clientId } = login.request
  const consent = withAllowed(consentFor(login, person.consents), asked, { user, clientId, now: world.now() })
  return { journey: { ...journey, person: { ...person, consents: [consent] } }, writes: [keptConsent(consent), told] }
}
