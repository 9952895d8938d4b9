/** The API that ends people's sessions. */
import type { tokenScopes } from '../../api/caller.ts'
import { answer, dateTime, object, parameter, refusals, tenant } from './parts.ts'

const sessionsOf = `${tenant}/users/{userId}/sessions`

/** For access tokens, a scope of their own. */
const common = {
  tags: ['Sessions'],
  security: [{ apiKey: [] }, { clientCredentials: ['sessions' satisfies keyof typeof tokenScopes] }],
} as const

export const sessionPaths = {
  [sessionsOf]: {
    get: {
      ...common,
      operationId: 'listSessions',
      summary: 'List the sessions of a user',
      description: 'Those that go on, the newest first. One that began within the last second may be missing.',
      parameters: parameter('tenantCode', 'userId'),
      responses: { 200: answer('Where the user is signed in.', 'Sessions'), ...refusals(['user-not-found']) },
    },
    delete: {
      ...common,
      operationId: 'endAllSessions',
      summary: 'End all sessions of a user',
      description:
        'And what goes on without one: refresh tokens of offline_access, codes, and access tokens at userinfo and introspection. Applications are told by back-channel logout. Safe to repeat.',
      parameters: parameter('tenantCode', 'userId'),
      responses: { 204: { description: 'They have ended.' }, ...refusals(['user-not-found']) },
    },
  },
  [`${sessionsOf}/{sessionId}`]: {
    delete: {
      ...common,
      operationId: 'endSession',
      summary: 'End a session',
      description: 'Tokens of offline_access go on. The applications of the session are told by back-channel logout.',
      parameters: parameter('tenantCode', 'userId', 'sessionId'),
      responses: { 204: { description: 'It has ended.' }, ...refusals(['user-not-found', 'session-not-found']) },
    },
  },
} as const

export const sessionSchemas = {
  Sessions: object(
    {
      sessions: {
        type: 'array',
        items: object(
          {
            id: { type: 'string', description: 'Its sid, as ID tokens and logout tokens have it.' },
            createdDateTime: dateTime('When the person signed in.'),
            lastSeenDateTime: dateTime('When an application last asked.'),
            idleDateTime: dateTime('When it ends if nobody asks before.'),
            endsDateTime: dateTime('When it ends at the latest.'),
            ip: { type: 'string', description: 'From where the person last proved who they are.' },
            userAgent: { type: 'string', description: 'What the browser said of itself then.' },
            clients: {
              type: 'array',
              items: { type: 'string' },
              description: 'The applications that had a code in it.',
            },
          },
          ['id', 'createdDateTime', 'lastSeenDateTime', 'idleDateTime', 'endsDateTime', 'clients'],
        ),
      },
    },
    ['sessions'],
  ),
} as const
