// POST /api/v1/tenants/{tenantCode}/users/{userId}/authenticators/{authenticatorId}/break-glass — an imported one deleted past the CMS that manages it.
import { isBlank, reasonLength } from '../../src/core/authenticator.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { bodyLimits, readBody, readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deletionOf } from './deletion.ts'
import { type ManageNeeds, manage } from './managing.ts'

/** The audit record keeps it as it was typed. */
function readReason(body: unknown): Result<string, 'malformed-request'> {
  const { reason, ...others } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const [other] = Object.keys(others)
  if (other !== undefined)
    return refuse('malformed-request', { at: `/${other.slice(0, 50)}`, detail: 'is not known here' })
  const text = typeof reason === 'string' && reason.isWellFormed() ? reason.trim() : ''
  const { least, most } = reasonLength
  if (isBlank(text) || text.length < least || text.length > most || /[^\P{Cc}\n]/u.test(text))
    return refuse('malformed-request', { at: '/reason', detail: `must be a text of ${least} to ${most} characters` })
  return ok(text)
}

/** For people alone, whom the scope asks for a fresh sign-in at the sensitive level: no key of a machine can bear it. */
export const handle = forCaller(
  'authenticators:break-glass',
  async (needs: ManageNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const body = readBody(call, bodyLimits.one)
    if (!body.ok) return answerTo(body)
    const reason = readReason(body.value)
    if (!reason.ok) return answerTo(reason)
    const deleted = await manage(needs, call, caller, (key) =>
      ok({ ...deletionOf(key), told: { reason: 'break-glass', detail: reason.value } }),
    )
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
