/** What the routes that change a user share: whom the address names, which version is meant, what is sent. */
import type { Expects } from '../../src/administration.ts'
import type { Result } from '../../src/core/result.ts'
import type { User } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { findUser } from '../../src/store/people.ts'
import type { UserDesk } from '../../src/user-admin.ts'
import type { World } from '../../src/world.ts'
import { bodyLimits, patchTypes, readBody } from '../api/asked.ts'
import type { ApiCaller } from '../api/caller.ts'
import { answerTo, type Reason } from '../api/problems.ts'
import { userDeskOf } from '../api/user-desk.ts'
import { askedUser } from '../management/asked-user.ts'
import { answerUser } from './representation.ts'

export type UserNeeds = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

type Change<Body> = (desk: UserDesk, id: string, body: Body, expects: Expects) => Promise<Result<User, Reason>>

type Steps<Body> = {
  parse(data: unknown): Result<Body, Reason>
  expects(call: Call): Result<Expects, Reason>
  change: Change<Body>
}

/** Reads the body, finds the user, changes them, and answers with what they are then. */
export const changing =
  <Body>({ parse, expects, change }: Steps<Body>) =>
  async (needs: UserNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const body = readBody(call, bodyLimits.one, call.method === 'PATCH' ? patchTypes : undefined)
    if (!body.ok) return answerTo(body)
    const parsed = parse(body.value)
    if (!parsed.ok) return answerTo(parsed)
    const expected = expects(call)
    if (!expected.ok) return answerTo(expected)
    const user = await askedUser(call, (named) => findUser(needs.db, named))
    if (!user.ok) return answerTo(user)
    const changed = await change(userDeskOf(needs, call, caller), user.value.id, parsed.value, expected.value)
    return changed.ok ? answerUser(changed.value, caller, needs.now()) : answerTo(changed)
  }
