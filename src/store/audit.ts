/** The audit log: a record a day and shard, sorted by time, and by user on an index. It is only ever put. */
import type { AuditEvent, AuditType } from '../core/audit-event.ts'
import { newId } from '../core/secret.ts'
import type { Write } from './db.ts'

/** A day's records over so many partitions, so that a busy day does not wait for one of them. */
export const auditShards = 8

export const auditDay = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10)

/** The partition of a record on the index `by-type`. */
export const auditKind = (type: AuditType, shard: number): string => `${type}#${shard}`

/** Needs no condition: its id is drawn here, and no other record has it. */
export function recorded(event: AuditEvent): Write {
  const id = newId()
  const shard = (id.codePointAt(0) ?? 0) % auditShards
  return {
    write: 'put',
    table: 'audit',
    key: { pk: `${auditDay(event.at)}#${shard}`, sk: `${new Date(event.at * 1000).toISOString()}#${id}` },
    item: { id, ...event, kind: auditKind(event.type, shard) },
  }
}
