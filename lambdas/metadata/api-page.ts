// GET /docs/api — the description of the API, for people.
import { gzipSync } from 'node:zlib'
import { type Answer, type Call, html } from '../../src/http/call.ts'
import { renderApiPage } from '../../web/api/page.ts'
import { pageHeaders } from '../../web/security-headers.ts'
import { openapiDocument } from './openapi-document.ts'

type Needs = { stage: { serviceName: string; issuer: string } }

type Drawn = { plain: string; compressed: string }

/** It changes with a deployment: drawn once, and compressed, which is a tenth of it. */
const pages = new Map<string, Drawn>()

function pageOf(stage: Needs['stage']): Drawn {
  const known = pages.get(stage.issuer)
  if (known !== undefined) return known
  const plain = renderApiPage(openapiDocument(stage), stage)
  const drawn = { plain, compressed: gzipSync(plain).toString('base64') }
  pages.set(stage.issuer, drawn)
  return drawn
}

export async function handle({ stage }: Needs, { headers }: Pick<Call, 'headers'>): Promise<Answer> {
  const { plain, compressed } = pageOf(stage)
  const answer = html(200, plain, {
    ...pageHeaders([], { https: stage.issuer.startsWith('https:') }),
    'cache-control': 'public, max-age=300',
    vary: 'accept-encoding',
  })
  if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers['accept-encoding'] ?? '')) return answer
  return {
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
    body: compressed,
    isBase64Encoded: true,
  }
}
