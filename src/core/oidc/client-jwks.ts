/**
 * Which public keys an application may register by value (RFC 7591 §2 `jwks`, RFC 7517).
 *
 * The same rules as for authenticators' keys say which are good for anything (`cose-key.ts`): none that is too weak, none
 * that somebody without its private half could answer for. A private half that was sent by mistake is refused by name, and
 * so is a shared secret. It leaves out keys for encryption: nothing is encrypted to a client here.
 */
import { createPublicKey, X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'
import { ifGiven, malformed, readList, readMembers, readOneOf, readText } from '../document.ts'
import { coseKeyFromPem } from '../fido/cose-key.ts'
import { algorithmNamed, fapiAlgorithms, type SigningAlgorithm, signingAlgorithms } from './signing.ts'

const mostKeys = 20
/** RFC 7518 §6: of private and of symmetric keys. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const known = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'use', 'key_ops', 'alg', 'x5c', 'x5t', 'x5t#S256']

const algorithmsOf = {
  RSA: ['RS256', 'PS256'],
  EC: ['ES256'],
  OKP: ['EdDSA'],
} as const satisfies Record<string, readonly SigningAlgorithm[]>
const keyTypes = Object.keys(algorithmsOf) as (keyof typeof algorithmsOf)[]
const curveOf = { RSA: undefined, EC: 'P-256', OKP: 'Ed25519' } as const

const kidShape = /^[!-~]{1,200}$/
const base64urlShape = /^[A-Za-z0-9_-]{1,800}$/

/** A JWK Set with a key or more, each named by a `kid` of its own where there are several. */
export function readClientJwks(data: unknown, at: string, { fapi = false } = {}): { keys: JWK[] } {
  const { keys: given } = readMembers(data, at, ['keys'])
  const keys = readList(given, `${at}/keys`, mostKeys, (key, place) => readClientKey(key, place, { fapi }))
  if (keys.length === 0) malformed(`${at}/keys`, 'must have a key at least')
  for (const [index, { kid }] of keys.entries()) {
    if (kid === undefined && keys.length > 1)
      malformed(`${at}/keys/${index}`, 'must have a kid, as there are other keys beside it')
    if (keys.some((other, place) => place < index && other.kid === kid))
      malformed(`${at}/keys/${index}/kid`, 'is the kid of another key')
  }
  return { keys }
}

/** One key of a set: public, for signatures that are taken here, and of no use to anybody but its owner. */
function readClientKey(data: unknown, at: string, { fapi = false } = {}): JWK {
  if (typeof data === 'object' && data !== null)
    for (const name of secretMembers)
      if (Object.hasOwn(data, name))
        malformed(`${at}/${name}`, 'is secret: register the public key alone, and replace what you have sent')
  const members = readMembers(data, at, known)
  const kty = readOneOf(keyTypes, members.kty, `${at}/kty`)
  const key: JWK = {
    kty,
    ...(kty === 'RSA'
      ? { n: readText(members.n, `${at}/n`, base64urlShape), e: readText(members.e, `${at}/e`, base64urlShape) }
      : {
          crv: readOneOf([curveOf[kty]], members.crv, `${at}/crv`),
          x: readText(members.x, `${at}/x`, base64urlShape),
          ...(kty === 'EC' ? { y: readText(members.y, `${at}/y`, base64urlShape) } : {}),
        }),
    ...ifGiven(members, at, 'kid', (value, place) => readText(value, place, kidShape)),
    ...ifGiven(members, at, 'use', (value, place) => readOneOf(['sig'], value, place)),
    ...ifGiven(members, at, 'key_ops', (value, place) =>
      readList(value, place, 1, (operation, its) => readOneOf(['verify'], operation, its)),
    ),
    ...ifGiven(members, at, 'alg', (value, place) => readAlgorithm(kty, value, place, fapi)),
    ...ifGiven(members, at, 'x5c', (value, place) => readList(value, place, 10, readCertificateText)),
  }
  const stray = ['crv', 'x', 'y', 'n', 'e'].find((name) => members[name] !== undefined && !(name in key))
  if (stray !== undefined) malformed(`${at}/${stray}`, `is no member of a key of type ${kty}`)
  checkKey(key, at)
  return key
}

function readAlgorithm(kty: keyof typeof algorithmsOf, data: unknown, at: string, fapi: boolean): SigningAlgorithm {
  const alg = algorithmNamed(data) ?? readOneOf(signingAlgorithms, data, at)
  const its: readonly SigningAlgorithm[] = algorithmsOf[kty]
  if (!its.includes(alg)) malformed(at, `must be one of ${its.join(', ')} for a key of type ${kty}`)
  return fapi ? readOneOf(fapiAlgorithms, alg, at) : alg
}

/** As it is written, and good for something; its certificate, where there is one, is of this very key (RFC 7517 §4.7). */
function checkKey(key: JWK, at: string): void {
  const canonical = importedKey(key) ?? malformed(at, 'is no key that can be read')
  for (const name of ['x', 'y', 'n', 'e'] as const)
    if (key[name] !== undefined && canonical.jwk[name] !== key[name])
      malformed(`${at}/${name}`, 'is not the one form that this number has (base64url, without zeros before it)')
  const good = coseKeyFromPem(canonical.pem)
  if (!good.ok) malformed(at, good.detail ?? 'is no good key')
  const [leaf] = key.x5c ?? []
  if (leaf !== undefined && spkiOf(leaf) !== canonical.pem)
    malformed(`${at}/x5c/0`, 'must be a certificate of this key (RFC 7517 §4.7)')
}

function importedKey(key: JWK): { jwk: JWK; pem: string } | undefined {
  try {
    const { kty = '', crv, x, y, n, e } = key
    const parts = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)
    const imported = createPublicKey({ key: Object.fromEntries(parts), format: 'jwk' })
    return {
      jwk: imported.export({ format: 'jwk' }) as JWK,
      pem: String(imported.export({ type: 'spki', format: 'pem' })),
    }
  } catch {
    return undefined
  }
}

const readCertificateText = (data: unknown, at: string): string => readText(data, at, /^[A-Za-z0-9+/]{1,8000}={0,2}$/)

function spkiOf(certificate: string): string | undefined {
  try {
    const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'))
    return String(publicKey.export({ type: 'spki', format: 'pem' }))
  } catch {
    return undefined
  }
}
