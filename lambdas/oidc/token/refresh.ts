/** A refresh token for more tokens (RFC 6749 §6, OpenID Connect Core §12). */
import type { RefreshToken } from '../../../src/core/oidc/grant.ts'
import type { TokenRequest } from '../../../src/core/oidc/token-request.ts'
import { hashSecret, sameText } from '../../../src/core/secret.ts'
import type { Answer, Call } from '../../../src/http/call.ts'
import { oauthError } from '../../../src/http/oauth-error.ts'
import { createdRefreshToken, extendedGrant, spentRefreshToken } from '../../../src/store/grants.ts'
import type { Authenticated } from '../client-authentication.ts'
import { tokenAnswer } from '../tokens.ts'
import { commit, event, type IssuingWorld, newRefreshToken, revoke, shown, standingOn } from './issuing.ts'

const noSuchToken = oauthError('invalid_grant', 'The refresh token is not valid: it is spent, over, or revoked.')

type RefreshRequest = Extract<TokenRequest, { grantType: 'refresh_token' }>

export async function refresh(
  world: IssuingWorld,
  call: Call,
  { client, spends }: Authenticated,
  request: RefreshRequest,
  token: RefreshToken | undefined,
): Promise<Answer> {
  const now = world.now()
  if (token === undefined || request.token === undefined || token.clientId !== client.clientId) return noSuchToken
  if (!sameText(token.secretHash, hashSecret(request.token.secret)) || token.until <= now) return noSuchToken
  const { grant } = token
  // Spent before, by somebody who had it whole: the whole family ends (RFC 9700 §4.14.2).
  if (token.usedAt !== undefined) return revoke(world, call, grant, 'refresh-token-reused', noSuchToken)
  const scopes = request.scopes ?? grant.scopes
  if (!scopes.every((scope) => grant.scopes.includes(scope)))
    return oauthError('invalid_scope', 'scope asks for more than was granted.')

  const next = newRefreshToken(grant, now)
  const answer = await tokenAnswer(world, client, { ...grant, scopes }, { idToken: true, ...shown(next) })
  const done = await commit(
    world,
    grant,
    { supports: [extendedGrant(grant.id, next.record.until)], spends },
    (standing) => [
      spentRefreshToken(token, now),
      createdRefreshToken(standingOn(next.record, standing)),
      event(world, call, grant, 'token.refreshed'),
    ],
  )
  if (done === 'done') return answer
  if (typeof done === 'object') return done.refusal
  return revoke(world, call, grant, done === 'spent' ? 'refresh-token-reused' : 'no-longer-stands', noSuchToken)
}
