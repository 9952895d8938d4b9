// GET /api/v1/tenants/{tenantCode}/users/{userId}/one-time-passwords/{oneTimePasswordId} — one of them.
import type { Answer, Call } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { findOneTimePassword } from './managing.ts'
import { answerWith } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCaller('otp:read', async (needs: Needs, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const found = await findOneTimePassword(needs, call)
  return found.ok ? answerWith(found.value.otp) : answerTo(found)
})
