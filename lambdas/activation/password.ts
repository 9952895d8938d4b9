// POST /login/{login}/activation/password — the password, as the proof that this is the key's user.
import { longestPassword } from '../../src/core/password.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import type { World } from '../../src/world.ts'
import { type JourneyWorld, openLogin } from '../login/journey.ts'
import { showOver } from '../login/show.ts'
import { onward } from '../login/step.ts'
import { tryPassword } from '../login/try-password.ts'
import { notWaiting, proofFailed, proofHeld } from './identity.ts'

export async function handle(world: JourneyWorld & Pick<World, 'directory'>, call: Call): Promise<Answer> {
  const password = fieldOf(call, 'password', longestPassword)
  const opened = await openLogin(world, call)
  if (!opened.ok) return showOver(world, call, opened.over)
  const { login } = opened
  const { activation } = login
  if (activation?.state !== 'waiting' || activation.by !== 'password' || activation.until <= world.now())
    return onward(login, notWaiting(world, login))
  if (password === '') return onward(login)

  const tried = await tryPassword(world, call, login, { user: login.user }, password)
  if (tried.outcome === 'wait') return onward(login, 'too-many-tries', { until: tried.until })
  // Whom the directory knows and nobody here did is somebody from now on, and reads what they really have.
  return tried.outcome === 'right'
    ? proofHeld(world, call, { ...login, user: tried.user.id }, 'password', tried.writes)
    : proofFailed(world, call, login, tried.reason, tried.notice ?? 'wrong-password', tried.writes)
}
