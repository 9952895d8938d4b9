// GET /api/v1/tenants/{tenantCode}/mails/{template} — what a mail looks like, with something in it that nobody was sent.
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readRealm } from '../../src/store/realm.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { ManagementNeeds } from '../management/desk.ts'
import { localeIn, sampleOf, templateIn } from './sample.ts'

export const handle = forCaller(
  'settings:read',
  async ({ db, stage }: ManagementNeeds, call: Call): Promise<Answer> => {
    const template = templateIn(call)
    if (!template.ok) return answerTo(template)
    const query = readQuery(call, ['locale'])
    if (!query.ok) return answerTo(query)
    const locale = localeIn(query.value.locale)
    if (!locale.ok) return answerTo(locale)
    const { settings } = await readRealm(db)
    const mail = sampleOf(stage, settings, template.value, locale.value)
    return json(200, { template: template.value, locale: locale.value, from: stage.mailSender, ...mail })
  },
)
