// DELETE /api/v1/tenants/{tenantCode}/users/{userId}/authenticators/{authenticatorId} — the CMS revoked it: gone at once.
import { ok, refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deletionOf } from './deletion.ts'
import { type ManageNeeds, manage } from './managing.ts'

/** A person deletes what was made here. What a CMS manages, that CMS revokes, or it would be of another mind than we are. */
export const handle = forCaller(
  'authenticators:write',
  async (needs: ManageNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const deleted = await manage(needs, call, cms, (key) =>
      cms.person !== undefined && key.origin === 'imported' ? refuse('managed-by-cms') : ok(deletionOf(key)),
    )
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
