import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWithin, parseDistinguishedName } from '../../../src/core/directory/distinguished-name.ts'

function parsed(text: string) {
  const read = parseDistinguishedName(text)
  if (!read.ok) throw new Error(read.detail)
  return read.value
}
const within = (name: string, base: string): boolean => isWithin(parsed(name), parsed(base))

describe('a distinguished name is within a base', () => {
  it.each([
    ['uid=anna,ou=people,dc=example,dc=org', 'ou=people,dc=example,dc=org'],
    ['ou=people,dc=example,dc=org', 'ou=people,dc=example,dc=org'],
    ['UID=anna, OU=People ,DC=Example,DC=ORG', 'ou=people,dc=example,dc=org'],
    ['uid=anna,2.5.4.11=people,OID.0.9.2342.19200300.100.1.25=org', 'ou=people,dc=org'],
    ['cn=a,ou=Research and  Development,o=x', 'ou=research and development,o=x'],
    ['cn=a,ou=R\\2cD,o=x', 'ou=R\\,D,o=x'],
    ['cn=a,ou=M\\c3\\bcnchen,o=x', 'ou=München,o=x'],
    ['cn=a,l=Bonn+ou=people,o=x', 'ou=people+l=Bonn,o=x'],
    ['CN=Anna\\, the first,OU=Users,DC=corp', 'OU=Users,DC=corp'],
    ['cn=a,ou=#04024869,o=x', 'ou=#04024869,o=x'],
  ])('%s, %s', (name, base) => {
    expect(within(name, base)).toBe(true)
  })
})

describe('a distinguished name is not within a base', () => {
  it.each([
    ['a base that only its text ends with', 'uid=eve\\,ou=people,dc=org', 'ou=people,dc=org'],
    ['a base in a value of its own', 'cn=x\\,ou=people\\,dc=org,dc=net', 'ou=people,dc=org'],
    ['a base that ends another word', 'uid=eve,ou=notpeople,dc=org', 'people=x,dc=org'],
    ['a word that the base only ends', 'uid=eve,ou=salespeople,dc=org', 'ou=people,dc=org'],
    ['a base that is longer', 'dc=org', 'ou=people,dc=org'],
    ['a sibling', 'uid=eve,ou=guests,dc=org', 'ou=people,dc=org'],
    ['one of two pairs', 'uid=eve,l=Bonn+ou=people,dc=org', 'ou=people,dc=org'],
    ['a type that is another', 'uid=eve,o=people,dc=org', 'ou=people,dc=org'],
    ['a space that is escaped at the end of an escaped backslash', 'cn=a,ou=x\\\\ ,o=y', 'ou=x,o=y'],
  ])('%s', (_, name, base) => {
    expect(within(name, base)).toBe(false)
  })
})

describe('a text that is no distinguished name', () => {
  it.each([
    '',
    'anna',
    'uid=anna,',
    ',uid=anna',
    'uid=anna,,o=x',
    '=anna',
    '1=anna',
    'uid=an\\na',
    'uid=an"na',
    'uid=a;ou=b',
    'uid=a<b',
    'uid=anna\\',
    'ou=#0402486',
    'ou=#',
    'cn=a\\ff\\fe',
    'cn=a\0',
  ])('%j is refused', (text) => {
    expect(parseDistinguishedName(text)).toMatchObject({ ok: false, reason: 'malformed-dn' })
  })
})

describe('whatever values are', () => {
  const escaped = (value: string): string => value.replace(/[\s\S]/gu, (letter) => bytesOf(letter))
  const bytesOf = (letter: string): string =>
    [...Buffer.from(letter)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  const value = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter((text) => text.isWellFormed())

  it('one written in escaped bytes is below its base, and below no other value', () => {
    fc.assert(
      fc.property(value, value, (one, other) => {
        const name = `cn=${escaped(one)},ou=${escaped(other)},o=x`
        expect(within(name, `ou=${escaped(other)},o=x`)).toBe(true)
        expect(within(name, `ou=${escaped(`${other}.`)},o=x`)).toBe(false)
      }),
    )
  })
})
