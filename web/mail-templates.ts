/**
 * Every mail that is sent from here, by its name, with something in it that nobody was sent: to be looked at before anybody
 * is. One that is new has its line here, or a test says so.
 */
import type { Settings } from '../src/core/realm.ts'
import { activationMail, type Mail } from './mails.ts'
import type { Locale } from './view.ts'

/** What a sample is made with: as the real one is, it follows the settings. */
export type Sample = {
  locale: Locale
  serviceName: string
  settings: Pick<Settings, 'codeAlphabet' | 'codeLength' | 'codeLifetime'>
}

export const mailTemplates = {
  'activation-code': ({ locale, serviceName, settings }: Sample): Mail =>
    activationMail({
      code: sampleCode(settings),
      serviceName,
      application: 'App1',
      minutes: Math.floor(settings.codeLifetime / 60),
      keyName: 'YubiKey 5',
      locale,
    }),
} as const satisfies Record<string, (sample: Sample) => Mail>

export type MailTemplate = keyof typeof mailTemplates
export const mailTemplateNames = Object.keys(mailTemplates) as MailTemplate[]

/** Nobody's: no code that is drawn has to be this one. */
const sampleCode = ({ codeAlphabet, codeLength }: Sample['settings']): string => {
  if (codeAlphabet === 'letters') return 'KEY4-FACT'
  const digits = '27182818'.slice(0, codeLength)
  const half = Math.ceil(codeLength / 2)
  return `${digits.slice(0, half)}-${digits.slice(half)}`
}
