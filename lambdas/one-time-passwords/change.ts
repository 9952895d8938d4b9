// PATCH /api/v1/tenants/{tenantCode}/users/{userId}/one-time-passwords/{oneTimePasswordId} — its name; suspended or
// locked → active, active → suspended.
import type { AuditType } from '../../src/core/audit-event.ts'
import { type AuthenticatorChange, parseChange } from '../../src/core/fido/import-request.ts'
import type { OneTimePassword } from '../../src/core/otp/one-time-password.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { changedOneTimePassword, renamedOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { loweredStanding } from '../../src/store/people.ts'
import { bodyLimits, patchTypes, readBody, readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo, type Reason } from '../api/problems.ts'
import type { ManageNeeds } from '../authenticators/managing.ts'
import { type Decided, manage } from './managing.ts'
import { answerWith } from './representation.ts'

export const handle = forCaller(
  'otp:write',
  async (needs: ManageNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const body = readBody(call, bodyLimits.one, patchTypes)
    if (!body.ok) return answerTo(body)
    const change = parseChange(body.value)
    if (!change.ok) return answerTo(change)
    const changed = await manage(needs, call, cms, ({ otp }) => decide(otp, change.value))
    if (!changed.ok) return answerTo(changed)
    const { before, decided } = changed.value
    const isChanged = decided.writes.length > 0
    return answerWith({ ...before, ...change.value, version: before.version + (isChanged ? 1 : 0) })
  },
)

/** What it is already is no change: a request that is sent again because its answer was lost must not fail. */
function decide(otp: OneTimePassword, { friendlyName, state }: AuthenticatorChange): Result<Decided, Reason> {
  const isNamed = friendlyName !== undefined && friendlyName !== otp.friendlyName
  const renamed: AuditType[] = isNamed ? ['otp.renamed'] : []
  if (state === undefined || state === otp.state)
    return ok({ writes: isNamed ? [renamedOneTimePassword(otp, friendlyName)] : [], audit: renamed })
  const name = isNamed ? friendlyName : undefined
  if (state === 'active')
    return ok({ writes: [changedOneTimePassword(otp, 'resume', name)], audit: ['otp.resumed', ...renamed] })
  if (otp.state !== 'active') return refuse('wrong-state', { at: '/state', detail: `It is ${otp.state}.` })
  return ok({
    writes: [changedOneTimePassword(otp, 'suspend', name), loweredStanding(otp.user)],
    audit: ['otp.suspended', ...renamed],
    ends: true,
  })
}
