/**
 * Decides who calls the API, a Credential Management System or an administrator's tool, and whether it may.
 *
 * By an API key in the header `apikey`, or by an access token of ours that an application got for itself (RFC 6749
 * §4.4). Every key that does not open is refused in the same words: unknown, revoked and expired are nobody's business.
 */
import {
  type ApiKey,
  type ApiScope,
  apiAudience,
  apiKeyHolds,
  clientScopes,
  cmsScopes,
  consentScopes,
  lastUseResolution,
  otpScopes,
  readApiKey,
  sessionScopes,
  stepUpScopes,
} from '../../src/core/api-key.ts'
import type { Actor } from '../../src/core/audit-event.ts'
import { ok, refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { noteApiKeyUse, readApiKeyRecord } from '../../src/store/api-keys.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import { type AccessTokenWorld, isShownByProfile, shownAccessToken, type TokenRefused } from '../oidc/access-token.ts'
import { withNonce } from '../oidc/proof.ts'
import { answerTo } from './problems.ts'

/** `id` separates callers from each other, and one kind from the other: what a caller is remembered by. */
export type ApiCaller = { actor: Actor; id: string; scopes: readonly ApiScope[] }

type Needs = AccessTokenWorld
type Handler<Its> = (world: Its, call: Call, caller: ApiCaller) => Promise<Answer>

/** The scopes of an access token, and what each stands for of an API key's. */
export const tokenScopes = {
  authenticators: cmsScopes,
  'one-time-passwords': otpScopes,
  'step-up': stepUpScopes,
  clients: clientScopes,
  sessions: sessionScopes,
  consents: consentScopes,
} as const satisfies Record<string, readonly ApiScope[]>

type TokenScope = keyof typeof tokenScopes
const namesOfTokenScopes = Object.keys(tokenScopes) as TokenScope[]

const tokenScopeFor = (scope: ApiScope): TokenScope | undefined =>
  namesOfTokenScopes.find((name) => tokenScopes[name].some((each) => each === scope))

/** Whether a caller may give a client this scope: of those that stand for something here, only what it has itself. */
export const mayGive =
  ({ scopes }: ApiCaller) =>
  (scope: string): boolean => {
    const stands = namesOfTokenScopes.find((name) => name === scope)
    return stands === undefined || tokenScopes[stands].every((each) => scopes.includes(each))
  }

/** The route for callers with this scope, in this tenant. Strangers are not told which tenant this is. */
export const forCaller =
  <Its>(scope: ApiScope, handler: Handler<Its>) =>
  async (world: Its & Needs, call: Call): Promise<Answer> => {
    const answered = async (): Promise<Answer> => {
      const caller = await authenticate(world, call)
      if (!caller.ok) return unauthenticated(world, call, caller.refused)
      if (!caller.value.scopes.includes(scope)) return insufficient(scope)
      if (call.params.tenantCode !== world.stage.tenantCode) return answerTo(refuse('tenant-not-found'))
      return handler(world, call, caller.value)
    }
    return withNonce(world, call, await answered())
  }

type Authenticated = { ok: true; value: ApiCaller } | { ok: false; refused?: TokenRefused }

const nobody: Authenticated = { ok: false }

function authenticate(world: Needs, call: Call): Promise<Authenticated> | Authenticated {
  const { apikey, authorization } = call.headers
  // Two credentials are two callers, and which one is meant is not ours to guess (RFC 6750 §2).
  if (apikey !== undefined && authorization !== undefined) return nobody
  return apikey === undefined ? byToken(world, call) : byApiKey(world, apikey)
}

/** Compared with when there is no such key, so that its absence takes as long. Nothing hashes to it. */
const nobodys: ApiKey = { id: '', name: '', secretHash: '-'.repeat(43), scopes: [], createdAt: 0 }

async function byApiKey({ db, now }: Needs, text: string): Promise<Authenticated> {
  const halves = readApiKey(text)
  if (halves === undefined) return nobody
  const key = (await readApiKeyRecord(db, halves.id)) ?? nobodys
  if (!apiKeyHolds(key, halves.secret, now())) return nobody
  if ((key.lastUsedAt ?? Number.NEGATIVE_INFINITY) <= now() - lastUseResolution) await noteApiKeyUse(db, key.id, now())
  return ok({ actor: { kind: 'api-key', id: key.id }, id: `api-key:${key.id}`, scopes: key.scopes })
}

async function byToken(world: Needs, call: Call): Promise<Authenticated> {
  const audience = apiAudience(world.stage.issuer)
  // For us alone, as at userinfo: one that is for somebody else too, they could bring here.
  const shown = await shownAccessToken(world, call, { isFor: (aud) => aud === audience })
  if (!shown.ok) return { ok: false, refused: shown }
  const { client_id: clientId, sub, scope, jti = '', iat = 0 } = shown.claims
  // RFC 9068 §2.2: a token that an application got for itself is its own subject. A user's token is none of these.
  if (typeof clientId !== 'string' || sub !== clientId) return nobody
  const [item, revoked] = await world.db.batch([places.client(clientId), places.revokedToken(jti)])
  const client = clientIn(item)
  if (client === undefined || !client.enabled || revoked !== undefined || !isShownByProfile(client, shown))
    return nobody
  // Of another application, which went by the same id before.
  if (iat < client.createdAt) return nobody
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
const unauthenticated = ({ stage }: Needs, { headers }: Call, refused?: TokenRefused): Answer => {
  const bearer = `Bearer realm="${apiAudience(stage.issuer)}"`
  const tried = headers.authorization === undefined ? bearer : `${bearer}, error="invalid_token"`
  const challenge = refused?.challenge.startsWith('DPoP') ? refused.challenge : tried
  return answerTo(refuse('unauthenticated'), { 'www-authenticate': challenge })
}

const insufficient = (scope: ApiScope): Answer =>
  answerTo(refuse('insufficient-scope', { detail: `This needs the scope ${scope}.` }), {
    'www-authenticate': `Bearer error="insufficient_scope", scope="${tokenScopeFor(scope)}"`,
  })
