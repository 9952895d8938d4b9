// GET / — says what this address is for, to people who came without an application.
import { type Answer, type Call, html } from '../../src/http/call.ts'
import { renderPage } from '../../web/pages.ts'
import { pageHeaders } from '../../web/security-headers.ts'
import { chooseLocale } from '../../web/words.ts'

type Needs = { stage: { serviceName: string; issuer: string } }

export async function handle({ stage }: Needs, call: Call): Promise<Answer> {
  const { serviceName, issuer } = stage
  const locale = chooseLocale(undefined, call.headers['accept-language'])
  return html(
    200,
    renderPage({ page: 'home', serviceName, issuer }, { serviceName, locale }),
    pageHeaders([], { https: issuer.startsWith('https:') }),
  )
}
