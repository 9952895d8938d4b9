/**
 * The applications that ask, at ours and at the peer, and what they ask for, ready to be sent: one that shows a secret, one
 * that has nothing to show, and one that signs for itself and has its tokens bound to a key.
 *
 * An assertion and a proof are good once: requests that have one are made afresh for every use.
 */
import { asserted, assertionClaims, createClientKey } from '../test/client-key.ts'
import { dpopKey } from '../test/dpop.ts'
import { codeChallenge, verifier } from '../test/visitor.ts'
import type { Asked } from './carriers.ts'

/** By how each authenticates: client_secret_basic, none, private_key_jwt. */
export type Application = 'app1' | 'public1' | 'signs1'

export const issuer = 'https://id.example.org'
export const secret = 'a-secret-of-an-application-0123456789'
/** What they ask for of people: with a refresh token. */
export const peopleScope = 'openid profile email offline_access'
export const redirectUri = 'https://app1.example.com/callback'

const assertionKey = createClientKey('ES256')
const proofKey = await dpopKey()
/** What signs1 is known by. */
export const assertionKeys = { keys: [assertionKey.jwk] }

export const form = { 'content-type': 'application/x-www-form-urlencoded' }

type Fields = Record<string, string>

/** What an authorization request names beside where it goes. */
export const authorizeFields = (scope: string): Fields => ({
  redirect_uri: redirectUri,
  response_type: 'code',
  scope,
  state: 'some state',
  nonce: 'some nonce',
  code_challenge: codeChallenge,
  code_challenge_method: 'S256',
})

export const codeRequest = (code: string, application: Application = 'app1', headers: Fields = {}): Asked => {
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  return posted(application, '/token', grant, headers)
}

export const refreshRequest = (token: string, application: Application): Asked =>
  posted(application, '/token', { grant_type: 'refresh_token', refresh_token: token })

export const clientCredentialsRequest = (more: Fields = {}, headers: Fields = {}): Asked =>
  posted('app1', '/token', { grant_type: 'client_credentials', ...more }, headers)

export const parRequest = (scope: string): Asked =>
  posted('app1', '/par', { client_id: 'app1', ...authorizeFields(scope) })

export const introspectRequest = (token: string): Asked => posted('app1', '/introspect', { token })

export const revokeRequest = (token: string): Asked => posted('app1', '/revoke', { token })

export const got = (target: string, headers: Fields = {}): Asked => ({ method: 'GET', target, headers })

/** The header of a proof for one request (RFC 9449 §4.2); without a nonce, to be told one. */
export async function proven(method: Asked['method'], path: string, with_: { nonce?: string; token?: string } = {}) {
  return { dpop: await proofKey.proof({ method, url: issuer + path, at: now(), ...with_ }) }
}

function posted(application: Application, target: string, fields: Fields, headers: Fields = {}): Asked {
  const shown = credentials[application]()
  const body = String(new URLSearchParams({ ...fields, ...shown.fields }))
  return { method: 'POST', target, headers: { ...form, ...shown.headers, ...headers }, body }
}

const basic = `Basic ${Buffer.from(`app1:${secret}`).toString('base64')}`

const credentials: Record<Application, () => { headers?: Fields; fields?: Fields }> = {
  app1: () => ({ headers: { authorization: basic } }),
  public1: () => ({ fields: { client_id: 'public1' } }),
  signs1: () => ({ fields: asserted(assertionKey.sign({}, assertionClaims('signs1', now()))) }),
}

const now = (): number => Math.floor(Date.now() / 1000)
