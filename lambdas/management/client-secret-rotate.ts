// POST /api/v1/tenants/{tenantCode}/clients/{clientId}/secrets — another secret, shown this once; the old one good a while.
import { rotateSecret } from '../../src/client-admin.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { type ClientNeeds, clientDeskOf, showSecretState } from './client-desk.ts'
import { readDocumentOf } from './desk.ts'

export const handle = forCaller(
  'clients:write',
  async (needs: ClientNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const rotated = await rotateSecret(clientDeskOf(needs, call, caller), call.params.clientId ?? '', document.value)
    if (!rotated.ok) return answerTo(rotated)
    const { secret, secrets } = rotated.value
    return json(201, {
      client_secret: secret,
      client_secret_expires_at: 0,
      secrets: secrets.map(showSecretState),
    })
  },
)
