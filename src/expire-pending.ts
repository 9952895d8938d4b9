/**
 * Does away with pending authenticators that were not activated in time: a Lambda on a schedule, and `npm start`.
 *
 * They are void from that second on, wherever they are met; this has the record and its credential id gone, and the audit
 * log told, so that a Credential Management System hears of it and the statistics know. Each is one transaction, on the
 * condition that the key is still what was read: who comes second finds nothing to do. Left out: who may call it.
 */
import type { Actor } from './core/audit-event.ts'
import { type Authenticator, isVoid, toldKey } from './core/authenticator.ts'
import type { Seconds } from './core/result.ts'
import { recorded } from './store/audit.ts'
import type { Db, Item } from './store/db.ts'
import { deletedAuthenticator, listAuthenticators } from './store/people.ts'

export type Expirer = { db: Db; now(): Seconds; actor: Actor }

/** Of a run: what is left over is the next one's. Pages of the index, each at most a megabyte, and keys. */
const most = { pages: 1000, keys: 5000 }
const pageSize = 500

/** How many went. */
export async function expirePending(expirer: Expirer, { pages, keys } = most): Promise<number> {
  let gone = 0
  let after: Item | undefined
  for (let page = 0; page < pages && gone < keys; page++) {
    const listed = await listAuthenticators(expirer.db, {
      state: 'pending',
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    const due = listed.items.filter((key) => isVoid(key, expirer.now())).slice(0, keys - gone)
    for (const key of due) gone += await expire(expirer, key)
    after = listed.next
    if (after === undefined) break
  }
  return gone
}

/** Nothing where somebody changed it since it was listed: the index may be a little late. */
async function expire({ db, now, actor }: Expirer, key: Authenticator): Promise<0 | 1> {
  const done = await db.transact([
    ...deletedAuthenticator(key),
    recorded({ type: 'authenticator.expired', at: now(), actor, user: key.user, ...toldKey(key) }),
  ])
  return done.ok ? 1 : 0
}
