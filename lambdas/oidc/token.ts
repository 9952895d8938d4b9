// POST /token — a code, a refresh token or a client's own word for tokens (RFC 6749 §3.2, OpenID Connect Core §3.1.3).
import type { Client } from '../../src/core/oidc/client.ts'
import { type Grant, pkceHolds, type RefreshToken, refreshIdle, refreshLifetime } from '../../src/core/oidc/grant.ts'
import { clientHolds, readTokenRequest, type TokenRequest } from '../../src/core/oidc/token-request.ts'
import { hashSecret, joinHalves, newId, newSecret, sameText } from '../../src/core/secret.ts'
import { credentialsStand } from '../../src/core/session.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'
import { recorded } from '../../src/store/audit.ts'
import { clientIn } from '../../src/store/clients.ts'
import type { Place, Write } from '../../src/store/db.ts'
import {
  createdRefreshToken,
  extendedGrant,
  grantOf,
  refreshTokenIn,
  revokedGrant,
  spentCode,
  spentRefreshToken,
} from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { readPerson, standingHolds } from '../../src/store/people.ts'
import { sessionHolds } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import { readAsked, wrongClient } from './client-authentication.ts'
import { tokenAnswer } from './tokens.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'signer'>

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const asked = readAsked(call)
  if (!asked.ok) return asked.answer
  const request = readTokenRequest(asked.form)

  // The client and what it presents, in one read; whether it may, is looked at in that order.
  const presented = request.ok ? placesOf(request.value) : []
  const [clientItem, ...items] = await world.db.batch([places.client(asked.credentials.clientId), ...presented])
  const client = clientIn(clientItem)
  if (!clientHolds(client, asked.credentials)) return wrongClient(call)
  if (!request.ok) return oauthError(request.reason, request.detail ?? '')
  if (!client.grantTypes.includes(request.value.grantType))
    return oauthError('unauthorized_client', `This client may not use ${request.value.grantType}.`)

  switch (request.value.grantType) {
    case 'authorization_code':
      return exchangeCode(world, call, client, request.value, grantOf(items[0]))
    case 'refresh_token':
      return refresh(world, call, client, request.value, refreshTokenIn(items[0]))
    case 'client_credentials':
      return clientTokens(world, call, client, request.value.scopes)
  }
}

function placesOf(request: TokenRequest): Place[] {
  if (request.grantType === 'authorization_code') return [places.grant(request.code?.id ?? '')]
  if (request.grantType === 'refresh_token') return [places.refreshToken(request.token?.id ?? '')]
  return []
}

const noSuchCode = oauthError('invalid_grant', 'The code is not valid: it is spent, over, or another client has it.')
const noSuchToken = oauthError('invalid_grant', 'The refresh token is not valid: it is spent, over, or revoked.')

type CodeRequest = Extract<TokenRequest, { grantType: 'authorization_code' }>

async function exchangeCode(
  world: Needs,
  call: Call,
  client: Client,
  request: CodeRequest,
  grant: Grant | undefined,
): Promise<Answer> {
  const now = world.now()
  if (grant === undefined || request.code === undefined) return noSuchCode
  if (!sameText(grant.codeHash, hashSecret(request.code.secret)) || grant.clientId !== client.clientId)
    return noSuchCode
  // Spent before, by somebody who had the whole code: what it was exchanged for ends (RFC 6749 §4.1.2).
  if (grant.spentAt !== undefined) return revoke(world, call, grant, 'code-reused', noSuchCode)
  if (grant.codeUntil <= now || grant.revokedAt !== undefined) return noSuchCode
  if (grant.redirectUri !== request.redirectUri)
    return oauthError('invalid_grant', 'redirect_uri is not the one of the authorization request.')
  if (!pkceHolds(grant.codeChallenge, request.verifier))
    return oauthError('invalid_grant', 'code_verifier does not fit the code_challenge.')

  const wantsRefresh = client.grantTypes.includes('refresh_token') && grant.scopes.includes('offline_access')
  const refreshToken = wantsRefresh ? newRefreshToken(grant, now) : undefined
  // Signed before anything is spent: when the signer is away, the client may come again with the same code.
  const answer = await tokenAnswer(world, client, grant, { idToken: true, ...shown(refreshToken) })
  const done = await commit(world, grant, [sessionHolds(grant.sid)], (standing) => [
    spentCode(grant, now, refreshToken?.record.until ?? now + 3600),
    ...(refreshToken === undefined ? [] : [createdRefreshToken(standingOn(refreshToken.record, standing))]),
    event(world, call, grant, 'token.issued'),
  ])
  if (done === 'done') return answer
  return revoke(world, call, grant, done === 'spent' ? 'code-reused' : 'no-longer-stands', noSuchCode)
}

type RefreshRequest = Extract<TokenRequest, { grantType: 'refresh_token' }>

async function refresh(
  world: Needs,
  call: Call,
  client: Client,
  request: RefreshRequest,
  token: RefreshToken | undefined,
): Promise<Answer> {
  const now = world.now()
  if (token === undefined || request.token === undefined || token.clientId !== client.clientId) return noSuchToken
  if (!sameText(token.secretHash, hashSecret(request.token.secret)) || token.until <= now) return noSuchToken
  const { grant } = token
  // Spent before, by somebody who had it whole: the whole family ends (RFC 9700 §4.14.2).
  if (token.usedAt !== undefined) return revoke(world, call, grant, 'refresh-token-reused', noSuchToken)
  const scopes = request.scopes ?? grant.scopes
  if (!scopes.every((scope) => grant.scopes.includes(scope)))
    return oauthError('invalid_scope', 'scope asks for more than was granted.')

  const next = newRefreshToken(grant, now)
  const answer = await tokenAnswer(world, client, { ...grant, scopes }, { idToken: true, ...shown(next) })
  const done = await commit(world, grant, [extendedGrant(grant.id, next.record.until)], (standing) => [
    spentRefreshToken(token, now),
    createdRefreshToken(standingOn(next.record, standing)),
    event(world, call, grant, 'token.refreshed'),
  ])
  if (done === 'done') return answer
  return revoke(world, call, grant, done === 'spent' ? 'refresh-token-reused' : 'no-longer-stands', noSuchToken)
}

/** A client for itself (RFC 6749 §4.4): no person, no refresh token. */
async function clientTokens(world: Needs, call: Call, client: Client, asked: string[]): Promise<Answer> {
  const own = client.scopes.filter((scope) => !personal.has(scope))
  const scopes = asked.length === 0 ? own : asked
  if (!scopes.every((scope) => own.includes(scope)))
    return oauthError('invalid_scope', 'scope asks for more than this client may have.')
  const answer = await tokenAnswer(world, client, undefined, { scopes })
  const { clientId } = client
  const actor = { kind: 'client', id: clientId } as const
  const told = {
    type: 'token.issued',
    at: world.now(),
    actor,
    client: clientId,
    ip: call.ip,
    request: call.id,
  } as const
  await world.db.transact([recorded({ ...told, detail: scopes.join(' ') })])
  return answer
}

/** Scopes that speak of a person, of whom there is none here. */
const personal = new Set(['openid', 'profile', 'email', 'offline_access'])

type NewRefreshToken = { text: string; record: RefreshToken }

function newRefreshToken(grant: Grant, now: number): NewRefreshToken {
  const halves = { id: newId(), secret: newSecret() }
  const { id, secret } = halves
  const until = Math.min(now + refreshIdle, grant.createdAt + refreshLifetime)
  const record = { id, secretHash: hashSecret(secret), grant, clientId: grant.clientId, createdAt: now, until }
  return { text: joinHalves(halves), record }
}

const shown = (token: NewRefreshToken | undefined) => (token === undefined ? {} : { refreshToken: token.text })

/** The standing that was found to do is the one that the next refresh is measured by. */
const standingOn = (token: RefreshToken, standing: number): RefreshToken => ({
  ...token,
  grant: { ...token.grant, standing },
})

/**
 * Writes, if everything the grant rests on still stands. Usually one condition on the user says so; if it does not hold,
 * the keys themselves are looked at, and only those that the grant rests on count.
 *
 * `fallen`: the user, a key of the grant, or one of `supports` is gone. `spent`: what was to be spent is spent.
 */
async function commit(
  world: Needs,
  grant: Grant,
  supports: readonly Write[],
  writes: (standing: number) => Write[],
): Promise<'done' | 'spent' | 'fallen'> {
  const under = async (standing: number) => {
    const done = await world.db.transact([standingHolds(grant.user, standing), ...supports, ...writes(standing)])
    if (done.ok) return 'done'
    if (done.conflicts[0] !== undefined) return 'changed'
    return done.conflicts.slice(1, 1 + supports.length).some((found) => found !== undefined) ? 'fallen' : 'spent'
  }
  const done = await under(grant.standing)
  if (done !== 'changed') return done
  const person = await readPerson(world.db, grant.user)
  if (!person?.user.enabled || !credentialsStand(grant.credentials, person)) return 'fallen'
  const again = await under(person.user.standing)
  return again === 'changed' ? 'fallen' : again
}

async function revoke(world: Needs, call: Call, grant: Grant, reason: string, answer: Answer): Promise<Answer> {
  await world.db.transact([revokedGrant(grant.id, world.now()), event(world, call, grant, 'grant.revoked', reason)])
  return answer
}

const event = (
  world: Needs,
  call: Call,
  grant: Grant,
  type: 'token.issued' | 'token.refreshed' | 'grant.revoked',
  reason?: string,
): Write =>
  recorded({
    type,
    at: world.now(),
    actor: { kind: 'client', id: grant.clientId },
    user: grant.user,
    client: grant.clientId,
    session: grant.sid,
    ip: call.ip,
    request: call.id,
    amr: grant.amr,
    ...(grant.acr === undefined ? {} : { achieved: grant.acr }),
    ...(reason === undefined ? {} : { reason }),
  })
