// POST /login/{login}/activation/nickname — the key gets its name, and is active.
import { isFriendlyName, toldKey } from '../../src/core/authenticator.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import { changedState } from '../../src/store/people.ts'
import { eventOf } from '../login/event.ts'
import { type JourneyWorld, keyOf } from '../login/journey.ts'
import { keepOr, onPage } from '../login/post.ts'
import { onward } from '../login/step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const friendlyName = fieldOf(call, 'nickname').trim()
  return onPage(world, call, ['activation'], async (journey, { activation }) => {
    const { person, realm } = journey
    if (activation.state !== 'touched') return onward(journey.login, 'step-over')
    const key = keyOf(journey, activation.authenticators[0])
    if (key === undefined || person === undefined) return onward(journey.login, 'step-over')
    if (!isFriendlyName(friendlyName)) return onward(journey.login, 'bad-nickname')

    const now = world.now()
    const { activation: _, ...login } = journey.login
    const counts = realm.settings.activationCountsAsLogin
    const noted = { friendlyName, activatedAt: now, lastUsedAt: now, lastSuccessAt: now }
    return keepOr(world, call, journey, {
      login: { ...login, proofs: counts ? [...login.proofs, activation.proof] : login.proofs },
      person: {
        ...person,
        authenticators: person.authenticators.map((each) => (each.id === key.id ? { ...each, state: 'active' } : each)),
      },
      writes: [
        changedState(key, 'activate', { ...noted, signatureCounter: activation.counter }),
        eventOf(world, call, { ...journey, proved: true }, { type: 'authenticator.activated', ...toldKey(key) }),
      ],
      notice: 'activated',
    })
  })
}
