/** What is left of an import that was refused: its audit record. */
import type { Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import type { World } from '../../src/world.ts'
import type { ApiCaller } from './caller.ts'
import type { Refused } from './problems.ts'

/** Says in the audit log that an import was refused, and why. */
export async function noteRefusal(
  { db, now }: Pick<World, 'db' | 'now'>,
  { cms, call, userId }: { cms: ApiCaller; call: Pick<Call, 'id' | 'ip'>; userId?: string | undefined },
  { reason, detail, at }: Refused,
): Promise<void> {
  const about = [at, detail].filter((part) => part !== undefined && part !== '').join(': ')
  await db.transact([
    recorded({
      type: 'import.refused',
      at: now(),
      actor: cms.actor,
      ...(userId === undefined ? {} : { user: userId }),
      ip: call.ip,
      request: call.id,
      reason,
      ...(about === '' ? {} : { detail: about.slice(0, 300) }),
    }),
  ])
}
