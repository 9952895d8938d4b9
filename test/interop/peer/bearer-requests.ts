/** What is asked with a token, and about one: userinfo, introspection, revocation. */
import { type Seen, seenIn } from './answer.ts'
import { api } from './apps.ts'
import {
  type AppName,
  type Case,
  type Cases,
  type Change,
  formOf,
  type How,
  newTokens,
  offline,
  proofHeader,
  send,
  type Tokens,
  withNonce,
} from './sending.ts'
import type { Side } from './side.ts'

type Showing = {
  token?: string
  scheme?: string
  method?: string
  form?: URLSearchParams
  query?: string
  proof?: How['proof']
}

export async function userinfo(side: Side, showing: Showing): Promise<Seen> {
  const { token, scheme = 'Bearer', method = 'GET', form, query = '', proof } = showing
  const how: How = proof === undefined ? {} : { proof: token === undefined ? proof : { token, ...proof } }
  const url = side.metadata.userinfo_endpoint
  return seenIn(
    await withNonce(how, async (nonce) =>
      side.fetchIssuer(url + query, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `${scheme} ${token}` }),
          ...(await proofHeader(side, url, method, nonce, how)),
        },
        ...(form === undefined ? {} : { body: form }),
      }),
    ),
  )
}

/** A new token, shown in some way. */
const shown =
  (way: (token: string) => Showing, asked: Change = {}, app: AppName = 'web'): Case =>
  async (side) =>
    userinfo(side, way((await newTokens(side, asked, app)).access_token))

const everything = { scope: 'openid profile email address phone' }

const userinfos: Cases = {
  'userinfo: as usual': shown((token) => ({ token })),
  'userinfo: every scope': shown((token) => ({ token }), everything),
  'userinfo: claims one by one': shown((token) => ({ token }), {
    claims: '{"userinfo":{"name":null,"email":{"essential":true}}}',
  }),
  'userinfo: by POST, in the header': shown((token) => ({ token, method: 'POST' })),
  'userinfo: by POST, in the form': shown((token) => ({
    method: 'POST',
    form: new URLSearchParams({ access_token: token }),
  })),
  'userinfo: in the query': shown((token) => ({ query: `?access_token=${token}` })),
  'userinfo: in the header and in the form': shown((token) => ({
    token,
    method: 'POST',
    form: new URLSearchParams({ access_token: token }),
  })),
  'userinfo: signed': shown((token) => ({ token }), {}, 'hearing'),
  'userinfo: no token': (side) => userinfo(side, {}),
  'userinfo: an empty token': (side) => userinfo(side, { token: '' }),
  'userinfo: no token, by POST': (side) => userinfo(side, { method: 'POST', form: new URLSearchParams() }),
  'userinfo: an unknown token': (side) => userinfo(side, { token: 'something' }),
  'userinfo: Basic': (side) => userinfo(side, { token: 'd2ViOng=', scheme: 'Basic' }),
  'userinfo: bearer in small letters': shown((token) => ({ token, scheme: 'bearer' })),
  'userinfo: by PUT': shown((token) => ({ token, method: 'PUT' })),
  'userinfo: an ID token': async (side) => userinfo(side, { token: (await newTokens(side)).id_token }),
  'userinfo: a refresh token': async (side) =>
    userinfo(side, { token: (await newTokens(side, offline)).refresh_token }),
  'userinfo: a token for a resource': shown((token) => ({ token }), { scope: 'openid read', resource: api }),
  'userinfo: a token that is over': async (side) => {
    const { access_token } = await newTokens(side)
    side.wait(620)
    return userinfo(side, { token: access_token })
  },
  'userinfo: a token that was revoked': async (side) => {
    const { access_token } = await newTokens(side)
    await send(side, 'revoke', 'web', formOf({ token: access_token }))
    return userinfo(side, { token: access_token })
  },
  'userinfo: a token whose refresh token was revoked': async (side) => {
    const { access_token, refresh_token } = await newTokens(side, offline)
    await send(side, 'revoke', 'web', formOf({ token: refresh_token }))
    return userinfo(side, { token: access_token })
  },
}

type Kind = keyof Tokens

/** A new token of `owner`, brought to an endpoint by `app`. */
const about =
  (
    to: 'introspect' | 'revoke',
    kind: Kind,
    {
      owner = 'web',
      app = owner,
      change = {},
      how = {},
      asked = offline,
    }: { owner?: AppName; app?: AppName; change?: Change; how?: How; asked?: Change } = {},
  ): Case =>
  async (side) => {
    const { [kind]: token } = await newTokens(side, asked, owner)
    return seenIn(await send(side, to, app, formOf({ token }, change), how))
  }

const forApi = { scope: 'openid read', resource: api }

const introspections: Cases = {
  'introspect: an access token': about('introspect', 'access_token'),
  'introspect: an access token, with a hint': about('introspect', 'access_token', {
    change: { token_type_hint: 'access_token' },
  }),
  'introspect: an access token, with a wrong hint': about('introspect', 'access_token', {
    change: { token_type_hint: 'refresh_token' },
  }),
  'introspect: an access token, with an unknown hint': about('introspect', 'access_token', {
    change: { token_type_hint: 'something' },
  }),
  'introspect: a refresh token': about('introspect', 'refresh_token'),
  'introspect: an ID token': about('introspect', 'id_token'),
  'introspect: a token of a public client, by itself': about('introspect', 'access_token', { owner: 'spa' }),
  'introspect: a token of another client': about('introspect', 'access_token', { app: 'second' }),
  'introspect: a token for a resource, by its server': about('introspect', 'access_token', {
    app: 'guard',
    asked: forApi,
  }),
  'introspect: a token for a resource, by its client': about('introspect', 'access_token', { asked: forApi }),
  'introspect: something': about('introspect', 'access_token', { change: { token: 'something' } }),
  'introspect: no token': about('introspect', 'access_token', { change: { token: undefined } }),
  'introspect: token twice': about('introspect', 'access_token', { change: { token: ['one', 'two'] } }),
  'introspect: no client authentication': about('introspect', 'access_token', { how: { auth: 'nothing' } }),
  'introspect: a wrong secret': about('introspect', 'access_token', { how: { secret: 'wrong' } }),
  'introspect: by GET': about('introspect', 'access_token', { how: { method: 'GET' } }),
  'introspect: as JSON': about('introspect', 'access_token', { how: { contentType: 'application/json' } }),
  'introspect: a bound token': async (side) => {
    const { access_token: token } = await newTokens(side, {}, 'web', { proof: {} })
    return seenIn(await send(side, 'introspect', 'web', formOf({ token })))
  },
  'introspect: a token that was revoked': async (side) => {
    const { access_token: token } = await newTokens(side)
    await send(side, 'revoke', 'web', formOf({ token }))
    return seenIn(await send(side, 'introspect', 'web', formOf({ token })))
  },
}

const revocations: Cases = {
  'revoke: an access token': about('revoke', 'access_token'),
  'revoke: a refresh token': about('revoke', 'refresh_token'),
  'revoke: a refresh token, with a wrong hint': about('revoke', 'refresh_token', {
    change: { token_type_hint: 'access_token' },
  }),
  'revoke: a refresh token, with an unknown hint': about('revoke', 'refresh_token', {
    change: { token_type_hint: 'something' },
  }),
  'revoke: by a public client': about('revoke', 'refresh_token', { owner: 'spa' }),
  'revoke: of another client': about('revoke', 'refresh_token', { app: 'second' }),
  'revoke: of another client, by a public one': about('revoke', 'refresh_token', { app: 'spa' }),
  'revoke: an ID token': about('revoke', 'id_token'),
  'revoke: an access token for a resource': about('revoke', 'access_token', { asked: forApi }),
  'revoke: something': about('revoke', 'access_token', { change: { token: 'something' } }),
  'revoke: no token': about('revoke', 'access_token', { change: { token: undefined } }),
  'revoke: token twice': about('revoke', 'access_token', { change: { token: ['one', 'two'] } }),
  'revoke: no client authentication': about('revoke', 'access_token', { how: { auth: 'nothing' } }),
  'revoke: a wrong secret': about('revoke', 'access_token', { how: { secret: 'wrong' } }),
  'revoke: by GET': about('revoke', 'access_token', { how: { method: 'GET' } }),
  'revoke: as JSON': about('revoke', 'access_token', { how: { contentType: 'application/json' } }),
  'revoke: twice': async (side) => {
    const { refresh_token: token } = await newTokens(side, offline)
    await send(side, 'revoke', 'web', formOf({ token }))
    return seenIn(await send(side, 'revoke', 'web', formOf({ token })))
  },
}

export const bearerRequests: Cases = { ...userinfos, ...introspections, ...revocations }
