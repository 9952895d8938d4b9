/**
 * Reads what a Credential Management System asks to have imported.
 *
 * Strict: a member that nobody knows is a typing error in a connector, and a key that was read half is worse than one
 * that was refused. Every refusal points at the member and says what it should be. Whether the public key is any good
 * is decided in `cose-key.ts`, whether an attestation holds in `fido.ts`.
 */
import { isBlank } from '../authenticator.ts'
import { fromBase64url } from '../base64url.ts'
import { ok, type Refusal, type Result, refuse, type Seconds } from '../result.ts'

/** Characters of texts, bytes of what is base64url. The API's description is written from these. */
export const importLimits = {
  friendlyName: 64,
  externalId: 128,
  serialNumber: 128,
  rpId: 253,
  credentialId: 1023,
  userHandle: 64,
  publicKey: 600,
  publicKeyPem: 2048,
  clientDataJSON: 4096,
  attestationObject: 32_768,
  signatureCounter: 4_294_967_295,
  userId: 256,
  items: 100,
} as const

/** WebAuthn §5.8.4, and `cable`, which was `hybrid` before it had that name. */
export const transportNames = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

export const aaguidPattern = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
/** What `newId` makes. */
export const challengeIdPattern = '^[A-Za-z0-9_-]{22}$'

export type KeyMaterial =
  | { kind: 'cose'; publicKey: Uint8Array<ArrayBuffer> }
  | { kind: 'pem'; publicKeyPem: string }
  | { kind: 'attested'; clientDataJSON: string; attestationObject: string; challengeId?: string }

/** Binary members are base64url, checked, as `Credential` keeps them. An AAGUID is in lower case. */
export type ImportRequest = {
  friendlyName?: string
  externalId?: string
  serialNumber?: string
  expiresAt?: Seconds
  rpId: string
  credentialId: string
  aaguid?: string
  signatureCounter?: number
  transports?: string[]
  userHandle?: string
  discoverable?: boolean
  backupEligible?: boolean
  key: KeyMaterial
}

type Parsed<Value> = Result<Value, 'malformed-request'>

/** `now`: what has expired already is refused. */
export const parseImport = (body: unknown, now: Seconds): Parsed<ImportRequest> => reading(() => readImport(body, now))

export type BulkItem = { userId: string; request: Parsed<ImportRequest> }

/**
 * The items of a bulk import, each read by itself: one that is malformed does not stop the others. Pointers are from the
 * top of the whole body.
 */
export const parseBulk = (body: unknown, now: Seconds): Parsed<BulkItem[]> =>
  reading(() => {
    const { items } = readMembers(body, '', ['items'])
    if (!Array.isArray(items)) throw new Malformed('/items', 'must be a list')
    if (items.length === 0 || items.length > importLimits.items)
      throw new Malformed('/items', `must have 1 to ${importLimits.items} members`)
    return items.map((item, index) => readItem(item, `/items/${index}`, now))
  })

function readItem(item: unknown, at: string, now: Seconds): BulkItem {
  const { userId, ...rest }: Record<string, unknown> = isObject(item) ? item : {}
  const request = reading(() => {
    readObject(item, at)
    readText(userId, `${at}/userId`, importLimits.userId)
    return readImport(rest, now, at)
  })
  return { userId: typeof userId === 'string' ? userId : '', request }
}

export type AuthenticatorChange = { friendlyName?: string; state?: 'active' | 'suspended' }

/** The body of a PATCH: a name, a state, or both. */
export const parseChange = (body: unknown): Parsed<AuthenticatorChange> =>
  reading(() => {
    const members = readMembers(body, '', ['friendlyName', 'state'])
    if (members.friendlyName === undefined && members.state === undefined)
      throw new Malformed('', 'must have friendlyName, state, or both')
    return {
      ...optional('friendlyName', members, '', readFriendlyName),
      ...optional('state', members, '', (value, at) => readOneOf(['active', 'suspended'] as const, value, at)),
    }
  })

function readImport(body: unknown, now: Seconds, at = ''): ImportRequest {
  const members = readMembers(body, at, ['type', 'friendlyName', 'externalId', 'serialNumber', 'expiresAt', 'metadata'])
  readOneOf(['fido'] as const, members.type, `${at}/type`)
  return {
    ...optional('friendlyName', members, at, readFriendlyName),
    ...optional('externalId', members, at, (value, place) => readText(value, place, importLimits.externalId)),
    ...optional('serialNumber', members, at, (value, place) => readText(value, place, importLimits.serialNumber)),
    ...optional('expiresAt', members, at, (value, place) => readFuture(value, place, now)),
    ...readMetadata(members.metadata, `${at}/metadata`),
  }
}

type Metadata = Omit<ImportRequest, 'friendlyName' | 'externalId' | 'serialNumber' | 'expiresAt'>

function readMetadata(data: unknown, at: string): Metadata {
  const members = readMembers(data, at, [
    'rpId',
    'credentialId',
    'aaguid',
    'signatureCounter',
    'transports',
    'userHandle',
    'discoverable',
    'backupEligible',
    ...materials,
  ])
  return {
    rpId: readText(members.rpId, `${at}/rpId`, importLimits.rpId),
    credentialId: readBase64url(members.credentialId, `${at}/credentialId`, importLimits.credentialId),
    ...optional('aaguid', members, at, readAaguid),
    ...optional('signatureCounter', members, at, readCounter),
    ...optional('transports', members, at, readTransports),
    ...optional('userHandle', members, at, (value, place) => readBase64url(value, place, importLimits.userHandle)),
    ...optional('discoverable', members, at, readBoolean),
    ...optional('backupEligible', members, at, readBoolean),
    key: readMaterial(members, at),
  }
}

const materials = ['publicKey', 'publicKeyPem', 'attestation'] as const

function readMaterial(members: Members, at: string): KeyMaterial {
  const given = materials.filter((name) => members[name] !== undefined)
  const [name] = given
  if (name === undefined || given.length > 1)
    throw new Malformed(at, `must have exactly one of ${materials.join(', ')}`)
  const place = `${at}/${name}`
  switch (name) {
    case 'publicKey': {
      const text = readBase64url(members.publicKey, place, importLimits.publicKey)
      return { kind: 'cose', publicKey: fromBase64url(text) ?? new Uint8Array() }
    }
    case 'publicKeyPem': {
      const pem = members.publicKeyPem
      if (typeof pem !== 'string' || pem.length > importLimits.publicKeyPem)
        throw new Malformed(place, `must be a text of at most ${importLimits.publicKeyPem} characters`)
      return { kind: 'pem', publicKeyPem: pem }
    }
    case 'attestation':
      return readAttestation(members.attestation, place)
  }
}

function readAttestation(data: unknown, at: string): KeyMaterial {
  const members = readMembers(data, at, ['clientDataJSON', 'attestationObject', 'challengeId'])
  return {
    kind: 'attested',
    clientDataJSON: readBase64url(members.clientDataJSON, `${at}/clientDataJSON`, importLimits.clientDataJSON),
    attestationObject: readBase64url(
      members.attestationObject,
      `${at}/attestationObject`,
      importLimits.attestationObject,
    ),
    ...optional('challengeId', members, at, (value, place) =>
      readShaped(value, place, challengeIdPattern, 'the challengeId of creation-options'),
    ),
  }
}

// --- Readers ------------------------------------------------------------------------------------------------------

/** Carries a refusal out of nested readers; it never leaves this file. */
class Malformed extends Error {
  readonly refusal: Refusal<'malformed-request'>
  constructor(at: string, detail: string) {
    super(detail)
    this.refusal = refuse('malformed-request', { at, detail })
  }
}

function reading<Value>(read: () => Value): Parsed<Value> {
  try {
    return ok(read())
  } catch (error) {
    if (error instanceof Malformed) return error.refusal
    throw error
  }
}

type Members = Readonly<Record<string, unknown>>

const isObject = (data: unknown): data is Members => typeof data === 'object' && data !== null && !Array.isArray(data)

function readObject(data: unknown, at: string): Members {
  if (!isObject(data)) throw new Malformed(at, data === undefined ? 'is missing' : 'must be an object')
  return data
}

function readMembers(data: unknown, at: string, known: readonly string[]): Members {
  const members = readObject(data, at)
  const stranger = Object.keys(members).find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new Malformed(
      `${at}/${escapePointer(stranger.slice(0, 100))}`,
      `is not known here; known: ${known.join(', ')}`,
    )
  return members
}

/** RFC 6901 §3. */
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** The member under its own name if it is there. `null` is a value like another, and mostly a wrong one. */
function optional<Name extends string, Value>(
  name: Name,
  members: Members,
  at: string,
  read: (value: unknown, at: string) => Value,
): { [name in Name]?: Value } {
  const value = members[name]
  return value === undefined ? {} : ({ [name]: read(value, `${at}/${name}`) } as { [name in Name]: Value })
}

/**
 * What people read on one line: no control characters, no line ends, nothing unassigned, and none of the characters that
 * turn the direction of what follows, with which one name can be made to look like another (Unicode TR 36 §2.5).
 */
const unprintable = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/u

/** Whether a text can stand on one line of a list, and be told from others there. */
export const isLine = (text: string, most: number): boolean =>
  [...text].length <= most && !isBlank(text) && !unprintable.test(text)

function readText(value: unknown, at: string, most: number): string {
  if (typeof value !== 'string') throw new Malformed(at, value === undefined ? 'is missing' : 'must be a text')
  const length = [...value].length
  if (length > most) throw new Malformed(at, `must have at most ${most} characters`)
  if (isBlank(value)) throw new Malformed(at, 'must not be blank')
  if (unprintable.test(value)) throw new Malformed(at, 'must not have control or other unprintable characters')
  return value
}

const readFriendlyName = (value: unknown, at: string): string => readText(value, at, importLimits.friendlyName)

function readShaped(value: unknown, at: string, pattern: string, what: string): string {
  if (typeof value !== 'string' || !new RegExp(pattern).test(value)) throw new Malformed(at, `must be ${what}`)
  return value
}

function readBase64url(value: unknown, at: string, most: number): string {
  if (value === undefined) throw new Malformed(at, 'is missing')
  const long = typeof value === 'string' && value.length > Math.ceil((most * 4) / 3)
  const bytes = typeof value === 'string' && !long ? fromBase64url(value) : undefined
  if (typeof value !== 'string' || bytes === undefined || bytes.length === 0)
    throw new Malformed(at, `must be base64url without padding, of 1 to ${most} bytes`)
  return value
}

const readAaguid = (value: unknown, at: string): string => readShaped(value, at, aaguidPattern, 'a UUID').toLowerCase()

function readCounter(value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > importLimits.signatureCounter)
    throw new Malformed(at, `must be a whole number from 0 to ${importLimits.signatureCounter}`)
  return value
}

function readTransports(value: unknown, at: string): string[] {
  if (!Array.isArray(value)) throw new Malformed(at, 'must be a list')
  if (value.length > transportNames.length)
    throw new Malformed(at, `must have at most ${transportNames.length} members`)
  const names = value.map((name, index) => readOneOf(transportNames, name, `${at}/${index}`))
  if (new Set(names).size !== names.length) throw new Malformed(at, 'must not name a transport twice')
  return names
}

function readBoolean(value: unknown, at: string): boolean {
  if (typeof value !== 'boolean') throw new Malformed(at, 'must be true or false')
  return value
}

function readOneOf<Choice extends string>(choices: readonly Choice[], value: unknown, at: string): Choice {
  const choice = choices.find((each) => each === value)
  if (choice === undefined)
    throw new Malformed(at, value === undefined ? 'is missing' : `must be one of: ${choices.join(', ')}`)
  return choice
}

function readFuture(value: unknown, at: string, now: Seconds): Seconds {
  const time = typeof value === 'string' ? readDateTime(value) : undefined
  if (time === undefined) throw new Malformed(at, 'must be a time like 2030-12-31T23:59:59Z (RFC 3339)')
  if (time <= now) throw new Malformed(at, 'must be in the future')
  return time
}

/** 9999-12-31T23:59:59Z: what comes later cannot be written in RFC 3339 again. */
const latest = 253_402_300_799

/** RFC 3339 §5.6, whole seconds of it; undefined for a day that no calendar has. Leap seconds are refused. */
export function readDateTime(text: string): Seconds | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i.exec(text)
  if (match === null) return undefined
  const day = new Date(`${match[1]}-${match[2]}-01T00:00:00Z`)
  day.setUTCDate(Number(match[3]))
  const exists = day.getUTCMonth() + 1 === Number(match[2]) && Number(match[3]) > 0
  const time = Math.floor(Date.parse(text.toUpperCase()) / 1000)
  return exists && time <= latest ? time : undefined
}

/** A duration of ISO 8601 in weeks or in days and time. Months and years have no fixed length, so they are refused. */
export function readDuration(text: string): Seconds | undefined {
  const match = /^P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?)$/.exec(text)
  if (match === null || text === 'P') return undefined
  const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
  return Number(weeks) * 604_800 + Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
