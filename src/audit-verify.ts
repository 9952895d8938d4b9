/**
 * Verifies the audit log, for `npm run admin -- audit verify`: the checkpoints of the archive, the chain against them, the
 * records against the chain, and, where it is asked to, what the files of the archive hold.
 */
import { gunzipSync } from 'node:zlib'
import type { JWK } from 'jose'
import { daysFrom } from './audit-archive.ts'
import type { SealedBlock } from './core/audit-chain.ts'
import { type Checkpoint, digestOf, type Head, readCheckpoint } from './core/audit-checkpoint.ts'
import {
  type AuditReader,
  type Finding,
  isThat,
  soundBlock,
  type Verified,
  verifyAudit,
} from './core/audit-verification.ts'
import type { Seconds } from './core/result.ts'
import type { Archive } from './services/archive.ts'
import { auditDay, auditPartition, auditShards } from './store/audit.ts'

export type AuditCheck = {
  reader: AuditReader
  /** The first day of which the table has blocks. */
  firstDay: string | undefined
  since?: string
  until?: string
  now: Seconds
  patience: Seconds
  /** Where checkpoints are, and who signs them. None: the chain is held against itself alone. */
  archive?: { archive: Archive; key: JWK; contents: boolean }
  found(finding: Finding): void
}

export type AuditChecked = Verified & {
  since: string
  until: string
  /** How many, and the hash of the last one: to be kept elsewhere and compared. */
  checkpoints?: { count: number; last: string; at: Seconds }
  archived?: { files: number; blocks: number; records: number }
}

/** Three runs of the schedule. */
const lateAfter = 3 * 3600

export async function checkAudit(check: AuditCheck): Promise<AuditChecked> {
  const { reader, firstDay, now, patience, archive, found } = check
  const kept = archive === undefined ? undefined : await readCheckpoints(archive.archive, archive.key, check)
  const heads = headsIn(kept?.checkpoints ?? [])
  // Those of all checkpoints: the first may be older than the first record, and the table may have been emptied.
  const firsts = [firstDay, ...[...heads.keys()].map((name) => name.slice(0, 10))]
  const until = check.until ?? auditDay(now)
  const since = check.since ?? firsts.filter((day) => day !== undefined).sort()[0] ?? until
  const verified = await verifyAudit({
    reader,
    days: daysFrom(since, until),
    shards: auditShards,
    now,
    patience,
    headsOf: ({ day, shard }) => heads.get(auditPartition(day, shard)) ?? [],
    found,
  })
  const archived =
    archive?.contents && kept ? await readFiles(archive.archive, kept.checkpoints, { since, until }, found) : undefined
  return {
    ...verified,
    since,
    until,
    ...(kept?.last === undefined ? {} : { checkpoints: kept.last }),
    ...(archived === undefined ? {} : { archived }),
  }
}

/** Each that differs from the one before: most hours add to few. */
function headsIn(checkpoints: readonly Checkpoint[]): Map<string, Head[]> {
  const heads = new Map<string, Head[]>()
  for (const { heads: its } of checkpoints)
    for (const [name, head] of Object.entries(its)) {
      const all = heads.get(name) ?? []
      const last = all.at(-1)
      if (last?.sequence !== head.sequence || last.hash !== head.hash) all.push(head)
      heads.set(name, all)
    }
  return heads
}

async function readCheckpoints(archive: Archive, key: JWK, { now, found }: Pick<AuditCheck, 'now' | 'found'>) {
  const checkpoints: Checkpoint[] = []
  let digest: string | undefined
  for (const { name, changes } of await archive.list('checkpoints/')) {
    if (changes > 0) found({ kind: 'checkpoint-altered', key: name, detail: 'somebody put another over it, or hid it' })
    const bytes = await archive.get(name)
    const read = bytes === undefined ? undefined : await readCheckpoint(Buffer.from(bytes).toString(), key)
    if (bytes === undefined || !read?.ok) {
      found({ kind: 'checkpoint-altered', key: name, detail: read?.ok === false ? read.reason : 'it cannot be read' })
      continue
    }
    const { sequence, previous } = read.value
    const expected = (checkpoints.at(-1)?.sequence ?? 0) + 1
    if (sequence !== expected)
      found({ kind: 'checkpoint-missing', key: name, detail: `those from ${expected} to ${sequence - 1} are gone` })
    else if (previous !== digest)
      found({ kind: 'checkpoint-altered', key: name, detail: 'it follows another one than is there' })
    checkpoints.push(read.value)
    digest = digestOf(bytes)
  }
  const last = checkpoints.at(-1)
  if (last === undefined) found({ kind: 'checkpoint-missing', key: 'checkpoints/', detail: 'there is none' })
  else if (last.at < now - lateAfter)
    found({ kind: 'checkpoint-late', key: `checkpoint ${last.sequence}`, at: last.at, detail: 'it is the last one' })
  return {
    checkpoints,
    ...(last === undefined || digest === undefined
      ? {}
      : { last: { count: checkpoints.length, last: digest, at: last.at } }),
  }
}

async function readFiles(
  archive: Archive,
  checkpoints: readonly Checkpoint[],
  { since, until }: { since: string; until: string },
  found: AuditCheck['found'],
): Promise<NonNullable<AuditChecked['archived']>> {
  const sum = { files: 0, blocks: 0, records: 0 }
  /** Of each day and shard, the last block that was read. */
  const last = new Map<string, SealedBlock>()
  for (const { files } of checkpoints)
    for (const { name, sha256 } of files) {
      const day = name.split('/')[1] ?? ''
      if (day < since || day > until) continue
      const bytes = await archive.get(name)
      if (bytes === undefined) {
        found({ kind: 'archive-missing', key: name })
        continue
      }
      if (digestOf(bytes) !== sha256) {
        found({ kind: 'archive-altered', key: name, detail: 'it is not the file that the checkpoint names' })
        continue
      }
      sum.files++
      readFile(name, bytes, { sum, last, found })
    }
  return sum
}

type Reading = {
  sum: { blocks: number; records: number }
  last: Map<string, SealedBlock>
  found: AuditCheck['found']
}

type Line = { block?: Record<string, unknown>; record?: Record<string, unknown> }

/** Each block and its records after it. A file is as it was written: what is wrong in it was wrong in the table then. */
function readFile(name: string, bytes: Uint8Array, { sum, last, found }: Reading): void {
  let left = new Map<string, string>()
  const missing = () => {
    for (const sk of left.keys())
      found({ kind: 'record-missing', key: `${name} ${sk}`, detail: 'it was gone when its block was archived' })
  }
  for (const text of gunzipSync(bytes).toString().trimEnd().split('\n')) {
    const { block: item, record }: Line = JSON.parse(text)
    if (item !== undefined) {
      missing()
      sum.blocks++
      const block = soundBlock(item)
      left = new Map((block?.entries ?? []).map(({ sk, hash }) => [sk, hash]))
      if (block === undefined) {
        found({ kind: 'block-altered', key: `${name} ${item.sk}` })
        continue
      }
      const chain = auditPartition(block.day, block.shard)
      const before = last.get(chain)
      if (before !== undefined && block.previous?.hash !== before.hash)
        found({ kind: 'link-broken', key: `${name} ${item.sk}`, at: block.at })
      last.set(chain, block)
    }
    if (record !== undefined) {
      sum.records++
      const sk = String(record.sk)
      if (!isThat(record, left.get(sk) ?? '')) found({ kind: 'record-altered', key: `${name} ${sk}` })
      left.delete(sk)
    }
  }
  missing()
}
