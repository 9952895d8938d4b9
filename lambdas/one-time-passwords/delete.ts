// DELETE /api/v1/tenants/{tenantCode}/users/{userId}/one-time-passwords/{oneTimePasswordId} — gone at once.
import { ok } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { deletedOneTimePassword, deletedRecoveryCodes } from '../../src/store/one-time-passwords.ts'
import { loweredStanding } from '../../src/store/people.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { ManageNeeds } from '../authenticators/managing.ts'
import { manage } from './managing.ts'

export const handle = forCaller(
  'otp:write',
  async (needs: ManageNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const deleted = await manage(needs, call, cms, ({ otp, person }) => {
      // Recovery codes stand in for one-time codes; where there are none any more, they stand for nothing.
      const isLast = person.otps.length === 1 && person.recoveryCodes !== undefined
      const codes = isLast ? [deletedRecoveryCodes(otp.user)] : []
      const writes = [deletedOneTimePassword(otp), ...codes, loweredStanding(otp.user)]
      return ok({ writes, audit: ['otp.deleted'], ends: true })
    })
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
