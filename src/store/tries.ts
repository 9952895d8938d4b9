/**
 * The throttle of what people type to prove who they are, in the verifier and so behind every door (ZITADEL
 * CVE-2024-32868).
 *
 * A try is counted before anything is compared, by one conditional update that also shuts the door until the comparison
 * is done, or for a second: any number at once goes through one after another, and after the fifth has to wait. Counts
 * are kept per account, factor and source, so that failing passwords never delays a one-time code. Sources share sixteen
 * buckets, so that a stranger who fails on purpose rarely shuts out the owner, and an army of addresses gets no more than
 * sixteen counts.
 */
import { createHash } from 'node:crypto'
import type { UserId } from '../core/authenticator.ts'
import { otpFailuresToLock } from '../core/otp/one-time-password.ts'
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

/**
 * How long the tries at a name of nobody are kept. A user's stay until the user succeeds: whoever comes back after these
 * are forgotten could tell the two apart, so that is to take too long to be worth it.
 */
const strangersKept: Seconds = 90 * 86_400

/** What is throttled. `most`: failures from all sources together until the factor is locked; a password never is. */
const throttled = {
  password: { tries: 'tries', until: 'triesUntil' },
  otp: { tries: 'otpTries', until: 'otpTriesUntil', all: 'otpFailures', most: otpFailuresToLock },
  /** Codes that a token validator knows: the same count. What they lock is the validator's. */
  token: { tries: 'otpTries', until: 'otpTriesUntil' },
} as const satisfies Record<string, { tries: string; until: string; all?: string; most?: number }>
export type ThrottledFactor = keyof typeof throttled

type Names = { tries: string; until: string; all?: string; most?: number }

function namesOf(factor: ThrottledFactor, ip: string): Names {
  const { tries, until, ...total } = throttled[factor]
  return { ...total, tries: `${tries}${bucketOf(ip)}`, until: `${until}${bucketOf(ip)}` }
}

/** Whose it is, or the name that nobody has. */
export type Whose = { user: UserId } | { stranger: string }

export type Try =
  | {
      ok: true
      user: User | undefined
      count: number
      /** Whether this was the last one that the factor has, should it fail. */
      last: boolean
      at: Place
      names: Names
    }
  /** `spent`: nobody has to wait, but no try is left from anywhere, and the factor should be locked already. */
  | { ok: false; waitUntil: Seconds; spent: boolean }

/**
 * Counts a try at this user's factor, or at a name nobody has, and hands back the user it is to be compared with.
 *
 * @param shut how long the door stays shut if nobody says what came of the try: as long as comparing may take.
 */
export async function takeTry(
  db: Db,
  factor: ThrottledFactor,
  whose: Whose,
  ip: string,
  now: Seconds,
  shut: Seconds = 1,
): Promise<Try> {
  const names = namesOf(factor, ip)
  const at = 'user' in whose ? places.user(whose.user) : places.strangerTries(whose.stranger)
  const { all, most = 0 } = 'user' in whose ? names : {}
  const taken = await db.update(at, {
    update:
      `SET #${names.tries} = if_not_exists(#${names.tries}, :zero) + :one, #${names.until} = :soon` +
      (all === undefined ? '' : `, #${all} = if_not_exists(#${all}, :zero) + :one`) +
      ('stranger' in whose ? ', #until = :forgotten' : ''),
    condition:
      `(attribute_not_exists(#${names.until}) OR #${names.until} <= :now)` +
      (all === undefined ? '' : ` AND (attribute_not_exists(#${all}) OR #${all} < :most)`) +
      ('user' in whose ? ' AND attribute_exists(#pk)' : ''),
    values: { zero: 0, one: 1, soon: now + shut, now, forgotten: now + strangersKept, most },
  })
  if (!taken.ok) {
    const until = Number(taken.found?.[names.until] ?? now + 1)
    const isShut = Number(taken.found?.[names.until] ?? 0) > now
    // Who has to wait reads that, as they would for a name of nobody.
    const spent = all !== undefined && !isShut && Number(taken.found?.[all] ?? 0) >= most
    return { ok: false, waitUntil: until, spent }
  }
  const count = Number(taken.item[names.tries])
  const last = all !== undefined && Number(taken.item[all]) >= most
  return { ok: true, user: 'user' in whose ? (taken.item as User) : undefined, count, last, at, names }
}

/** The try was good: the counts start afresh. Of a user who was deleted meanwhile, nothing is made again. */
export const forgivenTries = ({ at, names }: Extract<Try, { ok: true }>): Write => ({
  write: 'update',
  ...at,
  update: `REMOVE ${[names.tries, names.until, names.all].flatMap((name) => (name === undefined ? [] : [`#${name}`])).join(', ')}`,
  condition: 'attribute_exists(#pk)',
})

/** When the longest wait of a user is over, of whichever factor and from wherever. `undefined`: they need not wait. */
export function waitsUntil(user: User, now: Seconds): Seconds | undefined {
  const waits = Object.entries(user).filter(([name]) => /^(tries|otpTries)Until\d+$/.test(name))
  const longest = Math.max(now, ...waits.map(([, until]) => Number(until)))
  return longest > now ? longest : undefined
}

/** All counts and waits of a user, from everywhere and of every factor. `undefined`: there are none. */
export function forgottenTries(user: User): Write | undefined {
  const names = Object.keys(user).filter((name) =>
    /^(tries|triesUntil|otpTries|otpTriesUntil)\d+$|^otpFailures$/.test(name),
  )
  return names.length === 0
    ? undefined
    : {
        write: 'update',
        ...places.user(user.id),
        update: `REMOVE ${names.map((name) => `#${name}`).join(', ')}`,
        condition: 'attribute_exists(#pk)',
      }
}

/** Nothing was compared, through no fault of the person's: as if the try had not been. */
export const returnedTry = ({ at, names, count }: Extract<Try, { ok: true }>): Write => ({
  write: 'update',
  ...at,
  update: `SET #${names.tries} = :before REMOVE #${names.until}`,
  condition: `#${names.tries} = :count`,
  values: { before: count - 1, count },
})

/**
 * The try failed: how long the next one has to wait, after the first four not at all. Where a later try has begun, it only
 * ever lengthens the wait: of comparisons that take longer than the door stays shut, each still sets its own.
 */
export const punishedTries = (taken: Extract<Try, { ok: true }>, now: Seconds): Write => {
  const { at, names, count } = taken
  return {
    write: 'update',
    ...at,
    update: `SET #${names.until} = :until`,
    condition: `#${names.tries} = :count OR (#${names.tries} > :count AND #${names.until} < :until)`,
    values: { until: waitAfter(taken, now).until, count },
  }
}

/** The same wait, for a write that changes the record anyhow. */
export const waitAfter = ({ names, count }: Extract<Try, { ok: true }>, now: Seconds): Wait => ({
  attribute: names.until,
  until: now + delayAfter(count),
})

export type Wait = { attribute: string; until: Seconds }
