/** An authenticator app: the codes that follow from a secret (RFC 6238), written here a second time on purpose. */
import { createHmac } from 'node:crypto'
import { fromBase32 } from '../../src/core/otp/base32.ts'

/**
 * Each call is the next code that was not used yet, and good for half a minute at least: two at once, then one in 30
 * seconds. The code before, which is good as well, may be over before a slow machine has typed it.
 */
export function codesFrom(base32: string): () => string {
  const secret = fromBase32(base32)
  if (secret === undefined) throw new Error(`${base32} is no base32`)
  let last = 0
  return () => {
    const now = Math.floor(Date.now() / 30_000)
    last = Math.max(last + 1, now)
    if (last > now + 1) throw new Error('All codes that are good now are used')
    return codeAt(secret, last)
  }
}

function codeAt(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', secret).update(counter).digest()
  const truncated = hash.readUInt32BE((hash.at(-1) ?? 0) & 15) & 0x7fffffff
  return String(truncated % 1_000_000).padStart(6, '0')
}
