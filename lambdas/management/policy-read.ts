// GET /api/v1/tenants/{tenantCode}/step-up-policy — the realm's ACR map, default, and what happens out of reach.
import type { Answer, Call } from '../../src/http/call.ts'
import { readRealmPolicy } from '../../src/step-up-admin.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerDocument, type ManagementNeeds } from './desk.ts'

export const handle = forCaller('policy:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  return query.ok ? answerDocument(await readRealmPolicy(needs)) : answerTo(query)
})
