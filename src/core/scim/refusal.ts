/** Why a SCIM request is refused: RFC 7644's own words (§3.12, table 9; RFC 9865 §3 has the cursor's). */
import { ok, type Refusal, type Result, refuse } from '../result.ts'

export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'invalidCursor'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness'

export type ScimRefusal = Refusal<ScimType>

/** Carries a refusal out of nested readers; it never leaves `answering`. */
class Refused extends Error {
  readonly refusal: ScimRefusal
  constructor(refusal: ScimRefusal) {
    super(refusal.detail)
    this.refusal = refusal
  }
}

export function refused(reason: ScimType, detail: string): never {
  throw new Refused(refuse(reason, { detail }))
}

/** Runs a reader; whatever it finds wrong is a refusal. */
export function answering<Value>(read: () => Value): Result<Value, ScimType> {
  try {
    return ok(read())
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    throw error
  }
}

/** The same, of what takes a while. */
export async function settled<Value>(work: Promise<Value>): Promise<Result<Value, ScimType>> {
  try {
    return ok(await work)
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    throw error
  }
}

/** What somebody sent, short enough to be said back. */
export const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
