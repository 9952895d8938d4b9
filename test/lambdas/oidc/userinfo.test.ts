import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/user.ts'
import { places } from '../../../src/store/keys.ts'
import { type House, openHouse, type Reply } from '../../house.ts'
import { claimsOf, exchange, visit } from '../../visitor.ts'

let house: House
let anna: User
const password = 'correct horse battery staple'
const scopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']

beforeAll(async () => {
  house = await openHouse()
  house.now = Math.floor(Date.now() / 1000)
  await house.addClient({ scopes })
  await house.addClient({ clientId: 'signed', scopes, userinfoSignedResponseAlg: 'ES256' })
  await house.addClient({ clientId: 'passing', scopes })
  anna = await house.addUser({
    ...{ userName: 'anna', password, givenName: 'Anna', familyName: 'Ek', locale: 'sv' },
    claims: { phone_number: '+46 8 555', address: { country: 'Sweden' }, birthdate: '0000-03-08' },
  })
})
afterAll(() => house.close())

async function tokensFor(change: Record<string, string> = {}): Promise<{ access_token: string; id_token: string }> {
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd', ...change })
  await browser.post('username', { username: 'anna' })
  await browser.post('password', { password })
  const { client_id: clientId = 'app1' } = change
  return (await exchange(house, browser.landed.get('code'), { client_id: clientId })).json
}

type Told = Record<string, unknown>

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const userinfo = (token: string): Promise<Reply<Told>> => house.invoke('GET', '/userinfo', { headers: bearer(token) })

describe('what is told', () => {
  it('of all scopes, all that is known, in the types of §5.1', async () => {
    const { access_token: token } = await tokensFor({ scope: scopes.join(' ') })
    expect((await userinfo(token)).json).toEqual({
      sub: anna.id,
      name: 'Anna Ek',
      given_name: 'Anna',
      family_name: 'Ek',
      preferred_username: 'anna',
      birthdate: '0000-03-08',
      locale: 'sv',
      updated_at: anna.updatedAt,
      email: 'anna@example.org',
      email_verified: true,
      address: { country: 'Sweden' },
      phone_number: '+46 8 555',
      phone_number_verified: false,
    })
  })

  it('each claim on its own, in the ID token and here, however it is asked for', async () => {
    const claims = {
      id_token: { address: null, phone_number: { essential: true }, nickname: { essential: true }, unheard_of: null },
      userinfo: { birthdate: { value: '1999-01-01' }, given_name: { values: ['Bo', 'Cy'] }, sub: null },
    }
    const tokens = await tokensFor({ scope: 'openid', claims: JSON.stringify(claims) })
    const idToken = claimsOf(tokens.id_token)
    expect(idToken).toMatchObject({ address: { country: 'Sweden' }, phone_number: '+46 8 555' })
    for (const name of ['nickname', 'unheard_of', 'birthdate', 'given_name', 'email'])
      expect(idToken).not.toHaveProperty(name)
    expect((await userinfo(tokens.access_token)).json).toEqual({
      sub: anna.id,
      birthdate: '0000-03-08',
      given_name: 'Anna',
    })
  })

  it('nothing that takes the place of what a token says of itself', async () => {
    const asked = { sub: null, iss: null, aud: null, nonce: null, sid: null }
    const claims = JSON.stringify({ id_token: asked, userinfo: asked })
    const tokens = await tokensFor({ scope: 'openid', claims })
    expect(claimsOf(tokens.id_token)).toMatchObject({ sub: anna.id, iss: house.stage.issuer, aud: 'app1' })
    expect((await userinfo(tokens.access_token)).json).toEqual({ sub: anna.id })
  })
})

describe('a client that wants it signed', () => {
  it('gets a JWT for itself, by a key that is published', async () => {
    const tokens = await tokensFor({ client_id: 'signed', scope: 'openid email' })
    const reply = await userinfo(tokens.access_token)
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/jwt', 'cache-control': 'no-store' },
    })
    const keys = createRemoteJWKSet(new URL(`${house.stage.issuer}/jwks`), {
      [customFetch]: async () => new Response((await house.invoke('GET', '/jwks')).body),
    })
    const { payload, protectedHeader } = await jwtVerify(reply.body, keys, {
      issuer: house.stage.issuer,
      audience: 'signed',
    })
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toEqual({
      sub: anna.id,
      email: 'anna@example.org',
      email_verified: true,
      iss: house.stage.issuer,
      aud: 'signed',
    })
  })

  it('and nobody takes that JWT for an ID token: as a hint it names nobody’s sign-in', async () => {
    const tokens = await tokensFor({ client_id: 'signed', scope: 'openid' })
    const { body } = await userinfo(tokens.access_token)
    const browser = visit(house)
    await browser.ask({ client_id: 'signed', id_token_hint: body, prompt: 'none' })
    expect(browser.landed.get('error')).toBe('invalid_request')
  })
})

describe('how the token is shown', () => {
  it('in a form, as the only thing that carries it (RFC 6750 §2.2)', async () => {
    const { access_token: token } = await tokensFor({ scope: 'openid' })
    const reply = await house.invoke('POST', '/userinfo', { body: new URLSearchParams({ access_token: token }) })
    expect(reply).toMatchObject({ status: 200, json: { sub: anna.id } })
  })

  it.each<[string, () => Promise<Reply>, number, RegExp]>([
    ['not at all', () => house.invoke('GET', '/userinfo'), 401, /^Bearer$/],
    [
      'in the address',
      async () => house.invoke('GET', `/userinfo?access_token=${(await tokensFor()).access_token}`),
      401,
      /^Bearer$/,
    ],
    [
      'in the header and in a form',
      async () => {
        const { access_token: token } = await tokensFor()
        return house.invoke('POST', '/userinfo', {
          headers: bearer(token),
          body: new URLSearchParams({ access_token: token }),
        })
      },
      400,
      /^Bearer error="invalid_request"/,
    ],
    [
      'as JSON',
      async () => house.invoke('POST', '/userinfo', { body: { access_token: (await tokensFor()).access_token } }),
      401,
      /^Bearer$/,
    ],
    [
      'but it is none',
      () => house.invoke('GET', '/userinfo', { headers: bearer('a.b.c') }),
      401,
      /error="invalid_token"/,
    ],
    [
      'but it is an ID token',
      async () => house.invoke('GET', '/userinfo', { headers: bearer((await tokensFor()).id_token) }),
      401,
      /error="invalid_token"/,
    ],
  ])('%s: with the challenge of RFC 6750 §3', async (_name, send, status, challenge) => {
    const reply = await send()
    expect(reply.status).toBe(status)
    expect(reply.headers['www-authenticate']).toMatch(challenge)
    expect(reply.headers['cache-control']).toBe('no-store')
  })

  it('for something else than userinfo: 403, and the scope that it lacks', async () => {
    const { access_token: token } = await tokensFor({ scope: 'openid email' })
    const { jti, sub, sid, client_id: clientId } = claimsOf(token)
    const narrowed = await house.world.signer.sign('ES256', 'at+jwt', {
      ...{ jti: String(jti), sub: String(sub), sid, client_id: clientId, scope: 'email' },
      ...{ iss: house.stage.issuer, aud: house.stage.issuer, iat: house.now, exp: house.now + 60 },
    })
    const reply = await userinfo(narrowed)
    expect(reply).toMatchObject({ status: 403, json: { error: 'insufficient_scope' } })
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer error="insufficient_scope".*scope="openid"$/)
  })
})

describe('whose client is gone', () => {
  it('a token is refused once its client is disabled, and once it is deleted', async () => {
    const { access_token: token } = await tokensFor({ client_id: 'passing', scope: 'openid' })
    expect((await userinfo(token)).status).toBe(200)
    const place = places.client('passing')
    const record = await house.db.get(place)
    await house.seed({ write: 'put', ...place, item: { ...record, enabled: false } })
    expect((await userinfo(token)).json).toMatchObject({ error: 'invalid_token' })
    await house.seed({ write: 'put', ...place, item: { ...record, enabled: true } })
    expect((await userinfo(token)).status).toBe(200)
    await house.seed({ write: 'delete', ...place })
    expect((await userinfo(token)).json).toMatchObject({ error: 'invalid_token' })
  })
})
