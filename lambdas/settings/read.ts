// GET /api/v1/tenants/{tenantCode}/settings — all settings of the realm, as a document.
import type { Answer, Call } from '../../src/http/call.ts'
import { readSettings } from '../../src/settings-admin.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { answerDocument, type ManagementNeeds } from '../management/desk.ts'

export const handle = forCaller('settings:read', async ({ db }: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  return query.ok ? answerDocument(await readSettings({ db })) : answerTo(query)
})
