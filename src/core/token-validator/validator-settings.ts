/**
 * Where a deployment's token validator is, and how it is spoken to: the JSON of `TOKEN_VALIDATOR`.
 *
 *     {"protocol":"radius","servers":["radius.example.org:1812"],"nasIdentifier":"keystep"}
 *     {"protocol":"https","url":"https://tokens.example.org/validate","keyId":"agent-7"}
 *
 * It leaves out what is shared with the validator: that is the secret `validatorSecret`.
 */
import {
  malformed,
  readBoolean,
  readDocument,
  readInteger,
  readList,
  readMembers,
  readOneOf,
  readText,
} from '../document.ts'
import { type Result, refuse } from '../result.ts'
import { readRules, type TextRule, type WrittenRule } from './challenge-text.ts'

export type ValidatorSettings = RadiusSettings | HttpsSettings

/** Which of the user's names the validator knows them by. */
export const askedByNames = ['userName', 'email', 'id'] as const
export type AskedBy = (typeof askedByNames)[number]

export type RadiusSettings = {
  protocol: 'radius'
  askedBy: AskedBy
  /** In the order in which they are tried. */
  servers: readonly Server[]
  nasIdentifier: string
  /** Milliseconds until a request is sent again; twice as long each time after. */
  firstWait: number
  /** How often a request is sent to one server, before it is said to be down. */
  tries: number
  rules: readonly TextRule[]
}

export type Server = { host: string; port: number }

export type HttpsSettings = {
  protocol: 'https'
  askedBy: AskedBy
  /** `https:`, or `http:` to this machine itself. */
  url: string
  /** The agent that the key belongs to, as the validator calls it. */
  keyId: string
  /** Whether the validator may have a private address. */
  privateAddresses: boolean
  /** Milliseconds for the whole exchange. */
  timeout: number
}

export function readValidatorSettings(text: string): Result<ValidatorSettings, 'bad-validator'> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('bad-validator', { at: '', detail: 'must be JSON' })
  }
  return readDocument('bad-validator', value, (data) => {
    const protocol = readOneOf(['radius', 'https'], { ...Object(data) }.protocol, '/protocol')
    return protocol === 'radius' ? readRadius(data) : readHttps(data)
  })
}

const askedByOf = (value: unknown): AskedBy =>
  value === undefined ? 'userName' : readOneOf(askedByNames, value, '/askedBy')

const between = (low: number, high: number) => (data: unknown, at: string) => {
  const number = readInteger(data, at)
  return number >= low && number <= high ? number : malformed(at, `must be from ${low} to ${high}`)
}

function readRadius(data: unknown): RadiusSettings {
  const known = ['protocol', 'askedBy', 'servers', 'nasIdentifier', 'firstWait', 'tries', 'rules']
  const given = readMembers(data, '', known)
  const servers = readList(given.servers, '/servers', 4, readServer)
  if (servers.length === 0) malformed('/servers', 'must name a server')
  const firstWait = between(100, 5000)(given.firstWait ?? 1000, '/firstWait')
  const tries = between(1, 5)(given.tries ?? 3, '/tries')
  // API Gateway answers for us after 30 seconds, and the person has left before.
  if (firstWait * (2 ** tries - 1) * servers.length > 20_000) malformed('/tries', 'must end within 20 seconds in all')
  const rules = readRules(readList(given.rules ?? [], '/rules', 50, readWrittenRule))
  if (!rules.ok) return malformed(`/rules${rules.at ?? ''}`, rules.detail ?? '')
  return {
    protocol: 'radius',
    askedBy: askedByOf(given.askedBy),
    servers,
    nasIdentifier: readText(given.nasIdentifier ?? 'keystep', '/nasIdentifier', /^[\x21-\x7e]{1,64}$/),
    firstWait,
    tries,
    rules: rules.value,
  }
}

/** `host:port`, `[::1]:1812`; the port of RFC 2865 where none is given. */
function readServer(data: unknown, at: string): Server {
  const shape = /^(?:\[(?<six>[0-9a-f:.]{2,45})\]|(?<host>[a-z0-9.-]{1,253}))(?::(?<port>\d{1,5}))?$/i
  const { six, host = '', port = '1812' } = shape.exec(readText(data, at, shape))?.groups ?? {}
  return { host: six ?? host, port: between(1, 65_535)(Number(port), at) }
}

function readWrittenRule(data: unknown, at: string): WrittenRule {
  const { kind, pattern } = readMembers(data, at, ['kind', 'pattern'])
  return { kind: readText(kind, `${at}/kind`, /^[a-z-]+$/), pattern: readText(pattern, `${at}/pattern`, /^.{1,500}$/) }
}

function readHttps(data: unknown): HttpsSettings {
  const given = readMembers(data, '', ['protocol', 'askedBy', 'url', 'keyId', 'privateAddresses', 'timeout'])
  const privateAddresses = readBoolean(given.privateAddresses ?? false, '/privateAddresses')
  return {
    protocol: 'https',
    askedBy: askedByOf(given.askedBy),
    url: readUrl(given.url, privateAddresses),
    keyId: readText(given.keyId, '/keyId', /^[A-Za-z0-9._-]{1,64}$/),
    privateAddresses,
    timeout: between(100, 20_000)(given.timeout ?? 5000, '/timeout'),
  }
}

function readUrl(data: unknown, privateAddresses: boolean): string {
  const url = URL.parse(readText(data, '/url', /^https?:/))
  if (url === null || `${url.username}${url.password}${url.search}${url.hash}` !== '')
    return malformed('/url', 'must be an address without user, query or fragment')
  const here = privateAddresses && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !here)
    malformed('/url', 'must begin with https:// (http:// is for this machine itself, with privateAddresses)')
  return url.href
}
