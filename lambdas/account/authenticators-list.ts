// GET /api/v1/tenants/{tenantCode}/me/authenticators — all that one signs in with, and what one may add.
import { acrOfKeys } from '../../src/core/self-service.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { showAuthenticators } from './representation.ts'
import { forSelf, type Self, type SelfNeeds, standpointAt } from './self.ts'

export const handle = forSelf((world: SelfNeeds, call: Call, self: Self): Answer => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  return json(200, showAuthenticators(self, world.now(), acrOfKeys(standpointAt(world, self))))
})
