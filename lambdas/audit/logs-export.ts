// GET /api/v1/tenants/{tenantCode}/logs/export — the same as lines of JSON, ours or OCSF's, oldest first, page by page.
import { logEntry } from '../../src/core/audit/log-entry.ts'
import { ocsfEvent } from '../../src/core/audit/ocsf.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import { type AuditRecord, logIdOf, readLog, readLogRecord } from '../../src/store/audit-log.ts'
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
 * recorded itself, once, when it begins: each page names that record, and one that names none begins another.
 */
export const handle = forCaller(
  'audit:read',
  async (needs: LogNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const { db, stage } = needs
    const asked = await readAsked(needs, call, { pageSizes: exportPages, order: 'asc' })
    if (!asked.ok) return answerTo(asked)
    const { question, repeated } = asked.value
    const format = formats.find((each) => each === (repeated.format ?? 'jsonl'))
    if (format === undefined) return answerTo(badParameter('format', `must be one of: ${formats.join(', ')}`))
    const { records, next } = await readLog(db, question)
    const { since, until, type, user } = repeated
    const detail = Object.entries({ format, since, until, type, user })
      .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
      .join(' ')
    const begun = await begunExport(needs, call, caller, detail, asked.value.begun)
    const show = (record: AuditRecord): unknown => {
      const id = logIdOf(record)
      return format === 'ocsf' ? ocsfEvent(record, id, stage) : logEntry(record, { id, tenantCode: stage.tenantCode })
    }
    const address = addressOf(`${tenantUrl(stage)}/logs/export`, {
      ...repeated,
      ...(next === undefined ? {} : { cursor: cursorOf(next, begun) }),
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

/** Seconds in which somebody has read all of it. */
const longest = 86_400

/** The record of this export. A page that goes on with none of the same person's for the same begins one. */
async function begunExport(
  { db, now }: LogNeeds,
  call: Call,
  { actor }: ApiCaller,
  detail: string,
  begun: string | undefined,
): Promise<string> {
  const known = begun === undefined ? undefined : await readLogRecord(db, begun)
  const isSame = known?.type === 'audit.exported' && known.actor.kind === actor.kind && known.actor.id === actor.id
  if (begun !== undefined && isSame && known.detail === detail && known.at > now() - longest) return begun
  const at = now()
  const write = recorded({ type: 'audit.exported', at, actor, ip: call.ip, request: call.id, detail })
  await db.transact([write])
  return logIdOf({ at, id: String(write.item.id) })
}
