// GET /api/v1/tenants/{tenantCode}/flows/{flowId} — the flow's document: this is the export.
import type { Answer, Call } from '../../src/http/call.ts'
import { readFlow } from '../../src/step-up-admin.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerDocument, type ManagementNeeds } from './desk.ts'

export const handle = forCaller('flows:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const flow = await readFlow(needs, call.params.flowId ?? '')
  return flow.ok ? answerDocument(flow.value) : answerTo(flow)
})
