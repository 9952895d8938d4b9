/**
 * Reads a Portable Symmetric Key Container (RFC 6030): how vendors hand over the secrets of hardware tokens.
 *
 * Plain values, and values encrypted by AES-128-CBC with a pre-shared key and authenticated by HMAC-SHA1, which is what
 * the profile demands (§6.1). What is not understood is refused by its name and place, as §5 asks for policies: a PIN, a
 * signature or an algorithm that was passed over would make a key that means something else. A container that is none is
 * refused as a whole, a key that cannot be taken by itself.
 *
 * No entities and no document type: what XML does with them is an attack, not a token.
 */
import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { ok, type Refusal, type Result, refuse, type Seconds } from '../result.ts'
import type { OtpParameters } from './one-time-password.ts'
import { isSecretLength, readOtpParameters, secretRule } from './otpauth.ts'
import { type Element, parseXml } from './xml.ts'

export type PskcKey = {
  parameters: OtpParameters
  secret: Uint8Array
  /** As the container names the user, where it does; of a distinguished name, the UID or the CN. */
  userId?: string
  externalId?: string
  serialNumber?: string
  friendlyName?: string
}

/** `at` is where the key is in the container, as XPath has it. */
export type PskcItem = { at: string; userId: string; key: Result<PskcKey, 'bad-pskc'> }

/** `preSharedKey`: 16 bytes, where values are encrypted. `now`: keys that their policy ends before are refused. */
export type PskcContext = { preSharedKey?: Uint8Array; now: Seconds }

const pskc = 'urn:ietf:params:xml:ns:keyprov:pskc'
const xenc = 'http://www.w3.org/2001/04/xmlenc#'
const dsig = 'http://www.w3.org/2000/09/xmldsig#'

export function parsePskc(text: string, context: PskcContext): Result<PskcItem[], 'bad-pskc'> {
  return reading(() => {
    const root = parseXml(text)
    if (!root.ok) throw new NotUnderstood('/', root.detail ?? 'is not XML')
    const container = root.value
    if (container.namespace !== pskc || container.name !== 'KeyContainer')
      throw new NotUnderstood('/', 'must be a KeyContainer of RFC 6030')
    const from = reader(container, { attributes: ['Version', 'Id'] })
    if (container.attributes.Version !== '1.0') throw new NotUnderstood(container.at, 'must have the Version 1.0')
    const encryption = from.optional('EncryptionKey')
    const mac = from.optional('MACMethod')
    const packages = from.all('KeyPackage')
    from.end()
    if (packages.length === 0) throw new NotUnderstood(container.at, 'has no KeyPackage')
    if (encryption !== undefined) readEncryptionKey(encryption)
    const opened: Opener = { ...context, ...(mac === undefined ? {} : { macKey: readMacKey(mac, context) }) }
    return packages.map((each) => readPackage(each, opened))
  })
}

type Opener = PskcContext & { macKey?: Uint8Array }

/** The pre-shared key has a name, which says nothing to us: whoever calls brings the key itself. */
function readEncryptionKey(element: Element): void {
  const from = reader(element)
  const name = from.optional('KeyName', dsig)
  from.end()
  if (name === undefined) throw new NotUnderstood(element.at, 'has no KeyName')
}

function readMacKey(element: Element, context: PskcContext): Uint8Array {
  const from = reader(element, { attributes: ['Algorithm'] })
  if (element.attributes.Algorithm !== `${dsig}hmac-sha1`)
    throw new NotUnderstood(element.at, `must have the Algorithm ${dsig}hmac-sha1`)
  const key = from.one('MACKey')
  from.end()
  return decrypted(encryptedValueOf(key), context, key.at)
}

function readPackage(element: Element, opener: Opener): PskcItem {
  let userId = ''
  const key = reading(() => {
    const from = reader(element)
    const device = from.optional('DeviceInfo')
    const cryptoModule = from.optional('CryptoModuleInfo')
    const one = from.optional('Key')
    from.end()
    if (one === undefined) throw new NotUnderstood(element.at, 'has no Key')
    if (cryptoModule !== undefined) readTexts(cryptoModule, ['Id'])
    const about = device === undefined ? {} : readTexts(device, deviceMembers)
    checkDates(about, element.at, opener.now)
    const read = readKey(one, opener, about.UserId)
    userId = read.userId ?? ''
    return { ...read, ...(about.SerialNo === undefined ? {} : { serialNumber: about.SerialNo }) }
  })
  return { at: element.at, userId, key }
}

const deviceMembers = [
  'Manufacturer',
  'SerialNo',
  'Model',
  'IssueNo',
  'DeviceBinding',
  'StartDate',
  'ExpiryDate',
  'UserId',
] as const

/** The texts of elements that hold nothing else. */
function readTexts<Name extends string>(element: Element, names: readonly Name[]): { [name in Name]?: string } {
  const from = reader(element)
  const values: { [name in Name]?: string } = {}
  for (const name of names) {
    const member = from.optional(name)
    if (member !== undefined) values[name] = textOf(member)
  }
  from.end()
  return values
}

function checkDates({ StartDate, ExpiryDate }: { StartDate?: string; ExpiryDate?: string }, at: string, now: Seconds) {
  const start = StartDate === undefined ? undefined : readDate(StartDate, at)
  const end = ExpiryDate === undefined ? undefined : readDate(ExpiryDate, at)
  if (start !== undefined && start > now) throw new NotUnderstood(at, `is not to be used before ${StartDate}`)
  if (end !== undefined && end <= now) throw new NotUnderstood(at, `has expired: ${ExpiryDate}`)
}

/** §4.1: a dateTime in UTC or with a zone; without one it would be anybody's guess. */
function readDate(text: string, at: string): Seconds {
  const value = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(value)) throw new NotUnderstood(at, 'has a date that is none')
  return Math.floor(value / 1000)
}

function readKey(element: Element, opener: Opener, deviceUser: string | undefined): PskcKey {
  const from = reader(element, { attributes: ['Id', 'Algorithm'] })
  const type = (['totp', 'hotp'] as const).find((each) => element.attributes.Algorithm === `${pskc}:${each}`)
  if (type === undefined) throw new NotUnderstood(element.at, `must have the Algorithm ${pskc}:totp or ${pskc}:hotp`)
  from.optional('Issuer')
  const format = from.optional('AlgorithmParameters')
  const friendlyName = from.optional('FriendlyName')
  const data = from.one('Data')
  const user = from.optional('UserId')
  const policy = from.optional('Policy')
  from.end()
  if (policy !== undefined) readPolicy(policy, opener.now)

  const { secret, counter, period } = readData(data, opener)
  const { digits, algorithm } = format === undefined ? {} : readFormat(format)
  // A counter beside a TOTP secret, as some vendors have, says nothing: the time does.
  const moving = type === 'totp' ? { period } : { counter: counter ?? '0' }
  const parameters = readOtpParameters({ type, algorithm, digits, ...moving })
  if (!parameters.ok) throw new NotUnderstood(element.at, `${parameters.at} ${parameters.detail}`)
  const userId = user === undefined ? deviceUser : textOf(user)
  const { Id: id } = element.attributes
  return {
    parameters: parameters.value,
    secret,
    ...(userId === undefined ? {} : { userId: accountOf(userId) }),
    ...(id === undefined || id === '' ? {} : { externalId: id }),
    ...(friendlyName === undefined ? {} : { friendlyName: textOf(friendlyName) }),
  }
}

/** §4.2 has a distinguished name there (RFC 4514); vendors also write the account alone. */
function accountOf(userId: string): string {
  const named = (type: string) => new RegExp(`(?:^|,)\\s*${type}\\s*=\\s*([^,+\\\\]+)`, 'i').exec(userId)?.[1]?.trim()
  return named('UID') ?? named('CN') ?? (userId.includes('=') ? '' : userId)
}

/** §5: of a policy that is not understood, no use of the key is permitted. */
function readPolicy(element: Element, now: Seconds): void {
  const from = reader(element)
  const usages = from.all('KeyUsage').map(textOf)
  const start = from.optional('StartDate')
  const end = from.optional('ExpiryDate')
  from.end()
  if (usages.length > 0 && !usages.includes('OTP'))
    throw new NotUnderstood(element.at, `permits ${usages.join(', ')} only, and not OTP`)
  checkDates({ ...(start && { StartDate: textOf(start) }), ...(end && { ExpiryDate: textOf(end) }) }, element.at, now)
}

/** §4.3.4. The hash is in `Suite`: vendors write it in several ways. */
function readFormat(element: Element): { digits?: string; algorithm?: string } {
  const from = reader(element)
  const suite = from.optional('Suite')
  const response = from.optional('ResponseFormat')
  from.end()
  const algorithm = suite === undefined ? undefined : /^(?:HMAC-?)?SHA-?(1|256|512)$/i.exec(textOf(suite))?.[1]
  if (suite !== undefined && algorithm === undefined)
    throw new NotUnderstood(suite.at, 'names no hash that is known here')
  if (response !== undefined) {
    reader(response, { attributes: ['Length', 'Encoding'] }).end()
    if (response.attributes.Encoding !== 'DECIMAL')
      throw new NotUnderstood(response.at, 'must have the Encoding DECIMAL')
  }
  return {
    ...(response?.attributes.Length === undefined ? {} : { digits: response.attributes.Length }),
    ...(algorithm === undefined ? {} : { algorithm: `SHA${algorithm}` }),
  }
}

function readData(element: Element, opener: Opener): { secret: Uint8Array; counter?: string; period?: string } {
  const from = reader(element)
  const secretElement = from.one('Secret')
  const counter = from.optional('Counter')
  // When the token's clock was last right, and by how much it differs: ours is right, and the drift is allowed for.
  from.optional('Time')
  const interval = from.optional('TimeInterval')
  from.optional('TimeDrift')
  from.end()
  const secret = readSecret(secretElement, opener)
  if (!isSecretLength(secret)) throw new NotUnderstood(secretElement.at, secretRule)
  return {
    secret,
    ...(counter === undefined ? {} : { counter: plainOf(counter) }),
    ...(interval === undefined ? {} : { period: plainOf(interval) }),
  }
}

/** A counter or an interval is plain, or refused: nobody hides those. */
function plainOf(element: Element): string {
  const from = reader(element)
  const value = from.one('PlainValue')
  from.end()
  return textOf(value)
}

function readSecret(element: Element, opener: Opener): Uint8Array {
  const from = reader(element)
  const plain = from.optional('PlainValue')
  const encrypted = from.optional('EncryptedValue')
  const mac = from.optional('ValueMAC')
  from.end()
  if (plain !== undefined && encrypted === undefined) return bytesOf(plain)
  if (plain !== undefined || encrypted === undefined)
    throw new NotUnderstood(element.at, 'must have either a PlainValue or an EncryptedValue')
  const value = encryptedValueOf(encrypted)
  // §6.1.1: CBC alone can be changed on its way; before it is decrypted, it is held against its MAC.
  if (mac === undefined || opener.macKey === undefined)
    throw new NotUnderstood(element.at, 'must have a ValueMAC, and the container a MACMethod')
  const expected = createHmac('sha1', opener.macKey).update(value).digest()
  const given = bytesOf(mac)
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new NotUnderstood(mac.at, 'does not hold: another pre-shared key, or the value was changed')
  return decrypted(value, opener, encrypted.at)
}

function encryptedValueOf(element: Element): Uint8Array {
  const from = reader(element)
  const method = from.one('EncryptionMethod', xenc)
  const data = from.one('CipherData', xenc)
  from.end()
  reader(method, { attributes: ['Algorithm'] }).end()
  if (method.attributes.Algorithm !== `${xenc}aes128-cbc`)
    throw new NotUnderstood(method.at, `must have the Algorithm ${xenc}aes128-cbc`)
  const inner = reader(data)
  const value = inner.one('CipherValue', xenc)
  inner.end()
  return bytesOf(value)
}

/** AES-128-CBC as XML Encryption has it (§5.2): the vector first; the last byte says how much was padded. */
function decrypted(value: Uint8Array, { preSharedKey }: PskcContext, at: string): Uint8Array {
  if (preSharedKey === undefined) throw new NotUnderstood(at, 'is encrypted, and no pre-shared key came with it')
  const failed = new NotUnderstood(at, 'does not decrypt with this pre-shared key')
  if (value.length < 32 || value.length % 16 !== 0) throw failed
  const decipher = createDecipheriv('aes-128-cbc', preSharedKey, value.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(value.subarray(16)), decipher.final()])
  const padding = padded.at(-1) ?? 0
  if (padding < 1 || padding > 16) throw failed
  return padded.subarray(0, padded.length - padding)
}

// --- Reading elements ---------------------------------------------------------------------------------------------

/** Carries a refusal out of nested readers; it never leaves this file. */
class NotUnderstood extends Error {
  readonly refusal: Refusal<'bad-pskc'>
  constructor(at: string, detail: string) {
    super(detail)
    this.refusal = refuse('bad-pskc', { at, detail })
  }
}

function reading<Value>(read: () => Value): Result<Value, 'bad-pskc'> {
  try {
    return ok(read())
  } catch (error) {
    if (error instanceof NotUnderstood) return error.refusal
    throw error
  }
}

/** Takes children by name; what nobody took when `end` is called is refused. */
function reader(element: Element, { attributes = [] }: { attributes?: readonly string[] } = {}) {
  const left = new Set(element.children)
  const stranger = Object.keys(element.attributes).find((name) => !attributes.includes(name))
  if (stranger !== undefined)
    throw new NotUnderstood(element.at, `has an attribute that is not known here: ${stranger}`)
  const all = (name: string, namespace = pskc): Element[] => {
    const found = [...left].filter((child) => child.name === name && child.namespace === namespace)
    for (const each of found) left.delete(each)
    return found
  }
  const optional = (name: string, namespace?: string): Element | undefined => {
    const [first, second] = all(name, namespace)
    if (second !== undefined) throw new NotUnderstood(second.at, 'is there twice')
    return first
  }
  return {
    all,
    optional,
    one(name: string, namespace?: string): Element {
      const found = optional(name, namespace)
      if (found === undefined) throw new NotUnderstood(element.at, `has no ${name}`)
      return found
    },
    end(): void {
      const [unknown] = left
      if (unknown !== undefined) throw new NotUnderstood(unknown.at, 'is not understood here')
    },
  }
}

function textOf(element: Element): string {
  reader(element).end()
  return element.text
}

function bytesOf(element: Element): Uint8Array {
  const text = textOf(element).replace(/\s/g, '')
  const bytes = Buffer.from(text, 'base64')
  if (text === '' || bytes.toString('base64') !== text) throw new NotUnderstood(element.at, 'is not base64')
  return bytes
}
