/**
 * Reads ASN.1 by the schemas of @peculiar/asn1-*, and takes DER alone (X.690 §10, §11).
 *
 * The library reads BER, and passes over what follows a value and members that it does not expect: a reader that forgives
 * lets a signer and us read two certificates from the same bytes. So each value is held to the rules of DER before its
 * schema sees it, and must come out again as it came in. Left out: the order of sets.
 *
 * What is malformed is thrown as `MalformedDer` and becomes a refusal at the door, in `readOr`: a certificate has a hundred
 * places to be malformed in, and all of them mean the same.
 */
import { isAscii, isUtf8 } from 'node:buffer'
import { AsnConvert, AsnParser, type IAsnConvertible } from '@peculiar/asn1-schema'
import { ok, type Result, refuse } from '../../result.ts'

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

/** A value as asn1js has it, with what is in it. */
export type Node = Parameters<IAsnConvertible['fromASN']>[0]

/** Hands over what is behind a value's schema: the library itself shows no tree. */
class Tree implements IAsnConvertible {
  node: Node | undefined
  fromASN(node: Node): this {
    this.node = node
    return this
  }
  toASN(): Node {
    throw new Error('A tree is only read')
  }
  toSchema(): Node {
    throw new Error('A tree is only read')
  }
}

/** Values in one another, and values in all: what a certificate never needs. */
const [deepest, mostNodes] = [32, 10_000]

/**
 * The one value that the bytes hold.
 *
 * @param again whether it must be the same bytes once it is written again; not where another check stands for it.
 */
export function parsed<Value>(
  bytes: Uint8Array | ArrayBuffer,
  type: new () => Value,
  { again = true }: { again?: boolean } = {},
): Value {
  const value = valueIn(treeOf(bytes), type)
  if (again && !orMalformed(() => bufferOf(AsnConvert.serialize(value)).equals(bufferOf(bytes))))
    throw malformed('members that nobody expects')
  return value
}

/** @param maxNodes values in all: some 1.3 kB of memory each, as long as it is read. */
export function treeOf(bytes: Uint8Array | ArrayBuffer, maxNodes = mostNodes): Node {
  const berOptions = { maxDepth: deepest, maxNodes, parseEmbedded: false, copyInput: false }
  const { node } = orMalformed(() => AsnParser.parse(bytes, Tree, { berOptions }))
  if (node === undefined) throw malformed('nothing to read')
  const more = bytes.byteLength - node.valueBeforeDecodeView.length
  if (more !== 0) throw malformed(`${more} bytes after the value`)
  checkDer(node)
  return node
}

/** By its schema; whether it left out members is not looked at. */
export const valueIn = <Value>(node: Node, type: new () => Value): Value =>
  orMalformed(() => AsnParser.fromASN(node, type))

/** The library throws errors of every kind at what it cannot read; it is asked nothing else here. */
function orMalformed<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (failure) {
    throw malformed(failure instanceof Error ? failure.message : String(failure))
  }
}

const [sequence, set] = [16, 17]

function checkDer(node: Node): void {
  const { idBlock, lenBlock, valueBeforeDecodeView: whole } = node
  const octetsOfLength = lenBlock.length < 0x80 ? 1 : 1 + Math.ceil(Math.log2(lenBlock.length + 1) / 8)
  if (lenBlock.isIndefiniteForm) throw malformed('an indefinite length')
  if (lenBlock.blockLength !== octetsOfLength) throw malformed('a length that is not the shortest')
  // The library lets what is inside be longer than what it is in.
  if (whole.length !== idBlock.blockLength + octetsOfLength + lenBlock.length)
    throw malformed('a length beyond its value')
  const isUniversal = idBlock.tagClass === 1
  const isContainer = isUniversal && (idBlock.tagNumber === sequence || idBlock.tagNumber === set)
  if (isUniversal && idBlock.isConstructed !== isContainer) throw malformed('a value in parts')
  if (idBlock.isConstructed) checkInside(node)
  const rule = isUniversal && !isContainer ? rules[idBlock.tagNumber] : undefined
  if (rule !== undefined && !rule(whole.subarray(whole.length - lenBlock.length)))
    throw malformed(`a value of type ${idBlock.tagNumber} that is not DER`)
}

function checkInside(node: Node): void {
  const children = inside(node)
  const length = children.reduce((sum, { valueBeforeDecodeView }) => sum + valueBeforeDecodeView.length, 0)
  if (length !== node.lenBlock.length) throw malformed('a value longer than what it is in')
  children.forEach(checkDer)
}

/** The values inside a constructed one. */
export const inside = ({ valueBlock }: Node): readonly Node[] =>
  'value' in valueBlock && Array.isArray(valueBlock.value) ? (valueBlock.value as Node[]) : []

const isShortest = ([first, second]: Uint8Array): boolean =>
  first !== undefined &&
  !(second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))

const written = (content: Uint8Array): string => Buffer.from(content).toString('latin1')

/** By the number of the type: what of its content the library takes more easily than DER, or than certificates may. */
const rules: Record<number, (content: Uint8Array) => boolean> = {
  // BOOLEAN, INTEGER, OBJECT IDENTIFIER, ENUMERATED
  1: ([only, more]) => more === undefined && (only === 0 || only === 0xff),
  2: isShortest,
  6: (content) => content.length > 0 && !content.some((octet, at) => octet === 0x80 && (content[at - 1] ?? 0) < 0x80),
  10: isShortest,
  // UTF8String, PrintableString, IA5String, BMPString
  12: isUtf8,
  19: isAscii,
  22: isAscii,
  30: ({ length }) => length % 2 === 0,
  // UTCTime and GeneralizedTime
  23: (content) => isTime(`20${written(content)}`),
  24: (content) => isTime(written(content)),
}

/** To the second, in UTC (RFC 5280 §4.1.2.5); a 30th of February is a date to JavaScript, of another month. */
function isTime(text: string): boolean {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6.000Z')
  const at = new Date(iso)
  return !Number.isNaN(at.getTime()) && at.toISOString() === iso
}

/** Serial numbers and hashes are compared, never counted with: lower-case hexadecimal of all their octets. */
export const hexOf = (bytes: ArrayBuffer | ArrayBufferView): string => bufferOf(bytes).toString('hex')

/** Without a copy. The library's OctetString is a view by its members alone: `ArrayBuffer.isView` denies it. */
export const bufferOf = (bytes: ArrayBuffer | ArrayBufferView): Buffer =>
  'buffer' in bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes)

/** The bytes of a part that was signed, as they came. */
export function rawOf(bytes: ArrayBuffer | ArrayBufferView | undefined): Buffer {
  if (bytes === undefined) throw malformed('a signed part is missing')
  return bufferOf(bytes)
}

/** For path lengths and the like, which are small and not negative. The library hands over long ones as text or octets. */
export function smallOf(number: number | ArrayBuffer): number {
  const small = typeof number === 'number' ? number : Number.parseInt(hexOf(number), 16)
  const isNegative = typeof number === 'number' ? number < 0 : /^[89a-f]/.test(hexOf(number))
  if (isNegative || !Number.isSafeInteger(small) || small > 0x7fffffff) throw malformed('a number out of bounds')
  return small
}
