/** The two cookies: which browser this is, and whose session. Both `__Host-`: this host's alone, and never in the clear. */
import { newSecret, splitHalves, type TwoHalves } from '../core/secret.ts'
import type { Call } from './call.ts'

const names = { browser: '__Host-keystep-browser', session: '__Host-keystep-session' } as const
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'

/** The secret that binds logins to a browser, and whether it is new. */
export function browserOf(call: Call): { secret: string; isNew: boolean } {
  const secret = call.cookies[names.browser]
  return secret !== undefined && /^[A-Za-z0-9_-]{43}$/.test(secret)
    ? { secret, isNew: false }
    : { secret: newSecret(), isNew: true }
}

export const setBrowser = (secret: string): string => `${names.browser}=${secret}; ${attributes}`

export const sessionCookie = (call: Call): TwoHalves | undefined => splitHalves(call.cookies[names.session])

export const setSession = ({ id, secret }: TwoHalves): string => `${names.session}=${id}.${secret}; ${attributes}`

export const clearSession = (): string => `${names.session}=; ${attributes}; Max-Age=0`
