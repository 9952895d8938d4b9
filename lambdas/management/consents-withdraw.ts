// DELETE /api/v1/tenants/{tenantCode}/users/{userId}/consents/{clientId} — a user's consent is withdrawn.
//
// With it goes all that the application holds by it: the user's standing is lowered in the same transaction, so that
// every use of a code, a token or a refresh token looks again at what it rests on, and does not find the consent.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import { withdrawnConsent } from '../../src/store/consents.ts'
import { findPerson, loweredStanding } from '../../src/store/people.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { askedUser } from './asked-user.ts'
import { deskOf, type ManagementNeeds } from './desk.ts'

export const handle = forCaller(
  'consents:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const person = await askedUser(call, (named) => findPerson(needs.db, named))
    if (!person.ok) return answerTo(person)
    const consent = person.value.consents?.find(({ clientId }) => clientId === call.params.clientId)
    if (consent === undefined) return answerTo(refuse('consent-not-found'))
    const { db, now, actor, about } = deskOf(needs, call, caller)
    const { user, clientId } = consent
    const told = recorded({ type: 'consent.withdrawn', at: now(), actor, ...about, user, client: clientId })
    const done = await db.transact([withdrawnConsent(consent), loweredStanding(user), told])
    // Somebody else withdrew it, and perhaps it was given again since.
    return done.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : answerTo(refuse('changed-meanwhile'))
  },
)
