// GET /scim/v2/ServiceProviderConfig — what of SCIM there is here (RFC 7643 §5), for anybody: how to authenticate is in it.
import { urns } from '../../src/core/scim/schema.ts'
import type { Answer } from '../../src/http/call.ts'
import { scimJson } from './answers.ts'
import { mostRead } from './finding.ts'
import { pageOfScim } from './listing.ts'
import { scimBase } from './service.ts'

type Needs = { stage: { issuer: string } }

export async function handle({ stage }: Needs): Promise<Answer> {
  const no = { supported: false }
  return scimJson(200, {
    schemas: [urns.config],
    documentationUri: `${stage.issuer}/docs/api`,
    patch: { supported: true },
    // A request is one transaction, and says by itself what came of it.
    bulk: { ...no, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: Math.min(pageOfScim.most, mostRead) },
    changePassword: { supported: true },
    sort: no,
    etag: { supported: true },
    // RFC 9865 §4.
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: pageOfScim.usual,
      maxPageSize: pageOfScim.most,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth Bearer Token',
        description: 'An API key with users:read and users:write, or a client-credentials token with the scope users.',
        specUri: 'https://www.rfc-editor.org/rfc/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${scimBase(stage.issuer)}/ServiceProviderConfig` },
  })
}
