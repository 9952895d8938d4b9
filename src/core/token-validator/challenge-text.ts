/**
 * What a RADIUS server wants, read from what it says.
 *
 * RADIUS has one Access-Challenge for everything: which step it is stands in the Reply-Message only, in the words of a
 * product and sometimes of an operator. So patterns tell them apart, and a deployment may put its own before these. A
 * text that none of them knows is a challenge to answer. Nothing here lets anybody in: a wrong guess is a wrong label.
 */
import { ok, type Result, refuse } from '../result.ts'
import { type Challenge, type ChallengeKind, type PinRules, readableText } from './token-validation.ts'

/** `repeat`: the server wants what was just typed once more. */
export type TextRule = { kind: ChallengeKind | 'repeat'; pattern: RegExp }

export type WrittenRule = { kind: string; pattern: string }

const kinds: Record<TextRule['kind'], true> = {
  response: true,
  'next-code': true,
  'server-pin': true,
  'new-pin': true,
  'new-password': true,
  repeat: true,
}
const isKind = (text: string): text is TextRule['kind'] => Object.hasOwn(kinds, text)

/**
 * The first that fits decides. What SafeNet's and RSA's servers say as they come; SafeNet's text of a server PIN speaks
 * of the next response too, and RSA's of an accepted PIN of the next code.
 */
const usual: readonly TextRule[] = [
  { kind: 'server-pin', pattern: /\b(?:your|the) (?:new )?PIN is\b\W*(?<pin>[0-9A-Za-z]{4,16})\b/iu },
  { kind: 'repeat', pattern: /\b(?:re-?enter|re-?type|repeat|confirm)\b.{0,40}\b(?:PIN|password)\b/iu },
  {
    kind: 'next-code',
    pattern:
      /\bnext (?:token ?code|code|passcode|OTP|response|one-time)|\bwait for (?:the |your )?token(?: ?code)? to change/iu,
  },
  {
    kind: 'new-pin',
    pattern: /\b(?:new|choose|select|change|create|set)\b.{0,40}\bPIN\b|\bPIN (?:change|must|has expired|rejected)\b/iu,
  },
  {
    kind: 'new-password',
    pattern:
      /\b(?:new|choose|select|change)\b.{0,40}\bpassword\b|\bpassword\b.{0,40}\b(?:expired|must|change[d]?|rejected)\b/iu,
  },
]

/** A deployment's own rules, then the usual ones. */
export function readRules(written: readonly WrittenRule[]): Result<readonly TextRule[], 'bad-rule'> {
  const rules: TextRule[] = []
  for (const [index, { kind, pattern }] of written.entries()) {
    if (!isKind(kind))
      return refuse('bad-rule', { at: `/${index}/kind`, detail: `one of ${Object.keys(kinds).join(', ')}` })
    const read = patternOf(pattern)
    if (read === undefined) return refuse('bad-rule', { at: `/${index}/pattern`, detail: 'a regular expression' })
    rules.push({ kind, pattern: read })
  }
  return ok([...rules, ...usual])
}

function patternOf(text: string): RegExp | undefined {
  try {
    return text === '' ? undefined : new RegExp(text, 'iu')
  } catch {
    return undefined
  }
}

/** A challenge but for its state; or what was just typed is wanted once more. */
export type Understood =
  | (Challenge extends infer Each ? (Each extends Challenge ? Omit<Each, 'state'> : never) : never)
  | { kind: 'repeat' }

/** `answered` is the kind of challenge that the last response was for: asked again, it was not taken. */
export function understand(said: string, rules: readonly TextRule[], answered?: ChallengeKind): Understood {
  const text = readableText(said)
  const rule = rules.find(({ pattern }) => pattern.test(text))
  const kind = rule?.kind ?? 'response'
  const chose = answered === 'new-pin' || answered === 'new-password'
  // To repeat what nobody has typed yet would be a question like any other.
  if (kind === 'repeat') return chose ? { kind } : { kind: 'response', text }
  const again = chose && answered === kind ? ({ refused: true } as const) : {}
  if (kind === 'server-pin')
    return { kind, text, ...pinIn(rule, text), next: asksWhether.test(text) ? 'confirm' : 'code' }
  if (kind === 'new-pin') return { kind, text, ...again, rules: pinRulesIn(text) }
  return { kind, text, ...again }
}

const asksWhether = /\(y(?:es)?\s*\/\s*no?\)|\baccept\b/iu

/** The group `pin` of the pattern, where it has one. */
function pinIn(rule: TextRule | undefined, text: string): { pin?: string } {
  const pin = rule?.pattern.exec(text)?.groups?.pin
  return pin === undefined ? {} : { pin }
}

/** `from 4 to 8 digits`, `4-8 alphanumeric characters`. */
function pinRulesIn(text: string): PinRules {
  const [, low, high] = /\b(\d{1,2})\s*(?:to|and|-|–)\s*(\d{1,2})\b/u.exec(text) ?? []
  const [min, max] = [Number(low), Number(high)]
  const alphabet = /alphanumeric|letters/iu.test(text)
    ? 'letters-and-digits'
    : /\bdigits?\b|numeric|numbers?\b/iu.test(text)
      ? 'digits'
      : undefined
  return {
    ...(min >= 1 && max >= min ? { min, max } : {}),
    ...(alphabet === undefined ? {} : { alphabet }),
  }
}
