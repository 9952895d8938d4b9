// GET /scim/v2/Users/{userId} — one user (RFC 7644 §3.4.1).
import { userTag } from '../../src/user-admin.ts'
import { refusedAsScim } from './answers.ts'
import { addressedUser, askedProjection } from './one-user.ts'
import { answerUser, forScim } from './service.ts'

export const handle = forScim('users:read', async (needs, call) => {
  const projection = askedProjection(call)
  if (!projection.ok) return projection.answer
  const user = await addressedUser(needs, call)
  if (!user.ok) return refusedAsScim(user)
  const etag = userTag(user.value)
  // §3.14: who knows this version need not hear it again.
  const known = call.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.some((tag) => tag === etag || tag === '*'))
    return { status: 304, headers: { etag, 'cache-control': 'no-store' } }
  return answerUser(needs, user.value, projection.value)
})
