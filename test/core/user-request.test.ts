import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNewUser, parsePassword, parseRoles, parseUserChange } from '../../src/core/user-request.ts'

describe('a change', () => {
  it.each([
    [{}, {}],
    [
      { email: null, claims: null },
      { email: null, claims: null },
    ],
    [
      { userName: 'anna', enabled: false, givenName: 'A' },
      { userName: 'anna', enabled: false, givenName: 'A' },
    ],
  ])('%j is %j', (data, value) => expect(parseUserChange(data)).toEqual({ ok: true, value }))

  it.each([
    [{ userName: null }, '/userName'],
    [{ enabled: null }, '/enabled'],
    [{ password: 'correct horse' }, '/password'],
    [{ roles: [] }, '/roles'],
    [{ directory: true }, '/directory'],
    [{ givenName: 7 }, '/givenName'],
    [{ email: 'a@b\r\nBcc: c@d' }, '/email'],
    [{ externalId: ' ' }, '/externalId'],
    [{ userName: '\ud800' }, '/userName'],
    [{ userName: '\ufdfa'.repeat(100) }, '/userName'],
  ])('%j is refused at %s', (data, at) =>
    expect(parseUserChange(data)).toMatchObject({ ok: false, reason: 'malformed-user', at }),
  )
})

it('whatever is sent is a value or a refusal with a place, and never a crash', () => {
  const members = ['userName', 'email', 'claims', 'roles', 'password', 'locale', 'enabled', '__proto__', 'constructor']
  const data = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...members), fc.jsonValue()))
  fc.assert(
    fc.property(data, (given) => {
      for (const parse of [parseNewUser, parseUserChange, parseRoles, parsePassword]) {
        const read = parse(given)
        if (!read.ok) expect(read.at).toEqual(expect.any(String))
      }
    }),
  )
})
