/**
 * Whether the members of a registration go together: what could never work, or would be weaker than it says, is refused
 * with the member to blame.
 *
 * The profile `fapi2` is FAPI 2.0 Security Profile: a client of it has nothing that the profile does not leave, so that no
 * route has to ask twice.
 */
import { malformed } from '../document.ts'
import type { Client } from './client.ts'
import type { Registered } from './client-metadata.ts'
import { webHostOf } from './registered-uri.ts'

/** A check finds nothing, or refuses. */
type Check = (client: Registered) => void

const isSecret = (method: Client['tokenEndpointAuthMethod']): boolean => method.startsWith('client_secret_')

/** Whether a client authenticates by a secret that we give it. */
export const hasSecret = ({ tokenEndpointAuthMethod }: Pick<Client, 'tokenEndpointAuthMethod'>): boolean =>
  isSecret(tokenEndpointAuthMethod)

export function checkConsistency(client: Registered): void {
  for (const check of checks) check(client)
}

const grants: Check = ({ grantTypes, redirectUris, tokenEndpointAuthMethod }) => {
  const signsIn = grantTypes.includes('authorization_code')
  if (signsIn && redirectUris.length === 0)
    malformed('/redirect_uris', 'must have one at least, for authorization_code')
  if (!signsIn && redirectUris.length > 0)
    malformed('/redirect_uris', 'must be empty: without authorization_code nobody is sent back')
  if (!signsIn && grantTypes.includes('refresh_token'))
    malformed('/grant_types', 'must have authorization_code beside refresh_token: no other grant gives a refresh token')
  if (grantTypes.includes('client_credentials') && tokenEndpointAuthMethod === 'none')
    malformed(
      '/grant_types',
      'must not have client_credentials for a client that does not authenticate (RFC 6749 §4.4)',
    )
}

const keys: Check = (client) => {
  const { jwks, jwksUri, tokenEndpointAuthMethod: method, certificateSubject } = client
  if (jwks !== undefined && jwksUri !== undefined) malformed('/jwks_uri', 'must not be there beside jwks (RFC 7591 §2)')
  const hasKeys = jwks !== undefined || jwksUri !== undefined
  if (['private_key_jwt', 'self_signed_tls_client_auth'].includes(method) && !hasKeys)
    malformed('/jwks', `must be there, or jwks_uri: ${method} is checked by them`)
  if (method === 'self_signed_tls_client_auth' && jwks?.keys.some(({ x5c = [] }) => x5c.length === 0))
    malformed('/jwks/keys', 'must have each certificate in x5c (RFC 8705 §2.2.2)')
  if (client.requestObjectSigningAlg !== undefined && !hasKeys)
    malformed('/jwks', 'must be there, or jwks_uri: request objects are checked by them')
  if (method === 'tls_client_auth' && certificateSubject === undefined)
    malformed('/tls_client_auth_subject_dn', 'must be there, or another member tls_client_auth_… (RFC 8705 §2.1.2)')
  if (method !== 'tls_client_auth' && certificateSubject !== undefined)
    malformed('/token_endpoint_auth_method', 'must be tls_client_auth where a member tls_client_auth_… is there')
  if (method !== 'private_key_jwt' && client.tokenEndpointAuthSigningAlg !== undefined)
    malformed('/token_endpoint_auth_signing_alg', 'goes with private_key_jwt alone')
}

const requests: Check = (client) => {
  const signsIn = client.grantTypes.includes('authorization_code')
  if (client.requireSignedRequestObject && client.requestObjectSigningAlg === undefined)
    malformed('/request_object_signing_alg', 'must be there: without it, no request object is taken')
  if (client.requirePushedAuthorizationRequests && !signsIn)
    malformed('/require_pushed_authorization_requests', 'goes with authorization_code alone')
  if (client.dpopBoundAccessTokens && client.tlsClientCertificateBoundAccessTokens)
    malformed('/dpop_bound_access_tokens', 'must not be there beside tls_client_certificate_bound_access_tokens')
}

/** A secret of one's own is no resource server's: whoever finds a token could ask in its name (RFC 7662 §2.1). */
const resourceServer: Check = ({ resourceIdentifiers = [], tokenEndpointAuthMethod }) => {
  if (resourceIdentifiers.length > 0 && tokenEndpointAuthMethod === 'none')
    malformed('/token_endpoint_auth_method', 'must not be none: a resource server has to say who it is')
}

/** OpenID Connect Core §8.1. Which host it is, is worked out where the sector identifier can be asked. */
const pairwise: Check = (client) => {
  const { subjectType, sectorIdentifierUri, redirectUris } = client
  if (sectorIdentifierUri !== undefined && subjectType !== 'pairwise')
    malformed('/sector_identifier_uri', 'goes with subject_type pairwise alone')
  if (subjectType !== 'pairwise' || sectorIdentifierUri !== undefined) return
  const hosts = new Set(redirectUris.map(webHostOf))
  if (hosts.size !== 1 || hosts.has(undefined))
    malformed(
      '/sector_identifier_uri',
      'must be there: the redirect URIs are not all on one host of the web (OpenID Connect Core §8.1)',
    )
}

/** FAPI 2.0 Security Profile §5.3.2 and §5.4. */
const fapi: Check = (client) => {
  if (client.profile !== 'fapi2') return
  const needs = (holds: boolean | undefined, member: string, what: string): void => {
    if (!holds) malformed(`/${member}`, `${what}: the profile fapi2 demands it`)
  }
  const method = client.tokenEndpointAuthMethod
  needs(
    ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'].includes(method),
    'token_endpoint_auth_method',
    'must be private_key_jwt, tls_client_auth or self_signed_tls_client_auth',
  )
  for (const [member, alg] of Object.entries({
    token_endpoint_auth_signing_alg: client.tokenEndpointAuthSigningAlg,
    id_token_signed_response_alg: client.idTokenSignedResponseAlg,
    userinfo_signed_response_alg: client.userinfoSignedResponseAlg,
    request_object_signing_alg: client.requestObjectSigningAlg,
  }))
    needs(alg !== 'RS256', member, 'must not be RS256')
  for (const [index, { alg }] of (client.jwks?.keys ?? []).entries())
    needs(alg !== 'RS256', `jwks/keys/${index}/alg`, 'must not be RS256')
  needs(
    client.dpopBoundAccessTokens || client.tlsClientCertificateBoundAccessTokens,
    'dpop_bound_access_tokens',
    'must be true, or tls_client_certificate_bound_access_tokens',
  )
  if (client.grantTypes.includes('authorization_code'))
    needs(client.requirePushedAuthorizationRequests, 'require_pushed_authorization_requests', 'must be true')
}

const checks: readonly Check[] = [grants, keys, requests, resourceServer, pairwise, fapi]
