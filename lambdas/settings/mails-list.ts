// GET /api/v1/tenants/{tenantCode}/mails — the mails that are sent from here, and in which languages.
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { mailTemplateNames } from '../../web/mail-templates.ts'
import { locales } from '../../web/view.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { ManagementNeeds } from '../management/desk.ts'

export const handle = forCaller('settings:read', async ({ stage }: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  return json(200, { from: stage.mailSender, locales, mails: mailTemplateNames.map((template) => ({ template })) })
})
