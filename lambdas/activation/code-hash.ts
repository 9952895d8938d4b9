import { readCode } from '../../src/core/login.ts'
import { keyedHash } from '../../src/core/secret.ts'

/**
 * A mailed code as it is kept: keyed by the secret in the browser's cookie, which is in no table, and bound to this
 * login and these authenticators (Keycloak CVE-2026-37982, CVE-2026-9087).
 */
export const codeHash = (
  browserSecret: string,
  login: string,
  authenticators: readonly string[],
  typed: string,
): string => keyedHash(browserSecret, `${login} ${authenticators.join()} ${readCode(typed)}`)
