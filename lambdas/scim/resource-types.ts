// GET /scim/v2/ResourceTypes and /scim/v2/ResourceTypes/{resourceType} — users, and nothing else (RFC 7643 §6).
import { urns } from '../../src/core/scim/schema.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { answerDiscovery } from './discovery.ts'

type Needs = { stage: { issuer: string } }

export async function handle({ stage }: Needs, call: Call): Promise<Answer> {
  return answerDiscovery(stage, call, {
    resourceType: 'ResourceType',
    at: 'ResourceTypes',
    named: call.params.resourceType,
    all: [
      {
        schemas: [urns.resourceType],
        id: 'User',
        name: 'User',
        endpoint: '/Users',
        description: 'Who signs in here.',
        schema: urns.user,
      },
    ],
  })
}
