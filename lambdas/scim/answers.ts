/** SCIM's answers: its media type, its errors (RFC 7644 §3.12), and how our own refusals read in its words. */
import type { ScimRefusal, ScimType } from '../../src/core/scim/refusal.ts'
import { urns } from '../../src/core/scim/schema.ts'
import type { Answer } from '../../src/http/call.ts'
import { answerTo, type Reason, type Refused } from '../api/problems.ts'

/** §3.1. Clients that know JSON alone send and take that. */
export const scimType = 'application/scim+json'

const never = { 'cache-control': 'no-store' }

export const scimJson = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': scimType, ...never, ...headers },
  body: JSON.stringify(value),
})

export type ScimError = { status: number; detail: string; scimType?: ScimType }

export const scimError = ({ status, detail, scimType }: ScimError, headers: Record<string, string> = {}): Answer =>
  // The status is a text in it.
  scimJson(
    status,
    { schemas: [urns.error], status: String(status), ...(scimType === undefined ? {} : { scimType }), detail },
    headers,
  )

/** All of them are 400, but for what is somebody's already (table 9). */
export const answerToScim = ({ reason, detail = reason }: ScimRefusal): Answer =>
  scimError({ status: reason === 'uniqueness' ? 409 : 400, detail, scimType: reason })

const typeOf: Partial<Record<Reason, ScimType>> = {
  'user-exists': 'uniqueness',
  'external-id-taken': 'uniqueness',
  'owned-by-directory': 'mutability',
  'not-json': 'invalidSyntax',
}

/** One of our refusals, in SCIM's form. */
export const refusedAsScim = (refused: Refused): Answer => asScim(answerTo(refused), typeOf[refused.reason])

/** A problem document in SCIM's form; whatever else it is stays as it is. */
export function asScim(answer: Answer, scimType?: ScimType): Answer {
  const { 'content-type': type, ...headers } = answer.headers
  if (type !== 'application/problem+json') return answer
  const { title = '', detail }: { title?: string; detail?: string } = JSON.parse(answer.body ?? '{}')
  const said = detail === undefined ? title : `${title}: ${detail}`
  return scimError({ status: answer.status, detail: said, ...(scimType === undefined ? {} : { scimType }) }, headers)
}
