import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientAuthMethod } from '../../src/core/oidc/client.ts'
import { type Registered, signIn } from './openid-client.ts'
import { certificateJwk, checkPerson, newKey, openProvider, type Provider } from './provider.ts'

// What openid-client refuses of an answer, it throws: each test fails by that first.

let provider: Provider
beforeAll(async () => {
  provider = await openProvider()
})
afterAll(() => provider?.close())

/** The library signs with Ed25519 under its name of its own (RFC 9864); the provider offers the older one. */
const asEdDSA: openid.ModifyAssertionOptions = {
  [openid.modifyAssertion](header) {
    if (header.alg === 'Ed25519') header.alg = 'EdDSA'
  },
}

async function withKey(alg: 'ES256' | 'PS256' | 'EdDSA'): Promise<Registered> {
  const { key, kid, jwk } = await newKey(alg)
  const party = await provider.register({ tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [jwk] } })
  return { party, auth: openid.PrivateKeyJwt({ key, kid }, asEdDSA) }
}

const withCertificate = async (bound = false): Promise<Registered> => ({
  party: await provider.register({
    tokenEndpointAuthMethod: 'tls_client_auth',
    certificateSubject: { by: 'dn', value: 'CN=app,O=Example' },
    tlsClientCertificateBoundAccessTokens: bound,
  }),
  auth: openid.TlsClientAuth(),
  metadata: { use_mtls_endpoint_aliases: true },
  certificate: provider.certificates.app,
})

const usual = async (): Promise<Registered> => ({ party: await provider.register() })

const isPublic = async (): Promise<Registered> => ({
  party: await provider.register({ tokenEndpointAuthMethod: 'none' }),
  auth: openid.None(),
})

const ways: Record<Exclude<ClientAuthMethod, 'private_key_jwt'>, () => Promise<Registered>> = {
  client_secret_basic: usual,
  async client_secret_post() {
    const party = await provider.register({ tokenEndpointAuthMethod: 'client_secret_post' })
    return { party, auth: openid.ClientSecretPost(party.secret) }
  },
  tls_client_auth: withCertificate,
  async self_signed_tls_client_auth() {
    const certificate = provider.certificates.selfSigned
    const party = await provider.register({
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: { keys: [certificateJwk(certificate)] },
    })
    return { party, auth: openid.TlsClientAuth(), metadata: { use_mtls_endpoint_aliases: true }, certificate }
  },
  none: isPublic,
}

describe('a person signs in, with code, PKCE, state, nonce and iss, at a client of', () => {
  it.each(Object.entries(ways))('%s', async (_method, way) => {
    const { idToken, userinfo } = await signIn(provider, await way())
    expect(idToken.sub).toBe(provider.person.id)
    checkPerson(await userinfo())
  })

  it.each(['ES256', 'PS256', 'EdDSA'] as const)('private_key_jwt by %s', async (alg) => {
    const { userinfo } = await signIn(provider, await withKey(alg))
    checkPerson(await userinfo())
  })
})
