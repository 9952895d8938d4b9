/**
 * One connection to a directory over TLS whose certificate was verified: LDAPS, or StartTLS done here.
 *
 * StartTLS is ours because of what a library does with bytes that came in clear: whoever is on the way could put the
 * beginning of an answer behind the server's `go ahead`, to be completed by what arrives over TLS. Here nothing may
 * follow it, and the LDAP client is only made once TLS is up.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { BerReader, Client } from 'ldapts'
import type { DirectorySettings } from '../core/directory/directory-settings.ts'

export type Connection = { client: Client; close(): void }

/** Milliseconds. `whole`: how long all of a check may take. */
export type Patience = { connect: number; operation: number; whole: number }

export type Place = Pick<DirectorySettings, 'host' | 'port' | 'tls'>

/** `ca`: PEM; with it, nothing else is trusted. Throws when the directory is down, hangs, or is not who it should be. */
export async function openConnection(place: Place, ca: string | undefined, patience: Patience): Promise<Connection> {
  const socket = await within(patience.connect, (opened) => secured(place, ca, opened))
  let taken = false
  const client = new Client({
    url: `ldaps://${isIP(place.host) === 6 ? `[${place.host}]` : place.host}:${place.port}`,
    timeout: patience.operation,
    connectTimeout: patience.connect,
    // Once: the client would connect again by itself after the server hung up, and be nobody there.
    createSecureConnection: () => {
      if (taken) throw new Error('The directory hung up')
      taken = true
      return socket
    },
  })
  return {
    client,
    close() {
      client.unbind().catch(() => {})
      socket.destroy()
    },
  }
}

/** Destroys whatever was opened by then when it takes too long. */
async function within<Made>(ms: number, make: (opened: (socket: Socket) => void) => Promise<Made>): Promise<Made> {
  const sockets: Socket[] = []
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`No connection within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([make((socket) => sockets.push(socket)), late])
  } catch (failure) {
    for (const socket of sockets) socket.destroy()
    throw failure
  } finally {
    clearTimeout(timer)
  }
}

async function secured(
  { host, port, tls }: Place,
  ca: string | undefined,
  opened: (socket: Socket) => void,
): Promise<TLSSocket> {
  const plain = connectPlain({ host, port })
  opened(plain)
  // What goes wrong is heard by whoever waits; in between nobody does, and it must not end the process.
  plain.on('error', () => {})
  await happens(plain, 'connect')
  if (tls === 'starttls') await startTls(plain)
  const socket = connectTls({
    socket: plain,
    host,
    // A name for SNI; an address is compared with the certificate by `host` (RFC 6066 §3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  })
  opened(socket)
  socket.on('error', () => {})
  await happens(socket, 'secureConnect')
  return socket
}

const happens = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> =>
  new Promise((done, fail) => {
    const hungUp = () => end(new Error('The directory hung up'))
    const happened = () => end()
    const end = (failure?: Error) => {
      socket.off('error', end).off('close', hungUp).off(event, happened)
      if (failure === undefined) done()
      else fail(failure)
    }
    socket.on('error', end).on('close', hungUp).on(event, happened)
  })

/** RFC 4511 §4.14.1: message 1, an extended request with the OID of StartTLS, no value. */
const oid = Buffer.from('1.3.6.1.4.1.1466.20037')
const startTlsRequest = Buffer.from([
  ...[0x30, oid.length + 7, 0x02, 0x01, 0x01],
  ...[0x77, oid.length + 2, 0x80, oid.length, ...oid],
])
const extendedResponse = 0x78
const sequence = 0x30

async function startTls(socket: Socket): Promise<void> {
  const answer = wholeAnswer(socket)
  socket.write(startTlsRequest)
  const reader = await answer
  if (reader.readInt() !== 1 || reader.readSequence() !== extendedResponse)
    throw new Error('The directory answered StartTLS with something else')
  const code = reader.readEnumeration()
  if (code !== 0) throw new Error(`The directory refuses StartTLS: result ${code}`)
}

/** One message, and nothing after it. The reader stands at what is in it. */
const wholeAnswer = (socket: Socket): Promise<BerReader> =>
  new Promise((done, fail) => {
    let got = Buffer.alloc(0)
    const hear = (bytes: Buffer) => {
      got = Buffer.concat([got, bytes])
      const read = readWhole(got)
      if (read !== undefined) end(read)
    }
    const hungUp = () => end(new Error('The directory hung up'))
    const end = (outcome: BerReader | Error) => {
      socket.pause()
      socket.off('data', hear).off('error', end).off('close', hungUp)
      if (outcome instanceof Error) fail(outcome)
      else done(outcome)
    }
    socket.on('data', hear).on('error', end).on('close', hungUp)
  })

/** `undefined` while there is more to come. */
function readWhole(got: Buffer): BerReader | Error | undefined {
  const noLdap = new Error('The directory does not speak LDAP')
  if (got[0] !== sequence || got.length > 4096) return noLdap
  const reader = new BerReader(got)
  try {
    if (reader.readSequence() === null || reader.remain < reader.length) return undefined
  } catch {
    return noLdap
  }
  if (reader.remain === reader.length) return reader
  return new Error('The directory sent more in clear than its answer to StartTLS')
}
