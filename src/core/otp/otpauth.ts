/**
 * The otpauth URI: how an authenticator app is told of a one-time password, by a QR code or a link. Read and written as
 * Google's Key URI Format has it, which is all the specification there is.
 *
 * Read strictly: what an app would silently take for something else (a hash it does not know, an issuer that the label
 * contradicts) makes codes that never match, and nobody could say why.
 */
import { ok, type Refusal, type Result, refuse } from '../result.ts'
import { fromBase32, toBase32 } from './base32.ts'
import { type OtpParameters, otpAlgorithms, otpDigits, otpPeriods, otpTypes, secretBytes } from './one-time-password.ts'

/** `issuer` and `account` are what the app shows. */
export type OtpAuth = { parameters: OtpParameters; secret: Uint8Array; issuer?: string; account: string }

type Bad = Refusal<'bad-otpauth-uri'>
const bad = (detail: string): Bad => refuse('bad-otpauth-uri', { detail })

const known = ['secret', 'issuer', 'algorithm', 'digits', 'period', 'counter'] as const
type Name = (typeof known)[number]

export function parseOtpAuth(uri: string): Result<OtpAuth, 'bad-otpauth-uri'> {
  const parts = /^otpauth:\/\/([^/?#]*)\/([^?#]*)\?([^#]*)$/.exec(uri)
  if (parts === null) return bad('must be otpauth://TYPE/LABEL?PARAMETERS')
  const [, typeText = '', labelText = '', query = ''] = parts
  const type = otpTypes.find((each) => each === typeText)
  if (type === undefined) return bad(`the type must be ${otpTypes.join(' or ')}`)
  const given = readParameters(query)
  if (!given.ok) return given
  const label = readLabel(labelText, given.value.issuer)
  if (!label.ok) return label
  const secret = readSecret(given.value.secret)
  if (!secret.ok) return secret
  const parameters = readOtpParameters({ ...given.value, type })
  return parameters.ok
    ? ok({ parameters: parameters.value, secret: secret.value, ...label.value })
    : bad(`${parameters.at ?? ''} ${parameters.detail ?? ''}`.trim())
}

function readParameters(query: string): Result<Partial<Record<Name, string>>, 'bad-otpauth-uri'> {
  const values: Partial<Record<Name, string>> = {}
  for (const pair of query.split('&')) {
    const [rawName = '', ...rest] = pair.split('=')
    const name = known.find((each) => each === rawName)
    if (name === undefined) return bad(`the parameter ${rawName.slice(0, 30)} is not known; known: ${known.join(', ')}`)
    if (values[name] !== undefined) return bad(`the parameter ${name} is there twice`)
    const value = decoded(rest.join('='))
    if (value === undefined) return bad(`the parameter ${name} is badly encoded`)
    values[name] = value
  }
  return ok(values)
}

/** `Issuer:account`, the colon encoded or not, spaces before the account forgiven. An issuer is said once, or alike. */
function readLabel(
  text: string,
  issuer: string | undefined,
): Result<Pick<OtpAuth, 'issuer' | 'account'>, 'bad-otpauth-uri'> {
  const label = decoded(text)
  if (label === undefined) return bad('the label is badly encoded')
  const colon = label.indexOf(':')
  const [prefix, account] = colon < 0 ? [undefined, label] : [label.slice(0, colon), label.slice(colon + 1)]
  const name = account.trim()
  if (name === '' || name.includes(':')) return bad('the label must be ACCOUNT or ISSUER:ACCOUNT')
  if (prefix === '' || issuer === '') return bad('the issuer must not be empty')
  if (prefix !== undefined && issuer !== undefined && prefix !== issuer)
    return bad('the issuer in the label is another than the parameter issuer')
  const said = issuer ?? prefix
  return ok({ account: name, ...(said === undefined ? {} : { issuer: said }) })
}

function readSecret(text: string | undefined): Result<Uint8Array, 'bad-otpauth-uri'> {
  if (text === undefined) return bad('the parameter secret is missing')
  const secret = fromBase32(text)
  if (secret === undefined) return bad('the secret is not base32')
  return isSecretLength(secret) ? ok(secret) : bad(`the secret ${secretRule}`)
}

export const isSecretLength = ({ length }: Uint8Array): boolean =>
  length >= secretBytes.least && length <= secretBytes.most

export const secretRule = `must have ${secretBytes.least} to ${secretBytes.most} bytes`

/** Texts or numbers, as a URI or a JSON body has them. What is left out is what apps take for granted. */
export type GivenParameters = {
  type: (typeof otpTypes)[number]
  algorithm?: unknown
  digits?: unknown
  period?: unknown
  counter?: unknown
}

/** `at` of a refusal is the name of the member. */
export function readOtpParameters(given: GivenParameters): Result<OtpParameters, 'bad-parameter'> {
  const algorithm = otpAlgorithms.find((each) => each === (given.algorithm ?? 'SHA1'))
  if (algorithm === undefined) return badParameter('algorithm', `must be one of ${otpAlgorithms.join(', ')}`)
  const digits = otpDigits.find((each) => isNumber(given.digits ?? '6', each))
  if (digits === undefined) return badParameter('digits', `must be ${otpDigits.join(' or ')}`)
  if (given.type === 'totp') {
    if (given.counter !== undefined) return badParameter('counter', 'is for hotp alone')
    const period = otpPeriods.find((each) => isNumber(given.period ?? '30', each))
    return period === undefined
      ? badParameter('period', `must be ${otpPeriods.join(' or ')}`)
      : ok({ type: 'totp', algorithm, digits, period })
  }
  if (given.period !== undefined) return badParameter('period', 'is for totp alone')
  const counter = readCounter(given.counter)
  return counter === undefined
    ? badParameter('counter', 'must be a whole number, 0 or more, and is needed for hotp')
    : ok({ type: 'hotp', algorithm, digits, counter })
}

const badParameter = (at: string, detail: string) => refuse('bad-parameter', { at, detail })

const isNumber = (given: unknown, value: number): boolean => given === value || given === String(value)

/** Far below where counting by ones stops being exact. */
const mostCounter = 2 ** 48

function readCounter(given: unknown): number | undefined {
  const value = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostCounter ? value : undefined
}

/** Every parameter is written out, because apps differ in what they take for granted. */
export function writeOtpAuth({ parameters, secret, issuer, account }: OtpAuth): string {
  const label = [issuer, account].flatMap((part) => (part === undefined ? [] : [encodeURIComponent(part)])).join(':')
  const moving =
    parameters.type === 'totp' ? { period: String(parameters.period) } : { counter: String(parameters.counter) }
  const query = Object.entries({
    secret: toBase32(secret),
    ...(issuer === undefined ? {} : { issuer }),
    algorithm: parameters.algorithm,
    digits: String(parameters.digits),
    ...moving,
  })
  return `otpauth://${parameters.type}/${label}?${query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
