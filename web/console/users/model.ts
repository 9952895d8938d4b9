/** Users and what is theirs, as the API shows them. */
import type { AuthenticatorState } from '../../../src/core/authenticator.ts'
import type { Role } from '../../../src/core/user.ts'
import type { Tone } from '../../app/small.tsx'

export type ListedUser = {
  id: string
  userName: string
  displayName: string
  email?: string
  enabled: boolean
  deleting?: true
  roles: readonly Role[]
  createdDateTime: string
}

export type User = ListedUser & {
  externalId?: string
  emailVerified?: boolean
  mailTrouble?: 'bounced' | 'complained'
  givenName?: string
  familyName?: string
  locale?: string
  directory: boolean
  hasPassword: boolean
  /** They failed too often, and wait until then. */
  waitsUntilDateTime?: string
  updatedDateTime: string
}

export type State = AuthenticatorState

export type Key = {
  id: string
  state: State
  friendlyName?: string
  externalId?: string
  serialNumber?: string
  origin: 'imported' | 'local'
  provenance: 'attested' | 'raw'
  createdDateTime: string
  activatedDateTime?: string
  stateChangedDateTime?: string
  expiresDateTime?: string
  lastUsedAuthnDateTime: string | null
  metadata: { rpId: string; credentialId: string; aaguid?: string; aaguidCertified?: true }
}

export type OneTimePassword = {
  id: string
  type: 'totp' | 'hotp'
  state: State
  origin: 'imported' | 'local'
  algorithm: string
  digits: number
  friendlyName?: string
  externalId?: string
  serialNumber?: string
  createdDateTime: string
  lastUsedDateTime: string | null
}

export const toneOf: Record<State, Tone> = { active: 'good', pending: 'info', suspended: 'warn', locked: 'bad' }

/** When it came to be in the state that it is in, as far as anybody noted it. */
export const sinceOf = (key: Key): string | undefined => {
  if (key.state === 'pending') return key.createdDateTime
  return key.stateChangedDateTime ?? (key.state === 'active' ? key.activatedDateTime : undefined)
}

export const userPath = (id: string): string => `/users/${encodeURIComponent(id)}`
export const userPage = (id: string): string => `/console${userPath(id)}`
