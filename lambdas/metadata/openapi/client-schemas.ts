/** What a registration and its secrets look like. */
import { certificateSubjects, clientAuthMethods, grantTypes, overlaps } from '../../../src/core/oidc/client.ts'
import { signingAlgorithms, takenNames } from '../../../src/core/oidc/signing.ts'
import { cursored, dateTime, type Json, object, ref, strict } from './parts.ts'

const text = (description: string): Json => ({ type: 'string', description })
const uri = (description: string): Json => ({ type: 'string', format: 'uri', description })
const list = (items: Json, most: number, description: string): Json => ({
  type: 'array',
  items,
  maxItems: most,
  description,
})
const flag = (description: string): Json => ({ type: 'boolean', description })
const algorithm = (description: string): Json => ({ enum: signingAlgorithms, description })
const takenAlgorithm = (description: string): Json => ({ enum: takenNames, description })
const anyUri: Json = { type: 'string', format: 'uri', maxLength: 2000 }

const subjects = Object.fromEntries(
  Object.entries(certificateSubjects).map(([name, by]) => [
    name,
    text(`With tls_client_auth: which certificate is its own, by the ${by} in it. Exactly one of these (RFC 8705).`),
  ]),
)

const registration = {
  client_id: {
    type: 'string',
    minLength: 1,
    description:
      'Of a new one: up to 128 letters, digits and . _ ~ -, the first a letter or digit. Left out: made for you.',
  },
  client_name: {
    type: 'string',
    minLength: 1,
    maxLength: 100,
    description: 'What people read. Default: the client_id.',
  },
  redirect_uris: list(
    anyUri,
    50,
    'https; http to this very machine; an application’s own scheme with a dot in it. Compared as text.',
  ),
  grant_types: {
    type: 'array',
    items: { enum: grantTypes },
    uniqueItems: true,
    description: 'Default: authorization_code. Empty for a resource server that only introspects.',
  },
  response_types: list({ const: 'code' }, 1, 'code with authorization_code, and nothing without.'),
  ...subjects,
  client_uri: uri('Its home page.'),
  policy_uri: uri('Its privacy policy.'),
  tos_uri: uri('Its terms.'),
  contacts: list({ type: 'string', maxLength: 254 }, 20, 'Whom to write to.'),
  profile: {
    enum: ['oidc', 'fapi2'],
    default: 'oidc',
    description: 'fapi2: FAPI 2.0 Security Profile, and nothing beside it.',
  },
  third_party: flag('People are asked before it hears of them.'),
  post_logout_redirect_uris: list(anyUri, 50, 'Where a logout may lead back to.'),
  token_endpoint_auth_method: { enum: clientAuthMethods, default: 'client_secret_basic' },
  token_endpoint_auth_signing_alg: takenAlgorithm('The one algorithm of its assertions. Ed25519 is kept as EdDSA.'),
  jwks: object({ keys: { type: 'array', items: { type: 'object' }, minItems: 1, maxItems: 20 } }, ['keys'], {
    ...strict,
    description: 'Its public keys. Not beside jwks_uri.',
  }),
  jwks_uri: uri('Where its public keys are.'),
  scope: text('What it may ask for, with spaces between.'),
  resources: list(anyUri, 20, 'The resource servers that it may have tokens for (RFC 8707).'),
  resource_identifiers: list(anyUri, 20, 'Of a resource server: its own names in aud.'),
  id_token_signed_response_alg: algorithm('Default: RS256; with fapi2 ES256.'),
  userinfo_signed_response_alg: algorithm('Left out: userinfo is JSON.'),
  request_object_signing_alg: takenAlgorithm('Left out: it sends no request objects. Ed25519 is kept as EdDSA.'),
  require_signed_request_object: flag('Request objects and nothing else.'),
  require_pushed_authorization_requests: flag('RFC 9126 and nothing else. Default with fapi2.'),
  dpop_bound_access_tokens: flag('RFC 9449.'),
  tls_client_certificate_bound_access_tokens: flag('RFC 8705.'),
  subject_type: { enum: ['public', 'pairwise'], default: 'public' },
  sector_identifier_uri: uri('With pairwise, where redirect URIs are on several hosts: a list of them all.'),
  backchannel_logout_uri: uri('Where it is told that a session ended.'),
  backchannel_logout_session_required: flag('Logout tokens always name the session.'),
  default_max_age: { type: 'integer', minimum: 0, maximum: 2_147_483_647, description: 'Seconds.' },
  default_acr_values: list({ type: 'string' }, 20, 'What is asked for where a request asks for nothing.'),
  enabled: {
    type: 'boolean',
    default: true,
    description: 'false: nobody signs in to it, and its tokens are good for nothing.',
  },
}

const secretState = object(
  {
    state: { enum: ['current', 'retiring'] },
    createdDateTime: dateTime('When it was made.'),
    expiresDateTime: dateTime('Of a retiring one: when it ends.'),
  },
  ['state', 'createdDateTime'],
)

const clientSecret = text('Shown this once, and kept hashed.')
const never: Json = { const: 0, description: 'It has no end (RFC 7591 §3.2.1).' }
const secrets: Json = { type: 'array', items: secretState, maxItems: 2 }

export const clientSchemas = {
  Client: object(registration, [], {
    ...strict,
    description: 'By the names of RFC 7591 and OpenID Connect Dynamic Client Registration; the whole of it.',
  }),
  Clients: cursored('Client'),
  ClientChanged: object(
    {
      client: ref('schemas', 'Client'),
      client_secret: clientSecret,
      client_secret_expires_at: never,
      warnings: { type: 'array', items: ref('schemas', 'Warning') },
    },
    ['client', 'warnings'],
  ),
  ClientSecrets: object({ secrets }, ['secrets']),
  Rotation: object(
    {
      overlap: {
        type: 'integer',
        minimum: 0,
        maximum: overlaps.most,
        default: overlaps.usual,
        description: 'Seconds for which the secret before is good still; 0: it ends at once.',
      },
    },
    [],
    strict,
  ),
  Rotated: object({ client_secret: clientSecret, client_secret_expires_at: never, secrets }, [
    'client_secret',
    'client_secret_expires_at',
    'secrets',
  ]),
} as const satisfies Record<string, Json>
