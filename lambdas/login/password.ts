// POST /login/{login}/password — a password that is kept here, or that the directory has.
import { longestPassword } from '../../src/core/password.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import type { World } from '../../src/world.ts'
import { eventOf } from './event.ts'
import type { JourneyWorld } from './journey.ts'
import { keepOr, onPage } from './post.ts'
import { onward } from './step.ts'
import { keepFailure, noticeOfFailure, tryPassword } from './try-password.ts'

export async function handle(world: JourneyWorld & Pick<World, 'directory'>, call: Call): Promise<Answer> {
  const password = fieldOf(call, 'password', longestPassword)
  return onPage(world, call, ['password'], async (journey) => {
    const { login, person, proved } = journey
    if (password === '') return onward(login)
    const tried = await tryPassword(world, call, login, { user: person?.user.id, person }, password)
    if (tried.outcome === 'wait') return onward(login, 'too-many-tries', { until: tried.until })
    if (tried.outcome === 'failed') {
      const told = eventOf(world, call, journey, { type: 'login.failed', reason: tried.reason })
      await keepFailure(world, tried.writes, told)
      return onward(login, noticeOfFailure(tried, proved))
    }
    const { credential } = tried
    const proof = { factor: 'password', at: world.now(), request: login.id, credential } as const
    return keepOr(world, call, journey, {
      login: { ...login, user: tried.user.id, proofs: [...login.proofs, proof] },
      writes: tried.writes,
      ...(tried.person === undefined ? {} : { person: tried.person }),
    })
  })
}
