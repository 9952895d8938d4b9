// POST /login/{login}/activation/skip — `Not now`: on with the key that is active already, and only if there is one.
import type { Answer, Call } from '../../src/http/call.ts'
import type { JourneyWorld } from '../login/journey.ts'
import { keepOr, onPage } from '../login/post.ts'
import { onward } from '../login/step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  return onPage(world, call, ['activate', 'activation'], async (journey, next) => {
    if (!next.canSkip) return onward(journey.login)
    const { activation: _, ...login } = journey.login
    return keepOr(world, call, journey, { login: { ...login, skippedActivation: true }, writes: [] })
  })
}
