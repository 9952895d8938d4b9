// GET /scim/v2/Schemas and /scim/v2/Schemas/{schema} — what a User is (RFC 7643 §7).
import { urns, userAttributes } from '../../src/core/scim/schema.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { answerDiscovery } from './discovery.ts'

type Needs = { stage: { issuer: string } }

export async function handle({ stage }: Needs, call: Call): Promise<Answer> {
  return answerDiscovery(stage, call, {
    resourceType: 'Schema',
    at: 'Schemas',
    named: call.params.schema,
    all: [
      {
        schemas: [urns.schema],
        id: urns.user,
        name: 'User',
        description: 'Who signs in here.',
        attributes: userAttributes,
      },
    ],
  })
}
