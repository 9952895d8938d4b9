// DELETE /api/v1/tenants/{tenantCode}/me/consents/{clientId} — one takes back what one allowed an application.
//
// With it goes all that the application holds by it, as in `management/consents-withdraw.ts`.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { withdrawnConsent } from '../../src/store/consents.ts'
import { loweredStanding } from '../../src/store/people.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { forSelf, noContent, type Self, type SelfNeeds, toldOfSelf } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const consent = self.person.consents?.find(({ clientId }) => clientId === call.params.clientId)
  if (consent === undefined) return answerTo(refuse('consent-not-found'))
  const done = await world.db.transact([
    withdrawnConsent(consent),
    loweredStanding(consent.user),
    toldOfSelf(world, call, self, { type: 'consent.withdrawn', client: consent.clientId }),
  ])
  // Withdrawn in another tab, and perhaps given again since.
  return done.ok ? noContent : answerTo(refuse('changed-meanwhile'))
})
