// POST /api/v1/tenants/{tenantCode}/clients — registers an application; its secret is shown this once.
import { registerClient } from '../../src/client-admin.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { type Cms, forCms } from '../authenticators/caller.ts'
import { answerTo } from '../authenticators/problems.ts'
import { answerClient, type ClientNeeds, clientDeskOf, clientUrl } from './client-desk.ts'
import { readDocumentOf } from './desk.ts'

export const handle = forCms('clients:write', async (needs: ClientNeeds, call: Call, cms: Cms): Promise<Answer> => {
  const document = readDocumentOf(call)
  if (!document.ok) return answerTo(document)
  const made = await registerClient(clientDeskOf(needs, call, cms), document.value)
  return made.ok
    ? answerClient(made.value, 201, { location: clientUrl(needs, made.value.value.clientId) })
    : answerTo(made)
})
