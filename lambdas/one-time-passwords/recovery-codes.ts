// GET /api/v1/tenants/{tenantCode}/users/{userId}/recovery-codes — how many a user has left, and never which.
import { codesLeft } from '../../src/core/otp/recovery-code.ts'
import { refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { findPerson } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { readQuery, userIn } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'

export const handle = forCaller('otp:read', async ({ db }: Pick<World, 'db'>, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const userId = userIn(call)
  if (!userId.ok) return answerTo(userId)
  const person = await findPerson(db, userId.value)
  if (person === undefined) return answerTo(refuse('user-not-found'))
  const { recoveryCodes } = person
  return json(
    200,
    recoveryCodes === undefined
      ? { left: 0 }
      : { left: codesLeft(recoveryCodes), createdDateTime: dateTime(recoveryCodes.createdAt) },
  )
})
