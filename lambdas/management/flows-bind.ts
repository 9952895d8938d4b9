// PUT /api/v1/tenants/{tenantCode}/browser-flow — which flow every client has that has none of its own.
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { bindFlow } from '../../src/step-up-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds, readDocumentOf, showDoubt } from './desk.ts'

export const handle = forCaller(
  'flows:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const bound = await bindFlow(deskOf(needs, call, caller), document.value)
    return bound.ok
      ? json(200, { flow: bound.value.flow, warnings: bound.value.warnings.map(showDoubt) })
      : answerTo(bound)
  },
)
