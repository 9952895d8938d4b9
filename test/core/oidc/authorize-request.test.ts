import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AuthorizeRequest,
  readAuthorizeRequest,
  readParameters,
  readReturn,
} from '../../../src/core/oidc/authorize-request.ts'
import type { Client } from '../../../src/core/oidc/client.ts'

const client: Client = {
  clientId: 'app1',
  clientName: 'App1',
  redirectUris: ['https://app.example/cb', 'https://app.example/cb?tenant=7', 'com.example.app:/cb'],
  postLogoutRedirectUris: [],
  grantTypes: ['authorization_code'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  secrets: [],
  scopes: ['openid', 'email'],
  idTokenSignedResponseAlg: 'RS256',
  enforcement: 'strict',
  enabled: true,
  createdAt: 0,
}
const usual = {
  client_id: 'app1',
  redirect_uri: 'https://app.example/cb',
  response_type: 'code',
  scope: 'openid',
}

const read = (change: Record<string, string> = {}, its: Partial<Client> = {}) => {
  const parameters = readParameters(new URLSearchParams({ ...usual, ...change }).toString())
  const who = { ...client, ...its }
  const back = readReturn(parameters, who)
  if (!back.ok) return back
  return readAuthorizeRequest(parameters, who, back.value)
}
const value = (change: Record<string, string> = {}): AuthorizeRequest => {
  const request = read(change)
  if (!request.ok) throw new Error(`${request.reason}: ${request.detail}`)
  return request.value
}

describe('what is read of a request', () => {
  it('leaves out scopes that the client may not have, and empty parameters', () => {
    expect(value({ scope: 'openid email admin', nonce: '' })).toEqual({
      clientId: 'app1',
      redirectUri: 'https://app.example/cb',
      scopes: ['openid', 'email'],
      prompts: [],
    })
  })

  it('parameters that nobody knows are no error', () => {
    expect(value({ foo: 'bar', display: 'popup', claims_locales: 'de' }).scopes).toEqual(['openid'])
  })

  it.each([
    [
      'an essential acr',
      { id_token: { acr: { essential: true, values: ['fido', 'cba'] } } },
      { essentialAcr: ['fido', 'cba'] },
    ],
    [
      'an essential acr of one value',
      { id_token: { acr: { essential: true, value: 'fido' } } },
      { essentialAcr: ['fido'] },
    ],
    ['a voluntary acr', { id_token: { acr: { values: ['otp'] } } }, { voluntaryAcr: ['otp'] }],
    ['an acr of no value', { id_token: { acr: null } }, {}],
    [
      'other claims, but for those that no scope of the client brings along,',
      {
        userinfo: { email: { essential: true }, name: null, unheard_of: null },
        id_token: { address: null, sub: null },
      },
      { claims: { idToken: ['sub'], userinfo: ['email', 'unheard_of'] } },
    ],
  ])('%s of the claims parameter', (_name, claims, expected) => {
    expect(value({ claims: JSON.stringify(claims) })).toMatchObject(expected)
  })

  it.each([
    '{',
    '[]',
    '"x"',
    '1',
    'null',
    '{"id_token":[]}',
    '{"id_token":{"acr":7}}',
    '{"id_token":{"acr":{"values":"fido"}}}',
    '{"userinfo":{"email":true}}',
  ])('claims that are %s are refused', (claims) => {
    expect(read({ claims })).toMatchObject({ ok: false, reason: 'invalid_request' })
  })

  it('a public client must use PKCE, a confidential one may', () => {
    expect(read().ok).toBe(true)
    expect(read({}, { tokenEndpointAuthMethod: 'none' })).toMatchObject({ reason: 'invalid_request' })
  })
})

describe('the redirect URI', () => {
  const registered = 'https://app.example/cb'
  const variants = [
    ...[
      '/',
      '?',
      '#',
      '?x=1',
      '#x',
      '/.',
      '/../cb',
      '%2e',
      '%00',
      '\t',
      '\n',
      ' ',
      ';x',
      '//',
      '\\',
      '@evil.example',
    ].map((tail) => registered + tail),
    ...['http:', 'HTTPS:', 'javascript:', 'data:', '//', ' https:', 'https:\t'].map((scheme) =>
      registered.replace('https:', scheme),
    ),
    ...[
      'APP.example',
      'app.example.',
      'app.example:443',
      'app.example:8443',
      'evil.app.example',
      'app.example.evil',
      'app.example@evil.example',
      'user@app.example',
      'xn--app-.example',
      'app。example',
      '[::1]',
      'app.example%2eevil',
      'app.example\\evil.example',
    ].map((host) => registered.replace('app.example', host)),
    ...['/CB', '/c', '/cbb', '/./cb', '//cb', '/x/../cb', '/%63b', '/cb%2f', '/cb%20', '/cb;', '/cb,'].map((path) =>
      registered.replace('/cb', path),
    ),
    ...[
      '',
      'null',
      'undefined',
      'https://',
      'cb',
      '/cb',
      '*',
      'https://*.example/cb',
      'com.example.app:/CB',
      'com.example.app:cb',
      'com.example.app://cb',
      'COM.example.app:/cb',
    ],
    ...Array.from({ length: 95 }, (_, at) => registered + String.fromCharCode(32 + at)),
    ...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at) + registered),
  ]

  it(`is compared as text: none of ${variants.length} likenesses passes`, () => {
    expect(variants.length).toBeGreaterThan(240)
    const passed = variants.filter((redirect_uri) => read({ redirect_uri }).ok)
    expect(passed).toEqual([])
  })

  it.each(client.redirectUris)('%s passes', (redirect_uri) => {
    expect(read({ redirect_uri }).ok).toBe(true)
  })

  it('given twice is refused, even when both are registered', () => {
    const query = `${new URLSearchParams(usual)}&redirect_uri=${encodeURIComponent('com.example.app:/cb')}`
    expect(readReturn(readParameters(query), client)).toMatchObject({ reason: 'ambiguous-request' })
  })
})

describe('whatever is sent', () => {
  it('is read or refused, and never throws; what is refused is not repeated but for printable names', () => {
    const names = fc.constantFrom(
      'client_id',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
      'nonce',
      'prompt',
      'max_age',
      'claims',
      'acr_values',
      'code_challenge',
      'code_challenge_method',
      'request',
      'ui_locales',
      'x',
    )
    const pairs = fc.array(
      fc.tuple(
        names,
        fc.oneof(fc.string(), fc.json(), fc.constantFrom('openid', 'code', 'S256', 'none', usual.redirect_uri, 'app1')),
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(pairs, (sent) => {
        const parameters = readParameters(new URLSearchParams(sent).toString())
        const back = readReturn(parameters, client)
        if (!back.ok) return
        const request = readAuthorizeRequest(parameters, client, back.value)
        // RFC 6749 §4.1.2.1: what an error description may be made of.
        if (!request.ok) expect(request.detail ?? '').toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
      }),
      { numRuns: 3000 },
    )
  })
})
