/**
 * A person at the API without a browser: the session, grant and access token that a sign-in to the console, or to the
 * portal, comes to. The visits sign in for real; tests of routes begin where that ends.
 */
import { apiAudience } from '../src/core/api-key.ts'
import { accessTokenAlg } from '../src/core/oidc/signing.ts'
import { hashSecret, newId, newSecret } from '../src/core/secret.ts'
import type { Session } from '../src/core/session.ts'
import type { User } from '../src/core/user.ts'
import { ensureOwnClients } from '../src/own-clients.ts'
import { openVault } from '../src/services/vault.ts'
import { createdGrant } from '../src/store/grants.ts'
import { createdSession } from '../src/store/sessions.ts'
import type { House } from './house.ts'

type SignedIn = {
  client?: 'console' | 'portal'
  /** `null`: the token names none. */
  acr?: string | null
  /** Seconds since then. */
  age?: number
  scope?: string
  proofs?: Session['proofs']
  change?: Partial<Session>
}

export type PersonToken = { headers: { authorization: string }; token: string; sid: string; grant: string }

/** `headers` go into a request. Unbound, which the token endpoint gives neither application: proofs have tests of their own. */
export async function personToken(
  house: House,
  user: User,
  { client = 'console', acr = 'fido', age = 0, proofs = [], change = {}, ...given }: SignedIn = {},
): Promise<PersonToken> {
  const { db, world, stage } = house
  await ensureOwnClients(
    { db, now: world.now, vault: openVault(stage), actor: { kind: 'service', id: 'test' } },
    stage.issuer,
  )
  const scope = given.scope ?? `openid ${client === 'console' ? 'administration' : 'account'}`
  const [sid, grant, authTime] = [newId(), newId(), house.now - age]
  const ends = { until: house.now + 36_000 }
  const of = { standing: user.standing, ...(user.epoch === undefined ? {} : { epoch: user.epoch }) }
  await house.seed(
    createdSession({
      ...{ sid, user: user.id, secretHash: hashSecret(newSecret()), proofs, createdAt: authTime, ...of, ...ends },
      ...{ lastSeenAt: house.now, idleUntil: house.now + 3600, clients: [client], ...change },
    }),
    createdGrant({
      ...{ id: grant, codeHash: hashSecret(newSecret()), codeUntil: house.now + 60, spentAt: house.now },
      ...{ clientId: client, redirectUri: `${stage.issuer}/${client}/callback`, scopes: scope.split(' ') },
      ...{ user: user.id, sid, resources: [apiAudience(stage.issuer)], amr: [], authTime, credentials: [] },
      ...{ createdAt: house.now, ...of, ...ends, ...(acr === null ? {} : { acr }) },
    }),
  )
  const token = await world.signer.sign(accessTokenAlg, 'at+jwt', {
    ...{ iss: stage.issuer, aud: apiAudience(stage.issuer), sub: user.id, client_id: client, sid, scope },
    ...{ iat: house.now, exp: house.now + 600, auth_time: authTime, jti: `${grant}.${newId()}` },
    ...(acr === null ? {} : { acr }),
  })
  return { headers: { authorization: `Bearer ${token}` }, token, sid, grant }
}
