/**
 * POST /introspect — whether a token of ours is good now, and what it says (RFC 7662).
 *
 * A client hears of its own tokens. A resource server is a client whose record says how `aud` names it: it hears of access
 * tokens for it, whoever's they are. One whose record has the scope `introspection` instead hears of every person's access
 * token that is for no single resource server, but not of tokens for our own API. Neither hears of refresh tokens. All
 * else is inactive, and why is not said (§2.2). Public clients hear nothing: whoever finds a token could ask in their name
 * (§2.1, §4).
 *
 * Two calls to DynamoDB; one more for a user whose standing moved, or whom the client knows by a pairwise name, and one to
 * spend an assertion. Nothing else changes, so nothing is audited.
 */
import type { JWTPayload } from 'jose'
import type { Client } from '../../src/core/oidc/client.ts'
import { confirmationIn } from '../../src/core/oidc/confirmation.ts'
import { isGrantTo, type RefreshToken } from '../../src/core/oidc/grant.ts'
import { sidOf, subjectOf } from '../../src/core/oidc/subject.ts'
import type { Credentials } from '../../src/core/oidc/token-request.ts'
import { hashSecret, sameText, splitHalves } from '../../src/core/secret.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'
import { clientIn } from '../../src/store/clients.ts'
import { grantOf, refreshTokenIn } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { userIn } from '../../src/store/people.ts'
import { sessionIn } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import { type AuthenticatingWorld, authenticate, readAsked, spending, wrongClient } from './client-authentication.ts'
import { foundationOf, grantHolds } from './standing.ts'
import { levels, tokenTypeOf } from './tokens.ts'

type Needs = AuthenticatingWorld & Pick<World, 'db' | 'verifier'>

/** What makes a client a resource server of tokens that name none. */
const introspectionScope = 'introspection'

const inactive = json(200, { active: false })

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const asked = readAsked(call)
  if (!asked.ok) return asked.answer
  const token = asked.form.get('token')
  // `token_type_hint` is not looked at: which kind a token of ours is, its form says (§2.1 lets a server not care).
  const halves = splitHalves(token)
  const known = await (halves === undefined
    ? readAccessToken(world, asked.credentials, token)
    : readRefreshToken(world, asked.credentials, halves))
  const authenticated = await authenticate(world, call, known.client, asked.credentials)
  if (!authenticated.ok) return wrongClient(call, authenticated)
  if (authenticated.value.client.tokenEndpointAuthMethod === 'none') return wrongClient(call)
  const { client } = authenticated.value
  const said = async (): Promise<Answer> => {
    if (token === undefined) return oauthError('invalid_request', 'token is missing.')
    return 'payload' in known ? accessToken(world, client, known) : refreshToken(world, client, known)
  }
  return spending(world, authenticated.value, await said())
}

type KnownAccess = Awaited<ReturnType<typeof readAccessToken>>

/** The client, and what an access token rests on, in one read. */
async function readAccessToken({ db, verifier }: Needs, { clientId }: Credentials, token: string | undefined) {
  const verified = token === undefined ? undefined : await verifier.verify(token, { typ: 'at+jwt' })
  const payload = verified?.ok ? verified.value : undefined
  const { jti = '', sub = '', sid, client_id: issuedTo } = payload ?? {}
  const [asking, owner, grant, user, session, revoked] = await db.batch([
    places.client(clientId),
    places.client(String(issuedTo ?? '')),
    places.grant(jti.split('.')[0] ?? ''),
    places.user(sub),
    places.session(String(sid ?? '')),
    places.revokedToken(jti),
  ])
  return {
    client: clientIn(asking),
    payload: revoked === undefined ? payload : undefined,
    owner: clientIn(owner),
    grant: grantOf(grant),
    user,
    session,
  }
}

async function accessToken(world: Needs, client: Client, known: KnownAccess): Promise<Answer> {
  const { payload, owner, grant } = known
  if (payload === undefined || !owner?.enabled) return inactive
  if (owner.clientId !== client.clientId && !isForIt(client, payload, world.stage.issuer)) return inactive
  // A client's own token rests on nothing but the client (RFC 9068 §2.2: it is its own subject).
  const itsOwn = payload.sub === owner.clientId && payload.sid === undefined && (payload.iat ?? 0) >= owner.createdAt
  const { user, session } = itsOwn || grant === undefined ? {} : await foundationOf(world, grant, known)
  const isMade = grant !== undefined && user !== undefined && isGrantTo(owner, grant)
  const holds = isMade && (await grantHolds(world, grant, user, session))
  const tokenType = tokenTypeOf(confirmationIn(payload.cnf))
  return itsOwn || holds ? json(200, { active: true, token_type: tokenType, ...told(payload) }) : inactive
}

/** Whether it is the resource server that the token is for. */
function isForIt({ resourceIdentifiers = [], scopes }: Client, { aud }: JWTPayload, issuer: string): boolean {
  if (resourceIdentifiers.length === 0) return scopes.includes(introspectionScope) && aud === issuer
  return [aud].flat().some((name) => name !== undefined && resourceIdentifiers.includes(name))
}

/** The claims that the token has anyhow, by name: what comes to be in it later is not told unawares. */
const toldClaims = [
  ...['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'jti', 'scope', 'sid'],
  ...['acr', 'amr', 'auth_time', 'cnf'],
] as const

const told = (payload: JWTPayload) =>
  Object.fromEntries(toldClaims.flatMap((name) => (payload[name] === undefined ? [] : [[name, payload[name]]])))

type KnownRefresh = { client: Client | undefined; token: RefreshToken | undefined }

async function readRefreshToken(
  { db }: Needs,
  { clientId }: Credentials,
  { id, secret }: { id: string; secret: string },
): Promise<KnownRefresh> {
  const [asking, item] = await db.batch([places.client(clientId), places.refreshToken(id)])
  const token = refreshTokenIn(item)
  const whole = token !== undefined && sameText(token.secretHash, hashSecret(secret))
  return { client: clientIn(asking), token: whole ? token : undefined }
}

/** No `token_type`: what RFC 6749 §7.1 calls so says how an access token is used. */
async function refreshToken(world: Needs, client: Client, { token }: KnownRefresh): Promise<Answer> {
  if (token === undefined || !isGrantTo(client, token.grant)) return inactive
  if (token.usedAt !== undefined || token.until <= world.now()) return inactive
  const [grantItem, userItem, sessionItem] = await world.db.batch([
    places.grant(token.grant.id),
    places.user(token.grant.user),
    places.session(token.grant.sid),
  ])
  const [grant, user] = [grantOf(grantItem), userIn(userItem)]
  if (grant?.revokedAt !== undefined || grant === undefined || user === undefined) return inactive
  // The token's own copy, as a refresh has it: its standing is the one that was found to do at the last refresh.
  if (!(await grantHolds(world, token.grant, user, sessionIn(sessionItem)))) return inactive
  return json(200, {
    active: true,
    iss: world.stage.issuer,
    aud: world.stage.issuer,
    sub: subjectOf(token.grant),
    client_id: token.clientId,
    iat: token.createdAt,
    exp: token.until,
    jti: token.id,
    scope: token.grant.scopes.join(' '),
    sid: sidOf(token.grant),
    ...levels(token.grant),
    ...(token.boundTo === undefined ? {} : { cnf: token.boundTo }),
  })
}
