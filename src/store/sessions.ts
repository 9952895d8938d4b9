/** Sessions: one record each, found by `sid`, and by user on an index. */
import type { UserId } from '../core/authenticator.ts'
import type { Seconds } from '../core/result.ts'
import { hashSecret, sameText, type TwoHalves } from '../core/secret.ts'
import { isLive, type Session } from '../core/session.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

export const sessionIn = (item: Item | undefined): Session | undefined => item as Session | undefined

/** The session, if the cookie's secret is its present one and it has not ended. */
export function sessionOf(item: Item | undefined, cookie: TwoHalves | undefined, now: Seconds): Session | undefined {
  const session = sessionIn(item)
  if (session === undefined || cookie === undefined) return undefined
  return sameText(session.secretHash, hashSecret(cookie.secret)) && isLive(session, now) ? session : undefined
}

const recordOf = (session: Session) => ({ ...session, order: String(session.createdAt).padStart(12, '0') })

export const createdSession = (session: Session): Write => ({
  write: 'put',
  ...places.session(session.sid),
  item: recordOf(session),
  condition: 'attribute_not_exists(#pk)',
})

/** A session with another secret, proofs or standing, in place of the one whose secret this was. */
export const replacedSession = (session: Session, previousHash: string): Write => ({
  write: 'put',
  ...places.session(session.sid),
  item: recordOf(session),
  condition: '#secretHash = :previous',
  values: { previous: previousHash },
})

/** It was used: its idle end moves on. */
export const seenSession = (session: Session, now: Seconds, idleUntil: Seconds): Write => ({
  write: 'update',
  ...places.session(session.sid),
  update: 'SET #lastSeenAt = :now, #idleUntil = :idleUntil',
  condition: '#secretHash = :secretHash',
  values: { now, idleUntil, secretHash: session.secretHash },
})

/** The session has not ended: not logged out of, nor replaced. */
export const sessionHolds = (sid: string): Write => ({
  write: 'check',
  ...places.session(sid),
  condition: 'attribute_exists(#pk)',
})

export const endedSession = (sid: string): Write => ({ write: 'delete', ...places.session(sid) })

/** The sessions of a user, from an index: for housekeeping and for lists, never for a decision. */
export async function sessionsOfUser(db: Db, user: UserId): Promise<Session[]> {
  const sessions: Session[] = []
  let after: Item | undefined
  do {
    const page = await db.query({
      table: 'sessions',
      index: 'by-user',
      where: '#user = :user',
      values: { user },
      ...(after === undefined ? {} : { after }),
    })
    sessions.push(...page.items.filter((item) => String(item.pk).startsWith('session#')).map((item) => item as Session))
    after = page.next
  } while (after !== undefined)
  return sessions
}
