import { decodeJwt, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signingAlgorithms } from '../../src/core/oidc/signing.ts'
import { discover, type Started, signIn, start } from './openid-client.ts'
import { checkPerson, openProvider, type Party, type Provider, ways } from './provider.ts'

// What openid-client refuses of an answer, it throws: each test fails by that first.

let provider: Provider
beforeAll(async () => {
  provider = await openProvider()
})
afterAll(() => provider?.close())

const isPublic = (): Promise<Party> => provider.register({ tokenEndpointAuthMethod: 'none' })

const byPar = ({ config, parameters }: Started) => openid.buildAuthorizationUrlWithPAR(config, parameters)

describe('a person signs in, with code, PKCE, state, nonce and iss, at a client of', () => {
  it.each(Object.entries(ways))('%s', async (_method, way) => {
    const party = await way(provider)
    const listening = provider.listen()
    const { idToken, userinfo } = await signIn(provider, party)
    expect(idToken.sub).toBe(provider.person.id)
    checkPerson(await userinfo())
    const host = party.certificate === undefined ? provider.issuer : 'https://cert.example.org'
    expect(listening.addresses()).toEqual(expect.arrayContaining([`${host}/token`, `${host}/userinfo`]))
  })
})

describe('discovery', () => {
  it('is of the issuer that was asked for, and says that there is PKCE', async () => {
    const config = await discover(provider, await isPublic())
    expect(config.serverMetadata().issuer).toBe(provider.issuer)
    expect(config.serverMetadata().supportsPKCE()).toBe(true)
  })
})

describe('ID tokens and userinfo', () => {
  it.each(signingAlgorithms)('signed by %s, hold by a key that the library finds', async (alg) => {
    const change = { idTokenSignedResponseAlg: alg, userinfoSignedResponseAlg: alg }
    checkPerson(await (await signIn(provider, await provider.register(change))).userinfo())
  })

  it('with a signature that does not hold are refused', async () => {
    const party = await provider.register()
    const { config, parameters, checks } = await start(provider, party)
    const ask = provider.fetchAs(party)
    config[openid.customFetch] = async (url, init) => {
      const answer = await ask(url, init)
      if (!url.endsWith('/token')) return answer
      const { id_token: token, ...rest } = (await answer.json()) as { id_token: string }
      return Response.json({
        ...rest,
        id_token: token.replace(/(.)(.{20})$/, (_, one, end) => (one === 'A' ? 'B' : 'A') + end),
      })
    }
    const answer = await provider.visit(openid.buildAuthorizationUrl(config, parameters))
    const refused = openid.authorizationCodeGrant(config, answer, checks)
    await expect(refused).rejects.toMatchObject({ cause: { message: 'JWT signature verification failed' } })
  })

  it('by another algorithm than was registered are refused', async () => {
    const party = await provider.register()
    const other = { ...party, metadata: { id_token_signed_response_alg: 'ES256' } }
    await expect(signIn(provider, other)).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
  })

  it('have what the claims parameter asks for', async () => {
    const claims = JSON.stringify({ id_token: { email: { essential: true } }, userinfo: { nickname: null } })
    const { idToken, userinfo } = await signIn(provider, await isPublic(), { asked: { scope: 'openid', claims } })
    expect(idToken.email).toBe('ada@example.org')
    expect(await userinfo()).toEqual({ sub: idToken.sub, nickname: 'addi' })
  })

  it('know a person by another name in each sector, which the library insists on', async () => {
    const pairwise = { subjectType: 'pairwise' } as const
    const [one, other] = [await provider.register(pairwise), await provider.register(pairwise)]
    const first = await signIn(provider, one)
    await first.userinfo()
    const second = await signIn(provider, other)
    expect(new Set([first.idToken.sub, second.idToken.sub, provider.person.id]).size).toBe(3)
    expect((await signIn(provider, one)).idToken.sub).toBe(first.idToken.sub)
    await expect(
      openid.fetchUserInfo(first.config, first.tokens.access_token, second.idToken.sub),
    ).rejects.toMatchObject({ code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' })
  })
})

describe('the answer of an authorization request', () => {
  it('comes as a form where that is asked for', async () => {
    const { answer, userinfo } = await signIn(provider, await isPublic(), { asked: { response_mode: 'form_post' } })
    expect(answer.method).toBe('POST')
    expect(answer.url).not.toContain('?')
    checkPerson(await userinfo())
  })

  it.each(['query', 'form_post'])('is an error by %s, in words that the library reads', async (mode) => {
    const asked = { prompt: 'none', response_mode: mode }
    await expect(signIn(provider, await isPublic(), { asked })).rejects.toMatchObject({
      code: 'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
      error: 'login_required',
    })
  })

  it.each([
    ['state', 'another'],
    ['iss', 'https://elsewhere.example'],
  ])('is refused by the library with another %s', async (name, value) => {
    const { config, parameters, checks } = await start(provider, await isPublic())
    const answer = new URL((await provider.visit(openid.buildAuthorizationUrl(config, parameters))).url)
    for (const change of [() => answer.searchParams.set(name, value), () => answer.searchParams.delete(name)]) {
      change()
      const refused = openid.authorizationCodeGrant(config, answer, checks)
      await expect(refused).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
    }
  })

  it('is refused by the library with another nonce, and by us with another verifier', async () => {
    const checks = { expectedNonce: 'another' }
    await expect(signIn(provider, await isPublic(), { checks })).rejects.toMatchObject({
      code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
    })
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    await expect(signIn(provider, await isPublic(), { checks: { pkceCodeVerifier } })).rejects.toMatchObject({
      error: 'invalid_grant',
      status: 400,
    })
  })
})

describe('a request', () => {
  it('that was pushed', async () => {
    checkPerson(await (await signIn(provider, await provider.keyed('ES256'), { by: byPar })).userinfo())
  })

  it.each(['ES256', 'PS256', 'EdDSA'] as const)('that is an object signed by %s, pushed or not', async (alg) => {
    const party = await provider.keyed(alg, { requestObjectSigningAlg: alg, requireSignedRequestObject: true })
    const { key } = party
    if (key === undefined) throw new Error('This party has no key')
    const signed = ({ config, parameters }: Started) => openid.buildAuthorizationUrlWithJAR(config, parameters, key)
    const asked = { claims: '{"userinfo":{"email":null}}', max_age: '600' }
    checkPerson(await (await signIn(provider, party, { by: signed, asked, checks: { maxAge: 600 } })).userinfo())
    const pushed = async (started: Started) =>
      openid.buildAuthorizationUrlWithPAR(started.config, (await signed(started)).searchParams)
    checkPerson(await (await signIn(provider, party, { by: pushed, asked, checks: { maxAge: 600 } })).userinfo())
    await expect(signIn(provider, party)).rejects.toMatchObject({ error: 'invalid_request' })
  })
})

describe('how and when somebody signed in', () => {
  it('is a level of acr_values', async () => {
    const party = await isPublic()
    const [acr = ''] = (await discover(provider, party)).serverMetadata().acr_values_supported ?? []
    expect((await signIn(provider, party, { asked: { acr_values: acr } })).idToken.acr).toBe(acr)
  })

  it('is not asked twice with prompt=none, and again with prompt=login', async () => {
    const [party, browser] = [await isPublic(), provider.browser()]
    const first = await signIn(provider, party, { browser })
    const shown = browser.pages.length
    const second = await signIn(provider, party, { browser, asked: { prompt: 'none' } })
    expect(second.idToken.auth_time).toBe(first.idToken.auth_time)
    expect(browser.pages).toHaveLength(shown)
    provider.wait(60)
    const third = await signIn(provider, party, { browser, asked: { prompt: 'login' }, checks: { maxAge: 0 } })
    expect(third.idToken.auth_time).toBeGreaterThanOrEqual((first.idToken.auth_time ?? 0) + 60)
  })

  it('is not longer ago than max_age, by the library’s clock', async () => {
    const [party, browser] = [await isPublic(), provider.browser()]
    await signIn(provider, party, { browser })
    provider.wait(120)
    const checks = { maxAge: 60 }
    await expect(signIn(provider, party, { browser, checks })).rejects.toMatchObject({
      code: 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
    })
    await signIn(provider, party, { browser, checks, asked: { max_age: '60' } })
  })
})

describe('with DPoP', () => {
  const dpop = async (alg = 'ES256') => {
    const pair = await openid.randomDPoPKeyPair(alg)
    return (config: openid.Configuration) => openid.getDPoPHandle(config, pair)
  }

  it.each(['ES256', 'PS256', 'Ed25519'])(
    'a proof by %s with a nonce that the library is given, at the token endpoint and at userinfo',
    async (alg) => {
      const listening = provider.listen()
      const { tokens, bound, userinfo } = await signIn(provider, await isPublic(), { dpop: await dpop(alg) })
      expect(listening.answersOf('/token')).toEqual([400, 200])
      expect(tokens.token_type).toBe('dpop')
      expect(decodeJwt(tokens.access_token).cnf).toEqual({ jkt: await bound.DPoP?.calculateThumbprint() })
      checkPerson(await userinfo())
      expect(listening.answersOf('/userinfo')).toEqual([200])
    },
  )

  it('userinfo asks for a nonce of a library that has none', async () => {
    const handle = await dpop()
    const { config, tokens, idToken } = await signIn(provider, await isPublic(), { dpop: handle })
    const listening = provider.listen()
    checkPerson(await openid.fetchUserInfo(config, tokens.access_token, idToken.sub, { DPoP: handle(config) }))
    expect(listening.answersOf('/userinfo')).toEqual([401, 200])
    const others = (await dpop())(config)
    const refused = openid.fetchUserInfo(config, tokens.access_token, idToken.sub, { DPoP: others })
    await expect(refused).rejects.toMatchObject({ code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 })
    await expect(openid.fetchUserInfo(config, tokens.access_token, idToken.sub)).rejects.toMatchObject({ status: 401 })
  })

  it.each(['dpop_jkt', 'a proof at the PAR endpoint'])('a code waits for the key of %s', async (by) => {
    const [handle, other] = [await dpop(), await dpop()]
    const party = await provider.keyed('ES256')
    const bindingTo =
      (its: typeof handle) =>
      async ({ config, parameters }: Started) => {
        const DPoP = its(config)
        if (by !== 'dpop_jkt') return openid.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
        return openid.buildAuthorizationUrl(config, { ...parameters, dpop_jkt: await DPoP.calculateThumbprint() })
      }
    checkPerson(await (await signIn(provider, party, { by: bindingTo(handle), dpop: handle })).userinfo())
    await expect(signIn(provider, party, { by: bindingTo(other), dpop: handle })).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })
})

it('tokens that are bound to a certificate open userinfo to its connections alone', async () => {
  const party = await provider.certified({ tlsClientCertificateBoundAccessTokens: true })
  const { tokens, idToken, userinfo } = await signIn(provider, party)
  expect(decodeJwt(tokens.access_token).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) })
  checkPerson(await userinfo())
  const { app, ...rest } = provider.certificates
  for (const certificate of Object.values(rest)) {
    const config = await discover(provider, { ...party, certificate })
    const refused = openid.fetchUserInfo(config, tokens.access_token, idToken.sub)
    await expect(refused).rejects.toMatchObject({ code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 })
  }
})

describe('a refresh token', () => {
  const asked = { scope: 'openid profile email offline_access' }

  it('of a public client is another each time, and the family ends with one that comes back', async () => {
    const { config, tokens } = await signIn(provider, await isPublic(), { asked })
    const seen = [tokens.refresh_token ?? '']
    for (const _ of [1, 2]) {
      const more = await openid.refreshTokenGrant(config, seen.at(-1) ?? '')
      checkPerson(await openid.fetchUserInfo(config, more.access_token, tokens.claims()?.sub ?? ''))
      expect(more.claims()?.sub).toBe(provider.person.id)
      seen.push(more.refresh_token ?? '')
    }
    expect(new Set(seen).size).toBe(3)
    provider.wait(60)
    for (const spent of [seen[0], seen[2]])
      await expect(openid.refreshTokenGrant(config, spent ?? '')).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('of a client that authenticates stays, for as long as it is used', async () => {
    const { config, tokens } = await signIn(provider, await provider.keyed('ES256'), { asked })
    for (const _ of [1, 2]) {
      const more = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
      expect(more.refresh_token ?? tokens.refresh_token).toBe(tokens.refresh_token)
      expect(more.access_token).not.toBe(tokens.access_token)
    }
  })

  it('that is bound to a key is good with that key alone', async () => {
    const pairs = [await openid.randomDPoPKeyPair(), await openid.randomDPoPKeyPair()] as const
    const { config, tokens, bound } = await signIn(provider, await isPublic(), {
      asked,
      dpop: (its) => openid.getDPoPHandle(its, pairs[0]),
    })
    const refreshWith = (DPoP?: openid.DPoPHandle) =>
      openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, DPoP === undefined ? {} : { DPoP })
    await expect(refreshWith()).rejects.toMatchObject({ error: 'invalid_grant' })
    const other = openid.getDPoPHandle(config, pairs[1])
    await expect(refreshWith(other)).rejects.toMatchObject({ error: 'invalid_grant' })
    const more = await refreshWith(bound.DPoP)
    expect(more.token_type).toBe('dpop')
    expect(more.refresh_token).not.toBe(tokens.refresh_token)
  })
})

describe('tokens of machines, and what becomes of tokens', () => {
  const resource = 'https://accounts.example.org'

  it('client credentials, for the resource that is named', async () => {
    const grantTypes = ['client_credentials'] as const
    const machine = await provider.keyed('PS256', { grantTypes, scopes: ['reports'], resources: [resource] })
    const config = await discover(provider, machine)
    const { access_token: token } = await openid.clientCredentialsGrant(config, { scope: 'reports', resource })
    expect(decodeJwt(token)).toMatchObject({ aud: resource, client_id: machine.clientId, scope: 'reports' })
    const elsewhere = openid.clientCredentialsGrant(config, { resource: 'https://elsewhere.example' })
    await expect(elsewhere).rejects.toMatchObject({ error: 'invalid_target' })
  })

  it('introspection, to the resource server that a token is for, and to no other', async () => {
    const party = await provider.register({ resources: [resource] })
    const server = await discover(provider, await provider.register({ resourceIdentifiers: [resource] }))
    const stranger = await discover(provider, await provider.register())
    const { tokens, idToken, config } = await signIn(provider, party, { asked: { resource } })
    expect(await openid.tokenIntrospection(server, tokens.access_token)).toMatchObject({
      ...{ active: true, aud: resource, sub: idToken.sub, client_id: party.clientId, iss: provider.issuer },
      scope: 'openid profile email',
    })
    expect(await openid.tokenIntrospection(stranger, tokens.access_token)).toEqual({ active: false })
    await openid.tokenRevocation(config, tokens.access_token)
    expect(await openid.tokenIntrospection(server, tokens.access_token)).toEqual({ active: false })
  })

  it('revocation of a refresh token takes its access tokens with it', async () => {
    const asked = { scope: 'openid offline_access' }
    const { config, tokens, userinfo } = await signIn(provider, await isPublic(), { asked })
    await userinfo()
    await openid.tokenRevocation(config, tokens.refresh_token ?? '', { token_type_hint: 'refresh_token' })
    await expect(userinfo()).rejects.toMatchObject({ status: 401 })
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await openid.tokenRevocation(config, 'nobody’s token')
  })
})

describe('logout', () => {
  it('by the address that the library builds: back at the application, and signed out', async () => {
    const [party, browser] = [await isPublic(), provider.browser()]
    const { config, tokens } = await signIn(provider, party, { browser })
    const [state, back] = [openid.randomState(), party.postLogoutRedirectUri]
    const url = openid.buildEndSessionUrl(config, {
      ...{ post_logout_redirect_uri: back, id_token_hint: tokens.id_token ?? '', state },
    })
    expect((await provider.visit(url, browser)).url).toBe(`${back}?state=${state}`)
    await expect(signIn(provider, party, { browser, asked: { prompt: 'none' } })).rejects.toMatchObject({
      error: 'login_required',
    })
  })

  // The library reads no logout tokens: jose does, by the keys that the library found.
  it('is told to the application, of this session and this person', async () => {
    const receiver = await provider.listens()
    const change = { backchannelLogoutUri: receiver.uri, backchannelLogoutSessionRequired: true }
    const [party, browser] = [await provider.register(change), provider.browser()]
    const { config, tokens, idToken } = await signIn(provider, party, { browser })
    const url = openid.buildEndSessionUrl(config, {
      ...{ post_logout_redirect_uri: party.postLogoutRedirectUri, id_token_hint: tokens.id_token ?? '' },
    })
    await provider.visit(url, browser)
    await expect.poll(() => receiver.heard.length, { timeout: 20_000 }).toBe(1)
    const { payload } = await jwtVerify(receiver.heard[0]?.token ?? '', provider.keys(), {
      ...{ issuer: provider.issuer, audience: party.clientId, typ: 'logout+jwt' },
      currentDate: new Date(Date.now() + provider.ahead * 1000),
    })
    expect(payload).toMatchObject({ sub: idToken.sub, sid: idToken.sid })
    expect(payload.events).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} })
  })
})

describe('a client of the FAPI 2.0 Security Profile, from PAR to userinfo and refresh, by', () => {
  it.each(['ES256', 'PS256', 'EdDSA'] as const)('%s', async (alg) => {
    const party = await provider.keyed(alg, {
      ...{ profile: 'fapi2', idTokenSignedResponseAlg: alg },
      ...{ requirePushedAuthorizationRequests: true, dpopBoundAccessTokens: true },
    })
    const pair = await openid.randomDPoPKeyPair(alg)
    const { config, tokens, bound, userinfo } = await signIn(provider, party, {
      by: byPar,
      asked: { scope: 'openid profile email offline_access' },
      dpop: (its) => openid.getDPoPHandle(its, pair),
    })
    checkPerson(await userinfo())
    const more = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, bound)
    expect(more.token_type).toBe('dpop')
    await expect(signIn(provider, party)).rejects.toMatchObject({ error: 'invalid_request' })
    await expect(signIn(provider, party, { by: byPar })).rejects.toMatchObject({ error: 'invalid_request' })
  })

  it('its certificate alone: for the client and for its tokens, at every endpoint', async () => {
    const party = await provider.certified({
      ...{ profile: 'fapi2', idTokenSignedResponseAlg: 'ES256' },
      ...{ requirePushedAuthorizationRequests: true, tlsClientCertificateBoundAccessTokens: true },
    })
    const listening = provider.listen()
    const asked = { scope: 'openid profile email offline_access' }
    const { config, tokens, userinfo } = await signIn(provider, party, { by: byPar, asked })
    checkPerson(await userinfo())
    const { cnf } = decodeJwt(tokens.access_token)
    const more = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(await openid.tokenIntrospection(config, more.access_token)).toMatchObject({ active: true, cnf })
    await openid.tokenRevocation(config, tokens.refresh_token ?? '')
    expect(await openid.tokenIntrospection(config, more.access_token)).toEqual({ active: false })
    const paths = ['par', 'token', 'userinfo', 'introspect', 'revoke']
    for (const path of paths) expect(listening.addresses()).toContain(`https://cert.example.org/${path}`)
  })
})
