// What GET /console and GET /portal, and all below them, answer: the document of an application in the browser.
import { type Answer, type Call, html } from '../../src/http/call.ts'
import { applicationHeaders } from '../../web/security-headers.ts'
import { type Application, renderShell } from '../../web/shell.ts'
import { chooseLocale } from '../../web/words.ts'

export type Needs = { stage: { serviceName: string; issuer: string; tenantCode: string } }

export function showShell(application: Application, { stage }: Needs, call: Call): Answer {
  const { serviceName, issuer, tenantCode } = stage
  const locale = chooseLocale(undefined, call.headers['accept-language'])
  const page = renderShell({ application, serviceName, issuer, tenantCode, locale })
  return html(200, page, { ...applicationHeaders({ https: issuer.startsWith('https:') }), vary: 'accept-language' })
}
