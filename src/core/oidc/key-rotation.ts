/**
 * The life of signing keys: next → active → retiring → gone. What is to be done now, as a plan; who does it, and how, is
 * `src/rotate-keys.ts`.
 *
 * Of each algorithm one key signs and the next one stands ready, published all along, so that it is known everywhere on
 * the day that it is wanted, be that a year early.
 */
import type { Settings } from '../realm.ts'
import type { Seconds } from '../result.ts'
import { accessTokenLifetime, idTokenLifetime } from './grant.ts'
import { requiredAlgorithms, type SigningAlgorithm, signingAlgorithms } from './signing.ts'
import { type LivingKey, type SigningKey, sinceOf, youngestFirst } from './signing-key.ts'

/** How long a warm Lambda goes on with the keys as it read them, to sign and to verify. */
export const keysFreshFor: Seconds = 60

/** How long others keep /jwks. */
export const jwksMaxAge: Seconds = 300

/** For clocks that differ and answers that take their time. */
const margin: Seconds = 300

/** The longest life of what is signed here. */
const longestToken: Seconds = Math.max(accessTokenLifetime, idTokenLifetime)

/**
 * What a key is published at the least before it signs and after it is followed by another: until everybody reads it, and
 * until nobody needs it any more.
 */
export const leastOverlap: Seconds = Math.max(jwksMaxAge, keysFreshFor + longestToken) + margin

/** How long the public half of a key that is gone is kept, to read the hints of applications by. */
export const hintsFor: Seconds = 365 * 86_400

export type RotationSettings = {
  algorithms: readonly SigningAlgorithm[]
  /** How long a key signs. */
  period: Seconds
  /** How long it is published before that, at least, and after it. */
  overlap: Seconds
}

type KeySettings = Pick<Settings, 'signingAlgorithms' | 'signingKeyPeriod' | 'signingKeyOverlap'>

/** In the order in which they are to be done. Each is one transaction. */
export type Step =
  | { do: 'create'; alg: SigningAlgorithm; state: 'next' | 'active' }
  /** `next` signs from now on, and those that did before do no more. */
  | { do: 'activate'; next: LivingKey; before: readonly LivingKey[] }
  | { do: 'retire'; key: LivingKey }
  /** Its private half is destroyed; it is published no more. */
  | { do: 'remove'; key: LivingKey }
  /** The record goes, too. */
  | { do: 'forget'; key: SigningKey }

/** What an operator decided, if it can be: a period that is shorter than what has to fit into it cannot. */
export function rotationTrouble({
  signingAlgorithms: algorithms,
  signingKeyPeriod: period,
  signingKeyOverlap: overlap,
}: KeySettings): { at: keyof KeySettings; detail: string } | undefined {
  const missing = requiredAlgorithms.filter((alg) => !algorithms.includes(alg))
  if (missing.length > 0) return { at: 'signingAlgorithms', detail: `lacks ${missing.join(' and ')}` }
  if (overlap < leastOverlap)
    return { at: 'signingKeyOverlap', detail: `is ${overlap}, and must be ${leastOverlap} or more` }
  if (period < 2 * overlap)
    return {
      at: 'signingKeyPeriod',
      detail: `is ${period}, and must be ${2 * overlap} or more: twice signingKeyOverlap`,
    }
  return undefined
}

/** The settings as they are kept, held to what can be: what was written past our commands must not stop signing. */
export function rotationOf({
  signingAlgorithms: algorithms,
  signingKeyPeriod,
  signingKeyOverlap,
}: KeySettings): RotationSettings {
  const overlap = Math.max(signingKeyOverlap, leastOverlap)
  return {
    algorithms: signingAlgorithms.filter((alg) => requiredAlgorithms.includes(alg) || algorithms.includes(alg)),
    period: Math.max(signingKeyPeriod, 2 * overlap),
    overlap,
  }
}

/** `early`: whatever is published long enough takes over now, before its time. */
export function planRotation(
  keys: readonly SigningKey[],
  now: Seconds,
  settings: RotationSettings,
  { early = false }: { early?: boolean } = {},
): Step[] {
  return signingAlgorithms.flatMap((alg) => {
    const mine = keys.filter((key) => key.alg === alg).sort(youngestFirst)
    const living = settings.algorithms.includes(alg) ? planLife(alg, mine, now, settings, early) : planEnd(mine)
    return [...living, ...planAfterlife(mine, now, settings)]
  })
}

const keysIn = (keys: readonly SigningKey[], state: LivingKey['state']): LivingKey[] =>
  keys.filter((key): key is LivingKey => key.state === state)

function planLife(
  alg: SigningAlgorithm,
  keys: readonly SigningKey[],
  now: Seconds,
  { period, overlap }: RotationSettings,
  early: boolean,
): Step[] {
  const [active, ...others] = keysIn(keys, 'active')
  const next = keysIn(keys, 'next').at(-1)
  // Nothing signs: whatever is there does so at once, as nobody has anything to lose.
  if (active === undefined)
    return next === undefined
      ? [
          { do: 'create', alg, state: 'active' },
          { do: 'create', alg, state: 'next' },
        ]
      : [
          { do: 'activate', next, before: [] },
          { do: 'create', alg, state: 'next' },
        ]
  const stray = others.map((key): Step => ({ do: 'retire', key }))
  if (next === undefined) return [...stray, { do: 'create', alg, state: 'next' }]
  const isDue = early || sinceOf(active) + period <= now
  return isDue && signsFrom(next, overlap) <= now
    ? [
        { do: 'activate', next, before: [active, ...others] },
        { do: 'create', alg, state: 'next' },
      ]
    : stray
}

/** From when on everybody knows it. */
export const signsFrom = (next: SigningKey, overlap: Seconds): Seconds => sinceOf(next) + overlap

/** Of an algorithm that is not wanted any more: what signed with it still holds. */
const planEnd = (keys: readonly SigningKey[]): Step[] => [
  ...keysIn(keys, 'active').map((key): Step => ({ do: 'retire', key })),
  // It never signed.
  ...keysIn(keys, 'next').map((key): Step => ({ do: 'forget', key })),
]

const planAfterlife = (keys: readonly SigningKey[], now: Seconds, { overlap }: RotationSettings): Step[] => [
  ...keysIn(keys, 'retiring')
    .filter((key) => sinceOf(key) + overlap <= now)
    .map((key): Step => ({ do: 'remove', key })),
  ...keys
    .filter((key) => key.state === 'gone')
    .filter((key) => sinceOf(key) + hintsFor <= now)
    .map((key): Step => ({ do: 'forget', key })),
]

/**
 * What takes a compromised key's place, where it was the one that signs: the next one, however long it has been published,
 * or one that is made now. `undefined`: there is no such key.
 */
export function planRevocation(
  keys: readonly SigningKey[],
  kid: string,
): { key: SigningKey; next?: LivingKey; create: boolean } | undefined {
  const key = keys.find((each) => each.kid === kid)
  if (key === undefined) return undefined
  if (key.state !== 'active') return { key, create: false }
  const next = keysIn(keys.filter(({ alg }) => alg === key.alg).sort(youngestFirst), 'next').at(-1)
  return next === undefined ? { key, create: true } : { key, next, create: false }
}
