// GET /api/v1/tenants/{tenantCode}/clients/{clientId} — an application's registration, as it can be sent back.
import { findClient } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerDocument, type ManagementNeeds } from './desk.ts'

export const handle = forCaller('clients:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const found = await findClient(needs, call.params.clientId ?? '')
  return found.ok ? answerDocument(found.value) : answerTo(found)
})
