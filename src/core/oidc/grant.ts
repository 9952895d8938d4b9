/**
 * A grant: what one authorization request came to. Its code is spent once; `acr`, `amr` and `auth_time` are fixed when
 * it is made and do not change on refresh.
 */
import { createHash } from 'node:crypto'
import type { UserId } from '../authenticator.ts'
import type { Seconds } from '../result.ts'
import { sameText } from '../secret.ts'
import type { ClaimsWanted } from './authorize-request.ts'
import type { Client } from './client.ts'
import type { Confirmation } from './confirmation.ts'

export type Grant = {
  id: string
  codeHash: string
  /** The code's end. The record itself lives as long as what was issued from it: `until`. */
  codeUntil: Seconds
  spentAt?: Seconds
  revokedAt?: Seconds
  clientId: string
  redirectUri: string
  codeChallenge?: string
  nonce?: string
  scopes: string[]
  claims?: ClaimsWanted
  user: UserId
  /** What the client knows the user as, where that is not their id: see `subject.ts`. */
  subject?: string
  sid: string
  /** What the client knows the session as, where that is not its id. */
  knownSid?: string
  /** The user's `epoch` when it was made: all that was made under an earlier one is over. */
  epoch?: number
  /** The resource servers its tokens are for, of those that were asked for (RFC 8707); none: userinfo here. */
  resources?: string[]
  /** The consent that it was made under, by a client that needs one: it ends with it (see `consent.ts`). */
  consent?: string
  /** The DPoP key that the code waits for (RFC 9449 §10). */
  codeKey?: string
  acr?: string
  amr: string[]
  authTime: Seconds
  /** The authenticators it rests on, and the user's standing when that was so. */
  credentials: string[]
  standing: number
  /** When the client asked: some time before, where somebody had to sign in first. */
  askedAt?: Seconds
  createdAt: Seconds
  until: Seconds
}

export type RefreshToken = {
  id: string
  secretHash: string
  /** The grant as it was made, so that a refresh reads one record. Whether it still holds is a condition of the write. */
  grant: Grant
  clientId: string
  /** What it is bound to, of a client that has nothing else to show: a public one with a key (RFC 9449 §5). */
  boundTo?: Confirmation
  /** Its client authenticated, which is what it is bound by: no good to one that does so no more. */
  isOfAuthenticated?: true
  usedAt?: Seconds
  /** The one that took its place: its id. Another one, where its answer was lost: once, and then. */
  successor?: string
  repeatedAt?: Seconds
  createdAt: Seconds
  until: Seconds
}

/**
 * Whether it was this very client that asked for it. One that was deleted and registered again under the same id is
 * another, and so is what it may have: who was signing in meanwhile did so for the one before.
 */
export const isGrantTo = (
  { clientId, createdAt }: Pick<Client, 'clientId' | 'createdAt'>,
  grant: Pick<Grant, 'clientId' | 'askedAt' | 'createdAt'>,
): boolean => grant.clientId === clientId && (grant.askedAt ?? grant.createdAt) >= createdAt

/** Long enough for a redirect, short enough to be of no use in a log. */
export const codeLifetime: Seconds = 60
export const accessTokenLifetime: Seconds = 600
export const idTokenLifetime: Seconds = 600
/** A refresh token that nobody uses ends after this. */
export const refreshIdle: Seconds = 14 * 86_400
export const refreshLifetime: Seconds = 90 * 86_400
/** An answer that has not come by then was waited for: API Gateway gives up after as long. */
export const lostAnswer: Seconds = 30

/** RFC 7636 §4.6, both ways round: a verifier without a challenge is refused too. */
export function pkceHolds(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined || verifier === undefined) return challenge === verifier
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false
  return sameText(createHash('sha256').update(verifier).digest('base64url'), challenge)
}
