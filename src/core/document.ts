/**
 * Reads JSON that anybody may have written, member by member, and points at the first thing that is wrong (RFC 6901).
 *
 * A member nobody knows is a typing error and is refused: a max age that is misspelt and silently left out is worse than
 * an error. What the document means is decided by whoever reads it.
 */
import { ok, type Refusal, type Result, refuse } from './result.ts'

/** Carries a refusal out of nested readers; it never leaves `readDocument`. */
class Malformed extends Error {
  readonly at: string
  constructor(at: string, detail: string) {
    super(detail)
    this.at = at
  }
}

/** Runs a reader over a document; whatever it finds wrong is a refusal for this reason. */
export function readDocument<Value, Reason extends string>(
  reason: Reason,
  data: unknown,
  read: (data: unknown) => Value,
): Result<Value, Reason> {
  try {
    return ok(read(data))
  } catch (error) {
    if (error instanceof Malformed) return refusalOf(reason, error)
    throw error
  }
}

const refusalOf = <Reason extends string>(reason: Reason, { at, message }: Malformed): Refusal<Reason> =>
  refuse(reason, { at, detail: message })

/** No number of a document is larger: a level above it could pass as one that no name stands for. */
const largest = 2_147_483_647

export function malformed(at: string, detail: string): never {
  throw new Malformed(at, detail)
}

export const readMembers = (data: unknown, at: string, known: readonly string[]): Record<string, unknown> => {
  const members = readObject(data, at)
  const stranger = Object.keys(members).find((name) => !known.includes(name))
  if (stranger !== undefined)
    malformed(`${at}/${escapePointer(stranger)}`, `is not known here; known: ${known.join(', ')}`)
  return members
}

/** A record whose names are data, such as a map of ACRs. */
export const readRecord = <Value>(
  data: unknown,
  at: string,
  most: number,
  shape: RegExp,
  read: (value: unknown, at: string) => Value,
  wanted = `a text like ${shape.source}`,
): Record<string, Value> => {
  const entries = Object.entries(readObject(data, at))
  if (entries.length > most) malformed(at, `must have at most ${most} members`)
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const place = `${at}/${escapePointer(name)}`
      if (!shape.test(name)) malformed(place, `the name must be ${wanted}`)
      return [name, read(value, place)]
    }),
  )
}

const readObject = (data: unknown, at: string): Record<string, unknown> =>
  typeof data !== 'object' || data === null || Array.isArray(data) ? malformed(at, 'must be an object') : { ...data }

export const readList = <Item>(
  data: unknown,
  at: string,
  most: number,
  read: (item: unknown, at: string) => Item,
): Item[] => {
  if (!Array.isArray(data)) return malformed(at, 'must be a list')
  if (data.length > most) return malformed(at, `must have at most ${most} members`)
  return data.map((item, index) => read(item, `${at}/${index}`))
}

/** `wanted`: the shape in words, where people fill it in who do not read patterns. */
export const readText = (data: unknown, at: string, shape: RegExp, wanted = `a text like ${shape.source}`): string =>
  typeof data === 'string' && shape.test(data) ? data : malformed(at, `must be ${wanted}`)

export const readInteger = (data: unknown, at: string): number =>
  typeof data === 'number' && Number.isSafeInteger(data) && data >= 0 && data <= largest
    ? data
    : malformed(at, `must be a whole number from 0 to ${largest}`)

export const readBoolean = (data: unknown, at: string): boolean =>
  typeof data === 'boolean' ? data : malformed(at, 'must be true or false')

export const readOneOf = <Choice extends string>(choices: readonly Choice[], data: unknown, at: string): Choice =>
  choices.find((each) => each === data) ?? malformed(at, `must be one of ${choices.join(', ')}`)

/** For a member that may be left out: what is `undefined` is not read. */
export const ifGiven = <Name extends string, Value>(
  members: Record<string, unknown>,
  at: string,
  name: Name,
  read: (data: unknown, at: string) => Value,
): { [name in Name]?: Value } =>
  members[name] === undefined ? {} : ({ [name]: read(members[name], `${at}/${name}`) } as { [name in Name]: Value })

/** RFC 6901 §3. */
export const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
