/**
 * The throttle of passwords, in the verifier and so behind every door (ZITADEL CVE-2024-32868).
 *
 * A try is counted before anything is compared, by one conditional update that also shuts the door until the comparison
 * is done, or for a second: any number at once goes through one after another, and after the fifth has to wait. Counts
 * are kept per account and per source; sources share sixteen buckets, so that a stranger who fails on purpose rarely
 * shuts out the owner, and an army of addresses gets no more than sixteen counts.
 */
import { createHash } from 'node:crypto'
import type { UserId } from '../core/authenticator.ts'
import type { Seconds } from '../core/result.ts'
import type { User } from '../core/user.ts'
import type { Db, Place, Write } from './db.ts'
import { places } from './keys.ts'

/** NIST SP 800-63B-4 §3.2.2: 5 failures → a growing delay, 10 → a quarter of an hour. */
const delayAfter = (tries: number): Seconds => (tries < 5 ? 0 : tries < 10 ? 2 ** (tries - 5) : 900)

const bucketOf = (ip: string): number => (createHash('sha256').update(networkOf(ip)).digest()[0] ?? 0) % 16

/** Of IPv6, the /64: the addresses in it are one subscriber's, and without number. */
function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip
  const [head = '', tail] = ip.split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const [front, back] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}

type Names = { tries: string; until: string }
const namesOf = (ip: string): Names => ({ tries: `tries${bucketOf(ip)}`, until: `triesUntil${bucketOf(ip)}` })

export type Try =
  | { ok: true; user: User | undefined; count: number; at: Place; names: Names }
  | { ok: false; waitUntil: Seconds }

/** Counts a try at this user's password, or at a name nobody has, and hands back the user it is to be compared with. */
export async function takePasswordTry(
  db: Db,
  whose: { user: UserId } | { stranger: string },
  ip: string,
  now: Seconds,
): Promise<Try> {
  const names = namesOf(ip)
  const at = 'user' in whose ? places.user(whose.user) : places.strangerTries(whose.stranger)
  const taken = await db.update(at, {
    update:
      `SET #${names.tries} = if_not_exists(#${names.tries}, :zero) + :one, #${names.until} = :soon` +
      // A stranger's count may be forgotten after a day; a user's record ends with the user.
      ('stranger' in whose ? ', #until = :tomorrow' : ''),
    condition:
      `(attribute_not_exists(#${names.until}) OR #${names.until} <= :now)` +
      ('user' in whose ? ' AND attribute_exists(#pk)' : ''),
    values: { zero: 0, one: 1, soon: now + 1, now, tomorrow: now + 86_400 },
  })
  if (!taken.ok) return { ok: false, waitUntil: Number(taken.found?.[names.until] ?? now + 1) }
  const count = Number(taken.item[names.tries])
  return { ok: true, user: 'user' in whose ? (taken.item as User) : undefined, count, at, names }
}

/** The try was good: the count starts afresh. */
export const forgivenTries = ({ at, names }: Extract<Try, { ok: true }>): Write => ({
  write: 'update',
  ...at,
  update: `REMOVE #${names.tries}, #${names.until}`,
})

/**
 * The try failed: how long the next one has to wait, after the first four not at all. Never touches the wait that a
 * later try has set.
 */
export const punishedTries = ({ at, names, count }: Extract<Try, { ok: true }>, now: Seconds): Write => ({
  write: 'update',
  ...at,
  update: `SET #${names.until} = :until`,
  condition: `#${names.tries} = :count`,
  values: { until: now + delayAfter(count), count },
})
