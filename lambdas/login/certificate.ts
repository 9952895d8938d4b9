// POST /login/{login}/certificate — sends the browser to the host that asks for a certificate, with a secret for its way.
import { newHandoff } from '../../src/core/certificate/handoff.ts'
import { type Answer, type Call, seeOther } from '../../src/http/call.ts'
import { createdHandoff } from '../../src/store/handoffs.ts'
import type { JourneyWorld } from './journey.ts'
import { onPage } from './post.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  return onPage(world, call, ['certificate'], async ({ login }) => {
    const { certificates } = world.stage
    if (certificates === undefined) throw new Error('A page asked for a certificate on a stage that takes none')
    const { handoff, secret } = newHandoff(login, world.now())
    // Beside the login, which stays as it is: a second tab's secret takes nothing from the first one's.
    const done = await world.db.transact([createdHandoff(handoff)])
    if (!done.ok) throw new Error('A new hand-off met one of the same id')
    return seeOther(`${certificates.origin}/certificate/${handoff.id}.${secret}`)
  })
}
