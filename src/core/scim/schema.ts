/**
 * The User of SCIM as it is kept here: `/Schemas` shows it, and filters, patches and bodies are read by it.
 *
 * Of RFC 7643 §4.1 it leaves out what nobody here would look at (`title`, `photos`, `entitlements` and the like). A
 * directory that sends them is not refused, for it sends them with each user; they are not kept, as its answer shows.
 */
import { quoted, refused } from './refusal.ts'

export const urns = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  search: 'urn:ietf:params:scim:api:messages:2.0:SearchRequest',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
  config: 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig',
  resourceType: 'urn:ietf:params:scim:schemas:core:2.0:ResourceType',
  schema: 'urn:ietf:params:scim:schemas:core:2.0:Schema',
} as const

/** As RFC 7643 §7 writes it. */
export type Attribute = {
  name: string
  type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'complex'
  multiValued: boolean
  description: string
  required: boolean
  caseExact: boolean
  mutability: 'readOnly' | 'readWrite' | 'writeOnly'
  returned: 'always' | 'default' | 'never'
  uniqueness: 'none' | 'server'
  canonicalValues?: readonly string[]
  referenceTypes?: readonly string[]
  subAttributes?: readonly Attribute[]
}

const attribute = (name: string, description: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: 'string',
  multiValued: false,
  description,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
})

const complex = (
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  more: Partial<Attribute> = {},
) => attribute(name, description, { type: 'complex', ...more, subAttributes })

const several = (
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  more: Partial<Attribute> = {},
) => complex(name, description, subAttributes, { multiValued: true, ...more })

const readOnly = { mutability: 'readOnly' } as const

/** One of each is kept, and is the work one: what else is sent of the kind is not. */
const ofKind = [
  attribute('type', 'Always work.', { canonicalValues: ['work'] }),
  attribute('primary', 'Whether this is the one that is kept.', { type: 'boolean' }),
]

/** What is there of each resource (RFC 7643 §3.1); it is in no schema. */
const common: readonly Attribute[] = [
  attribute('id', 'The id of the user, and sub of their tokens.', {
    ...readOnly,
    caseExact: true,
    returned: 'always',
    uniqueness: 'server',
  }),
  attribute('externalId', 'By what the directory knows the user.', { caseExact: true }),
  complex(
    'meta',
    'About the resource.',
    [
      attribute('resourceType', 'User.', { ...readOnly, caseExact: true }),
      attribute('created', 'When it was made.', { ...readOnly, type: 'dateTime' }),
      attribute('lastModified', 'When it was changed last.', { ...readOnly, type: 'dateTime' }),
      attribute('location', 'Its address.', { ...readOnly, type: 'reference', caseExact: true }),
      attribute('version', 'Its ETag.', { ...readOnly, caseExact: true }),
    ],
    readOnly,
  ),
]

export const userAttributes: readonly Attribute[] = [
  attribute('userName', 'By what the user signs in.', { required: true, uniqueness: 'server' }),
  complex('name', 'The parts of the name.', [
    attribute('formatted', 'The parts put together; what is sent is not kept.', readOnly),
    attribute('familyName', 'The claim family_name.'),
    attribute('givenName', 'The claim given_name.'),
    attribute('middleName', 'The claim middle_name.'),
  ]),
  attribute('displayName', 'The claim name.'),
  attribute('nickName', 'The claim nickname.'),
  attribute('profileUrl', 'The claim profile.', { type: 'reference', referenceTypes: ['external'], caseExact: true }),
  attribute('preferredLanguage', 'The same as locale.'),
  attribute('locale', 'The claim locale, and the language of mails.'),
  attribute('timezone', 'The claim zoneinfo.', { caseExact: true }),
  attribute('active', 'Whether the user may sign in. Sessions end when it becomes false.', { type: 'boolean' }),
  attribute('password', 'A new password. It is never returned.', {
    mutability: 'writeOnly',
    returned: 'never',
    caseExact: true,
  }),
  several('emails', 'The address for mail: the primary one is kept.', [attribute('value', 'The address.'), ...ofKind]),
  several('phoneNumbers', 'The claim phone_number: the primary one is kept.', [
    attribute('value', 'With + and the country.'),
    ...ofKind,
  ]),
  several('addresses', 'The claim address: the primary one is kept.', [
    attribute('formatted', 'The whole of it.'),
    attribute('streetAddress', 'Street and number.'),
    attribute('locality', 'The town.'),
    attribute('region', 'The state or region.'),
    attribute('postalCode', 'The postal code.'),
    attribute('country', 'The country.'),
    ...ofKind,
  ]),
  several('groups', 'There are no groups: the list is empty.', [attribute('value', 'Of a group.', readOnly)], readOnly),
  several(
    'roles',
    'What the user may do here. Given by an administrator, not by SCIM.',
    [attribute('value', 'A role.', { ...readOnly, canonicalValues: ['administrator', 'operator', 'auditor'] })],
    readOnly,
  ),
]

/** The rest of RFC 7643 §4.1: taken, and not kept. */
const notKept = new Set(['title', 'usertype', 'ims', 'photos', 'entitlements', 'x509certificates'])
const subsNotKept = new Set(['honorificprefix', 'honorificsuffix', 'display', '$ref', 'type', 'primary'])

const byName = (attributes: readonly Attribute[]): ReadonlyMap<string, Attribute> =>
  new Map(attributes.map((each) => [each.name.toLowerCase(), each]))

const known = byName([...common, ...userAttributes])

export type Found = Attribute | 'not-kept' | undefined

/** Names are compared without regard to case (RFC 7643 §2.1). */
export const attributeNamed = (name: string): Found =>
  known.get(name.toLowerCase()) ?? (notKept.has(name.toLowerCase()) ? 'not-kept' : undefined)

export const subAttributeOf = (parent: Attribute, name: string): Found =>
  byName(parent.subAttributes ?? []).get(name.toLowerCase()) ??
  (parent.type === 'complex' && subsNotKept.has(name.toLowerCase()) ? 'not-kept' : undefined)

/** Whether a schema is the User's own; extensions are taken, and not kept. */
export const isUserSchema = (urn: string): boolean => urn.toLowerCase() === urns.user.toLowerCase()

export type Value = Record<string, unknown>
export const isObject = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * One value of an attribute as it is kept, or `undefined` where nothing is: null, an empty text and an empty list say
 * that there is none (RFC 7643 §2.5; Okta sends `"middleName": ""`).
 */
export function readValue(definition: Attribute, value: unknown, at: string): unknown {
  if (value === null || value === undefined || value === '') return undefined
  if (!definition.multiValued) return readSingle(definition, value, at)
  const list = (Array.isArray(value) ? value : [value]).map((each) => readSingle(definition, each, at))
  const there = list.filter((each) => each !== undefined)
  if (there.length > 50) refused('invalidValue', `${at} has more than 50 values`)
  return there.length === 0 ? undefined : there
}

export function readSingle(definition: Attribute, value: unknown, at: string): unknown {
  if (value === null || value === '') return undefined
  if (definition.type === 'complex')
    return isObject(value)
      ? readMembers(value, (name) => subAttributeOf(definition, name), at)
      : refused('invalidValue', `${at} must be an object`)
  if (definition.type === 'boolean') return readBoolean(value, at)
  return typeof value === 'string' ? value : refused('invalidValue', `${at} must be a text`)
}

/** Entra sends `"False"` unless it is told otherwise (its flag `aadOptscim062020`). */
function readBoolean(value: unknown, at: string): boolean {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  return text === 'true' || text === 'false' ? text === 'true' : refused('invalidValue', `${at} must be true or false`)
}

/** A complex value: by the names of its definition. What only we write is passed over (RFC 7644 §3.3, §3.5.1). */
function readMembers(value: Value, find: (name: string) => Found, at: string): Value | undefined {
  const members: Value = {}
  for (const [name, each] of Object.entries(value)) {
    const place = at === '' ? name : `${at}.${name}`
    const found = find(name)
    if (found === undefined) refused('invalidSyntax', `${quoted(place)} is no attribute of a User`)
    if (found === 'not-kept' || found.mutability === 'readOnly') continue
    if (found.name in members) refused('invalidSyntax', `${quoted(place)} is there twice`)
    const read = readValue(found, each, place)
    if (read !== undefined) members[found.name] = read
  }
  return Object.keys(members).length === 0 ? undefined : members
}

/** The body of a POST or a PUT: what of it is kept. */
export function readResource(body: unknown): Value {
  if (!isObject(body)) return refused('invalidSyntax', 'The body must be an object')
  const { rest, schemas } = withoutSchemas(body)
  if (!schemas.some((each) => typeof each === 'string' && isUserSchema(each)))
    refused('invalidSyntax', `schemas must name ${urns.user}`)
  const own = Object.entries(rest).filter(([name]) => !name.toLowerCase().startsWith('urn:'))
  return readMembers(Object.fromEntries(own), attributeNamed, '') ?? {}
}

function withoutSchemas(body: Value): { rest: Value; schemas: unknown[] } {
  const named = Object.entries(body).find(([name]) => name.toLowerCase() === 'schemas')
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => name.toLowerCase() !== 'schemas'))
  return { rest, schemas: Array.isArray(named?.[1]) ? named[1] : [] }
}
