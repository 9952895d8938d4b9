import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameKey } from '../../src/core/user.ts'
import { entriesOf, foundBy, longestWord, wordKey, wordsOf } from '../../src/core/user-listing.ts'

describe('the words of a user', () => {
  it.each([
    [{ userName: 'anna' }, ['anna']],
    [{ userName: 'anna', email: 'anna@example.org' }, ['anna@example.org']],
    [
      { userName: 'ab12', email: 'anna.mueller@example.org', givenName: 'Anna', familyName: 'Müller' },
      ['ab12', 'anna.mueller@example.org', 'anna muller', 'muller anna'],
    ],
    [{ userName: 'x', displayName: 'Karl-Heinz von Berg' }, ['x', 'karl-heinz von berg', 'heinz', 'von', 'berg']],
    [{ userName: 'ＡＮＮＡ' }, ['anna']],
    [{ userName: 'İpek' }, ['ipek']],
  ])('of %j are %j', (user, words) => expect(wordsOf(user).sort()).toEqual(words.sort()))

  const name = fc.string({ unit: 'grapheme', maxLength: 200 })
  const named = fc.record(
    { userName: fc.string({ unit: 'grapheme', minLength: 1 }), givenName: name, familyName: name, displayName: name },
    { requiredKeys: ['userName'] },
  )

  it('are keys of a record, a page may begin at each, and any beginning of one finds its user once', () => {
    fc.assert(
      fc.property(named, (user) => {
        const words = wordsOf(user)
        for (const word of words) {
          expect(Buffer.byteLength(word)).toBeLessThanOrEqual(900)
          expect([...word].length).toBeLessThanOrEqual(longestWord)
          expect(nameKey(word)).toBe(word)
          expect(wordKey(word)).toBe(word)
          const found = foundBy(user, [...word].slice(0, 2).join(''))
          expect(words).toContain(found)
        }
      }),
    )
  })

  it('none of them begins with another', () => {
    fc.assert(
      fc.property(named, (user) => {
        const words = wordsOf(user)
        expect(words.filter((word) => words.some((other) => other !== word && word.startsWith(other)))).toEqual([])
      }),
    )
  })
})

describe('where a user is listed', () => {
  const anna = { userName: 'Anna', enabled: true }
  it.each([
    ['by their words', anna, [{ listing: 'user-word#a', order: 'anna' }]],
    [
      'by their roles',
      { ...anna, roles: ['auditor', 'auditor'] as const },
      [
        { listing: 'user-word#a', order: 'anna' },
        { listing: 'user-role#auditor', order: 'anna' },
      ],
    ],
    [
      'and among the disabled',
      { ...anna, enabled: false },
      [
        { listing: 'user-word#a', order: 'anna' },
        { listing: 'user-disabled', order: 'anna' },
      ],
    ],
  ])('%s', (_, user, entries) => expect(entriesOf(user)).toEqual(entries))
})
