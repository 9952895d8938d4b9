/**
 * Turns a view into a page: a whole document, without inline script or style, and nothing from elsewhere.
 *
 * Pages are functions of their data. What they do not do: decide, keep time, read a request.
 */
import { html } from './html.ts'
import { activate, activationCeremony, activationPassword, nickname, verificationCode } from './pages/activation.ts'
import { consent } from './pages/consent.ts'
import { badRequest, failure, formPost, home, loggedOut, loginOver, logOut } from './pages/ends.ts'
import { certificate, locked, noCredential, password, username, webauthn } from './pages/login.ts'
import { otp, otpEnrolment, recoveryCodes } from './pages/one-time-codes.ts'
import type { Page, ViewOf } from './pages/parts.ts'
import { tokenNewPassword, tokenNewPin, tokenNextCode, tokenPin, tokenResponse } from './pages/token-steps.ts'
import type { Frame, View } from './view.ts'
import { type Words, words } from './words.ts'

const pages: { [Name in View['page']]: (view: ViewOf<Name>, words: Words) => Page } = {
  username,
  password,
  otp,
  'otp-enrolment': otpEnrolment,
  'recovery-codes': recoveryCodes,
  'token-response': tokenResponse,
  'token-next-code': tokenNextCode,
  'token-pin': tokenPin,
  'token-new-pin': tokenNewPin,
  'token-new-password': tokenNewPassword,
  certificate,
  webauthn,
  activate,
  'verification-code': verificationCode,
  'activation-password': activationPassword,
  'activation-ceremony': activationCeremony,
  nickname,
  'no-credential': noCredential,
  locked,
  consent,
  'login-over': loginOver,
  'bad-request': badRequest,
  'form-post': formPost,
  failure,
  'log-out': logOut,
  'logged-out': loggedOut,
  home,
}

export function renderPage(view: View, { serviceName, locale }: Frame): string {
  const language = words[locale]
  // The record above pairs each name with its view; a lookup by a union forgets the pairing.
  const draw = pages[view.page] as (view: View, words: Words) => Page
  const page = draw(view, language)
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<title>${page.failed === true && language.error}${page.title} – ${serviceName}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/keystep.css">
${page.ceremony === true && html`<script src="/assets/passkey.js" defer></script>`}
${page.posts === true && html`<script src="/assets/form-post.js" defer></script>`}
</head>
<body id="${`page-${view.page}`}">
<header><img src="/assets/favicon.svg" alt="" width="32" height="32"><span>${serviceName}</span></header>
<main>
${page.body}
</main>
</body>
</html>
`.toString()
}
