/** Whether the token validator has the say on a person's codes, which step it waits in, and what the page of that shows. */
import type { Login } from '../../src/core/login.ts'
import type { Person } from '../../src/core/session.ts'
import { openTokenStep } from '../../src/core/token-validator/token-step.ts'
import type { Challenge } from '../../src/core/token-validator/token-validation.ts'
import type { Call } from '../../src/http/call.ts'
import { browserOf } from '../../src/http/cookies.ts'
import type { Stage } from '../../src/stage.ts'
import type { World } from '../../src/world.ts'
import type { View } from '../../web/view.ts'

/** Whoever has one-time passwords of their own here is asked for those, whatever state they are in. */
export const asksValidator = (stage: Pick<Stage, 'tokenValidator'>, person: Person | undefined): boolean =>
  stage.tokenValidator !== undefined && (person === undefined || person.otps.length === 0)

/** The step that this browser's login waits in. */
export const stepOf = (world: Pick<World, 'now'>, call: Call, login: Login) =>
  openTokenStep(login, browserOf(call).secret, world.now())

/** What the page of a step has beyond every page of a person. */
type StepView =
  Extract<View, { step: string }> extends infer Each
    ? Each extends { page: string; step: string }
      ? Omit<
          Each,
          'base' | 'application' | 'notice' | 'triesLeft' | 'waitUntil' | 'now' | 'username' | 'changeable' | 'others'
        >
      : never
    : never

export function viewOfStep(step: Challenge & { id: string }): StepView {
  const common = { step: step.id, said: step.text }
  switch (step.kind) {
    case 'response':
      return { ...common, page: 'token-response' }
    case 'next-code':
      return { ...common, page: 'token-next-code' }
    case 'server-pin': {
      const pin = step.pin === undefined ? {} : { pin: step.pin }
      return { ...common, ...pin, page: 'token-pin', confirm: step.next === 'confirm' }
    }
    case 'new-pin': {
      const { alphabet, ...lengths } = step.rules
      return { ...common, ...lengths, page: 'token-new-pin', digits: alphabet === 'digits' }
    }
    case 'new-password':
      return { ...common, page: 'token-new-password' }
  }
}
