// GET /api/v1/tenants/{tenantCode}/clients/{clientId}/step-up-policy — a client's flow, ACR map, minimum and max ages.
import type { Answer, Call } from '../../src/http/call.ts'
import { readClientPolicy } from '../../src/step-up-admin.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerDocument, type ManagementNeeds } from './desk.ts'

export const handle = forCaller('policy:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const policy = await readClientPolicy(needs, call.params.clientId ?? '')
  return policy.ok ? answerDocument(policy.value) : answerTo(policy)
})
