/** The token endpoint: each grant, and each way to ask for it that is not right. */
import { seenIn } from './answer.ts'
import { api, otherApi, verifier } from './apps.ts'
import {
  type AppName,
  type Case,
  type Cases,
  type Change,
  formOf,
  type How,
  newCode,
  newTokens,
  offline,
  redeem,
  send,
  tokensIn,
} from './sending.ts'
import type { Side } from './side.ts'

/** A code of `asked`, brought with `change`. */
const code =
  (change: Change = {}, how: How = {}, { asked = {}, app = 'web' }: { asked?: Change; app?: AppName } = {}): Case =>
  async (side) =>
    seenIn(await redeem(side, await newCode(side, asked, app), change, how, app))

const codes: Cases = {
  'code: as usual': code(),
  'code: of every scope': code({}, {}, { asked: { scope: 'openid profile email address phone', prompt: 'consent' } }),
  'code: with offline_access, after a consent': code({}, {}, { asked: offline }),
  'code: with offline_access, without a consent': code({}, {}, { asked: { scope: 'openid offline_access' } }),
  'code: with offline_access, of a public client': code({}, {}, { asked: offline, app: 'spa' }),
  'code: without a nonce': code({}, {}, { asked: { nonce: undefined } }),
  'code: after max_age': code({}, {}, { asked: { max_age: '10000' } }),
  'code: after acr_values': code({}, {}, { asked: { acr_values: 'pwd' } }),
  'code: of claims in the ID token': code(
    {},
    {},
    { asked: { claims: '{"id_token":{"email":null,"auth_time":{"essential":true}}}' } },
  ),
  'code: with client_secret_post': code({}, {}, { app: 'post' }),
  'code: with private_key_jwt': code({}, {}, { app: 'signed' }),
  'code: of a public client': code({}, {}, { app: 'spa' }),
  'code: no code': code({ code: undefined }),
  'code: an unknown code': code({ code: 'something' }),
  'code: code twice': code({ code: ['one', 'two'] }),
  'code: no grant_type': code({ grant_type: undefined }),
  'code: an unknown grant_type': code({ grant_type: 'something' }),
  'code: grant_type=password': code({ grant_type: 'password' }),
  'code: grant_type twice': code({ grant_type: ['authorization_code', 'authorization_code'] }),
  'code: an unknown parameter': code({ something: 'else' }),
  'code: an unknown parameter twice': code({ something: ['else', 'or'] }),
  'code: no redirect_uri': code({ redirect_uri: undefined }),
  'code: another redirect_uri': code({ redirect_uri: 'https://web.example/other' }),
  'code: no code_verifier': code({ code_verifier: undefined }),
  'code: another code_verifier': code({ code_verifier: 'b'.repeat(43) }),
  'code: a short code_verifier': code({ code_verifier: 'short' }),
  'code: code_verifier twice': code({ code_verifier: [verifier, verifier] }),
  'code: code_verifier without a challenge': code(
    {},
    {},
    { asked: { code_challenge: undefined, code_challenge_method: undefined } },
  ),
  'code: no challenge and no verifier': code(
    { code_verifier: undefined },
    {},
    { asked: { code_challenge: undefined, code_challenge_method: undefined } },
  ),
  'code: a scope': code({ scope: 'openid' }),
  'code: by GET': code({}, { method: 'GET' }),
  'code: as JSON': code({}, { contentType: 'application/json' }),
  'code: no content type': code({}, { contentType: 'text/plain' }),
  'code: of another client': async (side) => seenIn(await redeem(side, await newCode(side), {}, {}, 'second')),
  'code: used before': async (side) => {
    const its = await newCode(side)
    await redeem(side, its)
    return seenIn(await redeem(side, its))
  },
  'code: over': async (side) => {
    const its = await newCode(side)
    side.wait(61)
    return seenIn(await redeem(side, its))
  },
  'code: after it was brought by another client': async (side) => {
    const its = await newCode(side)
    await redeem(side, its, {}, {}, 'second')
    return seenIn(await redeem(side, its))
  },
  'code: after it was brought with another verifier': async (side) => {
    const its = await newCode(side)
    await redeem(side, its, { code_verifier: 'b'.repeat(43) })
    return seenIn(await redeem(side, its))
  },
  'code: for a resource': code({ resource: api }, {}, { asked: { scope: 'openid read', resource: api } }),
  'code: for the resource that was granted, without saying so': code(
    {},
    {},
    { asked: { scope: 'openid read', resource: api } },
  ),
  'code: for a resource that was not granted': code(
    { resource: otherApi },
    {},
    { asked: { scope: 'openid read', resource: api } },
  ),
  'code: for a resource that is no address': code(
    { resource: 'something' },
    {},
    { asked: { scope: 'openid read', resource: api } },
  ),
}

/** A refresh token of `app`, brought with `change`. */
const refresh =
  (change: Change = {}, how: How = {}, app: AppName = 'web', by = app): Case =>
  async (side) => {
    const { refresh_token } = await newTokens(side, offline, app)
    return seenIn(await again(side, refresh_token, change, how, by))
  }

const again = (side: Side, refreshToken: string, change: Change = {}, how: How = {}, app: AppName = 'web') =>
  send(side, 'token', app, formOf({ grant_type: 'refresh_token', refresh_token: refreshToken }, change), how)

const refreshes: Cases = {
  'refresh: as usual': refresh(),
  'refresh: of a public client': refresh({}, {}, 'spa'),
  'refresh: with private_key_jwt': refresh({}, {}, 'signed'),
  'refresh: no refresh_token': refresh({ refresh_token: undefined }),
  'refresh: an unknown refresh_token': refresh({ refresh_token: 'something' }),
  'refresh: refresh_token twice': refresh({ refresh_token: ['one', 'two'] }),
  'refresh: by another client': refresh({}, {}, 'web', 'second'),
  'refresh: a wrong secret': refresh({}, { secret: 'wrong' }),
  'refresh: less scope': refresh({ scope: 'openid' }),
  'refresh: more scope': refresh({ scope: 'openid offline_access email' }),
  'refresh: an unknown scope': refresh({ scope: 'openid something' }),
  'refresh: an access token': async (side) => {
    const { access_token } = await newTokens(side, offline)
    return seenIn(await again(side, access_token))
  },
  'refresh: twice, of a client that authenticates': async (side) => {
    const { refresh_token } = await newTokens(side, offline)
    await again(side, refresh_token)
    return seenIn(await again(side, refresh_token))
  },
  'refresh: twice, of a public client': async (side) => {
    const { refresh_token } = await newTokens(side, offline, 'spa')
    await again(side, refresh_token, {}, {}, 'spa')
    side.wait(60)
    return seenIn(await again(side, refresh_token, {}, {}, 'spa'))
  },
  'refresh: the next one, once the one before came twice': async (side) => {
    const { refresh_token } = await newTokens(side, offline, 'spa')
    const next = await tokensIn(await again(side, refresh_token, {}, {}, 'spa'))
    side.wait(60)
    await again(side, refresh_token, {}, {}, 'spa')
    return seenIn(await again(side, next.refresh_token, {}, {}, 'spa'))
  },
  'refresh: after its code came twice': async (side) => {
    const its = await newCode(side, offline)
    const { refresh_token } = await tokensIn(await redeem(side, its))
    await redeem(side, its)
    return seenIn(await again(side, refresh_token))
  },
  'refresh: for a resource that was not granted': refresh({ resource: otherApi }),
}

const own =
  (change: Change = {}, how: How = {}, app: AppName = 'web'): Case =>
  async (side) =>
    seenIn(await send(side, 'token', app, formOf({ grant_type: 'client_credentials' }, change), how))

const ofClients: Cases = {
  'client_credentials: for a resource': own({ scope: 'read', resource: api }),
  'client_credentials: for a resource, with private_key_jwt': own({ scope: 'read', resource: api }, {}, 'signed'),
  'client_credentials: of a client that has no other grant': own({ scope: 'read', resource: api }, {}, 'machine'),
  'client_credentials: no resource': own(),
  'client_credentials: an unknown scope': own({ scope: 'something', resource: api }),
  'client_credentials: openid': own({ scope: 'openid' }),
  'client_credentials: a resource that it may not have': own({ scope: 'read', resource: otherApi }),
  'client_credentials: of a public client': own({}, {}, 'spa'),
  'client_credentials: a wrong secret': own({}, { secret: 'wrong' }),
}

/** Whoever asks, with a code that is right. */
const who =
  (how: How, change: Change = {}, app: AppName = 'web'): Case =>
  async (side) =>
    seenIn(await redeem(side, await newCode(side, {}, app), change, how, app))

const header = (authorization: string): How => ({ auth: 'nothing', headers: { authorization } })
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const authentications: Cases = {
  'client: nothing': who({ auth: 'nothing' }),
  'client: a wrong secret in the header': who({ secret: 'wrong' }),
  'client: a wrong secret in the form': who({ secret: 'wrong' }, {}, 'post'),
  'client: an empty secret in the header': who({ secret: '' }),
  'client: only its name': who({ auth: 'name' }),
  'client: the secret in the form, registered for the header': who({ auth: 'post' }),
  'client: the secret in the header, registered for the form': who({ auth: 'basic' }, {}, 'post'),
  'client: the secret in both': who({ auth: 'post', headers: { authorization: `Basic ${base64('web:x')}` } }),
  'client: an unknown one in the header': who(header(`Basic ${base64('nobody:x')}`)),
  'client: an unknown one in the form': who({ auth: 'nothing' }, { client_id: 'nobody' }),
  'client: the header is no Base64': who(header('Basic !!!')),
  'client: the header has no colon': who(header(`Basic ${base64('web')}`)),
  'client: the header is Bearer': who(header('Bearer something')),
  'client: another client_id in the form': who({}, { client_id: 'second' }),
  'client: the same client_id in the form': who({}, { client_id: 'web' }),
  'client: client_id twice': who({}, { client_id: ['web', 'web'] }),
  'client: a public one with a secret': who({ auth: 'post', secret: 'something' }, {}, 'spa'),
  'client: an assertion, registered for a secret': who({ auth: 'assertion' }, {}, 'jar'),
  'client: a secret, registered for an assertion': who({ auth: 'basic', secret: 'something' }, {}, 'signed'),
  'client: only its name, registered for an assertion': who({ auth: 'name' }, {}, 'signed'),
}

const asserted = (assertion: How['assertion']): Case => who({ assertion: assertion ?? {} }, {}, 'signed')

const assertions: Cases = {
  'assertion: is no JWT': asserted({ text: 'something' }),
  'assertion: another client_assertion_type': asserted({ type: 'urn:something' }),
  'assertion: signed by somebody else': asserted({ signedBy: 'fapi', header: { kid: 'signed-key' } }),
  'assertion: an unknown kid': asserted({ header: { kid: 'something' } }),
  'assertion: alg=HS256': asserted({ header: { alg: 'HS256' } }),
  'assertion: alg=none': asserted({ header: { alg: 'none' } }),
  'assertion: no iss': asserted({ claims: { iss: undefined } }),
  'assertion: iss of somebody else': asserted({ claims: { iss: 'second' } }),
  'assertion: no sub': asserted({ claims: { sub: undefined } }),
  'assertion: sub of somebody else': asserted({ claims: { sub: 'second' } }),
  'assertion: no aud': asserted({ claims: { aud: undefined } }),
  'assertion: aud of somebody else': asserted({ claims: { aud: 'https://elsewhere.example' } }),
  'assertion: aud is the token endpoint': asserted({ claims: { aud: 'https://id.example.org/token' } }),
  'assertion: aud is a list with the issuer': asserted({
    claims: { aud: ['https://id.example.org', 'https://elsewhere.example'] },
  }),
  'assertion: no exp': asserted({ claims: { exp: undefined } }),
  'assertion: over': asserted({ claims: { exp: 1_000_000_000 } }),
  'assertion: exp a year ahead': async (side) => asserted({ claims: { exp: side.now() + 31_536_000 } })(side),
  'assertion: no iat': asserted({ claims: { iat: undefined } }),
  'assertion: iat an hour ahead': async (side) =>
    asserted({ claims: { iat: side.now() + 3600, exp: side.now() + 3660 } })(side),
  'assertion: nbf ahead': async (side) => asserted({ claims: { nbf: side.now() + 120 } })(side),
  'assertion: no jti': asserted({ claims: { jti: undefined } }),
  'assertion: crit': asserted({ header: { crit: ['something'], something: 1 } }),
  'assertion: typ of an access token': asserted({ header: { typ: 'at+jwt' } }),
  'assertion: twice': async (side) => {
    const claims = { jti: `twice ${Math.random()}` }
    await redeem(side, await newCode(side, {}, 'signed'), {}, { assertion: { claims } }, 'signed')
    return asserted({ claims })(side)
  },
  'assertion: and a secret': who({ headers: { authorization: `Basic ${base64('signed:x')}` } }, {}, 'signed'),
}

export const tokenRequests: Cases = { ...codes, ...refreshes, ...ofClients, ...authentications, ...assertions }
