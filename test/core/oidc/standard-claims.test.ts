import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentOf, membersOf, readClaimsDocument } from '../../../src/core/oidc/standard-claims.ts'
import { namesInScopes, speaksOfUser, userClaims } from '../../../src/core/oidc/user-claims.ts'
import type { User } from '../../../src/core/user.ts'

const whole = {
  name: 'Ada Karin Lindqvist',
  given_name: 'Ada',
  family_name: 'Lindqvist',
  middle_name: 'Karin',
  nickname: 'addi',
  profile: 'https://example.org/ada',
  picture: 'https://example.org/ada.png',
  website: 'https://ada.example',
  gender: 'female',
  birthdate: '1987-10-16',
  zoneinfo: 'Europe/Stockholm',
  locale: 'en-SE',
  phone_number: '+46 8 555 123 45',
  phone_number_verified: true,
  address: { formatted: 'Storgatan 1\n114 51 Stockholm', postal_code: '114 51', country: 'Sweden' },
}

const user: User = {
  id: 'u1',
  userName: 'ada',
  email: 'ada@example.org',
  emailVerified: true,
  enabled: true,
  standing: 0,
  createdAt: 1,
  updatedAt: 2,
}

describe('the document of a person’s claims', () => {
  it('is given back as it was written', () => {
    const read = readClaimsDocument(whole)
    expect(read).toEqual({ ok: true, value: whole })
    if (read.ok) expect(documentOf(membersOf(read.value))).toEqual(whole)
  })

  it('may say nothing', () => {
    const read = readClaimsDocument({})
    expect(read).toEqual({ ok: true, value: {} })
    if (read.ok) expect(membersOf(read.value)).toEqual({})
  })

  it.each([
    ['a claim that something else says', { email: 'ada@example.org' }, '/email'],
    ['a claim nobody knows', { sub: 'x' }, '/sub'],
    ['a name that is no text', { name: 7 }, '/name'],
    ['an empty name', { name: ' ' }, '/name'],
    ['a name over two lines', { nickname: 'a\nb' }, '/nickname'],
    ['a name without end', { nickname: 'a'.repeat(256) }, '/nickname'],
    ['a picture that a page could run', { picture: 'javascript:alert(1)' }, '/picture'],
    ['a website that is none', { website: 'https://exa mple' }, '/website'],
    ['a website nobody could open', { website: 'https://[' }, '/website'],
    ['a day that no calendar has', { birthdate: '1987-02-30' }, '/birthdate'],
    ['a day in words', { birthdate: '16 October 1987' }, '/birthdate'],
    ['no year at all', { birthdate: '0000' }, '/birthdate'],
    ['a time zone that there is not', { zoneinfo: 'Europe/Atlantis' }, '/zoneinfo'],
    ['a language that is none', { locale: 'de-' }, '/locale'],
    ['a number that nobody could dial', { phone_number: '08 555' }, '/phone_number'],
    ['verified, of no number', { phone_number_verified: true }, '/phone_number_verified'],
    [
      'verified, but not by yes or no',
      { phone_number: '+46 8 555', phone_number_verified: 'yes' },
      '/phone_number_verified',
    ],
    ['an address in one line', { address: 'Storgatan 1' }, '/address'],
    ['an address without anything', { address: {} }, '/address'],
    ['an address with a planet', { address: { planet: 'Earth' } }, '/address/planet'],
    ['an address with a number', { address: { postal_code: 11451 } }, '/address/postal_code'],
    ['no object', ['name'], ''],
  ])('%s is refused with its place', (_name, document, at) => {
    expect(readClaimsDocument(document)).toMatchObject({ ok: false, reason: 'malformed-claims', at })
  })

  it.each(['0000-02-29', '1987', '2000-02-29'])('%s is a birthdate', (birthdate) => {
    expect(readClaimsDocument({ birthdate })).toEqual({ ok: true, value: { birthdate } })
  })
})

describe('whatever anybody writes', () => {
  it('is read or refused with a place in it, and what was read is read again', () => {
    const value = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.integer(),
      fc.constant(null),
      fc.dictionary(fc.string(), fc.string()),
    )
    const document = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(whole)), fc.string()), value)
    fc.assert(
      fc.property(fc.oneof(document, fc.jsonValue()), (data) => {
        const read = readClaimsDocument(data)
        if (!read.ok) expect(read.at).toBeTypeOf('string')
        else expect(readClaimsDocument(documentOf(membersOf(read.value)))).toEqual(read)
      }),
    )
  })
})

describe('what applications hear', () => {
  const read = readClaimsDocument(whole)
  const ada = { ...user, ...(read.ok ? membersOf(read.value) : {}) }

  it('every standard claim of OpenID Connect Core §5.1, by the four scopes', () => {
    expect(userClaims(ada, namesInScopes(['openid', 'profile', 'email', 'address', 'phone']))).toEqual({
      ...whole,
      preferred_username: 'ada',
      updated_at: 2,
      email: 'ada@example.org',
      email_verified: true,
    })
  })

  it('of one scope, its claims and no others', () => {
    expect(userClaims(ada, namesInScopes(['phone']))).toEqual({
      phone_number: whole.phone_number,
      phone_number_verified: true,
    })
    expect(namesInScopes(['openid', 'constructor', 'toString'])).toEqual([])
  })

  it('nothing that is not known: not null, and not empty', () => {
    expect(userClaims(user, namesInScopes(['profile', 'email', 'address', 'phone']))).toEqual({
      name: 'ada',
      preferred_username: 'ada',
      updated_at: 2,
      email: 'ada@example.org',
      email_verified: true,
    })
  })

  it('a number that nobody verified is said to be not', () => {
    const unverified = { ...user, claims: { phone_number: '+46 8 555' } }
    expect(userClaims(unverified, ['phone_number_verified'])).toEqual({ phone_number_verified: false })
  })

  it('names of ours that speak of nobody bring nothing', () => {
    expect(userClaims(ada, ['sub', 'passwordHash', 'standing', 'claims', '__proto__'])).toEqual({})
    expect(speaksOfUser(['acr', 'sub', 'unheard-of'])).toBe(false)
    expect(speaksOfUser(['acr', 'address'])).toBe(true)
  })
})
