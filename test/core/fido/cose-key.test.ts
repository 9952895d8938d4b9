import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cbor, readCbor, writeCbor } from '../../../src/core/fido/cbor.ts'
import { type CoseAlgorithm, coseKeyFromPem, readCoseKey } from '../../../src/core/fido/cose-key.ts'

// One genuine key of each kind; a test changes one thing about it.

const spkiPem = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string =>
  key.export({ type: 'spki', format: 'pem' }).toString()

const pems: Record<CoseAlgorithm, string> = {
  [-7]: spkiPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
  [-35]: spkiPem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
  [-36]: spkiPem(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey),
  [-8]: spkiPem(generateKeyPairSync('ed25519').publicKey),
  [-257]: spkiPem(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
}
const algorithms = [-8, -7, -257, -35, -36] as const

function bytesOf(algorithm: CoseAlgorithm): Uint8Array {
  const bytes = coseKeyFromPem(pems[algorithm])
  if (!bytes.ok) throw new Error(bytes.reason)
  return bytes.value
}

const genuine: Record<CoseAlgorithm, Uint8Array> = {
  [-7]: bytesOf(-7),
  [-35]: bytesOf(-35),
  [-36]: bytesOf(-36),
  [-8]: bytesOf(-8),
  [-257]: bytesOf(-257),
}

const labels = { kty: 1, alg: 3, crv: -1, x: -2, y: -3, n: -1, e: -2 } as const

/** The labels and values of the genuine key, some of them replaced; undefined takes one out. */
function changed(algorithm: CoseAlgorithm, changes: readonly (readonly [Cbor, Cbor | undefined])[]): Uint8Array {
  const cbor = readCbor(genuine[algorithm])
  if (!cbor.ok || !(cbor.value instanceof Map)) throw new Error('the genuine key is no map')
  const map = new Map(cbor.value)
  for (const [name, value] of changes) {
    if (typeof name !== 'number' && typeof name !== 'string') throw new Error('no such label')
    if (value === undefined) map.delete(name)
    else map.set(name, value)
  }
  return writeCbor(map)
}

function member(algorithm: CoseAlgorithm, name: number): Uint8Array<ArrayBuffer> {
  const cbor = readCbor(genuine[algorithm])
  const value = cbor.ok && cbor.value instanceof Map ? cbor.value.get(name) : undefined
  if (!(value instanceof Uint8Array)) throw new Error(`label ${name} holds no bytes`)
  return Uint8Array.from(value)
}

const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex, 'hex'))
const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.concat(parts))
const rsaModulus = (bits: number): Uint8Array<ArrayBuffer> => {
  const n = new Uint8Array(Math.ceil(bits / 8)).fill(0xff)
  n[0] = 0xff >> ((8 - (bits % 8)) % 8)
  return n
}
const refusedFor = (reason: string, detail: RegExp) =>
  expect.objectContaining({ ok: false, reason, detail: expect.stringMatching(detail) })
const bad = (detail: RegExp) => refusedFor('bad-public-key', detail)

describe('a COSE key', () => {
  it.each(algorithms)('of algorithm %i is read, and written again is the same bytes', (algorithm) => {
    const key = readCoseKey(genuine[algorithm])
    expect(key).toMatchObject({ ok: true, value: { algorithm, bytes: genuine[algorithm] } })
    expect(key.ok && spkiPem(key.value.keyObject)).toBe(pems[algorithm])
  })

  it.each([
    ['RS1, which is SHA-1', -65535],
    ['RS384', -258],
    ['RS512', -259],
    ['PS256', -37],
    ['ES256K', -47],
    ['ESP256', -9],
    ['ML-DSA-44', -48],
    ['HMAC 256', 5],
    ['nothing registered', 12345],
  ])('of an algorithm that is not offered is refused by number: %s', (_, algorithm) => {
    expect(readCoseKey(changed(-257, [[labels.alg, algorithm]]))).toEqual(
      refusedFor('unsupported-algorithm', new RegExp(`COSE algorithm ${algorithm};`)),
    )
  })

  it('without an algorithm is refused', () => {
    expect(readCoseKey(changed(-7, [[labels.alg, undefined]]))).toEqual(bad(/alg .* missing/))
  })

  it('whose algorithm is a text is refused', () => {
    expect(readCoseKey(changed(-7, [[labels.alg, 'ES256']]))).toEqual(bad(/alg .* no number/))
  })

  it.each(algorithms)('of algorithm %i with a byte after it is refused', (algorithm) => {
    expect(readCoseKey(concat(genuine[algorithm], Uint8Array.of(0)))).toEqual(bad(/1 bytes after/))
  })

  it.each(algorithms)('of algorithm %i cut short anywhere is refused', (algorithm) => {
    for (let length = 0; length < genuine[algorithm].length; length++)
      expect(readCoseKey(genuine[algorithm].subarray(0, length)).ok).toBe(false)
  })

  it.each(algorithms)('of algorithm %i with a label that it does not need is refused', (algorithm) => {
    expect(readCoseKey(changed(algorithm, [[4, [2]]]))).toEqual(bad(/label 4 does not belong/))
    expect(readCoseKey(changed(algorithm, [['kid', 'mine']]))).toEqual(bad(/label kid does not belong/))
  })

  it('that carries its private half is refused', () => {
    expect(readCoseKey(changed(-8, [[-4, new Uint8Array(32)]]))).toEqual(bad(/label -4 does not belong/))
  })

  it('with a label twice is refused, whichever of the two is right', () => {
    const [right, wrong] = [bytes('0326'), bytes('0327')]
    const head = bytes('a60102')
    const rest = genuine[-7].subarray(5)
    for (const pair of [concat(right, wrong), concat(wrong, right), concat(right, right)])
      expect(readCoseKey(concat(head, pair, rest))).toEqual(bad(/label 3 is there twice/))
  })

  it('with labels out of canonical order is refused', () => {
    const swapped = concat(bytes('a503260102'), genuine[-7].subarray(5))
    expect(readCoseKey(swapped)).toEqual(bad(/not in canonical order/))
  })

  it.each([
    ['one byte', '18'],
    ['two bytes', '1900'],
    ['four bytes', '1a000000'],
    ['eight bytes', '1b00000000000000'],
  ])('with a small number written in %s is refused', (_, prefix) => {
    const kty = concat(bytes('a501'), bytes(prefix), bytes('02'), genuine[-7].subarray(3))
    expect(readCoseKey(kty)).toEqual(bad(/shortest form/))
  })

  it('with a length that is not the shortest is refused', () => {
    const at = 9 // a5 0102 0326 2001 21 | 58 20 …
    expect(readCoseKey(concat(genuine[-7].subarray(0, at - 1), bytes('590020'), genuine[-7].subarray(at + 1)))).toEqual(
      bad(/shortest form/),
    )
  })

  it('of indefinite length is refused', () => {
    expect(readCoseKey(concat(bytes('bf'), genuine[-7].subarray(1), bytes('ff')))).toEqual(bad(/indefinite/))
  })

  it('with a coordinate of indefinite length is refused', () => {
    const chunked = concat(bytes('a401010327200621'), bytes('5f5820'), member(-8, labels.x), bytes('ff'))
    expect(readCoseKey(chunked)).toEqual(bad(/indefinite/))
  })

  it.each([
    ['a tag', 'd9d9f7a0', /a tag/],
    ['a float', 'a101fb4000000000000000', /float/],
    ['undefined', 'a101f7', /simple value/],
    ['a label that is a byte string', 'a14101f5', /label/],
    ['an array', '8101', /not a CBOR map/],
    ['an integer past 2^53', 'a1031bffffffffffffffff', /too large/],
    ['a text that is not UTF-8', 'a10361ff', /UTF-8/],
    ['brackets without end', '81'.repeat(500), /nested too deep/],
    ['a map that promises four thousand million members', 'ba7fffffff', /too early/],
  ])('with %s in it is refused', (_, hex, detail) => {
    expect(readCoseKey(bytes(hex))).toEqual(bad(detail))
  })

  it('of more bytes than any allowed key has is refused unread', () => {
    expect(readCoseKey(new Uint8Array(100_000))).toEqual(bad(/100000 bytes/))
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), (input) => !readCoseKey(input).ok))
  })

  it('with any one byte changed is refused or another key, never the same one again', () => {
    const change = fc.record({ index: fc.nat(), xor: fc.integer({ min: 1, max: 255 }) })
    fc.assert(
      fc.property(fc.constantFrom(...algorithms), change, (algorithm, { index, xor }) => {
        const mutated = Uint8Array.from(genuine[algorithm])
        const at = index % mutated.length
        mutated[at] = (mutated[at] ?? 0) ^ xor
        const key = readCoseKey(mutated)
        return !key.ok || spkiPem(key.value.keyObject) !== pems[algorithm]
      }),
    )
  })
})

describe('an ECDSA key', () => {
  const curves = [
    [-7, 'P-256', 1, 32],
    [-35, 'P-384', 2, 48],
    [-36, 'P-521', 3, 66],
  ] as const

  it.each(curves)('of algorithm %i is on %s and on no other curve', (algorithm, _name, crv) => {
    for (const other of [0, 1, 2, 3, 4, 6, 8])
      if (other !== crv) expect(readCoseKey(changed(algorithm, [[labels.crv, other]]))).toEqual(bad(/crv is not/))
  })

  it('on P-521 that calls itself ES256 is refused', () => {
    expect(readCoseKey(changed(-36, [[labels.alg, -7]]))).toEqual(bad(/crv is not 1 \(P-256\)/))
  })

  it.each(curves)('of algorithm %i with a point that is not on %s is refused', (algorithm) => {
    const y = member(algorithm, labels.y)
    y[y.length - 1] = (y[y.length - 1] ?? 0) ^ 1
    expect(readCoseKey(changed(algorithm, [[labels.y, y]]))).toEqual(bad(/not on P-/))
  })

  it.each(curves)('of algorithm %i at 0, 0 is refused', (algorithm, _name, _crv, size) => {
    const zero = new Uint8Array(size)
    const key = changed(algorithm, [
      [labels.x, zero],
      [labels.y, zero],
    ])
    expect(readCoseKey(key)).toEqual(bad(/not on P-/))
  })

  it('with a coordinate that is not reduced is refused, although the point would be on the curve', () => {
    // (x = 0, y = √b) is on P-256, and so would be x = p.
    const y = bytes('66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4')
    const x = bytes('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff')
    const at = (X: Uint8Array<ArrayBuffer>) =>
      readCoseKey(
        changed(-7, [
          [labels.x, X],
          [labels.y, y],
        ]),
      )
    expect(at(new Uint8Array(32)).ok).toBe(true)
    expect(at(x)).toEqual(bad(/not on P-256/))
  })

  it.each([true, false])('with a compressed point is refused (sign %s)', (sign) => {
    expect(readCoseKey(changed(-7, [[labels.y, sign]]))).toEqual(bad(/not byte strings/))
  })

  it.each(curves)('of algorithm %i with coordinates of another length is refused on %s', (algorithm) => {
    const x = member(algorithm, labels.x)
    expect(readCoseKey(changed(algorithm, [[labels.x, concat(Uint8Array.of(0), x)]]))).toEqual(bad(/bytes each/))
    expect(readCoseKey(changed(algorithm, [[labels.x, x.slice(1)]]))).toEqual(bad(/bytes each/))
    expect(readCoseKey(changed(algorithm, [[labels.x, new Uint8Array()]]))).toEqual(bad(/bytes each/))
  })

  it('of another key type is refused', () => {
    expect(readCoseKey(changed(-7, [[labels.kty, 1]]))).toEqual(bad(/kty is not 2/))
  })
})

describe('an RSA key', () => {
  const withN = (n: Uint8Array<ArrayBuffer>) => readCoseKey(changed(-257, [[labels.n, n]]))
  const withE = (hex: string) => readCoseKey(changed(-257, [[labels.e, bytes(hex)]]))

  it('with e = 1 is refused: anybody signs for it', () => {
    expect(withE('01')).toEqual(bad(/exponent .* less than 65537/))
  })

  it.each(['', '03', '11', 'ffff', '010000', '010002'])('with exponent 0x%s is refused', (hex) => {
    expect(withE(hex)).toEqual(bad(/exponent is even or less than 65537/))
  })

  it('with a zero byte before the exponent or the modulus is refused', () => {
    expect(withE('00010001')).toEqual(bad(/zero byte/))
    expect(withN(concat(Uint8Array.of(0), member(-257, labels.n)))).toEqual(bad(/zero byte/))
  })

  it('with an exponent of nine bytes is refused', () => {
    expect(withE('010000000000000001')).toEqual(bad(/longer than eight bytes/))
  })

  it.each([512, 1024, 2047, 4097])('with a modulus of %i bits is refused', (bits) => {
    expect(withN(rsaModulus(bits))).toEqual(bad(new RegExp(`modulus of ${bits} bits`)))
  })

  it.each([2048, 3072, 4096])('with a modulus of %i bits is read', (bits) => {
    expect(withN(rsaModulus(bits)).ok).toBe(true)
  })

  it('with an even modulus is refused', () => {
    const n = member(-257, labels.n)
    n[n.length - 1] = (n[n.length - 1] ?? 0) & 0xfe
    expect(withN(n)).toEqual(bad(/even/))
  })

  it('of another key type, or with numbers instead of bytes, is refused', () => {
    expect(readCoseKey(changed(-257, [[labels.kty, 2]]))).toEqual(bad(/kty is not 3/))
    expect(readCoseKey(changed(-257, [[labels.e, 65_537]]))).toEqual(bad(/not byte strings/))
  })
})

describe('an Ed25519 key', () => {
  const withX = (hex: string) => readCoseKey(changed(-8, [[labels.x, bytes(hex)]]))
  const le = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse().toString('hex')
  const p = 2n ** 255n - 19n
  const sign = 2n ** 255n

  const smallOrder = [
    ['1: the identity', le(1n)],
    ['2', le(p - 1n)],
    ['4', le(0n)],
    ['4, the other', le(sign)],
    ['8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['8, the second', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
    ['8, the third', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['8, the fourth', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
  ] as const

  it.each(smallOrder)('of order %s is refused: anybody signs for it', (_, hex) => {
    expect(withX(hex)).toEqual(bad(/small order/))
  })

  it.each([
    ['the identity with the sign bit', le(1n + sign)],
    ['order 2 with the sign bit', le(p - 1n + sign)],
    ['order 4 as y = p', le(p)],
    ['order 4 as y = p, with the sign bit', le(p + sign)],
    ['the identity as y = p + 1', le(p + 1n)],
    ['the identity as y = p + 1, with the sign bit', le(p + 1n + sign)],
  ])('of small order in another spelling is refused: %s', (_, hex) => {
    expect(withX(hex)).toEqual(bad(/not the canonical encoding/))
  })

  it('in any spelling that is not canonical is refused', () => {
    for (let y = p; y < 2n ** 255n; y++)
      for (const bit of [0n, sign]) expect(withX(le(y + bit))).toEqual(bad(/not the canonical encoding/))
  })

  it('that is no point of the curve is refused', () => {
    expect(withX(le(2n))).toEqual(bad(/not the canonical encoding of a point/))
  })

  it('with a part of small order is refused: verifiers disagree about it', () => {
    // The base point plus the point of order 2 is (−x, −y).
    const base = 46316835694926478169428394003475163141307993866256225615783033603165251855960n
    expect(withX(le(base)).ok).toBe(true)
    expect(withX(le(p - base + sign))).toEqual(bad(/part of small order/))
    expect(withX(le(p - base))).toEqual(bad(/part of small order/))
  })

  it.each([0, 31, 33, 64])('of %i bytes is refused', (length) => {
    expect(readCoseKey(changed(-8, [[labels.x, new Uint8Array(length)]]))).toEqual(bad(/not 32 bytes/))
  })

  it('on another curve, such as Ed448 or X25519, is refused', () => {
    for (const crv of [1, 4, 7]) expect(readCoseKey(changed(-8, [[labels.crv, crv]]))).toEqual(bad(/crv is not 6/))
  })

  it('of another key type is refused', () => {
    expect(readCoseKey(changed(-8, [[labels.kty, 2]]))).toEqual(bad(/kty is not 1/))
  })

  it('freshly made is never refused', () => {
    for (let count = 0; count < 50; count++)
      expect(coseKeyFromPem(spkiPem(generateKeyPairSync('ed25519').publicKey)).ok).toBe(true)
  })
})

describe('a public key in PEM', () => {
  const malformed = (detail: RegExp) => refusedFor('malformed', detail)
  const pemOf = (der: Uint8Array) =>
    `-----BEGIN PUBLIC KEY-----\n${Buffer.from(der)
      .toString('base64')
      .replaceAll(/(.{64})(?=.)/g, '$1\n')}\n-----END PUBLIC KEY-----\n`
  const derOf = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'der' })

  it.each(algorithms)('of algorithm %i becomes the COSE key that the check accepts', (algorithm) => {
    const key = coseKeyFromPem(pems[algorithm])
    expect(key.ok && readCoseKey(key.value)).toMatchObject({ ok: true, value: { algorithm } })
  })

  it('may have Windows line ends, and no last line end', () => {
    expect(coseKeyFromPem(pems[-7].replaceAll('\n', '\r\n'))).toEqual(coseKeyFromPem(pems[-7]))
    expect(coseKeyFromPem(pems[-7].trimEnd())).toEqual(coseKeyFromPem(pems[-7]))
  })

  it('that is a private key is refused with the advice to replace it', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    for (const type of ['pkcs8', 'sec1'] as const)
      expect(coseKeyFromPem(privateKey.export({ type, format: 'pem' }).toString())).toEqual(malformed(/private key/))
    expect(coseKeyFromPem(pems[-7] + privateKey.export({ type: 'pkcs8', format: 'pem' }))).toEqual(
      malformed(/private key/),
    )
  })

  it('that is a certificate is refused', () => {
    expect(coseKeyFromPem(pems[-7].replaceAll('PUBLIC KEY', 'CERTIFICATE'))).toEqual(malformed(/certificate/))
  })

  it.each([
    ['text before it', (pem: string) => `my key\n${pem}`],
    ['text after it', (pem: string) => `${pem}my key`],
    ['a second key', (pem: string) => pem + pem],
    ['a header', (pem: string) => pem.replace('KEY-----\n', 'KEY-----\nX: y\n\n')],
    ['the PKCS #1 label', (pem: string) => pem.replaceAll('PUBLIC KEY', 'RSA PUBLIC KEY')],
    ['nothing in it', () => '-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n'],
    ['a missing character', (pem: string) => pem.replace(/(.)\n-----END/, '\n-----END')],
    ['ten thousand characters', () => 'A'.repeat(10_000)],
    ['nothing at all', () => ''],
  ])('with %s is refused', (_, change) => {
    expect(coseKeyFromPem(change(pems[-257]))).toEqual(malformed(/./))
  })

  it.each(algorithms)('of algorithm %i with a byte after the key is refused', (algorithm) => {
    expect(coseKeyFromPem(pemOf(concat(derOf(pems[algorithm]), Uint8Array.of(0)))).ok).toBe(false)
  })

  it.each([
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
    ['Ed448', () => generateKeyPairSync('ed448').publicKey],
    ['X25519', () => generateKeyPairSync('x25519').publicKey],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey],
    [
      'explicit parameters',
      () => generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey,
    ],
  ])('of another kind is refused: %s', (_, make) => {
    expect(coseKeyFromPem(spkiPem(make()))).toEqual(refusedFor('unsupported-algorithm', /./))
  })

  it('with a compressed point is refused', () => {
    const y = member(-7, labels.y)
    const header = bytes('3039301306072a8648ce3d020106082a8648ce3d030107032200')
    const point = concat(Uint8Array.of(2 + ((y[31] ?? 0) & 1)), member(-7, labels.x))
    expect(coseKeyFromPem(pemOf(concat(header, point)))).toEqual(refusedFor('unsupported-algorithm', /compressed/))
  })

  it('with a point that is not on the curve is refused by that name', () => {
    const der = Uint8Array.from(derOf(pems[-7]))
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1
    expect(coseKeyFromPem(pemOf(der))).toEqual(bad(/not on P-256/))
  })

  it('of a small RSA key is refused by that name', () => {
    expect(coseKeyFromPem(spkiPem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey))).toEqual(
      bad(/modulus of 1024 bits/),
    )
  })

  it('of an RSA key with e = 3 is refused by that name', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey
    expect(coseKeyFromPem(spkiPem(weak))).toEqual(bad(/exponent/))
  })

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (der) => !coseKeyFromPem(pemOf(der)).ok))
    fc.assert(fc.property(fc.string(), (pem) => !coseKeyFromPem(pem).ok))
  })
})

describe('CBOR', () => {
  const value: fc.Arbitrary<Cbor> = fc.letrec<{ value: Cbor }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      fc.maxSafeInteger().filter((n) => Math.abs(n) < Number.MAX_SAFE_INTEGER),
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array().map((content) => Uint8Array.from(content)),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(fc.oneof(fc.integer(), fc.string()), tie('value')), { maxLength: 3 }).map((e) => new Map(e)),
    ),
  })).value

  it('that was written is read as the same value', () => {
    fc.assert(
      fc.property(value, (written) => {
        expect(readCbor(writeCbor(written))).toEqual({ ok: true, value: written })
      }),
    )
  })

  it('that is accepted is the only encoding of its value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (input) => {
        const read = readCbor(input)
        if (read.ok) expect(Buffer.from(writeCbor(read.value)).equals(input)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
