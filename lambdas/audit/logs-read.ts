// GET /api/v1/tenants/{tenantCode}/logs/{logId} — one record of the audit log.
import { logEntry } from '../../src/core/audit/log-entry.ts'
import { refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { logIdOf, readLogRecord } from '../../src/store/audit-log.ts'
import { readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { type LogNeeds, namesOf } from './logs-list.ts'

export const handle = forCaller('audit:read', async ({ db, stage }: LogNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const record = await readLogRecord(db, call.params.logId ?? '')
  if (record === undefined) return answerTo(refuse('log-not-found'))
  const names = await namesOf(db, record.user === undefined ? [] : [record.user])
  const userName = record.user === undefined ? undefined : names.get(record.user)
  return json(200, logEntry(record, { id: logIdOf(record), tenantCode: stage.tenantCode, userName }))
})
