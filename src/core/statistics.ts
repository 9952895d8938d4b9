/**
 * What the audit log comes to, in numbers: how often a thing happened, and to which level, for which reason, with which
 * model. Never who: nothing here can be led back to a person.
 *
 * `countsOf` says what a block of the log adds, `readCounts` what a sum of such blocks means. Counts are sums, so that it
 * does not matter how the log was cut into blocks. Where they are kept, and when, is the store's and the chain's.
 */
import { type AuditEvent, type AuditType, auditTypes, isRenewal } from './audit-event.ts'
import type { CertificateTrouble } from './certificate/handoff.ts'
import type { AssertionRefusal } from './fido/fido.ts'
import type { FailureReason as TokenFailure } from './token-validator/token-validation.ts'

/**
 * How often each counter went up. A counter's name is an attribute of a record, so it is letters, digits and `_`. What is
 * data in it is bounded: types and reasons are lists of ours, an ACR is one of a realm's map, a model one that a maker's
 * certificate stands for.
 */
export type Counts = Record<string, number>

/** What the lambdas say of passwords, one-time codes and of sign-ins that were given up, beside what the core says. */
type SaidOfLogins =
  | 'wrong-password'
  | 'account-locked'
  | 'account-disabled'
  | 'password-expired'
  | 'password-must-change'
  | 'directory-unavailable'
  | 'another-entry'
  | 'name-taken'
  | 'wrong-one-time-code'
  | 'reused-one-time-code'
  | 'wrong-recovery-code'
  | 'validator-unavailable'
  | 'ceremony-expired'
  | 'not-active'
  | 'unknown-key'
  | 'cancelled'

/** Why a sign-in or an activation failed, where we have a word of our own for it. Whatever else is `other`. */
export type FailureReason =
  | SaidOfLogins
  | AssertionRefusal
  | TokenFailure
  | `certificate-${CertificateTrouble}`
  | 'other'

const known: Record<FailureReason, true> = {
  'wrong-password': true,
  'account-locked': true,
  'account-disabled': true,
  'password-expired': true,
  'password-must-change': true,
  'directory-unavailable': true,
  'another-entry': true,
  'name-taken': true,
  'wrong-one-time-code': true,
  'reused-one-time-code': true,
  'wrong-recovery-code': true,
  'validator-unavailable': true,
  'ceremony-expired': true,
  'not-active': true,
  'unknown-key': true,
  cancelled: true,
  'malformed-response': true,
  'wrong-credential': true,
  'bad-public-key': true,
  'missing-user-handle': true,
  'wrong-user-handle': true,
  'wrong-type': true,
  'wrong-challenge': true,
  'wrong-origin': true,
  'cross-origin': true,
  'wrong-rp-id': true,
  'user-not-present': true,
  'user-not-verified': true,
  'bad-signature': true,
  'backup-eligibility-changed': true,
  'counter-did-not-advance': true,
  'wrong-code': true,
  'wrong-response': true,
  'wrong-next-code': true,
  'pin-not-confirmed': true,
  'pin-refused': true,
  'password-refused': true,
  'certificate-malformed-certificate': true,
  'certificate-unknown-issuer': true,
  'certificate-self-signed': true,
  'certificate-expired': true,
  'certificate-not-yet-valid': true,
  'certificate-issuer-expired': true,
  'certificate-weak-signature': true,
  'certificate-weak-key': true,
  'certificate-not-an-authority': true,
  'certificate-path-too-long': true,
  'certificate-critical-extension': true,
  'certificate-name-not-permitted': true,
  'certificate-policy-missing': true,
  'certificate-wrong-purpose': true,
  'certificate-is-authority': true,
  'certificate-wrong-key-usage': true,
  'certificate-no-identity': true,
  'certificate-ambiguous-identity': true,
  'certificate-none-presented': true,
  'certificate-revoked': true,
  'certificate-revocation-unknown': true,
  'certificate-not-theirs': true,
  other: true,
}

export const failureReasons = Object.keys(known) as FailureReason[]

/** What became of authenticators. `expired`: pending, and not activated in time; those are not among the deleted. */
export const keyCounters = ['imported', 'added', 'activated', 'expired', 'deleted'] as const
export type KeyCounter = (typeof keyCounters)[number]

/** The counts of one day, or of many, by what they count. Only what happened is in it. */
export type Statistics = {
  events: Partial<Record<AuditType, number>>
  keys: Record<KeyCounter, number>
  /** Sign-ins by the ACR that was reached; `''`: one below every name of the map. */
  signIns: Record<string, number>
  failures: Partial<Record<FailureReason, number>>
  /** How many keys of a model came, and how many went, by AAGUID. */
  models: Record<string, { added: number; removed: number }>
}

/** What these events add. */
export function countsOf(events: readonly AuditEvent[]): Counts {
  const counts: Counts = {}
  for (const name of events.flatMap(countersOf)) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const failing: ReadonlySet<AuditType> = new Set(['login.failed', 'authenticator.activation-failed'])

function countersOf(event: AuditEvent): string[] {
  const key = keyCounterOf(event)
  const model = key === undefined || key === 'activated' ? undefined : modelCounterOf(key, event.aaguid)
  return [
    nameOf('event', event.type),
    ...(key === undefined ? [] : [nameOf('key', key)]),
    ...(model === undefined ? [] : [model]),
    ...(event.type === 'login.succeeded' && !isRenewal(event) ? [`acr_${hexOf(event.achieved ?? '')}`] : []),
    ...(failing.has(event.type) ? [nameOf('failure', reasonOf(event.reason))] : []),
  ]
}

/** A pending key whose time is over is told as such, or as deleted for that reason by an import that takes its place. */
function keyCounterOf({ type, reason }: AuditEvent): KeyCounter | undefined {
  if (type === 'authenticator.deleted' && reason === 'expired') return 'expired'
  return keyCounters.find((each) => type === `authenticator.${each}`)
}

const modelCounterOf = (key: KeyCounter, aaguid: string | undefined): string | undefined => {
  if (aaguid === undefined || !aaguidShape.test(aaguid)) return undefined
  const direction = key === 'imported' || key === 'added' ? 'added' : 'removed'
  return `model_${direction}_${aaguid.toLowerCase().replaceAll('-', '')}`
}

const aaguidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const reasonOf = (reason = 'other'): FailureReason => failureReasons.find((each) => each === reason) ?? 'other'

const nameOf = (kind: 'event' | 'key' | 'failure', value: string): string =>
  `${kind}_${value.replaceAll(/[^a-z0-9]/g, '_')}`

/** No record's attribute is longer than it need be: an ACR beyond this is cut, and counted by its beginning. In bytes. */
const longestAcr = 128
const hexOf = (acr: string): string => Buffer.from(acr).subarray(0, longestAcr).toString('hex')

/** Several counts as one. */
export function summed(all: readonly Counts[]): Counts {
  const sum: Counts = {}
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

/** What counts mean. A counter that nobody knows any more is left out. */
export function readCounts(counts: Counts): Statistics {
  const given = <Value extends string>(kind: 'event' | 'key' | 'failure', values: readonly Value[]) =>
    Object.fromEntries(values.flatMap((value) => pairOf(value, counts[nameOf(kind, value)])))
  return {
    events: given('event', auditTypes),
    keys: { imported: 0, added: 0, activated: 0, expired: 0, deleted: 0, ...given('key', keyCounters) },
    signIns: signInsIn(counts),
    failures: given('failure', failureReasons),
    models: modelsIn(counts),
  }
}

const pairOf = (name: string, count: number | undefined): [string, number][] =>
  count === undefined ? [] : [[name, count]]

const signInsIn = (counts: Counts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) => {
      const [, hex] = /^acr_([0-9a-f]*)$/.exec(name) ?? []
      return hex === undefined ? [] : [[Buffer.from(hex, 'hex').toString(), count]]
    }),
  )

function modelsIn(counts: Counts): Statistics['models'] {
  const models: Statistics['models'] = {}
  for (const [name, count] of Object.entries(counts)) {
    const [, direction, hex] = /^model_(added|removed)_([0-9a-f]{32})$/.exec(name) ?? []
    if (hex === undefined) continue
    const aaguid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    const model = models[aaguid] ?? { added: 0, removed: 0 }
    models[aaguid] = { ...model, [direction === 'added' ? 'added' : 'removed']: count }
  }
  return models
}
