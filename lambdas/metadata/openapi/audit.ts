/** The API of the audit log. */
import { auditTypes } from '../../../src/core/audit-event.ts'
import type { tokenScopes } from '../../api/caller.ts'
import { exportPages } from '../../audit/logs-export.ts'
import { answer, cursored, dateTime, header, inQuery, type Json, object, parameter, refusals, tenant } from './parts.ts'

const common = {
  tags: ['Audit log'],
  security: [{ apiKey: [] }, { clientCredentials: ['service' satisfies keyof typeof tokenScopes] }],
}

const text = (description: string): Json => ({ type: 'string', description })
const texts = (description: string): Json => ({ type: 'array', items: { type: 'string' }, description })
const whole = (description: string): Json => ({ type: 'integer', description })

const actor = object(
  {
    kind: { enum: ['user', 'api-key', 'client', 'operator', 'service', 'stranger'] },
    id: text('By what it is known.'),
  },
  ['kind', 'id'],
  { description: 'Who did it.' },
)

const details = object(
  {
    type: { enum: auditTypes },
    actor,
    user: text('The id of the user whom it is about.'),
    client: text('The client_id of an application.'),
    authenticator: text('The id of an authenticator.'),
    authenticators: texts('Where it is about several.'),
    aaguid: text('Its model, where an attestation vouches for it.'),
    externalId: text('What its CMS knows it by.'),
    serialNumber: text('The number on it.'),
    flow: text('The id of a flow.'),
    webhook: text('The id of a webhook.'),
    message: text('The id of a message that a webhook was sent.'),
    reason: text('Why.'),
    requested: texts('The levels that were asked for.'),
    target: text('The level that was aimed at.'),
    targetLevel: whole('Its number.'),
    achieved: text('The level that was reached.'),
    achievedLevel: whole('Its number.'),
    amr: texts('By what (RFC 8176).'),
    ages: { type: 'object', additionalProperties: { type: 'integer' }, description: 'Seconds, by level.' },
    detail: text('More, in words.'),
  },
  ['type', 'actor'],
)

export const auditSchemas = {
  LogEntry: object(
    {
      logVersion: { const: '1.0' },
      category: { const: 'AUDIT' },
      timeStamp: dateTime('When it happened.'),
      id: text('What the record is known by.'),
      context: object(
        {
          tenantId: text('The code of the tenant.'),
          principalId: text('The name of the user whom it is about, or their id.'),
          originatingAddress: text('The address that it came from.'),
          sessionId: text('The session that it happened in.'),
          requestId: text('The request, as the access log has it.'),
          applicationName: text('The client_id of an application.'),
        },
        ['tenantId'],
      ),
      details,
    },
    ['logVersion', 'category', 'timeStamp', 'id', 'context', 'details'],
    { description: 'Who did what, when, from where, on whom and why. Never a secret.' },
  ),
  LogEntries: cursored('LogEntry'),
} as const satisfies Record<string, Json>

const string = { type: 'string' } as const
const filters = [
  inQuery(
    'since',
    'From when on: a time, a day, or how long ago (P7D). A day ago if left out; of a user, ever.',
    string,
  ),
  inQuery('until', 'Until when, which is not included. Now if left out.', string),
  inQuery('type', 'One of the types, or up to four with commas between them.', string),
  inQuery('user', 'The id of a user, or the user name.', string),
  inQuery('client', 'The client_id of an application.', string),
  inQuery('authenticator', 'The id of an authenticator.', string),
  inQuery('session', 'The id of a session.', string),
  inQuery('flow', 'The id of a flow.', string),
  inQuery('webhook', 'The id of a webhook.', string),
  inQuery('message', 'The id of a message that a webhook was sent.', string),
  inQuery('actor', 'The id of who did it.', string),
  inQuery('request', 'The id of a request.', string),
  inQuery('reason', 'A part of the reason or of the detail.', { type: 'string', maxLength: 100 }),
]
const order = (usual: 'asc' | 'desc') =>
  inQuery('order', 'Oldest or newest first.', { enum: ['asc', 'desc'], default: usual })

export const auditPaths = {
  [`${tenant}/logs`]: {
    get: {
      ...common,
      operationId: 'listLogs',
      summary: 'Read the audit log',
      description:
        'By user and by type it is found by an index, otherwise day by day; whatever else is asked picks from those. A page may hold fewer than it has room for, even none, and still have a next one. Oldest first, the last ten seconds are left out, so that whoever goes on from the last record misses none.',
      parameters: [...parameter('tenantCode'), ...filters, order('desc'), ...parameter('pageSize', 'cursor')],
      responses: { 200: answer('One page.', 'LogEntries'), ...refusals([]) },
    },
  },
  [`${tenant}/logs/export`]: {
    get: {
      ...common,
      operationId: 'exportLogs',
      summary: 'Export the audit log',
      description: 'Page by page, as lines of JSON, oldest first. That it was exported is recorded.',
      parameters: [
        ...parameter('tenantCode'),
        inQuery('format', 'Ours, or the events of OCSF 1.8.0.', { enum: ['jsonl', 'ocsf'], default: 'jsonl' }),
        ...filters,
        order('asc'),
        inQuery('pageSize', 'How many lines at most.', {
          type: 'integer',
          minimum: exportPages.least,
          maximum: exportPages.most,
          default: exportPages.usual,
        }),
        ...parameter('cursor'),
      ],
      responses: {
        200: {
          description: 'Some lines; the last page has no Link.',
          headers: { Link: header('Where the next page is: <…>; rel="next" (RFC 8288).') },
          content: { 'application/jsonl': { schema: { type: 'string' } } },
        },
        ...refusals([]),
      },
    },
  },
  [`${tenant}/logs/{logId}`]: {
    get: {
      ...common,
      operationId: 'readLog',
      summary: 'Read one record',
      parameters: parameter('tenantCode', 'logId'),
      responses: { 200: answer('The record.', 'LogEntry'), ...refusals(['log-not-found']) },
    },
  },
} as const
