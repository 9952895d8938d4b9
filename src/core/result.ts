/**
 * How a rule answers: with a value, or with a reason that it names.
 *
 * A refusal is a value because somebody must decide what a stranger may hear of it; a bug or an outage is an
 * exception because nobody can.
 */

export type Result<Value, Reason extends string> = Ok<Value> | Refusal<Reason>

export type Ok<Value> = { ok: true; value: Value }

/** `at` points to the member of the input that is to blame (RFC 6901), `detail` says what is wrong with it. */
export type Refusal<Reason extends string> = { ok: false; reason: Reason; at?: string; detail?: string }

export const ok = <Value>(value: Value): Ok<Value> => ({ ok: true, value })

export const refuse = <Reason extends string>(
  reason: Reason,
  about: { at?: string; detail?: string } = {},
): Refusal<Reason> => ({ ok: false, reason, ...about })

/** Seconds since 1970, the unit of every time that is kept or compared here (RFC 7519 NumericDate, DynamoDB TTL). */
export type Seconds = number
