/** What one-time passwords look like, to a Credential Management System and from it. */
import { importLimits } from '../../../src/core/fido/import-request.ts'
import {
  mostOneTimePasswords,
  otpAlgorithms,
  otpDigits,
  otpPeriods,
  otpStates,
  otpTypes,
  secretBytes,
} from '../../../src/core/otp/one-time-password.ts'
import { longestUri } from '../../../src/core/otp/otp-import.ts'
import { dateTime, type Json, line, object, orNever, ref, strict } from './parts.ts'

const about = {
  friendlyName: line(importLimits.friendlyName, 'What its user calls it.'),
  externalId: line(importLimits.externalId, 'What the CMS calls it.'),
  serialNumber: line(importLimits.serialNumber, 'What is printed on it.'),
}

/** In a URI or a file they may be texts; in JSON they are as they are shown. */
const asText = (values: readonly number[]): Json => ({ enum: [...values, ...values.map(String)] })

const importProperties = {
  uri: {
    type: 'string',
    maxLength: longestUri,
    pattern: '^otpauth://(totp|hotp)/',
    description: 'An otpauth URI, which says all of it. Nothing but names may be beside it.',
  },
  type: { enum: otpTypes },
  secret: {
    type: 'string',
    pattern: '^[A-Za-z2-7]+={0,6}$',
    description: `Base32 (RFC 4648 §6), of ${secretBytes.least} to ${secretBytes.most} bytes.`,
  },
  algorithm: { enum: otpAlgorithms, default: 'SHA1' },
  digits: { ...asText(otpDigits), default: 6 },
  period: { ...asText(otpPeriods), default: 30, description: 'Of totp, in seconds.' },
  counter: { type: ['integer', 'string'], minimum: 0, description: 'Of hotp, and needed there: the next one.' },
  ...about,
}

const eitherWay = { ...strict, oneOf: [{ required: ['uri'] }, { required: ['type', 'secret'] }] }

export const oneTimePasswordSchemas = {
  OneTimePassword: object(
    {
      id: { type: 'string' },
      type: { enum: otpTypes },
      state: { enum: otpStates, description: 'locked: after fifty wrong codes in a row.' },
      origin: { enum: ['imported', 'local'], description: 'local: its user set it up here.' },
      algorithm: { enum: otpAlgorithms },
      digits: { enum: otpDigits },
      period: { enum: otpPeriods, description: 'Of totp, in seconds.' },
      ...about,
      createdDateTime: dateTime('When it came here.'),
      lastUsedDateTime: orNever('When its user last signed in with it; null: never.'),
    },
    ['id', 'type', 'state', 'origin', 'algorithm', 'digits', 'createdDateTime', 'lastUsedDateTime'],
    { description: 'Never with its secret, nor with where its counter stands.' },
  ),
  OneTimePasswords: object(
    {
      items: { type: 'array', items: ref('schemas', 'OneTimePassword'), maxItems: mostOneTimePasswords },
      recoveryCodesLeft: { type: 'integer', minimum: 0, description: 'Those that the user has not used.' },
    },
    ['items', 'recoveryCodesLeft'],
  ),
  OneTimePasswordImport: object(importProperties, [], eitherWay),
  BulkOneTimePasswordImport: object(
    {
      items: {
        type: 'array',
        minItems: 1,
        maxItems: importLimits.items,
        items: object(
          { userId: { type: 'string', description: 'The id of a user, or the user name.' }, ...importProperties },
          ['userId'],
          eitherWay,
        ),
      },
    },
    ['items'],
    strict,
  ),
  BulkOneTimePasswordResult: object(
    {
      dryRun: { type: 'boolean' },
      results: {
        type: 'array',
        items: object(
          {
            index: { type: 'integer', minimum: 0 },
            status: { type: 'integer', description: '201 imported, 200 there already, or that of the problem.' },
            oneTimePassword: ref('schemas', 'OneTimePassword'),
            problem: ref('schemas', 'Problem'),
          },
          ['index', 'status'],
        ),
      },
    },
    ['dryRun', 'results'],
  ),
  OneTimePasswordChange: object(
    {
      friendlyName: about.friendlyName,
      state: {
        enum: ['active', 'suspended'],
        description: 'active: resumes a suspended one, and unlocks a locked one.',
      },
    },
    [],
    { ...strict, minProperties: 1 },
  ),
} as const satisfies Record<string, Json>
