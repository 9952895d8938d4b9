/** What the routes of SCIM share: who calls, who changes, how a user is shown, what a body is. */
import type { ApiScope } from '../../src/core/api-key.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { type Projection, projected } from '../../src/core/scim/projection.ts'
import type { Value } from '../../src/core/scim/schema.ts'
import { resourceOf } from '../../src/core/scim/user.ts'
import type { User } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { userTag } from '../../src/user-admin.ts'
import type { World } from '../../src/world.ts'
import { bodyLimits, readBody } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { asScim, scimJson, scimType } from './answers.ts'

export type ScimNeeds = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

type Handler = (needs: ScimNeeds, call: Call, caller: ApiCaller) => Promise<Answer>

/** The route for callers with this scope, who hear of refusals in SCIM's form. There is one tenant, and no address of it. */
export const forScim = (scope: ApiScope, handler: Handler) => {
  const handle = forCaller<ScimNeeds>(scope, handler)
  return async (world: Parameters<typeof handle>[0], call: Call): Promise<Answer> =>
    asScim(await handle(world, { ...call, params: { ...call.params, tenantCode: world.stage.tenantCode } }))
}

export const scimBase = (issuer: string): string => `${issuer}/scim/v2`

export const addressOfUser = ({ stage }: Pick<World, 'stage'>, { id }: Pick<User, 'id'>): string =>
  `${scimBase(stage.issuer)}/Users/${encodeURIComponent(id)}`

export const shownUser = (needs: Pick<World, 'stage'>, user: User): Value =>
  resourceOf(user, { location: addressOfUser(needs, user), version: userTag(user) })

export const answerUser = (
  needs: Pick<World, 'stage'>,
  user: User,
  projection: Projection,
  status: 200 | 201 = 200,
): Answer =>
  scimJson(status, projected(shownUser(needs, user), projection), {
    etag: userTag(user),
    // RFC 7644 §3.3 wants it of what is new; of all others it says where they are.
    [status === 201 ? 'location' : 'content-location']: addressOfUser(needs, user),
  })

export const readScimBody = (call: Call): Result<unknown, 'unsupported-media-type' | 'too-large' | 'not-json'> =>
  readBody(call, bodyLimits.one, [scimType, 'application/json'])

/** Of what a client may say in the address; what SCIM knows and this service does not, such as `sortBy`, is passed over. */
const passedOver = /^(sortBy|sortOrder|aadOptscim\d+|AzureAdScimPatch\d+)$/i

/** A parameter that nobody knows is refused: a filter that is not applied is worse than none. */
export function readScimQuery<Name extends string>(
  call: Call,
  names: readonly Name[],
): Result<{ [name in Name]?: string }, 'malformed-request'> {
  const values: { [name in Name]?: string } = {}
  for (const [given, value] of new URLSearchParams(call.query)) {
    const name = names.find((each) => each.toLowerCase() === given.toLowerCase())
    if (name === undefined && passedOver.test(given)) continue
    const wrong = name === undefined ? 'is not known here' : values[name] === undefined ? undefined : 'is there twice'
    if (wrong !== undefined)
      return refuse('malformed-request', { detail: `The parameter ${given.slice(0, 50)} ${wrong}.` })
    if (name !== undefined) values[name] = value
  }
  return ok(values)
}
