/** A client for itself (RFC 6749 §4.4): no person, no refresh token. */
import type { Answer, Call } from '../../../src/http/call.ts'
import { oauthError } from '../../../src/http/oauth-error.ts'
import { recorded } from '../../../src/store/audit.ts'
import { type Authenticated, refusalOf } from '../client-authentication.ts'
import { tokenAnswer } from '../tokens.ts'
import type { IssuingWorld } from './issuing.ts'

export async function clientTokens(
  world: IssuingWorld,
  call: Call,
  { client, spends }: Authenticated,
  asked: string[],
): Promise<Answer> {
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
  const writes = [...spends.map(({ write }) => write), recorded({ ...told, detail: scopes.join(' ') })]
  const done = await world.db.transact(writes)
  return done.ok ? answer : refusalOf(spends, done)
}

/** Scopes that speak of a person, of whom there is none here. */
const personal = new Set(['openid', 'profile', 'email', 'offline_access'])
