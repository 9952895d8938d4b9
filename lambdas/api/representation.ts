/** What the API's representations have in common: times, addresses, and tags that say which version one is. */
import type { Seconds } from '../../src/core/result.ts'
import type { Stage } from '../../src/stage.ts'

export const dateTime = (at: Seconds): string => new Date(at * 1000).toISOString()

export const tenantUrl = ({ issuer, tenantCode }: Pick<Stage, 'issuer' | 'tenantCode'>): string =>
  `${issuer}/api/v1/tenants/${encodeURIComponent(tenantCode)}`

/** Of what the API may change: that a key was used does not spoil an If-Match. */
export const etagOf = ({ version }: { version: number }): string => `"${version}"`

/** RFC 9110 §13.1.1: a list, or `*`; a weak tag matches nothing. */
export const isExpected = (ifMatch: string | undefined, present: { version: number }): boolean =>
  ifMatch === undefined ||
  ifMatch
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag === etagOf(present))
