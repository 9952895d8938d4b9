// POST /api/v1/tenants/{tenantCode}/flows — a new flow: written by hand, or exported here or elsewhere.
import type { Answer, Call } from '../../src/http/call.ts'
import { createFlow } from '../../src/step-up-admin.ts'
import { type Cms, forCms } from '../authenticators/caller.ts'
import { answerTo } from '../authenticators/problems.ts'
import { answerChange, deskOf, flowUrl, type ManagementNeeds, readDocumentOf } from './desk.ts'

export const handle = forCms('flows:write', async (needs: ManagementNeeds, call: Call, cms: Cms): Promise<Answer> => {
  const document = readDocumentOf(call)
  if (!document.ok) return answerTo(document)
  const made = await createFlow(deskOf(needs, call, cms), document.value)
  return made.ok
    ? answerChange('flow', made.value, 201, { location: flowUrl(needs, made.value.value.id) })
    : answerTo(made)
})
