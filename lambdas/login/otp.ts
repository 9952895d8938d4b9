// POST /login/{login}/otp — a one-time code, or a recovery code in its place; or what a token validator asks for.
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import type { World } from '../../src/world.ts'
import { eventOf } from './event.ts'
import { type Journey, type JourneyWorld, openJourney, overtaken } from './journey.ts'
import { onPage } from './post.ts'
import { showOver } from './show.ts'
import { keep, onward, type Step } from './step.ts'
import { answerToken } from './token.ts'
import { asksValidator } from './token-view.ts'
import { type TriedCode, tryOneTimeCode } from './try-one-time-code.ts'
import { keepFailure } from './try-password.ts'

type Needs = JourneyWorld & Pick<World, 'sealer' | 'tokenValidator'>

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const typed = { code: fieldOf(call, 'code', 64).trim(), recovery: fieldOf(call, 'recovery', 64).trim() }
  return onPage(world, call, ['otp'], async (journey) => {
    const { login, person } = journey
    if (typed.recovery === '' && asksValidator(world.stage, person)) return answerToken(world, call, journey)
    if (typed.code === '' && typed.recovery === '') return onward(login)
    const tried = await tryOneTimeCode(world, call, person, login.typedName ?? '', typed)
    if (tried.outcome === 'wait') return onward(login, 'too-many-tries', { until: tried.until })
    if (tried.outcome === 'wrong') return wrong(world, call, journey, tried)
    return right(world, call, journey, tried)
  })
}

async function wrong(
  world: Needs,
  call: Call,
  journey: Journey,
  { notice, locked, writes }: Extract<TriedCode, { outcome: 'wrong' }>,
): Promise<Answer> {
  const told = eventOf(world, call, journey, { type: 'login.failed', reason: notice })
  const locks = locked.map(({ id }) => eventOf(world, call, journey, { type: 'otp.locked', authenticator: id }))
  await keepFailure(world, [...writes, ...locks], told)
  return onward(journey.login, notice)
}

async function right(
  world: Needs,
  call: Call,
  journey: Journey,
  { credential, writes, recoveryCodesLeft }: Extract<TriedCode, { outcome: 'right' }>,
): Promise<Answer> {
  const { login, person } = journey
  const proof = { factor: 'otp', at: world.now(), request: login.id, credential } as const
  const told =
    recoveryCodesLeft === undefined
      ? []
      : [eventOf(world, call, journey, { type: 'recovery-code.used', detail: `${recoveryCodesLeft} left` })]
  const step: Step = {
    login: { ...login, ...(person === undefined ? {} : { user: person.user.id }), proofs: [...login.proofs, proof] },
    writes: [...writes, ...told],
  }
  return (await keep(world, call, journey, step)) ?? beaten(world, call, journey)
}

/** The same code came in twice at once, and the other was kept; or the login has moved on in another tab. */
async function beaten(world: Needs, call: Call, { login }: Journey): Promise<Answer> {
  const opened = await openJourney(world, call)
  if (!opened.ok) return showOver(world, call, opened.over)
  const isHere = opened.journey.next.page === 'otp'
  return onward(login, isHere ? 'reused-one-time-code' : overtaken(opened.journey))
}
