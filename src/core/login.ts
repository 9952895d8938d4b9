/**
 * A login: one authorization request on its way through the hosted pages, in one browser.
 *
 * It collects proofs; they reach the session only when the request is decided, so that a person who stopped half-way is
 * signed in nowhere. What to show next follows from the record and the decision each time it is read: back button,
 * second tab and reload have nothing to disagree with.
 */
import { createHash } from 'node:crypto'
import type { AuthenticatorId, UserId } from './authenticator.ts'
import type { AuthorizeRequest } from './oidc/authorize-request.ts'
import type { Settings } from './realm.ts'
import type { Seconds } from './result.ts'
import { newId, newSecret } from './secret.ts'
import type { ClientPolicy, Proof } from './step-up/decide.ts'
import type { FactorKind } from './step-up/flow.ts'
import type { TokenStep } from './token-validator/token-step.ts'

export type LoginId = string

/**
 * A person activating a pending key: first who they are, then that they hold it, then what they call it. What confirms
 * who they are is bound to the keys that were pending when it was asked for; which of them it is, the touch says.
 */
export type Activation =
  | {
      state: 'waiting'
      by: 'email'
      authenticators: AuthenticatorId[]
      codeHash: string
      triesLeft: number
      until: Seconds
    }
  /** Tries are the password's own, wherever it is asked for: see `store/tries.ts`. */
  | { state: 'waiting'; by: 'password'; authenticators: AuthenticatorId[]; until: Seconds }
  | { state: 'proved'; authenticators: AuthenticatorId[]; until: Seconds }
  | { state: 'touched'; authenticators: [AuthenticatorId]; counter: number; proof: Proof; until: Seconds }

export type Login = {
  id: LoginId
  /** The hash of the secret in the browser's cookie: nobody else's browser can go on with it. */
  browserHash: string
  request: AuthorizeRequest
  /** What the application is called, and what its record said of levels when it asked. */
  application: string
  policy: ClientPolicy
  flow?: string
  /** Of a client that is not the organisation's own, and since when it is registered: see `oidc/consent.ts`. */
  thirdParty?: { since: Seconds }
  /** Of a client that knows people by pairwise names: see `oidc/subject.ts`. */
  sector?: string
  startedAt: Seconds
  until: Seconds
  /** What was typed as the user name. Without `user`, nobody has it, and the pages do not say so. */
  typedName?: string
  user?: UserId
  /** The person chose another account than the session's: the session has no say any more. */
  leftSession?: boolean
  proofs: Proof[]
  /** What WebAuthn challenges are derived from; replaced after each use. */
  challenge: string
  challengeUntil: Seconds
  /** Which of the ways on the person chose, where there are several. */
  method?: FactorKind
  /** `Not now`. */
  skippedActivation?: boolean
  activation?: Activation
  /** Where the token validator wants more than a code. */
  tokenStep?: TokenStep
  /** One-time codes were set up on the way, which is the proof; the recovery codes are shown until they are put away. */
  codesToKeep?: { set: string; proof: Proof }
  /** Set when the answer has gone to the application, with what it was: nothing follows. */
  done?: 'done' | 'given-up'
  version: number
}

/** Time for a person to find their key and their mail. */
export const loginLifetime: Seconds = 1800
/** WebAuthn Level 3 §15.1 recommends 5 to 10 minutes with user verification. */
export const challengeLifetime: Seconds = 300
/** For a password to be typed, a key to be found and a name to be thought of. A mailed code's is a setting. */
export const activationLifetime: Seconds = 600

/** A new login, not kept yet. */
export function newLogin(
  given: Pick<Login, 'request' | 'application' | 'policy' | 'browserHash'> &
    Pick<Login, 'flow' | 'sector' | 'thirdParty' | 'leftSession'>,
  now: Seconds,
): Login {
  return {
    ...given,
    id: newId(),
    startedAt: now,
    until: now + loginLifetime,
    proofs: [],
    ...newChallenge(now),
    version: 1,
  }
}

export const newChallenge = (now: Seconds) => ({ challenge: newSecret(), challengeUntil: now + challengeLifetime })

export type CeremonyPurpose = 'login' | 'activation'

/** One challenge a purpose: an answer to one ceremony is no answer to another. */
export const challengeFor = (login: Pick<Login, 'id' | 'challenge'>, purpose: CeremonyPurpose): string =>
  createHash('sha256').update(`${login.id} ${login.challenge} ${purpose}`).digest('base64url')

/** Without 0 O 1 I L 5 S 2 Z 8 B and vowels but A and E: nothing that looks alike, and few words by accident. */
const codeAlphabet = '34679ACDEFGHJKMNPQRTVWXY'

const alphabets: Record<Settings['codeAlphabet'], string> = { letters: codeAlphabet, digits: '0123456789' }

/** From a CSPRNG, without bias. Eight letters are 36 bits, six digits 20, against five tries at the most. */
export function newCode(
  random: (bound: number) => number,
  { codeAlphabet: of, codeLength }: Pick<Settings, 'codeAlphabet' | 'codeLength'>,
): string {
  const alphabet = alphabets[of]
  return Array.from({ length: codeLength }, () => alphabet[random(alphabet.length)]).join('')
}

/** As it was mailed, whatever spaces, dashes or case came back with it. */
export const readCode = (typed: string): string => typed.replace(/[\s-]/g, '').toUpperCase()

/** In two groups, of four or of three, which people copy without losing their place. */
export const spacedCode = (code: string): string => {
  const half = Math.ceil(code.length / 2)
  return `${code.slice(0, half)}-${code.slice(half)}`
}
