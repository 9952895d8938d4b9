import { decodeJwt, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signingAlgorithms } from '../../src/core/oidc/signing.ts'
import {
  addressOf,
  type Config,
  credentials,
  discover,
  introspect,
  push,
  refresh,
  revoke,
  type Started,
  signIn,
  userinfo,
} from './oauth4webapi.ts'
import { checkPerson, openProvider, type Party, type Provider, ways } from './provider.ts'

// What oauth4webapi refuses of an answer, it throws: each test fails by that first.

let provider: Provider
beforeAll(async () => {
  provider = await openProvider()
})
afterAll(() => provider?.close())

const isPublic = (): Promise<Party> => provider.register({ tokenEndpointAuthMethod: 'none' })

const newPair = (alg = 'ES256') => oauth.generateKeyPair(alg)

describe('a person signs in, with code, PKCE, state, nonce and iss, at a client of', () => {
  it.each(Object.entries(ways))('%s', async (_method, way) => {
    const party = await way(provider)
    const listening = provider.listen()
    const signedIn = await signIn(provider, party)
    expect(signedIn.idToken.sub).toBe(provider.person.id)
    checkPerson(await userinfo(signedIn))
    const host = party.certificate === undefined ? provider.issuer : 'https://cert.example.org'
    expect(listening.addresses()).toEqual(expect.arrayContaining([`${host}/token`, `${host}/userinfo`]))
  })
})

it('discovery names the issuer that was asked for, and is refused for another', async () => {
  const { as, options } = await discover(provider, await isPublic())
  expect(as).toMatchObject({ issuer: provider.issuer, code_challenge_methods_supported: ['S256'] })
  const response = await oauth.discoveryRequest(new URL(provider.issuer), options)
  const other = new URL('https://elsewhere.example')
  await expect(oauth.processDiscoveryResponse(other, response)).rejects.toMatchObject({
    code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  })
})

describe('ID tokens and userinfo', () => {
  it.each(signingAlgorithms)('signed by %s, hold by a key that the library finds', async (alg) => {
    const change = { idTokenSignedResponseAlg: alg, userinfoSignedResponseAlg: alg }
    const listening = provider.listen()
    checkPerson(await userinfo(await signIn(provider, await provider.register(change))))
    expect(listening.answersOf('/jwks')).toEqual([200])
  })

  it('by another algorithm than was registered are refused; and userinfo that is not signed', async () => {
    const party = await provider.register()
    const other = { ...party, metadata: { id_token_signed_response_alg: 'ES256' } }
    await expect(signIn(provider, other)).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
    const signed = { ...party, metadata: { ...party.metadata, userinfo_signed_response_alg: 'RS256' } }
    await expect(userinfo(await signIn(provider, signed))).rejects.toMatchObject({
      code: 'OAUTH_JWT_USERINFO_EXPECTED',
    })
  })

  it('have what the claims parameter asks for', async () => {
    const claims = JSON.stringify({ id_token: { email: { essential: true } }, userinfo: { nickname: null } })
    const signedIn = await signIn(provider, await isPublic(), { asked: { scope: 'openid', claims } })
    expect(signedIn.idToken.email).toBe('ada@example.org')
    expect(await userinfo(signedIn)).toEqual({ sub: signedIn.idToken.sub, nickname: 'addi' })
  })

  it('know a person by another name in each sector, which the library insists on', async () => {
    const pairwise = { subjectType: 'pairwise' } as const
    const [one, other] = [await provider.register(pairwise), await provider.register(pairwise)]
    const [first, second] = [await signIn(provider, one), await signIn(provider, other)]
    await userinfo(first)
    expect(new Set([first.idToken.sub, second.idToken.sub, provider.person.id]).size).toBe(3)
    expect((await signIn(provider, one)).idToken.sub).toBe(first.idToken.sub)
    await expect(userinfo({ ...first, idToken: second.idToken })).rejects.toMatchObject({
      code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
    })
  })
})

describe('the answer of an authorization request', () => {
  it('comes as a form where that is asked for', async () => {
    const signedIn = await signIn(provider, await isPublic(), { asked: { response_mode: 'form_post' } })
    expect(signedIn.answer.method).toBe('POST')
    checkPerson(await userinfo(signedIn))
  })

  it.each(['query', 'form_post'])('is an error by %s, in words that the library reads', async (mode) => {
    const asked = { prompt: 'none', response_mode: mode }
    await expect(signIn(provider, await isPublic(), { asked })).rejects.toMatchObject({
      code: 'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
      error: 'login_required',
    })
  })

  it('is refused by the library with another state or nonce, by us with another verifier', async () => {
    const refusedFor = (expected: { state?: string; nonce?: string; verifier?: string }) =>
      expect(isPublic().then((party) => signIn(provider, party, { expected }))).rejects
    await refusedFor({ state: 'another' }).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
    await refusedFor({ nonce: 'another' }).toMatchObject({ code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' })
    const verifier = oauth.generateRandomCodeVerifier()
    await refusedFor({ verifier }).toMatchObject({ error: 'invalid_grant', status: 400 })
  })

  it('is refused by the library with another iss, or none', async () => {
    const { config, answer } = await signIn(provider, await isPublic())
    const { searchParams: fields } = new URL(answer.url)
    const read = () => oauth.validateAuthResponse(config.as, config.client, fields, config.parameters.state)
    expect(read().get('code')).toBeTruthy()
    fields.set('iss', 'https://elsewhere.example')
    expect(read).toThrow('unexpected "iss"')
    fields.delete('iss')
    expect(read).toThrow('"iss" (issuer) missing')
  })
})

describe('a request', () => {
  it('that was pushed', async () => {
    checkPerson(await userinfo(await signIn(provider, await provider.keyed('ES256'), { by: push })))
  })

  it.each(['ES256', 'PS256', 'EdDSA'] as const)('that is an object signed by %s, pushed or not', async (alg) => {
    const party = await provider.keyed(alg, { requestObjectSigningAlg: alg, requireSignedRequestObject: true })
    const { key, clientId: client_id } = party
    if (key === undefined) throw new Error('This party has no key')
    const signed = async ({ as, client, parameters }: Started) => ({
      client_id,
      request: await oauth.issueRequestObject(as, client, parameters, key),
    })
    const wish = { asked: { claims: '{"userinfo":{"email":null}}', max_age: '600' }, expected: { maxAge: 600 } }
    const byValue = async (started: Started) => addressOf(started, await signed(started))
    checkPerson(await userinfo(await signIn(provider, party, { ...wish, by: byValue })))
    const pushed = async (started: Started) => push(started, await signed(started))
    checkPerson(await userinfo(await signIn(provider, party, { ...wish, by: pushed })))
    await expect(signIn(provider, party)).rejects.toMatchObject({ error: 'invalid_request' })
  })
})

describe('how and when somebody signed in', () => {
  it('is a level of acr_values', async () => {
    const party = await isPublic()
    const [acr = ''] = (await discover(provider, party)).as.acr_values_supported ?? []
    expect((await signIn(provider, party, { asked: { acr_values: acr } })).idToken.acr).toBe(acr)
  })

  it('is not asked twice with prompt=none, and again with prompt=login', async () => {
    const [party, browser] = [await isPublic(), provider.browser()]
    const first = await signIn(provider, party, { browser })
    const second = await signIn(provider, party, { browser, asked: { prompt: 'none' } })
    expect(second.idToken.auth_time).toBe(first.idToken.auth_time)
    provider.wait(60)
    const third = await signIn(provider, party, { browser, asked: { prompt: 'login' }, expected: { maxAge: 0 } })
    expect(third.idToken.auth_time).toBeGreaterThanOrEqual((first.idToken.auth_time ?? 0) + 60)
  })

  it('is not longer ago than max_age, by the library’s clock', async () => {
    const [party, browser] = [await isPublic(), provider.browser()]
    await signIn(provider, party, { browser })
    provider.wait(120)
    const expected = { maxAge: 60 }
    await expect(signIn(provider, party, { browser, expected })).rejects.toMatchObject({
      code: 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
    })
    await signIn(provider, party, { browser, expected, asked: { max_age: '60' } })
  })
})

describe('with DPoP', () => {
  it.each(['ES256', 'PS256', 'Ed25519'])(
    'a proof by %s, with the nonce of the token endpoint, opens userinfo',
    async (alg) => {
      const listening = provider.listen()
      const signedIn = await signIn(provider, await isPublic(), { pair: await newPair(alg) })
      expect(listening.answersOf('/token')).toEqual([400, 200])
      const jkt = await signedIn.bound.DPoP?.calculateThumbprint()
      expect(decodeJwt(signedIn.tokens.access_token).cnf).toEqual({ jkt })
      checkPerson(await userinfo(signedIn))
      expect(listening.answersOf('/userinfo')).toEqual([200])
    },
  )

  it('userinfo asks for a nonce of a library that has none, and for the key of the token', async () => {
    const [pair, other] = [await newPair(), await newPair()]
    const signedIn = await signIn(provider, await isPublic(), { pair })
    const listening = provider.listen()
    const { client } = signedIn.config
    checkPerson(await userinfo({ ...signedIn, bound: { DPoP: oauth.DPoP(client, pair) } }))
    expect(listening.answersOf('/userinfo')).toEqual([401, 200])
    for (const bound of [{ DPoP: oauth.DPoP(client, other) }, {}])
      await expect(userinfo({ ...signedIn, bound })).rejects.toMatchObject({ status: 401 })
  })

  it.each(['dpop_jkt', 'a proof at the PAR endpoint'])('a code waits for the key of %s', async (by) => {
    const [pair, other, party] = [await newPair(), await newPair(), await provider.keyed('ES256')]
    const bindingTo = (its: CryptoKeyPair) => async (started: Started) => {
      const DPoP = oauth.DPoP(started.client, its)
      if (by !== 'dpop_jkt') return push(started, started.parameters, { DPoP })
      return addressOf(started, { ...started.parameters, dpop_jkt: await DPoP.calculateThumbprint() })
    }
    checkPerson(await userinfo(await signIn(provider, party, { by: bindingTo(pair), pair })))
    await expect(signIn(provider, party, { by: bindingTo(other), pair })).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })
})

it('tokens that are bound to a certificate open userinfo to its connections alone', async () => {
  const party = await provider.certified({ tlsClientCertificateBoundAccessTokens: true })
  const signedIn = await signIn(provider, party)
  expect(decodeJwt(signedIn.tokens.access_token).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) })
  checkPerson(await userinfo(signedIn))
  const { other } = provider.certificates
  const elsewhere = { ...signedIn.config, ...(await discover(provider, { ...party, certificate: other })) }
  await expect(userinfo({ ...signedIn, config: elsewhere })).rejects.toMatchObject({ status: 401 })
})

describe('a refresh token', () => {
  const asked = { scope: 'openid profile email offline_access' }

  it('of a public client is another each time, and the family ends with one that comes back', async () => {
    const { config, tokens } = await signIn(provider, await isPublic(), { asked })
    const seen = [tokens.refresh_token ?? '']
    for (const _ of [1, 2]) {
      const more = await refresh(config, seen.at(-1) ?? '')
      expect(oauth.getValidatedIdTokenClaims(more)?.sub).toBe(provider.person.id)
      seen.push(more.refresh_token ?? '')
    }
    expect(new Set(seen).size).toBe(3)
    provider.wait(60)
    for (const spent of [seen[0], seen[2]])
      await expect(refresh(config, spent ?? '')).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('of a client that authenticates stays, for as long as it is used', async () => {
    const { config, tokens } = await signIn(provider, await provider.keyed('ES256'), { asked })
    for (const _ of [1, 2]) {
      const more = await refresh(config, tokens.refresh_token ?? '')
      expect(more.refresh_token ?? tokens.refresh_token).toBe(tokens.refresh_token)
      expect(more.access_token).not.toBe(tokens.access_token)
    }
  })

  it('that is bound to a key is good with that key alone', async () => {
    const signedIn = await signIn(provider, await isPublic(), { asked, pair: await newPair() })
    const { config, bound } = signedIn
    const token = signedIn.tokens.refresh_token ?? ''
    const other = { DPoP: oauth.DPoP(config.client, await newPair()) }
    for (const shown of [{}, other])
      await expect(refresh(config, token, shown)).rejects.toMatchObject({ error: 'invalid_grant' })
    const more = await refresh(config, token, bound)
    expect(more.token_type).toBe('dpop')
    expect(more.refresh_token).not.toBe(token)
  })
})

describe('tokens of machines, and what becomes of tokens', () => {
  const resource = 'https://accounts.example.org'
  const machine = () =>
    provider.keyed('PS256', { grantTypes: ['client_credentials'], scopes: ['reports'], resources: [resource] })

  /** A resource server that has the library look at whoever comes. */
  const serves = ({ as, client, options }: Config) => ({
    async [oauth.customFetch](
      url: string,
      { body: _, ...sent }: { body?: unknown; method: string; headers: Record<string, string> },
    ) {
      const checks = { ...options, [oauth.clockSkew]: client[oauth.clockSkew] ?? 0 }
      return Response.json(await oauth.validateJwtAccessToken(as, new Request(url, sent), resource, checks))
    },
  })

  it('client credentials, for the resource that is named, which takes them by RFC 9068', async () => {
    const party = await machine()
    const config = await discover(provider, party)
    const { access_token: token } = await credentials(config, { scope: 'reports', resource })
    const url = new URL(`${resource}/reports`)
    const answer = await oauth.protectedResourceRequest(token, 'GET', url, undefined, undefined, serves(config))
    expect(await answer.json()).toMatchObject({ aud: resource, client_id: party.clientId, scope: 'reports' })
    const elsewhere = credentials(config, { resource: 'https://elsewhere.example' })
    await expect(elsewhere).rejects.toMatchObject({ error: 'invalid_target' })
  })

  it('a token of a person that is bound to a key, which the resource server takes with a proof', async () => {
    const party = await provider.register({ resources: [resource] })
    const { config, tokens, bound, idToken } = await signIn(provider, party, {
      ...{ asked: { resource }, pair: await newPair() },
    })
    const url = new URL(`${resource}/accounts?of=ada`)
    const call = (shown: typeof bound) =>
      oauth.protectedResourceRequest(tokens.access_token, 'GET', url, undefined, undefined, {
        ...serves(config),
        ...shown,
      })
    expect(await (await call(bound)).json()).toMatchObject({ aud: resource, sub: idToken.sub, iss: provider.issuer })
    await expect(call({})).rejects.toThrow()
  })

  it('introspection, to the resource server that a token is for, and to no other', async () => {
    const party = await provider.register({ resources: [resource] })
    const server = await discover(provider, await provider.register({ resourceIdentifiers: [resource] }))
    const stranger = await discover(provider, await provider.register())
    const { tokens, idToken, config } = await signIn(provider, party, { asked: { resource } })
    expect(await introspect(server, tokens.access_token)).toMatchObject({
      ...{ active: true, aud: resource, sub: idToken.sub, client_id: party.clientId, iss: provider.issuer },
      scope: 'openid profile email',
    })
    expect(await introspect(stranger, tokens.access_token)).toEqual({ active: false })
    await revoke(config, tokens.access_token)
    expect(await introspect(server, tokens.access_token)).toEqual({ active: false })
  })

  it('revocation of a refresh token takes its access tokens with it', async () => {
    const signedIn = await signIn(provider, await isPublic(), { asked: { scope: 'openid offline_access' } })
    const { config, tokens } = signedIn
    await userinfo(signedIn)
    await revoke(config, tokens.refresh_token ?? '')
    await expect(userinfo(signedIn)).rejects.toMatchObject({ status: 401 })
    await expect(refresh(config, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' })
    await revoke(config, 'nobody’s token')
  })
})

// The library builds no address of a logout and reads no logout tokens: we and jose do, by what it read of the metadata.
it('logout ends the session, and the application is told of it', async () => {
  const receiver = await provider.listens()
  const change = { backchannelLogoutUri: receiver.uri, backchannelLogoutSessionRequired: true }
  const [party, browser] = [await provider.register(change), provider.browser()]
  const { config, tokens, idToken } = await signIn(provider, party, { browser })
  const [state, back] = [oauth.generateRandomState(), party.postLogoutRedirectUri]
  const query = new URLSearchParams({ post_logout_redirect_uri: back, id_token_hint: tokens.id_token ?? '', state })
  const url = new URL(`${config.as.end_session_endpoint}?${query}`)
  expect((await provider.visit(url, browser)).url).toBe(`${back}?state=${state}`)
  await expect(signIn(provider, party, { browser, asked: { prompt: 'none' } })).rejects.toMatchObject({
    error: 'login_required',
  })
  await expect.poll(() => receiver.heard.length, { timeout: 20_000 }).toBe(1)
  const { payload } = await jwtVerify(receiver.heard[0]?.token ?? '', provider.keys(), {
    ...{ issuer: provider.issuer, audience: party.clientId, typ: 'logout+jwt' },
    currentDate: new Date(Date.now() + provider.ahead * 1000),
  })
  expect(payload).toMatchObject({ sub: idToken.sub, sid: idToken.sid })
})

describe('a client of the FAPI 2.0 Security Profile, from PAR to userinfo and refresh, by', () => {
  it.each(['ES256', 'PS256', 'EdDSA'] as const)('%s', async (alg) => {
    const party = await provider.keyed(alg, {
      ...{ profile: 'fapi2', idTokenSignedResponseAlg: alg },
      ...{ requirePushedAuthorizationRequests: true, dpopBoundAccessTokens: true },
    })
    const asked = { scope: 'openid profile email offline_access' }
    const signedIn = await signIn(provider, party, { by: push, asked, pair: await newPair(alg) })
    checkPerson(await userinfo(signedIn))
    const more = await refresh(signedIn.config, signedIn.tokens.refresh_token ?? '', signedIn.bound)
    expect(more.token_type).toBe('dpop')
    await expect(signIn(provider, party)).rejects.toMatchObject({ error: 'invalid_request' })
    await expect(signIn(provider, party, { by: push })).rejects.toMatchObject({ error: 'invalid_request' })
  })

  it('its certificate alone: for the client and for its tokens, at every endpoint', async () => {
    const party = await provider.certified({
      ...{ profile: 'fapi2', idTokenSignedResponseAlg: 'ES256' },
      ...{ requirePushedAuthorizationRequests: true, tlsClientCertificateBoundAccessTokens: true },
    })
    const listening = provider.listen()
    const asked = { scope: 'openid profile email offline_access' }
    const signedIn = await signIn(provider, party, { by: push, asked })
    checkPerson(await userinfo(signedIn))
    const { config, tokens } = signedIn
    const { cnf } = decodeJwt(tokens.access_token)
    const more = await refresh(config, tokens.refresh_token ?? '')
    expect(await introspect(config, more.access_token)).toMatchObject({ active: true, cnf })
    await revoke(config, tokens.refresh_token ?? '')
    expect(await introspect(config, more.access_token)).toEqual({ active: false })
    const paths = ['par', 'token', 'userinfo', 'introspect', 'revoke']
    for (const path of paths) expect(listening.addresses()).toContain(`https://cert.example.org/${path}`)
  })
})
