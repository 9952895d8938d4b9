/**
 * Reads DER (X.690 §10, §11), and nothing lenient: lengths are definite and shortest, tags are short, nothing follows a
 * value. A reader that forgave more would let a signer and us read two certificates from the same bytes.
 *
 * What is malformed is thrown as `MalformedDer` and becomes a refusal at the door, in `readOr`: a certificate has a hundred
 * places to be malformed in, and all of them mean the same. Only the types that certificates, revocation lists and OCSP
 * have are read.
 */
import { ok, type Result, refuse, type Seconds } from '../result.ts'

/** One value. `whole` is with its header: what signatures and hashes are over. Both are views, nothing is copied. */
export type Der = { tag: number; content: Buffer; whole: Buffer }

/** Universal tags, with the bit for what is constructed where it is. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** `[number]`, constructed: an EXPLICIT one, or an IMPLICIT one around something constructed. */
export const tagged = (number: number): number => 0xa0 | number
/** `[number] IMPLICIT` around something primitive. */
export const implicit = (number: number): number => 0x80 | number

export class MalformedDer extends Error {}

export const malformed = (detail: string): MalformedDer => new MalformedDer(detail)

/** What `read` makes of the bytes, or the refusal; whatever else it throws is a bug and goes on. */
export function readOr<Value, Reason extends string>(reason: Reason, read: () => Value): Result<Value, Reason> {
  try {
    return ok(read())
  } catch (failure) {
    if (failure instanceof MalformedDer) return refuse(reason, { detail: failure.message })
    throw failure
  }
}

/** The one value that the bytes hold. */
export function only(bytes: Buffer, tag: number = tags.sequence): Der {
  const { value, end } = valueAt(bytes, 0)
  if (end !== bytes.length) throw malformed(`${bytes.length - end} bytes after the value`)
  return expect(value, tag)
}

export function expect(value: Der | undefined, tag: number): Der {
  if (value === undefined) throw malformed('a value is missing')
  if (value.tag !== tag) throw malformed(`tag ${value.tag} where ${tag} belongs`)
  return value
}

/** The values inside, one after the other: a revocation list has a million of them. */
export function* inside({ content }: Der): Generator<Der> {
  for (let at = 0; at < content.length; ) {
    const { value, end } = valueAt(content, at)
    yield value
    at = end
  }
}

export const childrenOf = (value: Der, tag: number = tags.sequence): Der[] => [...inside(expect(value, tag))]

/** Takes the members of a SEQUENCE in their order; whatever is left over at the end is malformed. */
export function members(value: Der | undefined, tag: number = tags.sequence) {
  const left = childrenOf(expect(value, tag), tag)
  return {
    next: (wanted?: number): Der => {
      const first = left.shift()
      if (first === undefined) throw malformed('a member is missing')
      return wanted === undefined ? first : expect(first, wanted)
    },
    /** The next one, if it is of this tag. */
    maybe: (...wanted: number[]): Der | undefined =>
      left[0] !== undefined && wanted.includes(left[0].tag) ? left.shift() : undefined,
    end: (): void => {
      if (left.length > 0) throw malformed(`tag ${left[0]?.tag} after the last member`)
    },
  }
}

function valueAt(bytes: Buffer, at: number): { value: Der; end: number } {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw malformed('the input ends too early')
  if ((tag & 0x1f) === 0x1f) throw malformed('a long tag')
  const { length, start } = first < 0x80 ? { length: first, start: at + 2 } : longLength(bytes, at + 2, first & 0x7f)
  const end = start + length
  if (end > bytes.length) throw malformed('a value is longer than what it is in')
  return { value: { tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) }, end }
}

function longLength(bytes: Buffer, at: number, octets: number): { length: number; start: number } {
  if (octets === 0) throw malformed('an indefinite length')
  if (octets > 4 || at + octets > bytes.length) throw malformed('a length beyond the input')
  const length = bytes.readUIntBE(at, octets)
  if (length < 0x80 || bytes[at] === 0) throw malformed('a length that is not the shortest')
  return { length, start: at + octets }
}

export function booleanOf(value: Der): boolean {
  const { content } = expect(value, tags.boolean)
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw malformed('a boolean of neither value')
  return content[0] === 0xff
}

/** The octets of an INTEGER, shortest, as lower-case hexadecimal: serial numbers are compared, never counted with. */
export function integerHex(value: Der, tag: number = tags.integer): string {
  const { content } = expect(value, tag)
  const [first, second] = content
  if (first === undefined) throw malformed('an integer of no octets')
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw malformed('an integer that is not the shortest')
  return content.toString('hex')
}

/** For versions and lengths, which are small and not negative. */
export function smallOf(value: Der, tag: number = tags.integer): number {
  const hex = integerHex(value, tag)
  const number = Number.parseInt(hex, 16)
  if (hex.length > 8 || /^[89a-f]/.test(hex)) throw malformed('a number out of bounds')
  return number
}

/** Whole octets only: signatures and keys. */
export function bitsOf(value: Der): Buffer {
  const { content } = expect(value, tags.bitString)
  if (content[0] !== 0) throw malformed('a bit string of odd bits')
  return content.subarray(1)
}

/** Which bits of a named bit list are set, from 0 (X.680 §22). */
export function namedBits(value: Der, tag: number = tags.bitString): Set<number> {
  const { content } = expect(value, tag)
  const unused = content[0]
  if (unused === undefined || unused > 7 || (content.length === 1 && unused > 0)) throw malformed('a broken bit string')
  const set = new Set<number>()
  for (let bit = 0; bit < (content.length - 1) * 8 - unused; bit++)
    if (((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) set.add(bit)
  return set
}

export const octetsOf = (value: Der): Buffer => expect(value, tags.octetString).content

export function oidOf(value: Der, tag: number = tags.oid): string {
  const { content } = expect(value, tag)
  if (content.length === 0 || content.length > 64) throw malformed('an object identifier of no or too many octets')
  const arcs: bigint[] = []
  let arc = 0n
  let begun = false
  for (const octet of content) {
    if (!begun && octet === 0x80) throw malformed('an object identifier that is not the shortest')
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    begun = octet >= 0x80
    if (begun) continue
    arcs.push(arc)
    arc = 0n
  }
  if (begun) throw malformed('an object identifier without an end')
  const [first = 0n, ...rest] = arcs
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n
  return [root, first - root * 40n, ...rest].join('.')
}

/** UTCTime and GeneralizedTime in the forms that certificates may have (RFC 5280 §4.1.2.5): to the second, in UTC. */
export function timeOf(value: Der): Seconds {
  const text = value.content.toString('latin1')
  const match =
    value.tag === tags.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : value.tag === tags.generalizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
        : null
  if (match === null) throw malformed('a time in no form that certificates have')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const full = value.tag === tags.utcTime ? year + (year < 50 ? 2000 : 1900) : year
  const iso = `${pad(full, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}.000Z`
  const at = new Date(iso)
  // A 30th of February is a date to JavaScript, of another month.
  if (Number.isNaN(at.getTime()) || at.toISOString() !== iso) throw malformed('a time that there is not')
  return at.getTime() / 1000
}

const pad = (number: number, digits = 2): string => String(number).padStart(digits, '0')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true })

/** The text of a directory string; `undefined` for types whose letters nobody agrees on (T61String among them). */
export function textOf({ tag, content }: Der): string | undefined {
  try {
    switch (tag) {
      case tags.utf8:
        return utf8.decode(content)
      case tags.bmp:
        return utf16.decode(content)
      case tags.printable:
      case tags.ia5:
        return asciiOf(content)
      default:
        return undefined
    }
  } catch (failure) {
    if (failure instanceof TypeError) throw malformed('a text in another encoding than it says')
    throw failure
  }
}

/** IA5: seven bits a letter. */
export function asciiOf(content: Buffer): string {
  if (content.some((octet) => octet > 0x7f)) throw malformed('a letter that is not ASCII')
  return content.toString('latin1')
}
