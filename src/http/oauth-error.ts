/** OAuth's errors as the token endpoint and resources say them (RFC 6749 §5.2, RFC 6750 §3). */
import type { AuthorizeError } from '../core/oidc/authorize-request.ts'
import { type Answer, json } from './call.ts'

export type OAuthError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'

/** 400, but 401 for a client that is not who it says, with a challenge if it tried HTTP authentication (§5.2). */
export const oauthError = (error: OAuthError | AuthorizeError, description: string, challenge = false): Answer =>
  json(
    error === 'invalid_client' ? 401 : 400,
    { error, error_description: description },
    error === 'invalid_client' && challenge ? { 'www-authenticate': 'Basic realm="token"' } : {},
  )

/** Without a token there is no error to name (RFC 6750 §3.1). */
export const noBearer: Answer = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer', 'cache-control': 'no-store' },
}

export const badBearer = (description: string): Answer =>
  json(
    401,
    { error: 'invalid_token', error_description: description },
    { 'www-authenticate': `Bearer error="invalid_token", error_description="${description}"` },
  )
