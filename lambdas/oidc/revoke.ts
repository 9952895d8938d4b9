/**
 * POST /revoke — a client is done with a token of its own (RFC 7009).
 *
 * A refresh token ends its grant, and so all that was issued from it. An access token ends alone: it is a JWT, so what is
 * kept until its end is that it was revoked, and userinfo, introspection and our API look for that. Resource servers that
 * ask nobody hear of it when it expires, in ten minutes at most.
 *
 * A token that is none, or none any more, is revoked already: 200 (§2.2). One of another client is refused (§2.1).
 */
import type { JWTPayload } from 'jose'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import type { RefreshToken } from '../../src/core/oidc/grant.ts'
import { sectorOf } from '../../src/core/oidc/subject.ts'
import { hashSecret, sameText, splitHalves } from '../../src/core/secret.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'
import { recorded } from '../../src/store/audit.ts'
import { clientIn } from '../../src/store/clients.ts'
import type { Item, Write } from '../../src/store/db.ts'
import { refreshTokenIn, revokedGrant, revokedToken } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import type { World } from '../../src/world.ts'
import {
  type Authenticated,
  type AuthenticatingWorld,
  authenticate,
  readAsked,
  refusalOf,
  spending,
  wrongClient,
} from './client-authentication.ts'

type Needs = AuthenticatingWorld & Pick<World, 'db' | 'verifier'>

const done: Answer = { status: 200, headers: { 'cache-control': 'no-store' } }

const anothers = oauthError('invalid_grant', 'The token was issued to another client.')

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const asked = readAsked(call)
  if (!asked.ok) return asked.answer
  const text = asked.form.get('token')
  // Which kind a token of ours is, its form says: `token_type_hint` is not looked at (§2.1 lets a server not care).
  const halves = splitHalves(text)
  const [clientItem, item] = await world.db.batch([
    places.client(asked.credentials.clientId),
    places.refreshToken(halves?.id ?? ''),
  ])
  const authenticated = await authenticate(world, call, clientIn(clientItem), asked.credentials)
  if (!authenticated.ok) return wrongClient(call, authenticated)
  const { client } = authenticated.value
  if (text === undefined)
    return spending(world, authenticated.value, oauthError('invalid_request', 'token is missing.'))

  const found = halves === undefined ? await accessTokenIn(world, text) : refreshTokenOf(item, halves.secret)
  if (found === undefined) return spending(world, authenticated.value, done)
  if (found.clientId !== client.clientId) return spending(world, authenticated.value, anothers)
  return end(world, call, authenticated.value, found)
}

type Found = { clientId: string } & ({ refreshToken: RefreshToken } | { accessToken: JWTPayload })

/** Whole: who knows half of one has none. One that was spent still names its family. */
function refreshTokenOf(item: Item | undefined, secret: string): Found | undefined {
  const refreshToken = refreshTokenIn(item)
  if (refreshToken === undefined || !sameText(refreshToken.secretHash, hashSecret(secret))) return undefined
  return { refreshToken, clientId: refreshToken.clientId }
}

async function accessTokenIn({ verifier }: Needs, text: string): Promise<Found | undefined> {
  const verified = await verifier.verify(text, { typ: 'at+jwt' })
  return verified.ok ? { accessToken: verified.value, clientId: String(verified.value.client_id) } : undefined
}

async function end(world: Needs, call: Call, { client, spends }: Authenticated, found: Found): Promise<Answer> {
  const written = await world.db.transact([
    ...spends.map(({ write }) => write),
    ended(found, world.now()),
    recorded({ ...about(client, found), at: world.now(), ip: call.ip, request: call.id }),
  ])
  if (written.ok) return done
  const replayed = spends.some((_, at) => written.conflicts[at] !== undefined)
  // Otherwise the grant is gone, and the token with it.
  return replayed ? refusalOf(spends, written) : spending(world, { spends }, done)
}

const ended = (found: Found, now: number): Write =>
  'refreshToken' in found
    ? revokedGrant(found.refreshToken.grant.id, now)
    : revokedToken(found.accessToken.jti ?? '', found.accessToken.exp ?? now)

function about(client: Client, found: Found): Omit<AuditEvent, 'at'> {
  const { clientId } = client
  const common = { actor: { kind: 'client', id: clientId }, client: clientId, reason: 'revoked-by-client' } as const
  if ('refreshToken' in found) {
    const { user, sid } = found.refreshToken.grant
    return { type: 'grant.revoked', ...common, user, session: sid }
  }
  const { jti = '', sid } = found.accessToken
  // A pairwise client's token has another name for the session; its `jti` leads to the grant.
  const isOurs = typeof sid === 'string' && sectorOf(client) === undefined
  return { type: 'token.revoked', ...common, detail: jti, ...(isOurs ? { session: sid } : {}) }
}
