// GET /openapi.json — describes the CMS's API (OpenAPI 3.1) to programs and to people.
import { type Answer, json } from '../../src/http/call.ts'
import { openapiDocument } from './openapi-document.ts'

type Needs = { stage: { issuer: string } }

export async function handle({ stage }: Needs): Promise<Answer> {
  // It changes with a deployment, and it may be read by a viewer on any site: it is no secret and asks for no cookie.
  const headers = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }
  return json(200, openapiDocument(stage), headers)
}
