// GET /api/v1/tenants/{tenantCode}/fido-models?aaguid= — what models of security keys are called, and look like.
import { aaguidPattern } from '../../src/core/fido/import-request.ts'
import { ok, type Result } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { readFidoModels } from '../../src/store/fido-models.ts'
import type { World } from '../../src/world.ts'
import { badParameter, readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'

/** As many as one user may have keys of. */
export const mostModels = 100

/** `aaguid` is one or several, with commas between them: an address has room for no more than these. */
function readAaguids(text = ''): Result<string[], 'malformed-request'> {
  const named = [...new Set(text.toLowerCase().split(','))]
  if (named.length > mostModels) return badParameter('aaguid', `must name at most ${mostModels}`)
  return named.every((aaguid) => new RegExp(aaguidPattern).test(aaguid))
    ? ok(named)
    : badParameter('aaguid', 'must be a UUID, or several with commas between them')
}

export const handle = forCaller(
  'authenticators:read',
  async ({ db }: Pick<World, 'db'>, call: Call): Promise<Answer> => {
    const query = readQuery(call, ['aaguid'])
    if (!query.ok) return answerTo(query)
    const aaguids = readAaguids(query.value.aaguid)
    if (!aaguids.ok) return answerTo(aaguids)
    return json(200, { items: await readFidoModels(db, aaguids.value) })
  },
)
