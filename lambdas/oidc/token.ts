// POST /token — a code, a refresh token or a client's own word for tokens (RFC 6749 §3.2, OpenID Connect Core §3.1.3).
import { readTokenRequest, type TokenRequest } from '../../src/core/oidc/token-request.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'
import { clientIn } from '../../src/store/clients.ts'
import type { Item, Place } from '../../src/store/db.ts'
import { grantOf, refreshTokenIn } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import {
  type Authenticated,
  type AuthenticatingWorld,
  authenticate,
  readAsked,
  spending,
  wrongClient,
} from './client-authentication.ts'
import { nonceWanted, type ProofWorld, withNonce } from './proof.ts'
import { bindingOf } from './token/binding.ts'
import { clientTokens } from './token/client-credentials.ts'
import { exchangeCode } from './token/exchange-code.ts'
import type { IssuingWorld } from './token/issuing.ts'
import { refresh } from './token/refresh.ts'

type Needs = IssuingWorld & AuthenticatingWorld & ProofWorld

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const asked = readAsked(call)
  if (!asked.ok) return asked.answer
  const request = readTokenRequest(asked.form, new URLSearchParams(call.body).getAll('resource'))

  // The client and what it presents, in one read; whether it may, is looked at in that order.
  const presented = request.ok ? placesOf(request.value) : []
  const [clientItem, ...items] = await world.db.batch([places.client(asked.credentials.clientId), ...presented])
  const authenticated = await authenticate(world, call, clientIn(clientItem), asked.credentials)
  if (!authenticated.ok) return wrongClient(call, authenticated)
  const answer = await tokensFor(world, call, authenticated.value, request, items)
  // Tokens came with the spending of what was shown for them; a refusal did not.
  const isOver = answer.status !== 200 && answer !== nonceWanted
  const said = isOver ? await spending(world, authenticated.value, answer) : answer
  return withNonce(world, call, said)
}

async function tokensFor(
  world: Needs,
  call: Call,
  authenticated: Authenticated,
  request: ReturnType<typeof readTokenRequest>,
  [presented]: readonly (Item | undefined)[],
): Promise<Answer> {
  if (!request.ok) return oauthError(request.reason, request.detail ?? '')
  const { value } = request
  if (!authenticated.client.grantTypes.includes(value.grantType))
    return oauthError('unauthorized_client', `This client may not use ${value.grantType}.`)
  const bound = await bindingOf(world, call, authenticated.client)
  if (!bound.ok) return bound.answer
  const { cnf, spends } = bound.value
  const asking = { ...authenticated, spends: [...authenticated.spends, ...spends], cnf }
  switch (value.grantType) {
    case 'authorization_code':
      return exchangeCode(world, call, asking, value, grantOf(presented))
    case 'refresh_token':
      return refresh(world, call, asking, value, refreshTokenIn(presented))
    case 'client_credentials':
      return clientTokens(world, call, asking, value)
  }
}

function placesOf(request: TokenRequest): Place[] {
  if (request.grantType === 'authorization_code') return [places.grant(request.code?.id ?? '')]
  if (request.grantType === 'refresh_token') return [places.refreshToken(request.token?.id ?? '')]
  return []
}
