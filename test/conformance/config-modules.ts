/**
 * The module of `oidcc-config-certification-test-plan`: the provider's metadata and its keys, rule by rule
 * (`OIDCCDiscoveryEndpointVerification`; OpenID Connect Discovery §3, §4.3, RFC 8414 §2).
 */
import { expect } from 'vitest'
import type { Module } from './basic-modules.ts'
import type { Suite } from './suite.ts'

type Kind = 'address' | 'texts' | 'yes-or-no' | 'members'

const kindOf: Record<Kind, (value: unknown) => boolean> = {
  address: (value) => typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:',
  texts: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string'),
  'yes-or-no': (value) => typeof value === 'boolean',
  members: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** All that the specifications have a name for, of what this provider does; another name is a typing error. */
const known: Record<Kind, readonly string[]> = {
  address: [
    ...['issuer', 'authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'end_session_endpoint'],
    ...['introspection_endpoint', 'revocation_endpoint', 'pushed_authorization_request_endpoint'],
    ...['service_documentation', 'op_policy_uri', 'op_tos_uri'],
  ],
  texts: [
    ...['scopes_supported', 'response_types_supported', 'response_modes_supported', 'grant_types_supported'],
    ...['subject_types_supported', 'acr_values_supported', 'prompt_values_supported', 'display_values_supported'],
    ...['claim_types_supported', 'claims_supported', 'ui_locales_supported', 'code_challenge_methods_supported'],
    ...['id_token_signing_alg_values_supported', 'userinfo_signing_alg_values_supported'],
    ...['request_object_signing_alg_values_supported', 'dpop_signing_alg_values_supported'],
    ...['token_endpoint_auth_methods_supported', 'token_endpoint_auth_signing_alg_values_supported'],
    ...['introspection_endpoint_auth_methods_supported', 'introspection_endpoint_auth_signing_alg_values_supported'],
    ...['revocation_endpoint_auth_methods_supported', 'revocation_endpoint_auth_signing_alg_values_supported'],
  ],
  'yes-or-no': [
    ...['claims_parameter_supported', 'request_parameter_supported', 'request_uri_parameter_supported'],
    ...['require_request_uri_registration', 'require_pushed_authorization_requests', 'require_signed_request_object'],
    ...['authorization_response_iss_parameter_supported', 'tls_client_certificate_bound_access_tokens'],
    ...['backchannel_logout_supported', 'backchannel_logout_session_supported'],
  ],
  members: ['mtls_endpoint_aliases'],
}

/** `ValidateServerMetadataAgainstSchema`, `CheckForUnexpectedParametersInServerMetadata`. */
function checkShapes(metadata: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(metadata)) {
    const kind = (Object.keys(known) as Kind[]).find((each) => known[each].includes(name))
    expect(kind, `${name} is no member of provider metadata`).toBeDefined()
    if (kind !== undefined) expect(kindOf[kind](value), `${name} is ${JSON.stringify(value)}`).toBe(true)
  }
}

/** `CheckDiscEndpointAllEndpointsAreHttps`: those that nobody has heard of, too. */
export function checkEndpoints({ metadata }: Suite): void {
  const endpoints = Object.keys(metadata).filter((name) => name.endsWith('_endpoint'))
  for (const name of endpoints) expect(kindOf.address(metadata[name]), name).toBe(true)
}

const textsIn = ({ metadata }: Suite, name: string): string[] => {
  expect(kindOf.texts(metadata[name]), name).toBe(true)
  return metadata[name] as string[]
}

type Jwk = Record<string, string>

/** `FetchServerKeys`, `ValidateJwksSequence`, `CheckDistinctKeyIdValueInServerJWKs`. */
async function checkKeys({ fetchIssuer, metadata }: Suite): Promise<void> {
  const { keys } = (await (await fetchIssuer(metadata.jwks_uri)).json()) as { keys: Jwk[] }
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) {
    expect(['RSA', 'EC', 'OKP']).toContain(key.kty)
    expect(key.kid).toMatch(/./)
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) expect(key).not.toHaveProperty(secret)
    if (key.kty === 'RSA') expect(Buffer.from(key.n ?? '', 'base64url').length).toBeGreaterThanOrEqual(256)
  }
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
  expect(keys.some(({ kty, use, alg }) => kty === 'RSA' && use !== 'enc' && ['RS256', undefined].includes(alg))).toBe(
    true,
  )
}

export const configModules: Readonly<Record<string, Module>> = {
  async 'oidcc-discovery-endpoint-verification'(suite) {
    const { metadata, discoveryUrl, fetchIssuer } = suite
    const answer = await fetchIssuer(discoveryUrl)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
    // The issuer is the address that the document is at, to the letter (§4.3).
    expect(discoveryUrl).toBe(`${metadata.issuer}/.well-known/openid-configuration`)
    expect(metadata.issuer).toMatch(/^https:\/\/[^?#]+[^/?#]$/)

    checkShapes(metadata)
    expect(textsIn(suite, 'response_types_supported')).toEqual(['code'])
    for (const type of textsIn(suite, 'subject_types_supported')) expect(['public', 'pairwise']).toContain(type)
    expect(textsIn(suite, 'id_token_signing_alg_values_supported')).toContain('RS256')
    expect(textsIn(suite, 'userinfo_signing_alg_values_supported')).not.toContain('none')
    for (const name of [
      'authorization_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
      'jwks_uri',
      'end_session_endpoint',
    ])
      expect(kindOf.address(metadata[name]), name).toBe(true)
    await checkKeys(suite)

    expect(metadata.request_parameter_supported).toBeTypeOf('boolean')
    // Left out, it would be true (§3).
    expect(metadata.request_uri_parameter_supported).toBe(false)
    if (metadata.request_object_signing_alg_values_supported !== undefined)
      expect(textsIn(suite, 'request_object_signing_alg_values_supported')).toContain('RS256')
    expect(metadata.claims_parameter_supported).toBe(true)
    expect(textsIn(suite, 'claims_supported')).toEqual([...new Set(textsIn(suite, 'claims_supported'))])
    expect(textsIn(suite, 'claims_supported')).toContain('sub')
    expect(textsIn(suite, 'grant_types_supported')).toContain('authorization_code')
    expect(textsIn(suite, 'scopes_supported')).toContain('openid')
    for (const scope of textsIn(suite, 'scopes_supported')) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
    const locales = textsIn(suite, 'ui_locales_supported')
    expect(Intl.getCanonicalLocales(locales)).toEqual(locales)
    checkEndpoints(suite)
    expect(textsIn(suite, 'code_challenge_methods_supported')).toEqual(['S256'])
  },
}
