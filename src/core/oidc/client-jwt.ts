/**
 * A JWT that a client signed: what is in it, whether its form is one that we take, and which of the client's keys may have
 * signed it (RFC 7515, RFC 7517, RFC 8725). Whether one of them did is looked at in `services/client-signature.ts`; what
 * the claims must say depends on what it is for: `client-assertion.ts`, `request-object.ts`.
 *
 * Left out and refused: keys and addresses of keys in the header (`jwk`, `jku`, `x5u`, `x5c`), whatever is critical, tokens
 * in tokens, a member that is there twice, and algorithms that are not ours: `none` and all that share a secret.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import { depthOf, repeatedMember } from './json-members.ts'
import { algorithmNamed, type SigningAlgorithm, signingAlgorithms } from './signing.ts'

export type ClientJwt = {
  alg: SigningAlgorithm
  kid?: string
  /** In lower case, without `application/`. */
  typ?: string
  claims: Readonly<Record<string, unknown>>
}

/** Letters. What fits in a header of API Gateway's is shorter; a pushed one may have as much to say. */
const longest = 16_384

/** How far the clock of a client may be ahead of ours: FAPI 2.0 Security Profile §5.3.2.1 wants 10 taken and 60 refused. */
export const clockSkew: Seconds = 30

/** Objects in each other. `claims` of a request object takes four. */
const deepest = 32

const inHeader = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc', 'cty'] as const

/** The form alone: nothing in it is true yet. */
export function readJwt(text: string): Result<ClientJwt, 'malformed-jwt'> {
  if (text.length > longest) return malformed(`is longer than ${longest} characters`)
  const [first = '', second = '', third = '', ...more] = text.split('.')
  if (more.length > 0 || ![first, second, third].every(isBase64url))
    return malformed('is no signed JWT in compact form')
  const [header, claims] = [objectIn(first), objectIn(second)]
  if (header === undefined || claims === undefined)
    return malformed('holds no JSON object, one member twice, or too many in each other')
  const { alg, kid, typ } = header
  const known = algorithmNamed(alg)
  if (known === undefined) return malformed(`must be signed with one of ${signingAlgorithms.join(', ')}`)
  const unwanted = inHeader.find((name) => Object.hasOwn(header, name))
  if (unwanted !== undefined) return malformed(`must not have ${unwanted} in its header`)
  if (kid !== undefined && !(typeof kid === 'string' && kid.length <= 256))
    return malformed('has a kid that is no name')
  if (typ !== undefined && !(typeof typ === 'string' && typ.length <= 64)) return malformed('has a typ that is no type')
  return ok({
    alg: known,
    claims,
    ...(kid === undefined ? {} : { kid }),
    ...(typ === undefined ? {} : { typ: typ.toLowerCase().replace(/^application\//, '') }),
  })
}

const malformed = (detail: string) => refuse('malformed-jwt', { detail })

/** Without padding, and spelled in the one way there is (RFC 7515 §2). */
const isBase64url = (text: string): boolean =>
  /^[A-Za-z0-9_-]+$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text

function objectIn(segment: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(segment, 'base64url'))
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && depthOf(text) <= deepest && repeatedMember(text) === undefined
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Bits of an RSA key: below is too weak (RFC 7518 §3.3), above takes a Lambda's time. */
const [fewestBits, mostBits] = [2048, 8192]
/** Keys of one set that are tried on one signature. */
const mostTried = 4

/**
 * Which of the keys may have signed it. With a `kid` those of that name; without one the only one that fits, as nobody is to
 * try keys until one works (OpenID Connect Core §10.1).
 */
export function keysFor(keys: readonly JWK[], { alg, kid }: Pick<ClientJwt, 'alg' | 'kid'>): KeyObject[] {
  const named = keys.filter((jwk) => kid === undefined || jwk.kid === kid)
  const fitting = named.flatMap((jwk) => keyIn(jwk, alg) ?? [])
  return kid === undefined && fitting.length > 1 ? [] : fitting.slice(0, mostTried)
}

const kinds: Record<SigningAlgorithm, { kty: string; crv?: string }> = {
  RS256: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
}

/** The public key of a JWK that says nothing against its use for this. */
function keyIn(jwk: JWK, alg: SigningAlgorithm): KeyObject | undefined {
  const { kty, crv } = kinds[alg]
  if (jwk.kty !== kty || (crv !== undefined && jwk.crv !== crv)) return undefined
  if (jwk.alg !== undefined && algorithmNamed(jwk.alg) !== alg) return undefined
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined
  const key = publicKeyOf(jwk)
  return key !== undefined && isStrong(key) ? key : undefined
}

/** `undefined` for what is no key. Private members are not looked at. */
export function publicKeyOf({ kty, crv, x, y, n, e }: JWK): KeyObject | undefined {
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)
  try {
    return createPublicKey({ key: Object.fromEntries(members), format: 'jwk' })
  } catch {
    return undefined
  }
}

function isStrong({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  if (type !== 'rsa') return true
  const { modulusLength = 0, publicExponent = 0n } = details
  return (
    modulusLength >= fewestBits && modulusLength <= mostBits && publicExponent >= 65_537n && publicExponent % 2n === 1n
  )
}
