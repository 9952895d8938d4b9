/**
 * Changes an authenticator for a CMS that manages it, or for a person who helps its user: finds it, holds it against If-Match, decides, writes, and does all of that
 * again when somebody else was faster.
 *
 * A change that takes something away from its user lowers their standing in the same transaction, which is what every
 * session and token is held against from then on. The sessions that the key proved are removed after it: that is
 * housekeeping, and its failure changes nothing of what holds.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { AuditEvent, AuditType } from '../../src/core/audit-event.ts'
import { type Authenticator, toldKey } from '../../src/core/authenticator.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { credentialsOf } from '../../src/core/session.ts'
import type { Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Write } from '../../src/store/db.ts'
import { endedSession, sessionsOfUser } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import type { ApiCaller } from '../api/caller.ts'
import type { Reason } from '../api/problems.ts'
import { isExpected } from '../api/representation.ts'
import { findAuthenticator } from './found.ts'

export type ManageNeeds = Pick<World, 'now' | 'stage' | 'db' | 'verifier' | 'log'>

/** No writes: it is as it should be already. */
export type Decided = {
  writes: Write[]
  audit: AuditType[]
  ends?: boolean
  /** Beside what every record of it says. */
  told?: Pick<AuditEvent, 'reason' | 'detail'>
}

/** With the pauses between them, some two seconds and a half at the very most. */
const attempts = 8

type Managed = Result<{ before: Authenticator; decided: Decided }, Reason>

export async function manage(
  needs: ManageNeeds,
  call: Call,
  cms: ApiCaller,
  decide: (key: Authenticator) => Result<Decided, Reason>,
): Promise<Managed> {
  const { db, now } = needs
  for (let attempt = 0; attempt < attempts; attempt++) {
    // Those who collided come back at different times.
    if (attempt > 0) await pause(Math.random() * 20 * 2 ** (attempt - 1))
    const found = await findAuthenticator(needs, call)
    if (!found.ok) return found
    const key = found.value
    if (!isExpected(call.headers['if-match'], key)) return refuse('precondition-failed')
    // What its user made here is theirs and the operator's, who are people.
    if (key.origin !== 'imported' && cms.person === undefined) return refuse('not-imported')
    const decided = decide(key)
    if (!decided.ok) return decided
    const { writes, audit, ends = false, told = {} } = decided.value
    const about = { at: now(), actor: cms.actor, user: key.user, ip: call.ip, request: call.id }
    const records = audit.map((type) => recorded({ type, ...about, ...toldKey(key), ...told }))
    const done = writes.length === 0 || (await db.transact([...writes, ...records])).ok
    if (!done) continue
    if (ends) await endSessions(needs, call, cms, key)
    return ok({ before: key, decided: decided.value })
  }
  return refuse('changed-meanwhile')
}

/** Of one who used it: what the lowered standing has ended already. */
export async function endSessions(
  needs: Pick<World, 'now' | 'db' | 'log'>,
  call: Call,
  cms: Pick<ApiCaller, 'actor'>,
  key: Pick<Authenticator, 'id' | 'user'>,
): Promise<void> {
  const { db, now, log } = needs
  try {
    for (const { sid, proofs } of await sessionsOfUser(db, key.user)) {
      if (!credentialsOf(proofs).includes(key.id)) continue
      const about = { user: key.user, authenticator: key.id, session: sid, ip: call.ip, request: call.id }
      // Only one that is there, so that its end is told once.
      await db.transact([
        { ...endedSession(sid), condition: 'attribute_exists(#pk)' },
        recorded({ type: 'session.ended', at: now(), actor: cms.actor, ...about, reason: 'authenticator-revoked' }),
      ])
    }
  } catch (failure) {
    log('housekeeping-failed', {
      request: call.id,
      what: 'sessions of a key that was taken away',
      error: failure instanceof Error ? failure.message : 'unknown',
    })
  }
}
