// DELETE /api/v1/tenants/{tenantCode}/me/elevation — this session goes back to the lowest level that it has.
//
// What was proved beyond it is taken from the session's record, and with it ends, wherever we are asked, what was granted
// on it: tokens at the API, at userinfo and in introspection. A resource server that asks nobody believes an access token
// until it ends, ten minutes at most. What an application may do without a session (`offline_access`) has its own end.

import { refuse } from '../../src/core/result.ts'
import { baseProofs } from '../../src/core/self-service.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { droppedProofs } from '../../src/store/sessions.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { forSelf, noContent, type Self, type SelfNeeds, standpointAt, toldOfSelf } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const { session } = self
  const kept = baseProofs(standpointAt(world, self), session.proofs)
  // There is nothing above it: so it is as it is to be.
  if (kept.length === session.proofs.length) return noContent
  const done = await world.db.transact([
    droppedProofs(session, kept),
    toldOfSelf(world, call, self, {
      type: 'elevation.dropped',
      detail: session.proofs
        .filter((proof) => !kept.includes(proof))
        .map(({ factor }) => factor)
        .join(' '),
    }),
  ])
  return done.ok ? noContent : answerTo(refuse('changed-meanwhile'))
})
