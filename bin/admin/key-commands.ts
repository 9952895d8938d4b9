/** The signing keys: which there are, that they take turns, and what to do when one is in other hands. */
import { planRotation, rotationOf, signsFrom } from '../../src/core/oidc/key-rotation.ts'
import { isLiving, type LivingKey, sinceOf } from '../../src/core/oidc/signing-key.ts'
import { type Done, revokeKey, rotateKeys } from '../../src/rotate-keys.ts'
import { rotatorOf } from '../../src/setup.ts'
import { readRealm } from '../../src/store/realm.ts'
import { readSigningKeys } from '../../src/store/signing-keys.ts'
import { type Bench, type Command, granted } from './typed.ts'

export const keyUsage = `  keys list                             those that sign tokens, and what becomes of them when
  keys rotate [--now]                   what is due, as the schedule does it; --now: before its time, where the next key
                                        has been published long enough
  keys rotate --emergency KID           somebody may have it: it goes at once, and another one signs
`

export const keyCommands: Record<string, Command> = {
  'keys list': async (bench) => {
    const [realm, keys] = [await readRealm(bench.db), await readSigningKeys(bench.db)]
    const { overlap, period } = rotationOf(realm.settings)
    const then: Record<LivingKey['state'], (key: LivingKey) => string> = {
      next: (key) => `may sign from ${dayOf(signsFrom(key, overlap))}`,
      active: (key) => `signs until ${dayOf(sinceOf(key) + period)}`,
      retiring: (key) => `published until ${dayOf(sinceOf(key) + overlap)}`,
    }
    return keys
      .filter(isLiving)
      .sort((a, b) => order(a) - order(b))
      .map((key) =>
        [
          key.alg.padEnd(5),
          key.kid,
          key.state.padEnd(8),
          `since ${dayOf(sinceOf(key))}`,
          then[key.state](key),
          ...('kmsKeyArn' in key ? [key.kmsKeyArn] : []),
        ].join('  '),
      )
      .join('\n')
  },

  'keys rotate': async (bench, _words, given) => {
    const rotator = rotatorOf(bench)
    if (given.emergency === undefined)
      return told(await rotateKeys(rotator, { early: given.now ?? false })) ?? none(bench)
    const kid = given.emergency
    const revoked = granted(await revokeKey(rotator, kid), { 'no-signing-key': `There is no signing key ${kid}.` })
    // The one that took its place is followed by another one.
    return `${told([...revoked, ...(await rotateKeys(rotator))])}\nWhoever has read /jwks lately still takes what ${kid} signed, for five minutes at most.`
  },
}

const order = ({ alg, state }: LivingKey): number =>
  ['RS256', 'PS256', 'ES256', 'EdDSA'].indexOf(alg) * 10 + ['active', 'next', 'retiring'].indexOf(state)

const dayOf = (at: number): string => new Date(at * 1000).toISOString()

const words: Partial<Record<Done['type'], string>> = {
  'signing-key.created': 'made',
  'signing-key.activated': 'signs from now on',
  'signing-key.retired': 'signs no more',
  'signing-key.removed': 'is published no more',
  'signing-key.revoked': 'is taken back',
}

const told = (done: readonly Done[]): string | undefined =>
  done.length === 0 ? undefined : done.map(({ type, detail }) => `${detail}: ${words[type] ?? type}`).join('\n')

/** Why nothing was done, for who wanted something to be. */
async function none(bench: Bench): Promise<string> {
  const [realm, keys] = [await readRealm(bench.db), await readSigningKeys(bench.db)]
  const settings = rotationOf(realm.settings)
  const from = keys.filter(({ state }) => state === 'next').map((key) => signsFrom(key, settings.overlap))
  const soon = Math.max(...from)
  const waits = planRotation(keys, soon, settings, { early: true }).some((step) => step.do === 'activate')
  return `Nothing is due.${waits && soon > bench.now() ? ` The next keys are known everywhere from ${dayOf(soon)}.` : ''}`
}
