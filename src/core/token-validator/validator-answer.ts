/**
 * What a token validator answers over HTTPS, read from its JSON once the signature holds. What is odd about it refuses
 * the answer, so that no half-understood step is shown to anybody.
 */
import { ifGiven, malformed, readDocument, readInteger, readMembers, readOneOf, readText } from '../document.ts'
import { type Result, refuse } from '../result.ts'
import { type Challenge, longestText, type PinRules, readableText } from './token-validation.ts'

/** Which step a failure is of, the asker knows. */
export type ValidatorAnswer =
  | { outcome: 'success' }
  | { outcome: 'failure' }
  | { outcome: 'challenge'; challenge: Challenge }

export function readValidatorAnswer(body: Uint8Array): Result<ValidatorAnswer, 'malformed'> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return refuse('malformed', { at: '', detail: 'is not JSON' })
  }
  return readDocument('malformed', value, (data): ValidatorAnswer => {
    const { outcome, challenge } = readMembers(data, '', ['outcome', 'challenge'])
    const read = readOneOf(['success', 'failure', 'challenge'], outcome, '/outcome')
    if (read === 'challenge') return { outcome: read, challenge: readChallenge(challenge, '/challenge') }
    return challenge === undefined ? { outcome: read } : malformed('/challenge', `goes with no ${read}`)
  })
}

const kinds = ['response', 'next-code', 'server-pin', 'new-pin', 'new-password'] as const

function readChallenge(data: unknown, at: string): Challenge {
  const members = readMembers(data, at, ['kind', 'text', 'state', 'refused', 'pin', 'next', 'rules'])
  const kind = readOneOf(kinds, members.kind, `${at}/kind`)
  const common = {
    text: readableText(readText(members.text, `${at}/text`, aText)),
    // What a login keeps of it is no more than a page's worth.
    state: readText(members.state, `${at}/state`, /^[\x20-\x7e]{0,1024}$/),
    ...ifGiven(members, at, 'refused', readTrue),
  }
  if (kind === 'server-pin')
    return {
      kind,
      ...common,
      ...ifGiven(members, at, 'pin', (pin, place) => readText(pin, place, /^[0-9A-Za-z]{1,16}$/)),
      next: readOneOf(['code', 'confirm'], members.next, `${at}/next`),
    }
  if (kind === 'new-pin') return { kind, ...common, rules: readPinRules(members.rules ?? {}, `${at}/rules`) }
  return { kind, ...common }
}

const aText = new RegExp(`^[\\s\\S]{0,${4 * longestText}}$`, 'u')

const readTrue = (data: unknown, at: string): true =>
  data === true ? data : malformed(at, 'must be true, or left out')

function readPinRules(data: unknown, at: string): PinRules {
  const rules = readMembers(data, at, ['min', 'max', 'alphabet'])
  return {
    ...ifGiven(rules, at, 'min', readLength),
    ...ifGiven(rules, at, 'max', readLength),
    ...ifGiven(rules, at, 'alphabet', (alphabet, place) =>
      readOneOf(['digits', 'letters-and-digits'] as const, alphabet, place),
    ),
  }
}

function readLength(data: unknown, at: string): number {
  const length = readInteger(data, at)
  return length >= 1 && length <= 99 ? length : malformed(at, 'must be from 1 to 99')
}
