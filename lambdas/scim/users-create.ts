// POST /scim/v2/Users — a new user (RFC 7644 §3.3). One whose name is somebody's is 409 `uniqueness`.
import { membersOf } from '../../src/core/oidc/standard-claims.ts'
import { answering } from '../../src/core/scim/refusal.ts'
import { readResource } from '../../src/core/scim/schema.ts'
import { provisionedBy } from '../../src/core/scim/user.ts'
import { createUser } from '../../src/user-admin.ts'
import { userDeskOf } from '../api/user-desk.ts'
import { answerToScim, refusedAsScim } from './answers.ts'
import { askedProjection } from './one-user.ts'
import { answerUser, forScim, readScimBody } from './service.ts'

export const handle = forScim('users:write', async (needs, call, caller) => {
  const projection = askedProjection(call)
  if (!projection.ok) return projection.answer
  const body = readScimBody(call)
  if (!body.ok) return refusedAsScim(body)
  const read = answering(() => provisionedBy(readResource(body.value)))
  if (!read.ok) return answerToScim(read)
  const { claims, ...user } = read.value
  const made = await createUser(userDeskOf(needs, call, caller), { ...user, ...membersOf(claims) })
  return made.ok ? answerUser(needs, made.value, projection.value, 201) : refusedAsScim(made)
})
