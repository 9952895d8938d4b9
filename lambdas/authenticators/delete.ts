// DELETE /api/v1/tenants/{tenantCode}/users/{userId}/authenticators/{authenticatorId} — the CMS revoked it: gone at once.
import { ok } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { deletedAuthenticator, loweredStanding } from '../../src/store/people.ts'
import { readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { type ManageNeeds, manage } from './managing.ts'

export const handle = forCaller(
  'authenticators:write',
  async (needs: ManageNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const deleted = await manage(needs, call, cms, (key) =>
      ok({
        writes: [
          ...deletedAuthenticator(key),
          // Nothing ever rested on a pending key.
          ...(key.state === 'pending' ? [] : [loweredStanding(key.user)]),
        ],
        audit: ['authenticator.deleted'],
        ends: key.state !== 'pending',
      }),
    )
    return deleted.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(deleted)
  },
)
