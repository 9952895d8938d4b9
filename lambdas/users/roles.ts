// PUT /api/v1/tenants/{tenantCode}/users/{userId}/roles — these roles and no others, on the condition of If-Match.
import { parseRoles } from '../../src/core/user-request.ts'
import { setRoles } from '../../src/user-admin.ts'
import { forCaller } from '../api/caller.ts'
import { requireMatch } from '../management/desk.ts'
import { changing } from './service.ts'

export const handle = forCaller('roles:write', changing({ parse: parseRoles, expects: requireMatch, change: setRoles }))
