// GET, POST /userinfo — what the bearer of an access token may hear of its person (OpenID Connect Core §5.3, RFC 6750).
import { namesInScopes, userClaims } from '../../src/core/oidc/user-claims.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { badBearer, noBearer } from '../../src/http/oauth-error.ts'
import { grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { userIn } from '../../src/store/people.ts'
import { sessionIn } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import { grantHolds } from './standing.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(call.headers.authorization ?? '')?.[1]
  if (token === undefined) return noBearer
  const verified = await world.verifier.verify(token, { typ: 'at+jwt', audience: world.stage.issuer })
  if (!verified.ok) return badBearer('The access token is not valid, or has expired.')
  const { jti = '', sub = '', sid } = verified.value

  const [grantId = ''] = jti.split('.')
  const [grantItem, userItem, sessionItem] = await world.db.batch([
    places.grant(grantId),
    places.user(sub),
    places.session(typeof sid === 'string' ? sid : ''),
  ])
  const [grant, user, session] = [grantOf(grantItem), userIn(userItem), sessionIn(sessionItem)]
  if (grant === undefined || user === undefined || !(await grantHolds(world, grant, user, session)))
    return badBearer('What the access token was issued for has ended.')
  // A token may have been narrowed on refresh: then it tells what its own scope says, and no more.
  const scopes = String(verified.value.scope ?? '').split(' ')
  const granted = grant.scopes.filter((scope) => scopes.includes(scope))
  const whole = granted.length === grant.scopes.length
  const names = [...namesInScopes(granted), ...(whole ? (grant.claims?.userinfo ?? []) : [])]
  return json(200, { sub: user.id, ...userClaims(user, names) })
}
