// GET /api/v1/tenants/{tenantCode}/users/{userId}/one-time-passwords — a user's, and how many recovery codes are left.
import { codesLeft } from '../../src/core/otp/recovery-code.ts'
import { refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { findPerson } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { readQuery, userIn } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { showOneTimePassword } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

/** Whole, without pages: one user has a handful. */
export const handle = forCaller('otp:read', async ({ db }: Needs, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const userId = userIn(call)
  if (!userId.ok) return answerTo(userId)
  const person = await findPerson(db, userId.value)
  if (person === undefined) return answerTo(refuse('user-not-found'))
  const { otps, recoveryCodes } = person
  return json(200, { items: otps.map(showOneTimePassword), recoveryCodesLeft: codesLeft(recoveryCodes) })
})
