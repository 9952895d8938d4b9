/** An authorization code for tokens (RFC 6749 §4.1.3, OpenID Connect Core §3.1.3). */
import { mustUsePkce } from '../../../src/core/oidc/authorize-request.ts'
import { type Grant, isGrantTo, pkceHolds } from '../../../src/core/oidc/grant.ts'
import { resourcesOf } from '../../../src/core/oidc/resource-indicator.ts'
import type { TokenRequest } from '../../../src/core/oidc/token-request.ts'
import { hashSecret, sameText } from '../../../src/core/secret.ts'
import type { Answer, Call } from '../../../src/http/call.ts'
import { oauthError } from '../../../src/http/oauth-error.ts'
import { createdRefreshToken, spentCode } from '../../../src/store/grants.ts'
import { sessionHolds } from '../../../src/store/sessions.ts'
import { tokenAnswer } from '../tokens.ts'
import { type Asking, commit, event, type IssuingWorld, newRefreshToken, revoke, shown, standingOn } from './issuing.ts'

const noSuchCode = oauthError('invalid_grant', 'The code is not valid: it is spent, over, or another client has it.')

type CodeRequest = Extract<TokenRequest, { grantType: 'authorization_code' }>

export async function exchangeCode(
  world: IssuingWorld,
  call: Call,
  { client, spends, cnf }: Asking,
  request: CodeRequest,
  grant: Grant | undefined,
): Promise<Answer> {
  const now = world.now()
  if (grant === undefined || request.code === undefined) return noSuchCode
  if (!sameText(grant.codeHash, hashSecret(request.code.secret)) || !isGrantTo(client, grant)) return noSuchCode
  // Spent before, by somebody who had the whole code: what it was exchanged for ends (RFC 6749 §4.1.2).
  if (grant.spentAt !== undefined) return revoke(world, call, grant, 'code-reused', noSuchCode)
  if (grant.codeUntil <= now || grant.revokedAt !== undefined) return noSuchCode
  // Each authorization request has one, so each of these must (§4.1.3).
  if (request.redirectUri === undefined) return oauthError('invalid_request', 'redirect_uri is missing.')
  // Asked for when the client had a secret beside it, and no other had to hold it.
  if (grant.codeChallenge === undefined && mustUsePkce(client)) return noSuchCode
  // Taken from the client while somebody was signing in: whoever has the address now has the code, and no use for it.
  if (!client.redirectUris.includes(grant.redirectUri)) return noSuchCode
  if (grant.redirectUri !== request.redirectUri)
    return oauthError('invalid_grant', 'redirect_uri is not the one of the authorization request.')
  if (!pkceHolds(grant.codeChallenge, request.verifier))
    return oauthError('invalid_grant', 'code_verifier does not fit the code_challenge.')

  // The code waits for a key, and was brought without it (RFC 9449 §10).
  if (grant.codeKey !== undefined && !(cnf !== undefined && 'jkt' in cnf && cnf.jkt === grant.codeKey))
    return oauthError('invalid_grant', 'The code is bound to a DPoP key, which is not the one of the proof.')
  const resources = resourcesOf(request.resources, {
    granted: grant.resources,
    registered: client.resources,
    own: world.stage.issuer,
  })
  if (!resources.ok) return oauthError(resources.reason, resources.detail ?? '')

  const wantsRefresh = client.grantTypes.includes('refresh_token') && grant.scopes.includes('offline_access')
  // A client that has nothing else to show shows its key with each refresh (RFC 9449 §5).
  const boundTo = client.tokenEndpointAuthMethod === 'none' ? cnf : undefined
  const refreshToken = wantsRefresh ? newRefreshToken(client, grant, { now, boundTo }) : undefined
  // Signed before anything is spent: when the signer is away, the client may come again with the same code.
  const given = { idToken: true, resources: resources.value, cnf, ...shown(refreshToken) }
  const answer = await tokenAnswer(world, client, grant, given)
  const done = await commit(world, grant, { supports: [sessionHolds(grant.sid)], spends }, (standing) => [
    spentCode(grant, now, refreshToken?.record.until ?? now + 3600),
    ...(refreshToken === undefined ? [] : [createdRefreshToken(standingOn(refreshToken.record, standing))]),
    event(world, call, grant, 'token.issued'),
  ])
  if (done === 'done') return answer
  if (typeof done === 'object') return done.refusal
  return revoke(world, call, grant, done === 'spent' ? 'code-reused' : 'no-longer-stands', noSuchCode)
}
