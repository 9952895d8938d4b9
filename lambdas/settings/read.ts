// GET /api/v1/tenants/{tenantCode}/settings — all settings of the realm, as a document.
import type { Answer } from '../../src/http/call.ts'
import { readSettings } from '../../src/settings-admin.ts'
import { forCaller } from '../api/caller.ts'
import { answerDocument, type ManagementNeeds } from '../management/desk.ts'

export const handle = forCaller(
  'settings:read',
  async ({ db }: ManagementNeeds): Promise<Answer> => answerDocument(await readSettings({ db })),
)
