// PATCH /api/v1/tenants/{tenantCode}/users/{userId} — what they are called, and whether they are enabled (RFC 7396).
import { ok } from '../../src/core/result.ts'
import { parseUserChange } from '../../src/core/user-request.ts'
import { changeUser } from '../../src/user-admin.ts'
import { forCaller } from '../api/caller.ts'
import { matchIfGiven } from '../management/desk.ts'
import { changing } from './service.ts'

export const handle = forCaller(
  'users:write',
  changing({ parse: parseUserChange, expects: (call) => ok(matchIfGiven(call)), change: changeUser }),
)
