/**
 * Which page comes next, from the login, the decision and the keys: computed at each read, never stored.
 *
 * The decision says what may be asked; here is said in which order a person meets it. Activation starts only where the
 * policy asks for FIDO, that is where nothing but a key leads on.
 */
import type { AuthenticatorId } from './authenticator.ts'
import type { Activation, Login } from './login.ts'
import type { Seconds } from './result.ts'
import type { Decision, Offer } from './step-up/decide.ts'
import type { FactorKind } from './step-up/flow.ts'

export type Next =
  /** `passkey`: a key may say whose it is; `verify`: only with user verification. */
  | { page: 'username'; passkey?: { verify: boolean } }
  | { page: 'password'; others: FactorKind[] }
  | { page: 'otp'; others: FactorKind[] }
  /** The person has no one-time codes, and may set them up here. */
  | { page: 'otp-enrolment'; others: FactorKind[] }
  /** They have set them up, and are shown what helps when the app is gone. */
  | { page: 'recovery-codes' }
  | { page: 'certificate'; others: FactorKind[] }
  | { page: 'webauthn'; keys: AuthenticatorId[]; verify: boolean; others: FactorKind[] }
  | { page: 'activate'; keys: AuthenticatorId[]; canSkip: boolean; others: FactorKind[] }
  | { page: 'activation'; activation: Activation; canSkip: boolean }
  /** All is shown that was asked for; what the application is to hear of them is theirs to allow. */
  | { page: 'consent'; decision: Extract<Decision, { do: 'issue' }> }
  | { page: 'finish'; decision: Extract<Decision, { do: 'issue' }> }
  /** `told`: the person is to read why before they go back; otherwise the application hears at once. */
  | { page: 'unmet'; decision: Extract<Decision, { do: 'refuse' }>; told: boolean }

export type Where = {
  login: Pick<Login, 'user' | 'typedName' | 'method' | 'activation' | 'codesToKeep' | 'skippedActivation' | 'request'>
  decision: Decision
  /** Whether it is known whose login this is: by a name that was typed, or by the session. */
  named: boolean
  /** Whether this deployment takes certificates. */
  certificates: boolean
  /** Whether the application must be allowed what it asks for, before it has an answer. */
  consent: boolean
  now: Seconds
}

/** Reasons that a person can do something about, elsewhere: with their operator, or after a while. */
const worthTelling = ['no-credential', 'locked']

export function whatNext({ login, decision, named, certificates, consent, now }: Where): Next {
  // Before anything else: they are shown once, and what is decided can wait.
  if (login.codesToKeep !== undefined) return { page: 'recovery-codes' }
  if (decision.do === 'issue') return { page: consent ? 'consent' : 'finish', decision }
  if (decision.do === 'refuse')
    return {
      page: 'unmet',
      decision,
      told: named && worthTelling.includes(decision.reason) && !login.request.prompts.includes('none'),
    }
  // A certificate says itself whose it is. Where none is taken, nobody has one: once they are named, they are told.
  if (!named && !(certificates && decision.offers.every((offer) => offer.factor === 'certificate'))) {
    const key = decision.offers.find((offer) => offer.factor === 'webauthn')
    return { page: 'username', ...(key === undefined ? {} : { passkey: { verify: key.verify } }) }
  }

  const offers = decision.offers.filter(hasPage)
  const onlyKeys = offers.every((offer) => offer.factor === 'webauthn')
  const chosen = offers.find((offer) => offer.factor === login.method) ?? offers[0]
  if (chosen === undefined)
    throw new Error(
      `The decision offers ${decision.offers.map((offer) => offer.factor).join(', ')}: no page asks for it`,
    )
  const others = offers.map((offer) => offer.factor).filter((factor) => factor !== chosen.factor)
  if (chosen.factor === 'otp') return { page: chosen.ways.includes('use') ? 'otp' : 'otp-enrolment', others }
  if (chosen.factor !== 'webauthn') return { page: chosen.factor, others }

  const atHand = chosen.keys.filter((key) => !key.activate)
  const usable = atHand.map((key) => key.credential)
  const verify = atHand.every((key) => key.verify)
  const pending = onlyKeys ? chosen.keys.filter((key) => key.activate).map((key) => key.credential) : []
  const canSkip = usable.length > 0
  if (pending.length === 0 || (canSkip && login.skippedActivation))
    return { page: 'webauthn', keys: usable, verify, others }
  const { activation } = login
  if (activation?.authenticators.some((key) => pending.includes(key)) && activation.until > now)
    return { page: 'activation', activation, canSkip }
  return { page: 'activate', keys: pending, canSkip, others }
}

/**
 * A key that could only be activated is no way to sign in where something else is asked for. Of what a person lacks,
 * only one-time codes are set up in the middle of a login.
 */
const hasPage = ({ factor, ways, keys }: Offer, _index: number, all: readonly Offer[]): boolean => {
  if (factor !== 'webauthn') return ways.includes('use') || (factor === 'otp' && ways.includes('enrol'))
  return keys.some((key) => !key.activate) || (keys.length > 0 && all.every((offer) => offer.factor === 'webauthn'))
}
