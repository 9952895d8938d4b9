// POST /login/{login}/restart — another account: all that was typed and proved here is forgotten.
import { type Login, newChallenge } from '../../src/core/login.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { type JourneyWorld, openJourney } from './journey.ts'
import { showOver } from './show.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const opened = await openJourney(world, call)
  if (!opened.ok) return showOver(world, call, opened.over)
  const { id, browserHash, request, application, policy, startedAt, until, version } = opened.journey.login
  const { flow, sector, thirdParty } = opened.journey.login
  const { loginHint: _, ...asked } = request
  const login: Login = {
    id,
    browserHash,
    request: asked,
    application,
    policy,
    ...(flow === undefined ? {} : { flow }),
    ...(sector === undefined ? {} : { sector }),
    ...(thirdParty === undefined ? {} : { thirdParty }),
    startedAt,
    until,
    version,
    leftSession: true,
    proofs: [],
    ...newChallenge(world.now()),
  }
  const done = await world.db.transact([changedLogin(login)])
  return onward(login, done.ok ? undefined : 'step-over')
}
