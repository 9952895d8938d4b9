// PUT /api/v1/tenants/{tenantCode}/step-up-policy — another policy of the realm, on the condition of If-Match.
import type { Answer, Call } from '../../src/http/call.ts'
import { changeRealmPolicy } from '../../src/step-up-admin.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerChange, deskOf, type ManagementNeeds, readDocumentOf, requireMatch } from './desk.ts'

export const handle = forCaller(
  'policy:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const expects = requireMatch(call)
    if (!expects.ok) return answerTo(expects)
    const made = await changeRealmPolicy(deskOf(needs, call, caller), document.value, expects.value)
    return made.ok ? answerChange('policy', made.value) : answerTo(made)
  },
)
