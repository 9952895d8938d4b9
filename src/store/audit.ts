/** The audit log: a record a day and shard, sorted by time, and by user on an index. It is only ever put. */
import type { AuditEvent, AuditType } from '../core/audit-event.ts'
import type { Seconds } from '../core/result.ts'
import { newId } from '../core/secret.ts'
import type { Item, Place, Write } from './db.ts'

/** A day's records over so many partitions, so that a busy day does not wait for one of them. */
export const auditShards = 8

export const auditDay = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10)

export const auditPartition = (day: string, shard: number): string => `${day}#${shard}`

/** Which day and shard a partition holds; `undefined` for one that holds no records. */
export function partitionIn(pk: unknown): { day: string; shard: number } | undefined {
  const [, day, shard] = /^(\d{4}-\d{2}-\d{2})#(\d)$/.exec(String(pk)) ?? []
  return day === undefined || Number(shard) >= auditShards ? undefined : { day, shard: Number(shard) }
}

/** The partition of a record on the index `by-type`. */
export const auditKind = (type: AuditType, shard: number): string => `${type}#${shard}`

/** Needs no condition: its id is drawn here, and no other record has it. */
export function recorded(event: AuditEvent): Extract<Write, { write: 'put' }> {
  const id = newId()
  return {
    write: 'put',
    ...auditPlace(event.at, id),
    item: { id, ...event, kind: auditKind(event.type, shardOf(id)) },
    retainedFrom: event.at,
  }
}

/** Where the record with this id is. */
export const auditPlace = (at: Seconds, id: string): Place => ({
  table: 'audit',
  key: { pk: auditPartition(auditDay(at), shardOf(id)), sk: `${new Date(at * 1000).toISOString()}#${id}` },
})

/** Whether it stands where its time and its id put it. Whoever put it elsewhere was none of ours. */
export function standsInPlace({ pk, sk, at, id }: Item): boolean {
  const isTime = typeof at === 'number' && Number.isInteger(at) && at >= 0 && at <= lastSecond
  if (!isTime || typeof id !== 'string' || id === '') return false
  const { key } = auditPlace(at, id)
  return key.pk === pk && key.sk === sk
}

/** Of the year 9999: what is later has a longer name, and is not sorted by it. */
const lastSecond: Seconds = 253_402_300_799

const shardOf = (id: string): number => (id.codePointAt(0) ?? 0) % auditShards
