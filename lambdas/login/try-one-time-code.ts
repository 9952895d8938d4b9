/**
 * The verifier of one-time codes and recovery codes. The throttle is in it, not in the pages, and counts before anything
 * is compared: each source waits after its fifth failure, and after fifty in all the codes are locked.
 *
 * Whoever has no codes, and whoever is nobody, is compared with a secret that nobody has: it takes as long.
 */
import { readOneTimeCode, stepOf } from '../../src/core/otp/one-time-code.ts'
import { isActive, type OneTimePassword, ownParameters, ownSecretBytes } from '../../src/core/otp/one-time-password.ts'
import {
  codesLeft,
  type RecoveryCodes,
  readRecoveryCode,
  recoveryCredential,
  recoveryText,
} from '../../src/core/otp/recovery-code.ts'
import type { Seconds } from '../../src/core/result.ts'
import type { Person } from '../../src/core/session.ts'
import type { Call } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { lockedOneTimePasswords, spentRecoveryCode, usedOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { forgivenTries, punishedTries, takeTry, type Wait, waitAfter } from '../../src/store/tries.ts'
import type { World } from '../../src/world.ts'

export type CodeNotice = 'wrong-one-time-code' | 'reused-one-time-code' | 'wrong-recovery-code'

/** `writes` go into the transaction of whatever follows. `locked`: of a failure, what it locks. */
export type TriedCode =
  | { outcome: 'right'; credential: string; writes: Write[]; recoveryCodesLeft?: number }
  | { outcome: 'wrong'; notice: CodeNotice; locked: OneTimePassword[]; writes: Write[] }
  | { outcome: 'wait'; until: Seconds }

type Needs = Pick<World, 'db' | 'now' | 'sealer'>

/** `typed`: in the field of its page. Which of the two it is, its form says. */
export async function tryOneTimeCode(
  world: Needs,
  call: Call,
  person: Person | undefined,
  typedName: string,
  typed: { code: string; recovery: string },
): Promise<TriedCode> {
  const now = world.now()
  const whose = person === undefined ? { stranger: typedName } : { user: person.user.id }
  const taken = await takeTry(world.db, 'otp', whose, call.ip, now)
  const active = person?.otps.filter(isActive) ?? []
  const lock = (wait?: Wait): Write[] =>
    person === undefined ? [] : lockedOneTimePasswords(person.user.id, active, wait)
  const text = typed.code === '' ? typed.recovery : typed.code
  const recovery = readRecoveryCode(text)
  if (!taken.ok) {
    // The try that was the last one could not lock them, or is just about to.
    return taken.spent
      ? { outcome: 'wrong', notice: 'wrong-one-time-code', locked: active, writes: lock() }
      : { outcome: 'wait', until: taken.waitUntil }
  }
  const found =
    recovery === undefined
      ? await findStep(world, active, readOneTimeCode(text))
      : await findRecovery(world, active.length > 0 ? person : undefined, recovery)
  if (found.ok) return { ...found.right, outcome: 'right', writes: [...found.right.writes, forgivenTries(taken)] }
  const notice = typed.code === '' ? 'wrong-recovery-code' : found.notice
  return taken.last
    ? { outcome: 'wrong', notice, locked: active, writes: lock(waitAfter(taken, now)) }
    : { outcome: 'wrong', notice, locked: [], writes: [punishedTries(taken, now)] }
}

type Found =
  | { ok: true; right: Omit<Extract<TriedCode, { outcome: 'right' }>, 'outcome'> }
  | { ok: false; notice: CodeNotice }

/**
 * Which of the person's one-time passwords the code is the next one of. Of all of them, it is used up: two may be one
 * token, brought here twice in two spellings of its secret that HMAC takes for the same (zeros behind it, RFC 2104 §2).
 */
async function findStep({ sealer, now }: Needs, active: readonly OneTimePassword[], code: string): Promise<Found> {
  if (active.length === 0) {
    await sealer.hashes(code)
    await stepOf(ownParameters, new Uint8Array(ownSecretBytes), code, now())
  }
  const used: { otp: OneTimePassword; step: number }[] = []
  let isReused = false
  for (const otp of active) {
    const step = await stepOf(otp, await sealer.unseal(otp.sealedSecret, otp), code, now())
    if (step.ok) used.push({ otp, step: step.value })
    else if (step.reason === 'reused-code') isReused = true
  }
  const [first] = used
  if (isReused) return { ok: false, notice: 'reused-one-time-code' }
  if (first === undefined) return { ok: false, notice: 'wrong-one-time-code' }
  const writes = used.map(({ otp, step }) => usedOneTimePassword(otp, step, now()))
  return { ok: true, right: { credential: first.otp.id, writes } }
}

/** In place of a one-time code, and so only for somebody who has them. */
async function findRecovery({ sealer }: Needs, person: Person | undefined, code: string): Promise<Found> {
  const set: RecoveryCodes = person?.recoveryCodes ?? { id: '', codes: {}, createdAt: 0 }
  const user = person?.user.id ?? ''
  const hashes = await sealer.hashes(recoveryText(user, set.id, code))
  const [number, hash] = Object.entries(set.codes).find(([, kept]) => hashes.includes(kept)) ?? []
  if (number === undefined || hash === undefined) return { ok: false, notice: 'wrong-recovery-code' }
  return {
    ok: true,
    right: {
      credential: recoveryCredential(set),
      writes: [spentRecoveryCode(user, set, number, hash)],
      recoveryCodesLeft: codesLeft(set) - 1,
    },
  }
}
