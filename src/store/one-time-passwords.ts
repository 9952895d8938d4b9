/**
 * One-time passwords and recovery codes, in the partition of their user, where `readPerson` finds them.
 *
 * What works once is one condition of one write: of a code that twenty send at once, one is kept.
 */
import type { UserId } from '../core/authenticator.ts'
import { type OneTimePassword, type OtpChange, otpChanges } from '../core/otp/one-time-password.ts'
import type { RecoveryCodes } from '../core/otp/recovery-code.ts'
import type { Seconds } from '../core/result.ts'
import type { User } from '../core/user.ts'
import type { Write } from './db.ts'
import { places } from './keys.ts'
import type { Wait } from './tries.ts'

/** Whether its user is there and enabled is another write's condition. */
export const createdOneTimePassword = (otp: OneTimePassword): Write => ({
  write: 'put',
  ...places.oneTimePassword(otp.user, otp.id),
  item: otp,
  condition: 'attribute_not_exists(#pk)',
})

/**
 * One was handed over for this user, who is there and enabled, and nobody handed over another since they were read: of
 * several at once, each counts those before it.
 */
export const givenOneTimePassword = ({ id, otpsGiven }: Pick<User, 'id' | 'otpsGiven'>): Write => ({
  write: 'update',
  ...places.user(id),
  update: 'SET #otpsGiven = :given',
  condition: `#enabled = :true AND ${otpsGiven === undefined ? 'attribute_not_exists(#otpsGiven)' : '#otpsGiven = :before'}`,
  values: { given: (otpsGiven ?? 0) + 1, before: otpsGiven, true: true },
})

/** A code was taken: its step is the last one now, and was later than the last one before. */
export const usedOneTimePassword = (otp: OneTimePassword, step: number, now: Seconds): Write => ({
  write: 'update',
  ...places.oneTimePassword(otp.user, otp.id),
  update: 'SET #lastStep = :step, #lastUsedAt = :now',
  condition: '#state = :active AND (attribute_not_exists(#lastStep) OR #lastStep < :step)',
  values: { step, now, active: 'active' },
})

const unchanged = '#version = :version'

/** One change of state, with a new name where there is one, if the record is as it was read. */
export function changedOneTimePassword(otp: OneTimePassword, change: OtpChange, friendlyName?: string): Write {
  const { from, to } = otpChanges[change]
  const allowed = from.map((state, index) => [`from${index}`, state] as const)
  return {
    write: 'update',
    ...places.oneTimePassword(otp.user, otp.id),
    update: `SET #state = :to, #version = #version + :one${friendlyName === undefined ? '' : ', #friendlyName = :friendlyName'}`,
    condition: `${unchanged} AND #state IN (${allowed.map(([name]) => `:${name}`).join(', ')})`,
    values: { ...Object.fromEntries(allowed), to, friendlyName, version: otp.version, one: 1 },
  }
}

export const renamedOneTimePassword = (otp: OneTimePassword, friendlyName: string): Write => ({
  write: 'update',
  ...places.oneTimePassword(otp.user, otp.id),
  update: 'SET #friendlyName = :friendlyName, #version = #version + :one',
  condition: unchanged,
  values: { friendlyName, version: otp.version, one: 1 },
})

export const deletedOneTimePassword = (otp: OneTimePassword): Write => ({
  write: 'delete',
  ...places.oneTimePassword(otp.user, otp.id),
  condition: unchanged,
  values: { version: otp.version },
})

/**
 * Too many failures: the codes are locked until a CMS unlocks them, and what rests on them is checked again. The count
 * begins anew, for the day they are.
 *
 * @param wait what the last failure has the next try wait, as at a name that has nothing to lock.
 */
export const lockedOneTimePasswords = (user: UserId, otps: readonly OneTimePassword[], wait?: Wait): Write[] => [
  ...otps.map((otp) => changedOneTimePassword(otp, 'lock')),
  {
    write: 'update',
    ...places.user(user),
    update: `SET #standing = #standing + :one${wait === undefined ? '' : `, #${wait.attribute} = :until`} REMOVE #otpFailures`,
    condition: 'attribute_exists(#pk)',
    values: { one: 1, until: wait?.until },
  },
]

/** A set of recovery codes in place of the one that there was: of two at once, one is made. */
export const madeRecoveryCodes = (user: UserId, set: RecoveryCodes, old: RecoveryCodes | undefined): Write => ({
  write: 'put',
  ...places.recoveryCodes(user),
  item: set,
  ...(old === undefined
    ? { condition: 'attribute_not_exists(#pk)' }
    : { condition: '#id = :old', values: { old: old.id } }),
})

/** Used up, if it is still there: of two who use it at once, one does. */
export const spentRecoveryCode = (user: UserId, set: RecoveryCodes, number: string, hash: string): Write => ({
  write: 'update',
  ...places.recoveryCodes(user),
  update: `REMOVE #codes.#${number}`,
  condition: `#id = :id AND #codes.#${number} = :hash`,
  values: { id: set.id, hash },
})

export const deletedRecoveryCodes = (user: UserId): Write => ({ write: 'delete', ...places.recoveryCodes(user) })
