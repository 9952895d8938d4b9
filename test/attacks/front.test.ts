/**
 * What was tried in front of the code, and came through once: a client that hears or is more than it was registered for,
 * by what it asks, or by what changed while somebody was on their way.
 */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerClient } from '../../src/client-admin.ts'
import { readClientDocument } from '../../src/core/oidc/client-metadata.ts'
import { isAmong } from '../../src/core/oidc/self-signed.ts'
import { sectorOf } from '../../src/core/oidc/subject.ts'
import { refuse } from '../../src/core/result.ts'
import type { User } from '../../src/core/user.ts'
import { replacedClient } from '../../src/store/clients.ts'
import { asserted, assertionClaims, createClientKey } from '../client-key.ts'
import { dpopKey } from '../dpop.ts'
import { type House, openHouse } from '../house.ts'
import { createAuthority } from '../pki.ts'
import { claimsOf, exchange, usualRequest, type Visitor, verifier, visit } from '../visitor.ts'

let house: House
let anna: User
const password = 'correct horse battery staple'

beforeAll(async () => {
  house = await openHouse()
  anna = await house.addUser({ userName: 'anna', password })
})
afterAll(() => house.close())

const begin = async (clientId: string, change: Record<string, string> = {}): Promise<Visitor> => {
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd', client_id: clientId, ...change })
  await browser.post('username', { username: 'anna' })
  return browser
}

const signIn = async (clientId: string, change: Record<string, string> = {}): Promise<Visitor> => {
  const browser = await begin(clientId, change)
  await browser.post('password', { password })
  return browser
}

const tokensOf = (browser: Visitor, clientId: string) =>
  exchange(house, browser.landed.get('code'), { client_id: clientId })

describe('a client that is registered for the scope openid alone', () => {
  it('hears nothing of a person by asking for it by name: what it knows them by leads nowhere', async () => {
    await house.addClient({ clientId: 'narrow', subjectType: 'pairwise', scopes: ['openid'] })
    const wanted = { email: { essential: true }, preferred_username: null, name: null }
    const claims = JSON.stringify({ userinfo: wanted, id_token: wanted })
    const { json } = await tokensOf(await signIn('narrow', { scope: 'openid email profile', claims }), 'narrow')
    const headers = { authorization: `Bearer ${json.access_token}` }
    const { sub, ...told } = (await house.invoke<Record<string, unknown>>('GET', '/userinfo', { headers })).json
    expect([sub, told]).toEqual([expect.not.stringContaining(anna.id), {}])
    expect(Object.keys(claimsOf(json.id_token))).not.toEqual(expect.arrayContaining(['email']))
    expect(JSON.stringify(claimsOf(json.id_token))).not.toContain('anna')
  })
})

describe('while somebody is signing in', () => {
  it('the application is registered anew under its id: it has nothing of what the one before asked for', async () => {
    const before = await house.addClient({ clientId: 'again' })
    const browser = await begin('again', { scope: 'openid offline_access' })
    house.now += 10
    // It knows people by other names, asks for their consent, and wants a key of them: none of which was looked at.
    const change = { subjectType: 'pairwise', thirdParty: true, minimumAcr: 'fido', enforcement: 'strict' } as const
    await house.seed(replacedClient({ ...before, ...change, createdAt: house.now }))
    await browser.post('password', { password })
    expect(await tokensOf(browser, 'again')).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
  })

  it('the address that they come back to is taken from the application: no code that went there is good', async () => {
    const before = await house.addClient({ clientId: 'moved' })
    const browser = await begin('moved')
    await house.seed(replacedClient({ ...before, redirectUris: ['https://new.example/callback'] }))
    await browser.post('password', { password })
    expect(await tokensOf(browser, 'moved')).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    await house.seed(replacedClient(before))
    expect((await tokensOf(browser, 'moved')).status).toBe(200)
  })
})

describe('a pairwise client', () => {
  it('does not find out by a logout_hint whose session it is: whoever it names, the person is asked', async () => {
    await house.addClient({ clientId: 'guessing', subjectType: 'pairwise', scopes: ['openid'] })
    const browser = await signIn('guessing')
    const { id_token } = (await tokensOf(browser, 'guessing')).json
    for (const guess of ['anna', String(anna.email), anna.id, 'bo']) {
      await browser.get(`/logout?${new URLSearchParams({ id_token_hint: id_token, logout_hint: guess })}`)
      expect(browser.page, guess).toBe('log-out')
    }
    const own = new URLSearchParams({ id_token_hint: id_token, logout_hint: String(claimsOf(id_token).sub) })
    await browser.get(`/logout?${own}`)
    expect(browser.page).toBe('logged-out')
  })
})

describe('a pairwise client with a scheme of its own', () => {
  const uri = 'com.example.app://bank.example/callback'

  it('is not of the sector that it writes where a host would be: anybody can write that there', async () => {
    const registered = await house.addClient({ clientId: 'app' })
    const document = { redirect_uris: [uri], subject_type: 'pairwise', token_endpoint_auth_method: 'none' }
    expect(readClientDocument(document, 'app')).toMatchObject({ ok: false, at: '/sector_identifier_uri' })
    const client = { ...registered, subjectType: 'pairwise', redirectUris: [uri] } as const
    expect(sectorOf(client)).toBe('client app')
    expect(sectorOf({ ...client, redirectUris: ['https://bank.example/callback'] })).toBe('bank.example')
  })
})

describe('a code without PKCE', () => {
  it.each([{ tokenEndpointAuthMethod: 'none' }, { profile: 'fapi2' }] as const)(
    'is nobody’s once its client is to use it: %o',
    async (change) => {
      const clientId = `confidential-${Object.keys(change)}`
      const key = createClientKey('ES256')
      const keyed = { tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [key.jwk] } } as const
      const before = await house.addClient({ ...keyed, clientId })
      const without = new URLSearchParams({ ...usualRequest, client_id: clientId, acr_values: 'pwd' })
      for (const name of ['code_challenge', 'code_challenge_method']) without.delete(name)
      const browser = visit(house)
      await browser.get(`/authorize?${without}`)
      await browser.post('username', { username: 'anna' })
      await browser.post('password', { password })
      await house.seed(replacedClient({ ...before, ...change }))

      const dpop = await dpopKey()
      const nonce = String(await house.world.proofNonces.current())
      const proof = await dpop.proof({ method: 'POST', url: `${house.stage.issuer}/token`, at: house.now, nonce })
      const own = 'profile' in change ? asserted(key.sign({}, assertionClaims(clientId, house.now))) : {}
      const form = { grant_type: 'authorization_code', client_id: clientId, code: browser.landed.get('code') ?? '' }
      const body = new URLSearchParams({ ...form, ...own, redirect_uri: usualRequest.redirect_uri })
      const reply = await house.invoke('POST', '/token', { body, headers: { dpop: proof } })
      expect(reply).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    },
  )
})

describe('a request', () => {
  it('for openid, of a client that is not registered for it, comes to no ID token', async () => {
    await house.addClient({ clientId: 'apis', scopes: ['read'] })
    const browser = visit(house)
    await browser.ask({ client_id: 'apis', scope: 'openid read' })
    expect(browser.landed.get('error')).toBe('invalid_scope')
  })
})

describe('a client id', () => {
  it('is not that of a user: in its own tokens the client would pass for them', async () => {
    const desk = { db: house.world.db, now: () => house.now, actor: { kind: 'operator', id: 'test' } } as const
    const document = { client_id: anna.id, grant_types: ['client_credentials'], scope: 'read' }
    expect(await registerClient(desk, document)).toMatchObject({ ok: false, at: '/client_id' })
    expect(await registerClient(desk, { ...document, client_id: 'nobodys' })).toMatchObject({ ok: true })
  })
})

describe('a client of fapi2', () => {
  const key = createClientKey('ES256', { kid: 'one' })
  const own = (clientId: string) => asserted(key.sign({}, assertionClaims(clientId, house.now)))
  const nonce = async () => String(await house.world.proofNonces.current())
  const keyed = {
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    idTokenSignedResponseAlg: 'ES256',
  } as const

  const exchanged = async (clientId: string, code: string | null, headers: Record<string, string> = {}) => {
    const form = { grant_type: 'authorization_code', code: code ?? '', code_verifier: verifier, ...own(clientId) }
    const body = new URLSearchParams({ ...form, redirect_uri: usualRequest.redirect_uri })
    return house.invoke<{ access_token: string; error?: string }>('POST', '/token', { body, headers })
  }
  const userinfo = (headers: Record<string, string>) => house.invoke('GET', '/userinfo', { headers })

  it('shows no token with a proof by RS256, though its key has signed others as it may', async () => {
    await house.addClient({ ...keyed, clientId: 'strict', profile: 'fapi2' })
    const body = new URLSearchParams({ ...usualRequest, acr_values: 'pwd', client_id: 'strict', ...own('strict') })
    const pushed = await house.invoke<{ request_uri: string }>('POST', '/par', { body })
    const browser = visit(house)
    const { request_uri } = pushed.json
    await browser.get(`/authorize?${new URLSearchParams({ client_id: 'strict', request_uri })}`)
    await browser.post('username', { username: 'anna' })
    await browser.post('password', { password })

    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const [pss, pkcs1] = [await dpopKey('PS256', pair), await dpopKey('RS256', pair)]
    const at = house.now
    const dpop = await pss.proof({ method: 'POST', url: `${house.stage.issuer}/token`, at, nonce: await nonce() })
    const { access_token: token } = (await exchanged('strict', browser.landed.get('code'), { dpop })).json
    const shownBy = async (signer: typeof pss) => {
      const about = { method: 'GET', url: `${house.stage.issuer}/userinfo`, at, nonce: await nonce(), token }
      return userinfo({ authorization: `DPoP ${token}`, dpop: await signer.proof(about) })
    }
    expect(await shownBy(pkcs1)).toMatchObject({ status: 401, json: { error: 'invalid_token' } })
    expect((await shownBy(pss)).status).toBe(200)
  })

  it('has no use for a bearer token from before it was one', async () => {
    const before = await house.addClient({ ...keyed, clientId: 'later' })
    const { access_token: token } = (await exchanged('later', (await signIn('later')).landed.get('code'))).json
    expect((await userinfo({ authorization: `Bearer ${token}` })).status).toBe(200)
    await house.seed(replacedClient({ ...before, profile: 'fapi2' }))
    expect((await userinfo({ authorization: `Bearer ${token}` })).status).toBe(401)
  })
})

describe('what breaks whoever reads it', () => {
  it('is refused in a request object, before anybody has looked whose it is', async () => {
    const key = createClientKey('ES256')
    await house.addClient({ clientId: 'signer', jwks: { keys: [key.jwk] }, requestObjectSigningAlg: 'ES256' })
    const nested = `${'['.repeat(5500)}${']'.repeat(5500)}`
    const about = JSON.stringify({ iss: 'signer', aud: house.stage.issuer, exp: house.now + 60 })
    const request = createClientKey('ES256').sign({}, `${about.slice(0, -1)},"claims":{"userinfo":${nested}}}`)
    const body = new URLSearchParams({ client_id: 'signer', request })
    const reply = await house.invoke('POST', '/par', { body })
    expect(reply).toMatchObject({ status: 400, json: { error: 'invalid_request_object' } })
  })

  it.each([null, 5, [5], [{}], [null], 'abc', {}])('is no certificate among fetched keys: x5c %j', async (x5c) => {
    const { pem } = await createAuthority('CN=app')
    expect(isAmong(new X509Certificate(pem), [{ kty: 'EC', x5c } as unknown as JWK])).toBe(false)
  })
})

describe('a redirect URI', () => {
  const read = (uri: string) => readClientDocument({ redirect_uris: [uri] }, 'app')

  it.each([
    'https:///evil.example/',
    'https://%61pp.example/',
    'http://127.1/cb',
    'https://0x7f.1/',
    'https://a.example:0443/',
  ])('%s, whose host a parser would mend, is not registered', (uri) =>
    expect(read(uri)).toMatchObject({ ok: false, reason: 'invalid_redirect_uri' }),
  )

  it.each(['iss=https://evil.example', 'a=b&code=1', 'state=', 'error=x'])(
    'with %s, which is ours to say, neither',
    (query) => {
      expect(read(`https://app.example/cb?${query}`)).toMatchObject({ ok: false, reason: 'invalid_redirect_uri' })
    },
  )

  it.each([
    'https://App.example/cb',
    'https://app.example:443/cb',
    'https://a.example:8443/?codes=1',
    'http://[::1]:1/',
  ])('%s is', (uri) => expect(read(uri).ok).toBe(true))
})

describe('an address that we are to tell of logouts', () => {
  it.each(['https://10.0.0.1/', 'https://[fd00:ec2::254]/', 'http://localhost/', 'https://app.example:8443/'])(
    '%s is not registered: nobody would be told',
    async (uri) => {
      const fetchPublic = async () => refuse('unreachable')
      const reach = { issuer: house.stage.issuer, fetchPublic }
      const actor = { kind: 'operator', id: 'test' } as const
      const document = { redirect_uris: ['https://app.example/'], backchannel_logout_uri: uri }
      const made = await registerClient({ db: house.world.db, now: () => house.now, actor, reach }, document)
      expect(made).toMatchObject({ ok: false, at: '/backchannel_logout_uri' })
    },
  )
})
