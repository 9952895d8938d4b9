/**
 * Ends people's sessions at somebody's word: the person's own, an administrator's by the API, or an operator's by the
 * command `npm run admin`.
 *
 * That applications hear of it is nobody's business here: the end of the record tells them.
 */

import type { Desk } from './administration.ts'
import type { AuditEvent } from './core/audit-event.ts'
import type { UserId } from './core/authenticator.ts'
import { ok, type Result, refuse } from './core/result.ts'
import { isLive, type Session } from './core/session.ts'
import { isOfEpoch, type User } from './core/user.ts'
import { recorded } from './store/audit.ts'
import type { Db, Write } from './store/db.ts'
import { readUser } from './store/people.ts'
import { endedAllSessions, endedSession, sessionsOfUser } from './store/sessions.ts'

/** Those that go on, the newest first. From an index, which may not show the last second yet. */
export async function listSessions({ db, now }: { db: Db; now(): number }, user: UserId): Promise<Session[]> {
  const sessions = await sessionsOfUser(db, user)
  return sessions.filter((session) => isLive(session, now())).sort((a, b) => b.createdAt - a.createdAt)
}

/** One of this user's. What goes on without a session (`offline_access`) goes on. */
export async function endOneSession(
  desk: Desk,
  user: UserId,
  sid: string,
  reason = 'ended-by-administrator',
): Promise<Result<undefined, 'session-not-found'>> {
  const done = await desk.db.transact([
    { ...endedSession(sid), condition: '#user = :user', values: { user } },
    told(desk, { type: 'session.ended', user, session: sid, reason }),
  ])
  return done.ok ? ok(undefined) : refuse('session-not-found')
}

/**
 * All of this user's, and all that was made in them: codes, refresh tokens, also those of `offline_access`, and access
 * tokens wherever we are asked about them. That is so once the first transaction is through. The records go after it, and
 * whoever breaks off there may begin again.
 *
 * @param known one that the index may not show yet
 * @returns how many records went
 */
export async function endAllSessions(
  desk: Desk,
  user: UserId,
  known?: Session,
): Promise<Result<number, 'user-not-found'>> {
  const { db } = desk
  const done = await db.transact([endedAllSessions(user), told(desk, { type: 'sessions.ended', user })])
  const read = done.ok ? await readUser(db, user) : undefined
  if (read === undefined) return refuse('user-not-found')
  return ok(await endLeftSessions(desk, read, 'all-ended', known))
}

/**
 * The records of sessions that are over with their user's epoch, of which applications hear. Whoever breaks off may begin
 * again.
 *
 * @param user as they are by now
 * @returns how many records went
 */
export async function endLeftSessions(
  desk: Desk,
  user: Pick<User, 'id' | 'epoch'>,
  reason: 'all-ended' | 'user-disabled' | 'user-deleted',
  known?: Session,
): Promise<number> {
  let ended = 0
  const found = [...(known === undefined ? [] : [known]), ...(await sessionsOfUser(desk.db, user.id))]
  for (const session of new Map(found.map((each) => [each.sid, each])).values()) {
    // Begun since: somebody who signs in again is not signed out again.
    if (isOfEpoch(session, user)) continue
    const { sid } = session
    const gone = await desk.db.transact([
      // Only one that is there, so that its end is told once.
      { ...endedSession(sid), condition: 'attribute_exists(#pk)' },
      told(desk, { type: 'session.ended', user: user.id, session: sid, reason }),
    ])
    if (gone.ok) ended += 1
  }
  return ended
}

const told = ({ now, actor, about = {} }: Desk, event: Omit<AuditEvent, 'at' | 'actor'>): Write =>
  recorded({ at: now(), actor, ...about, ...event })
