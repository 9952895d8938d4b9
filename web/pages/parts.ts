/**
 * What the pages are made of: plain forms that work without script, each with stable ids and names.
 *
 * A page has one main form with one `Continue`; every other way on is a small form of its own, so that the Enter key
 * never cancels and a password never travels to an address that did not ask for it.
 */
import { attributes, type Html, html, type Part } from '../html.ts'
import type { Method, Notice, RequestOptionsJson, View } from '../view.ts'
import type { About, Words } from '../words.ts'

export type Page = {
  title: string
  body: Html
  /** Whether something failed on the way here: said first, in the title. */
  failed?: boolean
  /** Whether the page talks to an authenticator, and loads the script for it. */
  ceremony?: boolean
  /** Whether the page sends its form by itself, and loads the script for that. */
  posts?: boolean
}

export type ViewOf<Name extends View['page']> = Extract<View, { page: Name }>

/** Every view that belongs to a login. */
type LoginView = Extract<View, { base: string }>
type PersonView = Extract<View, { changeable: boolean }>

type FieldName = 'username' | 'password' | 'code' | 'recovery' | 'nickname' | 'pin' | 'repeat'

/** How a notice sounds, and which field it blames where the page has that field. */
const tones: Record<Notice, { tone: 'error' | 'info' | 'good'; blames?: readonly FieldName[] }> = {
  'bad-username': { tone: 'error', blames: ['username'] },
  'wrong-username-or-password': { tone: 'error', blames: ['username', 'password'] },
  'wrong-password': { tone: 'error', blames: ['password'] },
  'password-expired': { tone: 'error' },
  'password-must-change': { tone: 'error' },
  'account-locked': { tone: 'error' },
  'account-disabled': { tone: 'error' },
  'name-taken': { tone: 'error' },
  'directory-unavailable': { tone: 'error' },
  'too-many-tries': { tone: 'error' },
  'wrong-code': { tone: 'error', blames: ['code'] },
  'code-expired': { tone: 'error' },
  'code-spent': { tone: 'error' },
  'code-sent': { tone: 'good' },
  'mail-failed': { tone: 'error' },
  'too-many-mails': { tone: 'error' },
  'wrong-one-time-code': { tone: 'error', blames: ['code'] },
  'reused-one-time-code': { tone: 'error', blames: ['code'] },
  'wrong-recovery-code': { tone: 'error', blames: ['recovery'] },
  'codes-locked': { tone: 'error' },
  'codes-suspended': { tone: 'error' },
  'validator-unavailable': { tone: 'error' },
  'repeat-differs': { tone: 'error', blames: ['repeat'] },
  'pin-refused': { tone: 'error', blames: ['pin'] },
  'password-refused': { tone: 'error', blames: ['password'] },
  'wrong-key': { tone: 'error' },
  'key-refused': { tone: 'error' },
  'key-not-verified': { tone: 'error' },
  'key-unfit': { tone: 'error' },
  'ceremony-cancelled': { tone: 'error' },
  'ceremony-expired': { tone: 'error' },
  'key-suspended': { tone: 'error' },
  'key-locked': { tone: 'error' },
  'already-active': { tone: 'info' },
  'key-gone': { tone: 'error' },
  'bad-nickname': { tone: 'error', blames: ['nickname'] },
  'ran-out': { tone: 'info' },
  'step-over': { tone: 'info' },
  activated: { tone: 'good' },
  'certificate-missing': { tone: 'error' },
  'certificate-expired': { tone: 'error' },
  'certificate-revoked': { tone: 'error' },
  'certificate-unchecked': { tone: 'error' },
  'certificate-stranger': { tone: 'error' },
  'certificate-unfit': { tone: 'error' },
  'certificate-not-yours': { tone: 'error' },
  'certificate-late': { tone: 'info' },
  'consent-changed': { tone: 'info' },
  'no-script': { tone: 'error' },
}

export const hasFailed = ({ notice }: LoginView): boolean => notice !== undefined && tones[notice].tone === 'error'

export const aboutOf = ({ triesLeft, waitUntil, now }: LoginView): About => ({
  ...(triesLeft === undefined ? {} : { triesLeft }),
  ...(waitUntil === undefined ? {} : { wait: Math.max(0, waitUntil - now) }),
})

/**
 * A live region that is there when the page arrives is not announced by every screen reader, so the notice also takes
 * the focus, or describes the field that has it.
 */
export function noticeOf(view: LoginView, words: Words, focus: 'focused' | 'beside-a-field'): Part {
  if (view.notice === undefined) return undefined
  const { tone } = tones[view.notice]
  const place = { id: 'notice', class: `notice ${tone}`, role: tone === 'error' ? 'alert' : 'status' }
  const focused = focus === 'focused' ? { tabindex: -1, autofocus: true } : {}
  return html`<div${attributes({ ...place, ...focused })}><p>${words.notices[view.notice](aboutOf(view))}</p></div>`
}

type Field = {
  name: FieldName
  label: string
  type?: 'text' | 'password'
  value?: string
  autocomplete: string
  hint?: string
  more?: Readonly<Record<string, string | number | boolean>>
}

/** The one field of a page: it has the focus, and a notice describes it. */
export function field(view: LoginView, { name, label, type = 'text', value, autocomplete, hint, more }: Field): Html {
  const blamed = view.notice !== undefined && (tones[view.notice].blames?.includes(name) ?? false)
  const described = [view.notice !== undefined && 'notice', hint !== undefined && `${name}-hint`].filter(Boolean)
  const given = attributes({
    id: name,
    name,
    type,
    value,
    autocomplete,
    required: true,
    autofocus: true,
    spellcheck: 'false',
    'aria-invalid': blamed ? 'true' : undefined,
    'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
    ...more,
  })
  return html`<div class="field">
<label for="${name}">${label}</label>
<input${given}>
${hint !== undefined && html`<p class="hint" id="${`${name}-hint`}">${hint}</p>`}
</div>`
}

export const form = (id: string, action: string, content: Part, data: Record<string, string> = {}): Html =>
  html`<form${attributes({ id, method: 'post', action, ...data })}>
${content}
</form>`

type Look = 'primary' | 'secondary' | 'quiet'

export const button = (id: string, label: string, look: Look, more: Record<string, string | boolean> = {}): Html =>
  html`<button${attributes({ id, type: 'submit', class: look, ...more })}>${label}</button>`

export const continueButton = (words: Words): Html => button('continue', words.continue, 'primary')

/** A way on that needs nothing but a press. */
export const way = (
  id: string,
  action: string,
  label: string,
  look: Look,
  fields: Readonly<Record<string, string>> = {},
): Html =>
  form(
    `${id}-form`,
    action,
    html`${Object.entries(fields).map(([name, value]) => hidden(name, value))}${button(id, label, look)}`,
  )

export const hidden = (name: string, value: string): Html => html`<input${attributes({ type: 'hidden', name, value })}>`

/** The other ways on, the last of which leaves: they look alike on every page and stand in the same order. */
export const ways = (...list: Part[]): Html => html`<div class="ways">${list}</div>`

export const methodWays = (base: string, others: readonly Method[], words: Words): Html[] =>
  others.map((method) => way(`method-${method}`, `${base}/method`, words.methods[method], 'quiet', { method }))

export const notNow = (view: { base: string; canSkip: boolean }, words: Words): Part =>
  view.canSkip && way('not-now', `${view.base}/activation/skip`, words.notNow, 'secondary')

export const cancel = ({ base }: LoginView, words: Words): Html =>
  way('cancel', `${base}/cancel`, words.cancel, 'quiet')

export const goingTo = ({ application }: LoginView, words: Words): Html =>
  html`<p class="to">${words.goingTo(application)}</p>`

/** Who is signing in, and the way out for somebody else. */
export const person = (view: PersonView, words: Words): Html => html`<div class="person">
<p><span class="as">${words.signingInAs}</span> <bdi id="person">${view.username}</bdi></p>
${view.changeable && way('restart', `${view.base}/restart`, words.anotherAccount, 'quiet')}
</div>`

/** Where in the activation a person is: proof, ceremony, name. */
export const step = (number: 1 | 2 | 3, words: Words): Html => html`<p class="step">${words.step(number, 3)}</p>
<div class="steps" aria-hidden="true">${[1, 2, 3].map((each) => html`<span${attributes({ class: each <= number && 'on' })}></span>`)}</div>`

/**
 * The form that the script of a ceremony fills in. Without script, its button posts an empty `response`, and the server
 * can say so in words.
 *
 * After a failure it waits for a press: the browser's dialog would cover the sentence that explains it.
 */
export function ceremonyForm(view: Extract<View, { options: RequestOptionsJson }>, action: string, words: Words): Html {
  const data = {
    ...ceremonyData(view.options, words, ` ${words.tryAgain}`),
    'data-page': view.base,
    ...(hasFailed(view) ? {} : { 'data-start': 'at-once' }),
  }
  return html`<noscript><div class="notice error"><p>${words.noScript}</p></div></noscript>
${form(
  'ceremony',
  action,
  html`${hidden('response', '')}
<div class="touch" aria-hidden="true"></div>
<p id="progress" aria-live="polite"></p>
<div id="problem" class="notice error" role="alert" hidden></div>
${continueButton(words)}`,
  data,
)}`
}

/** Sentences and options for `web/browser/passkey.ts`, which has neither of its own. */
export const ceremonyData = (
  options: RequestOptionsJson,
  { error, ceremony }: Words,
  tryAgain = '',
): Record<string, string> => ({
  'data-options': JSON.stringify(options),
  'data-error': error,
  'data-waiting': ceremony.waiting,
  'data-done': ceremony.done,
  'data-cancelled': `${ceremony.cancelled}${tryAgain}`,
  'data-unsupported': ceremony.unsupported,
  'data-other': `${ceremony.other}${tryAgain}`,
})
