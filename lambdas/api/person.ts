/**
 * Decides which person an access token speaks for at the API, and whether what it was issued for still holds.
 *
 * The application that shows it is one that was registered for this, as our console and portal are; what the person may
 * do with it is decided by whoever asks.
 */
import type { Client } from '../../src/core/oidc/client.ts'
import { isGrantTo } from '../../src/core/oidc/grant.ts'
import type { Realm } from '../../src/core/realm.ts'
import type { SignedIn } from '../../src/core/role.ts'
import { isLive, type Session } from '../../src/core/session.ts'
import type { User } from '../../src/core/user.ts'
import { clientIn } from '../../src/store/clients.ts'
import { grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { realmIn } from '../../src/store/realm.ts'
import type { World } from '../../src/world.ts'
import { isShownByProfile, type ShownToken } from '../oidc/access-token.ts'
import { foundationOf, grantHolds } from '../oidc/standing.ts'

/** The scopes of access tokens that people's applications use the API with: what they may do to others, and for themselves. */
export const personScopes = ['administration', 'account'] as const
export type PersonScope = (typeof personScopes)[number]

export type PersonCalling = {
  user: User
  /** It has not ended, nor been idle for too long: an application keeps it so by coming back to `/authorize`. */
  session: Session
  client: Client
  /** As the token says it. */
  signedIn: SignedIn
  realm: Realm
}

type Needs = Pick<World, 'now' | 'db'>
type Shown = Extract<ShownToken, { ok: true }>

/** `undefined`: nobody. In one read, unless the person's standing moved since. */
export async function personOf(world: Needs, shown: Shown, wanted: PersonScope): Promise<PersonCalling | undefined> {
  const { client_id: clientId, sub = '', sid, scope, jti = '', acr, auth_time: authTime } = shown.claims
  const [clientItem, revoked, grantItem, userItem, sessionItem, realmItem] = await world.db.batch([
    places.client(String(clientId ?? '')),
    places.revokedToken(jti),
    places.grant(jti.split('.')[0] ?? ''),
    places.user(sub),
    places.session(String(sid ?? '')),
    places.realm(),
  ])
  const [client, grant] = [clientIn(clientItem), grantOf(grantItem)]
  if (client === undefined || !client.enabled || revoked !== undefined || !isShownByProfile(client, shown))
    return undefined
  if (grant === undefined || !isGrantTo(client, grant)) return undefined
  // In the record too, so that a scope that was taken away is gone before the last token with it.
  const given = typeof scope === 'string' ? scope.split(' ') : []
  if (![given, grant.scopes, client.scopes].every((scopes) => scopes.includes(wanted))) return undefined
  const { user, session } = await foundationOf(world, grant, { user: userItem, session: sessionItem })
  if (user === undefined || session === undefined || !isLive(session, world.now())) return undefined
  if (!(await grantHolds(world, grant, user, session))) return undefined
  const signedIn = {
    acr: typeof acr === 'string' ? acr : undefined,
    authTime: Number(authTime ?? 0),
    ...(client.acrToLoa === undefined ? {} : { acrToLoa: client.acrToLoa }),
  }
  return { user, session, client, signedIn, realm: realmIn(realmItem) }
}
