import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeHtml } from '../../web/html.ts'
import { renderPage } from '../../web/pages.ts'
import { type Locale, locales, notices, type View } from '../../web/view.ts'
import { words } from '../../web/words.ts'
import { sampleList, samples } from './samples.ts'

const render = (view: View, locale: Locale = 'en') => renderPage(view, { serviceName: 'Keystep Demo', locale })
const withNotice = (view: View, notice: (typeof notices)[number]): View =>
  'base' in view ? { ...view, notice, triesLeft: 2, waitUntil: view.now + 90 } : view
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found ?? '')

describe.each(locales)('in %s', (locale) => {
  it.each(sampleList)('%s has a language, one heading, a title that repeats it, and ids of its own', (_, view) => {
    const page = render(view, locale)
    const [heading = '?'] = all(page, /<h1>(.*?)<\/h1>/g)
    expect(all(page, /<(h1)>/g)).toHaveLength(1)
    expect(page).toContain(`<html lang="${locale}">`)
    expect(all(page, /<title>(.*?)<\/title>/g)[0]).toContain(heading)
    const ids = all(page, / id="([^"]*)"/g)
    expect(ids).toEqual([...new Set(ids)])
    expect(page).not.toMatch(/undefined|\[object|NaN/)
  })

  it.each(sampleList.filter(([, view]) => 'base' in view))('%s says each notice in its words', (_, view) => {
    for (const notice of notices) {
      const page = render(withNotice(view, notice), locale)
      expect(page).toContain(escapeHtml(words[locale].notices[notice]({ triesLeft: 2, wait: 90 })))
      expect(page).not.toMatch(/undefined|\[object|NaN/)
    }
  })

  it('puts the failure first in the title', () => {
    const page = render({ ...samples.password, notice: 'wrong-password' }, locale)
    expect(page).toContain(`<title>${words[locale].error}`)
  })
})

it('has no inline script, style or handler, and loads nothing from elsewhere', () => {
  for (const [, view] of sampleList) {
    const page = render(view)
    expect(page).not.toMatch(/<style|<script(?! src="\/assets\/)| style=| on\w+=/)
    expect(all(page, / src="([^"]*)"/g).every((source) => source.startsWith('/assets/'))).toBe(true)
  }
})

it('loads the script of a ceremony only where there is one', () => {
  const loading = sampleList.filter(([, view]) => render(view).includes('passkey.js')).map(([name]) => name)
  expect(loading).toEqual(['username with a passkey', 'webauthn', 'activation ceremony'])
})

// The routes read these names, and an application's tests may too: a change here is a change of interface.
it.each<[keyof typeof samples, Record<string, string[]>]>([
  ['username', { username: ['username'], cancel: [] }],
  ['username with a passkey', { username: ['username'], webauthn: ['response'], cancel: [] }],
  ['password', { password: ['username', 'password'], method: ['method'], cancel: [], restart: [] }],
  ['webauthn', { webauthn: ['response'], method: ['method'], cancel: [], restart: [] }],
  ['activate', { restart: [], activation: ['proof', 'proof'], 'activation/skip': [], method: ['method'], cancel: [] }],
  ['activate by mail only', { activation: ['proof'], cancel: [] }],
  [
    'verification code',
    { restart: [], 'activation/code': ['code'], activation: ['proof', 'proof'], 'activation/skip': [], cancel: [] },
  ],
  [
    'activation password',
    {
      restart: [],
      'activation/password': ['username', 'password'],
      activation: ['proof'],
      'activation/skip': [],
      cancel: [],
    },
  ],
  ['activation ceremony', { restart: [], 'activation/ceremony': ['response'], 'activation/skip': [], cancel: [] }],
  ['nickname', { restart: [], 'activation/nickname': ['nickname'], cancel: [] }],
  ['no credential', { restart: [], cancel: [] }],
  ['locked', { restart: [], cancel: [] }],
])('%s posts what its routes read', (name, expected) => {
  const forms: Record<string, string[]> = {}
  for (const [, action = '', content = ''] of render(samples[name]).matchAll(
    /<form [^>]*action="\/login\/l0g1n\/([^"]*)"[^>]*>(.*?)<\/form>/gs,
  )) {
    forms[action] = [...(forms[action] ?? []), ...all(content, /<input[^>]* name="([^"]*)"/g)]
  }
  expect(forms).toEqual(expected)
})

describe('a code that no longer works', () => {
  it.each(['code-expired', 'code-spent'] as const)('is not asked for again: %s', (notice) => {
    const page = render({ ...samples['verification code'], notice })
    expect(page).not.toContain('name="code"')
    expect(page).toContain('<button id="send-again" type="submit" class="primary">')
  })
})

it('offers Not now only where it can be taken', () => {
  const { username: _, 'activation ceremony': ceremony, ...rest } = samples
  for (const view of [ceremony, rest.activate, rest['verification code'], rest['activation password']]) {
    expect(render(view)).toContain('Not now')
    expect(render({ ...view, canSkip: false })).not.toContain('Not now')
  }
})

it('starts a ceremony by itself, but not over the sentence that says why the last one failed', () => {
  expect(render(samples.webauthn)).toContain('data-start')
  expect(render({ ...samples.webauthn, notice: 'activated' })).toContain('data-start')
  expect(render({ ...samples.webauthn, notice: 'wrong-key' })).not.toContain('data-start')
})

it.each(['javascript:alert(1)', 'data:text/html,x', ' https://x', '//x'])('offers no way back to %s', (returnTo) => {
  expect(render({ page: 'login-over', reason: 'done', returnTo })).not.toContain('id="back"')
})

describe('whatever the values are', () => {
  const replaceStrings = (value: unknown, text: string, name = ''): unknown => {
    if (typeof value === 'string') return ['page', 'reason', 'proof', 'returnTo', 'type'].includes(name) ? value : text
    if (Array.isArray(value))
      return name === 'others' || name === 'helps' ? value : value.map((each) => replaceStrings(each, text))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaceStrings(each, text, key)]))
  }
  const markup = (page: string) => page.replace(/[^<>"']/g, '')
  const hostile = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.constantFrom('</title><script>alert(1)</script>', '" autofocus onfocus="alert(1)', '\'>"><img src=x>', '&lt;'),
    fc.string({ minLength: 1, unit: fc.constantFrom('<', '>', '"', "'", '&', '/', '`', '=', '\0', '\n', 'a') }),
  )

  it.each(sampleList)('the markup of %s is the same', (_, view) => {
    const plain = replaceStrings(view, 'x') as View
    fc.assert(
      fc.property(hostile, fc.constantFrom(...locales), (text, locale) => {
        const page = renderPage(replaceStrings(view, text) as View, { serviceName: text, locale })
        expect(markup(page)).toBe(markup(renderPage(plain, { serviceName: 'x', locale })))
        expect(page.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
      }),
      { numRuns: 60 },
    )
  })
})
