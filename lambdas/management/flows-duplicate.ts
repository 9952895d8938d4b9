// POST /api/v1/tenants/{tenantCode}/flows/{flowId}/duplicate — a copy under another id and name, to be edited.
import type { Answer, Call } from '../../src/http/call.ts'
import { duplicateFlow } from '../../src/step-up-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerChange, deskOf, flowUrl, type ManagementNeeds, readDocumentOf } from './desk.ts'

export const handle = forCaller(
  'flows:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const made = await duplicateFlow(deskOf(needs, call, caller), call.params.flowId ?? '', document.value)
    return made.ok
      ? answerChange('flow', made.value, 201, { location: flowUrl(needs, made.value.value.id) })
      : answerTo(made)
  },
)
