// GET /scim/v2/Users — users by a filter, or all of them (RFC 7644 §3.4.2).

import { refusedAsScim } from './answers.ts'
import { answerList, listParameters } from './listing.ts'
import { forScim, readScimQuery } from './service.ts'

export const handle = forScim('users:read', async (needs, call) => {
  const query = readScimQuery(call, listParameters)
  return query.ok ? answerList(needs, query.value) : refusedAsScim(query)
})
