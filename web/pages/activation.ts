/** The pages on which a person makes a pending authenticator theirs: proof, ceremony, name. */
import { html } from '../html.ts'
import type { Words } from '../words.ts'
import { accountForPasswordManagers } from './login.ts'
import {
  button,
  cancel,
  ceremonyForm,
  continueButton,
  field,
  form,
  goingTo,
  hasFailed,
  hidden,
  methodWays,
  noticeOf,
  notNow,
  type Page,
  person,
  step,
  type ViewOf,
  way,
  ways,
} from './parts.ts'

const byPassword = { proof: 'password' }
const byEmail = { proof: 'email' }

export const activate = (view: ViewOf<'activate'>, words: Words): Page => ({
  title: words.pages.activate.title,
  failed: hasFailed(view),
  body: html`<h1>${words.pages.activate.title}</h1>
${goingTo(view, words)}
${person(view, words)}
${noticeOf(view, words, 'focused')}
<p>${words.pages.activate.lead[view.proof]}</p>
${view.canSkip && html`<p>${words.pages.activate.canSkip}</p>`}
${form(
  'activation-form',
  `${view.base}/activation`,
  html`${hidden('proof', view.proof === 'password' ? 'password' : 'email')}${button('activate', sendsAgain(view) ? words.sendNewCode : words.activate, 'primary')}`,
)}
${ways(
  notNow(view, words),
  view.proof === 'either' &&
    way('password-instead', `${view.base}/activation`, words.passwordInstead, 'quiet', byPassword),
  methodWays(view.base, view.others, words),
  cancel(view, words),
)}`,
})

/** After a code that ran out, the button says what its sentence asks for. */
const sendsAgain = (view: ViewOf<'activate'>): boolean => view.notice === 'code-expired' && view.proof !== 'password'

/** A code that no longer works, or never left, is not asked for: what helps is a new one. */
export function verificationCode(view: ViewOf<'verification-code'>, words: Words): Page {
  const { title, lead, after } = words.pages['verification-code']
  const useless = view.notice === 'code-expired' || view.notice === 'code-spent' || view.notice === 'mail-failed'
  const resend = (look: 'primary' | 'secondary') =>
    way('send-again', `${view.base}/activation`, words.sendNewCode, look, byEmail)
  const ask = html`<p>${lead}</p>
${form(
  'code-form',
  `${view.base}/activation/code`,
  html`${field(view, {
    name: 'code',
    label: words.code,
    autocomplete: 'one-time-code',
    hint: words.codeHint,
    more: { inputmode: 'text', autocapitalize: 'characters', autocorrect: 'off', class: 'code' },
  })}
${continueButton(words)}`,
)}
<p class="after">${after}</p>`
  return {
    title,
    failed: hasFailed(view),
    body: html`${step(1, words)}
<h1>${title}</h1>
${person(view, words)}
${noticeOf(view, words, useless ? 'focused' : 'beside-a-field')}
${useless ? resend('primary') : ask}
${ways(
  !useless && resend('secondary'),
  notNow(view, words),
  view.passwordInstead &&
    way('password-instead', `${view.base}/activation`, words.passwordInstead, 'quiet', byPassword),
  cancel(view, words),
)}`,
  }
}

export const activationPassword = (view: ViewOf<'activation-password'>, words: Words): Page => ({
  title: words.pages['activation-password'].title,
  failed: hasFailed(view),
  body: html`${step(1, words)}
<h1>${words.pages['activation-password'].title}</h1>
${person(view, words)}
${noticeOf(view, words, 'beside-a-field')}
<p>${words.pages['activation-password'].lead}</p>
${form(
  'password-form',
  `${view.base}/activation/password`,
  html`${accountForPasswordManagers(view.username)}
${field(view, { name: 'password', label: words.password, type: 'password', autocomplete: 'current-password' })}
${continueButton(words)}`,
)}
${ways(
  notNow(view, words),
  view.codeInstead && way('code-instead', `${view.base}/activation`, words.codeInstead, 'quiet', byEmail),
  cancel(view, words),
)}`,
})

export const activationCeremony = (view: ViewOf<'activation-ceremony'>, words: Words): Page => ({
  title: words.pages['activation-ceremony'].title,
  failed: hasFailed(view),
  ceremony: true,
  body: html`${step(2, words)}
<h1>${words.pages['activation-ceremony'].title}</h1>
${person(view, words)}
${noticeOf(view, words, 'focused')}
<p>${words.pages['activation-ceremony'].lead}</p>
${ceremonyForm(view, `${view.base}/activation/ceremony`, words)}
${ways(notNow(view, words), cancel(view, words))}`,
})

export const nickname = (view: ViewOf<'nickname'>, words: Words): Page => ({
  title: words.pages.nickname.title,
  failed: hasFailed(view),
  body: html`${step(3, words)}
<h1>${words.pages.nickname.title}</h1>
${person(view, words)}
${noticeOf(view, words, 'beside-a-field')}
<p>${words.pages.nickname.lead}</p>
${form(
  'nickname-form',
  `${view.base}/activation/nickname`,
  html`${field(view, {
    name: 'nickname',
    label: words.nickname,
    value: view.suggested ?? words.nicknameSuggested,
    autocomplete: 'off',
    hint: words.nicknameHint,
    more: { maxlength: 64 },
  })}
${continueButton(words)}`,
)}
${ways(cancel(view, words))}`,
})
