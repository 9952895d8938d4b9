/** Sessions: one record each, found by `sid`, and by user on an index. */
import type { UserId } from '../core/authenticator.ts'
import type { Seconds } from '../core/result.ts'
import { hashSecret, sameText, type TwoHalves } from '../core/secret.ts'
import { isLive, type Session } from '../core/session.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

/** DynamoDB has the clients as a set, so that two logins that end at once each add theirs. */
export function sessionIn(item: Item | undefined): Session | undefined {
  if (item === undefined) return undefined
  const { clients, ...session } = item as Session & { clients?: Iterable<string> }
  return clients === undefined ? session : { ...session, clients: [...clients].sort() }
}

/** The session, if the cookie's secret is its present one and it has not ended. */
export function sessionOf(item: Item | undefined, cookie: TwoHalves | undefined, now: Seconds): Session | undefined {
  const session = sessionIn(item)
  if (session === undefined || cookie === undefined) return undefined
  return sameText(session.secretHash, hashSecret(cookie.secret)) && isLive(session, now) ? session : undefined
}

const recordOf = ({ clients = [], ...session }: Session) => ({
  ...session,
  order: String(session.createdAt).padStart(12, '0'),
  // DynamoDB has no empty sets.
  ...(clients.length === 0 ? {} : { clients: new Set(clients) }),
})

/** Adds an application to those that had a code in the session; `undefined`: this change brought none a code. */
const adding = (client: string | undefined) =>
  client === undefined
    ? { add: '', values: {} }
    : { add: ' ADD #clients :clients', values: { clients: new Set([client]) } }

export const createdSession = (session: Session): Write => ({
  write: 'put',
  ...places.session(session.sid),
  item: recordOf(session),
  condition: 'attribute_not_exists(#pk)',
})

/** What a login changes of a session that goes on. Whose it is, when it began and when it ends at the latest stay. */
const changing = ['secretHash', 'proofs', 'standing', 'lastSeenAt', 'idleUntil', 'ip', 'userAgent'] as const

/**
 * A session with another secret, proofs or standing, in place of the one whose secret this was. An update, so that no
 * application is lost that had a code in it meanwhile.
 */
export function replacedSession(session: Session, previousHash: string, client?: string): Write {
  const given = changing.filter((name) => session[name] !== undefined)
  const { add, values } = adding(client)
  return {
    write: 'update',
    ...places.session(session.sid),
    update: `SET ${given.map((name) => `#${name} = :${name}`).join(', ')}${add}`,
    condition: `#secretHash = :previous AND ${undropped(session)}`,
    values: {
      ...Object.fromEntries(given.map((name) => [name, session[name]])),
      ...values,
      previous: previousHash,
      ...dropsOf(session),
    },
  }
}

/** That nothing was dropped since the session was read: what was dropped does not come back with a login under way. */
const undropped = ({ drops }: Session): string =>
  drops === undefined ? 'attribute_not_exists(#drops)' : '#drops = :drops'
const dropsOf = ({ drops }: Session) => (drops === undefined ? {} : { drops })

/**
 * A session with fewer proofs, at its person's word. Its secret stays, as nobody here has the browser's cookie to give it
 * another; what would bring the proofs back is held to the number of drops instead.
 */
export const droppedProofs = (session: Session, proofs: Session['proofs']): Write => ({
  write: 'update',
  ...places.session(session.sid),
  update: 'SET #proofs = :proofs, #drops = :next',
  condition: `#secretHash = :secretHash AND ${undropped(session)}`,
  values: { proofs, next: (session.drops ?? 0) + 1, secretHash: session.secretHash, ...dropsOf(session) },
})

/** It was used: its idle end moves on. */
export function seenSession(session: Session, now: Seconds, idleUntil: Seconds, client?: string): Write {
  const { add, values } = adding(client)
  return {
    write: 'update',
    ...places.session(session.sid),
    update: `SET #lastSeenAt = :now, #idleUntil = :idleUntil${add}`,
    condition: '#secretHash = :secretHash',
    values: { now, idleUntil, secretHash: session.secretHash, ...values },
  }
}

/** The session has not ended: not logged out of, nor replaced. */
export const sessionHolds = (sid: string): Write => ({
  write: 'check',
  ...places.session(sid),
  condition: 'attribute_exists(#pk)',
})

/**
 * All of a user's at once, whether the index shows them or not: what was made under another epoch is over, and the
 * standing, which moves with it, has every fast path look.
 */
export const endedAllSessions = (user: UserId): Write => ({
  write: 'update',
  ...places.user(user),
  update: 'SET #epoch = if_not_exists(#epoch, :zero) + :one, #standing = #standing + :one',
  condition: 'attribute_exists(#pk)',
  values: { zero: 0, one: 1 },
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
    const own = page.items.filter((item) => String(item.pk).startsWith('session#'))
    sessions.push(...own.flatMap((item) => sessionIn(item) ?? []))
    after = page.next
  } while (after !== undefined)
  return sessions
}
