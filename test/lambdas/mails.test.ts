/** Mails by the API: what they look like, and one that is sent to whoever asks for it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noticeKinds } from '../../src/core/account-notice.ts'
import { refuse } from '../../src/core/result.ts'
import type { User } from '../../src/core/user.ts'
import * as accountMails from '../../web/account-mails.ts'
import { mailTemplateNames } from '../../web/mail-templates.ts'
import * as mails from '../../web/mails.ts'
import { openHouse } from '../house.ts'
import { personToken } from '../person-token.ts'
import { type Cms, openCms, type Problem } from './authenticators/cms.ts'

let cms: Cms
beforeAll(async () => {
  cms = await openCms()
})
afterAll(() => cms.house.close())

type Preview = { template: string; locale: string; from: string; subject: string; html: string; text: string }
const read = (template: string, query = '') => cms.call<Preview & Problem>('GET', `/mails/${template}${query}`)

describe('what a mail looks like', () => {
  it('is there for each that is sent', async () => {
    const { json } = await cms.call<{ mails: { template: string }[]; locales: string[]; from: string }>('GET', '/mails')
    expect(json).toMatchObject({ locales: ['en', 'de'], from: 'sign-in@example.org' })
    expect(json.mails.map(({ template }) => template)).toEqual(mailTemplateNames)
    const made = Object.keys({ ...mails, ...accountMails }).filter((name) => name.endsWith('Mail'))
    // One that is new has its place in web/mail-templates.ts, and its name here.
    expect(made.sort()).toEqual(['accountMail', 'activationMail'])
    expect(mailTemplateNames).toHaveLength(1 + noticeKinds.length)
  })

  it.each(mailTemplateNames.flatMap((template) => ['en', 'de'].map((locale) => [template, locale] as const)))(
    '%s in %s has all its parts',
    async (template, locale) => {
      const { status, json } = await read(template, `?locale=${locale}`)
      expect(status).toBe(200)
      expect(json).toMatchObject({ template, locale, from: 'sign-in@example.org' })
      expect(json.subject).toContain('Example Sign-in')
      expect(json.html).toContain(`<html lang="${locale}">`)
      expect(json.html).toContain('prefers-color-scheme: dark')
      expect(json.html).not.toMatch(/<(script|img|link|iframe)\b|https?:\/\/(?!id\.example\.org)/)
      expect(json.text.length).toBeGreaterThan(100)
    },
  )

  it('follows the rules of codes', async () => {
    expect((await read('activation-code')).json.text).toContain('KEY4-FACT')
    await cms.house.changeSettings({ codeAlphabet: 'digits', codeLength: 6, codeLifetime: 120 })
    const { text } = (await read('activation-code')).json
    await cms.house.changeSettings({ codeAlphabet: 'letters', codeLength: 8, codeLifetime: 600 })
    expect(text).toContain('271-828')
    expect(text).toContain('2 minutes')
  })

  it('is not there for what is no mail, or in no language', async () => {
    expect((await read('constructor')).json.code).toBe('mail-not-found')
    expect((await read('activation-code', '?locale=fr')).json.code).toBe('malformed-request')
  })
})

describe('a test mail', () => {
  const test = async (user: User, body: unknown = {}) => {
    const { headers } = await personToken(cms.house, user)
    return cms.send<{ to: string } & Problem>('POST', '/mails/activation-code/test', { headers, body })
  }
  const administrator = (change: Partial<User> = {}) => cms.house.addUser({ roles: ['administrator'], ...change })

  it('goes to the person who asks, says that it is one, and is told', async () => {
    const user = await administrator()
    const { status, json } = await test(user, { locale: 'de' })
    expect([status, json]).toEqual([202, { template: 'activation-code', to: user.email }])
    const [mail, ...others] = await cms.house.mails(user.email)
    expect(others).toEqual([])
    expect(mail?.subject).toMatch(/^\[Test\] .*Example Sign-in/)
    expect(mail?.text).toContain('Guten Tag')
    expect((await cms.house.audit('mail.tested')).at(-1)).toMatchObject({ user: user.id, detail: 'activation-code' })
  })

  it('goes nowhere else: nothing in the request says where', async () => {
    const { status, json } = await test(await administrator(), { to: 'somebody@example.org' })
    expect([status, json.code]).toEqual([400, 'malformed-request'])
  })

  it('is one of as many as may be sent to somebody, whoever asks', async () => {
    const user = await administrator()
    for (const _ of [1, 2, 3]) expect((await test(user)).status).toBe(202)
    const fourth = await test(user)
    expect([fourth.status, fourth.json.code, fourth.headers['retry-after']]).toEqual([429, 'too-many-mails', '900'])
    expect(await cms.house.mails(user.email)).toHaveLength(3)
    cms.house.now += 901
    expect((await test(user)).status).toBe(202)
  })

  it.each<[string, Partial<User>]>([
    ['is not verified', { emailVerified: false }],
    ['takes no mail', { mailTrouble: 'bounced' }],
  ])('is not sent to an address that %s', async (_, change) => {
    expect((await test(await administrator(change))).json.code).toBe('no-verified-address')
  })

  it('is not sent for a program, which has no address', async () => {
    const { status, json } = await cms.call<Problem>('POST', '/mails/activation-code/test', { body: {} })
    expect([status, json.code]).toEqual([403, 'not-a-person'])
  })

  it('that is not taken does not count, and is told with why', async () => {
    const house = await openHouse({ mail: { send: async () => refuse('mail-failed', { detail: 'Throttling' }) } })
    const user = await house.addUser({ roles: ['administrator'] })
    const { headers } = await personToken(house, user)
    const asked = { headers, body: {} }
    const at = '/api/v1/tenants/demo/mails/activation-code/test'
    for (const _ of [1, 2, 3, 4]) {
      const { status, json } = await house.invoke<Problem>('POST', at, asked)
      expect([status, json.code, json.detail]).toEqual([502, 'mail-failed', 'Throttling'])
    }
    expect((await house.audit('mail.tested')).filter(({ reason }) => reason === 'Throttling')).toHaveLength(4)
    await house.close()
  })
})
