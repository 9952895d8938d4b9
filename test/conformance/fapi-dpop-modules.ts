/** The modules of `fapi2-security-profile-final-test-plan` that are about DPoP alone (RFC 9449, FAPI 2.0 §5.3.2, §5.3.4). */
import { createHash, randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { dpopKey, type Proven } from '../dpop.ts'
import {
  callResource,
  checkRefused,
  codeFor,
  type Fapi,
  type FapiSignedIn,
  type How,
  newPush,
  push,
  redeem,
  signInFapi,
} from './fapi-client.ts'
import type { FapiModule } from './fapi-modules.ts'

/** With proofs of this kind everywhere: at PAR, at the token endpoint, at the resource. */
const provesWith =
  (claims: (now: number) => Record<string, unknown>): FapiModule =>
  async (fapi) => {
    const how: How = { proof: { claims: claims(fapi.suite.now) } }
    await signInFapi(fapi, { pushing: how, redeeming: how, asking: how })
  }

/** A key that the code waits for, and a token request that is proved by another. */
const anotherKeyFails =
  (wait: (jkt: string) => { change?: Record<string, string>; pushing?: How }): FapiModule =>
  async (fapi) => {
    const withCode = await codeFor(fapi, { pushing: { proof: 'none' }, ...wait(fapi.first.dpop.jkt) })
    const provenBy = await dpopKey()
    await checkRefused(await redeem(fapi, withCode, { provenBy }), 'invalid_grant', 'invalid_dpop_proof')
  }

const badProofs: Record<string, (fapi: Fapi, signedIn: FapiSignedIn) => Promise<Partial<Proven>> | Partial<Proven>> = {
  'without typ': () => ({ header: { typ: undefined } }),
  'without jwk': () => ({ header: { jwk: undefined } }),
  'without jti': () => ({ claims: { jti: undefined } }),
  'without htm': () => ({ claims: { htm: undefined } }),
  'without htu': () => ({ claims: { htu: undefined } }),
  'without iat': () => ({ claims: { iat: undefined } }),
  'without ath': () => ({ claims: { ath: undefined } }),
  'of another type': () => ({ header: { typ: 'JWT' } }),
  'with the private key': ({ first }) => ({ header: { jwk: first.dpop.privateKey.export({ format: 'jwk' }) } }),
  'for another method': () => ({ claims: { htm: 'PUT' } }),
  'for another address': () => ({ claims: { htu: 'https://elsewhere.example/userinfo' } }),
  'for another token': () => ({ claims: { ath: createHash('sha256').update('another').digest('base64url') } }),
}

const goodProofs: Record<string, (fapi: Fapi) => Partial<Proven>> = {
  'with a query and a fragment': ({ suite }) => ({ claims: { htu: `${suite.metadata.userinfo_endpoint}?a=b#c` } }),
  'with members that nobody knows': () => ({ header: { extra: 'foo' }, claims: { extra: 'bar' } }),
  'with the host in capitals': ({ suite }) => ({
    claims: { htu: suite.metadata.userinfo_endpoint.replace(/^https:\/\/[^/]+/, (origin) => origin.toUpperCase()) },
  }),
  'with the port that https has': ({ suite }) => ({
    claims: { htu: suite.metadata.userinfo_endpoint.replace(/^(https:\/\/[^/]+)/, '$1:443') },
  }),
}

export const fapiDpopModules: Readonly<Record<string, FapiModule>> = {
  async 'fapi2-security-profile-final-access-token-type-header-case-sensitivity'(fapi) {
    const { client, tokens } = await signInFapi(fapi)
    for (const scheme of ['dpop', 'DPOP', 'dPoP'])
      expect((await callResource(fapi, client, tokens.access_token, { scheme })).status, scheme).toBe(200)
  },

  'fapi2-security-profile-final-check-dpop-proof-nbf-exp': provesWith((now) => ({ nbf: now, exp: now + 300 })),
  'fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds': provesWith((now) => ({
    iat: now - 10,
  })),
  'fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds': provesWith((now) => ({
    iat: now + 10,
  })),

  async 'fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails'(fapi) {
    const { jkt } = await dpopKey()
    const { request } = newPush(fapi, fapi.first, { dpop_jkt: jkt })
    await checkRefused(await push(fapi, fapi.first, request), 'invalid_request', 'invalid_dpop_proof')
  },

  'fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt': anotherKeyFails(() => ({
    pushing: {},
  })),
  'fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt': anotherKeyFails((jkt) => ({
    change: { dpop_jkt: jkt },
  })),
  async 'fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success'(fapi) {
    await signInFapi(fapi, { pushing: {} })
  },
  async 'fapi2-security-profile-final-ensure-dpop-auth-code-binding-success'(fapi) {
    await signInFapi(fapi, { change: { dpop_jkt: fapi.first.dpop.jkt } })
  },

  async 'fapi2-security-profile-final-dpop-negative-tests'(fapi) {
    const signedIn = await signInFapi(fapi)
    const { client, tokens } = signedIn
    const shown = (how: Parameters<typeof callResource>[3]) => callResource(fapi, client, tokens.access_token, how)

    for (const [name, wrong] of Object.entries(badProofs)) {
      const answer = await shown({ proof: await wrong(fapi, signedIn) })
      expect([400, 401], name).toContain(answer.status)
    }
    for (const [name, special] of Object.entries(goodProofs))
      expect((await shown({ proof: special(fapi) })).status, name).toBe(200)

    expect([400, 401]).toContain((await shown({ provenBy: await dpopKey() })).status)
    expect((await shown({ proof: 'none' })).status).toBe(401)
    // A token that is bound to a key is no bearer token (§7.2).
    expect((await shown({ proof: 'none', scheme: 'Bearer' })).status).toBe(401)
    const jti = randomUUID()
    expect((await shown({ proof: { claims: { jti } } })).status).toBe(200)
    expect([400, 401]).toContain((await shown({ proof: { claims: { jti } } })).status)
    await checkMangled(fapi, signedIn)
  },
}

/** Not a JWT, one of no algorithm, one whose signature is another's, and two proofs at once. */
async function checkMangled({ suite, first }: Fapi, { tokens }: FapiSignedIn): Promise<void> {
  const url = suite.metadata.userinfo_endpoint
  const token = tokens.access_token
  const { headers } = await suite.fetchIssuer(url, {
    headers: {
      authorization: `DPoP ${token}`,
      dpop: await first.dpop.proof({ method: 'GET', url, at: suite.now, token }),
    },
  })
  const about = { method: 'GET', url, at: suite.now, token, nonce: headers.get('dpop-nonce') ?? '' }
  const [one, two] = [await first.dpop.proof(about), await first.dpop.proof(about)]
  const [header = '', payload = '', signature = ''] = one.split('.')
  const unsigned = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(header, 'base64url').toString('utf8')), alg: 'none' }),
  ).toString('base64url')
  for (const dpop of [
    `${header}.${payload}`,
    'not a JWT',
    `${unsigned}.${payload}.`,
    `${header}.${payload}.${two.split('.')[2]}`,
    `${one}, ${two}`,
    `${header}.${payload}.${signature}x`,
  ]) {
    const answer = await suite.fetchIssuer(url, { headers: { authorization: `DPoP ${token}`, dpop } })
    expect([400, 401], dpop).toContain(answer.status)
  }
}
