/**
 * What a request with an Idempotency-Key was answered, so that a repeated one is answered the same
 * (draft-ietf-httpapi-idempotency-key-header).
 */
import type { Seconds } from '../core/result.ts'
import type { Item, Write } from './db.ts'
import { places } from './keys.ts'

export type Remembered = { fingerprint: string; status: number; body: string; location?: string; until: Seconds }

/** A day: longer than any connector retries. */
export const rememberedFor: Seconds = 86_400

export function rememberedIn(item: Item | undefined, now: Seconds): Remembered | undefined {
  const remembered = item as Remembered | undefined
  return remembered !== undefined && remembered.until > now ? remembered : undefined
}

/** In the transaction of what was done: the answer is known if and only if it happened. */
export const remembered = (caller: string, key: string, answer: Remembered, now: Seconds): Write => ({
  write: 'put',
  ...places.idempotency(caller, key),
  item: answer,
  condition: 'attribute_not_exists(#pk) OR #until <= :now',
  values: { now },
})
