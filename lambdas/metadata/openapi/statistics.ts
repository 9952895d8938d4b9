/** What the audit log comes to, in numbers. */
import { auditTypes } from '../../../src/core/audit-event.ts'
import { failureReasons, keyCounters } from '../../../src/core/statistics.ts'
import type { tokenScopes } from '../../api/caller.ts'
import { mostDays } from '../../management/statistics-read.ts'
import { answer, type Json, object, parameter, refusals, strict, tenant } from './parts.ts'

const count: Json = { type: 'integer', minimum: 0 }
const date = (description: string): Json => ({ type: 'string', format: 'date', description })
const countsOf = (names: readonly string[], description: string): Json => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, count])),
  additionalProperties: false,
  description,
})

const keys = object(Object.fromEntries(keyCounters.map((name) => [name, count])), [...keyCounters], {
  ...strict,
  description:
    'imported: by a CMS; added: by the user here; activated: imported ones; expired: pending, and not activated in time; deleted: all others that went.',
})

const counted = {
  events: countsOf(auditTypes, 'By type. What did not happen is left out.'),
  keys,
  signIns: {
    type: 'object',
    additionalProperties: count,
    description: 'By the ACR that was reached; an empty name: none of the map.',
  },
  failures: countsOf(failureReasons, 'Sign-ins and activations that failed, by the reason.'),
} as const satisfies Json
const countedNames = Object.keys(counted)

export const statisticsSchemas = {
  Statistics: object(
    {
      from: date('The first day, in UTC.'),
      to: date('The last day, in UTC.'),
      days: {
        type: 'array',
        maxItems: mostDays,
        items: object({ day: date('In UTC.'), ...counted }, ['day', ...countedNames], strict),
        description: 'Every day from the first to the last.',
      },
      total: object(counted, countedNames, strict),
      ever: object(
        {
          keys,
          models: {
            type: 'array',
            items: object(
              {
                aaguid: { type: 'string', format: 'uuid' },
                name: { type: 'string', description: 'As the FIDO metadata that an operator loaded has it.' },
                keys: count,
              },
              ['aaguid', 'keys'],
              strict,
            ),
            description:
              'How many keys there are of each model, the most frequent first: of those whose attestation vouches for it.',
          },
        },
        ['keys', 'models'],
        { ...strict, description: 'Since there is a log.' },
      ),
    },
    ['from', 'to', 'days', 'total', 'ever'],
    strict,
  ),
} as const satisfies Record<string, Json>

const day = (name: string, description: string): Json => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string', format: 'date' },
})

export const statisticsPaths = {
  [`${tenant}/statistics`]: {
    get: {
      tags: ['Statistics'],
      security: [{ apiKey: [] }, { clientCredentials: ['service' satisfies keyof typeof tokenScopes] }],
      operationId: 'readStatistics',
      summary: 'Read statistics',
      description:
        'What the audit log comes to, day by day. Counts are written with the chain of the log, some seconds after what they count, each once.',
      parameters: [
        ...parameter('tenantCode'),
        day('from', 'The first day, in UTC; thirty days up to the last one if left out.'),
        day('to', `The last day, in UTC; today if left out. At most ${mostDays} days.`),
      ],
      responses: { 200: answer('The counts.', 'Statistics'), ...refusals([]) },
    },
  },
} as const satisfies Record<string, Json>
