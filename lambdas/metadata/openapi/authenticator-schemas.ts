/** What authenticators look like, to a Credential Management System and from it. */
import { authenticatorStates, reasonLength } from '../../../src/core/authenticator.ts'
import { offeredAlgorithms } from '../../../src/core/fido/cose-key.ts'
import {
  aaguidPattern,
  challengeIdPattern,
  importLimits,
  transportNames,
} from '../../../src/core/fido/import-request.ts'
import { base64url, cursored, dateTime, type Json, line, numbered, object, orNever, ref, strict } from './parts.ts'

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
    description:
      'A CMS changes and deletes imported ones only; what a user made here it can read, and an operator can delete.',
  },
  provenance: {
    enum: ['attested', 'raw'],
    description: 'Whether an attestation was verified at import, or the CMS’s word was taken.',
  },
  createdDateTime: dateTime('When it was imported.'),
  activatedDateTime: dateTime('When its user activated it.'),
  stateChangedDateTime: dateTime('When it was last suspended, resumed or locked.'),
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
      aaguidCertified: { const: true, description: 'There where a certificate of its maker stands for the model.' },
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

export const authenticatorSchemas = {
  Authenticator: object(authenticatorProperties, authenticatorRequired),
  Authenticators: numbered('Authenticator'),
  UsersAuthenticator: object({ userId: { type: 'string' }, ...authenticatorProperties }, [
    'userId',
    ...authenticatorRequired,
  ]),
  UsersAuthenticators: cursored('UsersAuthenticator'),
  FidoModels: object(
    {
      items: {
        type: 'array',
        items: object(
          {
            aaguid,
            description: { type: 'string', description: 'What its maker calls it.' },
            icon: { type: 'string', description: 'A data: URL of a PNG or an SVG.' },
          },
          ['aaguid', 'description'],
        ),
      },
    },
    ['items'],
  ),
  BreakGlass: object(
    {
      reason: {
        type: 'string',
        minLength: reasonLength.least,
        maxLength: reasonLength.most,
        description: 'Why it could not wait for the CMS; kept in the audit record.',
      },
    },
    ['reason'],
    strict,
  ),
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
} as const satisfies Record<string, Json>
