// POST /api/v1/tenants/{tenantCode}/users/{userId}/password — another one, or none; nobody reads it back.
import { ok } from '../../src/core/result.ts'
import { parsePassword } from '../../src/core/user-request.ts'
import { setUserPassword } from '../../src/user-admin.ts'
import { forCaller } from '../api/caller.ts'
import { matchIfGiven } from '../management/desk.ts'
import { changing } from './service.ts'

export const handle = forCaller(
  'users:write',
  changing({ parse: parsePassword, expects: (call) => ok(matchIfGiven(call)), change: setUserPassword }),
)
