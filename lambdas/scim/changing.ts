/** A user as a PUT or a PATCH leaves them. */
import type { Expects } from '../../src/administration.ts'
import { membersOf } from '../../src/core/oidc/standard-claims.ts'
import { ok, type Result } from '../../src/core/result.ts'
import { answering } from '../../src/core/scim/refusal.ts'
import type { Value } from '../../src/core/scim/schema.ts'
import { type Provisioned, provisionedBy } from '../../src/core/scim/user.ts'
import type { User } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import {
  passwordBarred,
  replaceUser,
  setUserPassword,
  type UserDesk,
  type UserRefusal,
  userTag,
} from '../../src/user-admin.ts'
import type { ApiCaller } from '../api/caller.ts'
import { userDeskOf } from '../api/user-desk.ts'
import { matchIfGiven } from '../management/desk.ts'
import { answerToScim, refusedAsScim } from './answers.ts'
import { addressedUser, askedProjection } from './one-user.ts'
import { answerUser, readScimBody, type ScimNeeds, shownUser } from './service.ts'

/** Somebody else may be faster, and then it is done again to what they left. */
const attempts = 5

/**
 * @param after what the body makes of the resource as it is; throws refusals
 */
export async function changeResource(
  needs: ScimNeeds,
  call: Call,
  caller: ApiCaller,
  after: (body: unknown, before: Value) => Value,
): Promise<Answer> {
  const projection = askedProjection(call)
  if (!projection.ok) return projection.answer
  const body = readScimBody(call)
  if (!body.ok) return refusedAsScim(body)
  for (let attempt = 1; ; attempt++) {
    const user = await addressedUser(needs, call)
    if (!user.ok) return refusedAsScim(user)
    if (!matchIfGiven(call)(userTag(user.value))) return refusedAsScim({ ok: false, reason: 'changed-since' })
    const before = shownUser(needs, user.value)
    const read = answering(() => provisionedBy(after(body.value, before), before, user.value))
    if (!read.ok) return answerToScim(read)
    // Of who was read: what a patch makes of another version is another user.
    const changed = await change(userDeskOf(needs, call, caller), user.value, read.value)
    if (changed.ok) return answerUser(needs, changed.value, projection.value)
    if (changed.reason !== 'changed-since') return refusedAsScim(changed)
    if (attempt === attempts) return refusedAsScim({ ok: false, reason: 'changed-meanwhile' })
  }
}

async function change(desk: UserDesk, user: User, given: Provisioned): Promise<Result<User, UserRefusal>> {
  const { password, claims, ...document } = given
  // Before anything is written: a request that is refused leaves nothing behind (RFC 7644 §3.5.2).
  const barred = password === undefined ? undefined : passwordBarred(desk, user)
  if (barred !== undefined) return barred
  const expects: Expects = (tag) => tag === userTag(user)
  const changed = await replaceUser(desk, user.id, { ...document, ...membersOf(claims) }, expects)
  if (!changed.ok || password === undefined) return changed
  // After the rest: who is disabled by the same request has signed out everywhere before.
  const set = await setUserPassword(desk, user.id, password)
  return set.ok ? ok(set.value) : set
}
