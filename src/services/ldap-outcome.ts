/**
 * What a directory's answer to a bind says of a password. Active Directory says it in the words of its message, OpenLDAP
 * in a control beside it (draft-behera-ldap-password-policy), both under the one result code 49.
 *
 * It leaves out what a person hears of it: expired, must-change and disabled are said by both only of the right
 * password; locked is said of any, and so of a name that a stranger tries.
 */
import { type BerReader, Control, ResultCodeError } from 'ldapts'
import type { DirectoryKind } from '../core/directory/directory-settings.ts'

export type BindOutcome = 'right' | 'wrong' | 'expired' | 'must-change' | 'disabled' | 'locked'

/** Sent with a bind; holds what the directory says in the same control of its answer, whether it agreed or not. */
export class PasswordPolicy extends Control {
  static readonly oid = '1.3.6.1.4.1.42.2.27.8.5.1'
  /** PasswordPolicyResponseValue.error; `undefined` where there is none. */
  error: number | undefined

  constructor() {
    super(PasswordPolicy.oid)
  }

  /** SEQUENCE { warning [0] … OPTIONAL, error [1] ENUMERATED OPTIONAL } */
  override parseControl(reader: BerReader): void {
    if (reader.readSequence() === null) return
    if (reader.remain > 0 && reader.peek() === 0xa0) reader.readString(0xa0, true)
    if (reader.remain > 0 && reader.peek() === 0x81) this.error = reader.readString(0x81, true)?.[0]
  }
}

const ofPolicy: Readonly<Record<number, BindOutcome>> = { 0: 'expired', 1: 'locked', 2: 'must-change' }

/** Win32 error codes in hexadecimal, as `… AcceptSecurityContext error, data 532, v4563` has them. */
const ofSubCode: Readonly<Record<string, BindOutcome>> = {
  '525': 'wrong',
  '52e': 'wrong',
  '530': 'disabled',
  '531': 'disabled',
  '532': 'expired',
  '533': 'disabled',
  '701': 'disabled',
  '773': 'must-change',
  '775': 'locked',
}

const invalidCredentials = 49
/** What a directory also says when there is nothing to compare with: the entry is gone, or has no password. */
const nothingToCompare: readonly number[] = [32, 48]

/** `failure`: what the bind threw, if it did. One that says nothing of the password is thrown on. */
export function outcomeOf(kind: DirectoryKind, failure: unknown, policy: PasswordPolicy): BindOutcome {
  const said = policy.error === undefined ? undefined : ofPolicy[policy.error]
  if (failure === undefined) return said ?? 'right'
  if (!(failure instanceof ResultCodeError)) throw failure
  if (nothingToCompare.includes(failure.code)) return 'wrong'
  if (failure.code !== invalidCredentials) throw failure
  if (kind === 'openldap') return said ?? 'wrong'
  const subCode = /, data ([0-9a-f]+),/i.exec(failure.message)?.[1]?.toLowerCase()
  return (subCode === undefined ? undefined : ofSubCode[subCode]) ?? 'wrong'
}
