/**
 * The mail that carries a verification code, as HTML and as text, and what is around every mail: nothing is fetched from
 * anywhere when it is opened.
 *
 * The subject names the service and never the code: subjects show on locked screens and stay in logs.
 */
import { type Html, html } from './html.ts'
import type { Locale } from './view.ts'
import { words } from './words.ts'

export type ActivationMail = {
  code: string
  serviceName: string
  /** What the person was signing in to. */
  application: string
  /** How long the code is good. */
  minutes: number
  /** What the CMS called the authenticator. */
  keyName: string
  locale: Locale
}

export type Mail = { subject: string; text: string; html: string }

/** One line, so that a name can neither end a header nor begin a paragraph of its own. */
export const line = (text: string): string => {
  const letters = [...text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()]
  return letters.length > 80 ? `${letters.slice(0, 79).join('')}…` : letters.join('')
}

export function activationMail(given: ActivationMail): Mail {
  const { code, minutes, locale } = given
  const [serviceName, application, keyName] = [line(given.serviceName), line(given.application), line(given.keyName)]
  const { mail } = words[locale]
  const subject = mail.subject(serviceName)
  const asked = mail.asked(keyName, application)
  const text = [
    mail.greeting,
    asked,
    mail.enter,
    code,
    mail.valid(minutes),
    mail.notYou(serviceName),
    `${'-- '}\n${mail.why(serviceName)}`,
  ].join('\n\n')
  return { subject, text: `${text}\n`, html: document({ ...given, serviceName }, subject, asked) }
}

// Colours are inline because some mail programs drop <style>; the <style> only repaints for those that are dark.
const font = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
export const paragraph = 'margin:0 0 16px;font-size:16px;line-height:1.5'

type Frame = { locale: Locale; subject: string; serviceName: string; why: string }

/** What is around the body of every mail. */
export const mailFrame = ({ locale, subject, serviceName, why }: Frame, body: Html): string =>
  html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${subject}</title>
<style>
@media (prefers-color-scheme: dark) {
  .page { background: #0f1517 !important; color: #e7eeee !important; }
  .card { background: #172023 !important; border-color: #2b383c !important; }
  .code { background: #0f1517 !important; color: #ffffff !important; border-color: #3a4a4e !important; }
  .quiet { color: #a9b8ba !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#eef2f2;color:#16211f;${font}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:32px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:520px;background:#ffffff;border:1px solid #d5dedd;border-radius:16px"><tr><td style="padding:32px 28px;${font}">
<p style="margin:0 0 24px;font-size:14px;line-height:1.4;font-weight:600">${serviceName}</p>
${body}
</td></tr></table>
<p class="quiet" style="max-width:520px;margin:16px auto 0;font-size:13px;line-height:1.5;color:#4c5a58;${font}">${why}</p>
</td></tr></table>
</body>
</html>
`.toString()

function document({ code, serviceName, minutes, locale }: ActivationMail, subject: string, asked: string): string {
  const { mail } = words[locale]
  const body = html`<p style="${paragraph}">${mail.greeting}</p>
<p style="${paragraph}">${asked}</p>
<p style="${paragraph}">${mail.enter}</p>
<p class="code" style="margin:0 0 16px;padding:18px 12px;background:#eef5f4;border:1px solid #c9dbd8;border-radius:12px;color:#0b3f3a;font-family:ui-monospace,Consolas,Menlo,monospace;font-size:28px;line-height:1.2;font-weight:700;letter-spacing:4px;text-align:center">${code}</p>
<p style="${paragraph}">${mail.valid(minutes)}</p>
<p style="margin:0;font-size:16px;line-height:1.5">${mail.notYou(serviceName)}</p>`
  return mailFrame({ locale, subject, serviceName, why: mail.why(serviceName) }, body)
}
