/** What the routes of step-up's administration share: who changes things, preconditions, answers. */

import type { Changed, Desk, Expects, Shown } from '../../src/administration.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Doubt } from '../../src/core/step-up/flow.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import { bodyLimits, readBody, readQuery } from '../api/asked.ts'
import type { ApiCaller } from '../api/caller.ts'
import { tenantUrl } from '../api/representation.ts'

export type ManagementNeeds = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const deskOf = ({ db, now }: ManagementNeeds, call: Call, { actor }: ApiCaller): Desk => ({
  db,
  now,
  actor,
  about: { ip: call.ip, request: call.id },
})

/** The body, where no parameter is known. */
export function readDocumentOf(
  call: Call,
): Result<unknown, 'malformed-request' | 'too-large' | 'unsupported-media-type' | 'not-json'> {
  const query = readQuery(call, [])
  return query.ok ? readBody(call, bodyLimits.one) : query
}

/** RFC 9110 §13.1.1: a list, or `*`; a weak tag matches nothing. */
const expectsIn =
  (ifMatch: string): Expects =>
  (etag) =>
    ifMatch
      .split(',')
      .map((tag) => tag.trim())
      .some((tag) => tag === '*' || tag === etag)

/** A document that replaces another must say which: nobody's edit is lost silently (RFC 6585 §3). */
export function requireMatch({ headers }: Call): Result<Expects, 'precondition-required'> {
  const ifMatch = headers['if-match']
  return ifMatch === undefined ? refuse('precondition-required') : ok(expectsIn(ifMatch))
}

/** Where a precondition is the caller's choice. */
export const matchIfGiven = ({ headers }: Call): Expects =>
  headers['if-match'] === undefined ? () => true : expectsIn(headers['if-match'])

/** The document itself, byte for byte: what is read is what can be sent back, or kept in a file. */
export const answerDocument = ({ written, etag }: Shown<unknown>): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', etag },
  body: written,
})

/** What a change left, with what is suspicious about it. */
export const answerChange = <Value>(
  member: 'flow' | 'policy',
  { value, etag, warnings }: Changed<Value>,
  status = 200,
  headers: Record<string, string> = {},
): Answer => json(status, { [member]: value, warnings: warnings.map(showDoubt) }, { etag, ...headers })

export const showDoubt = ({ at, detail }: Doubt) => ({ pointer: at, detail })

export const flowUrl = ({ stage }: ManagementNeeds, id: string): string =>
  `${tenantUrl(stage)}/flows/${encodeURIComponent(id)}`
