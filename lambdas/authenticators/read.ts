// GET /api/v1/tenants/{tenantCode}/users/{userId}/authenticators/{authenticatorId} — one authenticator.
import type { Answer, Call } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import { readQuery } from './asked.ts'
import { forCms } from './caller.ts'
import { findAuthenticator } from './found.ts'
import { answerTo } from './problems.ts'
import { answerWith } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCms('authenticators:read', async (needs: Needs, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const key = await findAuthenticator(needs, call)
  return key.ok ? answerWith(key.value) : answerTo(key)
})
