/** What makes a request one that was answered before (draft-ietf-httpapi-idempotency-key-header). */
import { createHash } from 'node:crypto'
import { ok, type Result, refuse, type Seconds } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { remembered, rememberedFor } from '../../src/store/idempotency.ts'
import { idempotencyKeyPattern } from './asked.ts'
import type { ApiCaller } from './caller.ts'
import type { Refused } from './problems.ts'

/** What a repeated request is known by. `fingerprint`: of all that makes it the same request. */
export type Repeatable = { caller: string; key: string; fingerprint: string }

export const fingerprintOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

/** The Idempotency-Key, if there is one. Of the same caller only, and for the very same bytes to the same address. */
export function readRepeatable(call: Call, cms: ApiCaller): Result<Repeatable | undefined, Refused['reason']> {
  const key = call.headers['idempotency-key']
  if (key === undefined) return ok(undefined)
  if (!new RegExp(idempotencyKeyPattern).test(key))
    return refuse('malformed-request', { detail: 'Idempotency-Key must have 1 to 255 characters of printable ASCII.' })
  return ok({ caller: cms.id, key, fingerprint: fingerprintOf(call.method, call.path, call.query, call.body) })
}

/** What a request was answered; `location`: of what it made. */
export type Given = { status: number; body: string; location?: string }

/** Keeps the answer for whoever sends the request again: goes into the transaction of what was done. */
export function keptAnswer(repeatable: Repeatable | undefined, given: Given, now: Seconds): Write[] {
  if (repeatable === undefined) return []
  const { caller, key, fingerprint } = repeatable
  return [remembered(caller, key, { ...given, fingerprint, until: now + rememberedFor }, now)]
}

/** The answer that the first of these requests was given, and that this is not the first. */
export const answerAgain = ({ status, body, location }: Given): Answer => ({
  ...json(status, undefined, { 'idempotency-replayed': 'true', ...(location === undefined ? {} : { location }) }),
  body,
})
