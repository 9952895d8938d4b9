import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { type ProvenRequest, proofAlgorithms, readProof } from '../../../src/core/oidc/dpop.ts'
import { signingAlgorithms } from '../../../src/core/oidc/signing.ts'
import { type Alg, dpopKey, type Proven } from '../../dpop.ts'

const now = 1_800_000_000
const usual: Proven = { method: 'POST', url: 'https://id.example.org/token', at: now }
const request: ProvenRequest = {
  method: 'POST',
  origins: ['https://id.example.org', 'https://mtls.example.org'],
  path: '/token',
  algorithms: signingAlgorithms,
  now,
}
const key = await dpopKey()

const read = async (change: Partial<Proven> = {}, about: Partial<ProvenRequest> = {}) =>
  readProof(await key.proof({ ...usual, ...change }), { ...request, ...about })

const encoded = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

describe('a proof', () => {
  it.each<Alg>(['ES256', 'PS256', 'RS256', 'EdDSA'])('of %s is read, and says which key made it', async (alg) => {
    const its = await dpopKey(alg)
    const proof = await its.proof({ ...usual, claims: { jti: 'one' }, nonce: 'a nonce' })
    expect(readProof(proof, request)).toEqual({
      ok: true,
      value: { jkt: its.jkt, alg, jti: 'one', until: now + 301, nonce: 'a nonce' },
    })
  })

  it('of EdDSA is read by the name that RFC 9864 gives it, too, and of no other key', async () => {
    const [its, other] = [await dpopKey('EdDSA'), await dpopKey()]
    const named = (jwk: object) => ({ ...usual, header: { alg: 'Ed25519', jwk } })
    expect(readProof(await its.proof(named({ ...its.jwk, alg: 'Ed25519' })), request)).toMatchObject({
      ok: true,
      value: { jkt: its.jkt },
    })
    expect(readProof(await its.proof(named(other.jwk)), request).ok).toBe(false)
    const fewer = { ...request, algorithms: ['ES256'] as const }
    expect(readProof(await its.proof(named(its.jwk)), fewer).ok).toBe(false)
  })

  it.each<[string, Partial<Proven>, Partial<ProvenRequest>]>([
    ['with a query in htu', { url: `${usual.url}?x=1#y` }, {}],
    ['with htu in other letters, and its port', { url: 'HTTPS://ID.example.org:443/token' }, {}],
    ['with htu by another path to it', { url: 'https://id.example.org/x/../token' }, {}],
    ['with htu escaped where it need not be', { url: 'https://id.example.org/%74oken' }, {}],
    ['for a path that was decoded on its way', { url: 'https://id.example.org/a%20b' }, { path: '/a b' }],
    ['for a path that was not', { url: 'https://id.example.org/a%20b' }, { path: '/a%20b' }],
    ['for the host that asks for certificates', { url: 'https://mtls.example.org/token' }, {}],
    ['from a clock that is slow', { at: now - 300 }, {}],
    ['from a clock that is fast', { at: now + 30 }, {}],
    ['of a fraction of a second', { at: now - 0.5 }, {}],
    ['with claims that nobody asked for', { claims: { extra: true, ath: 'x' } }, {}],
    ['for an access token', { token: 'a.b.c' }, { accessToken: 'a.b.c' }],
    ['whose key says what it is for', { header: { jwk: { ...key.jwk, alg: 'ES256', use: 'sig', kid: 'x' } } }, {}],
  ])('is good %s', async (_name, change, about) => {
    expect(await read(change, about)).toMatchObject({ ok: true, value: { jkt: key.jkt } })
  })

  it.each<[string, Partial<Proven>, Partial<ProvenRequest>]>([
    ['of another type', { header: { typ: 'JWT' } }, {}],
    ['of no type', { header: { typ: undefined } }, {}],
    ['with an extension', { header: { b64: true, crit: ['b64'] } }, {}],
    ['for another method', { method: 'GET' }, {}],
    ['for a method in other letters', { method: 'post' }, {}],
    ['for another path', { url: 'https://id.example.org/token/' }, {}],
    ['for another host', { url: 'https://evil.example/token' }, {}],
    ['for another port', { url: 'https://id.example.org:8443/token' }, {}],
    ['in the clear', { url: 'http://id.example.org/token' }, {}],
    ['with a name in its address', { url: 'https://id.example.org@id.example.org/token' }, {}],
    ['for an address of another kind', { url: 'urn:id.example.org:token' }, {}],
    ['with an address that breaks off', { url: 'https://id.example.org/%' }, {}],
    ['without an address', { claims: { htu: undefined } }, {}],
    ['too old', { at: now - 301 }, {}],
    ['from the future', { at: now + 31 }, {}],
    ['of no time', { claims: { iat: undefined } }, {}],
    ['of a time that is a text', { claims: { iat: String(now) } }, {}],
    ['without a jti', { claims: { jti: undefined } }, {}],
    ['with an empty jti', { claims: { jti: '' } }, {}],
    ['with a jti that is a number', { claims: { jti: 7 } }, {}],
    ['with a jti that is too long', { claims: { jti: 'x'.repeat(257) } }, {}],
    ['with a nonce that is no text', { claims: { nonce: ['x'] } }, {}],
    ['without ath, where a token is shown', {}, { accessToken: 'a.b.c' }],
    ['for another token', { token: 'a.b.d' }, { accessToken: 'a.b.c' }],
    ['of an algorithm that this client may not use', {}, { algorithms: ['PS256'] }],
    ['that is too long', { claims: { more: 'x'.repeat(8192) } }, {}],
  ])('is refused %s', async (_name, change, about) => {
    expect(await read(change, about)).toMatchObject({ ok: false, reason: 'invalid_dpop_proof' })
  })

  it('is no proof of RS256 for a client of FAPI', async () => {
    const rsa = await dpopKey('RS256')
    const proof = await rsa.proof(usual)
    expect(readProof(proof, { ...request, algorithms: proofAlgorithms({}) }).ok).toBe(true)
    expect(readProof(proof, { ...request, algorithms: proofAlgorithms({ profile: 'fapi2' }) }).ok).toBe(false)
  })
})

describe('the key of a proof', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  it('has no private member', async () => {
    const whole = key.privateKey.export({ format: 'jwk' })
    expect((await read({ header: { jwk: whole } })).ok).toBe(false)
  })

  it.each<[string, unknown]>([
    ['none', undefined],
    ['a text', 'key'],
    ['a list', [key.jwk]],
    ['a shared one', { kty: 'oct', k: 'AAAA' }],
    ['for encryption', { ...key.jwk, use: 'enc' }],
    ['for another algorithm', { ...key.jwk, alg: 'ES384' }],
    ['of another curve', { ...key.jwk, crv: 'P-384' }],
    ['not on its curve', { ...key.jwk, x: key.jwk.y }],
    ['without a coordinate', { kty: 'EC', crv: 'P-256', x: key.jwk.x }],
  ])('is refused when it is %s', async (_name, jwk) => {
    expect((await read({ header: { jwk } })).ok).toBe(false)
  })

  it('is the one that signed', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect((await read({ header: { jwk: await exportJWK(publicKey) } })).ok).toBe(false)
  })

  it.each<[string, { publicKey: KeyObject; privateKey: KeyObject }]>([
    ['of 1024 bits', small],
    ['with an exponent of 3', weak],
  ])('is no RSA key %s', async (_name, pair) => {
    const { createSign } = await import('node:crypto')
    const jwk = await exportJWK(pair.publicKey)
    const head = encoded({ alg: 'RS256', typ: 'dpop+jwt', jwk })
    const signed = `${head}.${encoded({ jti: 'x', htm: 'POST', htu: usual.url, iat: now })}`
    const signature = createSign('sha256').update(signed).sign(pair.privateKey).toString('base64url')
    expect(readProof(`${signed}.${signature}`, request).ok).toBe(false)
  })

  it('is one key however it is spelt', async () => {
    const its = await dpopKey('ES256', curve)
    const spelt = { y: `${its.jwk.y}`, kty: 'EC', x: `${its.jwk.x}==`, crv: 'P-256', more: 1 }
    const proof = await its.proof({ ...usual, header: { jwk: spelt } })
    expect(readProof(proof, request)).toMatchObject({ ok: true, value: { jkt: its.jkt } })
  })
})

describe('what is no JWT of the form', () => {
  const good = key.proof(usual)

  it.each<[string, (proof: string) => string]>([
    ['nothing', () => ''],
    ['two proofs in one header', (proof) => `${proof}, ${proof}`],
    ['four parts', (proof) => `${proof}.AAAA`],
    ['another spelling of its bytes', (proof) => proof.replace(/\.[^.]+$/, '.AAAAB')],
    ['no signature', (proof) => proof.replace(/[^.]+$/, '')],
    ['another signature', (proof) => proof.replace(/[^.]{4}$/, 'AAAA')],
    ['a header that is a list', (proof) => proof.replace(/^[^.]+/, encoded([1]))],
    ['a header that is no JSON', (proof) => proof.replace(/^[^.]+/, encoded('{'))],
    ['a header with a member twice', (proof) => proof.replace(/^[^.]+/, encoded('{"typ":"x","typ":"dpop+jwt"}'))],
    ['alg none', (proof) => proof.replace(/^[^.]+/, encoded({ alg: 'none', typ: 'dpop+jwt', jwk: key.jwk }))],
    ['alg HS256', (proof) => proof.replace(/^[^.]+/, encoded({ alg: 'HS256', typ: 'dpop+jwt', jwk: key.jwk }))],
  ])('%s', async (_name, change) => {
    const changed = change(await good)
    expect(readProof(changed, request)).toMatchObject({ ok: false, reason: 'invalid_dpop_proof' })
  })
})
