/** Sessions of the examples: in memory, by a random cookie, and no more of them than there is room for. */
import { randomBytes } from 'node:crypto'
import type { Asked } from './loopback.ts'

const sessionsKept = 1000

/** The oldest entries go, until no more than `kept` are left. */
export function oldestOut<Value>(map: Map<string, Value>, kept: number): void {
  for (const id of map.keys()) {
    if (map.size <= kept) return
    map.delete(id)
  }
}

/** Not `__Host-`: that needs https, and this is loopback. */
export function sessionsOf<Session>(name: string) {
  // Cookies do not tell ports apart, so the name has to (RFC 6265 §8.5).
  const cookie = `keystep-${name.toLowerCase()}`
  const sessions = new Map<string, Session>()
  const idOf = (asked: Asked) => new RegExp(`(?:^|;\\s*)${cookie}=([\\w-]+)`).exec(asked.header('cookie') ?? '')?.[1]
  return {
    of: (asked: Asked): Session | undefined => sessions.get(idOf(asked) ?? ''),
    all: (): Iterable<Session> => sessions.values(),
    /** Keeps a session under a new id, which ends the old one: an id known before a sign-in is worth nothing after. */
    renew(asked: Asked, session: Session): Record<string, string> {
      sessions.delete(idOf(asked) ?? '')
      const id = randomBytes(32).toString('base64url')
      sessions.set(id, session)
      oldestOut(sessions, sessionsKept)
      return { 'set-cookie': `${cookie}=${id}; Path=/; HttpOnly; SameSite=Lax` }
    },
  }
}
