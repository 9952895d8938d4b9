/** The API for a Credential Management System: one-time passwords of apps and hardware tokens. */
import { bodyLimits, patchTypes } from '../../api/asked.ts'
import type { tokenScopes } from '../../api/caller.ts'
import type { Reason } from '../../api/problems.ts'
import { containerType, preSharedKeyPattern } from '../../one-time-passwords/container.ts'
import {
  answer,
  body,
  example,
  header,
  inHeader,
  inQuery,
  type Json,
  ofBody,
  parameter,
  refusals,
  tenant,
} from './parts.ts'

const etag = header('The version of the one-time password, for If-Match. That a code was used does not change it.')
const location = header('The address of the one-time password.', { type: 'string', format: 'uri' })
const replayed = header('true: this is the answer that an earlier request with this Idempotency-Key was given.')

const ofUser = `${tenant}/users/{userId}`

const about = {
  tags: ['One-time passwords'],
  security: [{ apiKey: [] }, { clientCredentials: ['one-time-passwords'] satisfies (keyof typeof tokenScopes)[] }],
}

const importReasons = [
  ...ofBody,
  'user-not-found',
  'import-disabled',
  'bad-otpauth-uri',
  'different-one-time-password',
  'too-many-one-time-passwords',
  'idempotency-key-reused',
  'changed-meanwhile',
] as const satisfies readonly Reason[]

const shown = {
  id: 'b3RwLW9mLWFubmEtMDAwMQ',
  type: 'totp',
  state: 'active',
  origin: 'imported',
  algorithm: 'SHA1',
  digits: 6,
  period: 30,
  serialNumber: '987654321',
  createdDateTime: '2027-01-15T08:00:00.000Z',
  lastUsedDateTime: null,
}

const members = { type: 'totp', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', serialNumber: '987654321' }
const uri = 'otpauth://hotp/Example:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example&counter=0'

const container = `<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">
  <KeyPackage>
    <DeviceInfo><SerialNo>987654321</SerialNo></DeviceInfo>
    <Key Id="12345678" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp">
      <AlgorithmParameters><ResponseFormat Length="8" Encoding="DECIMAL"/></AlgorithmParameters>
      <Data>
        <Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>
        <Counter><PlainValue>0</PlainValue></Counter>
      </Data>
      <UserId>UID=anna,DC=example,DC=org</UserId>
    </Key>
  </KeyPackage>
</KeyContainer>`

const bulk = body('BulkOneTimePasswordImport', bodyLimits.bulk, {
  two: example('Two people, one by each form', {
    items: [
      { userId: 'anna', ...members },
      { userId: 'bela', uri },
    ],
  }),
})

export const oneTimePasswordPaths = {
  [`${tenant}/one-time-passwords:import`]: {
    post: {
      ...about,
      operationId: 'importOneTimePasswords',
      summary: 'Import up to a hundred one-time passwords',
      description:
        'As JSON, or as a Portable Symmetric Key Container (RFC 6030) with plain values or with values encrypted by AES-128-CBC with a pre-shared key and authenticated by HMAC-SHA1; a container names each user by UserId. Each is imported or refused by itself; the answer is 200 with the result of each. Sending the same again changes nothing and answers 200 for each that is there.',
      parameters: [
        ...parameter('tenantCode'),
        inQuery('dryRun', 'true: nothing is changed, and each result is what would happen.', {
          enum: ['true', 'false'],
          default: 'false',
        }),
        inHeader('Pre-Shared-Key', 'For an encrypted container: its key, in hexadecimal.', {
          type: 'string',
          pattern: preSharedKeyPattern,
        }),
      ],
      requestBody: {
        ...bulk,
        content: {
          ...(bulk.content as Json),
          [containerType]: {
            schema: { type: 'string' },
            examples: { one: example('A hardware token', container) },
          },
        },
      },
      responses: {
        200: answer('What came of each.', 'BulkOneTimePasswordResult', {
          one: example('One imported', {
            dryRun: false,
            results: [{ index: 0, status: 201, oneTimePassword: shown }],
          }),
        }),
        ...refusals([...ofBody, 'bad-pskc']),
      },
    },
  },
  [`${ofUser}/one-time-passwords`]: {
    get: {
      ...about,
      operationId: 'listOneTimePasswords',
      summary: 'List a user’s one-time passwords',
      description: 'All of them, in the order they came, and how many recovery codes are left.',
      parameters: parameter('tenantCode', 'userId'),
      responses: { 200: answer('The list.', 'OneTimePasswords'), ...refusals(['user-not-found']) },
    },
    post: {
      ...about,
      operationId: 'importOneTimePassword',
      summary: 'Import a one-time password',
      description:
        'It counts at once. The same secret for the same user again is answered with 200 and what is there, unchanged.',
      parameters: parameter('tenantCode', 'userId', 'idempotencyKey'),
      requestBody: body('OneTimePasswordImport', bodyLimits.one, {
        members: example('Member by member', members),
        uri: example('What a QR code holds', { uri, friendlyName: 'Key fob' }),
      }),
      responses: {
        200: answer('It was there already.', 'OneTimePassword', {}, { ETag: etag, 'Idempotency-Replayed': replayed }),
        201: answer(
          'It was imported.',
          'OneTimePassword',
          { one: example('An active one', shown) },
          { Location: location, ETag: etag, 'Idempotency-Replayed': replayed },
        ),
        ...refusals(importReasons),
      },
    },
  },
  [`${ofUser}/one-time-passwords/{oneTimePasswordId}`]: {
    get: {
      ...about,
      operationId: 'readOneTimePassword',
      summary: 'Read a one-time password',
      parameters: parameter('tenantCode', 'userId', 'oneTimePasswordId'),
      responses: {
        200: answer('The one-time password.', 'OneTimePassword', {}, { ETag: etag }),
        ...refusals(['user-not-found', 'one-time-password-not-found']),
      },
    },
    patch: {
      ...about,
      operationId: 'changeOneTimePassword',
      summary: 'Rename, suspend, resume or unlock a one-time password',
      description:
        'Suspending ends the sessions that it proved. Asking for what is so already changes nothing and succeeds. Those that their users set up, too.',
      parameters: parameter('tenantCode', 'userId', 'oneTimePasswordId', 'ifMatch'),
      requestBody: body(
        'OneTimePasswordChange',
        bodyLimits.one,
        { unlock: example('The user has called the help desk', { state: 'active' }) },
        patchTypes,
      ),
      responses: {
        200: answer('The one-time password as it is now.', 'OneTimePassword', {}, { ETag: etag }),
        ...refusals([
          ...ofBody,
          'user-not-found',
          'one-time-password-not-found',
          'wrong-state',
          'changed-meanwhile',
          'precondition-failed',
        ]),
      },
    },
    delete: {
      ...about,
      operationId: 'deleteOneTimePassword',
      summary: 'Delete a one-time password',
      description: 'In whatever state it is, and whoever set it up. With the last one go the recovery codes.',
      parameters: parameter('tenantCode', 'userId', 'oneTimePasswordId', 'ifMatch'),
      responses: {
        204: { description: 'It is gone, at once, and so are the sessions that it proved.' },
        ...refusals(['user-not-found', 'one-time-password-not-found', 'changed-meanwhile', 'precondition-failed']),
      },
    },
  },
} as const satisfies Record<string, Json>
