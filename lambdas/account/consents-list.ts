// GET /api/v1/tenants/{tenantCode}/me/consents — what one allowed applications that are not the organisation's.
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { forSelf, type Self, type SelfNeeds } from './self.ts'

export const handle = forSelf(async ({ db }: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const { consents = [] } = self.person
  const clients = await db.batch(consents.map(({ clientId }) => places.client(clientId)))
  return json(200, {
    consents: consents.map(({ clientId, scopes, claims, resources, givenAt, updatedAt }, at) => {
      const client = clientIn(clients[at])
      return {
        clientId,
        // Of one that is gone there is its id.
        name: client?.clientName ?? clientId,
        ...(client?.clientUri === undefined ? {} : { uri: client.clientUri }),
        scopes,
        claims,
        resources,
        givenDateTime: dateTime(givenAt),
        updatedDateTime: dateTime(updatedAt),
      }
    }),
  })
})
