/**
 * Passwords that are kept here, for users without a directory: argon2id at OWASP's parameters (19 MiB, two passes, one
 * lane), in the PHC string form, by Node's own crypto.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'

const prefix = '$argon2id$v=19$m=19456,t=2,p=1$'

/** NFC, so that one password typed on two keyboards is one password (RFC 8265 §4). */
const derive = (password: string, nonce: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    argon2(
      'argon2id',
      { message: password.normalize('NFC'), nonce, parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 },
      (error, key) => (error ? reject(error) : resolve(key)),
    ),
  )

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `${prefix}${salt.toString('base64url')}$${(await derive(password, salt)).toString('base64url')}`
}

/** For a name that nobody has: the same work, and never true. */
const nobodys = `${prefix}${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Whether it is the password. Without a hash there is none, and finding that out takes as long. */
export async function passwordHolds(hash: string | undefined, password: string): Promise<boolean> {
  const kept = hash ?? nobodys
  const [salt, key] = kept.slice(prefix.length).split('$')
  if (!kept.startsWith(prefix) || salt === undefined || key === undefined)
    throw new Error('A password hash is not of the form that this version writes')
  const derived = await derive(password, Buffer.from(salt, 'base64url'))
  return timingSafeEqual(derived, Buffer.from(key, 'base64url')) && hash !== undefined
}

/** In characters. Longer input is refused before any work is done on it. */
export const longestPassword = 1024

/** The fewest characters of a new one (NIST SP 800-63B-4 §3.1.1.2). */
export const shortestPassword = 8

/** Why this cannot be a new password. `undefined`: it can. */
export function passwordTrouble(password: string): string | undefined {
  const length = [...password].length
  if (length < shortestPassword) return `must have ${shortestPassword} characters at least`
  return password.length > longestPassword ? `must have ${longestPassword} characters at most` : undefined
}
