/**
 * A code, or the answer to one of the steps that a token validator may ask for: what `otp.ts` does where the validator
 * has the say.
 *
 * A step ends with its answer: by success, by the next step, or by a failure after which the steps start anew. A form of a
 * step that is over (back button, second tab) answers nothing.
 */
import type { Login } from '../../src/core/login.ts'
import { newTokenStep } from '../../src/core/token-validator/token-step.ts'
import { type Challenge, type FailureReason, longestResponse } from '../../src/core/token-validator/token-validation.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { browserOf } from '../../src/http/cookies.ts'
import { fieldOf } from '../../src/http/form.ts'
import { changedLogin } from '../../src/store/logins.ts'
import type { World } from '../../src/world.ts'
import type { Notice } from '../../web/view.ts'
import { eventOf } from './event.ts'
import type { Journey, JourneyWorld } from './journey.ts'
import { keepOr } from './post.ts'
import { onward } from './step.ts'
import { stepOf } from './token-view.ts'
import { keepFailure } from './try-password.ts'
import { type TriedToken, tryToken } from './try-token.ts'

type Needs = JourneyWorld & Pick<World, 'tokenValidator'>

export async function answerToken(world: Needs, call: Call, journey: Journey): Promise<Answer> {
  const { login, person } = journey
  const step = stepOf(world, call, login)
  if (fieldOf(call, 'step') !== (step?.id ?? '')) return onward(login, 'step-over')
  if (fieldOf(call, 'again') !== '') return keepOr(world, call, journey, { login: withoutStep(login), writes: [] })
  const typed = typedIn(call, step)
  if (typed.response === undefined) return onward(login, typed.notice)
  const answering = step === undefined ? {} : { answering: { kind: step.kind, state: step.state } }
  const tried = await tryToken(world, call, person, login.typedName ?? '', {
    response: typed.response,
    ...answering,
  })
  switch (tried.outcome) {
    case 'wait':
      return onward(login, 'too-many-tries', { until: tried.until })
    case 'unavailable':
      return unavailable(world, call, journey, tried)
    case 'wrong':
      return wrong(world, call, journey, tried)
    case 'challenge':
      return challenged(world, call, journey, tried)
    case 'right': {
      const proof = { factor: 'otp', at: world.now(), request: login.id } as const
      const user = person === undefined ? {} : { user: person.user.id }
      const proved = { ...withoutStep(login), ...user, proofs: [...login.proofs, proof] }
      return keepOr(world, call, journey, { login: proved, writes: tried.writes })
    }
  }
}

const withoutStep = ({ tokenStep: _, ...login }: Login): Login => login

/** What the form of this step has. Nothing typed is nothing to say. */
function typedIn(
  call: Call,
  step: Challenge | undefined,
): { response: string } | { response?: undefined; notice?: Notice } {
  if (step?.kind === 'server-pin' && step.next === 'confirm') return { response: '' }
  if (step?.kind === 'new-pin' || step?.kind === 'new-password') {
    const name = step.kind === 'new-pin' ? 'pin' : 'password'
    const response = fieldOf(call, name, longestResponse)
    if (response === '') return {}
    return response === fieldOf(call, 'repeat', longestResponse) ? { response } : { notice: 'repeat-differs' }
  }
  const response = fieldOf(call, 'code', longestResponse).trim()
  return response === '' ? {} : { response }
}

const noticeOf: Record<FailureReason, Notice> = {
  'wrong-code': 'wrong-one-time-code',
  'wrong-response': 'wrong-one-time-code',
  'wrong-next-code': 'wrong-one-time-code',
  'pin-not-confirmed': 'wrong-one-time-code',
  'pin-refused': 'pin-refused',
  'password-refused': 'password-refused',
}

async function wrong(
  world: Needs,
  call: Call,
  journey: Journey,
  { reason, writes }: Extract<TriedToken, { outcome: 'wrong' }>,
): Promise<Answer> {
  const { login } = journey
  const told = eventOf(world, call, journey, { type: 'login.failed', reason })
  const over = login.tokenStep === undefined ? [] : [changedLogin(withoutStep(login))]
  await keepFailure(world, [...writes, ...over], told)
  return onward(login, noticeOf[reason])
}

async function unavailable(
  world: Needs,
  call: Call,
  journey: Journey,
  { detail, writes }: Extract<TriedToken, { outcome: 'unavailable' }>,
): Promise<Answer> {
  world.log('token validator unavailable', { request: call.id, detail })
  const told = eventOf(world, call, journey, { type: 'login.failed', reason: 'validator-unavailable' })
  await keepFailure(world, writes, told)
  return onward(journey.login, 'validator-unavailable')
}

async function challenged(
  world: Needs,
  call: Call,
  journey: Journey,
  { challenge, passed, writes }: Extract<TriedToken, { outcome: 'challenge' }>,
): Promise<Answer> {
  const { login } = journey
  const tokenStep = newTokenStep(challenge, login, browserOf(call).secret, world.now())
  const told = eventOf(world, call, journey, { type: 'token.challenged', reason: challenge.kind })
  return keepOr(world, call, journey, {
    login: { ...login, tokenStep },
    writes: [...writes, told],
    ...(challenge.refused || !passed ? { notice: noticeOfAnother[challenge.kind] } : {}),
  })
}

/** What to say of an answer after which the same is asked again. */
const noticeOfAnother: Record<Challenge['kind'], Notice> = {
  response: 'wrong-one-time-code',
  'next-code': 'wrong-one-time-code',
  'server-pin': 'wrong-one-time-code',
  'new-pin': 'pin-refused',
  'new-password': 'password-refused',
}
