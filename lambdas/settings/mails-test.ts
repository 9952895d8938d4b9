// POST /api/v1/tenants/{tenantCode}/mails/{template}/test — sends the sample to the person who asks, and to nobody else.
import { readDocument, readMembers } from '../../src/core/document.ts'
import { type Result, refuse } from '../../src/core/result.ts'
import type { User } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Write } from '../../src/store/db.ts'
import { countedMail, type MailsSent, mailsSentTo, uncountedMail } from '../../src/store/mails.ts'
import type { World } from '../../src/world.ts'
import type { MailTemplate } from '../../web/mail-templates.ts'
import type { Mail } from '../../web/mails.ts'
import type { Locale } from '../../web/view.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { type ManagementNeeds, readDocumentOf } from '../management/desk.ts'
import { localeIn, sampleOf, templateIn } from './sample.ts'

type Needs = ManagementNeeds & Pick<World, 'mail' | 'log'>

export const handle = forCaller(
  'settings:write',
  async (needs: Needs, call: Call, caller: ApiCaller): Promise<Answer> => {
    const template = templateIn(call)
    if (!template.ok) return answerTo(template)
    const locale = localeAsked(call)
    if (!locale.ok) return answerTo(locale)
    if (caller.person === undefined) return answerTo(refuse('not-a-person'))
    const { user, realm } = caller.person
    // Nobody is written to who never said that the address is theirs, or at whose address mail bounced.
    if (user.email === undefined || user.emailVerified !== true || user.mailTrouble !== undefined)
      return answerTo(refuse('no-verified-address'))
    const sample = sampleOf(needs.stage, realm.settings, template.value, locale.value)
    const { codeSends, codeSendWindow } = realm.settings
    const now = needs.now()
    const sent = await mailsSentTo(needs.db, user, user.userName, realm.settings, now)
    const oldest = sent.times.at(-codeSends)
    if (oldest !== undefined)
      return answerTo(refuse('too-many-mails'), { 'retry-after': String(oldest + codeSendWindow - now) })
    return send(needs, call, { caller, user, email: user.email, sent, template: template.value, sample })
  },
)

type Test = {
  caller: ApiCaller
  user: User
  email: string
  sent: MailsSent
  template: MailTemplate
  sample: Mail
}

/** Counted and told before it is sent, so that whoever asks again and again is stopped whatever becomes of the mails. */
async function send(needs: Needs, call: Call, { caller, user, email, sent, template, sample }: Test): Promise<Answer> {
  const now = needs.now()
  const told = (about: { reason?: string }): Write =>
    recorded({
      ...{ type: 'mail.tested', at: now, actor: caller.actor, user: user.id, detail: template },
      ...{ ip: call.ip, request: call.id, ...about },
    })
  const counted = await needs.db.transact([countedMail(sent, now), told({})])
  if (!counted.ok) return answerTo(refuse('changed-meanwhile'))
  const mailed = await needs.mail.send({ ...sample, to: email, user: user.id, subject: `[Test] ${sample.subject}` })
  if (mailed.ok) return json(202, { template, to: email })
  const reason = mailed.detail ?? mailed.reason
  needs.log('mail failed', { request: call.id, reason })
  // Where another one was counted meanwhile, this one stays counted; what became of it is told in any case.
  const failed = told({ reason })
  if (!(await needs.db.transact([uncountedMail(sent, now), failed])).ok) await needs.db.transact([failed])
  return answerTo(refuse('mail-failed', { detail: reason }))
}

function localeAsked(
  call: Call,
): Result<Locale, 'malformed-request' | 'not-json' | 'unsupported-media-type' | 'too-large'> {
  const document = readDocumentOf(call)
  if (!document.ok) return document
  const members = readDocument('malformed-request', document.value, (data) => readMembers(data, '', ['locale']))
  return members.ok ? localeIn(members.value.locale) : members
}
