// GET /api/v1/tenants/{tenantCode}/flows — every flow, whether it is bound, and which clients use it.
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { listFlows } from '../../src/step-up-admin.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { ManagementNeeds } from './desk.ts'

export const handle = forCaller('flows:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  return query.ok ? json(200, { flows: await listFlows(needs) }) : answerTo(query)
})
