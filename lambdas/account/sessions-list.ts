// GET /api/v1/tenants/{tenantCode}/me/sessions — where one is signed in: with what browser, from where, since when.

import { isOfEpoch } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { listSessions } from '../../src/session-ends.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { showOwnSession } from './representation.ts'
import { forSelf, type Self, type SelfNeeds } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const listed = await listSessions(world, self.user.id)
  const others = listed.filter((each) => each.sid !== self.session.sid && isOfEpoch(each, self.person.user))
  // This one as it was just read: the index may not show it yet.
  const sessions = [self.session, ...others].map((each) => showOwnSession(each, self.session.sid))
  return json(200, { sessions })
})
