/** Which port a part of the local service takes, and the plain sentence when it cannot. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** The local service cannot start, for a reason that whoever started it can mend: the message is for them. */
export class CannotStart extends Error {
  override name = 'CannotStart'
}

/** A flag's or variable's value as a port; 0 asks for any free one. */
export function parsePort(name: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port >= 0 && port <= 65_535)) {
    throw new CannotStart(`${name} must be a port, a number from 0 (any free one) to 65535, and not “${text}”.`)
  }
  return port
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'is in use: is another npm start running? Stop it, or choose another port',
  EACCES: 'may not be used without more rights: choose one above 1023',
}

const portRefused = (purpose: string, port: number, code: string): CannotStart =>
  new CannotStart(`Port ${port}, for ${purpose}, ${reasons[code] ?? `could not be opened (${code})`}.`)

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)

/** Listens on loopback only, and answers the port that it got. Throws CannotStart with a sentence. */
export async function listen(server: Server, port: number, purpose: string): Promise<number> {
  try {
    // `localhost`, as the addresses say it: WebAuthn and cookies know the service by that name.
    server.listen(port, 'localhost')
    await once(server, 'listening')
  } catch (error) {
    throw portRefused(purpose, port, codeOf(error))
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port to listen on')
  return address.port
}

/**
 * `port`, or for 0 one that nobody has: free at this moment, though somebody may take it in the next. So it is not one of
 * those that a system hands out by itself, to each connection of a client among others (RFC 6335 §6, Linux from 32768).
 */
export async function freePort(port = 0, purpose = 'a test'): Promise<number> {
  if (port !== 0) return tried(port, purpose)
  for (let tries = 1; ; tries++) {
    try {
      return await tried(randomInt(15_000, 30_000), purpose)
    } catch (error) {
      if (tries === 20) throw error
    }
  }
}

async function tried(port: number, purpose: string): Promise<number> {
  const server = createServer()
  const found = await listen(server, port, purpose)
  server.close()
  await once(server, 'close')
  return found
}
