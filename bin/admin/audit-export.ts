/** The audit log of a range as lines of JSON, ours or OCSF's, to standard output: all of it, and nothing else there. */
import { logEntry } from '../../src/core/audit/log-entry.ts'
import { ocsfEvent } from '../../src/core/audit/ocsf.ts'
import { auditTypes } from '../../src/core/audit-event.ts'
import { readDateTime } from '../../src/core/fido/import-request.ts'
import type { Seconds } from '../../src/core/result.ts'
import { recorded } from '../../src/store/audit.ts'
import { type LogQuestion, logIdOf, readLog, usersAsked } from '../../src/store/audit-log.ts'
import { type Bench, type Command, cannot, type Given, needed } from './typed.ts'

export const auditExportUsage = `  audit export --since TIME [--until TIME] [--format jsonl|ocsf] [--user NAME|ID] [--type TYPE]
                                        what is recorded, oldest first, as lines of JSON; that it was exported is recorded
`

export const auditExportCommands: Record<string, Command> = {
  'audit export': async ({ db, now, actor, stage }, _words, given) => {
    const format = given.format ?? 'jsonl'
    if (format !== 'jsonl' && format !== 'ocsf') cannot(`${format} is no format: jsonl or ocsf.`)
    const question = { ...timesIn(given, now()), ...(await partitionsIn(db, given)) }
    const detail = [`format=${format}`, ...['since', 'until', 'type', 'user'].flatMap((name) => told(given, name))]
    await db.transact([recorded({ type: 'audit.exported', at: now(), actor, detail: detail.join(' ') })])
    let after: string | undefined
    do {
      const more = after === undefined ? {} : { after }
      const { records, next } = await readLog(db, { ...question, order: 'asc', size: 1000, ...more })
      for (const record of records) {
        const id = logIdOf(record)
        const line = format === 'ocsf' ? ocsfEvent(record, id, stage) : logEntry(record, { id, ...stage })
        process.stdout.write(`${JSON.stringify(line)}\n`)
      }
      after = next
    } while (after !== undefined)
    return ''
  },
}

const told = (given: Given, name: string): string[] => {
  const value = Object.entries(given).find(([each]) => each === name)?.[1]
  return typeof value === 'string' ? [`${name}=${value}`] : []
}

const timesIn = ({ since, until }: Given, now: Seconds): Pick<LogQuestion, 'since' | 'until'> => ({
  since: timeIn(needed(since, '--since')),
  until: until === undefined ? now : timeIn(until),
})

const timeIn = (text: string): Seconds =>
  readDateTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text) ??
  cannot(`${text} is no time, such as 2026-11-22 or 2026-11-22T08:00:00Z.`)

async function partitionsIn(db: Bench['db'], { user, type }: Given): Promise<Pick<LogQuestion, 'by' | 'wants'>> {
  const known = auditTypes.find((each) => each === type)
  if (type !== undefined && known === undefined) cannot(`${type} is never recorded.`)
  const narrowed = known === undefined ? {} : { wants: (record: { type: string }) => record.type === known }
  if (user !== undefined) return { by: await usersAsked(db, user), ...narrowed }
  return known === undefined ? {} : { by: { types: [known] } }
}
