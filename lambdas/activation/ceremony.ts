// POST /login/{login}/activation/ceremony — the pending key's answer, checked with the public key that was imported.
import { isVoid } from '../../src/core/authenticator.ts'
import { parseAssertion } from '../../src/core/fido/fido.ts'
import { proofOf } from '../../src/core/judge.ts'
import { activationLifetime, newChallenge } from '../../src/core/login.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { checkAssertion, noticeToOwner, readResponse, refusalWrites } from '../login/assertion.ts'
import { type JourneyWorld, keyOf, overtaken } from '../login/journey.ts'
import { onPage } from '../login/post.ts'
import { onward } from '../login/step.ts'

function credentialIdOf(response: unknown): string | undefined {
  const parsed = parseAssertion(response)
  return parsed.ok ? parsed.value.credentialId : undefined
}

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const posted = fieldOf(call, 'response', 16_384)
  const response = readResponse(posted)
  return onPage(world, call, ['activation'], async (journey, { activation }) => {
    const { login } = journey
    if (activation.state !== 'proved') return onward(login, 'step-over')
    // The form itself was posted: no script ran that could have asked for the key.
    if (posted === '') return onward(login, 'no-script')

    const now = world.now()
    const keys = activation.authenticators
      .flatMap((id) => keyOf(journey, id) ?? [])
      .filter((key) => key.state === 'pending' && !isVoid(key, now))
    const key = keys.find((each) => each.credential.credentialId === credentialIdOf(response)) ?? keys[0]
    if (key === undefined) return onward(login, overtaken(journey))
    const checked = await checkAssertion(world, login, key, response, {
      purpose: 'activation',
      handleRequired: false,
      // Whoever activates a key shows that they can unlock it, whatever it is to be used for.
      userVerification: 'required',
    })
    if (!checked.ok) {
      await world.db.transact([
        changedLogin({ ...login, ...newChallenge(now) }),
        ...refusalWrites(world, call, journey, key, checked.reason, 'authenticator.activation-failed'),
      ])
      return onward(login, noticeToOwner(checked.reason))
    }
    const touched = {
      state: 'touched',
      authenticators: [key.id] as [string],
      counter: checked.value.counter,
      proof: proofOf(key, checked.value, login, now),
      until: now + activationLifetime,
    } as const
    const done = await world.db.transact([changedLogin({ ...login, activation: touched, ...newChallenge(now) })])
    return onward(login, done.ok ? undefined : 'step-over')
  })
}
