/** The realm: what the organisation has decided for everyone. One record; flows are in it, so that one read has all. */
import { type SigningAlgorithm, signingAlgorithms } from './oidc/signing.ts'
import type { Seconds } from './result.ts'
import type { AcrMap, FactorKind, Flow } from './step-up/flow.ts'

export type Settings = {
  /** The console's `Authenticator import via API`. */
  authenticatorImport: boolean
  /** How a person confirms who they are before they activate a key. */
  activationProof: 'email' | 'password' | 'either'
  /** Whether the touch that activated a key also signs in: saves the second one. */
  activationCountsAsLogin: boolean
  /** What the mailed code is of: eight letters and figures without look-alikes, or digits. */
  codeAlphabet: 'letters' | 'digits'
  codeLength: number
  codeLifetime: Seconds
  /** How often a code may be typed wrong. */
  codeTries: number
  /** How many codes are mailed to somebody in any such while. */
  codeSends: number
  codeSendWindow: Seconds
  /** How long an imported key waits for its user, where the import does not say. Undefined: for ever. */
  pendingLifetime?: Seconds
  /**
   * AAGUIDs that an import may bring. Empty: any. A list that is not empty is satisfied only by an attestation whose
   * certificate leads to one of `attestationRoots`.
   */
  allowedAaguids: readonly string[]
  /** What people may add by themselves at the portal: FIDO keys, an app with one-time codes, recovery codes. */
  selfServiceFido: boolean
  selfServiceOtp: boolean
  selfServiceRecoveryCodes: boolean
  /** Certificates (PEM) of the makers whose word on a key's model counts. */
  attestationRoots: readonly string[]
  /** After so many answers whose counter did not advance, a key is locked. 0: never. */
  counterFailuresToLock: number
  sessionIdle: Seconds
  sessionLifetime: Seconds
  /** What people with a role must have reached to use the console, by its name in `acrToLoa`. */
  consoleAcr: string
  /** The same for what opens doors or cannot be undone, and for people who change what they sign in with: see `role.ts`. */
  sensitiveAcr: string
  /** How fresh that must be. */
  sensitiveMaxAge: Seconds
  /** Those that have keys; RS256 and ES256 always do. */
  signingAlgorithms: readonly SigningAlgorithm[]
  /** How long a key signs. */
  signingKeyPeriod: Seconds
  /** How long a key is published before it signs, and how long after. */
  signingKeyOverlap: Seconds
}

export const defaultSettings: Settings = {
  authenticatorImport: true,
  activationProof: 'either',
  activationCountsAsLogin: false,
  codeAlphabet: 'letters',
  codeLength: 8,
  codeLifetime: 600,
  codeTries: 5,
  codeSends: 3,
  codeSendWindow: 900,
  allowedAaguids: [],
  selfServiceFido: true,
  selfServiceOtp: true,
  selfServiceRecoveryCodes: true,
  attestationRoots: [],
  counterFailuresToLock: 3,
  sessionIdle: 3600,
  sessionLifetime: 36_000,
  consoleAcr: 'otp',
  sensitiveAcr: 'fido',
  sensitiveMaxAge: 300,
  signingAlgorithms,
  signingKeyPeriod: 90 * 86_400,
  signingKeyOverlap: 86_400,
}

export type Realm = {
  settings: Settings
  acrToLoa: AcrMap
  defaultAcr?: string[]
  /** What happens when an essential or strict level cannot be reached: ask what there is and fail, or fail at once. */
  unreachable: 'attempt' | 'fail-fast'
  /** What a user who lacks it may set up in the middle of a login. Undefined: nothing. */
  enrol?: FactorKind[]
  flows: Record<string, Flow>
  /** The flow that is bound as the browser flow. */
  browserFlow: string
  /** Makes decoys stable: what a name that nobody has seems to have. Guards nothing else. */
  decoySecret: string
  /** Makes the names that pairwise clients know people by. Changed, every person is a stranger to each of them. */
  pairwiseSecret: string
  /** Makes DPoP nonces, so that nobody has to keep them. */
  nonceSecret: string
  version: number
}

export const defaultAcrToLoa: AcrMap = { pwd: 0, otp: 1, cba: 2, fido: 3 }

/** Somebody may ask for `constructor`: it is never looked up on the prototype. */
export const flowNamed = (realm: Realm, id: string | undefined): Flow | undefined =>
  id !== undefined && Object.hasOwn(realm.flows, id) ? realm.flows[id] : undefined

/** All flows are in the realm's record, which every login reads; DynamoDB takes 400 kB of a record. In bytes. */
export const largestRealm = 350_000
export const mostFlows = 50
