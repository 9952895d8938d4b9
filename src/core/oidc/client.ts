/** An application that signs its users in here: its record, by RFC 7591's names where it has them. */
import type { JWK } from 'jose'
import type { Seconds } from '../result.ts'
import type { AcrMap } from '../step-up/flow.ts'
import type { SigningAlgorithm } from './signing.ts'

export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const
export type GrantType = (typeof grantTypes)[number]

export const clientAuthMethods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const
/** RFC 7591 §2, OpenID Connect Core §9, RFC 8705 §2. */
export type ClientAuthMethod = (typeof clientAuthMethods)[number]

/** Two while one is being rotated: the older one has an end. */
export type ClientSecret = { hash: string; createdAt: Seconds; until?: Seconds }

/** How long the one before may be good beside another one, in seconds. */
export const overlaps = { usual: 86_400, most: 2_592_000 } as const

/** Which certificate of an authority is theirs (RFC 8705 §2.1.2): by exactly one of these. */
export type CertificateSubject = { by: 'dn' | 'dns' | 'uri' | 'ip' | 'email'; value: string }

export const certificateSubjects = {
  tls_client_auth_subject_dn: 'dn',
  tls_client_auth_san_dns: 'dns',
  tls_client_auth_san_uri: 'uri',
  tls_client_auth_san_ip: 'ip',
  tls_client_auth_san_email: 'email',
} as const satisfies Record<string, CertificateSubject['by']>

/** All of them are read wherever one is changed. */
export const mostClients = 1000

export type Client = {
  clientId: string
  clientName: string
  /** `fapi2`: whatever the FAPI 2.0 Security Profile does not leave is refused. Default `oidc`. */
  profile?: 'oidc' | 'fapi2'
  /** Not the organisation's own: people are asked before it hears of them, and what they allowed is remembered. */
  thirdParty?: boolean
  clientUri?: string
  policyUri?: string
  tosUri?: string
  contacts?: readonly string[]
  /** Compared as text, never normalised (RFC 9700 §2.1). */
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  grantTypes: readonly GrantType[]

  tokenEndpointAuthMethod: ClientAuthMethod
  /** The one algorithm of its assertions; left out: any of ours. */
  tokenEndpointAuthSigningAlg?: SigningAlgorithm
  /** Those that are good, or were: see `ClientSecret.until`. */
  secrets: readonly ClientSecret[]
  /** Its public keys, by value or by an address that we fetch them from; never both (RFC 7591 §2). */
  jwks?: { keys: readonly JWK[] }
  jwksUri?: string
  /** With `tls_client_auth`. */
  certificateSubject?: CertificateSubject

  scopes: readonly string[]
  /** Which resource servers it may have tokens for, as RFC 8707 names them. */
  resources?: readonly string[]
  /** Of a resource server: how tokens for it name it in `aud`. It hears of these, and of no others', at introspection. */
  resourceIdentifiers?: readonly string[]

  idTokenSignedResponseAlg: SigningAlgorithm
  /** Left out: userinfo is JSON. */
  userinfoSignedResponseAlg?: SigningAlgorithm
  /** Left out: it sends no request objects (RFC 9101). */
  requestObjectSigningAlg?: SigningAlgorithm
  /** Request objects and nothing else. */
  requireSignedRequestObject?: boolean
  requirePushedAuthorizationRequests?: boolean
  dpopBoundAccessTokens?: boolean
  tlsClientCertificateBoundAccessTokens?: boolean

  /** Default `public`. `pairwise`: this client knows people by names that no other knows (OpenID Connect Core §8.1). */
  subjectType?: 'public' | 'pairwise'
  /** The host that pairwise names are made for, worked out when the client was registered. */
  sector?: string
  sectorIdentifierUri?: string

  backchannelLogoutUri?: string
  /** Whether each logout token must name the session. Ours always does. */
  backchannelLogoutSessionRequired?: boolean

  defaultMaxAge?: Seconds
  /** Instead of the realm's, not beside it. */
  acrToLoa?: AcrMap
  defaultAcr?: string[]
  minimumAcr?: string
  enforcement: 'voluntary' | 'strict'
  flow?: string
  maxAges?: Record<string, Seconds>
  /** `false`: no `amr` in its tokens. How somebody signed in is then not its business. */
  amr?: boolean
  enabled: boolean
  createdAt: Seconds
  /** Goes up with each change by the API, for `ETag`. */
  version?: number
}
