/**
 * A token validator that speaks RADIUS (RFC 2865), over UDP: how most token servers are reached.
 *
 * A request has a socket of its own, connected to the server, so that the system lets through what comes from that
 * address and port only; what then is no answer to the request is discarded as if it had never come (RFC 2865 §3), and
 * the wait goes on. It is sent again as it is, so that a server knows it again (RFC 5080 §2.2.2); another server gets
 * another one. It leaves out RADIUS over TLS, and remembers of servers only which one did not answer lately.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { fromBase64url, toBase64url } from '../core/base64url.ts'
import { ok, type Result, refuse, type Seconds } from '../core/result.ts'
import { understand } from '../core/token-validator/challenge-text.ts'
import {
  type AccessAnswer,
  type AccessRequest,
  readAccessAnswer,
  writeAccessRequest,
} from '../core/token-validator/radius.ts'
import { type Answered, type Asked, failureOf, type TokenValidator } from '../core/token-validator/token-validation.ts'
import type { RadiusSettings, Server } from '../core/token-validator/validator-settings.ts'

/** How long a server that did not answer is asked last. */
const restsFor: Seconds = 60

/** `secret` is asked for each time: it may be rotated. */
export function openRadius(
  settings: RadiusSettings,
  secret: () => Promise<string>,
  now: () => Seconds,
): TokenValidator {
  const silentUntil = new Map<string, Seconds>()
  const rests = (server: Server): boolean => (silentUntil.get(nameOf(server)) ?? 0) > now()
  const inOrder = (): Server[] => [
    ...settings.servers.filter((server) => !rests(server)),
    ...settings.servers.filter(rests),
  ]

  /** Asks one after another until one answers. A state goes to the server that it is from (RFC 2865 §5.24), and no other. */
  const askAny = async (asked: Asked, back: Back | undefined): Promise<Heard> => {
    const servers = back === undefined ? inOrder() : settings.servers.filter((server) => nameOf(server) === back.server)
    const causes: string[] = back !== undefined && servers.length === 0 ? [`${back.server} is not set any more`] : []
    for (const server of servers) {
      const answer = await askOne(settings, server, await secret(), asked, back?.state)
      if (answer.ok) return { ok: true, server, answer: answer.value }
      if (answer.reason === 'unfit') return { ok: false, unfit: true }
      silentUntil.set(nameOf(server), now() + restsFor)
      causes.push(`${nameOf(server)}: ${answer.detail}`)
    }
    return { ok: false, unfit: false, detail: causes.join('; ') }
  }

  const validate = async (asked: Asked, mayRepeat: boolean): Promise<Answered> => {
    const back = asked.answering === undefined ? undefined : readState(asked.answering.state)
    const heard = await askAny(asked, back)
    // What does not fit into a request is nobody's code.
    if (!heard.ok && heard.unfit) return { outcome: 'failure', reason: failureOf(asked.answering) }
    if (!heard.ok) return { outcome: 'unavailable', detail: heard.detail }
    const { code, message, state } = heard.answer
    if (code === 'accept') return { outcome: 'success' }
    if (code === 'reject') return { outcome: 'failure', reason: failureOf(asked.answering) }
    const kept = writeState(heard.server, state)
    const { answering } = asked
    const understood = understand(message, settings.rules, mayRepeat ? answering?.kind : undefined)
    if (understood.kind !== 'repeat') return { outcome: 'challenge', challenge: { ...understood, state: kept } }
    // It was typed twice already: the server's own wish to see it again is granted for the person.
    const again = { ...asked, answering: { kind: answering?.kind ?? 'response', state: kept } }
    return validate(again, false)
  }

  return { validate: (asked) => validate(asked, true) }
}

type Heard =
  | { ok: true; server: Server; answer: AccessAnswer }
  | { ok: false; unfit: true }
  | { ok: false; unfit: false; detail: string }

/** A new identifier, authenticator and source port for each request. */
async function askOne(
  settings: RadiusSettings,
  server: Server,
  secret: string,
  asked: Asked,
  state: Uint8Array | undefined,
): Promise<Result<AccessAnswer, 'unfit' | 'no-answer'>> {
  const takesPin = asked.answering?.kind === 'server-pin' && asked.response === ''
  const request: AccessRequest = {
    identifier: randomInt(256),
    authenticator: randomBytes(16),
    userName: asked.userName,
    password: takesPin ? 'y' : asked.response,
    nasIdentifier: settings.nasIdentifier,
    callingStationId: asked.ip,
    ...(state === undefined ? {} : { state }),
  }
  const packet = writeAccessRequest(request, secret)
  if (!packet.ok) return refuse('unfit', { detail: packet.reason })
  const waits = Array.from({ length: settings.tries }, (_, at) => settings.firstWait * 2 ** at)
  const read = (datagram: Uint8Array) => readAccessAnswer(datagram, request, secret)
  return exchange(server, packet.value, waits, read)
}

/** Sends, waits, sends again: until `read` takes a datagram, or the last wait is over. */
async function exchange(
  { host, port }: Server,
  packet: Buffer,
  waits: readonly number[],
  read: (datagram: Uint8Array) => Result<AccessAnswer, string>,
): Promise<Result<AccessAnswer, 'no-answer'>> {
  const found = await lookup(host).catch(() => undefined)
  if (found === undefined) return refuse('no-answer', { detail: 'no such host' })
  const socket = createSocket(found.family === 6 ? 'udp6' : 'udp4')
  const { promise, resolve } = Promise.withResolvers<Result<AccessAnswer, 'no-answer'>>()
  let discarded = ''
  let timer: NodeJS.Timeout | undefined
  const send = (at: number): void => {
    const wait = waits[at]
    if (wait === undefined) {
      resolve(refuse('no-answer', { detail: `no answer${discarded}` }))
      return
    }
    timer = setTimeout(send, wait, at + 1)
    socket.send(packet)
  }
  socket.on('connect', () => send(0))
  socket.on('message', (datagram) => {
    const answer = read(datagram)
    if (answer.ok) resolve(ok(answer.value))
    else discarded = `, and one discarded (${answer.reason})`
  })
  // Nobody listens there: the system has heard so. Another server may.
  socket.on('error', (failure) => resolve(refuse('no-answer', { detail: codeOf(failure) })))
  socket.connect(port, found.address)
  const answer = await promise
  clearTimeout(timer)
  socket.close()
  return answer
}

const codeOf = (failure: Error): string => ('code' in failure ? String(failure.code) : failure.name)

const nameOf = ({ host, port }: Server): string => `${host}:${port}`

type Back = { server: string; state: Uint8Array }

/** Ours, around the server's: `host:port` and the octets. */
const writeState = (server: Server, state: Uint8Array): string => `${nameOf(server)} ${toBase64url(state)}`

function readState(text: string): Back {
  const [server = '', state = ''] = text.split(' ')
  return { server, state: fromBase64url(state) ?? new Uint8Array() }
}
