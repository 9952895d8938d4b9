// POST /api/v1/tenants/{tenantCode}/me/recovery-codes — ten new ones, shown this once. Those from before are good no more.
import { randomBytes } from 'node:crypto'
import { isActive } from '../../src/core/otp/one-time-password.ts'
import { recoveryCodesFrom, recoveryText, spacedRecoveryCode } from '../../src/core/otp/recovery-code.ts'
import { refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { madeRecoveryCodes } from '../../src/store/one-time-passwords.ts'
import { loweredStandingOf, standingHolds } from '../../src/store/people.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import type { OtpNeeds } from './otp-begin.ts'
import { forSelf, type Self, toldOfSelf, unproved } from './self.ts'

export const handle = forSelf(async (world: OtpNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const { user, otps, recoveryCodes } = self.person
  if (!self.realm.settings.selfServiceRecoveryCodes) return answerTo(refuse('self-service-off'))
  if (!otps.some(isActive)) return answerTo(refuse('no-one-time-passwords'))
  const asked = unproved(world, call, self, 'add')
  if (asked !== undefined) return asked
  const { shown, writes } = await freshCodes(world, call, self)
  // What rests on one of the old ones is looked at again.
  const stands = recoveryCodes === undefined ? standingHolds(user.id, user.standing) : loweredStandingOf(user)
  const done = await world.db.transact([stands, ...writes])
  return done.ok ? json(201, { recoveryCodes: shown }) : answerTo(refuse('changed-meanwhile'))
})

/** A set in place of the one that there is, as it is to be shown and written. */
export async function freshCodes(
  world: OtpNeeds,
  call: Call,
  self: Self,
): Promise<{ shown: string[]; writes: Write[] }> {
  const { user, recoveryCodes } = self.person
  const set = newId()
  const codes = recoveryCodesFrom(randomBytes(32))
  const hashed = codes.map(async (each, at) => {
    const [hash] = await world.sealer.hashes(recoveryText(user.id, set, each))
    return [`c${at}`, hash] as const
  })
  const made = { id: set, codes: Object.fromEntries(await Promise.all(hashed)), createdAt: world.now() }
  return {
    shown: codes.map(spacedRecoveryCode),
    writes: [
      madeRecoveryCodes(user.id, made, recoveryCodes),
      toldOfSelf(world, call, self, { type: 'recovery-codes.made', detail: String(codes.length) }),
    ],
  }
}
