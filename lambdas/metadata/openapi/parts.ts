/** What the descriptions of all areas are made of: shapes of schemas, answers, refusals, parameters. */
import { idempotencyKeyPattern } from '../../api/asked.ts'
import { pageSizes } from '../../api/pages.ts'
import { problems, type Reason } from '../../api/problems.ts'

export type Json = { readonly [member: string]: unknown }

/** A part that is described once. That it is there is held by a test. */
export const ref = (kind: 'schemas' | 'parameters' | 'responses', name: string): Json => ({
  $ref: `#/components/${kind}/${name}`,
})

// --- Schemas ------------------------------------------------------------------------------------------------------

export const base64url = (bytes: number, description: string): Json => ({
  type: 'string',
  pattern: '^[A-Za-z0-9_-]+$',
  minLength: 2,
  maxLength: Math.ceil((bytes * 4) / 3),
  description: `${description} Base64url without padding, 1 to ${bytes} bytes.`,
})

export const line = (most: number, description: string): Json => ({
  type: 'string',
  minLength: 1,
  maxLength: most,
  pattern: '\\S',
  description: `${description} No control or other unprintable characters.`,
})

export const dateTime = (description: string): Json => ({ type: 'string', format: 'date-time', description })
export const orNever = (description: string): Json => ({ type: ['string', 'null'], format: 'date-time', description })
export const object = (properties: Json, required: readonly string[], more: Json = {}): Json => ({
  type: 'object',
  properties,
  required,
  ...more,
})
export const strict = { additionalProperties: false } as const

export const links = object(
  {
    self: { type: 'string', format: 'uri' },
    next: { type: 'string', format: 'uri' },
    prev: { type: 'string', format: 'uri' },
  },
  ['self'],
)

export const numbered = (item: string): Json =>
  object(
    {
      page: object(
        {
          items: { type: 'array', items: ref('schemas', item) },
          totalItems: { type: 'integer', minimum: 0 },
          pageIndex: { type: 'integer', minimum: 0 },
          pageSize: { type: 'integer', minimum: 1 },
        },
        ['items', 'totalItems', 'pageIndex', 'pageSize'],
      ),
      links,
    },
    ['page', 'links'],
  )

export const cursored = (item: string, more: Json = {}): Json =>
  object(
    {
      page: object(
        {
          items: { type: 'array', items: ref('schemas', item) },
          pageSize: { type: 'integer', minimum: 1 },
          ...more,
        },
        ['items', 'pageSize'],
      ),
      links,
    },
    ['page', 'links'],
  )

export const commonSchemas = {
  Problem: object(
    {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string', description: 'The last part of type, for programs.' },
      detail: { type: 'string' },
      pointer: { type: 'string', description: 'The member of the body that is to blame (RFC 6901).' },
      errors: {
        type: 'array',
        items: object({ pointer: { type: 'string' }, detail: { type: 'string' } }, ['pointer', 'detail']),
      },
    },
    ['type', 'title', 'status', 'code'],
    { description: 'A problem document (RFC 9457).' },
  ),
} as const satisfies Record<string, Json>

// --- Answers ------------------------------------------------------------------------------------------------------

export const header = (description: string, type: Json = { type: 'string' }): Json => ({ description, schema: type })
export const answer = (description: string, name: string, examples: Json = {}, headers: Json = {}): Json => ({
  description,
  ...(Object.keys(headers).length > 0 ? { headers } : {}),
  content: {
    'application/json': {
      schema: ref('schemas', name),
      ...(Object.keys(examples).length > 0 ? { examples } : {}),
    },
  },
})

export const problemAnswer = (reasons: readonly Reason[], status: string): Json => ({
  description: [...new Set(reasons.map((reason) => problems[reason].title))].join(' · '),
  ...(status === '401' || status === '403'
    ? { headers: { 'WWW-Authenticate': header('RFC 9110 §11.6.1. Not with every 403.') } }
    : {}),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [
          ref('schemas', 'Problem'),
          { properties: { code: { enum: [...new Set(reasons.map((reason) => problems[reason].code))] } } },
        ],
      },
    },
  },
})

/** What anything may be answered. */
export const always = [
  'unauthenticated',
  'insufficient-user-authentication',
  'insufficient-scope',
  'tenant-not-found',
  'malformed-request',
] as const

/** The answers to refusals, by their status. */
export function refusals(reasons: readonly Reason[]): Json {
  // Whoever names a user may hear that this one is not theirs to change.
  const ofUser = reasons.includes('user-not-found') ? (['beyond-caller'] as const) : []
  const byStatus = Map.groupBy([...always, ...ofUser, ...reasons], (reason) => String(problems[reason].status))
  return {
    ...Object.fromEntries([...byStatus].map(([status, its]) => [status, problemAnswer(its, status)])),
    429: tooMany(byStatus.get('429')),
    500: ref('responses', 'Broken'),
  }
}

/** By the gateway, and where there is a reason of ours, by that. */
function tooMany(reasons: readonly Reason[] | undefined): Json {
  if (reasons === undefined) return ref('responses', 'TooManyRequests')
  const { description, content } = responses.TooManyRequests
  const ours = problemAnswer(reasons, '429')
  return {
    description: `${ours.description}. ${description}`,
    headers: { 'Retry-After': header('Seconds until it may be asked again. Not from the gateway.') },
    content: { ...(ours.content as Json), ...content },
  }
}

export const ofBody = ['not-json', 'unsupported-media-type', 'too-large'] as const

export const responses = {
  TooManyRequests: {
    description:
      'Too many requests at once, said by the gateway before anything was done. Wait a second, then longer each time.',
    content: { 'application/json': { schema: object({ message: { type: 'string' } }, ['message']) } },
  },
  Broken: {
    description: 'Something broke on our side. Send it again; an Idempotency-Key makes that safe.',
    content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
  },
} as const satisfies Record<string, Json>

// --- Parameters ---------------------------------------------------------------------------------------------------

export const inPath = (name: string, description: string): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
})

export const inQuery = (name: string, description: string, type: Json, required = false): Json => ({
  name,
  in: 'query',
  required,
  description,
  schema: type,
})

export const inHeader = (name: string, description: string, type: Json = { type: 'string' }): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: type,
})

export const parameters = {
  tenantCode: inPath('tenantCode', 'The code of this deployment’s tenant.'),
  userId: inPath('userId', 'The id of a user, or the user name.'),
  sessionId: inPath('sessionId', 'The id of a session: the sid of its ID tokens.'),
  flowId: inPath('flowId', 'The id of a flow.'),
  clientId: inPath('clientId', 'The client_id of an application.'),
  keyId: inPath('keyId', 'The id of an API key.'),
  logId: inPath('logId', 'The id of a record of the audit log.'),
  webhookId: inPath('webhookId', 'The id of a webhook.'),
  messageId: inPath('messageId', 'The id of a message: the webhook-id that its receiver was shown.'),
  template: inPath('template', 'The name of a mail.'),
  oneTimePasswordId: inPath('oneTimePasswordId', 'The id of a one-time password.'),
  authenticatorId: inPath('authenticatorId', 'The id of an authenticator.'),
  pageSize: inQuery('pageSize', 'How many at most.', {
    type: 'integer',
    minimum: pageSizes.least,
    maximum: pageSizes.most,
    default: pageSizes.usual,
  }),
  cursor: inQuery('cursor', 'Where to go on, as links.next has it.', { type: 'string' }),
  ifMatch: inHeader('If-Match', 'The ETag that it must still have (RFC 9110 §13.1.1).'),
  requiredMatch: {
    ...inHeader('If-Match', 'The ETag of the version that this replaces (RFC 9110 §13.1.1).'),
    required: true,
  },
  idempotencyKey: inHeader(
    'Idempotency-Key',
    'Makes it safe to send the request again: for a day, the same key with the same request brings the answer that the first was given. Refusals are not remembered.',
    { type: 'string', pattern: idempotencyKeyPattern },
  ),
} as const satisfies Record<string, Json>

export const parameter = (...names: (keyof typeof parameters)[]): Json[] => names.map((name) => ref('parameters', name))

// --- Operations ---------------------------------------------------------------------------------------------------

export const tenant = '/api/v1/tenants/{tenantCode}'

export const body = (
  name: string,
  most: number,
  examples: Json,
  types: readonly string[] = ['application/json'],
): Json => ({
  required: true,
  description: `At most ${most} bytes.`,
  content: Object.fromEntries(types.map((type) => [type, { schema: ref('schemas', name), examples }])),
})

export const example = (summary: string, value: unknown): Json => ({ summary, value })
