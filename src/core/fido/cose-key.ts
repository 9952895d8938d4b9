/**
 * Decides which public keys may prove anything here.
 *
 * A key is refused when somebody without its private half could answer for it (RSA with e = 1, an Ed25519 point of small
 * order), when it is too weak, or when its bytes could be read in two ways. This runs before any library sees the key,
 * at import and again at each use, because the libraries we looked at accept most of what is refused here.
 *
 * Left out: whether the modulus of an RSA key is a product of two good primes. Nobody can tell from the key alone.
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { toBase64url } from '../base64url.ts'
import { ok, type Refusal, type Result, refuse } from '../result.ts'
import { type Cbor, type CborMap, readCbor, writeCbor } from './cbor.ts'

/** COSE algorithms (RFC 9053, RFC 8812) in the order in which a browser is offered them. */
export const offeredAlgorithms = [-8, -7, -257, -35, -36] as const
export type CoseAlgorithm = (typeof offeredAlgorithms)[number]

export type CoseKey = {
  algorithm: CoseAlgorithm
  /** The canonical encoding, and the only one of this key. */
  bytes: Uint8Array<ArrayBuffer>
  /** For Node's own verify and for showing the key as PEM. */
  keyObject: KeyObject
}

type KeyRefusal = Refusal<'unsupported-algorithm' | 'bad-public-key'>

const bad = (detail: string): Refusal<'bad-public-key'> => refuse('bad-public-key', { detail })

/** The labels of a COSE_Key (RFC 9052 §7.1, RFC 9053 §7, RFC 8230 §4). Labels below zero depend on the key type. */
const label = { kty: 1, alg: 3, crv: -1, x: -2, y: -3, n: -1, e: -2 } as const
const kty = { okp: 1, ec2: 2, rsa: 3 } as const

/** More than RSA of 4096 bits needs, with an exponent of eight bytes. */
const longestKey = 600

/** Reads COSE_Key bytes (RFC 9052 §7). Refusals name what is wrong in plain words. */
export function readCoseKey(bytes: Uint8Array): Result<CoseKey, KeyRefusal['reason']> {
  if (bytes.length > longestKey) return bad(`a key of ${bytes.length} bytes; the longest allowed has ${longestKey}`)
  const cbor = readCbor(bytes)
  if (!cbor.ok) return bad(`not canonical CBOR: ${cbor.detail}`)
  if (!(cbor.value instanceof Map)) return bad('not a CBOR map')
  const algorithm = cbor.value.get(label.alg)
  if (typeof algorithm !== 'number') return bad('alg (label 3) is missing or is no number')
  if (!isOffered(algorithm))
    return refuse('unsupported-algorithm', {
      detail: `COSE algorithm ${algorithm}; supported: ${offeredAlgorithms.join(', ')}`,
    })

  const jwk = rules[algorithm](cbor.value)
  if (!jwk.ok) return jwk
  const keyObject = importKey(jwk.value)
  if (keyObject === undefined) return bad('the key cannot be imported')
  return ok({ algorithm, bytes: Uint8Array.from(bytes), keyObject })
}

const isOffered = (algorithm: number): algorithm is CoseAlgorithm =>
  (offeredAlgorithms as readonly number[]).includes(algorithm)

function importKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

type Rule = (key: CborMap) => Result<JsonWebKey, 'bad-public-key'>

const rules: Record<CoseAlgorithm, Rule> = {
  [-7]: (key) => readEc2(key, 'P-256'),
  [-35]: (key) => readEc2(key, 'P-384'),
  [-36]: (key) => readEc2(key, 'P-521'),
  [-8]: readEd25519,
  [-257]: readRsa,
}

/** Exactly these labels: one more, such as key_ops or a private d, is something that we would keep and not understand. */
function onlyHas(key: CborMap, labels: readonly number[]): Result<true, 'bad-public-key'> {
  for (const name of key.keys())
    if (typeof name !== 'number' || !labels.includes(name)) return bad(`label ${name} does not belong in this key`)
  for (const name of labels) if (!key.has(name)) return bad(`label ${name} is missing`)
  return ok(true)
}

const isBytes = (value: Cbor | undefined): value is Uint8Array<ArrayBuffer> => value instanceof Uint8Array

const toNumber = (bigEndian: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bigEndian).toString('hex')}`)

// --- ECDSA --------------------------------------------------------------------------------------------------------

type Curve = { crv: number; size: number; p: bigint; b: bigint }

/** Domain parameters of the NIST curves, y² = x³ − 3x + b over p (NIST SP 800-186 §3.2.1). The cofactor of each is 1. */
const curves = {
  'P-256': {
    crv: 1,
    size: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    crv: 2,
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  'P-521': {
    crv: 3,
    size: 66,
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
} as const satisfies Record<string, Curve>

type CurveName = keyof typeof curves

function readEc2(key: CborMap, name: CurveName): Result<JsonWebKey, 'bad-public-key'> {
  const shape = onlyHas(key, [label.kty, label.alg, label.crv, label.x, label.y])
  if (!shape.ok) return shape
  const curve = curves[name]
  if (key.get(label.kty) !== kty.ec2) return bad('kty is not 2 (EC2), which the algorithm needs')
  // RFC 9053 leaves the curve of ES256 open; WebAuthn §5.8.5 fixes it. A P-521 key under SHA-256 is not what was offered.
  if (key.get(label.crv) !== curve.crv) return bad(`crv is not ${curve.crv} (${name}), which the algorithm needs`)
  const x = key.get(label.x)
  const y = key.get(label.y)
  // A sign bit instead of y is point compression, which WebAuthn §5.8.5 forbids.
  if (!isBytes(x) || !isBytes(y)) return bad('x and y are not byte strings')
  if (x.length !== curve.size || y.length !== curve.size) return bad(`x and y are not ${curve.size} bytes each`)
  if (!isOnCurve(toNumber(x), toNumber(y), curve)) return bad(`the point is not on ${name}`)
  return ok({ kty: 'EC', crv: name, x: toBase64url(x), y: toBase64url(y) })
}

const isOnCurve = (x: bigint, y: bigint, { p, b }: Curve): boolean =>
  x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n

// --- RSA ----------------------------------------------------------------------------------------------------------

function readRsa(key: CborMap): Result<JsonWebKey, 'bad-public-key'> {
  const shape = onlyHas(key, [label.kty, label.alg, label.n, label.e])
  if (!shape.ok) return shape
  if (key.get(label.kty) !== kty.rsa) return bad('kty is not 3 (RSA), which the algorithm needs')
  const n = key.get(label.n)
  const e = key.get(label.e)
  if (!isBytes(n) || !isBytes(e)) return bad('n and e are not byte strings')
  if (n[0] === 0 || e[0] === 0) return bad('n or e starts with a zero byte')
  const modulus = toNumber(n)
  const bits = modulus.toString(2).length
  if (bits < 2048 || bits > 4096) return bad(`an RSA modulus of ${bits} bits; allowed are 2048 to 4096`)
  if (modulus % 2n === 0n) return bad('the RSA modulus is even')
  // With e = 1 a message is its own signature. Other exponents under 65537 are NIST SP 800-56B's to refuse (§6.2); one
  // longer than eight bytes serves nobody and costs us time at each login.
  if (e.length > 8) return bad('the RSA exponent is longer than eight bytes')
  const exponent = toNumber(e)
  if (exponent < 65_537n || exponent % 2n === 0n) return bad('the RSA exponent is even or less than 65537')
  return ok({ kty: 'RSA', n: toBase64url(n), e: toBase64url(e) })
}

// --- Ed25519 ------------------------------------------------------------------------------------------------------

function readEd25519(key: CborMap): Result<JsonWebKey, 'bad-public-key'> {
  const shape = onlyHas(key, [label.kty, label.alg, label.crv, label.x])
  if (!shape.ok) return shape
  if (key.get(label.kty) !== kty.okp) return bad('kty is not 1 (OKP), which the algorithm needs')
  if (key.get(label.crv) !== 6) return bad('crv is not 6 (Ed25519), which the algorithm needs')
  const x = key.get(label.x)
  if (!isBytes(x) || x.length !== 32) return bad('x is not 32 bytes')
  const point = decodePoint(x)
  if (point === undefined) return bad('x is not the canonical encoding of a point on Ed25519')
  if (!isInPrimeSubgroup(point)) return bad('the point is of small order, or has a part of small order')
  return ok({ kty: 'OKP', crv: 'Ed25519', x: toBase64url(x) })
}

const p = 2n ** 255n - 19n
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n
const sqrtOfMinusOne = 19681161376707505956807079304988542015446066515923890162744021073123829784752n
const subgroupOrder = 2n ** 252n + 27742317777372353535851937790883648493n

const mod = (value: bigint): bigint => {
  const rest = value % p
  return rest < 0n ? rest + p : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % p
    if (bit === '1') result = (result * base) % p
  }
  return result
}

/** Extended coordinates (RFC 8032 §5.1.4): x = X/Z, y = Y/Z, T = XY/Z. */
type Point = readonly [X: bigint, Y: bigint, Z: bigint, T: bigint]

/**
 * RFC 8032 §5.1.3, with the two cases that decoders differ on refused: a y of p or more, and the sign bit set on x = 0.
 * OpenSSL decodes neither strictly, and not before it verifies.
 */
function decodePoint(bytes: Uint8Array): Point | undefined {
  const encoded = toNumber(Uint8Array.from(bytes).reverse())
  const sign = encoded >> 255n
  const y = encoded & (2n ** 255n - 1n)
  if (y >= p) return undefined
  const u = mod(y * y - 1n)
  const v = mod(d * y * y + 1n)
  const candidate = mod(u * power(v, 3n) * power(mod(u * power(v, 7n)), (p - 5n) / 8n))
  const square = mod(v * candidate * candidate)
  if (square !== u && square !== mod(-u)) return undefined
  const root = square === u ? candidate : mod(candidate * sqrtOfMinusOne)
  if (root === 0n && sign === 1n) return undefined
  const x = (root & 1n) === sign ? root : mod(-root)
  return [x, y, 1n, mod(x * y)]
}

/**
 * True for a point of order L, so false for the eight points of small order, for which every signature can be made to
 * hold. A point that only has a part of small order is false too: verifiers disagree on its signatures ("Taming the
 * many EdDSAs", 2020, §3), and no honest key generation yields it.
 */
function isInPrimeSubgroup(point: Point): boolean {
  if (isIdentity(point)) return false
  let sum = point
  for (const bit of subgroupOrder.toString(2).slice(1)) {
    sum = double(sum)
    if (bit === '1') sum = add(sum, point)
  }
  return isIdentity(sum)
}

const isIdentity = ([X, Y, Z]: Point): boolean => X === 0n && Y === Z

/** RFC 8032 §5.1.4; complete, so the same point twice and the identity need no case of their own. */
function add([X1, Y1, Z1, T1]: Point, [X2, Y2, Z2, T2]: Point): Point {
  const a = ((Y1 - X1) * (Y2 - X2)) % p
  const b = ((Y1 + X1) * (Y2 + X2)) % p
  const c = ((2n * d * T1) % p) * T2
  const e = b - a
  const f = (2n * Z1 * Z2 - c) % p
  const g = (2n * Z1 * Z2 + c) % p
  const h = b + a
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)]
}

function double([X, Y, Z]: Point): Point {
  const a = X * X
  const b = Y * Y
  const h = (a + b) % p
  const e = (h - (X + Y) * (X + Y)) % p
  const g = (a - b) % p
  const f = (2n * Z * Z + g) % p
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)]
}

// --- PEM ----------------------------------------------------------------------------------------------------------

/** An RSA key of 4096 bits needs about 800 characters. */
const longestPem = 2048

/** SubjectPublicKeyInfo up to the key itself (RFC 5480, RFC 8410): for these key types all that comes before is fixed. */
const spkiPrefixes = {
  'P-256': Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex'),
  'P-384': Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex'),
  'P-521': Buffer.from('30819b301006072a8648ce3d020106052b810400230381860004', 'hex'),
  Ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
} as const

const algorithmOf = { 'P-256': -7, 'P-384': -35, 'P-521': -36 } as const satisfies Record<CurveName, CoseAlgorithm>

type PemRefusal = 'unsupported-algorithm' | 'bad-public-key' | 'malformed'

/** A public key in SPKI PEM ("BEGIN PUBLIC KEY", RFC 7468 §13) as the canonical COSE_Key bytes of the same key. */
export function coseKeyFromPem(pem: string): Result<Uint8Array<ArrayBuffer>, PemRefusal> {
  const der = derOf(pem)
  if (!der.ok) return der
  const key = coseMapOf(der.value)
  if (!key.ok) return key
  const checked = readCoseKey(writeCbor(key.value))
  return checked.ok ? ok(checked.value.bytes) : checked
}

/** The bytes between the two lines, when there is nothing else. */
function derOf(pem: string): Result<Buffer, 'malformed'> {
  const malformed = (detail: string) => refuse('malformed', { detail })
  if (pem.length > longestPem) return malformed(`a PEM of more than ${longestPem} characters`)
  if (/PRIVATE KEY/.test(pem)) return malformed('this is a private key; send the public key, and replace this pair')
  if (/BEGIN CERTIFICATE/.test(pem)) return malformed('this is a certificate; send its public key alone')
  const body = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)\n-----END PUBLIC KEY-----\r?\n?$/.exec(pem)?.[1]
  if (body === undefined) return malformed('not one PEM block that says PUBLIC KEY, without other text')
  const base64 = body.replaceAll(/\r?\n|\r$/g, '')
  const der = Buffer.from(base64, 'base64')
  return der.toString('base64') === base64 ? ok(der) : malformed('the lines are not canonical base64')
}

/** The COSE_Key of an SPKI, not yet checked: `readCoseKey` says whether it is any good. */
function coseMapOf(der: Buffer): Result<CborMap, PemRefusal> {
  for (const name of ['P-256', 'P-384', 'P-521'] as const) {
    const { crv, size } = curves[name]
    const point = after(spkiPrefixes[name], der)
    if (point === undefined) continue
    if (point.length !== 2 * size) return bad(`the point on ${name} is not ${2 * size} bytes long`)
    return ok(
      new Map<number, Cbor>([
        [label.kty, kty.ec2],
        [label.alg, algorithmOf[name]],
        [label.crv, crv],
        [label.x, point.slice(0, size)],
        [label.y, point.slice(size)],
      ]),
    )
  }
  const edwards = after(spkiPrefixes.Ed25519, der)
  if (edwards !== undefined)
    return ok(
      new Map<number, Cbor>([
        [label.kty, kty.okp],
        [label.alg, -8],
        [label.crv, 6],
        [label.x, edwards],
      ]),
    )
  return rsaMapOf(der)
}

const after = (prefix: Buffer, bytes: Buffer): Uint8Array<ArrayBuffer> | undefined =>
  bytes.subarray(0, prefix.length).equals(prefix) ? Uint8Array.from(bytes.subarray(prefix.length)) : undefined

function rsaMapOf(der: Buffer): Result<CborMap, PemRefusal> {
  const spki = importSpki(der)
  if (spki === undefined) return refuse('malformed', { detail: 'not a SubjectPublicKeyInfo in DER' })
  if (spki.asymmetricKeyType !== 'rsa')
    return refuse('unsupported-algorithm', {
      detail: `a key of type ${spki.asymmetricKeyType}, or one in a form that is not supported (a compressed point, explicit parameters)`,
    })
  // OpenSSL reads past what follows the key, and reads BER. Writing the key again shows both.
  if (!spki.export({ type: 'spki', format: 'der' }).equals(der))
    return refuse('malformed', { detail: 'not DER, or bytes after the key' })
  const { n, e } = spki.export({ format: 'jwk' })
  if (n === undefined || e === undefined) return bad('an RSA key without n or e')
  return ok(
    new Map<number, Cbor>([
      [label.kty, kty.rsa],
      [label.alg, -257],
      [label.n, Uint8Array.from(Buffer.from(n, 'base64url'))],
      [label.e, Uint8Array.from(Buffer.from(e, 'base64url'))],
    ]),
  )
}

function importSpki(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
