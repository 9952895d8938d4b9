/** Which mail is meant, and the sample of it: what is asked for by name is never looked up on a prototype. */
import type { Settings } from '../../src/core/realm.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Call } from '../../src/http/call.ts'
import type { Stage } from '../../src/stage.ts'
import { type MailTemplate, mailTemplateNames, sampleMail } from '../../web/mail-templates.ts'
import type { Mail } from '../../web/mails.ts'
import { type Locale, locales } from '../../web/view.ts'

export function templateIn({ params }: Call): Result<MailTemplate, 'mail-not-found'> {
  const name = mailTemplateNames.find((each) => each === params.template)
  return name === undefined
    ? refuse('mail-not-found', { detail: `There are ${mailTemplateNames.join(', ')}.` })
    : ok(name)
}

export function localeIn(asked: unknown): Result<Locale, 'malformed-request'> {
  if (asked === undefined) return ok('en')
  const locale = locales.find((each) => each === asked)
  return locale === undefined
    ? refuse('malformed-request', { detail: `The locale must be one of ${locales.join(', ')}.` })
    : ok(locale)
}

export const sampleOf = (
  { serviceName, issuer }: Pick<Stage, 'serviceName' | 'issuer'>,
  settings: Settings,
  template: MailTemplate,
  locale: Locale,
): Mail => sampleMail(template, { locale, serviceName, issuer, settings })
