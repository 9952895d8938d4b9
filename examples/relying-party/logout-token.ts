/**
 * Reads logout tokens as OpenID Connect Back-Channel Logout §2.6 has it: who is told that a session has ended believes it
 * from the issuer alone, for this application alone, lately, and once.
 */
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { oldestOut } from '../sessions.ts'

export type Ended = { sub?: string; sid?: string }

const event = 'http://schemas.openid.net/event/backchannel-logout'
const seenKept = 10_000

export function logoutTokensOf({
  issuer,
  clientId,
  discover,
}: {
  issuer: string
  clientId: string
  discover(): Promise<{ jwks_uri?: string; id_token_signing_alg_values_supported?: string[] }>
}) {
  const seen = new Map<string, true>()
  return {
    /** Whose session, or which one, has ended; `undefined` for what is no logout token for us, or was one before. */
    async read(token: string): Promise<Ended | undefined> {
      try {
        const { jwks_uri: keys = '', id_token_signing_alg_values_supported: algorithms = ['RS256'] } = await discover()
        const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), {
          issuer,
          audience: clientId,
          typ: 'logout+jwt',
          algorithms,
          requiredClaims: ['iat', 'exp', 'jti', 'events'],
          maxTokenAge: '2 minutes',
          clockTolerance: 5,
        })
        return endedIn(payload)
      } catch {
        return undefined
      }
    },
  }

  function endedIn({ sub, sid, jti = '', events, nonce }: JWTPayload): Ended | undefined {
    const isTold = typeof events === 'object' && events !== null && event in events
    // A nonce is an ID token's: one of those must not pass.
    if (!isTold || nonce !== undefined || (sub === undefined && typeof sid !== 'string')) return undefined
    if (seen.has(jti)) return undefined
    seen.set(jti, true)
    oldestOut(seen, seenKept)
    return { ...(sub === undefined ? {} : { sub }), ...(typeof sid === 'string' ? { sid } : {}) }
  }
}
