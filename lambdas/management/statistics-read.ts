// GET /api/v1/tenants/{tenantCode}/statistics — what the audit log comes to, day by day: counts, and nobody's name.
import { ok, type Result, type Seconds } from '../../src/core/result.ts'
import { readCounts, type Statistics, summed } from '../../src/core/statistics.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { auditDay } from '../../src/store/audit.ts'
import { readFidoModels } from '../../src/store/fido-models.ts'
import { readEverCounted, readStatistics } from '../../src/store/statistics.ts'
import { badParameter, readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import type { ManagementNeeds } from './desk.ts'

/** Days. A leap year's, so that a year can be held against the one before by two requests. */
export const mostDays = 366
const usualDays = 30
/** Models whose names are looked up. */
const mostNamed = 100
const ofDay = 86_400

type Range = { from: string; to: string }

export const handle = forCaller('statistics:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const range = readRange(call, needs.now())
  if (!range.ok) return answerTo(range)
  const { from, to } = range.value
  const [counted, ever] = await Promise.all([readStatistics(needs.db, from, to), readEverCounted(needs.db)])
  const byDay = new Map(counted.map(({ day, counts }) => [day, counts]))
  const sinceEver = readCounts(ever)
  const models = modelsOf(sinceEver)
  const named = new Map(
    (
      await readFidoModels(
        needs.db,
        models.slice(0, mostNamed).map(({ aaguid }) => aaguid),
      )
    ).map((model) => [model.aaguid, model.description]),
  )
  return json(200, {
    from,
    to,
    days: daysIn(range.value).map((day) => ({ day, ...shown(readCounts(byDay.get(day) ?? {})) })),
    total: shown(readCounts(summed(counted.map(({ counts }) => counts)))),
    ever: { keys: sinceEver.keys, models: models.map((model) => ({ ...model, name: named.get(model.aaguid) })) },
  })
})

/** Without the models: how many of one there are is of all time, and not of a day. */
const shown = ({ events, keys, signIns, failures }: Statistics) => ({ events, keys, signIns, failures })

/** How many there are of each model, the most frequent first; of what came before there was a log, nothing is known. */
const modelsOf = ({ models }: Statistics) =>
  Object.entries(models)
    .map(([aaguid, { added, removed }]) => ({ aaguid, keys: Math.max(0, added - removed) }))
    .filter(({ keys }) => keys > 0)
    .sort((one, other) => other.keys - one.keys || (one.aaguid < other.aaguid ? -1 : 1))

/** The last thirty days, where nothing is said. */
function readRange(call: Call, now: Seconds): Result<Range, 'malformed-request'> {
  const query = readQuery(call, ['from', 'to'])
  if (!query.ok) return query
  const { to = auditDay(now) } = query.value
  if (!isDay(to)) return badParameter('to', mustBeDay)
  const { from = auditDay(secondsOf(to) - (usualDays - 1) * ofDay) } = query.value
  if (!isDay(from)) return badParameter('from', mustBeDay)
  if (from > to) return badParameter('from', 'is after to')
  return daysIn({ from, to }, mostDays + 1).length > mostDays
    ? badParameter('from', `must be at most ${mostDays} days before to`)
    : ok({ from, to })
}

const mustBeDay = 'must be a day like 2026-11-22'

/** `2026-02-30` is none. Years of four digits, after which days are in the order of their names. */
const isDay = (text: string): boolean =>
  /^[1-9]\d{3}-\d\d-\d\d$/.test(text) && Number.isFinite(secondsOf(text)) && auditDay(secondsOf(text)) === text

const secondsOf = (day: string): Seconds => Date.parse(`${day}T00:00:00Z`) / 1000

function daysIn({ from, to }: Range, most = mostDays): string[] {
  const many = Math.min(most, (secondsOf(to) - secondsOf(from)) / ofDay + 1)
  return Array.from({ length: many }, (_, index) => auditDay(secondsOf(from) + index * ofDay))
}
