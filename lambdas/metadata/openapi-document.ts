/**
 * The description of the CMS's API (OpenAPI 3.1), written once, as data.
 *
 * Limits come from the constants that the parsers use, codes of problems from the table that makes them. What is left to
 * be wrong here is held against the real answers by `test/lambdas/authenticators/cms.ts`, through which every test of the
 * API calls it.
 */
import { authenticatorStates } from '../../src/core/authenticator.ts'
import { offeredAlgorithms } from '../../src/core/cose-key.ts'
import { aaguidPattern, challengeIdPattern, importLimits, transportNames } from '../../src/core/import-request.ts'
import { bodyLimits, challengeMinutes, idempotencyKeyPattern, patchTypes } from '../authenticators/asked.ts'
import { tokenScope } from '../authenticators/caller.ts'
import { pageIndexes, pageSizes } from '../authenticators/pages.ts'
import { problems, type Reason } from '../authenticators/problems.ts'

type Json = { readonly [member: string]: unknown }

const ref = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` })
const schema = (name: keyof typeof schemas): Json => ref('schemas', name)

// --- Schemas ------------------------------------------------------------------------------------------------------

const base64url = (bytes: number, description: string): Json => ({
  type: 'string',
  pattern: '^[A-Za-z0-9_-]+$',
  minLength: 2,
  maxLength: Math.ceil((bytes * 4) / 3),
  description: `${description} Base64url without padding, 1 to ${bytes} bytes.`,
})

const line = (most: number, description: string): Json => ({
  type: 'string',
  minLength: 1,
  maxLength: most,
  pattern: '\\S',
  description: `${description} No control or other unprintable characters.`,
})

const dateTime = (description: string): Json => ({ type: 'string', format: 'date-time', description })
const orNever = (description: string): Json => ({ type: ['string', 'null'], format: 'date-time', description })
const object = (properties: Json, required: readonly string[], more: Json = {}): Json => ({
  type: 'object',
  properties,
  required,
  ...more,
})
const strict = { additionalProperties: false } as const

const friendlyName = line(importLimits.friendlyName, 'What its user calls it.')
const externalId = line(importLimits.externalId, 'What the CMS calls it.')
const serialNumber = line(importLimits.serialNumber, 'What is printed on it.')
const aaguid: Json = { type: 'string', pattern: aaguidPattern, description: 'The model of the key, a UUID.' }
const transports: Json = {
  type: 'array',
  items: { enum: transportNames },
  maxItems: transportNames.length,
  uniqueItems: true,
}
const counter: Json = { type: 'integer', minimum: 0, maximum: importLimits.signatureCounter }

const importProperties = {
  type: { const: 'fido' },
  friendlyName,
  externalId,
  serialNumber,
  expiresAt: dateTime(
    'When a key that nobody activated is void; in the future. Left out: the setting of the realm, which may be never.',
  ),
  metadata: ref('schemas', 'ImportMetadata'),
}
const importRequired = ['type', 'metadata']

const authenticatorProperties = {
  id: { type: 'string' },
  type: { const: 'fido' },
  state: { enum: authenticatorStates },
  friendlyName,
  externalId,
  serialNumber,
  origin: {
    enum: ['imported', 'local'],
    description: 'A CMS changes and deletes imported ones only; what a user made here it can read.',
  },
  provenance: {
    enum: ['attested', 'raw'],
    description: 'Whether an attestation was verified at import, or the CMS’s word was taken.',
  },
  createdDateTime: dateTime('When it was imported.'),
  activatedDateTime: dateTime('When its user activated it.'),
  expiresDateTime: dateTime('Of a pending one: when it is void.'),
  lastUsedAuthnDateTime: orNever('When it last answered, rightly or wrongly; null: never.'),
  lastSuccessAuthnDateTime: orNever('When its user last signed in with it; null: never.'),
  metadata: object(
    {
      rpId: { type: 'string' },
      credentialId: base64url(importLimits.credentialId, 'The credential ID.'),
      publicKey: base64url(importLimits.publicKey, 'COSE_Key (RFC 9052), canonical, also where a PEM was imported.'),
      algorithm: { enum: offeredAlgorithms, description: 'COSE algorithm.' },
      aaguid: {
        ...aaguid,
        description:
          'The model. Certified when an attestation with a certificate was verified; otherwise what was claimed, which is part of no decision.',
      },
      transports,
      signatureCounter: counter,
      discoverable: { type: 'boolean' },
      backupEligible: { type: 'boolean' },
    },
    ['rpId', 'credentialId', 'publicKey', 'algorithm', 'signatureCounter'],
  ),
}
const authenticatorRequired = [
  'id',
  'type',
  'state',
  'origin',
  'provenance',
  'createdDateTime',
  'lastUsedAuthnDateTime',
  'lastSuccessAuthnDateTime',
  'metadata',
]

const links = object(
  {
    self: { type: 'string', format: 'uri' },
    next: { type: 'string', format: 'uri' },
    prev: { type: 'string', format: 'uri' },
  },
  ['self'],
)

const numbered = (item: string): Json =>
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

const cursored = (item: string, more: Json = {}): Json =>
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

const schemas = {
  User: object(
    {
      id: { type: 'string' },
      userName: { type: 'string' },
      email: { type: 'string' },
      displayName: { type: 'string' },
      enabled: { type: 'boolean' },
      createdDateTime: dateTime('When the user was created.'),
    },
    ['id', 'userName', 'displayName', 'enabled', 'createdDateTime'],
  ),
  Users: cursored('User', {
    totalItems: { type: 'integer', minimum: 0, description: 'Only with userName.' },
    pageIndex: { type: 'integer', minimum: 0, description: 'Only with userName.' },
  }),
  Authenticator: object(authenticatorProperties, authenticatorRequired),
  Authenticators: numbered('Authenticator'),
  UsersAuthenticator: object({ userId: { type: 'string' }, ...authenticatorProperties }, [
    'userId',
    ...authenticatorRequired,
  ]),
  UsersAuthenticators: cursored('UsersAuthenticator'),
  Import: object(importProperties, importRequired, strict),
  ImportMetadata: object(
    {
      rpId: {
        ...line(importLimits.rpId, 'The RP ID the key was made for.'),
        description: 'One of those that the deployment accepts.',
      },
      credentialId: base64url(importLimits.credentialId, 'The credential ID. No two users can have the same.'),
      aaguid,
      signatureCounter: { ...counter, default: 0 },
      transports,
      userHandle: base64url(
        importLimits.userHandle,
        'user.id of the ceremony, where it is not the one that creation-options gives.',
      ),
      discoverable: { type: 'boolean' },
      backupEligible: { type: 'boolean' },
      publicKey: base64url(importLimits.publicKey, 'COSE_Key (RFC 9052) in canonical CBOR.'),
      publicKeyPem: {
        type: 'string',
        maxLength: importLimits.publicKeyPem,
        description: 'SubjectPublicKeyInfo in PEM: BEGIN PUBLIC KEY.',
      },
      attestation: ref('schemas', 'Attestation'),
    },
    ['rpId', 'credentialId'],
    {
      ...strict,
      oneOf: [{ required: ['publicKey'] }, { required: ['publicKeyPem'] }, { required: ['attestation'] }],
    },
  ),
  Attestation: object(
    {
      clientDataJSON: base64url(importLimits.clientDataJSON, 'As the browser returned it.'),
      attestationObject: base64url(
        importLimits.attestationObject,
        'As the browser returned it. Format packed; others prove nothing that is checked here.',
      ),
      challengeId: {
        type: 'string',
        pattern: challengeIdPattern,
        description: 'Of creation-options. It is used up by the import. Without it the import is refused.',
      },
    },
    ['clientDataJSON', 'attestationObject'],
    strict,
  ),
  BulkImport: object(
    {
      items: {
        type: 'array',
        minItems: 1,
        maxItems: importLimits.items,
        items: object(
          {
            userId: { ...line(importLimits.userId, 'An id or a user name.') },
            ...importProperties,
          },
          ['userId', ...importRequired],
          strict,
        ),
      },
    },
    ['items'],
    strict,
  ),
  BulkResult: object(
    {
      dryRun: { type: 'boolean' },
      results: {
        type: 'array',
        description: 'In the order of the items.',
        items: object(
          {
            index: { type: 'integer', minimum: 0, maximum: importLimits.items - 1 },
            status: { type: 'integer', description: 'What a single import would have been answered with.' },
            authenticator: ref('schemas', 'Authenticator'),
            problem: ref('schemas', 'Problem'),
          },
          ['index', 'status'],
        ),
      },
    },
    ['dryRun', 'results'],
  ),
  Change: object(
    {
      friendlyName,
      state: {
        enum: ['active', 'suspended'],
        description: 'From one to the other. Only the user makes a pending authenticator active.',
      },
    },
    [],
    { ...strict, minProperties: 1 },
  ),
  CreationOptions: object(
    {
      publicKey: object(
        {
          rp: object({ id: { type: 'string' }, name: { type: 'string' } }, ['id', 'name']),
          user: object({ id: { type: 'string' }, name: { type: 'string' }, displayName: { type: 'string' } }, [
            'id',
            'name',
            'displayName',
          ]),
          challenge: { type: 'string' },
          timeout: { type: 'integer' },
          pubKeyCredParams: {
            type: 'array',
            items: object({ type: { const: 'public-key' }, alg: { type: 'integer' } }, ['type', 'alg']),
          },
          excludeCredentials: {
            type: 'array',
            items: object({ id: { type: 'string' }, type: { const: 'public-key' }, transports }, ['id', 'type']),
          },
          authenticatorSelection: object(
            {
              residentKey: { type: 'string' },
              requireResidentKey: { type: 'boolean' },
              userVerification: { const: 'required' },
            },
            ['userVerification'],
          ),
          attestation: { const: 'direct' },
        },
        ['rp', 'user', 'challenge', 'pubKeyCredParams', 'excludeCredentials', 'authenticatorSelection', 'attestation'],
        { description: 'PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3 §5.4).' },
      ),
      challengeId: { type: 'string', pattern: challengeIdPattern, description: 'Send it with the attestation.' },
      expiresDateTime: dateTime('When the challenge ends.'),
    },
    ['publicKey', 'challengeId', 'expiresDateTime'],
  ),
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

const header = (description: string, type: Json = { type: 'string' }): Json => ({ description, schema: type })
const etag = header('The version of the authenticator, for If-Match. That a key was used does not change it.')
const location = header('The address of the authenticator.', { type: 'string', format: 'uri' })
const replayed = header('true: this is the answer that an earlier request with this Idempotency-Key was given.')

const answer = (description: string, name: keyof typeof schemas, examples: Json = {}, headers: Json = {}): Json => ({
  description,
  ...(Object.keys(headers).length > 0 ? { headers } : {}),
  content: {
    'application/json': {
      schema: schema(name),
      ...(Object.keys(examples).length > 0 ? { examples } : {}),
    },
  },
})

const problemAnswer = (reasons: readonly Reason[], status: string): Json => ({
  description: [...new Set(reasons.map((reason) => problems[reason].title))].join(' · '),
  ...(status === '401' || status === '403'
    ? { headers: { 'WWW-Authenticate': header('RFC 9110 §11.6.1. Not with every 403.') } }
    : {}),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [
          schema('Problem'),
          { properties: { code: { enum: [...new Set(reasons.map((reason) => problems[reason].code))] } } },
        ],
      },
    },
  },
})

/** What anything may be answered. */
const always = ['unauthenticated', 'insufficient-scope', 'tenant-not-found', 'malformed-request'] as const

/** The answers to refusals, by their status. */
function refusals(reasons: readonly Reason[]): Json {
  const byStatus = Map.groupBy([...always, ...reasons], (reason) => String(problems[reason].status))
  return {
    ...Object.fromEntries([...byStatus].map(([status, its]) => [status, problemAnswer(its, status)])),
    429: ref('responses', 'TooManyRequests'),
    500: ref('responses', 'Broken'),
  }
}

const ofBody = ['not-json', 'unsupported-media-type', 'too-large'] as const

const responses = {
  TooManyRequests: {
    description:
      'Too many requests at once, said by the gateway before anything was done. Wait a second, then longer each time.',
    content: { 'application/json': { schema: object({ message: { type: 'string' } }, ['message']) } },
  },
  Broken: {
    description: 'Something broke on our side. Send it again; an Idempotency-Key makes that safe.',
    content: { 'application/problem+json': { schema: schema('Problem') } },
  },
} as const satisfies Record<string, Json>

// --- Parameters ---------------------------------------------------------------------------------------------------

const inPath = (name: string, description: string): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
})

const inQuery = (name: string, description: string, type: Json, required = false): Json => ({
  name,
  in: 'query',
  required,
  description,
  schema: type,
})

const inHeader = (name: string, description: string, type: Json = { type: 'string' }): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: type,
})

const parameters = {
  tenantCode: inPath('tenantCode', 'The code of this deployment’s tenant.'),
  userId: inPath('userId', 'The id of a user, or the user name.'),
  authenticatorId: inPath('authenticatorId', 'The id of an authenticator.'),
  pageSize: inQuery('pageSize', 'How many at most.', {
    type: 'integer',
    minimum: pageSizes.least,
    maximum: pageSizes.most,
    default: pageSizes.usual,
  }),
  cursor: inQuery('cursor', 'Where to go on, as links.next has it.', { type: 'string' }),
  ifMatch: inHeader('If-Match', 'The ETag that the authenticator must still have (RFC 9110 §13.1.1).'),
  idempotencyKey: inHeader(
    'Idempotency-Key',
    'Makes it safe to send the request again: for a day, the same key with the same request brings the answer that the first was given. Refusals are not remembered.',
    { type: 'string', pattern: idempotencyKeyPattern },
  ),
} as const satisfies Record<string, Json>

const parameter = (...names: (keyof typeof parameters)[]): Json[] => names.map((name) => ref('parameters', name))

// --- Examples -----------------------------------------------------------------------------------------------------

const rawKey = {
  type: 'fido',
  friendlyName: 'Blue security key',
  serialNumber: '0042-1138',
  metadata: {
    rpId: 'example.org',
    credentialId: 'a5qu36kYmzqdFomT_Hr6gh79JfJUSn5my7f3PLxxzyk',
    aaguid: 'ee882879-721c-4913-9775-3dfcce97072a',
    signatureCounter: 7,
    transports: ['usb', 'nfc'],
    backupEligible: false,
    publicKey:
      'pQECAyYgASFYIEj4XOyvSInAkHPjJJrK29Z8UTt0WswRX7YzNXkZ2XG6IlggMMtHSlsy76sCqLj2HfLtGdzieCG8EM4eTfUrQ275140',
  },
} as const

const pemKey = {
  type: 'fido',
  externalId: 'badge-7',
  expiresAt: '2099-12-31T23:59:59Z',
  metadata: {
    rpId: 'example.org',
    credentialId: 'GP2vaG_SN66TSdcuIAD_PHbvqGsWlXNw0PLkG9Hd0cs',
    publicKeyPem:
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAFI2wFT7X1giQew2CVnfgIRNw0QCDlwvERCdJ209HR98=\n-----END PUBLIC KEY-----\n',
  },
} as const

const attestedKey = {
  type: 'fido',
  metadata: {
    rpId: 'example.org',
    credentialId: 'icuu5AxpPaJT1tXpV4ujspl_sALkP4vvN0pNXcuClyQ',
    attestation: {
      clientDataJSON:
        'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiekIweVhrMW1WcTNZaDBzV2M0bDlkMnU3dDhyNXA2bjFvMGFfYi1jM2U0ZiIsIm9yaWdpbiI6Imh0dHBzOi8vY21zLmV4YW1wbGUub3JnIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ',
      attestationObject:
        'o2NmbXRmcGFja2VkZ2F0dFN0bXSiY2FsZydjc2lnWEA6_sum2Wclc6cTUxBZzmz5AwUg-q7qnjMPkDPZYWKycHNtwtVFz2AQpsYWWU8FgERDV_vy1MA3gmkB4w4e5sQNaGF1dGhEYXRhWIG_q8N0MpWLBjNg061kYcnEc1rn-O3UZZKl4PAUUrLktUUAAAAAXKGrHgAAQACAAAAAAADx0AAgicuu5AxpPaJT1tXpV4ujspl_sALkP4vvN0pNXcuClySkAQEDJyAGIVggGM3Ztc8RRKWvj75rmtnmCgaFoVt2zcKzrshzszfVJ60',
      challengeId: 'Zz0mVq3Yh0sWc4l9d2u7tA',
    },
  },
} as const

const imported = {
  id: '4vO2n0bHq1dWc8sYt6R3xA',
  type: 'fido',
  state: 'pending',
  friendlyName: 'Blue security key',
  serialNumber: '0042-1138',
  origin: 'imported',
  provenance: 'raw',
  createdDateTime: '2026-11-22T09:30:00.000Z',
  lastUsedAuthnDateTime: null,
  lastSuccessAuthnDateTime: null,
  metadata: { ...rawKey.metadata, algorithm: -7 },
} as const

const example = (summary: string, value: unknown): Json => ({ summary, value })

// --- Operations ---------------------------------------------------------------------------------------------------

const tenant = '/api/v1/tenants/{tenantCode}'
const ofUser = `${tenant}/users/{userId}`

const body = (
  name: keyof typeof schemas,
  most: number,
  examples: Json,
  types: readonly string[] = ['application/json'],
): Json => ({
  required: true,
  description: `At most ${most} bytes.`,
  content: Object.fromEntries(types.map((type) => [type, { schema: schema(name), examples }])),
})

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

const paths = {
  [`${tenant}/users`]: {
    get: {
      operationId: 'listUsers',
      tags: ['Users'],
      summary: 'Find users',
      description:
        'The user with exactly this name (no item when there is none), or users by the beginning of their name, in pages.',
      parameters: [
        ...parameter('tenantCode'),
        inQuery('userName', 'The whole user name, in any case. Goes with no other parameter.', { type: 'string' }),
        inQuery('prefix', 'The beginning of the user name, in any case. Left out: all users.', { type: 'string' }),
        ...parameter('pageSize', 'cursor'),
      ],
      responses: { 200: answer('A page of users.', 'Users'), ...refusals([]) },
    },
  },
  [ofUser]: {
    get: {
      operationId: 'readUser',
      tags: ['Users'],
      summary: 'Look a user up',
      parameters: parameter('tenantCode', 'userId'),
      responses: { 200: answer('The user, who may be disabled.', 'User'), ...refusals(['user-not-found']) },
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
        'Suspending ends the sessions that the key proved. Asking for what is so already changes nothing and succeeds. Only authenticators that were imported.',
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
      description: 'In whatever state it is. Only authenticators that were imported.',
      parameters: parameter('tenantCode', 'userId', 'authenticatorId', 'ifMatch'),
      responses: {
        204: noContent,
        ...refusals([
          'user-not-found',
          'authenticator-not-found',
          'not-imported',
          'changed-meanwhile',
          'precondition-failed',
        ]),
      },
    },
  },
} as const satisfies Record<string, Json>

/** The document of a deployment. */
export const openapiDocument = ({ issuer }: { issuer: string }) => ({
  openapi: '3.1.0',
  info: {
    title: 'Keystep: authenticators for a Credential Management System',
    version: '1',
    summary: 'Imports FIDO authenticators, which their users activate, and manages them from outside.',
    description:
      'Errors are problem documents (RFC 9457); `code` is for programs and does not change. Unknown members of a body and unknown parameters are refused.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: issuer }],
  security: [{ apiKey: [] }, { clientCredentials: [tokenScope] }],
  tags: [{ name: 'Users' }, { name: 'Authenticators' }],
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
        description:
          'Made by an operator, shown once. Its scopes are users:read, authenticators:read, authenticators:write.',
      },
      clientCredentials: {
        type: 'oauth2',
        flows: {
          clientCredentials: {
            tokenUrl: `${issuer}/token`,
            scopes: { [tokenScope]: 'All of this API.' },
          },
        },
      },
    },
  },
})
