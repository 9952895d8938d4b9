/**
 * Secrets in two halves: `id.secret` goes into a cookie, a mail or a token, `hash(secret)` into the table. Who reads
 * the table can look nothing up and present nothing.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** 128 bits: enough that nobody meets one by chance. */
export const newId = (): string => randomBytes(16).toString('base64url')

/** 256 bits. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

/** For what is too short to be hashed alone, such as a mailed code: without the key, the table is no oracle. */
export const keyedHash = (key: string, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url')

/** In constant time for texts of one length, which hashes are. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The same, of bytes. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

export type TwoHalves = { id: string; secret: string }

export const joinHalves = ({ id, secret }: TwoHalves): string => `${id}.${secret}`

/** Only the exact form that `newId` and `newSecret` make. */
export function splitHalves(text: string | undefined): TwoHalves | undefined {
  const match = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(text ?? '')
  return match?.[1] !== undefined && match[2] !== undefined ? { id: match[1], secret: match[2] } : undefined
}
