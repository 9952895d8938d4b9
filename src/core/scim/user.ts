/**
 * A user as a resource of SCIM, and what a resource says of a user.
 *
 * One address, one phone number and one postal address are kept: of several, the primary one, else the first work one,
 * else the first. `preferredLanguage` is another name of `locale`, and counts where it alone was changed.
 */
import { isDeepStrictEqual } from 'node:util'
import { type ClaimsDocument, documentOf, readClaimsDocument } from '../oidc/standard-claims.ts'
import type { User } from '../user.ts'
import { parseNewUser } from '../user-request.ts'
import { refused } from './refusal.ts'
import { isObject, urns, type Value } from './schema.ts'

/** What SCIM has the say on. What is left out is taken away. */
export type Provisioned = {
  userName: string
  externalId?: string
  email?: string
  claims: ClaimsDocument
  enabled: boolean
  /** Only where a new one is given. */
  password?: string
}

/** `version` as an ETag has it. */
export function resourceOf(user: User, { location, version }: { location: string; version: string }): Value {
  const { givenName, familyName, displayName, locale, claims = {}, email, externalId, roles = [] } = user
  const { middle_name: middleName, address } = claims
  const formatted = [givenName, middleName, familyName].filter(Boolean).join(' ')
  const name = { formatted: formatted === '' ? undefined : formatted, familyName, givenName, middleName }
  const kept = {
    schemas: [urns.user],
    id: user.id,
    externalId,
    userName: user.userName,
    name: formatted === '' ? undefined : given(name),
    displayName,
    nickName: claims.nickname,
    profileUrl: claims.profile,
    preferredLanguage: locale,
    locale,
    timezone: claims.zoneinfo,
    active: user.enabled,
    emails: email === undefined ? undefined : [{ value: email, ...theOne }],
    phoneNumbers: claims.phone_number === undefined ? undefined : [{ value: claims.phone_number, ...theOne }],
    addresses: address === undefined ? undefined : [{ ...addressOf(address), ...theOne }],
    roles: roles.length === 0 ? undefined : roles.map((value) => ({ value })),
    meta: {
      resourceType: 'User',
      created: dateTime(user.createdAt),
      lastModified: dateTime(user.updatedAt),
      location,
      version,
    },
  }
  return given(kept)
}

const theOne = { type: 'work', primary: true } as const
const dateTime = (at: number): string => new Date(at * 1000).toISOString()
const given = (members: Value): Value =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/** SCIM's names of the parts of an address, beside the claim's (OpenID Connect Core §5.1.1). */
const partsOfAddress = {
  formatted: 'formatted',
  streetAddress: 'street_address',
  locality: 'locality',
  region: 'region',
  postalCode: 'postal_code',
  country: 'country',
} as const
const namesOfParts = Object.keys(partsOfAddress) as (keyof typeof partsOfAddress)[]

const addressOf = (address: NonNullable<ClaimsDocument['address']>): Value =>
  given(Object.fromEntries(namesOfParts.map((name) => [name, address[partsOfAddress[name]]])))

/**
 * What a resource says. Throws a refusal: for `answering`.
 *
 * @param before the resource as it was, of a user who is there
 * @param user who is there: what SCIM does not know of them stays as it is
 */
export function provisionedBy(resource: Value, before?: Value, user?: User): Provisioned {
  const text = (name: string): string | undefined => textIn(resource, name)
  const name = isObject(resource.name) ? resource.name : {}
  const signsInBy = signInOf({
    userName: text('userName') ?? refused('invalidValue', 'userName is required'),
    externalId: text('externalId'),
    email: textIn(chosen(resource.emails) ?? {}, 'value'),
    password: text('password'),
  })
  const claims = claimsOf({
    ...unknownToScim(user),
    name: text('displayName'),
    given_name: textIn(name, 'givenName'),
    family_name: textIn(name, 'familyName'),
    middle_name: textIn(name, 'middleName'),
    nickname: text('nickName'),
    profile: text('profileUrl'),
    locale: localeOf(resource, before),
    zoneinfo: text('timezone'),
    ...phoneOf(resource, user),
    address: addressIn(chosen(resource.addresses)),
  })
  return {
    ...signsInBy,
    claims,
    // A resource that does not say is of somebody who may sign in (Okta sends it always, Entra where it is mapped).
    enabled: typeof resource.active === 'boolean' ? resource.active : (user?.enabled ?? true),
  }
}

/** By the rules that hold for whoever makes a user. */
function signInOf(members: Value): Pick<Provisioned, 'userName' | 'externalId' | 'email' | 'password'> {
  const read = parseNewUser(given(members))
  if (!read.ok) return refused('invalidValue', `${attributeAt(read.at)} ${read.detail ?? 'is not what is kept here'}`)
  const { userName, externalId, email, password } = read.value
  return {
    userName,
    ...(externalId === undefined ? {} : { externalId }),
    ...(email === undefined ? {} : { email }),
    ...(password === undefined ? {} : { password }),
  }
}

const attributeAt = (pointer = ''): string => (pointer === '/email' ? 'emails.value' : pointer.slice(1))

const textIn = (value: Value, name: string): string | undefined => {
  const text = value[name]
  return typeof text === 'string' ? text : undefined
}

/** Claims that have no attribute here. */
function unknownToScim(user: User | undefined): ClaimsDocument {
  if (user === undefined) return {}
  const { gender, birthdate, website, picture } = documentOf(user)
  return { gender, birthdate, website, picture } as ClaimsDocument
}

/** One that is confirmed stays so while it is the same. */
function phoneOf(resource: Value, user: User | undefined): Value {
  const number = textIn(chosen(resource.phoneNumbers) ?? {}, 'value')?.replace(/^tel:/i, '')
  const { phone_number: old, phone_number_verified: isVerified } = user?.claims ?? {}
  return {
    phone_number: number,
    phone_number_verified: number !== undefined && number === old ? isVerified : undefined,
  }
}

const chosen = (values: unknown): Value | undefined => {
  const list = (Array.isArray(values) ? values : []).filter(isObject)
  return list.find((each) => each.primary === true) ?? list.find((each) => each.type === 'work') ?? list[0]
}

function addressIn(value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined
  const parts = given(Object.fromEntries(namesOfParts.map((name) => [partsOfAddress[name], value[name]])))
  return Object.keys(parts).length === 0 ? undefined : parts
}

/** Of `Accept-Language`'s form (RFC 7643 §4.1.1), the first language. */
function localeOf(resource: Value, before: Value | undefined): string | undefined {
  const locale = textIn(resource, 'locale')
  const preferred = textIn(resource, 'preferredLanguage')?.split(/[,;]/)[0]?.trim()
  if (before === undefined) return locale ?? preferred
  const isChanged = (name: string): boolean => !isDeepStrictEqual(resource[name], before[name])
  return isChanged('preferredLanguage') && !isChanged('locale') ? preferred : locale
}

/** What the claims may be is said in one place, for operators and directories alike. */
function claimsOf(members: Value): ClaimsDocument {
  const read = readClaimsDocument(given(members))
  if (read.ok) return read.value
  const claim = read.at?.split('/')[1] ?? ''
  return refused('invalidValue', `${attributesOfClaims[claim] ?? claim} ${read.detail ?? 'is not what is kept here'}`)
}

const attributesOfClaims: Readonly<Record<string, string>> = {
  name: 'displayName',
  given_name: 'name.givenName',
  family_name: 'name.familyName',
  middle_name: 'name.middleName',
  nickname: 'nickName',
  profile: 'profileUrl',
  locale: 'locale',
  zoneinfo: 'timezone',
  phone_number: 'phoneNumbers.value',
  address: 'addresses',
}
