import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DpopKey, dpopKey } from '../../dpop.ts'
import { openTokenHouse, secret, type TokenHouse, type Tokens } from './token-house.ts'

let setting: TokenHouse
let key: DpopKey
let other: DpopKey
beforeAll(async () => {
  setting = await openTokenHouse()
  await setting.add({ clientId: 'bound', dpopBoundAccessTokens: true })
  await setting.add({ clientId: 'machine', secret, grantTypes: ['client_credentials'], scopes: ['authenticators'] })
  key = await dpopKey()
  other = await dpopKey('EdDSA')
})
afterAll(() => setting.house.close())

const tokens = async (clientId = 'app1', its = key): Promise<Tokens> => {
  const reply = await setting.exchange(clientId, await setting.codeFor(clientId), { headers: await setting.proof(its) })
  expect(reply.status, reply.body).toBe(200)
  return reply.json
}

const atUserinfo = (token: string, its = key) => setting.proof(its, '/userinfo', { method: 'GET', token })
const dpop = (token: string) => ({ authorization: `DPoP ${token}` })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('at the token endpoint', () => {
  it('a code becomes a token that is bound to the key, in three calls to DynamoDB', async () => {
    const reply = await setting.exchange('app1', await setting.codeFor(), { headers: await setting.proof(key) })
    expect(reply.json).toMatchObject({ token_type: 'DPoP' })
    expect(decodeJwt(reply.json.access_token)).toMatchObject({ cnf: { jkt: key.jkt }, aud: setting.house.stage.issuer })
    expect(reply.commands.length).toBeLessThanOrEqual(3)
  })

  it('a proof without a nonce is told one, and the code is still good with it', async () => {
    const code = await setting.codeFor()
    const bare = await key.proof({ method: 'POST', url: `${setting.house.stage.issuer}/token`, at: setting.house.now })
    const asked = await setting.exchange('app1', code, { headers: { dpop: bare } })
    expect(asked.status).toBe(400)
    expect(asked.json.error).toBe('use_dpop_nonce')
    const nonce = asked.headers['dpop-nonce'] ?? ''
    const url = `${setting.house.stage.issuer}/token`
    const named = await key.proof({ method: 'POST', url, at: setting.house.now, nonce })
    const reply = await setting.exchange('app1', code, { headers: { dpop: named } })
    expect(reply.status).toBe(200)
    expect(reply.headers['dpop-nonce']).toBe(nonce)
  })

  it('a nonce is good for its step of time and the next, and for no longer', async () => {
    const url = `${setting.house.stage.issuer}/token`
    const nonce = await setting.nonce()
    const ask = async () => {
      const dpop = await key.proof({ method: 'POST', url, at: setting.house.now, nonce })
      return (await setting.exchange('app1', await setting.codeFor(), { headers: { dpop } })).json
    }
    setting.house.now += 120
    expect((await ask()).token_type).toBe('DPoP')
    expect(await setting.nonce()).not.toBe(nonce)
    setting.house.now += 120
    expect((await ask()).error).toBe('use_dpop_nonce')
  })

  it('a proof is good once, and what it was to bring is left as it is', async () => {
    const headers = await setting.proof(key)
    expect((await setting.exchange('app1', await setting.codeFor(), { headers })).status).toBe(200)
    const code = await setting.codeFor()
    const replayed = await setting.exchange('app1', code, { headers })
    expect(replayed.status).toBe(400)
    expect(replayed.json.error).toBe('invalid_dpop_proof')
    expect((await setting.exchange('app1', code, { headers: await setting.proof(key) })).status).toBe(200)
  })

  it('of twenty codes with one proof at once one becomes tokens', async () => {
    const codes: string[] = []
    while (codes.length < 20) codes.push(await setting.codeFor())
    const headers = await setting.proof(key)
    const replies = await Promise.all(codes.map((code) => setting.exchange('app1', code, { headers })))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(replies.map(({ json }) => json.error))).toEqual(new Set([undefined, 'invalid_dpop_proof']))
  })

  it.each<[string, () => Promise<string>]>([
    ['that is none', async () => 'proof'],
    ['for another route', async () => (await setting.proof(key, '/userinfo')).dpop],
    ['sent twice', async () => `${(await setting.proof(key)).dpop}, ${(await setting.proof(key)).dpop}`],
  ])('a proof %s is refused', async (_name, make) => {
    const reply = await setting.exchange('app1', await setting.codeFor(), { headers: { dpop: await make() } })
    expect(reply.status).toBe(400)
    expect(reply.json.error).toBe('invalid_dpop_proof')
  })

  it('a host that a header names is not where we are', async () => {
    const url = 'https://evil.example/token'
    const nonce = await setting.nonce()
    const proof = await key.proof({ method: 'POST', url, at: setting.house.now, nonce })
    const headers = { dpop: proof, host: 'evil.example', 'x-forwarded-host': 'evil.example' }
    const reply = await setting.exchange('app1', await setting.codeFor(), { headers })
    expect(reply.json.error).toBe('invalid_dpop_proof')
  })

  it('a client that registered for it must send one', async () => {
    const code = await setting.codeFor('bound')
    expect((await setting.exchange('bound', code)).json.error).toBe('invalid_request')
    expect((await setting.exchange('bound', code, { headers: await setting.proof(key) })).json.token_type).toBe('DPoP')
  })

  it('a code that waits for a key is brought by that key alone, and is not spent by another', async () => {
    const code = await setting.codeFor('app1', { dpop_jkt: key.jkt })
    expect((await setting.exchange('app1', code)).json.error).toBe('invalid_grant')
    const wrong = await setting.exchange('app1', code, { headers: await setting.proof(other) })
    expect(wrong.json.error).toBe('invalid_grant')
    expect((await setting.exchange('app1', code, { headers: await setting.proof(key) })).status).toBe(200)
  })

  it('discovery says which algorithms are taken', async () => {
    const { json } = await setting.house.invoke<Record<string, unknown>>('GET', '/.well-known/openid-configuration')
    expect(json.dpop_signing_alg_values_supported).toEqual(['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'])
  })
})

describe('a refresh token', () => {
  it('of a public client is bound to the key, and whoever lacks that ends nothing', async () => {
    const { refresh_token: token } = await tokens()
    expect((await setting.refresh('app1', token)).json.error).toBe('invalid_grant')
    const stolen = await setting.refresh('app1', token, { headers: await setting.proof(other) })
    expect(stolen.json.error).toBe('invalid_grant')
    const reply = await setting.refresh('app1', token, { headers: await setting.proof(key) })
    expect(reply.json.token_type).toBe('DPoP')
    const next = await setting.refresh('app1', reply.json.refresh_token, { headers: await setting.proof(other) })
    expect(next.json.error).toBe('invalid_grant')
  })

  it('of a client with a secret is not: the secret binds it', async () => {
    const { refresh_token: token } = await tokens('keeper')
    const reply = await setting.refresh('keeper', token, { headers: await setting.proof(other) })
    expect(decodeJwt(reply.json.access_token)).toMatchObject({ cnf: { jkt: other.jkt } })
  })
})

describe('at userinfo', () => {
  it('a token with its proof is answered, in one call more than a Bearer token', async () => {
    const { access_token: token } = await tokens()
    const reply = await setting.userinfo({ ...dpop(token), ...(await atUserinfo(token)) })
    expect(reply.json.sub).toBe(setting.user.id)
    expect(reply.commands.length).toBeLessThanOrEqual(3)
    expect(reply.headers['dpop-nonce']).toBe(await setting.nonce())
  })

  it('as a Bearer token it is refused, with the proof as well', async () => {
    const { access_token: token } = await tokens()
    for (const headers of [bearer(token), { ...bearer(token), ...(await atUserinfo(token)) }]) {
      const reply = await setting.userinfo(headers)
      expect(reply.status).toBe(401)
      expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="invalid_token".*algs="/)
    }
  })

  it('a Bearer token is not to be had with a proof', async () => {
    const { json } = await setting.exchange('app1', await setting.codeFor())
    const reply = await setting.userinfo({ ...dpop(json.access_token), ...(await atUserinfo(json.access_token)) })
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="invalid_token"/)
  })

  it.each<[string, string, (token: string) => Promise<Record<string, string>>]>([
    ['without a proof', 'invalid_dpop_proof', async () => ({})],
    ['with a proof of another key', 'invalid_token', (token) => atUserinfo(token, other)],
    ['with a proof for another token', 'invalid_dpop_proof', () => atUserinfo('a.b.c')],
    ['with a proof for no token', 'invalid_dpop_proof', () => setting.proof(key, '/userinfo', { method: 'GET' })],
    ['with a proof for a POST', 'invalid_dpop_proof', (token) => setting.proof(key, '/userinfo', { token })],
  ])('%s: %s', async (_name, error, proof) => {
    const { access_token: token } = await tokens()
    const reply = await setting.userinfo({ ...dpop(token), ...(await proof(token)) })
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(new RegExp(`^DPoP error="${error}"`))
  })

  it('a nonce is asked for, in the header that says why', async () => {
    const { access_token: token } = await tokens()
    const url = `${setting.house.stage.issuer}/userinfo`
    const bare = await key.proof({ method: 'GET', url, at: setting.house.now, token })
    const reply = await setting.userinfo({ ...dpop(token), dpop: bare })
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="use_dpop_nonce"/)
    expect(reply.headers['dpop-nonce']).toBe(await setting.nonce())
  })

  it('of twenty requests with one proof at once one is answered', async () => {
    const { access_token: token } = await tokens()
    const headers = { ...dpop(token), ...(await atUserinfo(token)) }
    const replies = await Promise.all(Array.from({ length: 20 }, () => setting.userinfo(headers)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.filter(({ json }) => json.error === 'invalid_dpop_proof')).toHaveLength(19)
  })

  it('a second proof remembered for no longer than it is good', async () => {
    const { access_token: token } = await tokens()
    const headers = { ...dpop(token), ...(await atUserinfo(token)) }
    await setting.userinfo(headers)
    const records = (await setting.house.all('sessions')).filter(({ pk }) => String(pk).startsWith('dpop#'))
    expect(records.every(({ until }) => Number(until) <= setting.house.now + 301)).toBe(true)
  })
})

describe('at our own API', () => {
  const users = (headers: Record<string, string>) =>
    setting.house.invoke<Record<string, string>>(
      'GET',
      `/api/v1/tenants/${setting.house.stage.tenantCode}/users/anna`,
      {
        headers,
      },
    )

  it('a token that a client got for itself is bound as any other', async () => {
    const reply = await setting.token(
      'machine',
      { grant_type: 'client_credentials' },
      { headers: await setting.proof(key) },
    )
    const { access_token: token, token_type: type } = reply.json
    expect(type).toBe('DPoP')
    const path = `/api/v1/tenants/${setting.house.stage.tenantCode}/users/anna`
    const proof = () => setting.proof(key, path, { method: 'GET', token })

    const opened = await users({ ...dpop(token), ...(await proof()) })
    expect(opened.status).toBe(200)
    expect(opened.headers['dpop-nonce']).toBe(await setting.nonce())
    expect((await users(bearer(token))).status).toBe(401)
    const stranger = await users({ ...dpop(token), ...(await setting.proof(other, path, { method: 'GET', token })) })
    expect(stranger.status).toBe(401)
    expect(stranger.headers['www-authenticate']).toMatch(/^DPoP error="invalid_token"/)
    expect(stranger.json.code).toBe('unauthenticated')
  })
})
