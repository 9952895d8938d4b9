// POST /api/v1/tenants/{tenantCode}/explain — what a login would come to, and why: decided dry, told to the audit log.
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { elsewhereOf } from '../../src/stage.ts'
import { explain } from '../../src/step-up-explain.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { deskOf, type ManagementNeeds, readDocumentOf } from './desk.ts'

export const handle = forCaller(
  'step-up:explain',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const explained = await explain(deskOf(needs, call, caller), document.value, elsewhereOf(needs.stage))
    return explained.ok ? json(200, explained.value) : answerTo(explained)
  },
)
