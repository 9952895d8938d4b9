import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAssertion } from '../../../src/core/oidc/client-assertion.ts'
import { keysFor, readJwt } from '../../../src/core/oidc/client-jwt.ts'
import { repeatedMember } from '../../../src/core/oidc/json-members.ts'
import { readRequestObject } from '../../../src/core/oidc/request-object.ts'
import { createClientKey, encoded } from '../../client-key.ts'

describe('a member that is there twice', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"a":{"b":1,"b":2}}', 'b'],
    ['[{"a":1},{"c":[{"a":1,"b":"x","a":2}]}]', 'a'],
    ['{"a" : 1 , "b":{} , "a"\n:2}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('in %s is %s', (json, name) => expect(repeatedMember(json)).toBe(name))

  it.each([
    '{"a":{"a":{"a":1}}}',
    '{"a":"a","b":["a","a"]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":1,"A":2,"a ":3}',
    '[{"a":1},{"a":1}]',
    '{}',
  ])('is not in %s', (json) => expect(repeatedMember(json)).toBeUndefined())

  it('is in nothing that a writer of JSON wrote, and in everything that it was put into', () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
    fc.assert(
      fc.property(json, fc.nat(), (value, at) => {
        const [text, names] = [JSON.stringify(value), Object.keys(value)]
        expect(repeatedMember(text)).toBeUndefined()
        const name = names[at % names.length] ?? ''
        expect(repeatedMember(`{${JSON.stringify(name)}:0,${text.slice(1)}`)).toBe(name)
      }),
    )
  })
})

describe('what clients sign', () => {
  const now = 1_800_000_000
  const issuer = 'https://id.example.org'
  const client = { clientId: 'app1' }
  const key = createClientKey('ES256')

  it('never breaks who reads it, whatever it says', () => {
    const claims = fc.dictionary(
      fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'client_id', 'claims', 'resource', '__proto__'),
      fc.oneof(fc.jsonValue(), fc.constantFrom('app1', issuer, now, now + 60)),
    )
    const header = fc.dictionary(
      fc.constantFrom('alg', 'kid', 'typ', 'crit', 'jwk'),
      fc.oneof(fc.jsonValue(), fc.constant('ES256')),
    )
    fc.assert(
      fc.property(header, claims, (says, what) => {
        const read = readJwt(`${encoded(says)}.${encoded(what)}.AAAA`)
        if (!read.ok) return void expect(read.reason).toBe('malformed-jwt')
        for (const each of [
          readAssertion(read.value, { ...client, issuer, now }),
          readRequestObject(read.value, { client, issuer, now }),
        ])
          if (each.ok) expect(what.iss).toBe('app1')
      }),
      { numRuns: 500 },
    )
  })

  it('never breaks who reads it, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(readJwt(text).ok).toBe(false)))
  })

  it('is held against keys that may be anything', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('EC', 'P-256', 'RSA', 'OKP', 'Ed25519', 'AQAB'))
    const jwk = fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'use', 'alg', 'key_ops'), member)
    fc.assert(
      fc.property(fc.array(jwk), fc.constantFrom('RS256', 'PS256', 'ES256', 'EdDSA'), (keys, alg) => {
        const found = keysFor([...keys.map((each) => ({ kty: '', ...each })), key.jwk] as never, { alg })
        for (const each of found) expect(each.type).toBe('public')
      }),
    )
  })
})

describe('EdDSA', () => {
  const { jwk, sign } = createClientKey('EdDSA')

  it('is read by the name that RFC 9864 gives it, too', () => {
    expect(readJwt(sign({ alg: 'Ed25519' }, {}))).toMatchObject({ ok: true, value: { alg: 'EdDSA' } })
    expect(readJwt(sign({ alg: 'Ed448' }, {})).ok).toBe(false)
  })

  it.each([
    [undefined, 1],
    ['EdDSA', 1],
    ['Ed25519', 1],
    ['ES256', 0],
  ])('is what a key of alg %s is for: %d', (alg, count) => {
    expect(keysFor([{ ...jwk, ...(alg === undefined ? {} : { alg }) }], { alg: 'EdDSA' })).toHaveLength(count)
  })
})

describe('an RSA key', () => {
  /** Of no primes: who verifies looks at the size before anything else. */
  const rsa = (bits: number, e: string) => ({
    kty: 'RSA',
    n: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(bits / 8 - 2, 7), Buffer.from([1])]).toString('base64url'),
    e,
  })
  it.each([
    [1024, 'AQAB', 0],
    [2040, 'AQAB', 0],
    [2048, 'AQAB', 1],
    [8192, 'AQAB', 1],
    [8200, 'AQAB', 0],
    [2048, 'Aw', 0],
    [2048, 'AQ', 0],
    [2048, 'AQAC', 0],
  ])('of %d bits with the exponent %s is taken: %d', (bits, e, taken) => {
    expect(keysFor([rsa(bits, e)], { alg: 'PS256' })).toHaveLength(taken)
  })
})
