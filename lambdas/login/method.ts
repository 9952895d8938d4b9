// POST /login/{login}/method — another of the ways on, where there are several.
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import type { JourneyWorld } from './journey.ts'
import { keepOr, onPage } from './post.ts'
import { onward } from './step.ts'

/** The pages that name other ways on. */
const choices = ['password', 'otp', 'otp-enrolment', 'certificate', 'webauthn', 'activate'] as const

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  return onPage(world, call, choices, async (journey, next) => {
    const method = next.others.find((other) => other === fieldOf(call, 'method'))
    return method === undefined
      ? onward(journey.login)
      : keepOr(world, call, journey, { login: { ...journey.login, method }, writes: [] })
  })
}
