/** Reads the parts of a request that every route of the API has: its body as JSON, its query, who and what it names. */
import { importLimits } from '../../src/core/fido/import-request.ts'
import { ok, type Refusal, type Result, refuse } from '../../src/core/result.ts'
import { nameKey } from '../../src/core/user.ts'
import type { Call } from '../../src/http/call.ts'

/** Bytes of a body. A bulk import has room for a hundred raw keys, or some twenty attested ones of the largest kind. */
export const bodyLimits = { one: 65_536, bulk: 1_048_576 } as const

/** What a PATCH sends is a merge patch, by its own type (RFC 7396) or as plain JSON. */
export const patchTypes = ['application/json', 'application/merge-patch+json'] as const

/** Printable ASCII, as draft-ietf-httpapi-idempotency-key-header has it in practice. */
export const idempotencyKeyPattern = '^[\\x20-\\x7e]{1,255}$'

/** Of a challenge. Up to thirty days: a key may be enrolled in one building and sent to the next. */
export const challengeMinutes = { least: 5, most: 43_200, usual: 5 } as const

type BodyRefusal = 'too-large' | 'unsupported-media-type' | 'not-json'

/** `application/json`, or whatever else is named. Parameters of the type, such as a charset, change nothing. */
export function readBody(
  call: Call,
  most: number,
  types: readonly string[] = ['application/json'],
): Result<unknown, BodyRefusal> {
  const type = (call.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!types.includes(type)) return refuse('unsupported-media-type', { detail: `Accepted: ${types.join(', ')}.` })
  if (Buffer.byteLength(call.body) > most) return refuse('too-large', { detail: `At most ${most} bytes.` })
  try {
    return ok(JSON.parse(call.body))
  } catch {
    return refuse('not-json')
  }
}

/** A parameter nobody knows, or one that is there twice, is refused: a filter that is not applied is worse than none. */
export function readQuery<Name extends string>(
  call: Call,
  names: readonly Name[],
): Result<{ [name in Name]?: string }, 'malformed-request'> {
  const values: { [name in Name]?: string } = {}
  for (const [name, value] of new URLSearchParams(call.query)) {
    const known = names.find((each) => each === name)
    if (known === undefined) return badParameter(name, `is not known here; known: ${names.join(', ')}`)
    if (values[known] !== undefined) return badParameter(name, 'is there twice')
    values[known] = value
  }
  return ok(values)
}

export const badParameter = (name: string, detail: string): Refusal<'malformed-request'> =>
  refuse('malformed-request', { detail: `The parameter ${name.slice(0, 50)} ${detail}.` })

/** A whole number between two; the usual one where nothing was said. */
export function readNumber(
  name: string,
  text: string | undefined,
  { least, most, usual }: { least: number; most: number; usual: number },
): Result<number, 'malformed-request'> {
  if (text === undefined) return ok(usual)
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? ok(value) : badParameter(name, `must be a number from ${least} to ${most}`)
}

/** `{userId}`: an id or a user name. Longer ones are nobody's, and no key of a table. */
export function userIn({ params }: Call): Result<string, 'user-not-found'> {
  const { userId = '' } = params
  return isNameable(userId) ? ok(userId) : refuse('user-not-found')
}

/**
 * Whether it can be the key of a record: one character can become eighteen when a name is folded (U+FDFA), and half a
 * surrogate pair has no UTF-8.
 */
export const isNameable = (userId: string): boolean =>
  userId !== '' &&
  userId.isWellFormed() &&
  userId.length <= importLimits.userId &&
  Buffer.byteLength(nameKey(userId)) <= 1024

export function authenticatorIn({ params }: Call): Result<string, 'authenticator-not-found'> {
  const { authenticatorId = '' } = params
  return /^[\w-]{1,64}$/.test(authenticatorId) ? ok(authenticatorId) : refuse('authenticator-not-found')
}
