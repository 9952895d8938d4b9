// GET /api/v1/tenants/{tenantCode}/users/{userId}/consents — what a user allowed applications that are not the organisation's.
import type { Consent } from '../../src/core/oidc/consent.ts'
import { refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { findPerson } from '../../src/store/people.ts'
import { readQuery, userIn } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import type { ManagementNeeds } from './desk.ts'

export const handle = forCaller('consents:read', async ({ db }: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const named = userIn(call)
  if (!named.ok) return answerTo(named)
  const person = await findPerson(db, named.value)
  return person === undefined
    ? answerTo(refuse('user-not-found'))
    : json(200, { consents: (person.consents ?? []).map(showConsent) })
})

const showConsent = ({ clientId, scopes, claims, resources, givenAt, updatedAt }: Consent) => ({
  clientId,
  scopes,
  claims,
  resources,
  givenDateTime: dateTime(givenAt),
  updatedDateTime: dateTime(updatedAt),
})
