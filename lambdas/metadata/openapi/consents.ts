/** The API that shows what people allowed applications, and takes it back. */
import type { tokenScopes } from '../../api/caller.ts'
import { answer, dateTime, object, parameter, refusals, tenant } from './parts.ts'

const consentsOf = `${tenant}/users/{userId}/consents`

/** For access tokens, a scope of their own. */
const common = {
  tags: ['Consents'],
  security: [{ apiKey: [] }, { clientCredentials: ['consents' satisfies keyof typeof tokenScopes] }],
} as const

export const consentPaths = {
  [consentsOf]: {
    get: {
      ...common,
      operationId: 'listConsents',
      summary: 'List what a user allowed applications',
      description: 'Only applications that are not the organisation’s own need it, and have it remembered.',
      parameters: parameter('tenantCode', 'userId'),
      responses: { 200: answer('What the user allowed, by application.', 'Consents'), ...refusals(['user-not-found']) },
    },
  },
  [`${consentsOf}/{clientId}`]: {
    delete: {
      ...common,
      operationId: 'withdrawConsent',
      summary: 'Withdraw what a user allowed an application',
      description:
        'At once: its codes and refresh tokens for this user are void, and its access tokens at userinfo and introspection. The user is asked again at the next sign-in there.',
      parameters: parameter('tenantCode', 'userId', 'clientId'),
      responses: {
        204: { description: 'It is withdrawn.' },
        ...refusals(['user-not-found', 'consent-not-found', 'changed-meanwhile']),
      },
    },
  },
} as const

const names = (description: string) => ({ type: 'array', items: { type: 'string' }, description })

export const consentSchemas = {
  Consents: object(
    {
      consents: {
        type: 'array',
        items: object(
          {
            clientId: { type: 'string' },
            scopes: names('Of the scope parameter.'),
            claims: names('Of the claims parameter, where no scope brings them along.'),
            resources: names('Resource servers (RFC 8707).'),
            givenDateTime: dateTime('When the user first allowed something.'),
            updatedDateTime: dateTime('When the user last did.'),
          },
          ['clientId', 'scopes', 'claims', 'resources', 'givenDateTime', 'updatedDateTime'],
        ),
      },
    },
    ['consents'],
  ),
} as const
