/**
 * An audit log for a test: records put as every route puts them, told to `audit-chain` as the table's stream tells of
 * them, verified as the command does. On any store: the one in memory, or a house's.
 */
import { marshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import { makeHandler } from '../lambdas/audit/chain.ts'
import type { AuditEvent } from '../src/core/audit-event.ts'
import { type Finding, type Verification, verifyAudit } from '../src/core/audit-verification.ts'
import type { Seconds } from '../src/core/result.ts'
import { auditDay, auditShards, recorded } from '../src/store/audit.ts'
import { auditReader } from '../src/store/audit-chain.ts'
import type { Db, Item, Write } from '../src/store/db.ts'

type Put = Extract<Write, { write: 'put' }>

export const day = 86_400
export const someday = 1_800_000_000

export function openAuditLog(db: Db) {
  let sequence = 0
  const clock = { now: someday }
  const lines: { message: string; [fact: string]: unknown }[] = []
  const needs = {
    db,
    now: () => clock.now,
    log: (message: string, facts?: object) => lines.push({ message, ...facts }),
  }

  /** What the stream tells of a record. `writtenAt`: by DynamoDB's clock. */
  const told = (item: Item, writtenAt: Seconds = Number(item.at)): DynamoDBRecord => ({
    eventName: 'INSERT',
    dynamodb: {
      ApproximateCreationDateTime: writtenAt,
      SequenceNumber: String(++sequence),
      Keys: marshall({ pk: item.pk, sk: item.sk }) as NonNullable<DynamoDBRecord['dynamodb']>['Keys'] & object,
      NewImage: marshall(item, { removeUndefinedValues: true }) as Record<string, { S: string }>,
    },
  })

  async function put(change: Partial<AuditEvent> = {}): Promise<Item> {
    const write = recorded({
      type: 'login.succeeded',
      at: clock.now,
      actor: { kind: 'user', id: 'ada' },
      user: 'ada',
      ...change,
    }) as Put
    await db.transact([write])
    return { ...write.item, ...write.key }
  }

  return {
    clock,
    lines,
    put,
    told,
    /** An instance of the Lambda, with nothing at hand yet. */
    instance: () => makeHandler(needs),

    /** So many records, chained in batches of so many. */
    async fill(count: number, batch = 5, change: Partial<AuditEvent> = {}): Promise<Item[]> {
      const items: Item[] = []
      for (let at = 0; at < count; at++) items.push(await put(change))
      for (let from = 0; from < count; from += batch)
        await this.instance()({ Records: items.slice(from, from + batch).map((item) => told(item)) })
      return items
    },

    async verify(change: Partial<Verification> = {}) {
      const findings: Finding[] = []
      const verified = await verifyAudit({
        reader: auditReader(db),
        days: [-2, -1, 0, 1].map((days) => auditDay(clock.now + days * day)),
        shards: auditShards,
        now: clock.now + 3600,
        patience: 900,
        found: (finding) => findings.push(finding),
        ...change,
      })
      return { ...verified, findings, kinds: [...new Set(findings.map(({ kind }) => kind))].sort() }
    },
  }
}

/** The records and the blocks of a log, by partition. */
export const isBlock = ({ pk }: Item): boolean => String(pk).startsWith('chain#')
export const isRecord = ({ kind }: Item): boolean => kind !== undefined
