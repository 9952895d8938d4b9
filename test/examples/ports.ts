import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port that was free a moment ago, for what must know its address before it listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  await new Promise((done) => server.close(done))
  return address.port
}
