/**
 * How whatever is administered is changed: read, decided, and written with its audit record in one transaction, if the
 * realm is still the one that was read. So whatever a flow, the map and the clients were held against each other by still
 * fits when it is written, and of two who change things at once one finds out. That one begins again, unless it said which
 * version it means.
 */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Actor, AuditEvent } from './core/audit-event.ts'
import type { Client } from './core/oidc/client.ts'
import { largestRealm, type Realm } from './core/realm.ts'
import { ok, type Result, refuse, type Seconds } from './core/result.ts'
import { checkAll, type Edited, introduced } from './core/step-up/check.ts'
import type { Doubt } from './core/step-up/flow.ts'
import { recorded } from './store/audit.ts'
import { listClients } from './store/clients.ts'
import type { Db, Write } from './store/db.ts'
import { readRealm } from './store/realm.ts'

/** Where and as whom somebody administers. `about`: what the audit is told beside. */
export type Desk = { db: Db; now(): Seconds; actor: Actor; about?: Pick<AuditEvent, 'ip' | 'request'> }

/** `written` is the document as it is answered, byte for byte, and `etag` its version. */
export type Shown<Value> = { value: Value; written: string; etag: string }
export type Changed<Value> = Shown<Value> & { warnings: Doubt[] }

/** Whether the caller means the version of which this is the tag. */
export type Expects = (etag: string) => boolean

/** Why a change is not made that was well-formed by itself. */
type Overtaken = 'realm-too-large' | 'unworkable-flow' | 'unworkable-policy' | 'changed-meanwhile'

/** A strong tag of what is answered: the same bytes, the same tag (RFC 9110 §8.8.3). */
const etagOf = (written: string): string => `"${createHash('sha256').update(written).digest('base64url').slice(0, 22)}"`

export const shown = <Value>(value: Value, written: string): Shown<Value> => ({ value, written, etag: etagOf(written) })

/** A change that may be made: what there is after it, and what writes it. */
export type Settled<Value> = {
  edited: Edited
  realm: Realm
  clients: Client[]
  writes: Write[]
  event: Pick<AuditEvent, 'type'> & Partial<AuditEvent>
  value: Value
  /** What is suspicious about the document by itself. */
  doubts?: Doubt[]
}

/** Nothing to write: it is as it is asked to be. */
export type Decided<Value> = { asIs: Value } | Settled<Value>

/** What a change is decided by. */
export type State = { realm: Realm; clients: Client[] }

const attempts = 10

/** Reads, decides, and writes if the realm is still what was read. What nobody else was at is done at the first attempt. */
export async function change<Value, Reason extends string>(
  desk: Desk,
  decide: (state: State) => Result<Decided<Value>, Reason>,
): Promise<Result<{ value: Value; warnings: Doubt[] }, Reason | Overtaken>> {
  const { db, now, actor, about } = desk
  for (let attempt = 0; attempt < attempts; attempt++) {
    // Those who collided come back at different times.
    if (attempt > 0) await pause(Math.random() * 20 * 2 ** Math.min(attempt, 6))
    // The realm first, whose version the write is held to: what changes while the clients are read is then noticed. Read at
    // once, the clients could be those of before a change and the version that of after it, and the change be undone.
    const realm = await readRealm(db)
    const clients = await listClients(db)
    const decided = decide({ realm, clients })
    if (!decided.ok) return decided
    if ('asIs' in decided.value) return ok({ value: decided.value.asIs, warnings: [] })
    const { value, writes, event, edited, doubts = [], ...after } = decided.value
    if (Buffer.byteLength(JSON.stringify(after.realm)) > largestRealm)
      return refuse('realm-too-large', {
        detail: `All flows and settings together have at most ${largestRealm} bytes.`,
      })
    const found = introduced(edited, checkAll(realm, clients), checkAll(after.realm, after.clients))
    if (found.trouble !== undefined)
      return refuse(edited.document === 'flow' ? 'unworkable-flow' : 'unworkable-policy', found.trouble)
    const told = recorded({ at: now(), actor, ...about, ...event })
    if ((await db.transact([...writes, told])).ok) return ok({ value, warnings: [...doubts, ...found.doubts] })
  }
  return refuse('changed-meanwhile')
}

/** With the document that the change left, and what is suspicious about it. */
export const changed = <Value, Reason extends string>(
  result: Result<{ value: Value; warnings: Doubt[] }, Reason>,
  show: (value: Value) => Shown<Value>,
): Result<Changed<Value>, Reason> =>
  result.ok ? ok({ ...show(result.value.value), warnings: result.value.warnings }) : result
