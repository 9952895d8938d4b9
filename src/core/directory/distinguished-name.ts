/**
 * Distinguished names as RFC 4514 writes them, read far enough to say whether one lies below another.
 *
 * Compared by their parts, never as text: `uid=eve\,ou=staff,o=guests` ends like many a name that it is not below. Types
 * and values are compared without regard to case and to runs of spaces, as directories compare the attributes that names
 * are made of; it leaves out schemas, so that two spellings that only a schema makes equal are different here.
 */
import { ok, type Result, refuse } from '../result.ts'

/** One step of a name: its pairs of type and value, each as it is compared, in an order of their own. */
type Step = readonly string[]
export type DistinguishedName = readonly Step[]

/** RFC 4514 §3: types that every implementation knows by both names. */
const namesOfOids: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '2.5.4.6': 'c',
  '2.5.4.9': 'street',
  '0.9.2342.19200300.100.1.25': 'dc',
  '0.9.2342.19200300.100.1.1': 'uid',
}

/** Refuses what is no name; the empty text is none either: nothing has its base at the root. */
export function parseDistinguishedName(text: string): Result<DistinguishedName, 'malformed-dn'> {
  const steps = split(text, ',').map((step) => split(step, '+').map(pairIn))
  const pairs = steps.flat()
  if (pairs.some((pair) => pair === undefined))
    return refuse('malformed-dn', { detail: `${JSON.stringify(text)} is no distinguished name (RFC 4514)` })
  return ok(steps.map((step) => step.filter((pair) => pair !== undefined).sort()))
}

/** Whether a name is the base or lies below it. */
export const isWithin = (name: DistinguishedName, base: DistinguishedName): boolean =>
  name.length >= base.length &&
  base.every((step, index) => step.join('\n') === name[name.length - base.length + index]?.join('\n'))

/** At the separators that are not escaped. */
function split(text: string, separator: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}

const typePattern = /^\s*(?:oid\.)?([a-z][a-z0-9-]*|\d+(?:\.\d+)+)\s*$/i

function pairIn(text: string): string | undefined {
  const equals = text.indexOf('=')
  const type = typePattern.exec(text.slice(0, Math.max(equals, 0)))?.[1]?.toLowerCase()
  const value = equals < 0 ? undefined : valueIn(text.slice(equals + 1))
  if (type === undefined || value === undefined) return undefined
  return `${namesOfOids[type] ?? type}=${value.normalize('NFKC').toLowerCase().replace(/ +/g, ' ').trim()}`
}

/** §2.4: special characters and bytes after a backslash, or `#` and the value's encoding, which stays as it is. */
function valueIn(text: string): string | undefined {
  const written = trimmed(text)
  if (written.startsWith('#')) return /^#([0-9a-f]{2})+$/i.test(written) ? written : undefined
  if (/[";<>\0]/.test(written.replace(/\\./gs, ''))) return undefined
  const bytes: Buffer[] = []
  // A character, an escaped one, or an escaped byte: bytes that follow each other may be one character of UTF-8.
  const parts = written.match(/\\[0-9a-f]{2}|\\[ "#+,;<=>\\]|[^\\]/giu) ?? []
  if (parts.join('') !== written) return undefined
  for (const part of parts) {
    if (part.length === 3 && part.startsWith('\\')) bytes.push(Buffer.from(part.slice(1), 'hex'))
    else bytes.push(Buffer.from(part.startsWith('\\') ? part.slice(1) : part))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(bytes))
  } catch {
    return undefined
  }
}

/** Spaces around a value are no part of it, unless the last one is escaped. */
function trimmed(text: string): string {
  const start = text.trimStart()
  const end = start.trimEnd()
  return start !== end && /(?<!\\)(\\\\)*\\$/.test(end) ? `${end} ` : end
}
