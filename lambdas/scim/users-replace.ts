// PUT /scim/v2/Users/{userId} — all that SCIM has the say on, anew (RFC 7644 §3.5.1).
import { readResource } from '../../src/core/scim/schema.ts'
import { changeResource } from './changing.ts'
import { forScim } from './service.ts'

export const handle = forScim('users:write', (needs, call, caller) =>
  changeResource(needs, call, caller, (body) => readResource(body)),
)
