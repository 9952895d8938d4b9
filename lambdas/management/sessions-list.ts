// GET /api/v1/tenants/{tenantCode}/users/{userId}/sessions — where a user is signed in, since when, and in what.
import type { Session } from '../../src/core/session.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { listSessions } from '../../src/session-ends.ts'
import { findUser } from '../../src/store/people.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { askedUser } from './asked-user.ts'
import type { ManagementNeeds } from './desk.ts'

export const handle = forCaller('sessions:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const user = await askedUser(call, (named) => findUser(needs.db, named))
  if (!user.ok) return answerTo(user)
  const sessions = await listSessions(needs, user.value.id)
  return json(200, { sessions: sessions.map(showSession) })
})

/** Never its secret, nor what it rests on. */
const showSession = (session: Session) => ({
  id: session.sid,
  createdDateTime: dateTime(session.createdAt),
  lastSeenDateTime: dateTime(session.lastSeenAt),
  idleDateTime: dateTime(session.idleUntil),
  endsDateTime: dateTime(session.until),
  ...(session.ip === undefined ? {} : { ip: session.ip }),
  ...(session.userAgent === undefined ? {} : { userAgent: session.userAgent }),
  clients: session.clients ?? [],
})
