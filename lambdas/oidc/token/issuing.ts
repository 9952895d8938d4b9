/**
 * What the grants have in common: tokens that come with a refresh token, issued while what they rest on stands, and the
 * end of a grant that somebody else seems to have a part of.
 */

import type { Client } from '../../../src/core/oidc/client.ts'
import type { Confirmation } from '../../../src/core/oidc/confirmation.ts'
import { consentStands } from '../../../src/core/oidc/consent.ts'
import { type Grant, type RefreshToken, refreshIdle, refreshLifetime } from '../../../src/core/oidc/grant.ts'
import type { Seconds } from '../../../src/core/result.ts'
import { hashSecret, joinHalves, newId, newSecret } from '../../../src/core/secret.ts'
import { credentialsStand } from '../../../src/core/session.ts'
import { isOfEpoch } from '../../../src/core/user.ts'
import type { Answer, Call } from '../../../src/http/call.ts'
import { recorded } from '../../../src/store/audit.ts'
import type { Write } from '../../../src/store/db.ts'
import { revokedGrant } from '../../../src/store/grants.ts'
import { readPerson, standingHolds } from '../../../src/store/people.ts'
import type { World } from '../../../src/world.ts'
import { type Authenticated, refusalOf, type Spend } from '../client-authentication.ts'

export type IssuingWorld = Pick<World, 'now' | 'stage' | 'db' | 'signer'>

/** Who asks, and what their tokens are bound to. */
export type Asking = Authenticated & { cnf: Confirmation | undefined }

type NewRefreshToken = { text: string; record: RefreshToken }

/** The idle end, and never after the absolute one. */
export const refreshUntil = ({ createdAt }: Pick<Grant, 'createdAt'>, now: Seconds): Seconds =>
  Math.min(now + refreshIdle, createdAt + refreshLifetime)

export function newRefreshToken(
  { tokenEndpointAuthMethod: method }: Client,
  grant: Grant,
  { now, boundTo }: { now: Seconds; boundTo: Confirmation | undefined },
): NewRefreshToken {
  const halves = { id: newId(), secret: newSecret() }
  const { id, secret } = halves
  const until = refreshUntil(grant, now)
  const bound = {
    ...(boundTo === undefined ? {} : { boundTo }),
    ...(method === 'none' ? {} : { isOfAuthenticated: true as const }),
  }
  const record = { id, secretHash: hashSecret(secret), grant, clientId: grant.clientId, createdAt: now, until }
  return { text: joinHalves(halves), record: { ...record, ...bound } }
}

export const shown = (token: NewRefreshToken | undefined) => (token === undefined ? {} : { refreshToken: token.text })

/** The standing that was found to do is the one that the next refresh is measured by. */
export const standingOn = (token: RefreshToken, standing: number): RefreshToken => ({
  ...token,
  grant: { ...token.grant, standing },
})

/**
 * Writes, if everything the grant rests on still stands. Usually one condition on the user says so; if it does not hold,
 * the keys themselves are looked at, and only those that the grant rests on count.
 *
 * `fallen`: the user, a key of the grant, or one of `supports` is gone. `spent`: what was to be spent is spent. `refusal`:
 * what the client showed was shown before.
 */
export async function commit(
  world: IssuingWorld,
  grant: Grant,
  { supports, spends }: { supports: readonly Write[]; spends: readonly Spend[] },
  writes: (standing: number) => Write[],
): Promise<'done' | 'spent' | 'fallen' | { refusal: Answer }> {
  const under = async (standing: number) => {
    const [stands, spent] = [[standingHolds(grant.user, standing)], spends.map(({ write }) => write)]
    const done = await world.db.transact([...stands, ...spent, ...supports, ...writes(standing)])
    if (done.ok) return 'done'
    const [fell, ...rest] = done.conflicts
    if (fell !== undefined) return 'changed'
    // Somebody else's use of the same assertion or proof: what it was to be used for is left as it is.
    if (rest.slice(0, spends.length).some((found) => found !== undefined))
      return { refusal: refusalOf(spends, { conflicts: rest }) }
    return rest
      .slice(spends.length)
      .slice(0, supports.length)
      .some((found) => found !== undefined)
      ? 'fallen'
      : 'spent'
  }
  const done = await under(grant.standing)
  if (done !== 'changed') return done
  const person = await readPerson(world.db, grant.user)
  if (!person?.user.enabled || !isOfEpoch(grant, person.user) || !credentialsStand(grant.credentials, person))
    return 'fallen'
  if (!consentStands(grant, person.consents)) return 'fallen'
  const again = await under(person.user.standing)
  return again === 'changed' ? 'fallen' : again
}

export async function revoke(
  world: IssuingWorld,
  call: Call,
  grant: Grant,
  reason: string,
  answer: Answer,
): Promise<Answer> {
  await world.db.transact([revokedGrant(grant.id, world.now()), event(world, call, grant, 'grant.revoked', reason)])
  return answer
}

export const event = (
  world: IssuingWorld,
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
