// POST /login/{login}/activation/password — the password, as the proof that this is the key's user.
import { longestPassword } from '../../src/core/password.ts'
import { hashSecret } from '../../src/core/secret.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { browserOf } from '../../src/http/cookies.ts'
import { fieldOf } from '../../src/http/form.ts'
import { takeActivationTry } from '../../src/store/logins.ts'
import type { JourneyWorld } from '../login/journey.ts'
import { onward } from '../login/step.ts'
import { tryPassword } from '../login/try-password.ts'
import { noTryLeft, proofFailed, proofHeld } from './identity.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const password = fieldOf(call, 'password', longestPassword)
  const browserHash = hashSecret(browserOf(call).secret)
  const id = call.params.login ?? ''
  if (password === '') return onward({ id })

  const taken = await takeActivationTry(world.db, id, { by: 'password', browserHash, now: world.now() })
  if (!taken.ok) return noTryLeft(world, call, taken.found)
  const { login } = taken
  const tried = await tryPassword(world, call, login.user, login.typedName ?? '', password)
  if (tried.outcome === 'wait') return onward(login, 'too-many-tries', { until: tried.until })
  return tried.outcome === 'right'
    ? proofHeld(world, call, login, 'password', tried.writes)
    : proofFailed(world, call, login, 'wrong-password', tried.writes)
}
