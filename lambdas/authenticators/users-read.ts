// GET /api/v1/tenants/{tenantCode}/users/{userId} — one user, by id or by user name.
import { refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { findUser } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { readQuery, userIn } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { showUser } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCaller('users:read', async ({ db }: Needs, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const userId = userIn(call)
  if (!userId.ok) return answerTo(userId)
  const user = await findUser(db, userId.value)
  return user === undefined ? answerTo(refuse('user-not-found')) : json(200, showUser(user))
})
