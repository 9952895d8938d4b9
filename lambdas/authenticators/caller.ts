/**
 * Decides which Credential Management System calls, and whether it may.
 *
 * By an API key in the header `apikey`, or by an access token of ours that an application got for itself (RFC 6749
 * §4.4). Every key that does not open is refused in the same words: unknown, revoked and expired are nobody's business.
 */
import {
  type ApiKey,
  type ApiScope,
  apiAudience,
  apiKeyHolds,
  cmsScopes,
  lastUseResolution,
  otpScopes,
  readApiKey,
  stepUpScopes,
} from '../../src/core/api-key.ts'
import type { Actor } from '../../src/core/audit-event.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { noteApiKeyUse, readApiKeyRecord } from '../../src/store/api-keys.ts'
import { readClient } from '../../src/store/clients.ts'
import type { World } from '../../src/world.ts'
import { answerTo } from './problems.ts'

/** `id` separates callers from each other, and one kind from the other: what a caller is remembered by. */
export type Cms = { actor: Actor; id: string; scopes: readonly ApiScope[] }

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>
type Handler<Its extends Needs> = (world: Its, call: Call, cms: Cms) => Promise<Answer>

/** The scopes of an access token, and what each stands for of an API key's. */
export const tokenScopes = {
  authenticators: cmsScopes,
  'one-time-passwords': otpScopes,
  'step-up': stepUpScopes,
} as const satisfies Record<string, readonly ApiScope[]>

type TokenScope = keyof typeof tokenScopes
const namesOfTokenScopes = Object.keys(tokenScopes) as TokenScope[]

const tokenScopeFor = (scope: ApiScope): TokenScope | undefined =>
  namesOfTokenScopes.find((name) => tokenScopes[name].some((each) => each === scope))

/** The route for callers with this scope, in this tenant. Strangers are not told which tenant this is. */
export const forCms =
  <Its extends Needs>(scope: ApiScope, handler: Handler<Its>) =>
  async (world: Its, call: Call): Promise<Answer> => {
    const cms = await authenticate(world, call)
    if (!cms.ok) return unauthenticated(world, call)
    if (!cms.value.scopes.includes(scope)) return insufficient(scope)
    if (call.params.tenantCode !== world.stage.tenantCode) return answerTo(refuse('tenant-not-found'))
    return handler(world, call, cms.value)
  }

type Authenticated = Result<Cms, 'unauthenticated'>

function authenticate(world: Needs, { headers }: Call): Promise<Authenticated> | Authenticated {
  const { apikey, authorization } = headers
  // Two credentials are two callers, and which one is meant is not ours to guess (RFC 6750 §2).
  if (apikey !== undefined && authorization !== undefined) return refuse('unauthenticated')
  if (apikey !== undefined) return byApiKey(world, apikey)
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1]
  return token === undefined ? refuse('unauthenticated') : byToken(world, token)
}

/** Compared with when there is no such key, so that its absence takes as long. Nothing hashes to it. */
const nobodys: ApiKey = { id: '', name: '', secretHash: '-'.repeat(43), scopes: [], createdAt: 0 }

async function byApiKey({ db, now }: Needs, text: string): Promise<Authenticated> {
  const halves = readApiKey(text)
  if (halves === undefined) return refuse('unauthenticated')
  const key = (await readApiKeyRecord(db, halves.id)) ?? nobodys
  if (!apiKeyHolds(key, halves.secret, now())) return refuse('unauthenticated')
  if ((key.lastUsedAt ?? Number.NEGATIVE_INFINITY) <= now() - lastUseResolution) await noteApiKeyUse(db, key.id, now())
  return ok({ actor: { kind: 'api-key', id: key.id }, id: `api-key:${key.id}`, scopes: key.scopes })
}

async function byToken({ db, stage, verifier }: Needs, token: string): Promise<Authenticated> {
  const verified = await verifier.verify(token, { typ: 'at+jwt', audience: apiAudience(stage.issuer) })
  if (!verified.ok) return refuse('unauthenticated')
  const { client_id: clientId, sub, scope } = verified.value
  // RFC 9068 §2.2: a token that an application got for itself is its own subject. A user's token is none of these.
  if (typeof clientId !== 'string' || sub !== clientId) return refuse('unauthenticated')
  const client = await readClient(db, clientId)
  if (client === undefined || !client.enabled) return refuse('unauthenticated')
  // In the record too, so that a scope that was taken away is gone before the last token with it.
  const given = typeof scope === 'string' ? scope.split(' ') : []
  const granted = namesOfTokenScopes.filter((name) => given.includes(name) && client.scopes.includes(name))
  return ok({
    actor: { kind: 'client', id: clientId },
    id: `client:${encodeURIComponent(clientId)}`,
    scopes: granted.flatMap((name) => tokenScopes[name]),
  })
}

/** RFC 9110 §11.6.1 asks for a challenge; API keys have no registered scheme, so it tells of the one that has. */
const unauthenticated = ({ stage }: Needs, { headers }: Call): Answer =>
  answerTo(refuse('unauthenticated'), {
    'www-authenticate':
      headers.authorization === undefined
        ? `Bearer realm="${apiAudience(stage.issuer)}"`
        : `Bearer realm="${apiAudience(stage.issuer)}", error="invalid_token"`,
  })

const insufficient = (scope: ApiScope): Answer =>
  answerTo(refuse('insufficient-scope', { detail: `This needs the scope ${scope}.` }), {
    'www-authenticate': `Bearer error="insufficient_scope", scope="${tokenScopeFor(scope)}"`,
  })
