/** A registration by RFC 7591's names: each member as it may be and as it may not, and what goes together. */
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import type { JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../../src/core/oidc/client.ts'
import { clientMembers, readClientDocument, showClient } from '../../../src/core/oidc/client-metadata.ts'
import { createAuthority } from '../../pki.ts'

type Document = Record<string, unknown>
const shop: Document = { redirect_uris: ['https://shop.example/cb'] }
const read = (change: Document = {}) => readClientDocument({ ...shop, ...change }, 'shop')
const registered = (change: Document = {}) => {
  const result = read(change)
  if (!result.ok) throw new Error(`${result.at} ${result.detail}`)
  return result.value.registered
}

const jwkOf = (key: KeyObject): Document => ({ ...key.export({ format: 'jwk' }) })
const ec = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
const another = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
const rsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)
const ed = jwkOf(generateKeyPairSync('ed25519').publicKey)
const secretEc = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
const p384 = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)
const weak = jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)

const keyed = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [ec] } }
const certified = { token_endpoint_auth_method: 'tls_client_auth' }
const bank = { ...keyed, profile: 'fapi2', dpop_bound_access_tokens: true }
const machine = { redirect_uris: [], grant_types: ['client_credentials'] }
const keys = (...these: Document[]) => ({ ...keyed, jwks: { keys: these } })

describe('a registration that says next to nothing', () => {
  it('is as RFC 7591 has it', () => {
    expect(read()).toEqual({
      ok: true,
      value: {
        clientId: 'shop',
        registered: {
          clientName: 'shop',
          redirectUris: ['https://shop.example/cb'],
          postLogoutRedirectUris: [],
          grantTypes: ['authorization_code'],
          tokenEndpointAuthMethod: 'client_secret_basic',
          scopes: ['openid', 'profile', 'email'],
          idTokenSignedResponseAlg: 'RS256',
          enabled: true,
        },
      },
    })
  })

  it('of the profile fapi2 pushes its requests and has no RS256', () => {
    expect(registered(bank)).toMatchObject({
      requirePushedAuthorizationRequests: true,
      idTokenSignedResponseAlg: 'ES256',
    })
  })

  it('of a machine has no scope that speaks of a person, and of one that goes on offline_access', () => {
    expect(registered(machine)).toMatchObject({ scopes: [], redirectUris: [] })
    expect(registered({ grant_types: ['authorization_code', 'refresh_token'] }).scopes).toContain('offline_access')
  })
})

describe('each member', () => {
  const good: [string, Document, Partial<Client>?][] = [
    ['client_id', { client_id: 'Shop.v2_~-x' }],
    ['client_name', { client_name: 'Bücher & Söhne 書店' }, { clientName: 'Bücher & Söhne 書店' }],
    ['client_uri', { client_uri: 'https://shop.example/#about' }, { clientUri: 'https://shop.example/#about' }],
    ['policy_uri', { policy_uri: 'https://shop.example/privacy' }],
    ['tos_uri', { tos_uri: 'https://shop.example/terms' }],
    ['contacts', { contacts: ['ops@shop.example'] }, { contacts: ['ops@shop.example'] }],
    ['profile', { profile: 'oidc' }, { profile: 'oidc' }],
    ['third_party', { third_party: true }, { thirdParty: true }],
    ['redirect_uris, on this machine by name', { redirect_uris: ['http://localhost:4402/cb'] }],
    ['redirect_uris, on this machine by address', { redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]:1/cb'] }],
    ['redirect_uris of an application', { redirect_uris: ['com.example.app:/cb'] }],
    ['redirect_uris with a query', { redirect_uris: ['https://shop.example/cb?a=1'] }],
    ['post_logout_redirect_uris', { post_logout_redirect_uris: ['https://shop.example/'] }],
    ['grant_types, none', { redirect_uris: [], grant_types: [] }, { grantTypes: [] }],
    ['response_types', { response_types: ['code'] }],
    ['response_types of a machine', { ...machine, response_types: [] }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none' }, { tokenEndpointAuthMethod: 'none' }],
    ['token_endpoint_auth_signing_alg', { ...keyed, token_endpoint_auth_signing_alg: 'EdDSA' }],
    [
      'algorithms by the name of RFC 9864',
      { ...keyed, token_endpoint_auth_signing_alg: 'Ed25519', request_object_signing_alg: 'Ed25519' },
      { tokenEndpointAuthSigningAlg: 'EdDSA', requestObjectSigningAlg: 'EdDSA' },
    ],
    ['jwks, P-256', keys({ ...ec, kid: 'a', use: 'sig', alg: 'ES256', key_ops: ['verify'] })],
    ['jwks, RSA', keys({ ...rsa, alg: 'PS256' })],
    ['jwks, Ed25519', keys({ ...ed, alg: 'EdDSA' })],
    [
      'jwks, Ed25519 by the name of RFC 9864',
      keys({ ...ed, alg: 'Ed25519' }),
      { jwks: { keys: [{ ...ed, alg: 'EdDSA' } as JWK] } },
    ],
    ['jwks, several', keys({ ...ec, kid: 'a' }, { ...rsa, kid: 'b' })],
    ['jwks_uri', { ...keyed, jwks: undefined, jwks_uri: 'https://shop.example/jwks' }],
    [
      'tls_client_auth_subject_dn',
      { ...certified, tls_client_auth_subject_dn: 'CN=shop,O=Example' },
      { certificateSubject: { by: 'dn', value: 'CN=shop,O=Example' } },
    ],
    ['tls_client_auth_san_dns', { ...certified, tls_client_auth_san_dns: 'shop.example' }],
    ['tls_client_auth_san_uri', { ...certified, tls_client_auth_san_uri: 'spiffe://example/shop' }],
    ['tls_client_auth_san_ip', { ...certified, tls_client_auth_san_ip: '2001:db8::1' }],
    ['tls_client_auth_san_email', { ...certified, tls_client_auth_san_email: 'shop@example.org' }],
    ['scope', { scope: 'openid  orders:read openid' }, { scopes: ['openid', 'orders:read'] }],
    ['scope, none', { scope: '' }, { scopes: [] }],
    ['resources', { resources: ['https://api.example/v1', 'urn:example:api'] }],
    ['resource_identifiers', { resource_identifiers: ['https://api.example/v1'] }],
    ['id_token_signed_response_alg', { id_token_signed_response_alg: 'PS256' }],
    ['userinfo_signed_response_alg', { userinfo_signed_response_alg: 'ES256' }],
    ['request_object_signing_alg', { ...keyed, request_object_signing_alg: 'ES256' }],
    [
      'require_signed_request_object',
      { ...keyed, request_object_signing_alg: 'ES256', require_signed_request_object: true },
    ],
    ['require_pushed_authorization_requests', { require_pushed_authorization_requests: true }],
    ['dpop_bound_access_tokens', { dpop_bound_access_tokens: true }],
    ['tls_client_certificate_bound_access_tokens', { tls_client_certificate_bound_access_tokens: true }],
    ['subject_type', { subject_type: 'pairwise' }, { subjectType: 'pairwise' }],
    ['sector_identifier_uri', { subject_type: 'pairwise', sector_identifier_uri: 'https://shop.example/sector.json' }],
    ['backchannel_logout_uri', { backchannel_logout_uri: 'https://shop.example/logout?x=1' }],
    ['backchannel_logout_session_required', { backchannel_logout_session_required: true }],
    ['default_max_age', { default_max_age: 0 }, { defaultMaxAge: 0 }],
    ['default_acr_values', { default_acr_values: ['otp', 'pwd'] }, { defaultAcr: ['otp', 'pwd'] }],
    ['enabled', { enabled: false }, { enabled: false }],
  ]

  it.each(good)('%s', (_, change, expected = {}) => {
    expect(registered(change)).toMatchObject(expected)
  })

  it('is shown as it was read, and read as it was shown', () => {
    for (const [name, change] of good) {
      const once = read(change)
      if (!once.ok) throw new Error(`${name}: ${once.detail}`)
      const { clientId, registered: client } = once.value
      expect([name, readClientDocument(showClient({ ...client, clientId }), 'nobody')]).toEqual([name, once])
    }
  })

  it('is among these', () => {
    const tried = new Set(good.flatMap(([, change]) => Object.keys(change)))
    expect(clientMembers.filter((name) => !tried.has(name))).toEqual([])
  })

  const texts: [string, Document, string][] = [
    ['an id with a slash', { client_id: 'a/b' }, '/client_id'],
    ['an id of the prototype', { client_id: '__proto__' }, '/client_id'],
    ['an id that a store refuses', { client_id: 'constructor' }, '/client_id'],
    ['a name of spaces', { client_name: '  ' }, '/client_name'],
    ['a name of 101 characters', { client_name: 'x'.repeat(101) }, '/client_name'],
    ['a name that turns what follows', { client_name: 'Shop\u202eknab' }, '/client_name'],
    ['a home page that runs', { client_uri: 'javascript:alert(1)' }, '/client_uri'],
    ['a policy in the clear', { policy_uri: 'http://shop.example/' }, '/policy_uri'],
    ['terms that are no URI', { tos_uri: 'terms' }, '/tos_uri'],
    ['a contact with a space', { contacts: ['a b'] }, '/contacts/0'],
    ['a profile that nobody knows', { profile: 'fapi1' }, '/profile'],
    ['a flag that is a text', { third_party: 'true' }, '/third_party'],
    ['a scope with a quotation mark', { scope: 'a"b' }, '/scope'],
    ['a list of scopes', { scope: ['openid'] }, '/scope'],
    ['a resource that is no URI', { resources: ['api'] }, '/resources/0'],
    ['a resource with a fragment', { resources: ['https://api.example/#a'] }, '/resources/0'],
    ['a resource twice', { resources: ['urn:a:b', 'urn:a:b'] }, '/resources/1'],
    ['a default max age below zero', { default_max_age: -1 }, '/default_max_age'],
    ['a default max age that is a text', { default_max_age: '60' }, '/default_max_age'],
    ['a default ACR with a quotation mark', { default_acr_values: ['a"'] }, '/default_acr_values/0'],
    ['a switch that is a text', { enabled: 'no' }, '/enabled'],
    ['null', { client_name: null }, '/client_name'],
  ]
  const grants: [string, Document, string][] = [
    ['implicit', { grant_types: ['implicit'] }, '/grant_types/0'],
    ['the password grant', { grant_types: ['password'] }, '/grant_types/0'],
    ['a grant twice', { grant_types: ['authorization_code', 'authorization_code'] }, '/grant_types/1'],
    ['a refresh token of nothing', { ...machine, grant_types: ['refresh_token'] }, '/grant_types'],
    ['token', { response_types: ['token'] }, '/response_types/0'],
    ['code id_token', { response_types: ['code id_token'] }, '/response_types/0'],
    ['no response type', { response_types: [] }, '/response_types'],
    ['code for a machine', { ...machine, response_types: ['code'] }, '/response_types'],
    ['a machine that is public', { ...machine, token_endpoint_auth_method: 'none' }, '/grant_types'],
  ]
  const algorithms: [string, Document, string][] = [
    ['client_secret_jwt', { token_endpoint_auth_method: 'client_secret_jwt' }, '/token_endpoint_auth_method'],
    ['none for ID tokens', { id_token_signed_response_alg: 'none' }, '/id_token_signed_response_alg'],
    ['HS256 for ID tokens', { id_token_signed_response_alg: 'HS256' }, '/id_token_signed_response_alg'],
    ['none for userinfo', { userinfo_signed_response_alg: 'none' }, '/userinfo_signed_response_alg'],
    ['Ed25519 for what we sign', { id_token_signed_response_alg: 'Ed25519' }, '/id_token_signed_response_alg'],
    ['none for request objects', { ...keyed, request_object_signing_alg: 'none' }, '/request_object_signing_alg'],
    ['request objects without keys', { request_object_signing_alg: 'ES256' }, '/jwks'],
    ['signed requests of no algorithm', { require_signed_request_object: true }, '/request_object_signing_alg'],
    [
      'an algorithm of assertions without any',
      { token_endpoint_auth_signing_alg: 'ES256' },
      '/token_endpoint_auth_signing_alg',
    ],
    [
      'two ways to bind a token',
      { dpop_bound_access_tokens: true, tls_client_certificate_bound_access_tokens: true },
      '/dpop_bound_access_tokens',
    ],
    [
      'pushed requests of a machine',
      { ...machine, require_pushed_authorization_requests: true },
      '/require_pushed_authorization_requests',
    ],
  ]
  const certificates: [string, Document, string][] = [
    ['a certificate of nobody', certified, '/tls_client_auth_subject_dn'],
    ['a subject of no certificate', { tls_client_auth_san_dns: 'a.example' }, '/token_endpoint_auth_method'],
    [
      'two subjects',
      { ...certified, tls_client_auth_san_dns: 'a.example', tls_client_auth_san_ip: '192.0.2.1' },
      '/tls_client_auth_san_ip',
    ],
    ['no name', { ...certified, tls_client_auth_subject_dn: 'shop' }, '/tls_client_auth_subject_dn'],
    ['a wildcard', { ...certified, tls_client_auth_san_dns: '*.example' }, '/tls_client_auth_san_dns'],
    ['no URI', { ...certified, tls_client_auth_san_uri: 'shop' }, '/tls_client_auth_san_uri'],
    ['no address', { ...certified, tls_client_auth_san_ip: '192.0.2' }, '/tls_client_auth_san_ip'],
    ['no mail', { ...certified, tls_client_auth_san_email: 'shop' }, '/tls_client_auth_san_email'],
    [
      'a self-signed certificate that is not there',
      { ...keyed, token_endpoint_auth_method: 'self_signed_tls_client_auth' },
      '/jwks/keys',
    ],
  ]
  const elsewhere: [string, Document, string][] = [
    ['keys in the clear', { ...keyed, jwks: undefined, jwks_uri: 'http://shop.example/jwks' }, '/jwks_uri'],
    ['keys in two places', { ...keyed, jwks_uri: 'https://shop.example/jwks' }, '/jwks_uri'],
    ['no keys', { ...keyed, jwks: undefined }, '/jwks'],
    ['a password in an address', { backchannel_logout_uri: 'https://a:b@shop.example/' }, '/backchannel_logout_uri'],
    ['a logout with a fragment', { backchannel_logout_uri: 'https://shop.example/#a' }, '/backchannel_logout_uri'],
    ['a logout in the clear', { backchannel_logout_uri: 'http://shop.example/' }, '/backchannel_logout_uri'],
    ['a logout by mail', { backchannel_logout_uri: 'mailto:a@shop.example' }, '/backchannel_logout_uri'],
    ['a subject type that nobody knows', { subject_type: 'private' }, '/subject_type'],
    [
      'a sector of public subjects',
      { sector_identifier_uri: 'https://shop.example/sector.json' },
      '/sector_identifier_uri',
    ],
    [
      'pairwise over two hosts',
      { subject_type: 'pairwise', redirect_uris: ['https://a.example/', 'https://b.example/'] },
      '/sector_identifier_uri',
    ],
    [
      'pairwise with no host',
      { subject_type: 'pairwise', redirect_uris: ['com.example.app:/cb'] },
      '/sector_identifier_uri',
    ],
    [
      'a resource server that anybody can be',
      { resource_identifiers: ['urn:a:b'], token_endpoint_auth_method: 'none' },
      '/token_endpoint_auth_method',
    ],
  ]

  it.each([...texts, ...grants, ...algorithms, ...certificates, ...elsewhere])('is not %s', (_, change, at) => {
    expect(read(change)).toMatchObject({ ok: false, reason: 'invalid_client_metadata', at })
  })

  it.each([
    'client_secret',
    'logo_uri',
    'software_statement',
    'registration_access_token',
    'minimumAcr',
    'redirectUris',
    'client_name#de',
  ])('that nobody knows is refused with its name: %s', (name) => {
    expect(read({ [name]: 'x' })).toMatchObject({
      ok: false,
      at: `/${name}`,
      detail: expect.stringContaining('is not known'),
    })
  })

  it.each([[undefined], [null], ['text'], [[]], [1]])('is a member of an object, which %j is not', (document) => {
    expect(readClientDocument(document, 'x')).toMatchObject({ ok: false, at: '', detail: 'must be an object' })
  })
})

describe('a redirect URI', () => {
  it.each<[string, unknown, string]>([
    ['in the clear', 'http://shop.example/cb', 'must be https'],
    ['in the clear at a private address', 'http://192.168.0.1/cb', 'must be https'],
    ['at a host that only begins like this machine', 'http://localhost.evil.example/cb', 'must be https'],
    ['with a fragment', 'https://shop.example/cb#', 'fragment'],
    ['with a wildcard', 'https://*.shop.example/cb', 'wildcard'],
    ['with a wildcard in its path', 'https://shop.example/*', 'wildcard'],
    ['with a user', 'https://user@shop.example/cb', 'user'],
    ['with an empty user', 'https://@shop.example/cb', 'user'],
    ['with a password', 'https://u:p@shop.example/cb', 'user'],
    ['with a backslash', 'https://shop.example\\@evil.example/', 'backslash'],
    ['with a space', 'https://shop.example/a b', 'ASCII'],
    ['with a line break', 'https://shop.example/\n', 'ASCII'],
    ['with letters that are not of ASCII', 'https://shöp.example/cb', 'ASCII'],
    ['without a host', 'https:shop', '//'],
    ['that is relative', '/cb', 'absolute'],
    ['that runs', 'javascript:alert(1)', 'dot in it'],
    ['that is data', 'data:text/html,x', 'dot in it'],
    ['of a file', 'file:///etc/passwd', 'dot in it'],
    ['of a scheme without a dot', 'myapp:/cb', 'dot in it'],
    ['that is overlong', `https://shop.example/${'x'.repeat(2000)}`, 'at most'],
    ['that is a number', 1, 'must be a text'],
  ])('%s is refused', (_, uri, detail) => {
    const refused = { ok: false, reason: 'invalid_redirect_uri', at: '/redirect_uris/1' }
    expect(read({ redirect_uris: ['https://shop.example/cb', uri] })).toMatchObject({
      ...refused,
      detail: expect.stringContaining(detail),
    })
    expect(read({ post_logout_redirect_uris: [uri] })).toMatchObject({ at: '/post_logout_redirect_uris/0' })
  })

  it('is there, where somebody is sent back, and only there', () => {
    expect(read({ redirect_uris: [] })).toMatchObject({ reason: 'invalid_redirect_uri', at: '/redirect_uris' })
    expect(read({ redirect_uris: undefined })).toMatchObject({ reason: 'invalid_redirect_uri' })
    expect(read({ grant_types: ['client_credentials'] })).toMatchObject({ reason: 'invalid_redirect_uri' })
    expect(read({ redirect_uris: 'https://shop.example/cb' })).toMatchObject({ reason: 'invalid_redirect_uri' })
    expect(read({ redirect_uris: ['https://a.example/', 'https://a.example/'] })).toMatchObject({
      reason: 'invalid_redirect_uri',
      at: '/redirect_uris/1',
    })
  })

  it('is kept as the text that it is', () => {
    const odd = ['HTTPS://SHOP.example:443/a/../b', 'https://shop.example', 'https://shop.example/%7e']
    expect(registered({ redirect_uris: odd }).redirectUris).toEqual(odd)
  })
})

describe('a key', () => {
  it.each<[string, Document, string]>([
    ['that is private', secretEc, '/jwks/keys/0/d'],
    ['that is private, of RSA', { ...rsa, p: 'AQAB' }, '/jwks/keys/0/p'],
    ['that is shared', { kty: 'oct', k: 'c2VjcmV0' }, '/jwks/keys/0/k'],
    ['of no type', { ...ec, kty: undefined }, '/jwks/keys/0/kty'],
    ['on another curve', p384, '/jwks/keys/0/crv'],
    ['off its curve', { ...ec, x: another.x }, '/jwks/keys/0'],
    ['of 1024 bits', weak, '/jwks/keys/0'],
    ['with e = 1', { ...rsa, e: 'AQ' }, '/jwks/keys/0'],
    ['of small order', { ...ed, x: 'A'.repeat(43) }, '/jwks/keys/0'],
    ['with padding', { ...ec, x: `${ec.x}=` }, '/jwks/keys/0/x'],
    ['with zeros before its exponent', { ...rsa, e: 'AAEAAQ' }, '/jwks/keys/0/e'],
    ['of another type by its members', { ...ec, n: rsa.n }, '/jwks/keys/0/n'],
    ['for encryption', { ...ec, use: 'enc' }, '/jwks/keys/0/use'],
    ['to sign with', { ...ec, key_ops: ['sign'] }, '/jwks/keys/0/key_ops/0'],
    ['with an algorithm of another type', { ...ec, alg: 'RS256' }, '/jwks/keys/0/alg'],
    ['with no algorithm', { ...ec, alg: 'none' }, '/jwks/keys/0/alg'],
    ['somewhere else', { ...ec, x5u: 'https://evil.example/' }, '/jwks/keys/0/x5u'],
    ['with a kid that is a number', { ...ec, kid: 1 }, '/jwks/keys/0/kid'],
    ['with a certificate that is none', { ...ec, x5c: ['AAAA'] }, '/jwks/keys/0/x5c/0'],
  ])('%s is refused', (_, key, at) => {
    expect(read(keys(key))).toMatchObject({ ok: false, reason: 'invalid_client_metadata', at })
  })

  it('has a name of its own among others', () => {
    expect(read(keys(ec, another))).toMatchObject({ at: '/jwks/keys/0' })
    expect(read(keys({ ...ec, kid: 'a' }, { ...another, kid: 'a' }))).toMatchObject({ at: '/jwks/keys/1/kid' })
    expect(read(keys({ ...ec, kid: 'a' }, { ...another, kid: 'b' }))).toMatchObject({ ok: true })
  })

  it('is one at least, and twenty at most', () => {
    expect(read(keys())).toMatchObject({ at: '/jwks/keys' })
    const many = Array.from({ length: 21 }, (_, index) => ({ ...ec, kid: String(index) }))
    expect(read(keys(...many))).toMatchObject({ at: '/jwks/keys' })
    expect(read({ ...keyed, jwks: [ec] })).toMatchObject({ at: '/jwks' })
    expect(read({ ...keyed, jwks: { keys: [ec], kid: 'a' } })).toMatchObject({ at: '/jwks/kid' })
  })

  it('comes with its own certificate, where it comes with one', async () => {
    const authority = await createAuthority('CN=Somebody')
    const [own, stranger] = [await authority.issue(), await authority.issue()]
    const x5c = [own.der.toString('base64')]
    const its = { ...jwkOf(new X509Certificate(own.der).publicKey), x5c }
    const method = { token_endpoint_auth_method: 'self_signed_tls_client_auth' }
    expect(read({ ...keys(its), ...method })).toMatchObject({ ok: true })
    const other = { ...its, x5c: [stranger.der.toString('base64')] }
    expect(read({ ...keys(other), ...method })).toMatchObject({ ok: false, at: '/jwks/keys/0/x5c/0' })
  })
})

describe('the profile fapi2', () => {
  it.each<[string, Document]>([
    ['an assertion, DPoP', bank],
    [
      'an assertion, a certificate',
      {
        ...bank,
        dpop_bound_access_tokens: undefined,
        tls_client_certificate_bound_access_tokens: true,
      },
    ],
    [
      'a certificate',
      {
        ...bank,
        jwks: undefined,
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'bank.example',
      },
    ],
    ['PS256', { ...bank, id_token_signed_response_alg: 'PS256' }],
    ['a machine', { ...bank, ...machine }],
  ])('takes %s', (_, document) => {
    expect(read(document)).toMatchObject({ ok: true })
  })

  it.each<[string, Document, string]>([
    ['a secret', { token_endpoint_auth_method: 'client_secret_basic' }, '/token_endpoint_auth_method'],
    ['nothing', { token_endpoint_auth_method: 'none' }, '/token_endpoint_auth_method'],
    ['assertions of RS256', { token_endpoint_auth_signing_alg: 'RS256' }, '/token_endpoint_auth_signing_alg'],
    ['ID tokens of RS256', { id_token_signed_response_alg: 'RS256' }, '/id_token_signed_response_alg'],
    ['userinfo of RS256', { userinfo_signed_response_alg: 'RS256' }, '/userinfo_signed_response_alg'],
    ['request objects of RS256', { request_object_signing_alg: 'RS256' }, '/request_object_signing_alg'],
    ['a key of RS256', { jwks: { keys: [{ ...rsa, alg: 'RS256' }] } }, '/jwks/keys/0/alg'],
    ['tokens in anybody’s hands', { dpop_bound_access_tokens: false }, '/dpop_bound_access_tokens'],
    ['plain requests', { require_pushed_authorization_requests: false }, '/require_pushed_authorization_requests'],
  ])('takes no %s', (_, change, at) => {
    expect(read({ ...bank, ...change })).toMatchObject({ ok: false, reason: 'invalid_client_metadata', at })
  })

  it.each(['http://localhost/cb', 'com.example.app:/cb'])('takes no redirect to %s', (uri) => {
    expect(read({ ...bank, redirect_uris: [uri] })).toMatchObject({ reason: 'invalid_redirect_uri' })
  })
})

describe('whatever is sent', () => {
  it('is a registration, or refused with a place', () => {
    const any = fc.oneof(fc.anything(), fc.string(), fc.array(fc.webUrl()), fc.constantFrom('code', 'none', 'RS256'))
    const documents = fc.dictionary(fc.constantFrom(...clientMembers), any)
    fc.assert(
      fc.property(documents, (document) => {
        const result = readClientDocument(document, 'shop')
        if (result.ok)
          expect(readClientDocument(showClient({ ...result.value.registered, clientId: 'shop' }), 'shop').ok).toBe(true)
        else expect(result.at).toMatch(/^\//)
      }),
    )
  })
})
