/** The API of what the service is set to, who may call it, and the mails that it sends. */
import { apiScopes } from '../../../src/core/api-key.ts'
import { longestKeyName } from '../../../src/core/api-key-document.ts'
import { signingAlgorithms } from '../../../src/core/oidc/signing.ts'
import { isOptional, type SettingForm, settingForms, settingNames } from '../../../src/core/settings-document.ts'
import { longestRoot, mostAaguids, mostRoots } from '../../../src/core/settings-limits.ts'
import { mailTemplateNames } from '../../../web/mail-templates.ts'
import { locales } from '../../../web/view.ts'
import { bodyLimits, patchTypes } from '../../api/asked.ts'
import type { tokenScopes } from '../../api/caller.ts'
import type { Reason } from '../../api/problems.ts'
import {
  answer,
  body,
  dateTime,
  example,
  header,
  inQuery,
  type Json,
  line,
  numbered,
  object,
  ofBody,
  parameter,
  refusals,
  strict,
  tenant,
} from './parts.ts'

const common = (tag: string) => ({
  tags: [tag],
  security: [{ apiKey: [] }, { clientCredentials: ['service' satisfies keyof typeof tokenScopes] }],
})

const etag = header('The version, for If-Match.')
const matching = ['changed-since', 'precondition-required'] as const satisfies readonly Reason[]

export const settingsPaths = {
  [`${tenant}/settings`]: {
    get: {
      ...common('Settings'),
      operationId: 'readSettings',
      summary: 'Read the settings',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('All of them.', 'Settings', {}, { ETag: etag }), ...refusals([]) },
    },
    put: {
      ...common('Settings'),
      operationId: 'changeSettings',
      summary: 'Change the settings',
      description:
        'Replaces them as a whole; all but pendingLifetime have to be there. They hold from the next request on. Of a person, it asks for a fresh sign-in.',
      parameters: parameter('tenantCode', 'requiredMatch'),
      requestBody: body('Settings', bodyLimits.bulk, {}),
      responses: {
        200: answer('The settings as they are now.', 'Settings', {}, { ETag: etag }),
        ...refusals([
          ...ofBody,
          ...matching,
          'malformed-settings',
          'unworkable-settings',
          'realm-too-large',
          'changed-meanwhile',
        ]),
      },
    },
  },
  [`${tenant}/api-keys`]: {
    get: {
      ...common('API keys'),
      operationId: 'listApiKeys',
      summary: 'List API keys',
      description: 'The newest first; those that were revoked or have expired, too. Never their secrets.',
      parameters: [
        ...parameter('tenantCode', 'pageSize'),
        inQuery('pageIndex', 'Which page, from 0.', { type: 'integer', minimum: 0 }),
      ],
      responses: { 200: answer('One page.', 'ApiKeys'), ...refusals([]) },
    },
    post: {
      ...common('API keys'),
      operationId: 'createApiKey',
      summary: 'Make an API key',
      description: 'Its secret is in this answer and nowhere else. Nobody makes a key that may do what they may not.',
      parameters: parameter('tenantCode'),
      requestBody: body('NewApiKey', bodyLimits.one, {
        cms: example('For a Credential Management System', {
          name: 'Our CMS, 2027',
          scopes: ['users:read', 'authenticators:read', 'authenticators:write'],
        }),
      }),
      responses: {
        201: answer(
          'It was made.',
          'ApiKeyMade',
          {},
          { Location: header('The address of the key.', { type: 'string', format: 'uri' }), ETag: etag },
        ),
        ...refusals([...ofBody, 'malformed-api-key', 'scope-beyond-caller']),
      },
    },
  },
  [`${tenant}/api-keys/{keyId}`]: {
    get: {
      ...common('API keys'),
      operationId: 'readApiKey',
      summary: 'Read an API key',
      parameters: parameter('tenantCode', 'keyId'),
      responses: { 200: answer('The key.', 'ApiKey', {}, { ETag: etag }), ...refusals(['api-key-not-found']) },
    },
    patch: {
      ...common('API keys'),
      operationId: 'changeApiKey',
      summary: 'Rename an API key, or have it end at another time',
      parameters: parameter('tenantCode', 'keyId', 'ifMatch'),
      requestBody: body(
        'ApiKeyChange',
        bodyLimits.one,
        { forever: example('It ends by itself no more', { expiresDateTime: null }) },
        patchTypes,
      ),
      responses: {
        200: answer('The key as it is now.', 'ApiKey', {}, { ETag: etag }),
        ...refusals([
          ...ofBody,
          'api-key-not-found',
          'malformed-api-key',
          'scope-beyond-caller',
          'changed-since',
          'changed-meanwhile',
        ]),
      },
    },
    delete: {
      ...common('API keys'),
      operationId: 'revokeApiKey',
      summary: 'Revoke an API key',
      description: 'Whoever holds it is refused from the next request on. It stays in the list, with the date.',
      parameters: parameter('tenantCode', 'keyId'),
      responses: { 204: { description: 'It is revoked.' }, ...refusals(['api-key-not-found']) },
    },
  },
  [`${tenant}/mails`]: {
    get: {
      ...common('Mails'),
      operationId: 'listMails',
      summary: 'List the mails that are sent from here',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('Their names, and the languages they are in.', 'Mails'), ...refusals([]) },
    },
  },
  [`${tenant}/mails/{template}`]: {
    get: {
      ...common('Mails'),
      operationId: 'previewMail',
      summary: 'See what a mail looks like',
      description: 'With a sample in it, which nobody was sent.',
      parameters: [
        ...parameter('tenantCode', 'template'),
        inQuery('locale', 'In which language.', { enum: locales, default: 'en' }),
      ],
      responses: { 200: answer('The mail.', 'MailPreview'), ...refusals(['mail-not-found']) },
    },
  },
  [`${tenant}/mails/{template}/test`]: {
    post: {
      ...common('Mails'),
      operationId: 'testMail',
      summary: 'Have a mail sent to oneself',
      description:
        'The sample goes to the verified address of the person who asks, and nowhere else. It counts among the mails that they may be sent.',
      parameters: parameter('tenantCode', 'template'),
      requestBody: body('MailTest', bodyLimits.one, { german: example('In German', { locale: 'de' }) }),
      responses: {
        202: answer('It is on its way.', 'MailTested'),
        ...refusals([
          ...ofBody,
          'mail-not-found',
          'not-a-person',
          'no-verified-address',
          'too-many-mails',
          'mail-failed',
          'changed-meanwhile',
        ]),
      },
    },
  },
} as const

/** As a setting's form has it. */
function schemaOf(form: SettingForm): Json {
  switch (form.kind) {
    case 'switch':
      return { type: 'boolean' }
    case 'choice':
      return { enum: form.of }
    case 'number':
      return { type: 'integer', minimum: form.least, maximum: form.most }
    case 'acr':
      return { type: 'string', description: 'A name of the realm’s map of levels.' }
    case 'aaguids':
      return { type: 'array', maxItems: mostAaguids, items: { type: 'string' } }
    case 'certificates':
      return { type: 'array', maxItems: mostRoots, items: { type: 'string', maxLength: longestRoot } }
    case 'algorithms':
      return { type: 'array', items: { enum: signingAlgorithms } }
  }
}

const scopes: Json = { type: 'array', minItems: 1, items: { enum: apiScopes } }
const name = line(longestKeyName, 'What people know it by.')
const template: Json = { enum: mailTemplateNames }

const apiKey = object(
  {
    id: { type: 'string' },
    name: { type: 'string' },
    scopes: { type: 'array', items: { enum: apiScopes } },
    state: { enum: ['active', 'expired', 'revoked'] },
    createdDateTime: dateTime('When it was made.'),
    lastUsedDateTime: dateTime('When it was last used, to the minute.'),
    expiresDateTime: dateTime('When it ends by itself.'),
    revokedDateTime: dateTime('When it was revoked.'),
  },
  ['id', 'name', 'scopes', 'state', 'createdDateTime'],
  strict,
)

export const settingsSchemas = {
  Settings: object(
    Object.fromEntries(settingNames.map((each) => [each, schemaOf(settingForms[each])])),
    settingNames.filter((each) => !isOptional(settingForms[each])),
    { ...strict, description: 'What each means is in docs/operations.md. Times are in seconds.' },
  ),
  ApiKey: apiKey,
  ApiKeys: numbered('ApiKey'),
  NewApiKey: object(
    { name, scopes, expiresDateTime: dateTime('When it ends by itself; never, if left out.') },
    ['name', 'scopes'],
    strict,
  ),
  ApiKeyMade: object(
    { apiKey, secret: { type: 'string', description: 'The whole key, as it goes into a request. Only here.' } },
    ['apiKey', 'secret'],
    strict,
  ),
  ApiKeyChange: object(
    { name, expiresDateTime: { type: ['string', 'null'], format: 'date-time', description: 'null: never.' } },
    [],
    strict,
  ),
  Mails: object(
    {
      from: { type: 'string' },
      locales: { type: 'array', items: { enum: locales } },
      mails: { type: 'array', items: object({ template }, ['template'], strict) },
    },
    ['from', 'locales', 'mails'],
    strict,
  ),
  MailPreview: object(
    {
      template,
      locale: { enum: locales },
      from: { type: 'string' },
      subject: { type: 'string' },
      html: { type: 'string' },
      text: { type: 'string' },
    },
    ['template', 'locale', 'from', 'subject', 'html', 'text'],
    strict,
  ),
  MailTest: object({ locale: { enum: locales } }, [], strict),
  MailTested: object({ template, to: { type: 'string' } }, ['template', 'to'], strict),
} as const satisfies Record<string, Json>
