// POST /api/v1/tenants/{tenantCode}/users/{userId}/authenticators — imports one authenticator, which waits for its user.
import { parseImport } from '../../src/core/fido/import-request.ts'
import { ok } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { bodyLimits, readBody, readQuery, userIn } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { noteRefusal } from '../api/refused.ts'
import { answerAgain, readRepeatable } from '../api/repeating.ts'
import { etagOf } from '../api/representation.ts'
import { type ImportNeeds, importAuthenticator } from './importing.ts'
import { authenticatorsUrl, showAuthenticator } from './representation.ts'

export const handle = forCaller(
  'authenticators:write',
  async (needs: ImportNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const asked = readAsked(needs, call, cms)
    if (!asked.ok) {
      await noteRefusal(needs, { cms, call }, asked)
      return answerTo(asked)
    }
    const outcome = await importAuthenticator(needs, { cms, call, ...asked.value })
    switch (outcome.done) {
      case 'refused':
        return answerTo(outcome.refusal)
      case 'remembered':
        return answerAgain(outcome)
      case 'existing':
        return json(200, showAuthenticator(outcome.authenticator), { etag: etagOf(outcome.authenticator) })
      case 'created': {
        const { authenticator, user } = outcome
        const location = `${authenticatorsUrl(needs.stage, user.id)}/${authenticator.id}`
        return json(201, showAuthenticator(authenticator), { location, etag: etagOf(authenticator) })
      }
    }
  },
)

function readAsked({ now }: ImportNeeds, call: Call, cms: ApiCaller) {
  const query = readQuery(call, [])
  if (!query.ok) return query
  const userId = userIn(call)
  if (!userId.ok) return userId
  const repeatable = readRepeatable(call, cms)
  if (!repeatable.ok) return repeatable
  const body = readBody(call, bodyLimits.one)
  if (!body.ok) return body
  const request = parseImport(body.value, now())
  if (!request.ok) return request
  return ok({
    userId: userId.value,
    request: request.value,
    ...(repeatable.value === undefined ? {} : { repeatable: repeatable.value }),
  })
}
