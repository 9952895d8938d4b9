// GET /docs/api — the description of the API, for people.
import { type Answer, html } from '../../src/http/call.ts'
import { renderApiPage } from '../../web/api/page.ts'
import { pageHeaders } from '../../web/security-headers.ts'
import { openapiDocument } from './openapi-document.ts'

type Needs = { stage: { serviceName: string; issuer: string } }

/** It changes with a deployment: drawn once. */
const drawn = new Map<string, string>()

export async function handle({ stage }: Needs): Promise<Answer> {
  const { issuer, serviceName } = stage
  const page = drawn.get(issuer) ?? renderApiPage(openapiDocument(stage), { serviceName })
  drawn.set(issuer, page)
  return html(200, page, {
    ...pageHeaders([], { https: issuer.startsWith('https:') }),
    'cache-control': 'public, max-age=300',
  })
}
