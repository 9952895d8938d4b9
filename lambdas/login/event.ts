/** What the audit log is told of a login. */
import type { AuditEvent } from '../../src/core/audit-event.ts'
import type { Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Write } from '../../src/store/db.ts'
import type { World } from '../../src/world.ts'
import type { Journey } from './journey.ts'

/** An event of this login, with what every one of them says. Until somebody proved to be the user, a stranger did it. */
export function eventOf(
  world: Pick<World, 'now'>,
  call: Call,
  { login, person, proved = false }: Pick<Journey, 'login'> & Partial<Pick<Journey, 'person' | 'proved'>>,
  event: Pick<AuditEvent, 'type'> & Partial<AuditEvent>,
): Write {
  const user = person?.user.id ?? login.user
  return recorded({
    at: world.now(),
    actor: proved && user !== undefined ? { kind: 'user', id: user } : { kind: 'stranger', id: call.ip },
    client: login.request.clientId,
    ip: call.ip,
    request: call.id,
    ...(user === undefined ? {} : { user }),
    ...event,
  })
}
