/** What a person is shown of themselves: nothing that is a secret, and nothing that only a CMS or an operator needs. */
import { type Authenticator, isVoid } from '../../src/core/authenticator.ts'
import type { OneTimePassword } from '../../src/core/otp/one-time-password.ts'
import { isActive } from '../../src/core/otp/one-time-password.ts'
import { codesLeft } from '../../src/core/otp/recovery-code.ts'
import type { Seconds } from '../../src/core/result.ts'
import type { Session } from '../../src/core/session.ts'
import type { Proof } from '../../src/core/step-up/decide.ts'
import { dateTime } from '../api/representation.ts'
import type { Own } from './changing.ts'
import type { Self } from './self.ts'

const given = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value }

const dated = <Name extends string>(name: Name, at: Seconds | undefined) =>
  given(name, at === undefined ? undefined : dateTime(at))

/** `may`: what its user may try by themselves. Whether they could do without it is found out when they ask. */
export const showOwn = (own: Own) => (own.kind === 'fido' ? showKey(own.its) : showCodes(own.its))

function showKey(key: Authenticator) {
  const { credential } = key
  return {
    id: key.id,
    kind: 'fido' as const,
    state: key.state,
    origin: key.origin,
    ...given('friendlyName', key.friendlyName),
    ...given('serialNumber', key.serialNumber),
    // A model only where its maker's certificate stands for it.
    ...given('aaguid', key.provenance === 'attested' ? credential.aaguid : undefined),
    // A passkey that its maker keeps copies of, or a key that stays where it is.
    ...given('backupEligible', credential.backupEligible),
    ...given('transports', credential.transports),
    createdDateTime: dateTime(key.createdAt),
    ...dated('activatedDateTime', key.activatedAt),
    ...dated('expiresDateTime', key.state === 'pending' ? key.expiresAt : undefined),
    ...dated('lastUsedDateTime', key.lastUsedAt),
    may: mayOf(key),
  }
}

const showCodes = (otp: OneTimePassword) => ({
  id: otp.id,
  kind: 'otp' as const,
  state: otp.state,
  origin: otp.origin,
  ...given('friendlyName', otp.friendlyName),
  ...given('serialNumber', otp.serialNumber),
  createdDateTime: dateTime(otp.createdAt),
  ...dated('lastUsedDateTime', otp.lastUsedAt),
  may: mayOf(otp),
})

/** A pending key is its CMS's still, but for the activation; an imported one stays it for ever, but for the name. */
export function mayOf({
  state,
  origin,
}: Pick<Authenticator, 'state' | 'origin'>): ('activate' | 'rename' | 'remove')[] {
  if (state === 'pending') return ['activate']
  return [...(state === 'active' ? (['rename'] as const) : []), ...(origin === 'local' ? (['remove'] as const) : [])]
}

/** `acr`: by which name a sign-in asks for a key, so that a pending one is activated. */
export function showAuthenticators({ person, realm }: Self, now: Seconds, acr: string | undefined) {
  const { user, authenticators, otps, recoveryCodes } = person
  const { settings } = realm
  const hasCodes = otps.some(isActive)
  return {
    authenticators: [
      ...authenticators.filter((key) => !isVoid(key, now)).map((its) => showOwn({ kind: 'fido', its })),
      ...otps.map((its) => showOwn({ kind: 'otp', its })),
    ],
    ...given(
      'recoveryCodes',
      recoveryCodes && { left: codesLeft(recoveryCodes), createdDateTime: dateTime(recoveryCodes.createdAt) },
    ),
    password: user.passwordHash !== undefined ? 'here' : user.directory !== undefined ? 'directory' : 'none',
    ...given('activationAcr', acr),
    mayAdd: [
      ...(settings.selfServiceFido ? ['fido'] : []),
      ...(settings.selfServiceOtp ? ['otp'] : []),
      ...(settings.selfServiceRecoveryCodes && hasCodes ? ['recovery-codes'] : []),
    ],
  }
}

/** Never its secret. */
export const showOwnSession = (session: Session, current: string) => ({
  id: session.sid,
  current: session.sid === current,
  createdDateTime: dateTime(session.createdAt),
  lastSeenDateTime: dateTime(session.lastSeenAt),
  idleDateTime: dateTime(session.idleUntil),
  endsDateTime: dateTime(session.until),
  ...given('ip', session.ip),
  ...given('userAgent', session.userAgent),
  clients: session.clients ?? [],
})

/** What was shown, when, and what that thing is called. */
export function showProof({ factor, at, credential }: Proof, { person }: Self) {
  const shown = [...person.authenticators, ...person.otps].find(({ id }) => id === credential)
  return {
    factor,
    dateTime: dateTime(at),
    ...given('authenticator', shown?.id),
    ...given('friendlyName', shown?.friendlyName),
  }
}
