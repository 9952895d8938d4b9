// PUT /api/v1/tenants/{tenantCode}/settings — others in their place, on the condition of If-Match.
import type { Answer, Call } from '../../src/http/call.ts'
import { replaceSettings } from '../../src/settings-admin.ts'
import { bodyLimits, readBody, readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerDocument, deskOf, type ManagementNeeds, requireMatch } from '../management/desk.ts'

export const handle = forCaller(
  'settings:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, [])
    if (!query.ok) return answerTo(query)
    // Certificates are long, and there may be many.
    const document = readBody(call, bodyLimits.bulk)
    if (!document.ok) return answerTo(document)
    const expects = requireMatch(call)
    if (!expects.ok) return answerTo(expects)
    const made = await replaceSettings(deskOf(needs, call, caller), document.value, expects.value)
    return made.ok ? answerDocument(made.value) : answerTo(made)
  },
)
