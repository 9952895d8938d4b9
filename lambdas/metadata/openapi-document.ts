/**
 * The description of the API (OpenAPI 3.1), written once, as data; its areas are in `openapi/`.
 *
 * Limits come from the constants that the parsers use, codes of problems from the table that makes them. What is left to
 * be wrong here is held against the real answers by `test/contract.ts`, whatever test brings them about.
 */
import { apiScopes } from '../../src/core/api-key.ts'
import type { tokenScopes } from '../api/caller.ts'
import { accountPaths } from './openapi/account.ts'
import { accountSchemas } from './openapi/account-schemas.ts'
import { auditPaths, auditSchemas } from './openapi/audit.ts'
import { authenticatorSchemas } from './openapi/authenticator-schemas.ts'
import { authenticatorPaths } from './openapi/authenticators.ts'
import { callerPaths, callerSchemas } from './openapi/caller.ts'
import { clientSchemas } from './openapi/client-schemas.ts'
import { clientPaths } from './openapi/clients.ts'
import { consentPaths, consentSchemas } from './openapi/consents.ts'
import { oneTimePasswordSchemas } from './openapi/one-time-password-schemas.ts'
import { oneTimePasswordPaths } from './openapi/one-time-passwords.ts'
import { commonSchemas, parameters, responses } from './openapi/parts.ts'
import { scimPaths, scimSchemas } from './openapi/scim.ts'
import { sessionPaths, sessionSchemas } from './openapi/sessions.ts'
import { settingsPaths, settingsSchemas } from './openapi/settings.ts'
import { statisticsPaths, statisticsSchemas } from './openapi/statistics.ts'
import { stepUpPaths } from './openapi/step-up.ts'
import { stepUpSchemas } from './openapi/step-up-schemas.ts'
import { userPaths, userSchemas } from './openapi/users.ts'
import { webhookPaths, webhookSchemas } from './openapi/webhooks.ts'

const schemas = {
  ...userSchemas,
  ...authenticatorSchemas,
  ...oneTimePasswordSchemas,
  ...stepUpSchemas,
  ...clientSchemas,
  ...sessionSchemas,
  ...consentSchemas,
  ...statisticsSchemas,
  ...settingsSchemas,
  ...accountSchemas,
  ...scimSchemas,
  ...callerSchemas,
  ...auditSchemas,
  ...webhookSchemas,
  ...commonSchemas,
}
const paths = {
  ...userPaths,
  ...settingsPaths,
  ...statisticsPaths,
  ...authenticatorPaths,
  ...oneTimePasswordPaths,
  ...stepUpPaths,
  ...clientPaths,
  ...sessionPaths,
  ...consentPaths,
  ...accountPaths,
  ...scimPaths,
  ...callerPaths,
  ...auditPaths,
  ...webhookPaths,
}

/** The document of a deployment. */
export const openapiDocument = ({ issuer }: { issuer: string }) => ({
  openapi: '3.1.0',
  info: {
    title: 'Keystep: people, authenticators, step-up and applications',
    version: '1',
    summary:
      'Users, authenticators of all kinds, applications, sessions and consents; flows, levels and policies, with the reasons of their decisions; settings, API keys, webhooks, the audit log and statistics; SCIM 2.0; and what people manage themselves.',
    description:
      'Errors are problem documents (RFC 9457); `code` is for programs and does not change. Unknown members of a body and unknown parameters are refused.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: issuer }],
  security: [{ apiKey: [] }, { clientCredentials: ['authenticators'] satisfies (keyof typeof tokenScopes)[] }],
  tags: [
    { name: 'Users' },
    { name: 'Authenticators' },
    { name: 'One-time passwords' },
    { name: 'Step-up' },
    { name: 'Clients' },
    { name: 'Consents' },
    { name: 'Sessions' },
    { name: 'Settings' },
    { name: 'API keys' },
    { name: 'Mails' },
    { name: 'Webhooks' },
    { name: 'Audit log' },
    { name: 'Statistics' },
    { name: 'My account' },
    { name: 'SCIM' },
    { name: 'Caller' },
  ],
  paths,
  components: {
    schemas,
    parameters,
    responses,
    securitySchemes: {
      apiKey: {
        type: 'apiKey',
        in: 'header',
        name: 'apikey',
        description: `Made by an operator, shown once. Its scopes are among ${apiScopes.join(', ')}.`,
      },
      apiKeyAsBearer: {
        type: 'http',
        scheme: 'bearer',
        description: 'The same key, for clients that know no other way: SCIM’s.',
      },
      clientCredentials: {
        type: 'oauth2',
        flows: {
          clientCredentials: {
            tokenUrl: `${issuer}/token`,
            scopes: {
              authenticators: 'Users and authenticators.',
              'one-time-passwords': 'One-time passwords.',
              'step-up': 'Flows, policies and explanations.',
              clients: 'Applications and their secrets.',
              sessions: 'Where people are signed in, and the end of it.',
              consents: 'What people allowed applications, and its withdrawal.',
              users: 'People: made, changed and deleted, by SCIM too.',
              service: 'Settings, API keys, webhooks, roles, the audit log and statistics.',
            } satisfies Record<keyof typeof tokenScopes, string>,
          },
        },
      },
      person: {
        type: 'oauth2',
        description: 'An access token that a person’s own application was given, with resource={issuer}/api/v1.',
        flows: {
          authorizationCode: {
            authorizationUrl: `${issuer}/authorize`,
            tokenUrl: `${issuer}/token`,
            scopes: { account: 'What is one’s own.', administration: 'What one’s roles allow.' },
          },
        },
      },
    },
  },
})
