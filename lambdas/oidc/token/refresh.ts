/**
 * A refresh token for more tokens (RFC 6749 §6, OpenID Connect Core §12).
 *
 * A client that authenticates keeps its token: nobody else can use it (FAPI 2.0 Security Profile §5.3.2.1). A public one
 * gets another each time, and one that comes back when it is spent ends the family (RFC 9700 §4.14.2), but for the two
 * cases in which it is most often the client itself: see `again`.
 */
import { grantable } from '../../../src/core/oidc/authorize-request.ts'
import { type Confirmation, sameConfirmation } from '../../../src/core/oidc/confirmation.ts'
import { isGrantTo, lostAnswer, type RefreshToken } from '../../../src/core/oidc/grant.ts'
import { resourcesOf } from '../../../src/core/oidc/resource-indicator.ts'
import type { TokenRequest } from '../../../src/core/oidc/token-request.ts'
import { hashSecret, sameText } from '../../../src/core/secret.ts'
import type { Answer, Call } from '../../../src/http/call.ts'
import { oauthError } from '../../../src/http/oauth-error.ts'
import type { Write } from '../../../src/store/db.ts'
import {
  createdRefreshToken,
  extendedGrant,
  keptRefreshToken,
  refreshTokenIn,
  replacedSuccessor,
  spentRefreshToken,
  spentSuccessor,
} from '../../../src/store/grants.ts'
import { places } from '../../../src/store/keys.ts'
import { tokenAnswer } from '../tokens.ts'
import {
  type Asking,
  commit,
  event,
  type IssuingWorld,
  newRefreshToken,
  refreshUntil,
  revoke,
  shown,
  standingOn,
} from './issuing.ts'

const noSuchToken = oauthError('invalid_grant', 'The refresh token is not valid: it is spent, over, or revoked.')

type RefreshRequest = Extract<TokenRequest, { grantType: 'refresh_token' }>

export async function refresh(
  world: IssuingWorld,
  call: Call,
  asking: Asking,
  request: RefreshRequest,
  token: RefreshToken | undefined,
): Promise<Answer> {
  const { client, cnf } = asking
  const now = world.now()
  if (token === undefined || request.token === undefined || !isGrantTo(client, token.grant)) return noSuchToken
  if (!sameText(token.secretHash, hashSecret(request.token.secret)) || token.until <= now) return noSuchToken
  // Whoever lacks the key has not got the token, spent or not: nothing ends by their asking (RFC 9449 §5).
  if (token.boundTo !== undefined && !sameConfirmation(token.boundTo, cnf))
    return oauthError('invalid_grant', 'The refresh token is bound to a key that was not shown.')
  // That its client authenticates was all that kept it from others (RFC 9700 §2.2.2).
  if (token.isOfAuthenticated && client.tokenEndpointAuthMethod === 'none') return noSuchToken
  const { grant } = token
  // Before whatever else may be wrong with the request: a spent token is not to be tried out with a scope that nobody has.
  const kind = kindOf(token, asking, now)
  if (kind === 'theft') return revoke(world, call, grant, 'refresh-token-reused', noSuchToken)
  if (kind === 'race') return noSuchToken

  // A scope that was taken from the client is granted no more.
  const granted = grantable(grant.scopes, client)
  const scopes = request.scopes ?? granted
  if (!scopes.every((scope) => granted.includes(scope)))
    return oauthError('invalid_scope', 'scope asks for more than was granted.')
  const resources = resourcesOf(request.resources, {
    granted: grant.resources,
    registered: client.resources,
    own: world.stage.issuer,
  })
  if (!resources.ok) return oauthError(resources.reason, resources.detail ?? '')

  const wanted = { idToken: true, scopes, resources: resources.value, cnf }
  return kind === 'kept'
    ? keep(world, call, asking, token, wanted)
    : rotate(world, call, asking, token, { ...wanted, again: kind === 'again' })
}

/**
 * What it is that comes. `kept`, `first`: a good token. `again`: spent a moment ago, and the successor is unused: an answer
 * that was lost on its way. The client gets another successor, and the one it never had is spent: if somebody has it
 * after all, it comes back as theft. `race`: spent in this very second, or asked for again once already. Of several who
 * ask at once one has the answer; nothing ends. `theft`: all else.
 */
function kindOf(token: RefreshToken, { client }: Asking, now: number): 'kept' | 'first' | 'again' | 'race' | 'theft' {
  const { usedAt, repeatedAt } = token
  if (usedAt === undefined) return client.tokenEndpointAuthMethod === 'none' ? 'first' : 'kept'
  if (now <= usedAt) return 'race'
  if (token.successor === undefined || now - usedAt > lostAnswer) return 'theft'
  return repeatedAt === undefined ? 'again' : 'race'
}

type Wanted = { idToken: boolean; scopes: string[]; resources: string[]; cnf: Confirmation | undefined }

/** The same token goes on, its idle end later. No new one is in the answer: the client has it (RFC 6749 §6). */
async function keep(
  world: IssuingWorld,
  call: Call,
  { client, spends }: Asking,
  token: RefreshToken,
  wanted: Wanted,
): Promise<Answer> {
  const { grant } = token
  const until = refreshUntil(grant, world.now())
  const answer = await tokenAnswer(world, client, { ...grant, scopes: wanted.scopes }, wanted)
  const done = await commit(world, grant, { supports: [extendedGrant(grant.id, until)], spends }, (standing) => [
    keptRefreshToken(token, { now: world.now(), until, standing }),
    event(world, call, grant, 'token.refreshed'),
  ])
  if (done === 'done') return answer
  if (typeof done === 'object') return done.refusal
  return done === 'spent' ? noSuchToken : revoke(world, call, grant, 'no-longer-stands', noSuchToken)
}

/** Another token in its place. `again`: another one than the first time. */
async function rotate(
  world: IssuingWorld,
  call: Call,
  { client, spends }: Asking,
  token: RefreshToken,
  { again, ...wanted }: Wanted & { again: boolean },
): Promise<Answer> {
  const now = world.now()
  const { grant } = token
  const next = newRefreshToken(client, grant, { now, boundTo: token.boundTo ?? wanted.cnf })
  const answer = await tokenAnswer(world, client, { ...grant, scopes: wanted.scopes }, { ...wanted, ...shown(next) })
  const spent: Write[] = again
    ? [replacedSuccessor(token, next.record.id, now), spentSuccessor(token, now)]
    : [spentRefreshToken(token, next.record.id, now)]
  const supports = [extendedGrant(grant.id, next.record.until)]
  const done = await commit(world, grant, { supports, spends }, (standing) => [
    ...spent,
    createdRefreshToken(standingOn(next.record, standing)),
    event(world, call, grant, 'token.refreshed', again ? 'answer-lost' : undefined),
  ])
  if (done === 'done') return answer
  if (typeof done === 'object') return done.refusal
  if (done === 'fallen') return revoke(world, call, grant, 'no-longer-stands', noSuchToken)
  // Somebody asked at once, and has the answer; or the successor that was lost is in use, and so it was not.
  return !again || (await isReplaced(world, token))
    ? noSuchToken
    : revoke(world, call, grant, 'refresh-token-reused', noSuchToken)
}

/** Whether there is another successor by now: two who had no answer asked again, and one has it. */
async function isReplaced({ db }: IssuingWorld, { id }: RefreshToken): Promise<boolean> {
  return refreshTokenIn(await db.get(places.refreshToken(id)))?.repeatedAt !== undefined
}
