/** The API that registers applications. */
import { bodyLimits } from '../../api/asked.ts'
import type { tokenScopes } from '../../api/caller.ts'
import type { Reason } from '../../api/problems.ts'
import { answer, body, example, header, type Json, ofBody, parameter, refusals, tenant } from './parts.ts'

const one = `${tenant}/clients/{clientId}`

const common = {
  tags: ['Clients'],
  security: [{ apiKey: [] }, { clientCredentials: ['clients' satisfies keyof typeof tokenScopes] }],
} as const

const etag = header('The version of the registration, for If-Match: a tag of its bytes.')
const location = header('The address of the client.', { type: 'string', format: 'uri' })

const registering = [
  ...ofBody,
  'invalid_redirect_uri',
  'invalid_client_metadata',
  'scope-beyond-caller',
  'unworkable-policy',
  'changed-meanwhile',
] as const satisfies readonly Reason[]

const shop = {
  client_name: 'Shop',
  redirect_uris: ['https://shop.example.com/callback'],
  post_logout_redirect_uris: ['https://shop.example.com/'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access',
}

const bank = {
  client_id: 'bank',
  client_name: 'Bank',
  profile: 'fapi2',
  redirect_uris: ['https://bank.example.com/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  dpop_bound_access_tokens: true,
  jwks: {
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        kid: 'bank-1',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    ],
  },
}

const machine = { client_name: 'Nightly report', grant_types: ['client_credentials'], scope: 'reports' }

export const clientPaths = {
  [`${tenant}/clients`]: {
    get: {
      ...common,
      operationId: 'listClients',
      summary: 'List clients',
      parameters: parameter('tenantCode', 'pageSize', 'cursor'),
      responses: { 200: answer('A page of them, by their id.', 'Clients'), ...refusals([]) },
    },
    post: {
      ...common,
      operationId: 'registerClient',
      summary: 'Register a client',
      description:
        'Without client_id it gets one. A secret is made where it authenticates by one, and shown this once. What a document names by its address is looked at: jwks_uri, sector_identifier_uri.',
      parameters: parameter('tenantCode'),
      requestBody: body('Client', bodyLimits.one, {
        web: example('A web application', shop),
        fapi: example('A client of FAPI 2.0', bank),
        machine: example('A machine', machine),
      }),
      responses: {
        201: answer('It is registered.', 'ClientChanged', {}, { Location: location, ETag: etag }),
        ...refusals([...registering, 'client-exists', 'too-many-clients']),
      },
    },
  },
  [one]: {
    get: {
      ...common,
      operationId: 'readClient',
      summary: 'Read a client',
      description: 'What is read can be sent back. Secrets are not in it.',
      parameters: parameter('tenantCode', 'clientId'),
      responses: { 200: answer('The client.', 'Client', {}, { ETag: etag }), ...refusals(['client-not-found']) },
    },
    put: {
      ...common,
      operationId: 'changeClient',
      summary: 'Change a client',
      description:
        'Replaces the registration as a whole: what is left out is as in a new one. Secrets and the step-up policy stay, but for default_acr_values.',
      parameters: parameter('tenantCode', 'clientId', 'requiredMatch'),
      requestBody: body('Client', bodyLimits.one, {
        disabled: example('Out of use for a while', { ...shop, enabled: false }),
      }),
      responses: {
        200: answer('The client as it is now.', 'ClientChanged', {}, { ETag: etag }),
        ...refusals([...registering, 'changed-since', 'precondition-required', 'client-not-found']),
      },
    },
    delete: {
      ...common,
      operationId: 'deleteClient',
      summary: 'Delete a client',
      description: 'Its tokens are good for nothing from then on.',
      parameters: parameter('tenantCode', 'clientId', 'ifMatch'),
      responses: {
        204: { description: 'It is gone.' },
        ...refusals(['client-not-found', 'changed-since', 'changed-meanwhile']),
      },
    },
  },
  [`${one}/secrets`]: {
    get: {
      ...common,
      operationId: 'listClientSecrets',
      summary: 'List a client’s secrets',
      description: 'When each was made and until when it is good. Never the secret.',
      parameters: parameter('tenantCode', 'clientId'),
      responses: { 200: answer('Those that are good.', 'ClientSecrets'), ...refusals(['client-not-found']) },
    },
    post: {
      ...common,
      operationId: 'rotateClientSecret',
      summary: 'Rotate a client’s secret',
      description: 'The new secret is shown this once. The one before is good for the overlap; there are never three.',
      parameters: parameter('tenantCode', 'clientId'),
      requestBody: body('Rotation', bodyLimits.one, {
        hour: example('The old one ends in an hour', { overlap: 3600 }),
        leaked: example('The old one ends at once', { overlap: 0 }),
      }),
      responses: {
        201: answer('The new secret.', 'Rotated'),
        ...refusals([
          ...ofBody,
          'malformed-overlap',
          'client-not-found',
          'client-has-no-secret',
          'secret-still-retiring',
          'scope-beyond-caller',
          'changed-meanwhile',
        ]),
      },
    },
  },
  [`${one}/secrets/retiring`]: {
    delete: {
      ...common,
      operationId: 'endRetiringClientSecret',
      summary: 'End a retiring secret',
      parameters: parameter('tenantCode', 'clientId'),
      responses: {
        204: { description: 'It is good no more.' },
        ...refusals(['client-not-found', 'no-retiring-secret', 'scope-beyond-caller', 'changed-meanwhile']),
      },
    },
  },
} as const satisfies Record<string, Json>
