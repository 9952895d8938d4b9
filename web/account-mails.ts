/**
 * The letter that tells a person what happened with what they sign in with, as HTML and as text: when, what, from where, and
 * what to do if it was not them. No link in it: a person who is in a hurry must not learn to follow one.
 */
import type { AccountNotice } from '../src/core/account-notice.ts'
import { html } from './html.ts'
import { line, type Mail, mailFrame, paragraph } from './mails.ts'
import type { Locale } from './view.ts'
import { accountMailWords } from './words/account-mails.ts'

export type AccountMail = {
  notice: AccountNotice
  serviceName: string
  /** Where the person sees to it, to be typed. */
  portal: string
  locale: Locale
  /** Of the person, as `zoneinfo` has it; UTC where it is not known. */
  timeZone?: string
  /** What they call it. */
  name?: string
}

export function accountMail({ notice, portal, locale, timeZone, ...given }: AccountMail): Mail {
  const words = accountMailWords[locale]
  const [serviceName, name] = [line(given.serviceName), line(given.name ?? '')]
  const { kind, thing, by, ip, at } = notice
  const subject = words.subject(serviceName)
  const happened = words.happened(kind, thing, name)
  const facts: [string, string][] = [
    [words.when, dateIn(at, locale, timeZone)],
    [words.by, words.whose[by]],
    ...(ip === undefined ? [] : ([[words.from, line(ip)]] as [string, string][])),
    [words.portal, portal],
  ]
  const advice = [...(kind === 'prepared' ? [words.activate] : []), words.wasYou, words.wasNotYou]
  const why = words.why(serviceName)
  const text = [
    words.greeting,
    happened,
    facts.map(([fact, value]) => `${fact}: ${value}`).join('\n'),
    ...advice,
    `${'-- '}\n${why}`,
  ].join('\n\n')
  const body = html`<p style="${paragraph}">${words.greeting}</p>
<p style="${paragraph}">${happened}</p>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px;font-size:16px;line-height:1.5">${facts.map(
    ([fact, value]) =>
      html`<tr><td class="quiet" style="padding:0 16px 4px 0;color:#4c5a58;vertical-align:top">${fact}</td><td style="padding:0 0 4px">${value}</td></tr>`,
  )}</table>
${advice.map((each) => html`<p style="${paragraph}">${each}</p>`)}`
  return { subject, text: `${text}\n`, html: mailFrame({ locale, subject, serviceName, why }, body) }
}

function dateIn(at: number, locale: Locale, timeZone: string | undefined): string {
  const written = (zone: string): string =>
    new Intl.DateTimeFormat(locale === 'de' ? 'de' : 'en-GB', {
      dateStyle: 'full',
      timeStyle: 'long',
      timeZone: zone,
    }).format(new Date(at * 1000))
  try {
    return written(timeZone ?? 'UTC')
  } catch {
    // A zone that an operator wrote and nobody knows.
    return written('UTC')
  }
}
