/**
 * What an application knows a person as: `sub` (OpenID Connect Core §8); and their session: `sid`.
 *
 * A public client knows them by their id. A pairwise one knows them by a name that only the clients of its sector share
 * and that nobody can follow back: a keyed hash. Worked out where a grant is made, and kept in it.
 */
import type { UserId } from '../authenticator.ts'
import type { Realm } from '../realm.ts'
import { keyedHash } from '../secret.ts'
import type { Client } from './client.ts'
import type { Grant } from './grant.ts'
import { webHostOf } from './registered-uri.ts'

/**
 * The sector of a pairwise client (§8.1); `undefined` for a public one, which has none.
 *
 * A client that was not given one has its host. Several hosts without one, which registration refuses, share nothing with
 * anybody: the sector is then the client alone.
 */
export function sectorOf({ subjectType, sector, redirectUris, clientId }: Client): string | undefined {
  if (subjectType !== 'pairwise') return undefined
  const hosts = new Set(redirectUris.map(webHostOf))
  const [host] = hosts
  // No host has a space in it.
  return sector ?? (hosts.size === 1 && host !== undefined ? host : `client ${clientId}`)
}

/** What the clients of this sector know the user as. Without a sector, that is their id. */
export const subjectIn = (
  sector: string | undefined,
  user: UserId,
  { pairwiseSecret }: Pick<Realm, 'pairwiseSecret'>,
): string => (sector === undefined ? user : keyedHash(pairwiseSecret, JSON.stringify([sector, user])))

/**
 * What the clients of this sector know the session as (Back-Channel Logout §2.1). Were it the same for all, two of
 * different sectors would only have to compare their `sid`s to know that they speak of one person.
 */
export const sidIn = (
  sector: string | undefined,
  sid: string,
  { pairwiseSecret }: Pick<Realm, 'pairwiseSecret'>,
): string => (sector === undefined ? sid : keyedHash(pairwiseSecret, JSON.stringify(['sid', sector, sid])))

/** Both, for the grant that a client of this sector gets. */
export const pairwiseNames = (
  sector: string | undefined,
  { user, sid }: Pick<Grant, 'user' | 'sid'>,
  realm: Pick<Realm, 'pairwiseSecret'>,
): Pick<Grant, 'subject' | 'knownSid'> =>
  sector === undefined ? {} : { subject: subjectIn(sector, user, realm), knownSid: sidIn(sector, sid, realm) }

/** Whom the tokens of a grant speak of. */
export const subjectOf = ({ subject, user }: Pick<Grant, 'subject' | 'user'>): string => subject ?? user

/** And of which session. */
export const sidOf = ({ knownSid, sid }: Pick<Grant, 'knownSid' | 'sid'>): string => knownSid ?? sid
