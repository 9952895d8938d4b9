import { describe, expect, it } from 'vitest'
import { claimsOfScope, namesInScopes } from '../../src/core/oidc/user-claims.ts'
import { locales } from '../../web/view.ts'
import { chooseLocale, words } from '../../web/words.ts'

/** Every sentence with its path; functions are asked with values that show. */
const sentences = (value: unknown, path = ''): [path: string, sentence: string][] => {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') {
    return [[path, String(value(...given(path)))]]
  }
  return Object.entries(value ?? {}).flatMap(([name, each]) => sentences(each, `${path}.${name}`))
}

const given = (path: string): unknown[] => {
  if (path.startsWith('.notices') || path.startsWith('.pages.locked')) return [{ triesLeft: 3, wait: 125 }]
  if (path === '.consent.know') return [['4', '5']]
  return path.startsWith('.pages.no-credential') ? ['App2', ['otp', 'certificate', 'webauthn']] : [4, 5]
}

describe('both languages', () => {
  it.each(locales)('%s leaves no sentence empty or unfinished', (locale) => {
    for (const [path, sentence] of sentences(words[locale])) {
      expect(sentence.trim(), path).not.toBe('')
      expect(sentence, path).not.toMatch(/undefined|NaN|TODO| {2}/)
    }
  })

  it('have the same sentences, and none of them in English twice', () => {
    const [en, de] = [sentences(words.en), sentences(words.de)]
    expect(de.map(([path]) => path)).toEqual(en.map(([path]) => path))
    expect(de.filter(([, sentence], index) => sentence === en[index]?.[1])).toEqual([])
  })

  it('have words for every claim and every scope of a person', () => {
    for (const locale of locales) {
      const { claims, scopes } = words[locale].consent
      expect(Object.keys(claims).sort()).toEqual(namesInScopes(Object.keys(claimsOfScope)).sort())
      expect(Object.keys(scopes).sort()).toEqual(['openid', 'offline_access', ...Object.keys(claimsOfScope)].sort())
    }
  })

  it('the product’s own names are exact', () => {
    const { username, password, activate, notNow, code, nickname, cancel } = words.en
    expect([username, password, activate, notNow, code, nickname, words.en.continue, cancel]).toEqual([
      'Username',
      'Password',
      'Activate Authenticator',
      'Not now',
      'Verification code',
      'Authenticator Nickname',
      'Continue',
      'Cancel',
    ])
  })
})

it.each([
  [{ wait: 1 }, 'in 1 second.', 'in 1 Sekunde erneut.'],
  [{ wait: 59 }, 'in 59 seconds.', 'in 59 Sekunden erneut.'],
  [{ wait: 60 }, 'in 1 minute.', 'in 1 Minute erneut.'],
  [{ wait: 61 }, 'in 2 minutes.', 'in 2 Minuten erneut.'],
  [{ wait: 7200 }, 'in 2 hours.', 'in 2 Stunden erneut.'],
  [{ wait: 0 }, 'in 1 second.', 'in 1 Sekunde erneut.'],
])('a wait of %o is rounded up', (about, en, de) => {
  expect(words.en.notices['too-many-tries'](about)).toContain(en)
  expect(words.de.notices['too-many-tries'](about)).toContain(de)
})

it.each([
  [3, 'You have 3 tries left.', 'Sie haben noch 3 Versuche.'],
  [1, 'You have one try left.', 'Sie haben noch einen Versuch.'],
])('%i tries left are said', (triesLeft, en, de) => {
  expect(words.en.notices['wrong-code']({ triesLeft })).toContain(en)
  expect(words.de.notices['wrong-code']({ triesLeft })).toContain(de)
})

describe('the language', () => {
  it.each([
    [undefined, undefined, 'en'],
    ['de', 'en', 'de'],
    ['fr de-AT en', undefined, 'de'],
    ['fr', 'de-CH, fr;q=0.9, en;q=0.8', 'de'],
    [undefined, 'en;q=0.5, de;q=0.9', 'de'],
    [undefined, 'de;q=0, en', 'en'],
    [undefined, 'fr, *;q=0.1', 'en'],
    [undefined, 'de;q=much', 'en'],
    ['', ';;;,,,q=', 'en'],
    ['DE', undefined, 'de'],
    ['__proto__', 'deutsch', 'en'],
  ] as const)('of ui_locales %s and Accept-Language %s is %s', (uiLocales, acceptLanguage, expected) => {
    expect(chooseLocale(uiLocales, acceptLanguage)).toBe(expected)
  })
})
