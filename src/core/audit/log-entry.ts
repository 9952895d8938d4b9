/**
 * How a record of the audit log looks outside: in the logs of the API, in an export, and as an event.
 *
 * The frame is the one that connectors read already (STA's logs: `logVersion`, `category`, `timeStamp`, `id`, `context`,
 * `details`). Each member of a record has its place in the table below, and what has none is not shown: a record of the
 * store holds keys beside, and nobody's connector depends on those.
 */
import type { AuditEvent } from '../audit-event.ts'

type Member = keyof AuditEvent

/** `frame`: it has a member of its own outside of `details`. */
const placeOf = {
  at: 'frame',
  type: 'details',
  actor: 'details',
  user: 'details',
  client: 'details',
  authenticator: 'details',
  authenticators: 'details',
  aaguid: 'details',
  externalId: 'details',
  serialNumber: 'details',
  session: 'frame',
  flow: 'details',
  webhook: 'details',
  message: 'details',
  ip: 'frame',
  request: 'frame',
  reason: 'details',
  requested: 'details',
  target: 'details',
  targetLevel: 'details',
  achieved: 'details',
  achievedLevel: 'details',
  amr: 'details',
  ages: 'details',
  detail: 'details',
} as const satisfies Record<Member, 'frame' | 'details'>

type DetailMember = { [Each in Member]: (typeof placeOf)[Each] extends 'details' ? Each : never }[Member]
const detailMembers = (Object.keys(placeOf) as Member[]).filter(
  (member): member is DetailMember => placeOf[member] === 'details',
)

export type LogEntry = {
  logVersion: '1.0'
  category: 'AUDIT'
  /** RFC 3339, in UTC. */
  timeStamp: string
  id: string
  context: {
    tenantId: string
    /** The user's name, where it is known, or their id. */
    principalId?: string
    originatingAddress?: string
    sessionId?: string
    /** API Gateway's, as the access log has it. */
    requestId?: string
    /** The id of the client. */
    applicationName?: string
  }
  details: Pick<AuditEvent, DetailMember>
}

/** @param userName what the user is called today, where somebody looked it up. */
export function logEntry(
  event: AuditEvent,
  { id, tenantCode, userName = event.user }: { id: string; tenantCode: string; userName?: string | undefined },
): LogEntry {
  const given = detailMembers.filter((member) => event[member] !== undefined)
  return {
    logVersion: '1.0',
    category: 'AUDIT',
    timeStamp: new Date(event.at * 1000).toISOString(),
    id,
    context: {
      tenantId: tenantCode,
      ...(userName === undefined ? {} : { principalId: userName }),
      ...(event.ip === undefined ? {} : { originatingAddress: event.ip }),
      ...(event.session === undefined ? {} : { sessionId: event.session }),
      ...(event.request === undefined ? {} : { requestId: event.request }),
      ...(event.client === undefined ? {} : { applicationName: event.client }),
    },
    details: Object.fromEntries(given.map((member) => [member, event[member]])) as LogEntry['details'],
  }
}
