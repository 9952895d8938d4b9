/**
 * Passwords for tests that compare the same few thousands of times:
 *
 *     vi.mock(import('../../src/core/password.ts'), async (real) => (await import('./compared-once.ts')).comparedOnce(real))
 */
type Passwords = typeof import('../../src/core/password.ts')

/** The real argon2, but each password is compared with each hash once: it is slow on purpose. */
export async function comparedOnce(original: () => Promise<Passwords>): Promise<Passwords> {
  const real = await original()
  const known = new Map<string, Promise<boolean>>()
  return {
    ...real,
    passwordHolds(hash, password) {
      const pair = `${hash} ${password}`
      const holds = known.get(pair) ?? real.passwordHolds(hash, password)
      known.set(pair, holds)
      return holds
    },
  }
}
