/**
 * The packets of RADIUS authentication (RFC 2865) as a client writes and reads them: Access-Request with PAP, and the
 * three answers to it.
 *
 * MD5 is all that RADIUS over UDP has, and RFC 2865's own check of an answer is broken (BlastRADIUS, CVE-2024-3596). So a
 * Message-Authenticator, an HMAC (RFC 3579 §3.2), stands first in each request and is demanded of each answer; there is no
 * setting to do without. It leaves out CHAP, EAP, accounting, vendors' attributes and RADIUS over TLS.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ok, type Result, refuse } from '../result.ts'

const codes = { accept: 2, reject: 3, challenge: 11 } as const
const accessRequest = 1

const attributes = {
  userName: 1,
  userPassword: 2,
  serviceType: 6,
  replyMessage: 18,
  state: 24,
  callingStationId: 31,
  nasIdentifier: 32,
  messageAuthenticator: 80,
} as const

/** Octets (RFC 2865 §3, §5.2). */
const headerLength = 20
const longestPacket = 4096
const longestValue = 253
const longestPassword = 128

/** Service-Type Authenticate-Only (RFC 2865 §5.6): no session is to be configured for anybody. */
const authenticateOnly = Uint8Array.of(0, 0, 0, 8)

export type AccessRequest = {
  /** 0 to 255, and together with the source port new for each request. */
  identifier: number
  /** 16 random octets: what hides the password, and what ties the answer to this request. */
  authenticator: Uint8Array
  userName: string
  password: string
  nasIdentifier: string
  /** Where the person calls from. */
  callingStationId?: string
  /** Of the challenge that this answers. */
  state?: Uint8Array
}

export type UnfitRequest = 'user-name-too-long' | 'password-too-long' | 'password-with-nul' | 'value-too-long'

export function writeAccessRequest(request: AccessRequest, secret: string): Result<Buffer, UnfitRequest> {
  const [userName, password] = [Buffer.from(request.userName), Buffer.from(request.password)]
  if (userName.length > longestValue) return refuse('user-name-too-long')
  if (password.length > longestPassword) return refuse('password-too-long')
  // The padding is zeros: one at the end would not arrive.
  if (password.includes(0)) return refuse('password-with-nul')
  const nasIdentifier = Buffer.from(request.nasIdentifier)
  const callingStationId = Buffer.from(request.callingStationId ?? '')
  const state = request.state ?? new Uint8Array()
  if ([nasIdentifier, callingStationId, state].some(({ length }) => length > longestValue))
    return refuse('value-too-long')

  const packet = Buffer.concat([
    Buffer.of(accessRequest, request.identifier, 0, 0),
    request.authenticator,
    attribute('messageAuthenticator', Buffer.alloc(16)),
    attribute('userName', userName),
    attribute('userPassword', hidePassword(password, request.authenticator, secret)),
    attribute('nasIdentifier', nasIdentifier),
    attribute('serviceType', authenticateOnly),
    attribute('callingStationId', callingStationId),
    attribute('state', state),
  ])
  packet.writeUInt16BE(packet.length, 2)
  createHmac('md5', secret)
    .update(packet)
    .digest()
    .copy(packet, headerLength + 2)
  return ok(packet)
}

/** Nothing for an empty value: an attribute of no length is none (RFC 2865 §5). */
const attribute = (name: keyof typeof attributes, value: Uint8Array): Buffer =>
  value.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.of(attributes[name], value.length + 2), value])

/** RFC 2865 §5.2: blocks of 16 octets, each hidden by a hash over the secret and the block before. */
function hidePassword(password: Uint8Array, authenticator: Uint8Array, secret: string): Buffer {
  const hidden = Buffer.alloc(Math.max(16, Math.ceil(password.length / 16) * 16))
  hidden.set(password)
  let previous: Uint8Array = authenticator
  for (let start = 0; start < hidden.length; start += 16) {
    const mask = createHash('md5').update(secret).update(previous).digest()
    const block = hidden.subarray(start, start + 16)
    for (const [index, octet] of mask.entries()) block[index] = (block[index] ?? 0) ^ octet
    previous = block
  }
  return hidden
}

export type AccessAnswer = {
  code: keyof typeof codes
  /** All Reply-Messages, one after another (RFC 2865 §5.18). */
  message: string
  /** At most one (RFC 2865 §5.24); empty where there is none. */
  state: Uint8Array
}

export type UnfitAnswer =
  | 'malformed'
  | 'not-an-answer'
  | 'another-identifier'
  | 'wrong-authenticator'
  | 'no-message-authenticator'
  | 'wrong-message-authenticator'

/** Octets after the packet's own length are padding (RFC 2865 §3). Whatever else is odd about an answer refuses it. */
export function readAccessAnswer(
  datagram: Uint8Array,
  request: Pick<AccessRequest, 'identifier' | 'authenticator'>,
  secret: string,
): Result<AccessAnswer, UnfitAnswer> {
  const whole = Buffer.from(datagram)
  const length = whole.length < headerLength ? 0 : whole.readUInt16BE(2)
  if (length < headerLength || length > longestPacket || length > whole.length)
    return refuse('malformed', { detail: 'length' })
  const packet = whole.subarray(0, length)
  const code = codeOf(packet[0])
  if (code === undefined) return refuse('not-an-answer')
  if (packet[1] !== request.identifier) return refuse('another-identifier')
  const read = readAttributes(packet)
  if (!read.ok) return read

  // Both are over the packet with the request's authenticator in it: an answer to anything else fails.
  const asSigned = Buffer.from(packet)
  asSigned.set(request.authenticator, 4)
  const expected = createHash('md5').update(asSigned).update(secret).digest()
  if (!timingSafeEqual(expected, packet.subarray(4, headerLength))) return refuse('wrong-authenticator')
  const seals = read.value.filter(({ type }) => type === attributes.messageAuthenticator)
  const [seal] = seals
  if (seal === undefined) return refuse('no-message-authenticator')
  if (seals.length > 1 || seal.value.length !== 16) return refuse('malformed', { detail: 'Message-Authenticator' })
  asSigned.fill(0, seal.at, seal.at + 16)
  if (!timingSafeEqual(createHmac('md5', secret).update(asSigned).digest(), seal.value))
    return refuse('wrong-message-authenticator')

  const valuesOf = (name: keyof typeof attributes): Uint8Array[] =>
    read.value.filter(({ type }) => type === attributes[name]).map(({ value }) => value)
  const [state = new Uint8Array(), ...others] = valuesOf('state')
  if (others.length > 0) return refuse('malformed', { detail: 'State' })
  return ok({ code, message: Buffer.concat(valuesOf('replyMessage')).toString('utf8'), state: Uint8Array.from(state) })
}

const codeOf = (octet: number | undefined): AccessAnswer['code'] | undefined =>
  (Object.keys(codes) as AccessAnswer['code'][]).find((name) => codes[name] === octet)

type Attribute = { type: number; value: Uint8Array; at: number }

function readAttributes(packet: Buffer): Result<Attribute[], 'malformed'> {
  const found: Attribute[] = []
  for (let start = headerLength; start < packet.length; ) {
    const [type = 0, length = 0] = packet.subarray(start, start + 2)
    if (length < 2 || start + length > packet.length) return refuse('malformed', { detail: 'attributes' })
    found.push({ type, value: packet.subarray(start + 2, start + length), at: start + 2 })
    start += length
  }
  return ok(found)
}
