/** The pages on which people say who they are and prove it. */
import { html } from '../html.ts'
import type { Words } from '../words.ts'
import {
  aboutOf,
  button,
  cancel,
  ceremonyData,
  ceremonyForm,
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
  ways,
} from './parts.ts'

export const username = (view: ViewOf<'username'>, words: Words): Page => ({
  title: words.pages.username.title,
  failed: hasFailed(view),
  ceremony: view.passkey !== undefined,
  body: html`<h1>${words.pages.username.title}</h1>
${goingTo(view, words)}
${noticeOf(view, words, 'beside-a-field')}
${form(
  'username-form',
  `${view.base}/username`,
  html`${field(view, {
    name: 'username',
    label: words.username,
    // `webauthn` last: it makes the browser offer passkeys in the list of names (WebAuthn Level 3 §5.1.4).
    autocomplete: view.passkey === undefined ? 'username' : 'username webauthn',
    more: { autocapitalize: 'none' },
    ...(view.username === undefined ? {} : { value: view.username }),
  })}
${continueButton(words)}`,
)}
${view.passkey !== undefined && passkeyForm(`${view.base}/webauthn`, view.passkey, words)}
${ways(cancel(view, words))}`,
})

/** Shown by the script, because without it there is nothing to press. Autofill posts the same form. */
const passkeyForm = (action: string, options: NonNullable<ViewOf<'username'>['passkey']>, words: Words) =>
  form(
    'passkey',
    action,
    html`${hidden('response', '')}
<p id="progress" aria-live="polite"></p>
<div id="problem" class="notice error" role="alert" hidden></div>
${button('use-passkey', words.usePasskey, 'secondary', { hidden: true })}`,
    ceremonyData(options, words),
  )

export const password = (view: ViewOf<'password'>, words: Words): Page => ({
  title: words.pages.password.title,
  failed: hasFailed(view),
  body: html`<h1>${words.pages.password.title}</h1>
${goingTo(view, words)}
${person(view, words)}
${noticeOf(view, words, 'beside-a-field')}
${form(
  'password-form',
  `${view.base}/password`,
  html`${accountForPasswordManagers(view.username)}
${field(view, { name: 'password', label: words.password, type: 'password', autocomplete: 'current-password' })}
${continueButton(words)}`,
)}
${ways(methodWays(view.base, view.others, words), cancel(view, words))}`,
})

/** So that they know whose password it is. Nobody sees it, and the server does not believe it. */
export const accountForPasswordManagers = (account: string) =>
  html`<input type="text" name="username" value="${account}" autocomplete="username" readonly hidden>`

/** A plain form: the browser asks which certificate to show once it gets to the host that wants one. */
export const certificate = (view: ViewOf<'certificate'>, words: Words): Page => ({
  title: words.pages.certificate.title,
  failed: hasFailed(view),
  body: html`<h1>${words.pages.certificate.title}</h1>
${goingTo(view, words)}
${view.username !== '' && person(view, words)}
${noticeOf(view, words, 'focused')}
<p>${words.pages.certificate.lead}</p>
${form('certificate-form', `${view.base}/certificate`, continueButton(words))}
${ways(methodWays(view.base, view.others, words), cancel(view, words))}`,
})

export const webauthn = (view: ViewOf<'webauthn'>, words: Words): Page => ({
  title: words.pages.webauthn.title,
  failed: hasFailed(view),
  ceremony: true,
  body: html`<h1>${words.pages.webauthn.title}</h1>
${goingTo(view, words)}
${person(view, words)}
${noticeOf(view, words, 'focused')}
<p>${words.pages.webauthn.lead}</p>
${ceremonyForm(view, `${view.base}/webauthn`, words)}
${ways(methodWays(view.base, view.others, words), cancel(view, words))}`,
})

export const noCredential = (view: ViewOf<'no-credential'>, words: Words): Page => ({
  title: words.pages['no-credential'].title,
  failed: hasFailed(view),
  body: html`<h1>${words.pages['no-credential'].title}</h1>
${person(view, words)}
${noticeOf(view, words, 'focused')}
<p>${words.pages['no-credential'].lead(view.application, view.helps)}</p>
<p>${words.pages['no-credential'].help}</p>
${ways(cancel(view, words))}`,
})

export const locked = (view: ViewOf<'locked'>, words: Words): Page => ({
  title: words.pages.locked.title,
  failed: true,
  body: html`<h1>${words.pages.locked.title}</h1>
${person(view, words)}
${noticeOf(view, words, 'focused') ?? html`<p>${words.pages.locked.lead(aboutOf(view))}</p>`}
${view.notice !== 'key-suspended' && html`<p>${words.pages.locked.help}</p>`}
${ways(cancel(view, words))}`,
})
