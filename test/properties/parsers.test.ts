/**
 * Whatever is sent to the doors that applications and browsers use: nothing breaks, nothing that was sent comes back where
 * it could do something, and what developers are told keeps to the letters of RFC 6749.
 *
 * `SEED=7 RUNS=5000 npx vitest run test/properties/parsers.test.ts` looks further.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Route } from '../../lambdas/routes.ts'
import { type House, openHouse, type Reply, type Request } from '../house.ts'
import { exchange, usualRequest, type Visitor, visit } from '../visitor.ts'
import { formOf, headerText, json, mark, queryOf, safely, text, written } from './sent.ts'

const { SEED, RUNS } = process.env
const settings = { numRuns: Number(RUNS ?? 120), ...(SEED === undefined ? {} : { seed: Number(SEED) }) }
const secret = 'a secret of some length'

let house: House
let browser: Visitor
let tokens: { access_token: string; id_token: string; refresh_token?: string }
let apikey: string
beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ requestObjectSigningAlg: 'ES256' })
  await house.addClient({ clientId: 'secret', secret })
  apikey = (await house.addApiKey()).shown
  const user = await house.addUser({ password: secret })
  browser = visit(house)
  await browser.ask({ scope: 'openid offline_access' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password: secret })
  tokens = (await exchange(house, browser.landed.get('code'))).json
})
afterAll(() => house.close())

// --- What comes back ----------------------------------------------------------------------------------------------

const isDescription = (value: unknown): boolean =>
  typeof value === 'string' && /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(value)

function expectSane(reply: Reply): void {
  const { status, headers, cookies, body } = reply
  expect(status, body).toBeLessThan(500)
  expect(house.lines.filter(({ message }) => message === 'failure')).toEqual([])
  for (const value of [...Object.values(headers), ...cookies]) {
    expect(value).toMatch(/^[\t\x20-\x7e]*$/)
    expect(value).not.toMatch(/^\s*x-mark|mark\(\)|<img|<script/im)
  }
  expect(headers['set-cookie'] ?? '').not.toContain('mark')
  for (const cookie of cookies) expect(cookie).toMatch(/^__Host-keystep-(browser|session)=[\w.-]*; Path=\//)
  const type = headers['content-type'] ?? ''
  if (type.includes('html')) {
    expect(body).not.toMatch(/<img\/src|<script>mark|onerror=mark\(\)>|&mark;/)
    expect(body).not.toMatch(/(href|src|action)="javascript:/i)
  }
  const said =
    type.includes('json') && body !== '' ? (reply.json as { error?: unknown; error_description?: unknown }) : {}
  const sent =
    headers.location === undefined ? new URLSearchParams() : new URLSearchParams(headers.location.split('?')[1])
  for (const description of [said.error_description, said.error, sent.get('error_description'), sent.get('error')])
    if (description !== undefined && description !== null)
      expect(isDescription(description), String(description)).toBe(true)
  const challenge = headers['www-authenticate']
  if (challenge !== undefined)
    expect(challenge).toMatch(
      /^(Basic|Bearer|DPoP)( \w+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(, \w+="[\x20-\x21\x23-\x5b\x5d-\x7e]*")*)?$/,
    )
  house.lines.length = 0
}

async function send(method: Route['method'], target: string, request: Request = {}): Promise<Reply> {
  const reply = await house.invoke(method, target, request)
  expectSane(reply)
  return reply
}

const basic = () => ({ authorization: `Basic ${Buffer.from(`secret:${secret}`).toString('base64')}` })
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const cookies = () => Object.fromEntries(browser.cookies)

describe('whatever is sent', { timeout: 240_000 }, () => {
  const asked = [
    ...['response_mode', 'prompt', 'max_age', 'acr_values', 'claims', 'ui_locales', 'claims_locales', 'id_token_hint'],
    ...['login_hint', 'display', 'request', 'request_uri', 'registration', 'resource', 'dpop_jkt', 'x'],
  ]

  it('as an authorization request', async () => {
    const request = fc.tuple(
      formOf({ ...usualRequest, prompt: 'none' }, asked),
      written,
      fc.constantFrom('GET', 'POST', 'signed in'),
    )
    await fc.assert(
      fc.asyncProperty(request, async ([fields, how, way]) => {
        const query = queryOf(fields, how)
        const reply =
          way === 'POST'
            ? await send('POST', '/authorize', { body: query, headers: form, cookies: { 'x-y': 'z' } })
            : await send('GET', `/authorize?${query}`, way === 'GET' ? {} : { cookies: cookies() })
        const to = reply.headers.location
        if (to !== undefined) expect(to).toMatch(/^(https:\/\/app1\.example\.com\/callback\?|\/login\/|\/authorize\?)/)
      }),
      settings,
    )
  })

  it('as the claims parameter', async () => {
    await fc.assert(
      fc.asyncProperty(json, async (claims) => {
        await send(
          'GET',
          `/authorize?${queryOf(Object.entries({ ...usualRequest, prompt: 'none', claims }), [false, false])}`,
          { cookies: cookies() },
        )
      }),
      settings,
    )
  })

  it('as the languages that a person wants', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (locales, header) => {
        const fields = Object.entries({ ...usualRequest, ui_locales: locales })
        const headers = { 'accept-language': headerText(header) }
        const { headers: at } = await send('GET', `/authorize?${queryOf(fields, [false, false])}`, { headers })
        if (at.location?.startsWith('/login/')) await send('GET', at.location, { headers })
        await send('GET', `/logout?${queryOf([['ui_locales', locales]], [false, false])}`, { headers })
      }),
      settings,
    )
  })

  const codeForm = {
    grant_type: 'authorization_code',
    code: 'x',
    redirect_uri: usualRequest.redirect_uri,
    code_verifier: 'y',
  }
  const endpoints: [string, string, () => Record<string, string>, string[]][] = [
    [
      'a code',
      '/token',
      () => codeForm,
      ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'resource'],
    ],
    [
      'a refresh token',
      '/token',
      () => ({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }),
      ['scope', 'client_id', 'resource'],
    ],
    [
      'client credentials',
      '/token',
      () => ({ grant_type: 'client_credentials' }),
      ['scope', 'client_id', 'client_secret', 'client_assertion', 'resource'],
    ],
    [
      'introspection',
      '/introspect',
      () => ({ token: tokens.access_token }),
      ['token_type_hint', 'client_id', 'client_secret'],
    ],
    ['revocation', '/revoke', () => ({ token: 'x' }), ['token_type_hint', 'client_id', 'client_secret']],
    ['a pushed request', '/par', () => usualRequest, [...asked, 'client_secret', 'client_assertion']],
  ]
  it.each(endpoints)('as a form of %s', async (_, path, good, names) => {
    const types = fc.constantFrom(
      'application/x-www-form-urlencoded',
      'application/json',
      'text/plain',
      'multipart/form-data',
      '',
      mark,
    )
    const request = fc.tuple(
      formOf(good(), names),
      written,
      fc.boolean(),
      fc.oneof({ weight: 6, arbitrary: fc.constant(form['content-type']) }, { weight: 1, arbitrary: types }),
    )
    await fc.assert(
      fc.asyncProperty(request, async ([fields, how, known, type]) => {
        const headers = { ...(known ? basic() : {}), 'content-type': type }
        const { status, headers: at } = await send('POST', path, { body: queryOf(fields, how), headers })
        expect([200, 201, 400, 401]).toContain(status)
        expect(at['cache-control']).toContain('no-store')
      }),
      settings,
    )
  })

  it('as the credentials of a client', async () => {
    const inside = fc.oneof(
      text,
      fc.tuple(text, text).map((pair) => pair.join(':')),
    )
    const header = fc
      .tuple(fc.constantFrom('Basic', 'basic', 'Bearer', 'Digest', ''), fc.boolean(), inside)
      .map(([scheme, encodes, value]) =>
        headerText(`${scheme} ${encodes ? Buffer.from(value).toString('base64') : value}`),
      )
    await fc.assert(
      fc.asyncProperty(header, async (authorization) => {
        const body = new URLSearchParams({ grant_type: 'client_credentials' })
        const { status } = await send('POST', '/token', { body, headers: { authorization } })
        expect([400, 401]).toContain(status)
      }),
      settings,
    )
  })

  it('as an access token, and with it', async () => {
    const scheme = fc.constantFrom('Bearer', 'bearer', 'DPoP', 'Basic', '')
    await fc.assert(
      fc.asyncProperty(scheme, text, text, fc.boolean(), async (its, token, proof, isGood) => {
        const authorization = headerText(`${its} ${isGood ? tokens.access_token : token}`)
        const headers = { authorization, ...(proof === '' ? {} : { dpop: headerText(proof) }) }
        for (const path of ['/userinfo', '/api/v1/tenants/demo/users']) await send('GET', path, { headers })
        await send('POST', '/userinfo', { body: queryOf([['access_token', token]], [false, false]), headers: form })
      }),
      settings,
    )
  })

  it('as a proof of a key', async () => {
    const header = fc.record({
      typ: fc.constantFrom('dpop+jwt', 'JWT', mark),
      alg: fc.constantFrom('ES256', 'none', 1, null),
      jwk: fc.anything(),
    })
    const proof = fc.oneof(
      text,
      fc
        .tuple(header, fc.anything())
        .map((parts) => [...parts.map((part) => Buffer.from(safely(part)).toString('base64url')), 'AA'].join('.')),
    )
    await fc.assert(
      fc.asyncProperty(proof, async (dpop) => {
        const body = new URLSearchParams({ grant_type: 'client_credentials' })
        await send('POST', '/token', { body, headers: { ...basic(), dpop: headerText(dpop) } })
      }),
      settings,
    )
  })

  it('at the logout', async () => {
    const good = { id_token_hint: 'x', post_logout_redirect_uri: 'https://app1.example.com/', state: 's' }
    const request = fc.tuple(
      formOf(good, ['client_id', 'ui_locales', 'logout_hint', 'confirmed', 'everywhere']),
      written,
      fc.boolean(),
      fc.boolean(),
    )
    await fc.assert(
      fc.asyncProperty(request, async ([fields, how, known, posts]) => {
        const hinted = fields.map(([name, value]): [string, string] => [
          name,
          name === 'id_token_hint' && value === 'x' ? tokens.id_token : value,
        ])
        // Another browser's session: this one's would end.
        const its = known ? { '__Host-keystep-session': `${'A'.repeat(22)}.${'A'.repeat(43)}` } : {}
        const query = queryOf(hinted, how)
        const { headers } = posts
          ? await send('POST', '/logout', { body: query, headers: form, cookies: its })
          : await send('GET', `/logout?${query}`, { cookies: its })
        if (headers.location !== undefined)
          expect(headers.location).toMatch(/^(https:\/\/app1\.example\.com\/(\?|$)|\/logout\?)/)
      }),
      settings,
    )
  })

  it('as cookies, and as the address of a login', async () => {
    const name = fc.oneof(
      fc.constantFrom('__Host-keystep-session', '__Host-keystep-browser', '__proto__', ' __Host-keystep-session'),
      text,
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, text), { maxLength: 4 }), text, async (pairs, id) => {
        const sent = Object.fromEntries(pairs.map(([its, value]) => [headerText(its), headerText(value)]))
        await send('GET', `/authorize?${new URLSearchParams(usualRequest)}`, { cookies: sent })
        await send('GET', '/logout', { cookies: sent })
        const login = encodeURIComponent(id.toWellFormed()) || 'x'
        if (!/^\.+$|%2F/i.test(login)) await send('GET', `/login/${login}`, { cookies: sent })
      }),
      settings,
    )
  })

  it('as the registration of a client', async () => {
    const good = {
      client_id: 'new',
      client_name: 'New',
      redirect_uris: ['https://new.example.com/cb'],
      grant_types: ['authorization_code'],
    }
    const names = [
      ...[
        'client_id',
        'client_name',
        'redirect_uris',
        'post_logout_redirect_uris',
        'grant_types',
        'token_endpoint_auth_method',
        'jwks',
        'jwks_uri',
      ],
      ...[
        'scope',
        'scopes',
        'resources',
        'subject_type',
        'sector_identifier_uri',
        'backchannel_logout_uri',
        'default_max_age',
        'profile',
        'contacts',
      ],
      ...[
        'tls_client_auth_subject_dn',
        'id_token_signed_response_alg',
        'request_object_signing_alg',
        'response_types',
        'x',
        '__proto__',
        mark,
      ],
    ]
    const value = fc.oneof(
      text,
      fc.array(text, { maxLength: 3 }),
      fc.anything({ maxDepth: 3 }),
      fc.constantFrom('https://new.example.com', true, null, 10 ** 300),
    )
    const change = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 })
    const body = fc.oneof(
      { weight: 6, arbitrary: change.map((its) => safely({ ...good, ...Object.fromEntries(its) })) },
      { weight: 1, arbitrary: json },
    )
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const headers = { apikey, 'content-type': 'application/json' }
        const { status } = await send('POST', '/api/v1/tenants/demo/clients', { body: sent.toWellFormed(), headers })
        expect([201, 400, 409, 413, 422]).toContain(status)
      }),
      settings,
    )
  })
})
