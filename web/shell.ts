/**
 * The document that console and portal start in: a script, a style, and what they must know before they may ask.
 *
 * It is the same for everybody and has nothing of anybody. Without script there is nothing to see, and it says so.
 */
import { html } from './html.ts'
import type { Locale } from './view.ts'

export type Application = 'console' | 'portal'

const titles: Record<Application, Record<Locale, string>> = {
  console: { en: 'Console', de: 'Konsole' },
  portal: { en: 'My sign-in', de: 'Meine Anmeldung' },
}

const noScript: Record<Locale, string> = {
  en: 'This page needs JavaScript. Please allow it for this address.',
  de: 'Diese Seite braucht JavaScript. Bitte erlauben Sie es für diese Adresse.',
}

export type Shell = {
  application: Application
  serviceName: string
  issuer: string
  tenantCode: string
  locale: Locale
}

export const renderShell = ({ application, serviceName, issuer, tenantCode, locale }: Shell): string =>
  html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<title>${titles[application][locale]} – ${serviceName}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/keystep.css">
<link rel="stylesheet" href="/assets/app.css">
<script src="${`/assets/${application}.js`}" type="module"></script>
</head>
<body class="app">
<noscript><p class="no-script">${noScript[locale]}</p></noscript>
<div id="app" data-application="${application}" data-issuer="${issuer}" data-tenant="${tenantCode}" data-service="${serviceName}"></div>
</body>
</html>
`.toString()
