// POST /login/{login}/activation/code — the mailed code, as the proof that this is the key's user.
import { hashSecret, sameText } from '../../src/core/secret.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { browserOf } from '../../src/http/cookies.ts'
import { fieldOf } from '../../src/http/form.ts'
import { takeCodeTry } from '../../src/store/logins.ts'
import type { JourneyWorld } from '../login/journey.ts'
import { onward } from '../login/step.ts'
import { codeHash } from './code-hash.ts'
import { noTryLeft, proofFailed, proofHeld } from './identity.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const typed = fieldOf(call, 'code', 64)
  const { secret } = browserOf(call)
  const id = call.params.login ?? ''
  if (typed.trim() === '') return onward({ id })

  const taken = await takeCodeTry(world.db, id, { browserHash: hashSecret(secret), now: world.now() })
  if (!taken.ok) return noTryLeft(world, call, taken.found)
  const { login } = taken
  const { activation } = login
  const holds =
    activation?.state === 'waiting' &&
    activation.by === 'email' &&
    sameText(activation.codeHash, codeHash(secret, login.id, activation.authenticators, typed))
  return holds ? proofHeld(world, call, login, 'email') : proofFailed(world, call, login, 'wrong-code', 'wrong-code')
}
