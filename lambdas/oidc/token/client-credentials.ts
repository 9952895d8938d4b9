/** A client for itself (RFC 6749 §4.4): no person, no refresh token. */
import { apiAudience } from '../../../src/core/api-key.ts'
import { readResources } from '../../../src/core/oidc/resource-indicator.ts'
import type { TokenRequest } from '../../../src/core/oidc/token-request.ts'
import { claimsOfScope } from '../../../src/core/oidc/user-claims.ts'
import type { Answer, Call } from '../../../src/http/call.ts'
import { oauthError } from '../../../src/http/oauth-error.ts'
import { recorded } from '../../../src/store/audit.ts'
import { refusalOf } from '../client-authentication.ts'
import { tokenAnswer } from '../tokens.ts'
import type { Asking, IssuingWorld } from './issuing.ts'

type ClientRequest = Extract<TokenRequest, { grantType: 'client_credentials' }>

export async function clientTokens(
  world: IssuingWorld,
  call: Call,
  { client, spends, cnf }: Asking,
  { scopes: asked, resources: targets }: ClientRequest,
): Promise<Answer> {
  const own = client.scopes.filter((scope) => !personal.has(scope))
  const scopes = asked.length === 0 ? own : asked
  if (!scopes.every((scope) => own.includes(scope)))
    return oauthError('invalid_scope', 'scope asks for more than this client may have.')
  const resources = readResources(targets, [...(client.resources ?? []), apiAudience(world.stage.issuer)])
  if (!resources.ok) return oauthError(resources.reason, resources.detail ?? '')
  const answer = await tokenAnswer(world, client, undefined, { scopes, resources: resources.value, cnf })
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
  const writes = [...spends.map(({ write }) => write), recorded({ ...told, detail: scopes.join(' ') })]
  const done = await world.db.transact(writes)
  return done.ok ? answer : refusalOf(spends, done)
}

/** Scopes that speak of a person, of whom there is none here. */
const personal = new Set(['openid', ...Object.keys(claimsOfScope), 'offline_access'])
