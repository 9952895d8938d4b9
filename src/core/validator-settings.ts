/**
 * Where a deployment's token validator is, and how it is spoken to: the JSON of `TOKEN_VALIDATOR`.
 *
 *     {"protocol":"radius","servers":["radius.example.org:1812"],"nasIdentifier":"keystep"}
 *     {"protocol":"https","url":"https://tokens.example.org/validate","keyId":"agent-7"}
 *
 * It leaves out what is shared with the validator: that is the secret `validatorSecret`.
 */
import { readRules, type TextRule } from './challenge-text.ts'
import { ok, type Result, refuse } from './result.ts'

export type ValidatorSettings = RadiusSettings | HttpsSettings

/** Which of the user's names the validator knows them by. */
export type AskedBy = 'userName' | 'email' | 'id'

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

const bad = (at: string, detail: string) => refuse('bad-validator', { at, detail })

type Read = Result<ValidatorSettings, 'bad-validator'>

export function readValidatorSettings(text: string): Read {
  const given = objectOf(text)
  if (given === undefined) return bad('', 'a JSON object')
  const askedBy = given.askedBy ?? 'userName'
  if (askedBy !== 'userName' && askedBy !== 'email' && askedBy !== 'id') return bad('/askedBy', 'userName, email or id')
  const { protocol } = given
  if (protocol !== 'radius' && protocol !== 'https') return bad('/protocol', 'radius or https')
  const stranger = Object.keys(given).find((name) => !members[protocol].includes(name))
  if (stranger !== undefined) return bad(`/${stranger}`, `one of ${members[protocol].join(', ')}`)
  return protocol === 'radius' ? readRadius(given, askedBy) : readHttps(given, askedBy)
}

const members = {
  radius: ['protocol', 'askedBy', 'servers', 'nasIdentifier', 'firstWait', 'tries', 'rules'],
  https: ['protocol', 'askedBy', 'url', 'keyId', 'privateAddresses', 'timeout'],
}

type Members = Readonly<Record<string, unknown>>

function objectOf(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function readRadius(given: Members, askedBy: AskedBy): Read {
  const servers = Array.isArray(given.servers) ? given.servers.map(readServer) : []
  if (servers.length < 1 || servers.length > 4) return bad('/servers', 'one to four of host:port')
  const known = servers.filter((server) => server !== undefined)
  if (known.length < servers.length)
    return bad(`/servers/${servers.indexOf(undefined)}`, 'host:port, such as 10.0.0.5:1812')
  const { nasIdentifier = 'keystep' } = given
  if (typeof nasIdentifier !== 'string' || !/^[\x21-\x7e]{1,64}$/.test(nasIdentifier))
    return bad('/nasIdentifier', '1 to 64 letters, digits or signs')
  const firstWait = numberOf(given.firstWait, 1000)
  if (!(firstWait >= 100 && firstWait <= 5000)) return bad('/firstWait', 'milliseconds from 100 to 5000')
  const tries = numberOf(given.tries, 3)
  if (!(tries >= 1 && tries <= 5)) return bad('/tries', '1 to 5')
  // API Gateway answers for us after 30 seconds, and the person has left before.
  if (firstWait * (2 ** tries - 1) * known.length > 20_000) return bad('/tries', 'less than 20 seconds in all')
  const rules = readRules(writtenRules(given.rules))
  if (!rules.ok) return bad(`/rules${rules.at ?? ''}`, rules.detail ?? '')
  return ok({ protocol: 'radius', askedBy, servers: known, nasIdentifier, firstWait, tries, rules: rules.value })
}

const numberOf = (value: unknown, usual: number): number =>
  value === undefined ? usual : typeof value === 'number' && Number.isInteger(value) ? value : Number.NaN

/** `host:port`, `[::1]:1812`; the port of RFC 2865 where none is given. */
function readServer(value: unknown): Server | undefined {
  const match = /^(?:\[(?<six>[0-9a-f:.]{2,45})\]|(?<host>[a-z0-9.-]{1,253}))(?::(?<port>\d{1,5}))?$/i.exec(
    String(value),
  )
  const host = match?.groups?.six ?? match?.groups?.host
  const port = Number(match?.groups?.port ?? 1812)
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port }
}

/** What is no rule at all becomes one that is refused by name. */
const writtenRules = (value: unknown) =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map((each: unknown) => {
    const { kind, pattern }: { kind?: unknown; pattern?: unknown } =
      typeof each === 'object' && each !== null ? each : {}
    return { kind: String(kind ?? ''), pattern: typeof pattern === 'string' ? pattern : '' }
  })

function readHttps(given: Members, askedBy: AskedBy): Read {
  const { keyId, url, privateAddresses = false } = given
  if (typeof keyId !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(keyId))
    return bad('/keyId', '1 to 64 letters, digits, . _ or -')
  if (typeof privateAddresses !== 'boolean') return bad('/privateAddresses', 'true or false')
  const timeout = numberOf(given.timeout, 5000)
  if (!(timeout >= 100 && timeout <= 20_000)) return bad('/timeout', 'milliseconds from 100 to 20000')
  if (typeof url !== 'string' || !isValidatorUrl(url, privateAddresses))
    return bad('/url', 'https://…, without user, query or fragment; http:// to 127.0.0.1 with privateAddresses only')
  return ok({ protocol: 'https', askedBy, url: new URL(url).href, keyId, privateAddresses, timeout })
}

function isValidatorUrl(text: string, privateAddresses: boolean): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(text)
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false
  const here = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  return protocol === 'https:' || (protocol === 'http:' && here && privateAddresses)
}
