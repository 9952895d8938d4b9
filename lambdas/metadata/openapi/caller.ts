/** Who is calling. */
import { apiScopes, peopleScopes } from '../../../src/core/api-key.ts'
import { roles } from '../../../src/core/user.ts'
import { answer, dateTime, type Json, object, parameter, refusals, tenant } from './parts.ts'

/** Whoever may call at all: no scope is missing, and no parameter is read. */
const { 400: _malformed, 403: _insufficient, ...refused } = refusals([])

export const callerPaths = {
  [`${tenant}/caller`]: {
    get: {
      tags: ['Caller'],
      security: [{ apiKey: [] }, { apiKeyAsBearer: [] }, { clientCredentials: [] }, { person: ['administration'] }],
      operationId: 'readCaller',
      summary: 'Who is calling, and what they may do',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('The caller.', 'Caller'), ...refused },
    },
  },
} as const

export const callerSchemas = {
  Caller: object(
    {
      kind: { enum: ['api-key', 'client', 'user'], description: 'An API key, an application by itself, or a person.' },
      id: { type: 'string' },
      scopes: {
        type: 'array',
        items: { enum: [...apiScopes, ...peopleScopes] },
        description: 'What it may do. Of a person, what their roles allow now.',
      },
      user: object({ id: { type: 'string' }, userName: { type: 'string' }, displayName: { type: 'string' } }, [
        'id',
        'userName',
        'displayName',
      ]),
      roles: { type: 'array', items: { enum: roles } },
      acr: { type: 'string', description: 'The level of the sign-in. None: below every name of the map.' },
      authenticatedAt: dateTime('When the person proved it.'),
    },
    ['kind', 'id', 'scopes'],
  ),
} as const satisfies Record<string, Json>
