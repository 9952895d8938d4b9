// GET /api/v1/tenants/{tenantCode}/me — who one is, what one is signed in with, and how long each level is still good.
import { levelsOf } from '../../src/core/self-service.ts'
import { displayNameOf } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { showProof } from './representation.ts'
import { forSelf, type Self, type SelfNeeds, standpointAt } from './self.ts'

export const handle = forSelf((world: SelfNeeds, call: Call, self: Self): Answer => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const { session, person } = self
  const { user } = person
  const levels = levelsOf(standpointAt(world, self), session.proofs)
  return json(200, {
    id: user.id,
    userName: user.userName,
    displayName: displayNameOf(user),
    ...(user.email === undefined ? {} : { email: user.email }),
    ...(user.locale === undefined ? {} : { locale: user.locale }),
    roles: user.roles ?? [],
    // Mail that matters would not arrive.
    ...(user.mailTrouble === undefined ? {} : { mailTrouble: user.mailTrouble }),
    session: {
      id: session.sid,
      idleDateTime: dateTime(session.idleUntil),
      endsDateTime: dateTime(session.until),
      proofs: session.proofs.map((proof) => showProof(proof, self)),
    },
    levels: levels.map(({ alias, loa, acr, state, at, until, reachable }) => ({
      ...{ alias, loa, state, reachable },
      ...(acr === undefined ? {} : { acr }),
      ...(at === undefined ? {} : { reachedDateTime: dateTime(at) }),
      // No level outlasts the session that it is in.
      ...(until === undefined ? {} : { goodUntilDateTime: dateTime(Math.min(until, session.until)) }),
    })),
  })
})
