// DELETE /scim/v2/Users/{userId} — the user with all that is theirs (RFC 7644 §3.6).
import { deleteUser } from '../../src/user-deletion.ts'
import { userIn } from '../api/asked.ts'
import { userDeskOf } from '../api/user-desk.ts'
import { matchIfGiven } from '../management/desk.ts'
import { refusedAsScim } from './answers.ts'
import { forScim, readScimQuery } from './service.ts'

export const handle = forScim('users:write', async (needs, call, caller) => {
  const query = readScimQuery(call, [])
  if (!query.ok) return refusedAsScim(query)
  const id = userIn(call)
  if (!id.ok) return refusedAsScim(id)
  const gone = await deleteUser(userDeskOf(needs, call, caller), id.value, matchIfGiven(call))
  return gone.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : refusedAsScim(gone)
})
