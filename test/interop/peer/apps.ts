/**
 * The applications that both providers know, with the same ids, secrets, keys and addresses: each as ours has it on record,
 * and as npm `oidc-provider` has it.
 */
import { createHash } from 'node:crypto'
import type { ClientMetadata } from 'oidc-provider'
import type { Client } from '../../../src/core/oidc/client.ts'
import { type ClientKey, createClientKey } from '../../client-key.ts'

export type App = {
  id: string
  redirectUri: string
  goodbye: string
  secret?: string
  key?: ClientKey
  ours: Partial<Client>
  peer: Partial<ClientMetadata>
}

/** A resource server, and one that no application may have tokens for. */
export const api = 'https://api.example.org'
export const otherApi = 'https://other-api.example.org'

export const scopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'read']

/** The S256 challenge of `verifier`. */
export const verifier = 'a-verifier-of-forty-three-characters-or-more'
export const challenge = createHash('sha256').update(verifier).digest('base64url')

const all = ['authorization_code', 'refresh_token', 'client_credentials'] as const

type Special = { secret?: false; key?: true; ours?: Partial<Client>; peer?: Partial<ClientMetadata> }

function app(id: string, { secret, key, ours = {}, peer = {} }: Special = {}): App {
  const redirectUri = `https://${id}.example/callback`
  const signs = key === undefined ? undefined : createClientKey('ES256', { kid: `${id}-key` })
  return {
    id,
    redirectUri,
    goodbye: `https://${id}.example/goodbye`,
    ...(secret === false ? {} : { secret: `a secret of ${id}, of more than 32 characters: + & / %` }),
    ...(signs === undefined ? {} : { key: signs }),
    ours: {
      grantTypes: all,
      scopes,
      resources: [api],
      idTokenSignedResponseAlg: 'ES256',
      ...(signs === undefined ? {} : { jwks: { keys: [signs.jwk] } }),
      ...ours,
    },
    peer: {
      grant_types: [...all],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
      ...(signs === undefined ? {} : { jwks: { keys: [{ ...signs.jwk, use: 'sig' } as never] } }),
      ...peer,
    },
  }
}

const signs: Special = {
  secret: false,
  key: true,
  ours: { tokenEndpointAuthMethod: 'private_key_jwt' },
  peer: { token_endpoint_auth_method: 'private_key_jwt' },
}

export type Apps = ReturnType<typeof newApps>

/** With new keys. */
export const newApps = () => ({
  web: app('web'),
  second: app('second'),
  post: app('post', {
    ours: { tokenEndpointAuthMethod: 'client_secret_post' },
    peer: { token_endpoint_auth_method: 'client_secret_post' },
  }),
  spa: app('spa', {
    secret: false,
    ours: { grantTypes: ['authorization_code', 'refresh_token'] },
    peer: { token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] },
  }),
  signed: app('signed', signs),
  jar: app('jar', {
    key: true,
    ours: { requestObjectSigningAlg: 'ES256' },
    peer: { request_object_signing_alg: 'ES256' },
  }),
  pushing: app('pushing', {
    ours: { requirePushedAuthorizationRequests: true },
    peer: { require_pushed_authorization_requests: true },
  }),
  bound: app('bound', { ours: { dpopBoundAccessTokens: true }, peer: { dpop_bound_access_tokens: true } }),
  fapi: app('fapi', {
    ...signs,
    ours: {
      ...signs.ours,
      profile: 'fapi2',
      requirePushedAuthorizationRequests: true,
      dpopBoundAccessTokens: true,
    },
    peer: { ...signs.peer, require_pushed_authorization_requests: true, dpop_bound_access_tokens: true },
  }),
  /** Whose people are asked for their consent. */
  partner: app('partner', { ours: { thirdParty: true } }),
  /** For which no person signs in. */
  machine: app('machine', {
    ours: { grantTypes: ['client_credentials'] },
    peer: { grant_types: ['client_credentials'], response_types: [] },
  }),
  /** The resource server `api`. */
  guard: app('guard', { ours: { resourceIdentifiers: [api] } }),
  /** Hears of people by a JWT. */
  hearing: app('hearing', {
    ours: { userinfoSignedResponseAlg: 'ES256' },
    peer: { userinfo_signed_response_alg: 'ES256' },
  }),
})
