/** Client authentication: where npm `oidc-provider` answers otherwise. */
import type { Listed } from './listed.ts'

export const clients: readonly Listed[] = [
  {
    about: 'The error in the challenge',
    members: { 'www-authenticate': ['Basic', 'Basic invalid_client'] },
    clause: 'RFC 7617 §2, RFC 6749 §5.2',
    why: '`Basic` knows no such parameter; the error is in the body.',
    at: [
      'par: a wrong secret',
      'refresh: a wrong secret',
      'client_credentials: a wrong secret',
      'client: a wrong secret in the header',
      'client: an unknown one in the header',
      'client: a secret, registered for an assertion',
      'introspect: a wrong secret',
      'revoke: a wrong secret',
    ],
  },
  {
    about: 'No authentication, or none that can be read',
    members: {
      error: ['invalid_client', 'invalid_request'],
      status: ['401', '400'],
      'www-authenticate': ['Basic', undefined],
    },
    clause: 'RFC 6749 §5.2',
    why: 'No authentication, and a method that is not supported, are among the examples of `invalid_client`.',
    at: [
      'client: nothing',
      'client: an empty secret in the header',
      'client: the header is no Base64',
      'client: the header has no colon',
      'client: the header is Bearer',
      'introspect: no client authentication',
      'revoke: no client authentication',
    ],
  },
  {
    about: 'An assertion that cannot be read',
    members: { error: ['invalid_client', 'invalid_request'], status: ['401', '400'] },
    clause: 'RFC 7521 §4.2.1',
    why: 'An assertion that is not valid is `invalid_client`.',
    at: ['assertion: is no JWT', 'assertion: another client_assertion_type'],
  },
  {
    about: 'Each client has one method',
    members: { error: ['invalid_client', undefined], status: ['401', '200'] },
    clause: 'RFC 7591 §2, RFC 9700 §2.5',
    why: 'It is known by the method that it is registered for; the peer takes a secret in the header or in the form, whichever.',
    at: ['client: the secret in the form, registered for the header'],
  },
  {
    about: 'Each client has one method, also with a header',
    members: { error: ['invalid_client', undefined], status: ['401', '200'], 'www-authenticate': ['Basic', undefined] },
    clause: 'RFC 7591 §2, RFC 9700 §2.5',
    why: 'As above.',
    at: ['client: the secret in the header, registered for the form'],
  },
  {
    about: 'The audience of an assertion',
    members: { error: ['invalid_client', undefined], status: ['401', '200'] },
    clause: 'FAPI 2.0 Security Profile §5.3.2.1, draft-ietf-oauth-rfc7523bis',
    why: 'The issuer, as one text, of every client: an assertion for several, or for an address that another server might name as its own, could be carried on.',
    at: ['assertion: aud is the token endpoint', 'assertion: aud is a list with the issuer'],
  },
  {
    about: 'Times of an assertion that lie far ahead',
    members: { error: ['invalid_client', undefined], status: ['401', '200'] },
    clause: 'RFC 7523 §3',
    why: 'They may be refused. We keep each `jti` until `exp`, and none for a year.',
    at: ['assertion: exp a year ahead', 'assertion: iat an hour ahead'],
  },
  {
    about: 'A token of another type as an assertion',
    members: { error: ['invalid_client', undefined], status: ['401', '200'] },
    clause: 'RFC 8725 §3.11',
    why: 'What was signed to be an access token is no assertion.',
    at: ['assertion: typ of an access token'],
  },
]
