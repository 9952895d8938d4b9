/**
 * Reads which one-time passwords a Credential Management System asks to have imported: an otpauth URI, or its members.
 *
 * Strict, as `import-request.ts` is, and for its reason. No refusal repeats a secret, whole or in part.
 */
import { isFriendlyName } from '../authenticator.ts'
import { ifGiven, malformed, readDocument, readList, readMembers, readOneOf } from '../document.ts'
import { importLimits, isLine } from '../fido/import-request.ts'
import { type Refusal, type Result, refuse } from '../result.ts'
import { fromBase32 } from './base32.ts'
import { type OtpParameters, otpTypes } from './one-time-password.ts'
import { isSecretLength, parseOtpAuth, readOtpParameters, secretRule } from './otpauth.ts'
import type { PskcItem } from './pskc.ts'

export type OtpImport = {
  parameters: OtpParameters
  secret: Uint8Array
  friendlyName?: string
  externalId?: string
  serialNumber?: string
}

export type OtpReason = 'malformed-request' | 'bad-otpauth-uri' | 'bad-pskc'
type Read = Result<OtpImport, OtpReason>

/** Characters. An otpauth URI with the longest secret and long names is shorter by far. */
export const longestUri = 1024

const parameterNames = ['type', 'secret', 'algorithm', 'digits', 'period', 'counter'] as const
const aboutNames = ['friendlyName', 'externalId', 'serialNumber'] as const

export const parseOtpImport = (body: unknown, at = ''): Read => {
  const read = readDocument('malformed-request', body, (data) => readImport(data, at))
  if (!read.ok || 'secret' in read.value) return read as Read
  const { uri, ...about } = read.value
  const parsed = parseOtpAuth(uri)
  if (!parsed.ok) return { ...parsed, at: `${at}/uri` }
  const { parameters, secret } = parsed.value
  return { ok: true, value: { parameters, secret, ...about } }
}

type About = Pick<OtpImport, 'friendlyName' | 'externalId' | 'serialNumber'>

function readImport(data: unknown, at: string): OtpImport | (About & { uri: string }) {
  const members = readMembers(data, at, ['uri', ...parameterNames, ...aboutNames])
  const about: About = {
    ...ifGiven(members, at, 'friendlyName', readFriendlyName),
    ...ifGiven(members, at, 'externalId', (value, place) => readLine(value, place, importLimits.externalId)),
    ...ifGiven(members, at, 'serialNumber', (value, place) => readLine(value, place, importLimits.serialNumber)),
  }
  if (members.uri !== undefined) {
    const beside = parameterNames.find((name) => members[name] !== undefined)
    if (beside !== undefined) malformed(`${at}/${beside}`, 'must not be there beside uri, which says it')
    const { uri } = members
    if (typeof uri !== 'string' || uri.length > longestUri)
      return malformed(`${at}/uri`, `must be a text of at most ${longestUri} characters`)
    return { uri, ...about }
  }
  const type = readOneOf(otpTypes, members.type, `${at}/type`)
  const parameters = readOtpParameters({ ...members, type })
  if (!parameters.ok) return malformed(`${at}/${parameters.at}`, parameters.detail ?? '')
  return { parameters: parameters.value, secret: readSecret(members.secret, `${at}/secret`), ...about }
}

function readSecret(value: unknown, at: string): Uint8Array {
  const secret = typeof value === 'string' && value.length <= longestUri ? fromBase32(value) : undefined
  if (secret === undefined) return malformed(at, 'must be base32 (RFC 4648 §6)')
  return isSecretLength(secret) ? secret : malformed(at, secretRule)
}

const readFriendlyName = (value: unknown, at: string): string =>
  typeof value === 'string' && isFriendlyName(value) ? value : malformed(at, 'must be 1 to 64 printable characters')

const readLine = (value: unknown, at: string, most: number): string =>
  typeof value === 'string' && isLine(value, most) ? value : malformed(at, `must be 1 to ${most} printable characters`)

/** `at`: where the item is, from the top of the whole body. */
export type OtpItem = { at: string; userId: string; request: Read }

/** The items of a bulk import, each read by itself: one that is malformed does not stop the others. */
export const parseOtpBulk = (body: unknown): Result<OtpItem[], 'malformed-request'> =>
  readDocument('malformed-request', body, (data) => {
    const { items } = readMembers(data, '', ['items'])
    const list = readList(items, '/items', importLimits.items, readItem)
    return list.length > 0 ? list : malformed('/items', `must have 1 to ${importLimits.items} members`)
  })

function readItem(item: unknown, at: string): OtpItem {
  const isObject = typeof item === 'object' && item !== null && !Array.isArray(item)
  const { userId, ...rest }: Record<string, unknown> = isObject ? { ...item } : {}
  const missing = refuse('malformed-request', { at: `${at}/userId`, detail: 'must be the id or the name of a user' })
  if (typeof userId !== 'string') return { at, userId: '', request: missing }
  return { at, userId, request: parseOtpImport(rest, at) }
}

/** What a container holds, with the same limits on names as everything else. Its places are those of the container. */
export function itemOfPskc({ at, userId, key }: PskcItem): OtpItem {
  const refused = (detail: string): OtpItem => ({ at, userId, request: refuse('bad-pskc', { at, detail }) })
  if (!key.ok) return { at, userId, request: pointed(key, at) }
  if (userId === '') return refused('does not say whose it is: it needs a UserId')
  const { friendlyName, externalId, serialNumber, parameters, secret } = key.value
  if (friendlyName !== undefined && !isFriendlyName(friendlyName)) return refused('has a FriendlyName that is too long')
  if (externalId !== undefined && !isLine(externalId, importLimits.externalId))
    return refused('has an Id that is too long')
  if (serialNumber !== undefined && !isLine(serialNumber, importLimits.serialNumber))
    return refused('has a SerialNo that is too long')
  const about = {
    ...(friendlyName === undefined ? {} : { friendlyName }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
  }
  return { at, userId, request: { ok: true, value: { parameters, secret, ...about } } }
}

const pointed = (refusal: Refusal<'bad-pskc'>, at: string): Refusal<'bad-pskc'> => ({
  ...refusal,
  at: refusal.at ?? at,
})
