/**
 * Every mail that is sent from here, by its name, with something in it that nobody was sent: to be looked at before anybody
 * is. One that is new has its line here, or a test says so.
 */
import { type AccountNotice, type NoticeKind, noticeKinds } from '../src/core/account-notice.ts'
import type { Settings } from '../src/core/realm.ts'
import { accountMail } from './account-mails.ts'
import { activationMail, type Mail } from './mails.ts'
import type { Locale } from './view.ts'

/** What a sample is made with: as the real one is, it follows the settings. */
export type Sample = {
  locale: Locale
  serviceName: string
  issuer: string
  settings: Pick<Settings, 'codeAlphabet' | 'codeLength' | 'codeLifetime'>
}

export type MailTemplate = 'activation-code' | `authenticator-${NoticeKind}`
export const mailTemplateNames: readonly MailTemplate[] = [
  'activation-code',
  ...noticeKinds.map((kind) => `authenticator-${kind}` as const),
]

/** Whose doing it usually is. */
const usually: Record<NoticeKind, AccountNotice['by']> = {
  prepared: 'organisation',
  activated: 'you',
  added: 'you',
  removed: 'you',
  suspended: 'organisation',
  locked: 'service',
}

/** A day that is over, and an address that is nobody's (RFC 5737). */
const sampleNotice = (kind: NoticeKind): AccountNotice => ({
  ...{ id: 'sample', kind, thing: 'key', user: 'sample', at: 1_768_469_400, by: usually[kind] },
  ...(usually[kind] === 'you' ? { ip: '203.0.113.7' } : {}),
})

export function sampleMail(template: MailTemplate, { locale, serviceName, issuer, settings }: Sample): Mail {
  const kind = noticeKinds.find((each) => template === `authenticator-${each}`)
  if (kind !== undefined)
    return accountMail({
      ...{ notice: sampleNotice(kind), serviceName, locale, portal: `${issuer}/portal` },
      name: 'YubiKey 5',
    })
  return activationMail({
    ...{ code: sampleCode(settings), serviceName, locale, application: 'App1', keyName: 'YubiKey 5' },
    minutes: Math.floor(settings.codeLifetime / 60),
  })
}

/** Nobody's: no code that is drawn has to be this one. */
const sampleCode = ({ codeAlphabet, codeLength }: Sample['settings']): string => {
  if (codeAlphabet === 'letters') return 'KEY4-FACT'
  const digits = '27182818'.slice(0, codeLength)
  const half = Math.ceil(codeLength / 2)
  return `${digits.slice(0, half)}-${digits.slice(half)}`
}
