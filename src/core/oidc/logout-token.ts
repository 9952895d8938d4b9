/**
 * What an application is told of the end of a session: the claims of a logout token, and how long we go on telling it
 * (OpenID Connect Back-Channel Logout §2.4, §2.8).
 */
import type { Seconds } from '../result.ts'

/** What waits in the queue until an application has heard of it. Nothing in it is secret, and nothing of it proves anything. */
export type LogoutNotice = { clientId: string; sid: string; user: string; endedAt: Seconds }

/** `undefined` for what is none: whoever can write to the queue is still not believed unseen. */
export function readNotice(text: string): LogoutNotice | undefined {
  const { clientId, sid, user, endedAt } = objectIn(text)
  const texts = [clientId, sid, user].every((each) => typeof each === 'string' && each !== '')
  return texts && Number.isSafeInteger(endedAt) ? ({ clientId, sid, user, endedAt } as LogoutNotice) : undefined
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** RFC 8725 §3.11, and Back-Channel Logout §2.4: no other kind of token can pass as one. */
export const logoutTokenType = 'logout+jwt'
/** §2.4 recommends two minutes at most. */
export const logoutTokenLifetime: Seconds = 120

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** With `sub` and `sid` both, and never a `nonce`: so it cannot be taken for an ID token either (§2.4). */
export const logoutClaims = (
  { clientId, sid }: Pick<LogoutNotice, 'clientId' | 'sid'>,
  { issuer, subject, jti, now }: { issuer: string; subject: string; jti: string; now: Seconds },
) => ({
  iss: issuer,
  aud: clientId,
  sub: subject,
  sid,
  iat: now,
  exp: now + logoutTokenLifetime,
  jti,
  events: { [logoutEvent]: {} },
})
