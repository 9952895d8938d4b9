// GET /.well-known/openid-configuration — what this provider does (OpenID Connect Discovery §3, RFC 8414).
import { responseModes } from '../../src/core/oidc/authorize-request.ts'
import { signingAlgorithms, takenNames } from '../../src/core/oidc/signing.ts'
import { algorithmsOf } from '../../src/core/oidc/signing-key.ts'
import { claimsOfScope } from '../../src/core/oidc/user-claims.ts'
import type { AcrMap } from '../../src/core/step-up/flow.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readRealm } from '../../src/store/realm.ts'
import { readSigningKeys } from '../../src/store/signing-keys.ts'
import type { World } from '../../src/world.ts'
import { locales } from '../../web/view.ts'

export async function handle({ stage, db }: Pick<World, 'stage' | 'db'>, _call: Call): Promise<Answer> {
  const { issuer } = stage
  const [realm, keys] = await Promise.all([readRealm(db), readSigningKeys(db)])
  // What no key is there for is not offered.
  const signed = signingAlgorithms.filter((alg) => algorithmsOf(keys).includes(alg))
  const document = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/jwks`,
    end_session_endpoint: `${issuer}/logout`,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    response_types_supported: ['code'],
    response_modes_supported: responseModes,
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: signed,
    userinfo_signing_alg_values_supported: signed,
    ...authentication(stage),
    pushed_authorization_request_endpoint: `${issuer}/par`,
    // Of all clients. Those of the profile fapi2 must, and those that say so.
    require_pushed_authorization_requests: false,
    dpop_signing_alg_values_supported: takenNames,
    tls_client_certificate_bound_access_tokens: stage.certificates !== undefined,
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['openid', ...Object.keys(claimsOfScope), 'offline_access'],
    claims_supported: [
      ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', 'at_hash'],
      ...Object.values(claimsOfScope).flatMap((names) => names ?? []),
    ],
    acr_values_supported: acrValues(realm.acrToLoa),
    claim_types_supported: ['normal'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    ui_locales_supported: locales,
    claims_parameter_supported: true,
    request_parameter_supported: true,
    request_object_signing_alg_values_supported: takenNames,
    require_signed_request_object: false,
    // But for those that we gave out at the pushed authorization request endpoint (RFC 9126 §5).
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  }
  return json(200, document, { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' })
}

/** How clients say who they are, and where: with a certificate on the host that asks for one (RFC 8705 §5). */
function authentication({ certificates, clientIssuersFile }: World['stage']) {
  const methods = [
    ...['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    ...(certificates === undefined ? [] : ['self_signed_tls_client_auth']),
    ...(certificates === undefined || clientIssuersFile === undefined ? [] : ['tls_client_auth']),
  ]
  return {
    token_endpoint_auth_methods_supported: [...methods, 'none'],
    revocation_endpoint_auth_methods_supported: [...methods, 'none'],
    // Not `none`: see the route.
    introspection_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: takenNames,
    revocation_endpoint_auth_signing_alg_values_supported: takenNames,
    introspection_endpoint_auth_signing_alg_values_supported: takenNames,
    ...(certificates === undefined ? {} : { mtls_endpoint_aliases: aliasesAt(certificates.origin) }),
  }
}

const aliasesAt = (origin: string) => ({
  token_endpoint: `${origin}/token`,
  pushed_authorization_request_endpoint: `${origin}/par`,
  introspection_endpoint: `${origin}/introspect`,
  revocation_endpoint: `${origin}/revoke`,
  userinfo_endpoint: `${origin}/userinfo`,
})

/**
 * The lowest level first: who asks for the whole list asks for its first name above all (OpenID Connect Core §3.1.2.1), and
 * that is the one that everybody can reach. Of two names for one level the first by the alphabet.
 */
const acrValues = (map: AcrMap): string[] =>
  Object.entries(map)
    .sort(([name, loa], [other, itsLoa]) => loa - itsLoa || (name < other ? -1 : 1))
    .map(([name]) => name)
