/** What the API says of the person who is signed in: the answers below `/me`. */

export type Proof = {
  factor: 'password' | 'otp' | 'certificate' | 'webauthn'
  /** ISO 8601, as all times are. */
  dateTime: string
  friendlyName?: string
}

export type Level = {
  alias: string
  loa: number
  acr?: string
  state: 'fresh' | 'stale' | 'missing'
  reachable: boolean
  reachedDateTime?: string
  goodUntilDateTime?: string
}

export type Me = {
  id: string
  userName: string
  displayName: string
  email?: string
  mailTrouble?: 'bounced' | 'complained'
  session: { id: string; idleDateTime: string; endsDateTime: string; proofs: readonly Proof[] }
  levels: readonly Level[]
}

export type Own = {
  id: string
  kind: 'fido' | 'otp'
  state: 'pending' | 'active' | 'suspended' | 'locked'
  origin: 'imported' | 'local'
  friendlyName?: string
  serialNumber?: string
  backupEligible?: boolean
  createdDateTime: string
  activatedDateTime?: string
  expiresDateTime?: string
  lastUsedDateTime?: string
  may: readonly ('activate' | 'rename' | 'remove')[]
}

export type Owned = {
  authenticators: readonly Own[]
  recoveryCodes?: { left: number; createdDateTime: string }
  password: 'here' | 'directory' | 'none'
  activationAcr?: string
  mayAdd: readonly ('fido' | 'otp' | 'recovery-codes')[]
}

export type OwnSession = {
  id: string
  current: boolean
  createdDateTime: string
  lastSeenDateTime: string
  endsDateTime: string
  ip?: string
  userAgent?: string
}

export type Allowed = {
  clientId: string
  name: string
  uri?: string
  scopes: readonly string[]
  claims: readonly string[]
  givenDateTime: string
}
