/**
 * What an external token validator is asked and what it answers, whichever protocol it speaks.
 *
 * The words are those of the field: SafeNet's token validator has nine return codes, RSA's servers know the next-token
 * and the new-PIN mode, and both do it in steps that a text and a state hold together, as in RADIUS. It leaves out who
 * shows the steps and how often somebody may try: `lambdas/login/otp.ts`, `store/tries.ts`.
 */

export type TokenValidator = {
  /** Never throws for what the other side does: that is `unavailable`. */
  validate(asked: Asked): Promise<Answered>
}

export type Asked = {
  /** As the validator knows the person, which need not be the name they sign in with. */
  userName: string
  /**
   * What was typed. A new PIN or password has been typed twice, and compared, before it comes here. Empty takes the PIN
   * that the server wants confirmed.
   */
  response: string
  /** The person's address, for the validator's own log and rules. */
  ip: string
  /** The challenge that is answered, when it is not the first question. */
  answering?: { kind: ChallengeKind; state: string }
}

export type Answered =
  /** AUTH_SUCCESS; RADIUS Access-Accept. */
  | { outcome: 'success' }
  /** AUTH_FAILURE; RADIUS Access-Reject. It ends the steps: the next try starts with a code. */
  | { outcome: 'failure'; reason: FailureReason }
  | { outcome: 'challenge'; challenge: Challenge }
  /** No answer that can be believed. `detail` is for the log: addresses and causes, nothing that was typed. */
  | { outcome: 'unavailable'; detail: string }

/** Which step failed. The validator says no more, and neither do we. */
export type FailureReason =
  | 'wrong-code'
  | 'wrong-response'
  | 'wrong-next-code'
  | 'pin-not-confirmed'
  | 'pin-refused'
  | 'password-refused'

export type ChallengeKind = Challenge['kind']

export type Challenge = {
  /** The validator's own words, without control characters; at most `longestText` of them. May be empty. */
  text: string
  /** Opaque: what the validator wants back with the answer. */
  state: string
  /** What was answered to a challenge of the same kind was not taken (PIN_CHANGE_FAILED, STATIC_CHANGE_FAILED). */
  refused?: true
} & Step

type Step =
  /** CHALLENGE: answer this text, by typing it into a token, or with what was just sent by SMS. */
  | { kind: 'response' }
  /** OUTER_WINDOW_AUTH, next-token mode: the code was right but far from where it should be, so type the next one. */
  | { kind: 'next-code' }
  /**
   * SERVER_PIN_PROVIDED: the server made a PIN and shows it, this once. `next: 'code'`: type the next code with it;
   * `'confirm'`: it asks whether the person takes it.
   */
  | { kind: 'server-pin'; pin?: string; next: 'code' | 'confirm' }
  /** USER_PIN_CHANGE, new-PIN mode: choose one. */
  | { kind: 'new-pin'; rules: PinRules }
  /** CHANGE_STATIC_PASSWORD: the static password of a person without a token has run out: choose another. */
  | { kind: 'new-password' }

/** What the server told of the PIN that it wants. It judges; the page only helps to get it right at once. */
export type PinRules = { min?: number; max?: number; alphabet?: 'digits' | 'letters-and-digits' }

/** Characters: a page of text, and never all that a packet or a body could hold. */
export const longestText = 1000
/** Characters: what fits in RADIUS once it is hidden there, and what a validator could mean. */
export const longestResponse = 128

/** What it means that an answer to this was refused for good. */
export const failureOf = (answering: Asked['answering']): FailureReason =>
  answering === undefined ? 'wrong-code' : failures[answering.kind]

const failures: Record<ChallengeKind, FailureReason> = {
  response: 'wrong-response',
  'next-code': 'wrong-next-code',
  'server-pin': 'pin-not-confirmed',
  'new-pin': 'pin-refused',
  'new-password': 'password-refused',
}

/** Text of the validator as it may be kept and shown: one line, no control or direction characters, not too long. */
export const readableText = (text: string): string =>
  Array.from(text.replace(/[\p{C}\s]+/gu, ' ').trim())
    .slice(0, longestText)
    .join('')
