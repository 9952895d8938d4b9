// PUT /api/v1/tenants/{tenantCode}/clients/{clientId} — another registration in its place, on the condition of If-Match.
import { changeClient } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerClient, type ClientNeeds, clientDeskOf } from './client-desk.ts'
import { readDocumentOf, requireMatch } from './desk.ts'

export const handle = forCaller(
  'clients:write',
  async (needs: ClientNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const expects = requireMatch(call)
    if (!expects.ok) return answerTo(expects)
    const desk = clientDeskOf(needs, call, caller)
    const made = await changeClient(desk, call.params.clientId ?? '', document.value, expects.value)
    return made.ok ? answerClient(made.value) : answerTo(made)
  },
)
