// GET /api/v1/tenants/{tenantCode}/api-keys/{keyId} — one API key, without its secret.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { readApiKeyRecord } from '../../src/store/api-keys.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { ManagementNeeds } from '../management/desk.ts'
import { answerKey, keyIdIn } from './key-desk.ts'

export const handle = forCaller('api-keys:read', async ({ db, now }: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const key = await readApiKeyRecord(db, keyIdIn(call))
  return key === undefined ? answerTo(refuse('api-key-not-found')) : answerKey(key, now())
})
