import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFriendlyName } from '../../src/core/authenticator.ts'
import { enrolmentAsSeen, enrolmentOf, isDecoy } from '../../src/core/enrolment.ts'
import { challengeFor, newCode, readCode, spacedCode } from '../../src/core/login.ts'
import { hashPassword, passwordHolds } from '../../src/core/password.ts'
import { defaultSettings } from '../../src/core/realm.ts'
import { joinHalves, newId, newSecret, splitHalves } from '../../src/core/secret.ts'
import { nameKey } from '../../src/core/user.ts'

describe('a mailed code', () => {
  it('has eight characters, none of which looks like another', () => {
    for (let at = 0; at < 500; at++)
      expect(newCode(randomInt, defaultSettings)).toMatch(/^[34679ACDEFGHJKMNPQRTVWXY]{8}$/)
  })
  it.each([6, 7, 8])('is of %d digits where the settings say so, in two groups', (codeLength) => {
    const codes = Array.from({ length: 500 }, () => newCode(randomInt, { codeAlphabet: 'digits', codeLength }))
    for (const code of codes) expect(code).toMatch(new RegExp(`^[0-9]{${codeLength}}$`))
    expect(new Set(codes.join('')).size).toBe(10)
    expect(spacedCode(codes[0] ?? '')).toMatch(/^\d{3,4}-\d{3,4}$/)
  })
  it('is read as it was mailed, whatever came between', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(' ', '-', '\t', '\u00a0'), { maxLength: 4 }), fc.nat(8), (noise, at) => {
        const code = newCode(randomInt, defaultSettings)
        const typed = `${code.slice(0, at)}${noise.join('')}${code.slice(at)}`.toLowerCase()
        expect(readCode(typed)).toBe(code)
        expect(readCode(spacedCode(code))).toBe(code)
      }),
    )
  })
})

describe('a challenge', () => {
  const login = { id: 'a login', challenge: 'random' }
  it('is another for each purpose, login and ceremony', () => {
    const all = [
      challengeFor(login, 'login'),
      challengeFor(login, 'activation'),
      challengeFor({ ...login, id: 'another' }, 'login'),
      challengeFor({ ...login, challenge: 'other' }, 'login'),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(all[0]).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})

describe('a secret in two halves', () => {
  it('is split as it was joined, and nothing else is', () => {
    const halves = { id: newId(), secret: newSecret() }
    expect(splitHalves(joinHalves(halves))).toEqual(halves)
    for (const text of [undefined, '', '.', 'x.y', `${joinHalves(halves)}x`, ` ${joinHalves(halves)}`])
      expect(splitHalves(text)).toBeUndefined()
  })
})

describe('a password', () => {
  it('holds against its own hash, however its accents were typed, and no other', async () => {
    const hash = await hashPassword('Ångström café')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await passwordHolds(hash, 'Ångström café'.normalize('NFD'))).toBe(true)
    expect(await passwordHolds(hash, 'ångström café')).toBe(false)
    expect(await passwordHolds(undefined, 'anything')).toBe(false)
  })
  it('a hash of another form is an outage, not a wrong password', async () => {
    await expect(passwordHolds('$2b$10$x', 'x')).rejects.toThrow('not of the form')
  })
})

describe('a nickname', () => {
  it.each(['Blue', '日本', '🔑 at work', 'a'.repeat(64)])('may be %s', (name) =>
    expect(isFriendlyName(name)).toBe(true),
  )
  it.each(['', '   ', '\u200b', '\u3164', '\u00ad\u0301', 'a\nb', 'a\u0000', '\u2028', 'a'.repeat(65)])(
    'may not be %j',
    (name) => expect(isFriendlyName(name)).toBe(false),
  )
})

describe('what a stranger sees of a name', () => {
  const secret = 'decoy secret'
  it('is the same for one name in every spelling, and both kinds occur', () => {
    const kinds = new Set<string>()
    fc.assert(
      fc.property(fc.string(), (name) => {
        const seen = enrolmentAsSeen(undefined, name, secret)
        expect(enrolmentAsSeen(undefined, ` ${name.toUpperCase().toLowerCase()} `, secret)).toEqual(
          enrolmentAsSeen(undefined, nameKey(name.toUpperCase()), secret),
        )
        expect(seen.password).toBe('usable')
        expect(seen.webauthn.every((key) => isDecoy(key.credential))).toBe(true)
        kinds.add(seen.webauthn.map((key) => key.state).join())
      }),
      { numRuns: 300 },
    )
    expect([...kinds].sort()).toEqual(['pending', 'usable', 'usable,pending', 'usable,usable'])
  })

  it('of a real key that is suspended is a usable one, and what it cannot do is not told', () => {
    const user = { id: 'u', userName: 'anna', enabled: true, standing: 1, createdAt: 0, updatedAt: 0 }
    const credential = { rpId: 'x', credentialId: 'c', publicKey: '', algorithm: -7, signatureCounter: 0 }
    const key = {
      id: 'k',
      user: 'u',
      type: 'fido',
      origin: 'imported',
      provenance: 'raw',
      createdAt: 0,
      credential,
      version: 1,
    } as const
    const real = enrolmentOf({ user, authenticators: [{ ...key, state: 'suspended' }], otps: [] }, 10)
    expect(real.webauthn).toMatchObject([{ state: 'locked', attested: false }])
    expect(real.password).toBe('none')
    expect(enrolmentAsSeen(real, 'anna', secret)).toMatchObject({
      password: 'usable',
      webauthn: [{ credential: 'k', state: 'usable', assumed: true }],
    })
  })
})
