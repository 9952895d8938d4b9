/**
 * What a user could show now; and what it looks like to somebody who has not proved to be that user.
 *
 * Before the first proof, a name that nobody has must look like one that somebody has: it seems to have a password,
 * one-time codes and one key or two, for some names a pending one. The same for a name each time, so that asking again
 * tells nothing either.
 */
import { createHmac } from 'node:crypto'
import { type Authenticator, isVoid } from './authenticator.ts'
import { mayShowCertificate } from './certificate/certificate-holder.ts'
import type { IdentitySource } from './certificate/certificate-identity.ts'
import { isActive } from './otp/one-time-password.ts'
import type { Seconds } from './result.ts'
import type { Person } from './session.ts'
import type { Enrolled, EnrolmentState, Key } from './step-up/decide.ts'
import type { AskedBy } from './token-validator/validator-settings.ts'
import { nameKey } from './user.ts'

const decoyPrefix = 'decoy#'

/** Whether this is the id of a key that nobody has: ids made here have no such sign in them. */
export const isDecoy = (credential: string): boolean => credential.startsWith(decoyPrefix)

/**
 * @param certificates whom certificates name in this deployment; `undefined` where there are none.
 * @param tokens by which name a token validator is asked, where there is one: it may know everybody who has that name.
 */
export function enrolmentOf(person: Person, now: Seconds, certificates?: IdentitySource, tokens?: AskedBy): Enrolled {
  return {
    password: person.user.passwordHash === undefined && person.user.directory === undefined ? 'none' : 'usable',
    otp: codesOf(person, tokens),
    certificate: certificates !== undefined && mayShowCertificate(person.user, certificates) ? 'usable' : 'none',
    webauthn: person.authenticators.filter((key) => !isVoid(key, now)).map(keyOf),
  }
}

/** Codes that are kept here go before a validator's, in whatever state they are: a lock has no way around it. */
const codesOf = ({ otps, user }: Person, tokens: AskedBy | undefined): EnrolmentState => {
  if (otps.length > 0) return otps.some(isActive) ? 'usable' : 'locked'
  return tokens !== undefined && user[tokens] !== undefined ? 'usable' : 'none'
}

const keyStates = { active: 'usable', pending: 'pending', suspended: 'locked', locked: 'locked' } as const

const keyOf = ({ id, state, provenance, credential }: Authenticator): Key => ({
  credential: id,
  state: keyStates[state],
  attested: provenance === 'attested',
  deviceBound: credential.backupEligible !== true,
  // An AAGUID counts only where a verified attestation said it.
  ...(provenance === 'attested' && credential.aaguid !== undefined ? { aaguid: credential.aaguid } : {}),
})

/**
 * The same, to a stranger. A key seems usable and fit for
 * everything: its holder is told once they have touched it.
 */
export function enrolmentAsSeen(
  real: Enrolled | undefined,
  typedName: string,
  decoySecret: string,
  certificates?: IdentitySource,
): Enrolled {
  const keys = (real?.webauthn ?? []).map(
    ({ credential, state }): Key => ({ credential, state: state === 'locked' ? 'usable' : state, assumed: true }),
  )
  return {
    password: 'usable',
    otp: 'usable',
    certificate: certificates === undefined ? 'none' : 'usable',
    webauthn: keys.length > 0 ? keys : real === undefined ? decoysFor(typedName, decoySecret) : [decoy(0, 'usable')],
  }
}

/**
 * What a name that nobody has seems to have: mostly a key, sometimes a pending one, sometimes two. Somebody who has none
 * always seems to have an active one: they are not led into an activation that could not end.
 */
function decoysFor(typedName: string, decoySecret: string): Key[] {
  const drawn =
    createHmac('sha256', decoySecret)
      .update(`decoy state ${nameKey(typedName)}`)
      .digest()[0] ?? 0
  if (drawn < 128) return [decoy(0, 'usable')]
  if (drawn < 192) return [decoy(0, 'pending')]
  return [decoy(0, 'usable'), decoy(1, drawn < 224 ? 'usable' : 'pending')]
}

const decoy = (at: number, state: Key['state']): Key => ({
  credential: `${decoyPrefix}${at}`,
  state,
  assumed: true,
})
