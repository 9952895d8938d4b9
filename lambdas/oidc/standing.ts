/** Whether what a grant rests on is still there. Asked wherever a token is used, because a JWT says only what was. */
import { consentStands } from '../../src/core/oidc/consent.ts'
import type { Grant } from '../../src/core/oidc/grant.ts'
import { credentialsOf, credentialsStand, type Session } from '../../src/core/session.ts'
import { isOfEpoch, type User } from '../../src/core/user.ts'
import type { Item } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { readPerson, userIn } from '../../src/store/people.ts'
import { sessionIn } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'

/** Not revoked, its session not over, nor all of its user's ended; user, keys and consent as they were. One more read, where the user's standing moved. */
export async function grantHolds(
  { now, db }: Pick<World, 'now' | 'db'>,
  grant: Grant,
  user: User,
  session: Session | undefined,
): Promise<boolean> {
  if (grant.user !== user.id || grant.revokedAt !== undefined || !user.enabled || !isOfEpoch(grant, user)) return false
  // `offline_access` is the leave to go on after the session (OpenID Connect Core §11).
  if (!grant.scopes.includes('offline_access') && (session === undefined || session.until <= now())) return false
  if (session !== undefined && !hasProofsOf(grant, session)) return false
  if (grant.standing === user.standing) return true
  const person = await readPerson(db, user.id)
  return person !== undefined && credentialsStand(grant.credentials, person) && consentStands(grant, person.consents)
}

/**
 * Whether the session still has what the grant rests on, where its person dropped something of it. What was granted for
 * longer than the session (`offline_access`) has its own end.
 */
const hasProofsOf = ({ credentials, scopes }: Grant, { drops, proofs }: Session): boolean => {
  if (drops === undefined || scopes.includes('offline_access')) return true
  const left = credentialsOf(proofs)
  return credentials.every((credential) => left.includes(credential))
}

type Foundation = { user?: User | undefined; session?: Session | undefined }

/**
 * The user and the session of a grant, which were read with it under the token's `sub` and `sid`. Where those are pairwise
 * names, nobody was: then both are read now.
 */
export async function foundationOf(
  { db }: Pick<World, 'db'>,
  grant: Grant,
  read: { user: Item | undefined; session: Item | undefined },
): Promise<Foundation> {
  if (grant.subject === undefined) return { user: userIn(read.user), session: sessionIn(read.session) }
  const [user, session] = await db.batch([places.user(grant.user), places.session(grant.sid)])
  return { user: userIn(user), session: sessionIn(session) }
}
