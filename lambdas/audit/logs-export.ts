// GET /api/v1/tenants/{tenantCode}/logs/export — the same as lines of JSON, ours or OCSF's, oldest first, page by page.
import { logEntry } from '../../src/core/audit/log-entry.ts'
import { ocsfEvent } from '../../src/core/audit/ocsf.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import { type AuditRecord, logIdOf, readLog } from '../../src/store/audit-log.ts'
import { badParameter } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { addressOf } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import type { LogNeeds } from './logs-list.ts'
import { cursorOf, readAsked } from './question.ts'

export const exportPages = { least: 1, most: 1000, usual: 500 } as const

const formats = ['jsonl', 'ocsf'] as const

/**
 * A Lambda behind an HTTP API cannot stream, so a page says by `Link` where the next one is (RFC 8288). An export is
 * recorded itself, once, when it begins.
 */
export const handle = forCaller(
  'audit:read',
  async (needs: LogNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const { db, stage, now } = needs
    const asked = await readAsked(needs, call, { pageSizes: exportPages, order: 'asc' })
    if (!asked.ok) return answerTo(asked)
    const { question, repeated } = asked.value
    const format = formats.find((each) => each === (repeated.format ?? 'jsonl'))
    if (format === undefined) return answerTo(badParameter('format', `must be one of: ${formats.join(', ')}`))
    const { records, next } = await readLog(db, question)
    if (question.after === undefined) {
      const { since, until, type, user } = repeated
      const detail = Object.entries({ format, since, until, type, user }).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${value}`],
      )
      const about = { at: now(), actor: caller.actor, ip: call.ip, request: call.id, detail: detail.join(' ') }
      await db.transact([recorded({ type: 'audit.exported', ...about })])
    }
    const show = (record: AuditRecord): unknown => {
      const id = logIdOf(record)
      return format === 'ocsf' ? ocsfEvent(record, id, stage) : logEntry(record, { id, tenantCode: stage.tenantCode })
    }
    const address = addressOf(`${tenantUrl(stage)}/logs/export`, {
      ...repeated,
      ...(next === undefined ? {} : { cursor: cursorOf(next) }),
    })
    return {
      status: 200,
      headers: {
        'content-type': 'application/jsonl',
        'cache-control': 'no-store',
        'content-disposition': `attachment; filename="audit-${format}.jsonl"`,
        ...(next === undefined ? {} : { link: `<${address}>; rel="next"` }),
      },
      body: records.map((record) => `${JSON.stringify(show(record))}\n`).join(''),
    }
  },
)
