// POST /api/v1/tenants/{tenantCode}/clients — registers an application; its secret is shown this once.
import { registerClient } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerClient, type ClientNeeds, clientDeskOf, clientUrl } from './client-desk.ts'
import { readDocumentOf } from './desk.ts'

export const handle = forCaller(
  'clients:write',
  async (needs: ClientNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const made = await registerClient(clientDeskOf(needs, call, caller), document.value)
    return made.ok
      ? answerClient(made.value, 201, { location: clientUrl(needs, made.value.value.clientId) })
      : answerTo(made)
  },
)
