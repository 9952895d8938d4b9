/**
 * Reads and writes the part of CBOR (RFC 8949) that WebAuthn uses, and nothing lenient.
 *
 * One value has one encoding: lengths are definite and shortest, and no map has a label twice (CTAP 2.2 §8). A reader
 * that forgave more would let two parties read two different keys from the same bytes. Floats, tags and `undefined`
 * are left out, because no member of a credential is one; integers outside ±2^53 too.
 */
import { ok, type Result, refuse } from '../result.ts'

export type Cbor = number | string | boolean | null | Uint8Array<ArrayBuffer> | Cbor[] | CborMap
export type CborMap = Map<number | string, Cbor>

/**
 * `sorted` asks for labels in CTAP2's canonical order, which authenticators keep. The attestation object around their
 * answer is written by the browser, and not every browser sorts it (§6.5.4 of WebAuthn does not ask for it).
 */
export type Labels = 'sorted' | 'any-order'

type Read<Value> = Result<{ value: Value; end: number }, 'malformed'>

const malformed = (detail: string) => refuse('malformed', { detail })

/** The one value that `bytes` hold. Bytes after it are a refusal. */
export function readCbor(bytes: Uint8Array, labels: Labels = 'sorted'): Result<Cbor, 'malformed'> {
  const first = readFirstCbor(bytes, 0, labels)
  if (!first.ok) return first
  if (first.value.end !== bytes.length) return malformed(`${bytes.length - first.value.end} bytes after the value`)
  return ok(first.value.value)
}

/** The value that starts at `start`, and where it ends. */
export const readFirstCbor = (bytes: Uint8Array, start: number, labels: Labels = 'sorted'): Read<Cbor> =>
  readValue(bytes, start, labels, 0)

/** CTAP allows four levels of nesting; a bound is what keeps a thousand opening brackets from being a thousand calls. */
const deepest = 4

function readValue(bytes: Uint8Array, start: number, labels: Labels, depth: number): Read<Cbor> {
  const head = readHead(bytes, start)
  if (!head.ok) return head
  const { major, argument, end } = head.value
  switch (major) {
    case 0:
      return ok({ value: argument, end })
    case 1:
      return ok({ value: -1 - argument, end })
    case 2:
    case 3: {
      if (argument > bytes.length - end) return malformed('a string is longer than the input')
      const content = Uint8Array.from(bytes.subarray(end, end + argument))
      if (major === 2) return ok({ value: content, end: end + argument })
      const text = readText(content)
      return text === undefined ? malformed('a text is not UTF-8') : ok({ value: text, end: end + argument })
    }
    case 4:
      return depth === deepest ? malformed('nested too deep') : readArray(bytes, end, argument, labels, depth + 1)
    case 5:
      return depth === deepest ? malformed('nested too deep') : readMap(bytes, end, argument, labels, depth + 1)
    case 7:
      return argument === 22 ? ok({ value: null, end }) : ok({ value: argument === 21, end })
    default:
      return malformed('a tag')
  }
}

type Head = { major: number; argument: number; end: number }

/** The first byte of an item and the number that follows it, in its shortest form. */
function readHead(bytes: Uint8Array, start: number): Result<Head, 'malformed'> {
  const first = bytes[start]
  if (first === undefined) return malformed('the input ends too early')
  const major = first >> 5
  const short = first & 31
  if (major === 7) {
    if (short < 20 || short > 22) return malformed('a float or a simple value that no credential has')
    return ok({ major, argument: short, end: start + 1 })
  }
  if (short < 24) return ok({ major, argument: short, end: start + 1 })
  if (short === 31) return malformed('an indefinite length')
  if (short > 27) return malformed('a reserved length')

  const size = 2 ** (short - 24)
  const end = start + 1 + size
  if (end > bytes.length) return malformed('the input ends too early')
  let argument = 0
  for (const byte of bytes.subarray(start + 1, end)) argument = argument * 256 + byte
  const smallest = size === 1 ? 24 : 2 ** (4 * size)
  if (argument < smallest) return malformed('a number that is not in its shortest form')
  if (argument >= Number.MAX_SAFE_INTEGER) return malformed('a number that is too large')
  return ok({ major, argument, end })
}

function readText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function readArray(bytes: Uint8Array, start: number, length: number, labels: Labels, depth: number): Read<Cbor[]> {
  const value: Cbor[] = []
  let end = start
  for (let index = 0; index < length; index++) {
    const item = readValue(bytes, end, labels, depth)
    if (!item.ok) return item
    value.push(item.value.value)
    end = item.value.end
  }
  return ok({ value, end })
}

function readMap(bytes: Uint8Array, start: number, size: number, labels: Labels, depth: number): Read<CborMap> {
  const value: CborMap = new Map()
  let end = start
  let previous: Uint8Array | undefined
  for (let index = 0; index < size; index++) {
    const label = readValue(bytes, end, labels, depth)
    if (!label.ok) return label
    const name = label.value.value
    if (typeof name !== 'number' && typeof name !== 'string') return malformed('a label that is no number and no text')
    if (value.has(name)) return malformed(`label ${name} is there twice`)
    const encoded = bytes.subarray(end, label.value.end)
    if (labels === 'sorted' && previous !== undefined && Buffer.compare(previous, encoded) >= 0)
      return malformed(`label ${name} is not in canonical order`)
    previous = encoded

    const member = readValue(bytes, label.value.end, labels, depth)
    if (!member.ok) return member
    value.set(name, member.value.value)
    end = member.value.end
  }
  return ok({ value, end })
}

/** The canonical encoding: the one that `readCbor` accepts. */
export function writeCbor(value: Cbor): Uint8Array<ArrayBuffer> {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xf5 : 0xf4)
  if (value === null) return Uint8Array.of(0xf6)
  if (typeof value === 'string') {
    const text = new TextEncoder().encode(value)
    return join([head(3, text.length), text])
  }
  if (value instanceof Uint8Array) return join([head(2, value.length), value])
  if (Array.isArray(value)) return join([head(4, value.length), ...value.map(writeCbor)])
  const members = [...value].map(([label, member]) => [writeCbor(label), writeCbor(member)] as const)
  members.sort(([a], [b]) => Buffer.compare(a, b))
  return join([head(5, value.size), ...members.flat()])
}

function head(major: number, argument: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(argument)) throw new RangeError(`no CBOR head for ${argument}`)
  const first = major << 5
  if (argument < 24) return Uint8Array.of(first | argument)
  const size = argument < 2 ** 8 ? 1 : argument < 2 ** 16 ? 2 : argument < 2 ** 32 ? 4 : 8
  const bytes = new Uint8Array(1 + size)
  bytes[0] = first | (24 + Math.log2(size))
  let rest = argument
  for (let index = size; index > 0; index--) {
    bytes[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}

const join = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.concat(parts))
