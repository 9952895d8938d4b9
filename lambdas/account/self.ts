/**
 * Decides which person uses the API for themselves, by the access token that their portal was given for it.
 *
 * No API key and no token of an application's own opens these routes, and no role does: what an operator may do to others
 * is below `/users`. Nobody is named in an address here, so nobody can name another.
 */
import type { Desk } from '../../src/administration.ts'
import { apiAudience } from '../../src/core/api-key.ts'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import { enrolmentOf } from '../../src/core/enrolment.ts'
import { refuse } from '../../src/core/result.ts'
import {
  type FreshProof,
  isProved,
  type Purpose,
  proofFor,
  type Standpoint,
  standpointOf,
} from '../../src/core/self-service.ts'
import type { Person } from '../../src/core/session.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { elsewhereOf } from '../../src/stage.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Write } from '../../src/store/db.ts'
import { readPerson } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { askBetterSignIn, unauthenticated } from '../api/caller.ts'
import { type PersonCalling, personOf } from '../api/person.ts'
import { answerTo } from '../api/problems.ts'
import { type AccessTokenWorld, shownAccessToken } from '../oidc/access-token.ts'
import { withNonce } from '../oidc/proof.ts'

/** Who they are, and all that they sign in with. */
export type Self = PersonCalling & { person: Person }

export type SelfNeeds = AccessTokenWorld & Pick<World, 'now' | 'stage' | 'db' | 'log'>

/** The route for the person themselves, in this tenant. */
export const forSelf =
  <Its>(handler: (world: Its & SelfNeeds, call: Call, self: Self) => Promise<Answer> | Answer) =>
  async (world: Its & SelfNeeds, call: Call): Promise<Answer> => {
    const answered = async (): Promise<Answer> => {
      const audience = apiAudience(world.stage.issuer)
      const shown = await shownAccessToken(world, call, { isFor: (aud) => aud === audience })
      if (!shown.ok) return unauthenticated(world, call, shown)
      const calling = await personOf(world, shown, 'account')
      const person = calling === undefined ? undefined : await readPerson(world.db, calling.user.id)
      if (calling === undefined || person === undefined) return unauthenticated(world, call)
      if (call.params.tenantCode !== world.stage.tenantCode) return answerTo(refuse('tenant-not-found'))
      return handler(world, call, { ...calling, person })
    }
    return withNonce(world, call, await answered())
  }

/** How the step-up decision sees this person at the portal, with what they have now. */
export const standpointAt = ({ now, stage }: SelfNeeds, { realm, client, person }: Self): Standpoint => {
  const { certificates, tokens } = elsewhereOf(stage)
  return standpointOf(realm, client, enrolmentOf(person, now(), certificates, tokens), now())
}

/** What it takes to change this, and whether it is there; an answer that asks for it where it is not (RFC 9470). */
export function unproved(world: SelfNeeds, call: Call, self: Self, purpose: Purpose): Answer | undefined {
  const standpoint = standpointAt(world, self)
  const proof: FreshProof = proofFor(purpose, standpoint, self.realm.settings.sensitiveMaxAge)
  return isProved(proof, self.signedIn, self.session.proofs, standpoint) ? undefined : askBetterSignIn(call, proof)
}

/** An event that the person brought about for themselves, at their portal. */
export const toldOfSelf = (
  { now }: Pick<World, 'now'>,
  { id, ip }: Call,
  { user, client, session }: Self,
  event: Pick<AuditEvent, 'type'> & Partial<AuditEvent>,
): Write =>
  recorded({
    at: now(),
    actor: { kind: 'user', id: user.id },
    user: user.id,
    client: client.clientId,
    session: session.sid,
    ip,
    request: id,
    ...event,
  })

/** As whom the person ends sessions of theirs. */
export const deskOfSelf = ({ db, now }: SelfNeeds, { id, ip }: Call, { user }: Self): Desk => ({
  db,
  now,
  actor: { kind: 'user', id: user.id },
  about: { ip, request: id },
})

export const noContent: Answer = { status: 204, headers: { 'cache-control': 'no-store' } }
