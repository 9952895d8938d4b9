// GET /api/v1/tenants/{tenantCode}/users/{userId}/consents — what a user allowed applications that are not the organisation's.
import type { Consent } from '../../src/core/oidc/consent.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { findPerson } from '../../src/store/people.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { askedUser } from './asked-user.ts'
import type { ManagementNeeds } from './desk.ts'

export const handle = forCaller('consents:read', async ({ db }: ManagementNeeds, call: Call): Promise<Answer> => {
  const person = await askedUser(call, (named) => findPerson(db, named))
  return person.ok ? json(200, { consents: (person.value.consents ?? []).map(showConsent) }) : answerTo(person)
})

const showConsent = ({ clientId, scopes, claims, resources, givenAt, updatedAt }: Consent) => ({
  clientId,
  scopes,
  claims,
  resources,
  givenDateTime: dateTime(givenAt),
  updatedDateTime: dateTime(updatedAt),
})
