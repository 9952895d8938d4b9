/**
 * Hostile JWTs, by what is wrong with them: made from one that is good, by somebody who has its text, the public keys and
 * keys of their own. What is signed with the good key all the same is in `crooked.ts`.
 */
import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto'

export type Json = Record<string, unknown>
export type Hostile = { kind: string; name: string; token: string }

export type Good = {
  header: Json & { alg: string }
  payload: Json
  /** The key that it was signed with. */
  key: KeyObject
  /** The public keys that the verifier knows beside it: their `kid`. */
  otherKids: readonly string[]
  /** Where whoever follows an address of a header would turn up. */
  trap: string
}

/** A text goes in as it is: JSON that no writer would write. */
export type Text = string | Json

export const base64url = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url')
export const encoded = (part: Text): string => base64url(typeof part === 'string' ? part : JSON.stringify(part))

/** As JOSE has it (RFC 7518 §3); of ECDSA both numbers, in full length. */
export function signature(alg: string, key: KeyObject, input: string): Buffer {
  const data = Buffer.from(input)
  const hash = `sha${alg.slice(2)}`
  if (alg === 'EdDSA') return signBytes(null, data, key)
  if (alg.startsWith('ES')) return signBytes(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  if (!alg.startsWith('PS')) return signBytes(hash, data, key)
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return signBytes(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}

export function jwt(header: Text, payload: Text, key: KeyObject, alg: string): string {
  const input = `${encoded(header)}.${encoded(payload)}`
  return `${input}.${base64url(signature(alg, key, input))}`
}

const onCurve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const mine = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const mineRsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const mineJwk = mine.publicKey.export({ format: 'jwk' })

/** What somebody can make who has not the key. */
export function hostileTo(good: Good): Hostile[] {
  return [
    ...withoutSignature(good),
    ...withSharedSecret(good),
    ...withOtherAlgorithms(good),
    ...withKeysOfTheirOwn(good),
    ...withKeyNames(good),
    ...withSignatures(good),
    ...inOtherForms(good),
    ...altered(good),
  ]
}

const textOf = ({ header, payload, key }: Good): string => jwt(header, payload, key, header.alg)
export const named = (kind: string, tokens: readonly (readonly [string, string])[]): Hostile[] =>
  tokens.map(([name, token]) => ({ kind, name, token }))

function withoutSignature(good: Good): Hostile[] {
  const { header, payload } = good
  const [, , signed = ''] = textOf(good).split('.')
  const spellings = ['none', 'None', 'NONE', 'nOnE', ' none', 'none ', 'none\u0000', '', null, false, 0, ['none'], {}]
  const without: Json = { ...header }
  delete without.alg
  const headers = [...spellings.map((alg): [string, Json] => [JSON.stringify(alg), { ...header, alg }])]
  headers.push(['no alg', without])
  return headers.flatMap(([name, its]) =>
    named('alg none', [
      [`${name}, no signature`, `${encoded(its)}.${encoded(payload)}.`],
      [`${name}, two parts`, `${encoded(its)}.${encoded(payload)}`],
      [`${name}, the old signature`, `${encoded(its)}.${encoded(payload)}.${signed}`],
    ]),
  )
}

function withSharedSecret({ header, payload, key }: Good): Hostile[] {
  const open = createPublicKey(key)
  const jwk = open.export({ format: 'jwk' })
  const pem = open.export({ type: 'spki', format: 'pem' }).toString()
  const number = String(jwk.n ?? jwk.x)
  const secrets: [string, string | Buffer][] = [
    ['PEM', pem],
    ['PEM without its last line end', pem.trim()],
    ['the inside of the PEM', pem.split('\n').slice(1, -2).join('')],
    ['DER', open.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(jwk)],
    ['JWK with its kid', JSON.stringify({ ...jwk, kid: header.kid, alg: header.alg })],
    ['n or x', number],
    ['the bytes of n or x', Buffer.from(number, 'base64url')],
    ['kid', String(header.kid ?? '')],
    ['nothing', ''],
  ]
  return secrets.flatMap(([name, secret]) =>
    named(
      'shared secret',
      ['HS256', 'HS384', 'HS512'].map((alg) => {
        const input = `${encoded({ ...header, alg })}.${encoded(payload)}`
        const mac = createHmac(`sha${alg.slice(2)}`, secret)
          .update(input)
          .digest()
        return [`${alg} with ${name}`, `${input}.${base64url(mac)}`] as const
      }),
    ),
  )
}

function withOtherAlgorithms(good: Good): Hostile[] {
  const { header, payload, key } = good
  const others = ['ES256', 'ES384', 'ES512', 'ES256K', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'EdDSA']
  const odd = ['RSA-OAEP', 'dir', 'A128KW', header.alg.toLowerCase(), `${header.alg} `, [header.alg], 256, true]
  const relabelled = [...others, ...odd].filter((alg) => alg !== header.alg)
  const byMine = (alg: string, its: KeyObject) => jwt({ ...header, alg }, payload, its, alg)
  return named('algorithm', [
    ...relabelled.map(
      (alg) =>
        [`the signature called ${JSON.stringify(alg)}`, jwt({ ...header, alg }, payload, key, header.alg)] as const,
    ),
    ['ES384 with a key of P-384', byMine('ES384', onCurve('P-384'))],
    ['ES512 with a key of P-521', byMine('ES512', onCurve('P-521'))],
    ['ES256 with a key of P-521', jwt({ ...header, alg: 'ES256' }, payload, onCurve('P-521'), 'ES256')],
    ['ES256K', jwt({ ...header, alg: 'ES256K' }, payload, onCurve('secp256k1'), 'ES256')],
    ['EdDSA', byMine('EdDSA', generateKeyPairSync('ed25519').privateKey)],
    ['RS256 with a stranger’s key', byMine('RS256', mineRsa.privateKey)],
    ['PS256 with a stranger’s key', byMine('PS256', mineRsa.privateKey)],
    ['PS256 called RS256', jwt({ ...header, alg: 'RS256' }, payload, mineRsa.privateKey, 'PS256')],
  ])
}

function withKeysOfTheirOwn({ header, payload, trap }: Good): Hostile[] {
  const kids: [string, Json][] = [
    ['the kid there is', {}],
    ['a kid of theirs', { kid: 'mine' }],
    ['no kid', { kid: undefined }],
  ]
  const carried: [string, Json][] = [
    ['jwk', { jwk: mineJwk }],
    ['jwk with its private half', { jwk: mine.privateKey.export({ format: 'jwk' }) }],
    ['jwk of a shared secret', { jwk: { kty: 'oct', k: base64url('secret') } }],
    ['jku', { jku: `${trap}/jwks.json` }],
    ['x5u', { x5u: `${trap}/certificate.pem` }],
    ['x5c', { x5c: [mine.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }],
    ['x5t#S256', { 'x5t#S256': base64url(Buffer.alloc(32)) }],
    ['nothing', {}],
  ]
  return carried.flatMap(([what, members]) =>
    named(
      'their own key',
      kids.map(([kid, its]) => {
        const whole = { ...header, alg: 'ES256', ...members, ...its }
        return [`${what}, ${kid}`, jwt(whole, payload, mine.privateKey, 'ES256')] as const
      }),
    ),
  )
}

function withKeyNames({ header, payload, otherKids }: Good): Hostile[] {
  const kids: unknown[] = [
    ...['../../../../../../dev/null', '/etc/passwd', 'file:///dev/null', "' OR '1'='1", "x' UNION SELECT 'secret"],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', ' ', '\u0000', `${header.kid}\u0000`],
    ...[`${header.kid} `, String(header.kid).toUpperCase(), '😀', '𝕜', 'signing-key', 'signing-key#x', '*', '%00'],
    ...['x'.repeat(3000), '$(id)', '{{7*7}}', '\r\nx-injected: yes'],
    ...[null, 0, 1, true, [header.kid], { kid: header.kid }, { toString: 'x' }, []],
    ...otherKids,
  ]
  return named(
    'key name',
    kids.map((kid) => [
      JSON.stringify(kid).slice(0, 40),
      jwt({ ...header, alg: 'ES256', kid }, payload, mine.privateKey, 'ES256'),
    ]),
  )
}

/** Of P-256: the order of the group. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')

function withSignatures(good: Good): Hostile[] {
  const { key, header, payload } = good
  const [head, body, tail = ''] = textOf(good).split('.')
  const whole = Buffer.from(tail, 'base64url')
  const [r, s] = [whole.subarray(0, 32), whole.subarray(32, 64)]
  const [zero, one, full] = [Buffer.alloc(32), Buffer.from('01'.padStart(64, '0'), 'hex'), Buffer.alloc(32, 255)]
  const another = signature(header.alg, key, `${head}.${encoded({ ...payload, more: 1 })}`)
  const values: [string, Buffer][] = [
    ['r is 0', Buffer.concat([zero, s])],
    ['s is 0', Buffer.concat([r, zero])],
    ['both are 0', Buffer.concat([zero, zero])],
    ['both are 1', Buffer.concat([one, one])],
    ['r is the order', Buffer.concat([order, s])],
    ['s is the order', Buffer.concat([r, order])],
    ['both are the order', Buffer.concat([order, order])],
    ['both are too large', Buffer.concat([full, full])],
    ['r and s swapped', Buffer.concat([s, r])],
    ['r alone', r],
    ['one byte', Buffer.from([0])],
    ['one byte less', whole.subarray(0, -1)],
    ['one byte more', Buffer.concat([whole, Buffer.from([0])])],
    ['one byte before', Buffer.concat([Buffer.from([0]), whole])],
    ['as long as P-521’s', Buffer.alloc(132)],
    ['twice', Buffer.concat([whole, whole])],
    ['DER', signBytes('sha256', Buffer.from(`${head}.${body}`), key)],
    ['DER of nothing', Buffer.from('3006020100020100', 'hex')],
    ['of another payload', another],
    ['of 100,000 bytes', Buffer.alloc(100_000, 7)],
    ['RSA’s 1', Buffer.concat([Buffer.alloc(255), Buffer.from([1])])],
    ['RSA’s 0', Buffer.alloc(256)],
  ]
  const isRsa = key.asymmetricKeyType === 'rsa'
  // PKCS#1 v1.5 is what `sign` makes of an RSA key, and no DER there.
  const fitting = values.filter(([name]) => !(isRsa && name === 'DER'))
  return named(
    'signature',
    fitting.map(([name, value]) => [name, `${head}.${body}.${base64url(value)}`]),
  )
}

function inOtherForms(good: Good): Hostile[] {
  const token = textOf(good)
  const [head = '', body = '', tail = ''] = token.split('.')
  const flattened = { protected: head, payload: body, signature: tail }
  const padded = (part: string) => `${part}${'='.repeat((4 - (part.length % 4)) % 4 || 4)}`
  const plain = (part: string) => Buffer.from(part, 'base64url').toString('base64')
  return named('form', [
    ['flattened JSON', JSON.stringify(flattened)],
    ['general JSON', JSON.stringify({ payload: body, signatures: [{ protected: head, signature: tail }] })],
    ['JSON with an unprotected header', JSON.stringify({ ...flattened, header: { kid: 'mine', jwk: mineJwk } })],
    ['five parts', `${token}.${tail}.${tail}`],
    ['four parts', `${token}.x`],
    ['a dot behind', `${token}.`],
    ['a dot before', `.${token}`],
    ['one part', head],
    ['dots', '..'],
    ['no header', `.${body}.${tail}`],
    ['no payload', `${head}..${tail}`],
    ['padded header', `${padded(head)}.${body}.${tail}`],
    ['padded payload', `${head}.${padded(body)}.${tail}`],
    ['padded signature', `${head}.${body}.${padded(tail)}`],
    ['base64 with + and /', `${plain(head)}.${plain(body)}.${plain(tail)}++//`],
    ['a line end inside', `${head}.${body.slice(0, 8)}\n${body.slice(8)}.${tail}`],
    ['a space inside', `${head}.${body} .${tail}`],
    ['a tab inside the signature', `${head}.${body}.${tail.slice(0, 5)}\t${tail.slice(5)}`],
    ['percent-encoded dots', `${head}%2E${body}%2E${tail}`],
    ['another last letter of the signature', `${head}.${body}.${respelled(tail)}`],
    ['a zero byte behind', `${token}\u0000`],
    ['letters that are none', `${head}.${body}.${tail.slice(0, -1)}é`],
    ['header is no JSON', `${base64url('{alg:none}')}.${body}.${tail}`],
    ['header is an array', `${base64url('[]')}.${body}.${tail}`],
    ['header is null', `${base64url('null')}.${body}.${tail}`],
    ['header is a text', `${base64url('"ES256"')}.${body}.${tail}`],
    ['header is no UTF-8', `${base64url(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))}.${body}.${tail}`],
    ['header of 100,000 letters', `${encoded({ ...good.header, more: 'x'.repeat(100_000) })}.${body}.${tail}`],
    ['header nested 5000 deep', `${base64url('{"alg":'.repeat(5000))}.${body}.${tail}`],
  ])
}

/** The same bytes spelled in another way: the bits that the last letter has too many are not 0. */
function respelled(part: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = letters.indexOf(part.at(-1) ?? '')
  return part.slice(0, -1) + letters[part.length % 4 === 0 ? (last + 1) % 64 : last ^ 1]
}

function altered(good: Good): Hostile[] {
  const { header, payload } = good
  const [, , tail] = textOf(good).split('.')
  const changed: [string, Text, Text][] = [
    ['another subject', header, { ...payload, sub: 'somebody else' }],
    ['a later end', header, { ...payload, exp: 9_999_999_999 }],
    ['another issuer', header, { ...payload, iss: 'https://evil.example' }],
    ['a subject twice', header, JSON.stringify(payload).replace('{', '{"sub":"somebody else",')],
    ['another type', { ...header, typ: 'jwt' }, payload],
    ['something critical', { ...header, crit: ['exp'] }, payload],
    ['b64 false', { ...header, b64: false, crit: ['b64'] }, payload],
    ['compressed', { ...header, zip: 'DEF' }, payload],
    ['__proto__', header, JSON.stringify(payload).replace('{', '{"__proto__":{"sub":"somebody else"},')],
    ['spaces', header, JSON.stringify(payload, undefined, 1)],
  ]
  return named(
    'altered',
    changed.map(([name, head, body]) => [name, `${encoded(head)}.${encoded(body)}.${tail}`]),
  )
}
