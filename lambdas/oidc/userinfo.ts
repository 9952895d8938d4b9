// GET, POST /userinfo — what the bearer of an access token may hear of its person (OpenID Connect Core §5.3, RFC 6750).
import type { Client } from '../../src/core/oidc/client.ts'
import { type Grant, isGrantTo } from '../../src/core/oidc/grant.ts'
import { subjectOf } from '../../src/core/oidc/subject.ts'
import { hearable, namesInScopes, userClaims } from '../../src/core/oidc/user-claims.ts'
import type { User } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { clientIn } from '../../src/store/clients.ts'
import { grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import type { World } from '../../src/world.ts'
import { type AccessTokenWorld, isShownByProfile, shownAccessToken, type TokenRefused } from './access-token.ts'
import { withNonce } from './proof.ts'
import { foundationOf, grantHolds } from './standing.ts'

type Needs = AccessTokenWorld & Pick<World, 'signer'>

export const handle = async (world: Needs, call: Call): Promise<Answer> =>
  withNonce(world, call, await answerOf(world, call))

async function answerOf(world: Needs, call: Call): Promise<Answer> {
  const { issuer } = world.stage
  const shown = await shownAccessToken(world, call, { isFor: (aud) => aud === issuer, inForm: true })
  if (!shown.ok) return refused(shown)
  const { jti = '', sub = '', sid, client_id: clientId, cnf, scope } = shown.claims
  // As the token was shown: in the words of its own scheme (RFC 9449 §7.1).
  const scheme = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? 'DPoP' : 'Bearer'

  const [grantItem, userItem, sessionItem, clientItem, revoked] = await world.db.batch([
    places.grant(jti.split('.')[0] ?? ''),
    places.user(sub),
    places.session(String(sid ?? '')),
    places.client(String(clientId ?? '')),
    places.revokedToken(jti),
  ])
  const [grant, client] = [grantOf(grantItem), clientIn(clientItem)]
  const isIts = grant !== undefined && client?.enabled === true && isGrantTo(client, grant)
  if (client !== undefined && !isShownByProfile(client, shown))
    return problem(scheme, 401, 'invalid_token', 'The access token is not shown as the profile of its client demands.')
  const read = { user: userItem, session: sessionItem }
  const { user, session } = isIts && revoked === undefined ? await foundationOf(world, grant, read) : {}
  if (!isIts || user === undefined || !(await grantHolds(world, grant, user, session)))
    return problem(scheme, 401, 'invalid_token', 'What the access token was issued for has ended.')

  const scopes = String(scope ?? '').split(' ')
  if (!scopes.includes('openid'))
    return problem(scheme, 403, 'insufficient_scope', 'The access token is not for userinfo.', ', scope="openid"')
  return told(world, client, grant, user, scopes)
}

/** JSON, or a JWT where the client registered for one (§5.3.2). */
async function told(
  { signer, stage }: Needs,
  client: Client,
  grant: Grant,
  user: User,
  scopes: readonly string[],
): Promise<Answer> {
  // A token may have been narrowed on refresh: then it tells what its own scope says, and no more. Nor what the client may
  // hear no longer.
  const granted = grant.scopes.filter((scope) => scopes.includes(scope) && client.scopes.includes(scope))
  const whole = granted.length === grant.scopes.length
  const names = [...namesInScopes(granted), ...(whole ? hearable(grant.claims?.userinfo ?? [], client.scopes) : [])]
  const claims = { sub: subjectOf(grant), ...userClaims(user, names) }
  const { userinfoSignedResponseAlg: alg, clientId } = client
  if (alg === undefined) return json(200, claims)
  const body = await signer.sign(alg, 'JWT', { ...claims, iss: stage.issuer, aud: clientId })
  return { status: 200, headers: { 'content-type': 'application/jwt', 'cache-control': 'no-store' }, body }
}

/** Without a token there is no error to name (RFC 6750 §3.1). */
const refused = ({ status, challenge, error, description }: TokenRefused): Answer =>
  error === undefined
    ? { status, headers: { 'www-authenticate': challenge, 'cache-control': 'no-store' } }
    : json(status, { error, error_description: description }, { 'www-authenticate': challenge })

const problem = (scheme: string, status: 401 | 403, error: string, description: string, more = ''): Answer =>
  json(
    status,
    { error, error_description: description },
    { 'www-authenticate': `${scheme} error="${error}", error_description="${description}"${more}` },
  )
