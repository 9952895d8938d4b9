// GET /api/v1/tenants/{tenantCode}/users/{userId}/sessions — where a user is signed in, since when, and in what.
import { refuse } from '../../src/core/result.ts'
import type { Session } from '../../src/core/session.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { listSessions } from '../../src/session-ends.ts'
import { findUser } from '../../src/store/people.ts'
import { readQuery, userIn } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import type { ManagementNeeds } from './desk.ts'

export const handle = forCaller('sessions:read', async (needs: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const named = userIn(call)
  if (!named.ok) return answerTo(named)
  const user = await findUser(needs.db, named.value)
  if (user === undefined) return answerTo(refuse('user-not-found'))
  const sessions = await listSessions(needs, user.id)
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
