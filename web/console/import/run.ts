/**
 * Sends rows to the API, a hundred at a time, and one batch after the other, so that a batch can be stopped before.
 *
 * Each batch has an Idempotency-Key made of what is in it: sent again, after a reload or by another click, what was done
 * is answered as it was and not done twice.
 */
import { api, type Problem, type Refused } from '../../app/api.ts'
import { batchesOf, type Sendable } from './batches.ts'

export type Outcome = { kind: 'would' | 'created' | 'existing'; id?: string } | { kind: 'refused'; problem: Problem }

async function keyOf(body: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body)))
  return `console-import-${[...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

type Results = {
  results: readonly { index: number; status: number; authenticator?: { id: string }; problem?: Problem }[]
}

type Result = Results['results'][number]

function outcomeOf({ status, authenticator, problem }: Result, dryRun: boolean): Outcome {
  if (problem !== undefined) return { kind: 'refused', problem }
  const id = authenticator === undefined ? {} : { id: authenticator.id }
  if (status === 200) return { kind: 'existing', ...id }
  return dryRun ? { kind: 'would' } : { kind: 'created', ...id }
}

type Wishes = {
  dryRun: boolean
  /** Of each row as it is answered. */
  onOutcome: (outcomes: ReadonlyMap<number, Outcome>) => void
  isStopped: () => boolean
}

/** `undefined`: all of it was answered, or somebody stopped it. */
export async function sendAll(
  rows: readonly Sendable[],
  { dryRun, onOutcome, isStopped }: Wishes,
): Promise<Refused | undefined> {
  for (const batch of batchesOf(rows)) {
    if (isStopped()) return undefined
    const body = JSON.stringify({ items: batch.map(({ item }) => item) })
    const idempotencyKey = dryRun ? {} : { idempotencyKey: await keyOf(body) }
    const path = `/authenticators:import${dryRun ? '?dryRun=true' : ''}`
    const reply = await api.post<Results>(path, { body, ...idempotencyKey })
    if (!reply.ok) return reply
    const outcomes = reply.data.results.map(
      (result) => [batch[result.index]?.number ?? 0, outcomeOf(result, dryRun)] as const,
    )
    onOutcome(new Map(outcomes))
  }
  return undefined
}
