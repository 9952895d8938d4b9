/**
 * The tokens of the demo's people: each meets one of the steps that a token server may ask for. A validator of yours asks
 * its own.
 *
 * States are made anew, good once and forgotten after five minutes; so is a step that went wrong.
 */
import { randomBytes } from 'node:crypto'

export type Answer =
  | { outcome: 'success' }
  | { outcome: 'failure' }
  | { outcome: 'challenge'; challenge: Challenge & { state: string; refused?: true } }

type Challenge =
  | { kind: 'response' | 'next-code' | 'new-password'; text: string }
  | { kind: 'server-pin'; text: string; pin: string; next: 'code' | 'confirm' }
  | { kind: 'new-pin'; text: string; rules: { min: number; max: number; alphabet: 'digits' } }

export type Question = { userName: string; response: string; state?: string }

/** One step: what answers it, and what is asked then. */
type Step = { answer: string | RegExp; ask?: Challenge }

export const steps: Readonly<Record<string, readonly [Step, ...Step[]]>> = {
  /** Nothing but a code. */
  ada: [{ answer: '123456' }],
  hana: [{ answer: '123456' }],
  /** A token with a keypad: it turns the number that is shown into another. */
  fatima: [
    { answer: /^.?$/, ask: { kind: 'response', text: 'Please respond to the challenge: 19863257' } },
    { answer: '75236891' },
  ],
  /** Has to choose a PIN, and to use it at once. */
  emil: [
    {
      answer: '123456',
      ask: {
        kind: 'new-pin',
        text: 'Please enter a new PIN of 4 to 8 digits.',
        rules: { min: 4, max: 8, alphabet: 'digits' },
      },
    },
    {
      // Not all the same: that one is refused.
      answer: /^(?!(\d)\1*$)\d{4,8}$/,
      ask: { kind: 'next-code', text: 'PIN accepted. Wait for the next code, and enter it after your new PIN.' },
    },
    { answer: /^\d{4,8}654321$/ },
  ],
  /** Is given a PIN. */
  dora: [
    {
      answer: '123456',
      ask: { kind: 'server-pin', text: 'Your new PIN is: 8642', pin: '8642', next: 'code' },
    },
    { answer: '8642654321' },
  ],
  /** The token has run ahead of the server. */
  chidi: [
    { answer: '123456', ask: { kind: 'next-code', text: 'Please re-authenticate, using the next code.' } },
    { answer: '654321' },
  ],
  /** Has no token, but a password that ran out. */
  bela: [
    {
      answer: 'old password',
      ask: { kind: 'new-password', text: 'Your password has expired. Please choose another one.' },
    },
    { answer: /^.{12,}$/ },
  ],
  /** Is asked whether to take the PIN that the server made. */
  gwen: [
    {
      answer: '123456',
      ask: { kind: 'server-pin', text: 'Your new PIN is 2468. Do you accept it?', pin: '2468', next: 'confirm' },
    },
    { answer: '' },
  ],
}

/** How long a challenge may be answered, in seconds. */
const lifetime = 300

export function openTokens(now: () => number): (question: Question) => Answer {
  const waiting = new Map<string, { userName: string; at: number; until: number }>()

  const ask = (userName: string, at: number, challenge: Challenge, refused?: true): Answer => {
    const state = randomBytes(12).toString('base64url')
    for (const [old, { until }] of waiting) if (until < now()) waiting.delete(old)
    waiting.set(state, { userName, at, until: now() + lifetime })
    return { outcome: 'challenge', challenge: { ...challenge, state, ...(refused === undefined ? {} : { refused }) } }
  }

  return ({ userName, response, state }) => {
    const begun = state === undefined ? { userName, at: 0, until: now() } : waiting.get(state)
    if (state !== undefined) waiting.delete(state)
    if (begun === undefined || begun.userName !== userName || begun.until < now()) return { outcome: 'failure' }
    const own = Object.hasOwn(steps, userName) ? steps[userName] : undefined
    const step = own?.[begun.at]
    if (step === undefined) return { outcome: 'failure' }
    if (!fits(step.answer, response)) {
      const asked = own?.[begun.at - 1]?.ask
      // What somebody chose may be chosen again; a code is good or not.
      return asked?.kind === 'new-pin' || asked?.kind === 'new-password'
        ? ask(userName, begun.at, asked, true)
        : { outcome: 'failure' }
    }
    return step.ask === undefined ? { outcome: 'success' } : ask(userName, begun.at + 1, step.ask)
  }
}

const fits = (answer: string | RegExp, response: string): boolean =>
  typeof answer === 'string' ? answer === response : answer.test(response)
