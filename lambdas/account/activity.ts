// GET /api/v1/tenants/{tenantCode}/me/activity?cursor=&pageSize= — what happened with one's account in ninety days, newest
// first.
//
// In the Lambda `audit`, the only one that reads the log. What is between the service and its operators is not shown, nor
// who of them it was: to the person, that is their organisation.
import { type AuditType, auditTypes, isRenewal } from '../../src/core/audit-event.ts'
import { byOf, shownTypes } from '../../src/core/own-activity.ts'
import { ok, type Result } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { type AuditRecord, isPlaceInLog, logIdOf, readLog } from '../../src/store/audit-log.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import type { World } from '../../src/world.ts'
import { badParameter, readQuery } from '../api/asked.ts'
import { addressOf, cursorPage, readPageSize } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime, tenantUrl } from '../api/representation.ts'
import { forSelf, type Self, type SelfNeeds } from './self.ts'

const shownFor = 90 * 86_400

const hidden: ReadonlySet<AuditType> = new Set(auditTypes.filter((type) => !shownTypes.some((each) => each === type)))

export const handle = forSelf(async (world: SelfNeeds & Pick<World, 'db'>, call: Call, self: Self): Promise<Answer> => {
  const { db, now, stage } = world
  const query = readQuery(call, ['cursor', 'pageSize'])
  if (!query.ok) return answerTo(query)
  const size = readPageSize(query.value.pageSize)
  if (!size.ok) return answerTo(size)
  const after = readPlace(query.value.cursor)
  if (!after.ok) return answerTo(after)
  const { records, next } = await readLog(db, {
    by: { users: [self.user.id] },
    since: now() - shownFor,
    until: now() + 1,
    order: 'desc',
    size: size.value,
    ...(after.value === undefined ? {} : { after: after.value }),
    wants: (record) => !hidden.has(record.type) && !isRenewal(record),
  })
  const names = await namesOf(world, records)
  const at = (cursor: string | undefined): string =>
    addressOf(`${tenantUrl(stage)}/me/activity`, { cursor, pageSize: size.value })
  return cursorPage(
    records.map((record) => showRecord(record, self, names)),
    size.value,
    { self: at(query.value.cursor), ...(next === undefined ? {} : { next: at(next) }) },
  )
})

const readPlace = (text: string | undefined): Result<string | undefined, 'malformed-request'> =>
  text === undefined || isPlaceInLog(text)
    ? ok(text)
    : badParameter('cursor', 'is not one that was given for this list')

/** What applications are called now, of those that are there. */
async function namesOf({ db }: Pick<World, 'db'>, records: readonly AuditRecord[]): Promise<Map<string, string>> {
  const ids = [...new Set(records.flatMap(({ client }) => client ?? []))]
  const found = ids.length === 0 ? [] : await db.batch(ids.map(places.client))
  return new Map(
    found.flatMap((item) => clientIn(item) ?? []).map(({ clientId, clientName }) => [clientId, clientName]),
  )
}

function showRecord(record: AuditRecord, { user, person }: Self, names: Map<string, string>) {
  const { type, at, actor, client, authenticator, achieved, reason } = record
  const by = byOf(actor, user.id)
  const key = [...person.authenticators, ...person.otps].find(({ id }) => id === authenticator)
  return {
    id: logIdOf(record),
    type,
    dateTime: dateTime(at),
    by,
    ...(client === undefined ? {} : { application: names.get(client) ?? client }),
    ...(key?.friendlyName === undefined ? {} : { authenticator: key.friendlyName }),
    ...(achieved === undefined ? {} : { acr: achieved }),
    ...(reason === undefined ? {} : { reason }),
    // From where an operator or a CMS works is theirs.
    ...(record.ip === undefined || by === 'organisation' ? {} : { ip: record.ip }),
  }
}
