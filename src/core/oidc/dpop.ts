/**
 * Reads a DPoP proof (RFC 9449 §4.3): that who sends a request holds a key, and made the proof for this very request.
 *
 * It leaves out what cannot be known from the proof alone: whether its nonce is one of ours, whether its `jti` was seen
 * before, and whether the key is the one that a code or a token waits for.
 */
import { constants, createHash, type KeyObject, verify } from 'node:crypto'
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import type { Client } from './client.ts'
import { publicKeyOf } from './client-jwt.ts'
import { repeatedMember } from './json-members.ts'
import { algorithmNamed, fapiAlgorithms, type SigningAlgorithm, signingAlgorithms } from './signing.ts'

export type Proof = {
  /** RFC 7638 thumbprint of the key, SHA-256, base64url. */
  jkt: string
  alg: SigningAlgorithm
  jti: string
  /** When it can be of no more use: its `jti` is remembered until then. */
  until: Seconds
  nonce?: string
}

/** What the proof must have been made for. */
export type ProvenRequest = {
  method: string
  /** The origins that this service answers at: of the stage, never of a header. */
  origins: readonly string[]
  /** Without its query, decoded or not: platforms differ in what they hand on. */
  path: string
  algorithms: readonly SigningAlgorithm[]
  /** Where one is shown with the proof: the proof names its hash. */
  accessToken?: string
  now: Seconds
}

/** Whose signatures count in proofs: all of ours, or those that FAPI 2.0 leaves. */
export const proofAlgorithms = ({ profile }: Pick<Client, 'profile'>): readonly SigningAlgorithm[] =>
  profile === 'fapi2' ? fapiAlgorithms : signingAlgorithms

/** A proof is made for its request. Older ones are for somebody else's use; the nonce narrows that down further. */
const oldest: Seconds = 300
/** FAPI 2.0 Security Profile §5.3.2.1: 10 seconds must be borne with, more than 60 must not. */
const furthestAhead: Seconds = 30
const longestProof = 8192
const longestId = 256

/** `detail` is for the client's developer, and never holds anything of the proof. */
export function readProof(text: string, request: ProvenRequest): Result<Proof, 'invalid_dpop_proof'> {
  const parts = partsOf(text)
  if (parts === undefined) return wrong('The DPoP header is not one JWT.')
  const { header, payload, signed, signature } = parts
  if (header.typ !== 'dpop+jwt') return wrong('typ of the DPoP proof is not dpop+jwt.')
  const alg = algorithmNamed(header.alg, request.algorithms)
  if (alg === undefined) return wrong('alg of the DPoP proof is not one that is taken.')
  // Extensions that must be understood: none is (RFC 7515 §4.1.11).
  if (header.crit !== undefined || header.b64 !== undefined) return wrong('The DPoP proof has extensions.')
  const key = publicKeyIn(header.jwk, alg)
  if (key === undefined) return wrong('jwk of the DPoP proof is not a public key for its alg.')
  if (!holds(alg, key, signed, signature)) return wrong('The signature of the DPoP proof does not hold.')
  return readClaims(payload, request, { key, alg })
}

const wrong = (detail: string) => refuse('invalid_dpop_proof', { detail })

function readClaims(
  { jti, htm, htu, iat, ath, nonce }: Record<string, unknown>,
  request: ProvenRequest,
  { key, alg }: { key: KeyObject; alg: SigningAlgorithm },
): Result<Proof, 'invalid_dpop_proof'> {
  if (typeof jti !== 'string' || jti === '' || jti.length > longestId) return wrong('The DPoP proof has no usable jti.')
  if (htm !== request.method) return wrong('htm of the DPoP proof is not the method of the request.')
  if (!isAddressOf(htu, request)) return wrong('htu of the DPoP proof is not the address of the request.')
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return wrong('The DPoP proof has no iat.')
  if (iat < request.now - oldest || iat > request.now + furthestAhead)
    return wrong('iat of the DPoP proof is too far from now.')
  if (request.accessToken !== undefined && ath !== sha256(request.accessToken))
    return wrong('ath of the DPoP proof is not the hash of the access token.')
  if (nonce !== undefined && (typeof nonce !== 'string' || nonce.length > longestId))
    return wrong('nonce of the DPoP proof is not one.')
  return ok({
    jkt: thumbprintOf(key),
    alg,
    jti,
    until: Math.ceil(iat) + oldest + 1,
    ...(typeof nonce === 'string' ? { nonce } : {}),
  })
}

type Parts = {
  header: Record<string, unknown>
  payload: Record<string, unknown>
  signed: string
  signature: Buffer
}

/** One compact JWS of JSON objects. Several headers come joined by commas, which no part can hold (§4.3, 1 and 2). */
function partsOf(text: string): Parts | undefined {
  if (text.length > longestProof) return undefined
  const [, head, body, tail] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text) ?? []
  const [header, payload] = [objectIn(head), objectIn(body)]
  const signature = Buffer.from(tail ?? '', 'base64url')
  if (header === undefined || payload === undefined || signature.toString('base64url') !== tail) return undefined
  return { header, payload, signed: `${head}.${body}`, signature }
}

function objectIn(encoded = ''): Record<string, unknown> | undefined {
  const bytes = Buffer.from(encoded, 'base64url')
  // Another spelling of the same bytes is not what was signed by anybody who meant it.
  if (bytes.toString('base64url') !== encoded) return undefined
  try {
    const text = bytes.toString('utf8')
    const value: unknown = JSON.parse(text)
    return isObject(value) && repeatedMember(text) === undefined ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const kinds: Record<SigningAlgorithm, { kty: string; crv?: string }> = {
  ES256: { kty: 'EC', crv: 'P-256' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  PS256: { kty: 'RSA' },
  RS256: { kty: 'RSA' },
}

/** RFC 7518 §6: members that only a private or a shared key has. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** The key, where it is a public one that this algorithm can be used with, and strong. */
function publicKeyIn(jwk: unknown, alg: SigningAlgorithm): KeyObject | undefined {
  const { kty, crv } = kinds[alg]
  if (!isObject(jwk) || jwk.kty !== kty || (crv !== undefined && jwk.crv !== crv)) return undefined
  if (privateMembers.some((name) => jwk[name] !== undefined)) return undefined
  if (jwk.alg !== undefined && algorithmNamed(jwk.alg) !== alg) return undefined
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  const key = publicKeyOf(jwk)
  return key !== undefined && isStrong(key) ? key : undefined
}

/** Of RSA: 2048 bits (RFC 7518 §3.3) to 4096, which are dear enough to check, and no exponent that makes it weak. */
function isStrong({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  if (type !== 'rsa') return true
  const { modulusLength = 0, publicExponent = 0n } = details
  return modulusLength >= 2048 && modulusLength <= 4096 && publicExponent >= 65_537n && publicExponent % 2n === 1n
}

function holds(alg: SigningAlgorithm, key: KeyObject, signed: string, signature: Buffer): boolean {
  const digest = alg === 'EdDSA' ? null : 'sha256'
  return verify(digest, Buffer.from(signed), { key, ...forms[alg] }, signature)
}

const forms = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  EdDSA: {},
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  RS256: { padding: constants.RSA_PKCS1_PADDING },
} as const satisfies Record<SigningAlgorithm, object>

/**
 * The scheme, host and path of the request, whatever `htu` says of a query or a fragment, after the normalisation that
 * every URL goes through (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3).
 */
function isAddressOf(htu: unknown, { origins, path }: ProvenRequest): boolean {
  if (typeof htu !== 'string' || !/^https?:\/\//i.test(htu) || !URL.canParse(htu)) return false
  const { origin, pathname, username, password } = new URL(htu)
  if (username !== '' || password !== '' || !origins.includes(origin)) return false
  try {
    return pathname === path || decodeURIComponent(pathname) === path
  } catch {
    return false
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** RFC 7638, of the key as node writes it: however its members were spelt, it is one key. */
function thumbprintOf(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' })
  return sha256(JSON.stringify({ crv, e, kty, n, x, y }))
}
