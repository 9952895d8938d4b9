/**
 * An authenticator: what it is, which state it is in, and which changes of state there are.
 *
 * Who may ask for a change is the caller's rule; that the change is possible from the state the record is in is
 * decided here, and held by the condition of the write.
 */
import type { Seconds } from './result.ts'

export type AuthenticatorId = string
export type UserId = string

export const authenticatorStates = ['pending', 'active', 'suspended', 'locked'] as const
export type AuthenticatorState = (typeof authenticatorStates)[number]

/** Where it was made: imported by a Credential Management System, which keeps managing it, or by the user here. */
export type Origin = 'imported' | 'local'

/** What an import proved: an attestation that was verified in full, or nothing but the caller's word. */
export type Provenance = 'attested' | 'raw'

/** A WebAuthn public key credential as it is kept. Binary members are base64url. */
export type Credential = {
  rpId: string
  credentialId: string
  /** COSE_Key bytes (RFC 9053), checked by `cose-key.ts` before they are kept. */
  publicKey: string
  /** COSE algorithm: -7 ES256, -8 EdDSA, -35 ES384, -36 ES512, -257 RS256. */
  algorithm: number
  signatureCounter: number
  transports?: string[]
  /** The user handle the key carries, where it is not the id of the user here. */
  userHandle?: string
  discoverable?: boolean
  backupEligible?: boolean
  /** The model, where a certificate of its maker stands for it. */
  aaguid?: string
}

export type Authenticator = {
  id: AuthenticatorId
  user: UserId
  type: 'fido'
  state: AuthenticatorState
  origin: Origin
  provenance: Provenance
  friendlyName?: string
  externalId?: string
  serialNumber?: string
  /**
   * The model as an import said it, with nothing to vouch for it: shown, and no part of any decision (Keycloak
   * CVE-2026-16093: policy on verified data only).
   */
  claimedAaguid?: string
  createdAt: Seconds
  activatedAt?: Seconds
  /** When it was last suspended, resumed or locked. */
  stateChangedAt?: Seconds
  /** A pending key that is not activated by then is void. */
  expiresAt?: Seconds
  lastUsedAt?: Seconds
  lastSuccessAt?: Seconds
  /** Answers whose signature held and whose counter did not advance. */
  counterFailures?: number
  credential: Credential
  /** Goes up with each change: the condition of the next one, and the ETag. */
  version: number
}

/** The states a change may start from: `pending → active ⇄ suspended`, `→ locked`; deletion ends them all. */
export const changes = {
  activate: { from: ['pending'], to: 'active' },
  suspend: { from: ['active'], to: 'suspended' },
  resume: { from: ['suspended'], to: 'active' },
  lock: { from: ['pending', 'active'], to: 'locked' },
} as const satisfies Record<string, { from: readonly AuthenticatorState[]; to: AuthenticatorState }>

export type Change = keyof typeof changes

/** In characters: why an imported one is deleted past the CMS that manages it, and could not wait for that. */
export const reasonLength = { least: 10, most: 500 } as const

/** Keys of one user that are not void: what is read at once at each sign-in stays small. */
export const mostAuthenticators = 100

/** A pending key past its end is nobody's any more, although TTL has not removed it yet. */
export const isVoid = (key: Pick<Authenticator, 'state' | 'expiresAt'>, now: Seconds): boolean =>
  key.state === 'pending' && key.expiresAt !== undefined && key.expiresAt <= now

export const activeOf = (keys: readonly Authenticator[]): Authenticator[] =>
  keys.filter((key) => key.state === 'active')

/** Nothing in it that anybody sees: spaces, and characters that leave no mark of their own, such as U+200B or U+3164. */
export const isBlank = (text: string): boolean => !/[^\p{Default_Ignorable_Code_Point}\p{Z}\p{C}\p{M}]/u.test(text)

/** One to 64 characters, none of them a control character, and not blank. */
export const isFriendlyName = (text: string): boolean =>
  !isBlank(text) && [...text].length <= 64 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)

/**
 * What the audit log is told of which key it is: what its CMS knows it by, for whoever is told after it is gone; and its
 * model, where a certificate of its maker stands for it.
 */
export const toldKey = ({
  id,
  externalId,
  serialNumber,
  credential: { aaguid },
}: Authenticator): { authenticator: AuthenticatorId; aaguid?: string; externalId?: string; serialNumber?: string } => ({
  authenticator: id,
  ...(externalId === undefined ? {} : { externalId }),
  ...(serialNumber === undefined ? {} : { serialNumber }),
  ...(aaguid === undefined ? {} : { aaguid }),
})
