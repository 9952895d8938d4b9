// GET /certificate/{handoff} — on the host that asks for a certificate: what the browser showed, and back with a ticket.
//
// The certificate is that of the connection, from the request context. No cookie gets here, and no page is shown: whatever
// came of it is in the record, and the person reads it where they came from.
import { isWaiting } from '../../src/core/certificate/handoff.ts'
import { joinHalves, newSecret, splitHalves } from '../../src/core/secret.ts'
import { type Answer, type Call, isPrefetch, notYet, seeOther } from '../../src/http/call.ts'
import { handoffIn, keepExamined } from '../../src/store/handoffs.ts'
import { places } from '../../src/store/keys.ts'
import type { World } from '../../src/world.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'log' | 'certificates'>

export async function handle(world: Needs, call: Call): Promise<Answer> {
  if (isPrefetch(call)) return notYet
  const halves = splitHalves(call.params.handoff)
  const handoff = halves && handoffIn(await world.db.get(places.handoff(halves.id)))
  const loginOf = (id: string) => `${world.stage.issuer}/login/${encodeURIComponent(id)}`
  // There is such a page, and it says that there is no such sign-in.
  if (halves === undefined || handoff === undefined) return seeOther(loginOf('unknown'))
  const back = seeOther(`${loginOf(handoff.login)}?notice=certificate-late`)
  if (!isWaiting(handoff, halves.secret, world.now())) return back

  const examined = await world.certificates.examine(call.clientCertificate)
  // Whom it names is for the audit, which is told once the login is known to be this browser's.
  world.log('certificate', { login: handoff.login, ...(examined.ok ? {} : pick(examined)) })
  const ticket = newSecret()
  const kept = await keepExamined(world.db, handoff, { examined, ticket, now: world.now() })
  return kept
    ? seeOther(`${loginOf(handoff.login)}/certificate?ticket=${joinHalves({ id: handoff.id, secret: ticket })}`)
    : back
}

const pick = ({ reason, detail }: { reason: string; detail?: string }) => ({
  reason,
  ...(detail === undefined ? {} : { detail }),
})
