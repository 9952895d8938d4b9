/**
 * A pushed authorization request (RFC 9126): what an application sent ahead of its user, kept under an address that stands
 * for it at `/authorize`. Whose it is and until when is decided here; that it comes to one answer and no second, by the
 * write that the answer goes with.
 */
import type { Seconds } from '../result.ts'
import { hashSecret, joinHalves, sameText, splitHalves, type TwoHalves } from '../secret.ts'

export type PushedRequest = {
  id: string
  secretHash: string
  clientId: string
  /** The parameters as a query, without what the client showed for itself. */
  query: string
  /** Until then a browser may come with it. The record lives on as long as a login that began by then. */
  expiresAt: Seconds
  until: Seconds
  usedAt?: Seconds
}

/** Between 60 and 600 seconds (RFC 9126 §2.2, FAPI 2.0 Security Profile §5.3.2.2): a user is sent on at once. */
export const pushedLifetime: Seconds = 300

/** Characters. One record, and no shelf for others' data. */
export const longestPushed = 24_000

const prefix = 'urn:ietf:params:oauth:request_uri:'

export const requestUriOf = (halves: TwoHalves): string => `${prefix}${joinHalves(halves)}`

/** Whether it says that it is one of these, whatever comes after. */
export const isPushedUri = (requestUri: string): boolean => requestUri.startsWith(prefix)

export const readRequestUri = (requestUri: string): TwoHalves | undefined =>
  isPushedUri(requestUri) ? splitHalves(requestUri.slice(prefix.length)) : undefined

/** Whether a browser may come with it now, for this client. */
export const isGood = (
  pushed: PushedRequest,
  { secret, clientId, now }: { secret: string; clientId: string; now: Seconds },
): boolean =>
  sameText(pushed.secretHash, hashSecret(secret)) &&
  pushed.clientId === clientId &&
  pushed.usedAt === undefined &&
  now < pushed.expiresAt
