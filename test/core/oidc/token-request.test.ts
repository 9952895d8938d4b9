import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pkceHolds } from '../../../src/core/oidc/grant.ts'
import { readCredentials, readForm, readTokenRequest } from '../../../src/core/oidc/token-request.ts'

const urlencoded = 'application/x-www-form-urlencoded'
const form = (fields: Record<string, string>) => new Map(Object.entries(fields))
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('the form', () => {
  it('is read with each field once, empty ones left out', () => {
    expect(readForm('a=1&b=', `${urlencoded}; charset=UTF-8`)).toEqual({ ok: true, value: form({ a: '1' }) })
  })
  it.each([
    ['of another type', 'a=1', 'application/json'],
    ['of no type', 'a=1', undefined],
    ['with a field twice', 'a=1&a=1', urlencoded],
  ])('%s is refused', (_name, body, type) => {
    expect(readForm(body, type)).toMatchObject({ ok: false, reason: 'invalid_request' })
  })
})

describe('who asks', () => {
  it('both halves of Basic are form-encoded', () => {
    expect(readCredentials(basic('a%3Ab:p%20w%2B+d'), form({}))).toEqual({
      ok: true,
      value: { clientId: 'a:b', secret: 'p w+ d', method: 'client_secret_basic' },
    })
  })
  it.each(['Basic', 'Basic !!!', 'Bearer x', basic('no-colon'), basic('%:x'), ''])('%s is no client', (header) => {
    expect(readCredentials(header, form({}))).toMatchObject({ ok: false, reason: 'invalid_client' })
  })
  it('two ways, or two names, are refused', () => {
    expect(readCredentials(basic('a:b'), form({ client_secret: 'b' }))).toMatchObject({ reason: 'invalid_request' })
    expect(readCredentials(basic('a:b'), form({ client_id: 'c' }))).toMatchObject({ reason: 'invalid_request' })
  })
})

describe('what for', () => {
  it('never throws, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('grant_type', 'code', 'refresh_token', 'scope', 'x'), fc.string()),
        fc.string(),
        (fields, header) => {
          readCredentials(header, form(fields))
          readTokenRequest(form(fields))
        },
      ),
    )
  })
  it('a code of another form is asked for and not found, rather than malformed', () => {
    expect(readTokenRequest(form({ grant_type: 'authorization_code', code: 'nonsense' }))).toMatchObject({
      ok: true,
      value: { code: undefined },
    })
  })
})

describe('PKCE', () => {
  // RFC 7636 appendix B.
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  it.each([
    ['the verifier of the challenge', challenge, verifier, true],
    ['neither', undefined, undefined, true],
    ['another verifier', challenge, verifier.replace('d', 'e'), false],
    ['a challenge without a verifier', challenge, undefined, false],
    ['a verifier without a challenge', undefined, verifier, false],
    ['the challenge as its own verifier', challenge, challenge, false],
    ['a verifier that is too short', challenge, 'short', false],
  ])('%s', (_name, its, given, holds) => {
    expect(pkceHolds(its, given)).toBe(holds)
  })
})
