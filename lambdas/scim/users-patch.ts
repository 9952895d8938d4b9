// PATCH /scim/v2/Users/{userId} — what is named, and nothing else (RFC 7644 §3.5.2).
import { patched, readPatch } from '../../src/core/scim/patch.ts'
import { changeResource } from './changing.ts'
import { forScim } from './service.ts'

export const handle = forScim('users:write', (needs, call, caller) =>
  changeResource(needs, call, caller, (body, before) => patched(before, readPatch(body))),
)
