/** Grants and refresh tokens: each code and each token is spent by one conditional write. */
import type { Grant, RefreshToken } from '../core/oidc/grant.ts'
import type { Seconds } from '../core/result.ts'
import type { Item, Write } from './db.ts'
import { places } from './keys.ts'

export const refreshTokenIn = (item: Item | undefined): RefreshToken | undefined => item as RefreshToken | undefined

/** Kept without `user` and `order`, so that the sessions' index by user holds sessions alone. */
const recordOf = ({ user, ...grant }: Grant) => ({ ...grant, owner: user })

export const grantOf = (item: Item | undefined): Grant | undefined =>
  item === undefined ? undefined : ({ ...item, user: item.owner } as unknown as Grant)

export const createdGrant = (grant: Grant): Write => ({
  write: 'put',
  ...places.grant(grant.id),
  item: recordOf(grant),
  condition: 'attribute_not_exists(#pk)',
})

/** The code is spent, once, before its end; the grant goes on as long as what is issued from it. */
export const spentCode = (grant: Grant, now: Seconds, until: Seconds): Write => ({
  write: 'update',
  ...places.grant(grant.id),
  update: 'SET #spentAt = :now, #until = :until',
  condition:
    '#codeHash = :codeHash AND attribute_not_exists(#spentAt) AND attribute_not_exists(#revokedAt) AND #codeUntil > :now',
  values: { now, until, codeHash: grant.codeHash },
})

export const revokedGrant = (id: string, now: Seconds): Write => ({
  write: 'update',
  ...places.grant(id),
  update: 'SET #revokedAt = if_not_exists(#revokedAt, :now)',
  condition: 'attribute_exists(#pk)',
  values: { now },
})

export const extendedGrant = (id: string, until: Seconds): Write => ({
  write: 'update',
  ...places.grant(id),
  update: 'SET #until = :until',
  condition: 'attribute_exists(#pk) AND attribute_not_exists(#revokedAt)',
  values: { until },
})

export const createdRefreshToken = (token: RefreshToken): Write => ({
  write: 'put',
  ...places.refreshToken(token.id),
  item: token,
  condition: 'attribute_not_exists(#pk)',
})

/** Spent once, by the client it was issued to. The record stays, so that a second use is known for what it is. */
export const spentRefreshToken = (token: RefreshToken, successor: string, now: Seconds): Write => ({
  write: 'update',
  ...places.refreshToken(token.id),
  update: 'SET #usedAt = :now, #successor = :successor',
  condition: '#secretHash = :secretHash AND #clientId = :clientId AND attribute_not_exists(#usedAt) AND #until > :now',
  values: { now, successor, secretHash: token.secretHash, clientId: token.clientId },
})

/** Another successor than the first, once. When it was spent stays as it was. */
export const replacedSuccessor = (token: RefreshToken, successor: string, now: Seconds): Write => ({
  write: 'update',
  ...places.refreshToken(token.id),
  update: 'SET #successor = :successor, #repeatedAt = :now',
  condition: '#successor = :previous AND attribute_not_exists(#repeatedAt) AND #until > :now',
  values: { now, successor, previous: token.successor },
})

/** The first successor, if it was not used. It has none itself: whoever brings it has what was never theirs. */
export const spentSuccessor = ({ successor = '' }: RefreshToken, now: Seconds): Write => ({
  write: 'update',
  ...places.refreshToken(successor),
  update: 'SET #usedAt = :now',
  condition: 'attribute_exists(#pk) AND attribute_not_exists(#usedAt)',
  values: { now },
})

/** Used, and good for more: its end moves on, and so does the standing that the next refresh is measured by. */
export const keptRefreshToken = (
  token: RefreshToken,
  { now, until, standing }: { now: Seconds; until: Seconds; standing: number },
): Write => ({
  write: 'update',
  ...places.refreshToken(token.id),
  update: 'SET #until = :until, #grant.#standing = :standing',
  condition: '#secretHash = :secretHash AND #clientId = :clientId AND attribute_not_exists(#usedAt) AND #until > :now',
  values: { now, until, standing, secretHash: token.secretHash, clientId: token.clientId },
})

/** An access token is good no more. Remembered until it would have ended. */
export const revokedToken = (jti: string, until: Seconds): Write => ({
  write: 'put',
  ...places.revokedToken(jti),
  item: { until },
})
