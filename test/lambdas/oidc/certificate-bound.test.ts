import { createHash, X509Certificate } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { places } from '../../../src/store/keys.ts'
import { asserted, assertionClaims, createClientKey } from '../../client-key.ts'
import { type DpopKey, dpopKey } from '../../dpop.ts'
import { createAuthority } from '../../pki.ts'
import { openTokenHouse, type Said, secret, type TokenHouse, type Tokens } from './token-house.ts'

let setting: TokenHouse
let certificate: string
let other: string
let key: DpopKey
const signing = createClientKey('ES256', { kid: 'one' })
beforeAll(async () => {
  setting = await openTokenHouse()
  const authority = await createAuthority('CN=Applications')
  certificate = (await authority.issue({ subject: 'CN=app' })).pem
  other = (await authority.issue({ subject: 'CN=other' })).pem
  key = await dpopKey()
  await setting.add({ clientId: 'certified', tlsClientCertificateBoundAccessTokens: true })
  await setting.add({
    clientId: 'machine',
    secret,
    grantTypes: ['client_credentials'],
    scopes: ['authenticators'],
    tlsClientCertificateBoundAccessTokens: true,
  })
  await setting.add({
    clientId: 'fapi',
    profile: 'fapi2',
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys: [signing.jwk] },
    idTokenSignedResponseAlg: 'ES256',
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  })
})
afterAll(() => setting.house.close())

const thumbprint = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url')

const tokens = async (): Promise<Tokens> => {
  const reply = await setting.exchange('certified', await setting.codeFor('certified'), { certificate })
  expect(reply.status, reply.body).toBe(200)
  return reply.json
}

const userinfo = (headers: Record<string, string>, shown?: string) =>
  setting.house.invoke<Said>('GET', '/userinfo', { headers, ...(shown === undefined ? {} : { certificate: shown }) })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a client that registered for it', () => {
  it('gets tokens that are bound to the certificate of its connection', async () => {
    const { access_token: token, token_type: type } = await tokens()
    expect(type).toBe('Bearer')
    expect(decodeJwt(token).cnf).toEqual({ 'x5t#S256': thumbprint(certificate) })
  })

  it('gets none without', async () => {
    const code = await setting.codeFor('certified')
    expect((await setting.exchange('certified', code)).json.error).toBe('invalid_request')
    const header = { 'x-amzn-mtls-clientcert': encodeURIComponent(certificate), 'ssl-client-cert': certificate }
    const spoken = await setting.exchange('certified', code, { headers: header })
    expect(spoken.json.error).toBe('invalid_request')
    expect((await setting.exchange('certified', code, { certificate })).status).toBe(200)
  })

  it('refreshes with that certificate alone, where it has nothing else to show', async () => {
    const { refresh_token: token } = await tokens()
    expect((await setting.refresh('certified', token, { certificate: other })).json.error).toBe('invalid_grant')
    const reply = await setting.refresh('certified', token, { certificate })
    expect(decodeJwt(reply.json.access_token).cnf).toEqual({ 'x5t#S256': thumbprint(certificate) })
  })

  it('any other client’s tokens are bound to nothing, whatever its connection shows', async () => {
    const reply = await setting.exchange('app1', await setting.codeFor(), { certificate })
    expect(decodeJwt(reply.json.access_token).cnf).toBeUndefined()
  })
})

describe('at userinfo', () => {
  it('the certificate of the connection is the one of the token', async () => {
    const { access_token: token } = await tokens()
    expect((await userinfo(bearer(token), certificate)).json.sub).toBe(setting.user.id)
    for (const shown of [other, undefined]) {
      const reply = await userinfo(bearer(token), shown)
      expect(reply.status).toBe(401)
      expect(reply.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/)
    }
  })

  it('a proof of a key is none of the certificate', async () => {
    const { access_token: token } = await tokens()
    const proof = await setting.proof(key, '/userinfo', { method: 'GET', token })
    const reply = await userinfo({ authorization: `DPoP ${token}`, ...proof }, certificate)
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="invalid_token"/)
  })

  it('a token that is bound to a key is not opened by a certificate', async () => {
    const reply = await setting.exchange('app1', await setting.codeFor(), { headers: await setting.proof(key) })
    expect((await userinfo(bearer(reply.json.access_token), certificate)).status).toBe(401)
  })
})

it('our own API is closed to a token whose certificate the connection does not show', async () => {
  const { json } = await setting.token('machine', { grant_type: 'client_credentials' }, { certificate })
  expect(decodeJwt(json.access_token).cnf).toEqual({ 'x5t#S256': thumbprint(certificate) })
  const path = `/api/v1/tenants/${setting.house.stage.tenantCode}/users/anna`
  const reply = await setting.house.invoke('GET', path, { headers: bearer(json.access_token) })
  expect(reply.status).toBe(401)
})

it('introspection tells what a token is bound to', async () => {
  await setting.house.addClient({ clientId: 'any', secret, scopes: ['introspection'] })
  const tell = async (token: string) =>
    (
      await setting.house.invoke<Record<string, unknown>>('POST', '/introspect', {
        body: new URLSearchParams({ token }),
        headers: { authorization: `Basic ${Buffer.from(`any:${secret}`).toString('base64')}` },
      })
    ).json
  const { access_token: certified } = await tokens()
  expect(await tell(certified)).toMatchObject({ token_type: 'Bearer', cnf: { 'x5t#S256': thumbprint(certificate) } })
  const { json } = await setting.exchange('app1', await setting.codeFor(), { headers: await setting.proof(key) })
  expect(await tell(json.access_token)).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } })
})

describe('a client of the FAPI 2.0 Security Profile', () => {
  const own = (more: { headers?: Record<string, string>; certificate?: string } = {}) => {
    const claims = assertionClaims('fapi', setting.house.now)
    const form = { grant_type: 'client_credentials', ...asserted(signing.sign({}, claims)) }
    return setting.token('fapi', form, more)
  }

  it('has no Bearer tokens', async () => {
    const reply = await own()
    expect(reply.status).toBe(400)
    expect(reply.json.error).toBe('invalid_request')
  })

  it('has its tokens bound to a key, or to its certificate', async () => {
    const byKey = await own({ headers: await setting.proof(key) })
    expect(byKey.json.token_type).toBe('DPoP')
    const byCertificate = await own({ certificate })
    expect(decodeJwt(byCertificate.json.access_token).cnf).toEqual({ 'x5t#S256': thumbprint(certificate) })
  })

  it('asks again with the same assertion when it is told a nonce, and not after that', async () => {
    const url = `${setting.house.stage.issuer}/token`
    const form = {
      grant_type: 'client_credentials',
      ...asserted(signing.sign({}, assertionClaims('fapi', setting.house.now))),
    }
    const bare = await key.proof({ method: 'POST', url, at: setting.house.now })
    expect((await setting.token('fapi', form, { headers: { dpop: bare } })).json.error).toBe('use_dpop_nonce')
    expect((await setting.token('fapi', form, { headers: await setting.proof(key) })).status).toBe(200)
    expect((await setting.token('fapi', form, { headers: await setting.proof(key) })).json.error).toBe('invalid_client')
  })

  it('signs no proofs with RS256', async () => {
    const rsa = await dpopKey('RS256')
    expect((await own({ headers: await setting.proof(rsa) })).json.error).toBe('invalid_dpop_proof')
    const pss = await dpopKey('PS256')
    expect((await own({ headers: await setting.proof(pss) })).json.token_type).toBe('DPoP')
  })
})

describe('a pushed request with a proof', () => {
  const push = async (change: Record<string, string>, its = key) =>
    setting.house.invoke<{ request_uri: string; error?: string }>('POST', '/par', {
      body: new URLSearchParams({
        client_id: 'app1',
        redirect_uri: 'https://app1.example.com/callback',
        response_type: 'code',
        scope: 'openid',
        code_challenge: 'a'.repeat(43),
        code_challenge_method: 'S256',
        ...change,
      }),
      headers: await setting.proof(its, '/par'),
    })

  it('binds the code to the key', async () => {
    const reply = await push({})
    expect(reply.status).toBe(201)
    expect(reply.headers['dpop-nonce']).toBe(await setting.nonce())
    const query = new URLSearchParams({ client_id: 'app1', request_uri: reply.json.request_uri })
    await setting.browser.get(`/authorize?${query}`)
    const [id = ''] = (setting.browser.landed.get('code') ?? '').split('.')
    expect((await setting.house.db.get(places.grant(id)))?.codeKey).toBe(key.jkt)
  })

  it('says no other key in dpop_jkt', async () => {
    expect((await push({ dpop_jkt: key.jkt })).status).toBe(201)
    const wrong = await push({ dpop_jkt: key.jkt }, await dpopKey())
    expect(wrong.status).toBe(400)
    expect(wrong.json.error).toBe('invalid_request')
  })
})
