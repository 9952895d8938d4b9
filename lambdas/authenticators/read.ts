// GET /api/v1/tenants/{tenantCode}/users/{userId}/authenticators/{authenticatorId} — one authenticator.
import type { Answer, Call } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { findAuthenticator } from './found.ts'
import { answerWith } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCaller('authenticators:read', async (needs: Needs, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const key = await findAuthenticator(needs, call)
  return key.ok ? answerWith(key.value) : answerTo(key)
})
