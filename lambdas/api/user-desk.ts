/** As whom users are changed: which of them the caller may change, and which the caller may become. */
import type { User } from '../../src/core/user.ts'
import type { Call } from '../../src/http/call.ts'
import type { UserDesk } from '../../src/user-admin.ts'
import type { World } from '../../src/world.ts'
import { type ApiCaller, mayManage } from './caller.ts'

/**
 * Whether a caller may set what this user signs in with, and where their codes go: of whoever has a role, only who gives
 * roles. A directory's key, which may change everybody, would otherwise be an administrator's in two requests.
 */
const maySignInAs = ({ scopes }: ApiCaller, { roles = [] }: Pick<User, 'roles'>): boolean =>
  roles.length === 0 || scopes.includes('roles:write')

export const userDeskOf = ({ db, now }: Pick<World, 'db' | 'now'>, call: Call, caller: ApiCaller): UserDesk => ({
  db,
  now,
  actor: caller.actor,
  about: { ip: call.ip, request: call.id },
  mayManage: (user) => mayManage(caller, user),
  maySignInAs: (user) => maySignInAs(caller, user),
})
