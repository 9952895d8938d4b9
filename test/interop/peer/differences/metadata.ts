/** The metadata, and addresses: where npm `oidc-provider` answers otherwise. */
import type { Listed } from './listed.ts'

export const metadata: readonly Listed[] = [
  {
    about: 'Claims of the token itself are listed',
    members: {
      claims_supported: [
        'acr address amr at_hash aud auth_time birthdate email email_verified exp family_name gender given_name iat iss locale middle_name name nickname nonce phone_number phone_number_verified picture preferred_username profile sid sub updated_at website zoneinfo',
        'acr address amr auth_time birthdate email email_verified family_name gender given_name iss locale middle_name name nickname phone_number phone_number_verified picture preferred_username profile sid sub updated_at website zoneinfo',
      ],
    },
    clause: 'OpenID Connect Discovery §3',
    why: 'All names of claims that we may supply are listed; an ID token has `iat`, `exp` and `at_hash` as well as those of the person.',
    at: ['discovery: the document'],
  },
  {
    about: 'How clients authenticate at introspection and revocation',
    members: {
      introspection_endpoint_auth_methods_supported: [
        'client_secret_basic client_secret_post private_key_jwt',
        undefined,
      ],
      introspection_endpoint_auth_signing_alg_values_supported: ['ES256 Ed25519 EdDSA PS256 RS256', undefined],
      revocation_endpoint_auth_methods_supported: [
        'client_secret_basic client_secret_post none private_key_jwt',
        undefined,
      ],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256 Ed25519 EdDSA PS256 RS256', undefined],
    },
    clause: 'RFC 8414 §2',
    why: 'Left out, the methods would be `client_secret_basic` alone. Ours are the ones of the token endpoint, but for `none` at introspection.',
    at: ['discovery: the document'],
  },
  {
    about: 'Values of `prompt` are listed',
    members: { prompt_values_supported: ['consent login none select_account', undefined] },
    clause: 'Initiating User Registration via OpenID Connect',
    why: 'Clients need not try which values there are.',
    at: ['discovery: the document'],
  },
  {
    about: 'Defaults are written down',
    members: {
      require_pushed_authorization_requests: ['false', undefined],
      require_signed_request_object: ['false', undefined],
      tls_client_certificate_bound_access_tokens: ['false', undefined],
    },
    clause: 'RFC 9126 §5, RFC 9101 §10.5, RFC 8705 §3.3',
    why: '`false` is what leaving them out means. Certificates are a setting of a stage, which this one has not.',
    at: ['discovery: the document'],
  },
  {
    about: 'No fragments',
    members: { response_modes_supported: ['form_post query', 'form_post fragment query'] },
    clause: 'RFC 9700 §2.1.2',
    why: 'We issue codes alone, and a code has no business in a fragment, where script of the page reads it.',
    at: ['discovery: the document'],
  },
  {
    about: "Scopes of the organisation's own APIs are not published",
    members: {
      scopes_supported: [
        'address email offline_access openid phone profile',
        'address email offline_access openid phone profile read',
      ],
    },
    clause: 'RFC 8414 §2',
    why: "A server may choose not to advertise some. Which APIs there are is not everybody's to know.",
    at: ['discovery: the document'],
  },
  {
    about: 'An address that knows no such method',
    members: { 'content-type': ['application/json', 'text/plain'], 'member message': ['string', undefined] },
    clause: 'RFC 9110 §15.5.5',
    why: "Neither answers: 404. Ours is API Gateway's own answer, in JSON; no Lambda hears of it.",
    at: [
      'par: by another method',
      'par: by GET',
      'code: by GET',
      'userinfo: by PUT',
      'introspect: by GET',
      'revoke: by GET',
    ],
  },
]
