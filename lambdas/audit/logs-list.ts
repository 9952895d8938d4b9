// GET /api/v1/tenants/{tenantCode}/logs — what happened: newest first, in pages, by user, by type, or day by day.
import { logEntry } from '../../src/core/audit/log-entry.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { logIdOf, readLog } from '../../src/store/audit-log.ts'
import { places } from '../../src/store/keys.ts'
import type { World } from '../../src/world.ts'
import { forCaller } from '../api/caller.ts'
import { addressOf, cursorPage, pageSizes } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import { cursorOf, readAsked } from './question.ts'

export type LogNeeds = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCaller('audit:read', async (needs: LogNeeds, call: Call): Promise<Answer> => {
  const { db, stage } = needs
  const asked = await readAsked(needs, call, { pageSizes, order: 'desc' })
  if (!asked.ok) return answerTo(asked)
  const { question, repeated } = asked.value
  const { records, next } = await readLog(db, question)
  const nameOf = await namesOf(
    db,
    records.flatMap(({ user }) => user ?? []),
  )
  const items = records.map((record) =>
    logEntry(record, {
      id: logIdOf(record),
      tenantCode: stage.tenantCode,
      userName: record.user === undefined ? undefined : nameOf.get(record.user),
    }),
  )
  const at = (cursor: string | undefined): string => addressOf(`${tenantUrl(stage)}/logs`, { ...repeated, cursor })
  return cursorPage(items, question.size, {
    self: at(repeated.cursor),
    ...(next === undefined ? {} : { next: at(cursorOf(next)) }),
  })
})

/** What people are called today; of those who are gone, nothing. */
export async function namesOf(db: World['db'], ids: readonly string[]): Promise<Map<string, string>> {
  const distinct = [...new Set(ids)]
  const users = distinct.length === 0 ? [] : await db.batch(distinct.map(places.user))
  return new Map(users.flatMap((user) => (user === undefined ? [] : [[String(user.id), String(user.userName)]])))
}
