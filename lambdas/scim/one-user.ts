/** The user of an address below `/Users`, and what of them is asked to be shown. */
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { type Projection, readProjection } from '../../src/core/scim/projection.ts'
import { answering } from '../../src/core/scim/refusal.ts'
import type { User } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readUser } from '../../src/store/people.ts'
import { userIn } from '../api/asked.ts'
import { answerToScim, refusedAsScim } from './answers.ts'
import { readScimQuery, type ScimNeeds } from './service.ts'

type Asked = { ok: true; value: Projection } | { ok: false; answer: Answer }

export function askedProjection(call: Call): Asked {
  const query = readScimQuery(call, ['attributes', 'excludedAttributes'])
  if (!query.ok) return { ok: false, answer: refusedAsScim(query) }
  const projection = answering(() => readProjection(query.value.attributes, query.value.excludedAttributes))
  return projection.ok ? projection : { ok: false, answer: answerToScim(projection) }
}

/** By id alone: what SCIM made has an address, and a name is no part of it. */
export async function addressedUser({ db }: ScimNeeds, call: Call): Promise<Result<User, 'user-not-found'>> {
  const id = userIn(call)
  if (!id.ok) return id
  const user = await readUser(db, id.value)
  // Whose deletion has begun is nobody any more.
  return user === undefined || user.deleting !== undefined ? refuse('user-not-found') : ok(user)
}
