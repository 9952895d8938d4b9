/** OAuth's errors as the token endpoint and those beside it say them (RFC 6749 §5.2). */
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
