/**
 * Decides who calls the API, and whether they may: a Credential Management System, an administrator's tool, or a person
 * with a role.
 *
 * By an API key, in the header `apikey` or as a Bearer token (which is all that SCIM clients know), or by an access token
 * of ours: one that an application got for itself (RFC 6749 §4.4), or one that it got for a person, whose roles then say
 * what it may, and who is asked for more of a sign-in where theirs is not enough (RFC 9470). Every key that does not open
 * is refused in the same words: unknown, revoked and expired are nobody's business.
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
  serviceScopes,
  sessionScopes,
  stepUpScopes,
  userScopes,
} from '../../src/core/api-key.ts'
import type { Actor } from '../../src/core/audit-event.ts'
import { ok, refuse } from '../../src/core/result.ts'
import { type Demand, demandOf, scopesOfRoles, type Unmet, unmetDemand } from '../../src/core/role.ts'
import { roles, type User } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { noteApiKeyUse, readApiKeyRecord } from '../../src/store/api-keys.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import { findUser } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { type AccessTokenWorld, isShownByProfile, shownAccessToken, type TokenRefused } from '../oidc/access-token.ts'
import { withNonce } from '../oidc/proof.ts'
import { isNameable } from './asked.ts'
import { type PersonCalling, personOf, personScopes } from './person.ts'
import { answerTo } from './problems.ts'

/**
 * `id` separates callers from each other, and one kind from the other: what a caller is remembered by. `person`: who it
 * is, where it is a person.
 */
export type ApiCaller = { actor: Actor; id: string; scopes: readonly ApiScope[]; person?: PersonCalling }

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
  users: userScopes,
  service: serviceScopes,
} as const satisfies Record<string, readonly ApiScope[]>

type TokenScope = keyof typeof tokenScopes
const namesOfTokenScopes = Object.keys(tokenScopes) as TokenScope[]

const tokenScopeFor = (scope: ApiScope): TokenScope | undefined =>
  namesOfTokenScopes.find((name) => tokenScopes[name].some((each) => each === scope))

/**
 * Whether a caller may give a client this scope: of those that stand for something here, only what it has itself. A client
 * that speaks for people here has, of whoever signs in to it, what they may do.
 */
export const mayGive =
  ({ scopes }: ApiCaller) =>
  (scope: string): boolean => {
    if (personScopes.some((name) => name === scope)) return scopes.includes('roles:write')
    const stands = namesOfTokenScopes.find((name) => name === scope)
    return stands === undefined || tokenScopes[stands].every((each) => scopes.includes(each))
  }

/**
 * Whether a caller may change what is this user's. A person of the help desk may not where the user has a role, or they
 * would make an administrator's account their own.
 */
export const mayManage = ({ person, scopes }: ApiCaller, { roles = [] }: Pick<User, 'roles'>): boolean =>
  person === undefined || roles.length === 0 || scopes.includes('roles:write')

/**
 * Why a caller may not change what is this user's now. Where the user has a role, it takes of a person the sign-in that
 * giving roles takes, or a session that proved less would set its own password, or another administrator's, and prove more.
 */
export function barredFrom(
  { now }: Pick<World, 'now'>,
  caller: ApiCaller,
  user: Pick<User, 'roles'>,
): 'beyond-caller' | 'insufficient-user-authentication' | undefined {
  const { person } = caller
  if (!mayManage(caller, user)) return 'beyond-caller'
  if (person === undefined || user.roles === undefined || user.roles.length === 0) return undefined
  const isLow = unmetDemand('sensitive', person.signedIn, person.realm, now()) !== undefined
  return isLow ? 'insufficient-user-authentication' : undefined
}

/**
 * The route for callers with this scope, in this tenant. Strangers are not told which tenant this is. `demand`: of a
 * person, where it is not what the scope asks by itself.
 */
export const forCaller = <Its>(
  scope: ApiScope,
  handler: Handler<Its>,
  { demand = demandOf(scope) }: { demand?: Demand } = {},
) =>
  forAnyCaller<Its>(async (world, call, caller) => {
    if (!caller.scopes.includes(scope)) return insufficient(scope)
    const tooLow = unmet(world, call, caller, demand)
    if (tooLow !== undefined) return tooLow
    const barred = demand === 'reading' ? undefined : await barredFromNamed(world, call, caller)
    return barred ?? handler(world, call, caller)
  })

/** Of the user whom the address names, where it names one: held here, so that no route can forget it. */
async function barredFromNamed(world: Needs, call: Call, caller: ApiCaller): Promise<Answer | undefined> {
  const { userId } = call.params
  if (userId === undefined || !isNameable(userId) || barredFrom(world, caller, { roles }) === undefined)
    return undefined
  const user = await findUser(world.db, userId)
  const barred = user && barredFrom(world, caller, user)
  return barred === 'beyond-caller' ? answerTo(refuse(barred)) : barred && unmet(world, call, caller, 'sensitive')
}

/** The route for whoever may call at all, whatever else they may. */
export const forAnyCaller =
  <Its>(handler: (world: Its & Needs, call: Call, caller: ApiCaller) => Promise<Answer> | Answer) =>
  async (world: Its & Needs, call: Call): Promise<Answer> => {
    const answered = async (): Promise<Answer> => {
      const caller = await authenticate(world, call)
      if (!caller.ok) return unauthenticated(world, call, caller.refused)
      if (call.params.tenantCode !== world.stage.tenantCode) return answerTo(refuse('tenant-not-found'))
      return handler(world, call, caller.value)
    }
    return withNonce(world, call, await answered())
  }

/** What is asked of a person who has not signed in well enough for this. */
export function unmet(
  { now }: Pick<World, 'now'>,
  call: Call,
  { person }: Pick<ApiCaller, 'person'>,
  demand: Demand,
): Answer | undefined {
  const asked = person === undefined ? undefined : unmetDemand(demand, person.signedIn, person.realm, now())
  if (asked === undefined) return undefined
  return askBetterSignIn(call, asked)
}

/** RFC 9470 §3, in the scheme that the token came by. Without `acr` a recent sign-in of any level will do. */
export function askBetterSignIn({ headers }: Call, { acr, maxAge }: Partial<Unmet>): Answer {
  const scheme = /^dpop /i.test(headers.authorization ?? '') ? 'DPoP' : 'Bearer'
  const challenge = [
    `${scheme} error="insufficient_user_authentication"`,
    'error_description="A better or more recent sign-in is needed"',
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ].join(', ')
  const named = acr === undefined ? 'a sign-in' : `the level ${acr}`
  const fresh = maxAge === undefined ? '' : `, not older than ${maxAge} seconds`
  return answerTo(refuse('insufficient-user-authentication', { detail: `This needs ${named}${fresh}.` }), {
    'www-authenticate': challenge,
  })
}

type Authenticated = { ok: true; value: ApiCaller } | { ok: false; refused?: TokenRefused }

const nobody: Authenticated = { ok: false }

function authenticate(world: Needs, call: Call): Promise<Authenticated> | Authenticated {
  const { apikey, authorization } = call.headers
  // Two credentials are two callers, and which one is meant is not ours to guess (RFC 6750 §2).
  if (apikey !== undefined && authorization !== undefined) return nobody
  const key = apikey ?? keyAsBearer(authorization)
  return key === undefined ? byToken(world, call) : byApiKey(world, key)
}

const keyAsBearer = (authorization: string | undefined): string | undefined => {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  return readApiKey(token) === undefined ? undefined : token
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
  if (typeof clientId !== 'string') return nobody
  // RFC 9068 §2.2: a token that an application got for itself is its own subject.
  if (sub !== clientId) return byPerson(await personOf(world, shown, 'administration'))
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

const byPerson = (person: PersonCalling | undefined): Authenticated => {
  if (person === undefined) return nobody
  const { id, roles } = person.user
  return ok({ actor: { kind: 'user', id }, id: `user:${id}`, scopes: scopesOfRoles(roles), person })
}

/** RFC 9110 §11.6.1 asks for a challenge; API keys have no registered scheme, so it tells of the one that has. */
export const unauthenticated = ({ stage }: Needs, { headers }: Call, refused?: TokenRefused): Answer => {
  const bearer = `Bearer realm="${apiAudience(stage.issuer)}"`
  const tried = headers.authorization === undefined ? bearer : `${bearer}, error="invalid_token"`
  const challenge = refused?.challenge.startsWith('DPoP') ? refused.challenge : tried
  return answerTo(refuse('unauthenticated'), { 'www-authenticate': challenge })
}

const insufficient = (scope: ApiScope): Answer => {
  const named = tokenScopeFor(scope)
  return answerTo(refuse('insufficient-scope', { detail: `This needs the scope ${scope}.` }), {
    'www-authenticate': `Bearer error="insufficient_scope"${named === undefined ? '' : `, scope="${named}"`}`,
  })
}
