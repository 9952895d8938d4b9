/** Hosted pages as answers: the view in the person's language, with the headers that hold it. */
import { renderPage } from '../../web/pages.ts'
import { pageHeaders } from '../../web/security-headers.ts'
import type { Locale, View } from '../../web/view.ts'
import { chooseLocale } from '../../web/words.ts'
import type { Stage } from '../stage.ts'
import { type Answer, type Call, html } from './call.ts'

export type Shown = {
  status?: number
  /** Of the authorization request; the browser's own preference comes after it. */
  uiLocales?: string | undefined
  /** Where a form of the page may lead, beside this host: the application's redirect URI. */
  formTargets?: readonly string[]
  cookies?: string[]
}

export function showPage(stage: Stage, call: Call, view: View, shown: Shown = {}): Answer {
  const { status = 200, formTargets = [], cookies } = shown
  const locale = localeOf(call, shown.uiLocales)
  const page = renderPage(view, { serviceName: stage.serviceName, locale })
  const headers = { ...pageHeaders(formTargets, { https: stage.issuer.startsWith('https:') }), vary: 'accept-language' }
  return { ...html(status, page, headers), ...(cookies === undefined ? {} : { cookies }) }
}

export const localeOf = (call: Call, uiLocales: string | undefined): Locale =>
  chooseLocale(uiLocales, call.headers['accept-language'])

/** What a person sees when something broke on our side. */
export const showFailure = (call: Call, stage: Stage): Answer =>
  showPage(stage, call, { page: 'failure', requestId: call.id }, { status: 500 })
