// GET /api/v1/tenants/{tenantCode}/webhooks/{webhookId}/deliveries — what became of messages, as the audit log has it.
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { type AuditRecord, logIdOf, readLog } from '../../src/store/audit-log.ts'
import { readWebhook } from '../../src/store/webhooks.ts'
import { forCaller } from '../api/caller.ts'
import { addressOf, cursorPage, pageSizes } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import type { LogNeeds } from '../audit/logs-list.ts'
import { cursorOf, readAsked } from '../audit/question.ts'
import { webhookIdIn, webhookUrl } from './webhook-desk.ts'

/** Newest first, of the last seven days where nothing else is said. `type`: one of the two alone. */
export const handle = forCaller('webhooks:read', async (needs: LogNeeds, call: Call): Promise<Answer> => {
  const webhook = await readWebhook(needs.db, webhookIdIn(call))
  if (webhook === undefined) return answerTo(refuse('webhook-not-found'))
  const query = new URLSearchParams(call.query)
  if (!query.has('type')) query.set('type', 'webhook.failed,webhook.delivered')
  if (!query.has('since')) query.set('since', 'P7D')
  query.append('webhook', webhook.id)
  const asked = await readAsked(needs, { ...call, query: query.toString() }, { pageSizes, order: 'desc' })
  if (!asked.ok) return answerTo(asked)
  const { question, repeated } = asked.value
  const { records, next } = await readLog(needs.db, question)
  const { webhook: _, ...rest } = repeated
  const at = (cursor: string | undefined): string =>
    addressOf(`${webhookUrl(needs, webhook.id)}/deliveries`, { ...rest, cursor })
  return cursorPage(records.map(showDelivery), question.size, {
    self: at(repeated.cursor),
    ...(next === undefined ? {} : { next: at(cursorOf(next)) }),
  })
})

/** `messageId` is what its receiver was shown as `webhook-id`, and the id of the record in the audit log that it told of. */
const showDelivery = (record: AuditRecord) => ({
  messageId: record.message ?? '',
  state: record.type === 'webhook.delivered' ? 'delivered' : 'failed',
  dateTime: dateTime(record.at),
  logId: logIdOf(record),
  ...(record.reason === undefined ? {} : { reason: record.reason }),
  ...(record.detail === undefined ? {} : { detail: record.detail }),
  ...(record.user === undefined ? {} : { user: record.user }),
})
