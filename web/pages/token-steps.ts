/**
 * The steps that a token validator may ask for beyond a code, each with what the validator says: its text is shown as its,
 * because it is in no language of ours and in nobody's hand here.
 */
import { attributes, type Html, html, type Part } from '../html.ts'
import type { Sentences, Words } from '../words.ts'
import {
  button,
  cancel,
  continueButton,
  field,
  form,
  goingTo,
  hasFailed,
  hidden,
  methodWays,
  noticeOf,
  type Page,
  person,
  type ViewOf,
  way,
  ways,
} from './parts.ts'

type StepView = ViewOf<'token-response' | 'token-next-code' | 'token-pin' | 'token-new-pin' | 'token-new-password'>

/** `fields` come with a button of their own where `Continue` would not say what it does. */
const stepPage = (view: StepView, words: Words, { title, lead }: Sentences, shown: Part, fields: Html): Page => ({
  title,
  failed: hasFailed(view),
  body: html`<h1>${title}</h1>
${goingTo(view, words)}
${person(view, words)}
${noticeOf(view, words, 'beside-a-field')}
<p>${lead}</p>
${view.said !== '' && html`<p class="said">${words.validatorSays} <q id="said">${view.said}</q></p>`}
${shown}
${form('otp-form', `${view.base}/otp`, html`${hidden('step', view.step)}${fields}`)}
${ways(
  methodWays(view.base, view.others, words),
  way('start-again', `${view.base}/otp`, words.startAgain, 'quiet', { step: view.step, again: 'yes' }),
  cancel(view, words),
)}`,
})

/** Letters too: what a keypad token shows, or a PIN before the code, need not be digits. */
const code = (view: StepView, words: Words): Html => html`${field(view, {
  name: 'code',
  label: words.oneTimeCode,
  autocomplete: 'one-time-code',
  more: { autocapitalize: 'none', class: 'code' },
})}
${continueButton(words)}`

export const tokenResponse = (view: ViewOf<'token-response'>, words: Words): Page =>
  stepPage(view, words, words.pages['token-response'], undefined, code(view, words))

export const tokenNextCode = (view: ViewOf<'token-next-code'>, words: Words): Page =>
  stepPage(view, words, words.pages['token-next-code'], undefined, code(view, words))

export function tokenPin(view: ViewOf<'token-pin'>, words: Words): Page {
  const { title, lead, confirm } = words.pages['token-pin']
  const pin = view.pin !== undefined && html`<p><code${attributes({ id: 'pin', class: 'pin' })}>${view.pin}</code></p>`
  return view.confirm
    ? stepPage(view, words, { title, lead: confirm }, pin, button('continue', words.usePin, 'primary'))
    : stepPage(view, words, { title, lead }, pin, code(view, words))
}

/** Twice, because nobody sees what they type, and the validator keeps it. */
export function tokenNewPin(view: ViewOf<'token-new-pin'>, words: Words): Page {
  const { min, max } = view
  const more = { ...(view.digits ? { inputmode: 'numeric' } : {}), autocapitalize: 'none' }
  const common = { type: 'password', autocomplete: 'off' } as const
  const hint = min === undefined || max === undefined ? undefined : words.pinHint(min, max, view.digits)
  return stepPage(
    view,
    words,
    words.pages['token-new-pin'],
    undefined,
    html`${field(view, { name: 'pin', label: words.newPin, ...common, ...(hint === undefined ? {} : { hint }), more })}
${field(view, { name: 'repeat', label: words.repeatNewPin, ...common, more: { ...more, autofocus: false } })}
${continueButton(words)}`,
  )
}

export function tokenNewPassword(view: ViewOf<'token-new-password'>, words: Words): Page {
  const common = { type: 'password', autocomplete: 'new-password' } as const
  return stepPage(
    view,
    words,
    words.pages['token-new-password'],
    undefined,
    html`${field(view, { name: 'password', label: words.newPassword, ...common })}
${field(view, { name: 'repeat', label: words.repeatNewPassword, ...common, more: { autofocus: false } })}
${continueButton(words)}`,
  )
}
