// PATCH /api/v1/tenants/{tenantCode}/api-keys/{keyId} — another name, another end.
import { changeApiKey } from '../../src/api-key-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { bodyLimits, patchTypes, readBody, readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { type ManagementNeeds, matchIfGiven } from '../management/desk.ts'
import { answerKey, keyDeskOf, keyIdIn } from './key-desk.ts'

export const handle = forCaller(
  'api-keys:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    const document = readBody(call, bodyLimits.one, patchTypes)
    if (!document.ok) return answerTo(document)
    const desk = keyDeskOf(needs, call, caller)
    const made = await changeApiKey(desk, keyIdIn(call), document.value, matchIfGiven(call))
    return made.ok ? answerKey(made.value.value, needs.now()) : answerTo(made)
  },
)
