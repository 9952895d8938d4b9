/** An application that signs its users in here: its record, by RFC 7591's names where it has them. */
import type { Seconds } from '../result.ts'
import type { AcrMap } from '../step-up/flow.ts'

export type Client = {
  clientId: string
  clientName: string
  /** Compared as text, never normalised (RFC 9700 §2.1). */
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  grantTypes: readonly ('authorization_code' | 'refresh_token' | 'client_credentials')[]
  tokenEndpointAuthMethod: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** Hashes of the secrets that are good now: two while one is being rotated. */
  secretHashes: readonly string[]
  scopes: readonly string[]
  idTokenSignedResponseAlg: 'RS256' | 'ES256'
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
}
