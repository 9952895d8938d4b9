/** By which algorithms tokens are signed, what discovery and /jwks say of it, and that their readers agree. */
import { createHash } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leftHalfHash, signingAlgorithms } from '../../../src/core/oidc/signing.ts'
import { places } from '../../../src/store/keys.ts'
import { type House, openHouse } from '../../house.ts'
import { usualRequest, verifier, visit } from '../../visitor.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

type Keys = { keys: Record<string, string>[] }
const jwks = async () => house.invoke<Keys>('GET', '/jwks')
const discovery = async () =>
  (await house.invoke<Record<string, string[]>>('GET', '/.well-known/openid-configuration')).json

describe('the keys', () => {
  it('each has its own kid, its algorithm and its use, and nothing private', async () => {
    const { json, headers } = await jwks()
    expect(json.keys.map(({ alg }) => alg).sort()).toEqual([...signingAlgorithms].sort())
    expect(new Set(json.keys.map(({ kid }) => kid)).size).toBe(4)
    const members: Record<string, string[]> = { RSA: ['e', 'n'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] }
    for (const key of json.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'kid', 'kty', 'use', ...(members[key.kty ?? ''] ?? [])].sort())
      expect(key.use).toBe('sig')
    }
    expect(headers['cache-control']).toBe('public, max-age=300')
  })

  it.each(signingAlgorithms)('%s: what the signer signs, whoever reads /jwks takes', async (alg) => {
    const token = await house.world.signer.sign(alg, 'JWT', { sub: 'ada' })
    const set = createLocalJWKSet((await jwks()).json as unknown as JSONWebKeySet)
    const { protectedHeader } = await jwtVerify(token, set, {
      algorithms: [alg],
      currentDate: new Date(house.now * 1000),
    })
    expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: expect.any(String) })
  })

  it('one that is next is published, one that is gone is not, and what no key is there for is not offered', async () => {
    expect((await discovery()).id_token_signing_alg_values_supported).toEqual([...signingAlgorithms])
    const kid = decodeProtectedHeader(await house.world.signer.sign('EdDSA', 'JWT', {})).kid ?? ''
    const record = await house.db.get(places.signingKey(kid))
    const become = (state: string) =>
      house.seed({ write: 'put', ...places.signingKey(kid), item: { ...record, state, since: house.now } })
    for (const [state, published] of [
      ['next', true],
      ['retiring', true],
      ['gone', false],
    ] as const) {
      await become(state)
      expect((await jwks()).json.keys.some((key) => key.kid === kid)).toBe(published)
      const said = await discovery()
      expect(said.id_token_signing_alg_values_supported).toEqual(['RS256', 'PS256', 'ES256'])
      expect(said.userinfo_signing_alg_values_supported).toEqual(['RS256', 'PS256', 'ES256'])
    }
    await become('active')
    expect((await discovery()).userinfo_signing_alg_values_supported).toEqual([...signingAlgorithms])
  })
})

describe('the left half of a hash', () => {
  it('is by SHA-256, and by SHA-512 for EdDSA, as openid-client and oidc-provider have it', () => {
    const half = (hash: string, bytes: number) =>
      createHash(hash).update('token').digest().subarray(0, bytes).toString('base64url')
    for (const alg of ['RS256', 'PS256', 'ES256'] as const) expect(leftHalfHash(alg, 'token')).toBe(half('sha256', 16))
    expect(leftHalfHash('EdDSA', 'token')).toBe(half('sha512', 32))
  })

  it('of the specification’s own example', () => {
    // OpenID Connect Core §A.4, whose ID token is RS256.
    expect(leftHalfHash('RS256', 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y')).toBe('77QmUPtjPfzWtF2AnpK9RQ')
  })
})

describe('an ID token', () => {
  it.each(signingAlgorithms)('by %s holds the hash of its access token, which is ES256', async (alg) => {
    const clientId = `app-${alg}`
    await house.addClient({ clientId, idTokenSignedResponseAlg: alg })
    const user = await house.addUser({ password: 'correct horse battery staple' })
    const browser = visit(house)
    await browser.ask({ client_id: clientId, acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password: 'correct horse battery staple' })
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: browser.landed.get('code') ?? '',
      redirect_uri: usualRequest.redirect_uri,
      code_verifier: verifier,
      client_id: clientId,
    })
    const { json } = await house.invoke<{ id_token: string; access_token: string }>('POST', '/token', { body })
    const set = createLocalJWKSet((await jwks()).json as unknown as JSONWebKeySet)
    const currentDate = new Date(house.now * 1000)
    const { payload } = await jwtVerify(json.id_token, set, { algorithms: [alg], audience: clientId, currentDate })
    expect(payload.at_hash).toBe(await asOpenidClientHas(alg, json.access_token))
    expect(decodeProtectedHeader(json.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
  })
})

/** As `idTokenHash` of oauth4webapi does it. */
async function asOpenidClientHas(alg: string, token: string): Promise<string> {
  const digest = await crypto.subtle.digest(alg === 'EdDSA' ? 'SHA-512' : 'SHA-256', Buffer.from(token))
  return Buffer.from(digest.slice(0, digest.byteLength / 2)).toString('base64url')
}
