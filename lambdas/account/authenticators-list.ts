// GET /api/v1/tenants/{tenantCode}/me/authenticators — all that one signs in with, and what one may add.
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { showAuthenticators } from './representation.ts'
import { forSelf, type Self, type SelfNeeds } from './self.ts'

export const handle = forSelf(({ now }: SelfNeeds, call: Call, self: Self): Answer => {
  const query = readQuery(call, [])
  return query.ok ? json(200, showAuthenticators(self, now())) : answerTo(query)
})
