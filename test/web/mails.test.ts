import { describe, expect, it } from 'vitest'
import { type ActivationMail, activationMail } from '../../web/mails.ts'
import { locales } from '../../web/view.ts'

const usual: ActivationMail = {
  code: 'K7PM-4XRT',
  serviceName: 'Keystep Demo',
  application: 'Travel Expenses',
  minutes: 10,
  keyName: 'Blue key',
  locale: 'en',
}
const mail = (change: Partial<ActivationMail> = {}) => activationMail({ ...usual, ...change })

describe.each(locales)('in %s', (locale) => {
  it('names the service in the subject and never the code', () => {
    expect(mail({ locale }).subject).toContain('Keystep Demo')
    expect(mail({ locale }).subject).not.toContain('K7PM')
  })

  it('has the code on a line of its own, once, in both parts', () => {
    const { text, html } = mail({ locale })
    expect(text.split('\n').filter((line) => line === 'K7PM-4XRT')).toHaveLength(1)
    expect(html.match(/<p class="code"[^>]*>K7PM-4XRT<\/p>/g)).toHaveLength(1)
  })

  it('says for what, for how long, and what to do if it was somebody else', () => {
    const { text } = mail({ locale })
    for (const fact of ['Blue key', 'Travel Expenses', '10 Minute', 'Helpdesk']) {
      expect(text.toLowerCase().replace('help desk', 'helpdesk')).toContain(fact.toLowerCase())
    }
  })

  it('fetches nothing when it is opened', () => {
    expect(mail({ locale }).html).not.toMatch(/https?:|src=|url\(|@import/)
  })
})

it.each(['Key\r\nBcc: eve@example.org', 'Key\u2028\u2028Your account is closed', 'Key\n\n9999-9999\n'])(
  'a name cannot begin a line of its own: %j',
  (name) => {
    const { subject, text } = mail({ keyName: name, serviceName: name, application: name })
    expect(subject).not.toMatch(/[\r\n\u2028]/)
    expect(text.split('\n').filter((line) => /^(Bcc|Your account|9999)/.test(line))).toEqual([])
  },
)

it('escapes names in HTML, and cuts what is too long', () => {
  const { html } = mail({ keyName: `<a href="https://evil.example">click</a>${'x'.repeat(200)}` })
  expect(html).not.toContain('<a ')
  expect(html).toContain('…')
})
