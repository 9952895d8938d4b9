/** The API of webhooks: who outside is told of what happens. */
import { mostWebhooks, secretOverlaps, webhookTypes } from '../../../src/core/webhook/webhook.ts'
import { bodyLimits } from '../../api/asked.ts'
import type { tokenScopes } from '../../api/caller.ts'
import type { Reason } from '../../api/problems.ts'
import {
  answer,
  body,
  cursored,
  dateTime,
  example,
  header,
  inQuery,
  type Json,
  numbered,
  object,
  ofBody,
  parameter,
  ref,
  refusals,
  strict,
  tenant,
} from './parts.ts'

const common = {
  tags: ['Webhooks'],
  security: [{ apiKey: [] }, { clientCredentials: ['service' satisfies keyof typeof tokenScopes] }],
}

const etag = header('The version, for If-Match.')
const url: Json = {
  type: 'string',
  format: 'uri',
  maxLength: 2000,
  description: 'https, at a public address and the usual port. No redirect is followed.',
}
const types: Json = {
  type: 'array',
  items: { enum: webhookTypes },
  minItems: 1,
  uniqueItems: true,
  description: 'What it is told of.',
}
const description: Json = { type: 'string', maxLength: 200, description: 'For those who administer it.' }
const enabled: Json = { type: 'boolean', description: 'Whether it is told anything.' }
const secret: Json = {
  type: 'string',
  pattern: '^whsec_',
  description: 'What messages are signed with, in this answer and nowhere else.',
}

export const webhookSchemas = {
  NewWebhook: object({ url, description, types, enabled }, ['url'], strict),
  Webhook: object(
    {
      id: { type: 'string' },
      url,
      description,
      types,
      enabled,
      state: { enum: ['enabled', 'disabled', 'gone'], description: 'gone: it answered 410, which disabled it.' },
      secrets: {
        type: 'array',
        items: object(
          {
            createdDateTime: dateTime('When it was made.'),
            expiresDateTime: dateTime('Until when it signs beside the newer one.'),
          },
          ['createdDateTime'],
        ),
        description: 'How many sign, the newest first. Never which.',
      },
      createdDateTime: dateTime('When it was registered.'),
      updatedDateTime: dateTime('When it was changed last.'),
    },
    ['id', 'url', 'types', 'enabled', 'state', 'secrets', 'createdDateTime', 'updatedDateTime'],
  ),
  Webhooks: numbered('Webhook'),
  WebhookIssued: object({ webhook: ref('schemas', 'Webhook'), secret }, ['webhook', 'secret']),
  WebhookSecretChange: object(
    {
      overlap: {
        type: 'integer',
        minimum: 0,
        maximum: secretOverlaps.most,
        default: secretOverlaps.usual,
        description: 'Seconds that the secret before it goes on signing. 0: all before it end at once.',
      },
    },
    [],
    strict,
  ),
  WebhookTested: object(
    {
      messageId: { type: 'string', description: 'The webhook-id that was sent.' },
      delivered: { type: 'boolean' },
      detail: { type: 'string', description: 'Why not.' },
    },
    ['messageId', 'delivered'],
  ),
  Delivery: object(
    {
      messageId: {
        type: 'string',
        description: 'The webhook-id, which is the id of the record in the audit log that it tells of.',
      },
      state: { enum: ['delivered', 'failed'] },
      dateTime: dateTime('When.'),
      logId: { type: 'string', description: 'The record in the audit log that says so.' },
      reason: {
        type: 'string',
        description: 'retrying: it is tried again; gave-up: it is not; gone: 410; test: it was a test.',
      },
      detail: { type: 'string' },
      user: { type: 'string', description: 'The id of the user whom it is about.' },
    },
    ['messageId', 'state', 'dateTime', 'logId'],
  ),
  Deliveries: cursored('Delivery'),
  Resent: object({ messageId: { type: 'string' } }, ['messageId']),
} as const satisfies Record<string, Json>

const one = `${tenant}/webhooks/{webhookId}`
const matching = ['changed-since', 'changed-meanwhile'] as const satisfies readonly Reason[]
const cms = example('What a CMS wants to hear', { url: 'https://cms.example.com/keystep', description: 'Our CMS' })

export const webhookPaths = {
  [`${tenant}/webhooks`]: {
    get: {
      ...common,
      operationId: 'listWebhooks',
      summary: 'List webhooks',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('All of them.', 'Webhooks'), ...refusals([]) },
    },
    post: {
      ...common,
      operationId: 'createWebhook',
      summary: 'Register a webhook',
      description: `Messages are signed as Standard Webhooks has it. There are at most ${mostWebhooks}.`,
      parameters: parameter('tenantCode'),
      requestBody: body('NewWebhook', bodyLimits.one, { cms }),
      responses: {
        201: answer(
          'It was registered.',
          'WebhookIssued',
          {},
          { Location: header('The address of the webhook.', { type: 'string', format: 'uri' }), ETag: etag },
        ),
        ...refusals([...ofBody, 'malformed-webhook', 'too-many-webhooks']),
      },
    },
  },
  [one]: {
    get: {
      ...common,
      operationId: 'readWebhook',
      summary: 'Read a webhook',
      parameters: parameter('tenantCode', 'webhookId'),
      responses: { 200: answer('The webhook.', 'Webhook', {}, { ETag: etag }), ...refusals(['webhook-not-found']) },
    },
    put: {
      ...common,
      operationId: 'changeWebhook',
      summary: 'Change a webhook',
      parameters: parameter('tenantCode', 'webhookId', 'requiredMatch'),
      requestBody: body('NewWebhook', bodyLimits.one, { cms }),
      responses: {
        200: answer('The webhook as it is now.', 'Webhook', {}, { ETag: etag }),
        ...refusals([...ofBody, ...matching, 'precondition-required', 'webhook-not-found', 'malformed-webhook']),
      },
    },
    delete: {
      ...common,
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook',
      description: 'What waits for it is not sent.',
      parameters: parameter('tenantCode', 'webhookId', 'ifMatch'),
      responses: { 204: { description: 'It is gone.' }, ...refusals([...matching, 'webhook-not-found']) },
    },
  },
  [`${one}/secret`]: {
    post: {
      ...common,
      operationId: 'rotateWebhookSecret',
      summary: 'Change the secret of a webhook',
      parameters: parameter('tenantCode', 'webhookId'),
      requestBody: body('WebhookSecretChange', bodyLimits.one, { hour: example('An hour', { overlap: 3600 }) }),
      responses: {
        201: answer('The new one.', 'WebhookIssued', {}, { ETag: etag }),
        ...refusals([
          ...ofBody,
          'webhook-not-found',
          'malformed-overlap',
          'secret-still-retiring',
          'changed-meanwhile',
        ]),
      },
    },
  },
  [`${one}/test`]: {
    post: {
      ...common,
      operationId: 'testWebhook',
      summary: 'Send a webhook a message of no meaning',
      description: 'At once, whether it is enabled or not; the type of the message is webhook.test.',
      parameters: parameter('tenantCode', 'webhookId'),
      responses: { 200: answer('How it went.', 'WebhookTested'), ...refusals(['webhook-not-found']) },
    },
  },
  [`${one}/deliveries`]: {
    get: {
      ...common,
      operationId: 'listDeliveries',
      summary: 'What became of the messages of a webhook',
      description: 'Newest first, as the audit log has it; of the last seven days where nothing else is said.',
      parameters: [
        ...parameter('tenantCode', 'webhookId'),
        inQuery('type', 'One of the two alone.', { enum: ['webhook.failed', 'webhook.delivered'] }),
        inQuery('since', 'From when on: a time, a day, or how long ago.', { type: 'string' }),
        inQuery('until', 'Until when, which is not included.', { type: 'string' }),
        ...parameter('pageSize', 'cursor'),
      ],
      responses: { 200: answer('One page.', 'Deliveries'), ...refusals(['webhook-not-found']) },
    },
  },
  [`${one}/deliveries/{messageId}/resend`]: {
    post: {
      ...common,
      operationId: 'resendMessage',
      summary: 'Send a message again',
      description: 'Made again of the record that it tells of, under the same id.',
      parameters: parameter('tenantCode', 'webhookId', 'messageId'),
      responses: {
        202: answer('It is in the queue.', 'Resent'),
        ...refusals(['webhook-not-found', 'webhook-disabled', 'delivery-not-found']),
      },
    },
  },
} as const
