/** The pages of one-time codes: the one that asks for a code, and the two on which a person sets them up. */
import { attributes, type Html, html } from '../html.ts'
import type { QrView } from '../view.ts'
import type { Words } from '../words.ts'
import {
  button,
  cancel,
  continueButton,
  field,
  form,
  goingTo,
  hasFailed,
  methodWays,
  noticeOf,
  type Page,
  person,
  type ViewOf,
  ways,
} from './parts.ts'

export const otp = (view: ViewOf<'otp'>, words: Words): Page => ({
  title: words.pages.otp.title,
  failed: hasFailed(view),
  body: html`<h1>${words.pages.otp.title}</h1>
${goingTo(view, words)}
${person(view, words)}
${noticeOf(view, words, 'beside-a-field')}
<p>${words.pages.otp.lead}</p>
${form(
  'otp-form',
  `${view.base}/otp`,
  html`${codeField(view, words, view.notice !== 'wrong-recovery-code')}
${continueButton(words)}`,
)}
${view.recovery && recovery(view, words)}
${ways(methodWays(view.base, view.others, words), cancel(view, words))}`,
})

/** Phones show digits for it, and offer a code that another app has just shown. */
const codeField = (view: ViewOf<'otp' | 'otp-enrolment'>, words: Words, focused: boolean): Html =>
  field(view, {
    name: 'code',
    label: words.oneTimeCode,
    autocomplete: 'one-time-code',
    more: { inputmode: 'numeric', autocapitalize: 'none', class: 'code', autofocus: focused },
  })

/** Folded away, for it is rarely needed; open again when the code in it was wrong. */
function recovery(view: ViewOf<'otp'>, words: Words): Html {
  const open = view.notice === 'wrong-recovery-code'
  return html`<details${attributes({ id: 'recovery-way', open })}>
<summary>${words.pages.otp.lost}</summary>
${form(
  'recovery-form',
  `${view.base}/otp`,
  html`${field(view, {
    name: 'recovery',
    label: words.recoveryCode,
    autocomplete: 'off',
    hint: words.recoveryHint,
    more: { autocapitalize: 'characters', autocorrect: 'off', class: 'code', autofocus: open },
  })}
${button('use-recovery-code', words.useRecoveryCode, 'secondary')}`,
)}
</details>`
}

export function otpEnrolment(view: ViewOf<'otp-enrolment'>, words: Words): Page {
  const { title, lead, picture, byHand, confirm } = words.pages['otp-enrolment']
  return {
    title,
    failed: hasFailed(view),
    body: html`<h1>${title}</h1>
${goingTo(view, words)}
${person(view, words)}
${noticeOf(view, words, 'beside-a-field')}
<p>${lead}</p>
${qrCode(view.qr, picture)}
<p class="links"><a id="open-in-app" href="${view.uri}">${words.openInApp}</a></p>
<p>${byHand}<br><code id="secret">${grouped(view.secret)}</code></p>
<p>${confirm}</p>
${form(
  'otp-enrolment-form',
  `${view.base}/otp-enrolment`,
  // Without a notice the focus stays at the top: a phone would scroll the picture away.
  html`${codeField(view, words, view.notice !== undefined)}
${continueButton(words)}`,
)}
${ways(methodWays(view.base, view.others, words), cancel(view, words))}`,
  }
}

/** Dark on light in either scheme: scanners expect no other. */
const qrCode = ({ size, path }: QrView, label: string): Html =>
  html`<svg${attributes({ id: 'qr', class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label })}>
<rect${attributes({ width: size, height: size, fill: '#ffffff' })}/>
<path${attributes({ d: path, fill: '#000000' })}/>
</svg>`

const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ')

export function recoveryCodes(view: ViewOf<'recovery-codes'>, words: Words): Page {
  const { title, lead, keep, list, gone } = words.pages['recovery-codes']
  return {
    title,
    failed: hasFailed(view),
    body: html`<h1>${title}</h1>
${person({ ...view, changeable: false }, words)}
${noticeOf(view, words, 'focused')}
<p>${lead}</p>
${
  view.codes.length > 0
    ? html`<p>${keep}</p>
<ul${attributes({ id: 'recovery-codes', class: 'codes', 'aria-label': list })}>${view.codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>`
    : html`<p>${gone}</p>`
}
${form('recovery-codes-form', `${view.base}/recovery-codes`, continueButton(words))}`,
  }
}
