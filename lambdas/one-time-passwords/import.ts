// POST /api/v1/tenants/{tenantCode}/users/{userId}/one-time-passwords — imports one, which counts at once.
import { parseOtpImport } from '../../src/core/otp/otp-import.ts'
import { ok } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { bodyLimits, readBody, readQuery, userIn } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { noteRefusal } from '../api/refused.ts'
import { answerAgain, readRepeatable } from '../api/repeating.ts'
import { etagOf } from '../api/representation.ts'
import { type ImportNeeds, importOneTimePassword } from './importing.ts'
import { answerWith, oneTimePasswordsUrl, showOneTimePassword } from './representation.ts'

export const handle = forCaller(
  'otp:write',
  async (needs: ImportNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const asked = readAsked(call, cms)
    if (!asked.ok) {
      await noteRefusal(needs, { cms, call }, asked)
      return answerTo(asked)
    }
    const outcome = await importOneTimePassword(needs, { cms, call, ...asked.value })
    switch (outcome.done) {
      case 'refused':
        return answerTo(outcome.refusal)
      case 'remembered':
        return answerAgain(outcome)
      case 'existing':
        return answerWith(outcome.otp)
      case 'created': {
        const { otp } = outcome
        const location = `${oneTimePasswordsUrl(needs.stage, otp.user)}/${otp.id}`
        return json(201, showOneTimePassword(otp), { location, etag: etagOf(otp) })
      }
    }
  },
)

function readAsked(call: Call, cms: ApiCaller) {
  const query = readQuery(call, [])
  if (!query.ok) return query
  const userId = userIn(call)
  if (!userId.ok) return userId
  const repeatable = readRepeatable(call, cms)
  if (!repeatable.ok) return repeatable
  const body = readBody(call, bodyLimits.one)
  if (!body.ok) return body
  const request = parseOtpImport(body.value)
  if (!request.ok) return request
  return ok({
    userId: userId.value,
    request: request.value,
    ...(repeatable.value === undefined ? {} : { repeatable: repeatable.value }),
  })
}
