// GET /api/v1/tenants/{tenantCode}/clients/{clientId}/secrets — how many secrets are good, and until when. Never which.
import { secretsOf } from '../../src/client-admin.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { showSecretState } from './client-desk.ts'
import type { ManagementNeeds } from './desk.ts'

export const handle = forCaller('clients:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const secrets = await secretsOf(needs, call.params.clientId ?? '')
  return secrets.ok ? json(200, { secrets: secrets.value.map(showSecretState) }) : answerTo(secrets)
})
