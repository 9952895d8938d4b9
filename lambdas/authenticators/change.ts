// PATCH /api/v1/tenants/{tenantCode}/users/{userId}/authenticators/{authenticatorId} — its name; suspended ↔ active.
import type { AuditType } from '../../src/core/audit-event.ts'
import type { Authenticator } from '../../src/core/authenticator.ts'
import { type AuthenticatorChange, parseChange } from '../../src/core/fido/import-request.ts'
import { ok, type Result, refuse, type Seconds } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { changedState, loweredStanding, renamedAuthenticator } from '../../src/store/people.ts'
import { bodyLimits, patchTypes, readBody, readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo, type Reason } from '../api/problems.ts'
import { type Decided, type ManageNeeds, manage } from './managing.ts'
import { answerWith } from './representation.ts'

export const handle = forCaller(
  'authenticators:write',
  async (needs: ManageNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const body = readBody(call, bodyLimits.one, patchTypes)
    if (!body.ok) return answerTo(body)
    const change = parseChange(body.value)
    if (!change.ok) return answerTo(change)
    const changed = await manage(needs, call, cms, (key) => decide(key, change.value, needs.now()))
    if (!changed.ok) return answerTo(changed)
    const { before, decided } = changed.value
    const isChanged = decided.writes.length > 0
    const isMoved = change.value.state !== undefined && change.value.state !== before.state
    const moved = isMoved ? { stateChangedAt: needs.now() } : {}
    return answerWith({ ...before, ...change.value, ...moved, version: before.version + (isChanged ? 1 : 0) })
  },
)

/**
 * What it is already is no change: a request that is sent again because its answer was lost must not fail. What was asked
 * for together is written together.
 */
function decide(
  key: Authenticator,
  { friendlyName, state }: AuthenticatorChange,
  now: Seconds,
): Result<Decided, Reason> {
  const isNamed = friendlyName !== undefined && friendlyName !== key.friendlyName
  const renamed: AuditType[] = isNamed ? ['authenticator.renamed'] : []
  if (state === undefined || state === key.state)
    return ok({ writes: isNamed ? [renamedAuthenticator(key, friendlyName)] : [], audit: renamed })
  if (key.state === 'pending' && state === 'active') return refuse('only-the-user-activates', { at: '/state' })
  if (key.state !== 'active' && key.state !== 'suspended')
    return refuse('wrong-state', { at: '/state', detail: `It is ${key.state}.` })
  const noted = { stateChangedAt: now, ...(isNamed ? { friendlyName } : {}) }
  if (state === 'active')
    return ok({ writes: [changedState(key, 'resume', noted)], audit: ['authenticator.resumed', ...renamed] })
  return ok({
    writes: [changedState(key, 'suspend', noted), loweredStanding(key.user)],
    audit: ['authenticator.suspended', ...renamed],
    ends: true,
  })
}
