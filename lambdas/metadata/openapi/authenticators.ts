/** The API for a Credential Management System: authenticators of users. */
import { authenticatorStates } from '../../../src/core/authenticator.ts'
import { bodyLimits, challengeMinutes, patchTypes } from '../../api/asked.ts'
import { pageIndexes } from '../../api/pages.ts'
import { problems, type Reason } from '../../api/problems.ts'
import { attestedKey, imported, pemKey, rawKey } from './authenticator-examples.ts'
import { answer, body, example, header, inQuery, type Json, ofBody, parameter, refusals, tenant } from './parts.ts'

const etag = header('The version of the authenticator, for If-Match. That a key was used does not change it.')
const location = header('The address of the authenticator.', { type: 'string', format: 'uri' })
const replayed = header('true: this is the answer that an earlier request with this Idempotency-Key was given.')

const ofUser = `${tenant}/users/{userId}`

const importReasons = [
  ...ofBody,
  'user-not-found',
  'import-disabled',
  'rp-id-mismatch',
  'unsupported-algorithm',
  'bad-public-key',
  'aaguid-not-allowed',
  'attestation-invalid',
  'taken',
  'different-key',
  'too-many-authenticators',
  'idempotency-key-reused',
  'changed-meanwhile',
] as const satisfies readonly Reason[]

const noContent = { description: 'It is gone, at once, and so are the sessions that it proved.' }

export const authenticatorPaths = {
  [`${tenant}/fido-models`]: {
    get: {
      operationId: 'listFidoModels',
      tags: ['Authenticators'],
      summary: 'What models of security keys are called',
      description:
        'As the FIDO Metadata Service has them, where an operator loaded them. What is not known is left out.',
      parameters: [
        ...parameter('tenantCode'),
        inQuery('aaguid', 'One AAGUID, or up to a hundred with commas between them.', { type: 'string' }, true),
      ],
      responses: { 200: answer('Those that are known.', 'FidoModels'), ...refusals([]) },
    },
  },
  [`${tenant}/authenticators`]: {
    get: {
      operationId: 'searchAuthenticators',
      tags: ['Authenticators'],
      summary: 'Find authenticators by their state',
      description:
        'Of all users, oldest first, in pages; how many there are in all is not known. The list may be some seconds behind. A page may hold fewer than it has room for, even none, and still have a next one: pending keys that nobody activated in time are left out.',
      parameters: [
        ...parameter('tenantCode'),
        inQuery('state', 'The state they are in.', { enum: authenticatorStates }, true),
        inQuery(
          'olderThan',
          'Only those created before this time (RFC 3339), or longer ago than this duration (ISO 8601 in weeks, days, hours, minutes, seconds), such as P30D.',
          { type: 'string' },
        ),
        ...parameter('pageSize', 'cursor'),
      ],
      responses: {
        200: answer('A page of authenticators, each with its user.', 'UsersAuthenticators'),
        ...refusals([]),
      },
    },
  },
  [`${tenant}/authenticators:import`]: {
    post: {
      operationId: 'importAuthenticators',
      tags: ['Authenticators'],
      summary: 'Import up to a hundred authenticators',
      description:
        'Each item is imported or refused by itself; the answer is 200 with the result of each. Of items with one credential ID the first is imported. With an Idempotency-Key, sending the same request again imports what was refused, and answers for the rest what was answered before.',
      parameters: [
        ...parameter('tenantCode', 'idempotencyKey'),
        inQuery(
          'dryRun',
          'true: nothing is changed, and each result is what would happen. Idempotency-Key has no effect.',
          {
            enum: ['true', 'false'],
            default: 'false',
          },
        ),
      ],
      requestBody: body('BulkImport', bodyLimits.bulk, {
        two: example('Two keys for two users', {
          items: [
            { userId: 'anna', ...rawKey },
            { userId: '7d0e2f3c-6f0e-4d0b-9a53-0d6a3a6e0b11', ...pemKey },
          ],
        }),
      }),
      responses: {
        200: answer('What came of each item.', 'BulkResult', {
          one: example('One imported, one refused', {
            dryRun: false,
            results: [
              { index: 0, status: 201, authenticator: imported },
              {
                index: 1,
                status: 404,
                problem: {
                  type: 'urn:keystep:problem:user-not-found',
                  title: problems['user-not-found'].title,
                  status: 404,
                  code: 'user-not-found',
                },
              },
            ],
          }),
        }),
        ...refusals([...ofBody, 'idempotency-key-reused']),
      },
    },
  },
  [`${ofUser}/authenticators`]: {
    get: {
      operationId: 'listAuthenticators',
      tags: ['Authenticators'],
      summary: 'List a user’s authenticators',
      description: 'In the order they were made. A pending key that nobody activated in time is gone.',
      parameters: [
        ...parameter('tenantCode', 'userId'),
        inQuery('pageIndex', 'Which page, from 0.', {
          type: 'integer',
          minimum: pageIndexes.least,
          maximum: pageIndexes.most,
          default: pageIndexes.usual,
        }),
        ...parameter('pageSize'),
      ],
      responses: { 200: answer('A page of authenticators.', 'Authenticators'), ...refusals(['user-not-found']) },
    },
    post: {
      operationId: 'importAuthenticator',
      tags: ['Authenticators'],
      summary: 'Import an authenticator',
      description:
        'It is pending until its user activates it. The same key for the same user again is answered with 200 and the authenticator that is there, unchanged; a key is the same when its credential ID, public key and RP ID are.',
      parameters: parameter('tenantCode', 'userId', 'idempotencyKey'),
      requestBody: body('Import', bodyLimits.one, {
        raw: example('A public key as COSE_Key: the CMS vouches for it', rawKey),
        pem: example('A public key as PEM, void if nobody activates it in time', pemKey),
        attested: example('The answer to a challenge of creation-options: the key vouches for itself', attestedKey),
      }),
      responses: {
        200: answer('It was there already.', 'Authenticator', {}, { ETag: etag, 'Idempotency-Replayed': replayed }),
        201: answer(
          'It was imported.',
          'Authenticator',
          { raw: example('A key that waits for its user', imported) },
          { Location: location, ETag: etag, 'Idempotency-Replayed': replayed },
        ),
        ...refusals(importReasons),
      },
    },
  },
  [`${ofUser}/authenticators/creation-options`]: {
    get: {
      operationId: 'creationOptions',
      tags: ['Authenticators'],
      summary: 'Get a challenge for a key to attest to',
      description:
        'Each call makes another challenge, for this user, to be answered once. Give publicKey to navigator.credentials.create at an origin that the deployment names, and send what it returns as an attested import.',
      parameters: [
        ...parameter('tenantCode', 'userId'),
        inQuery('challengeTimeoutInMinutes', 'How long the challenge is good.', {
          type: 'integer',
          minimum: challengeMinutes.least,
          maximum: challengeMinutes.most,
          default: challengeMinutes.usual,
        }),
      ],
      responses: {
        200: answer('What the browser is asked.', 'CreationOptions'),
        ...refusals(['user-not-found', 'import-disabled']),
      },
    },
  },
  [`${ofUser}/authenticators/{authenticatorId}`]: {
    get: {
      operationId: 'readAuthenticator',
      tags: ['Authenticators'],
      summary: 'Read an authenticator',
      parameters: parameter('tenantCode', 'userId', 'authenticatorId'),
      responses: {
        200: answer('The authenticator.', 'Authenticator', {}, { ETag: etag }),
        ...refusals(['user-not-found', 'authenticator-not-found']),
      },
    },
    patch: {
      operationId: 'changeAuthenticator',
      tags: ['Authenticators'],
      summary: 'Rename, suspend or resume an authenticator',
      description:
        'Suspending ends the sessions that the key proved. Asking for what is so already changes nothing and succeeds. Of a program, only authenticators that were imported.',
      parameters: parameter('tenantCode', 'userId', 'authenticatorId', 'ifMatch'),
      requestBody: body(
        'Change',
        bodyLimits.one,
        {
          rename: example('Another name', { friendlyName: 'Green security key' }),
          suspend: example('The key is lost, perhaps', { state: 'suspended' }),
        },
        patchTypes,
      ),
      responses: {
        200: answer('The authenticator as it is now.', 'Authenticator', {}, { ETag: etag }),
        ...refusals([
          ...ofBody,
          'user-not-found',
          'authenticator-not-found',
          'not-imported',
          'only-the-user-activates',
          'wrong-state',
          'changed-meanwhile',
          'precondition-failed',
        ]),
      },
    },
    delete: {
      operationId: 'deleteAuthenticator',
      tags: ['Authenticators'],
      summary: 'Delete an authenticator',
      description:
        'In whatever state it is. A program deletes those that were imported, a person with a role those that were not.',
      parameters: parameter('tenantCode', 'userId', 'authenticatorId', 'ifMatch'),
      responses: {
        204: noContent,
        ...refusals([
          'user-not-found',
          'authenticator-not-found',
          'not-imported',
          'managed-by-cms',
          'changed-meanwhile',
          'precondition-failed',
        ]),
      },
    },
  },
  [`${ofUser}/authenticators/{authenticatorId}/break-glass`]: {
    post: {
      operationId: 'breakGlass',
      tags: ['Authenticators'],
      summary: 'Delete an imported authenticator past its CMS',
      description:
        'For people alone, with the scope authenticators:break-glass and a fresh sign-in at the sensitive level. The CMS is told, where it has a webhook.',
      parameters: parameter('tenantCode', 'userId', 'authenticatorId', 'ifMatch'),
      requestBody: body('BreakGlass', bodyLimits.one, {
        lost: example('The CMS cannot be reached', { reason: 'Stolen on 3 March; the CMS is down, incident 4711.' }),
      }),
      responses: {
        204: noContent,
        ...refusals([
          ...ofBody,
          'user-not-found',
          'authenticator-not-found',
          'changed-meanwhile',
          'precondition-failed',
        ]),
      },
    },
  },
} as const satisfies Record<string, Json>
