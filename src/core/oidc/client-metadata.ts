/**
 * A client's registration as a document, by the names of RFC 7591, OpenID Connect Dynamic Client Registration, RFC 8705,
 * RFC 9126, RFC 9449 and OpenID Connect Back-Channel Logout; a few of our own have no name there (`resources`,
 * `resource_identifiers`, `third_party`, `profile`, `enabled`).
 *
 * Here it is read and written, member by member; whether the members go together is decided in `client-consistency.ts`. It
 * leaves out what a document cannot say by itself: what an address that it names answers, and the part that step-up has in
 * a client (`policy.ts`), of which only `default_acr_values` has a registered name.
 */
import { isIP } from 'node:net'
import type { JWK } from 'jose'
import { parseDistinguishedName } from '../directory/distinguished-name.ts'
import {
  ifGiven,
  malformed,
  readBoolean,
  readDocument,
  readInteger,
  readList,
  readMembers,
  readOneOf,
  readText,
} from '../document.ts'
import type { Result, Seconds } from '../result.ts'
import { readAcrs } from '../step-up/policy.ts'
import {
  type CertificateSubject,
  type Client,
  type ClientAuthMethod,
  certificateSubjects,
  clientAuthMethods,
  type GrantType,
  grantTypes,
} from './client.ts'
import { checkConsistency } from './client-consistency.ts'
import { readClientJwks } from './client-jwks.ts'
import { readPageUri, readRedirectUri, readResource, readServerUri } from './registered-uri.ts'
import { algorithmNamed, type SigningAlgorithm, signingAlgorithms } from './signing.ts'

/** What a document says of a client; the rest of its record is ours, or step-up's. */
export type Registered = Omit<
  Client,
  | 'clientId'
  | 'secrets'
  | 'sector'
  | 'acrToLoa'
  | 'minimumAcr'
  | 'enforcement'
  | 'flow'
  | 'maxAges'
  | 'amr'
  | 'createdAt'
  | 'version'
>

/** RFC 7591 §3.2.2. */
export type MetadataRefusal = 'invalid_redirect_uri' | 'invalid_client_metadata'

export type ClientDocument = { clientId: string; registered: Registered }

const mostUris = 50
const mostTexts = 20

/** In tokens, in addresses, in logs and beside `|` and `.`: no letter that means something there. */
const clientIdShape = /^(?!constructor$)[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/
/** RFC 6749 §3.3. */
const scopeShape = /^[!#-[\]-~]{1,100}$/
/** Something to read, and nothing that turns the text around it. */
const nameShape = /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u
const contactShape = /^[!-~]{1,254}$/

const subjectNames = Object.keys(certificateSubjects) as (keyof typeof certificateSubjects)[]

const readAuthMethod = (data: unknown, at: string): ClientAuthMethod => readOneOf(clientAuthMethods, data, at)
const readAlgorithm = (data: unknown, at: string): SigningAlgorithm => readOneOf(signingAlgorithms, data, at)
/** Of what the client signs: by any name that its libraries have for it, kept by ours. */
const readTakenAlgorithm = (data: unknown, at: string): SigningAlgorithm =>
  algorithmNamed(data) ?? readAlgorithm(data, at)
const readName = (data: unknown, at: string): string =>
  readText(data, at, nameShape, 'a text of 1 to 100 characters on one line')
const readContacts = (data: unknown, at: string): string[] =>
  readList(data, at, mostTexts, (contact, its) => readText(contact, its, contactShape))
const readResources = (data: unknown, at: string): string[] => unique(readList(data, at, mostTexts, readResource), at)
const readScopes = (data: unknown, at: string): string[] =>
  typeof data !== 'string' || data.length > 2000
    ? malformed(at, 'must be a text of scopes with a space between them')
    : [...new Set(data.split(' ').filter((scope) => scope !== ''))].map((scope) => readText(scope, at, scopeShape))

/**
 * The members in the order in which they are shown, each with its place in the record and how it is read. Those that are
 * beside this list have a form of their own: who the client is, its grants, its certificate.
 */
const members = {
  client_name: ['clientName', readName],
  client_uri: ['clientUri', readPageUri],
  policy_uri: ['policyUri', readPageUri],
  tos_uri: ['tosUri', readPageUri],
  contacts: ['contacts', readContacts],
  profile: ['profile', (data: unknown, at: string) => readOneOf(['oidc', 'fapi2'] as const, data, at)],
  third_party: ['thirdParty', readBoolean],
  post_logout_redirect_uris: ['postLogoutRedirectUris', (data: unknown, at: string) => readRedirectUris(data, at)],
  token_endpoint_auth_method: ['tokenEndpointAuthMethod', readAuthMethod],
  token_endpoint_auth_signing_alg: ['tokenEndpointAuthSigningAlg', readTakenAlgorithm],
  jwks: ['jwks', (data: unknown, at: string): { keys: readonly JWK[] } => readClientJwks(data, at)],
  jwks_uri: ['jwksUri', readServerUri],
  scope: ['scopes', readScopes],
  resources: ['resources', readResources],
  resource_identifiers: ['resourceIdentifiers', readResources],
  id_token_signed_response_alg: ['idTokenSignedResponseAlg', readAlgorithm],
  userinfo_signed_response_alg: ['userinfoSignedResponseAlg', readAlgorithm],
  request_object_signing_alg: ['requestObjectSigningAlg', readTakenAlgorithm],
  require_signed_request_object: ['requireSignedRequestObject', readBoolean],
  require_pushed_authorization_requests: ['requirePushedAuthorizationRequests', readBoolean],
  dpop_bound_access_tokens: ['dpopBoundAccessTokens', readBoolean],
  tls_client_certificate_bound_access_tokens: ['tlsClientCertificateBoundAccessTokens', readBoolean],
  subject_type: ['subjectType', (data: unknown, at: string) => readOneOf(['public', 'pairwise'] as const, data, at)],
  sector_identifier_uri: ['sectorIdentifierUri', readServerUri],
  backchannel_logout_uri: ['backchannelLogoutUri', readServerUri],
  backchannel_logout_session_required: ['backchannelLogoutSessionRequired', readBoolean],
  default_max_age: ['defaultMaxAge', (data: unknown, at: string): Seconds => readInteger(data, at)],
  default_acr_values: ['defaultAcr', readAcrs],
  enabled: ['enabled', readBoolean],
} as const satisfies { [name: string]: readonly [keyof Registered, (data: unknown, at: string) => unknown] }

type MemberName = keyof typeof members

export const clientMembers: readonly string[] = [
  'client_id',
  'redirect_uris',
  'grant_types',
  'response_types',
  ...subjectNames,
  ...Object.keys(members),
]

/**
 * Reads a whole registration. What is left out is as RFC 7591 §2 and OpenID Connect Registration §2 have it, unless a
 * comment beside says otherwise.
 *
 * @param otherwise who it is, where the document does not say.
 */
export function readClientDocument(data: unknown, otherwise: string): Result<ClientDocument, MetadataRefusal> {
  const read = readDocument('invalid_client_metadata', data, (document) => readWhole(document, otherwise))
  return read.ok || !/^\/redirect_uris\b/.test(read.at ?? '') ? read : { ...read, reason: 'invalid_redirect_uri' }
}

function readWhole(data: unknown, otherwise: string): ClientDocument {
  const given = readMembers(data, '', clientMembers)
  const { client_id: clientId = otherwise } = ifGiven(given, '', 'client_id', readClientId)
  const profile = given.profile === 'fapi2' ? 'fapi2' : 'oidc'
  const grants = given.grant_types === undefined ? usualGrants : readGrants(given.grant_types, '/grant_types')
  const registered: Registered = {
    clientName: clientId,
    ...usual(profile, grants),
    ...Object.fromEntries(readListed(given)),
    redirectUris: readRedirectUris(given.redirect_uris ?? [], '/redirect_uris', profile),
    grantTypes: grants,
    ...readCertificateSubject(given),
  }
  checkResponseTypes(given.response_types, grants)
  checkConsistency(registered)
  return { clientId, registered }
}

const readListed = (given: Record<string, unknown>): [string, unknown][] =>
  memberNames.flatMap((name): [string, unknown][] => {
    const [member, read] = members[name]
    return given[name] === undefined ? [] : [[member, read(given[name], `/${name}`)]]
  })

const memberNames = Object.keys(members) as MemberName[]
const usualGrants: GrantType[] = ['authorization_code']

/** What a client has that says nothing. */
function usual(profile: 'oidc' | 'fapi2', grants: readonly GrantType[]) {
  const signsIn = grants.includes('authorization_code')
  const offline = grants.includes('refresh_token')
  return {
    postLogoutRedirectUris: [],
    tokenEndpointAuthMethod: 'client_secret_basic' as const,
    scopes: signsIn ? ['openid', 'profile', 'email', ...(offline ? ['offline_access'] : [])] : [],
    // RS256 is what OpenID Connect Registration has, and what FAPI 2.0 forbids.
    idTokenSignedResponseAlg: profile === 'fapi2' ? ('ES256' as const) : ('RS256' as const),
    ...(profile === 'fapi2' && signsIn ? { requirePushedAuthorizationRequests: true } : {}),
    enabled: true,
  }
}

const readClientId = (data: unknown, at: string): string => readText(data, at, clientIdShape)

const readGrants = (data: unknown, at: string): GrantType[] =>
  unique(
    readList(data, at, grantTypes.length, (grant, its) => readOneOf(grantTypes, grant, its)),
    at,
  )

const readRedirectUris = (data: unknown, at: string, profile: 'oidc' | 'fapi2' = 'oidc'): string[] =>
  unique(
    readList(data, at, mostUris, (uri, its) => readRedirectUri(uri, its, { httpsOnly: profile === 'fapi2' })),
    at,
  )

function unique<Item>(items: Item[], at: string): Item[] {
  const twice = items.findIndex((item, index) => items.indexOf(item) !== index)
  return twice === -1 ? items : malformed(`${at}/${twice}`, 'is there twice')
}

/** RFC 7591 §2.1: they go with the grants. There is `code`, or nothing. */
function checkResponseTypes(data: unknown, grants: readonly GrantType[]): void {
  if (data === undefined) return
  const at = '/response_types'
  const given = readList(data, at, 1, (type, its) => readOneOf(['code'], type, its))
  const signsIn = grants.includes('authorization_code')
  if (signsIn !== given.includes('code'))
    malformed(
      at,
      signsIn ? 'must be ["code"], as grant_types has authorization_code' : 'must be [] without authorization_code',
    )
}

/** RFC 8705 §2.1.2: exactly one, and only with `tls_client_auth`. */
function readCertificateSubject(given: Record<string, unknown>): { certificateSubject?: CertificateSubject } {
  const [name, another] = subjectNames.filter((each) => given[each] !== undefined)
  if (another !== undefined) malformed(`/${another}`, `must not be there beside ${name} (RFC 8705 §2.1.2)`)
  if (name === undefined) return {}
  const by = certificateSubjects[name]
  const at = `/${name}`
  const value = readText(given[name], at, by === 'dn' ? /^[^\p{C}]{1,1000}$/u : /^[!-~]{1,500}$/)
  return isSubject[by](value) ? { certificateSubject: { by, value } } : malformed(at, subjectForms[by])
}

const isSubject: Record<CertificateSubject['by'], (value: string) => boolean> = {
  dn: (value) => parseDistinguishedName(value).ok,
  dns: (value) =>
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(value),
  uri: (value) => URL.canParse(value),
  ip: (value) => isIP(value) !== 0,
  email: (value) => /^[^@]+@[^@]+$/.test(value),
}

const subjectForms: Record<CertificateSubject['by'], string> = {
  dn: 'must be a distinguished name (RFC 4514)',
  dns: 'must be the name of a host, without a wildcard',
  uri: 'must be a URI',
  ip: 'must be an address of IPv4 or IPv6',
  email: 'must be an address of mail',
}

/**
 * The document of a client: what was registered, in one order, and nothing that is a secret or a secret's hash. Read again,
 * it is the same client.
 */
export function showClient(client: Registered & Pick<Client, 'clientId'>): Record<string, unknown> {
  const { certificateSubject: subject, grantTypes: grants } = client
  const subjectName = subjectNames.find((name) => certificateSubjects[name] === subject?.by)
  const listed = (name: MemberName): [string, unknown] => {
    const value = client[members[name][0]]
    return [name, name === 'scope' ? client.scopes.join(' ') : value]
  }
  const all: [string, unknown][] = [
    ['client_id', client.clientId],
    listed('client_name'),
    ['redirect_uris', client.redirectUris],
    ['grant_types', grants],
    ['response_types', grants.includes('authorization_code') ? ['code'] : []],
    ...(subjectName === undefined ? [] : [[subjectName, subject?.value] as [string, unknown]]),
    ...memberNames.filter((name) => name !== 'client_name').map(listed),
  ]
  return Object.fromEntries(all.filter(([, value]) => value !== undefined))
}
