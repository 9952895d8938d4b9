/**
 * Signatures over certificates, revocation lists and OCSP answers, and the keys that make them.
 *
 * Left out, and refused by name: SHA-1, MD5 and whatever else is too weak, keys below NIST SP 800-131A's 112 bits, DSA, and
 * algorithms that nobody here knows.
 */
import { constants, type KeyObject, verify } from 'node:crypto'
import { id_mgf1, id_RSASSA_PSS, RsaSaPssParams } from '@peculiar/asn1-rsa'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { ok, type Result, refuse } from '../../result.ts'
import { parsed, readOr, smallOf } from './asn1.ts'

type Scheme = { key: 'rsa' | 'ec' | 'ed25519' | 'ed448'; hash: string | null }

const schemes: Record<string, Scheme> = {
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519', hash: null },
  '1.3.101.113': { key: 'ed448', hash: null },
}

const hashes: Record<string, string> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

export type SignatureRefusal = 'weak-signature' | 'bad-signature'

export type Signed = { signed: Buffer; algorithm: AlgorithmIdentifier; signature: Buffer }

/** Whether `key` made the signature, by an algorithm that still means something. */
export function checkSignature(
  { signed, algorithm: identifier, signature }: Signed,
  key: KeyObject,
): Result<true, SignatureRefusal> {
  const { algorithm } = identifier
  const scheme = schemes[algorithm]
  if (scheme === undefined && algorithm !== id_RSASSA_PSS)
    return refuse('weak-signature', { detail: `algorithm ${algorithm}` })
  const holds =
    scheme === undefined ? pssHolds(signed, identifier, signature, key) : holdsBy(scheme, signed, signature, key)
  return holds === 'weak' ? refuse('weak-signature', { detail: 'RSASSA-PSS with a weak hash' }) : verdict(holds)
}

const verdict = (holds: boolean): Result<true, SignatureRefusal> => (holds ? ok(true) : refuse('bad-signature'))

function holdsBy({ key: type, hash }: Scheme, signed: Buffer, signature: Buffer, key: KeyObject): boolean {
  if (key.asymmetricKeyType !== type) return false
  return verify(hash, signed, type === 'rsa' ? { key, padding: constants.RSA_PKCS1_PADDING } : key, signature)
}

/** RFC 4055 §3.1. Its defaults are SHA-1, so what is left out is weak; both hashes are one, as everybody has it. */
function pssHolds(
  signed: Buffer,
  { parameters }: AlgorithmIdentifier,
  signature: Buffer,
  key: KeyObject,
): boolean | 'weak' {
  const read = readOr('malformed', () => (parameters == null ? undefined : pssParameters(parameters)))
  if (!read.ok || read.value === undefined) return 'weak'
  const { hash, saltLength } = read.value
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'rsa-pss') return false
  return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
}

/** Defaults are spelled out by some; what was left out would have to verify all the same. */
function pssParameters(parameters: ArrayBuffer): { hash: string; saltLength: number } | undefined {
  const { hashAlgorithm, maskGenAlgorithm: mask, saltLength } = parsed(parameters, RsaSaPssParams, { again: false })
  const hash = hashes[hashAlgorithm.algorithm]
  if (hash === undefined || mask.algorithm !== id_mgf1 || mask.parameters == null) return undefined
  const maskHash = parsed(mask.parameters, AlgorithmIdentifier).algorithm
  return maskHash === hashAlgorithm.algorithm ? { hash, saltLength: smallOf(saltLength) } : undefined
}

export type KeyRefusal = 'weak-key'

/** RSA of 2048 bits and more with an exponent of FIPS 186-5, the NIST curves from P-256, and Edwards' two. */
export function checkKey(key: KeyObject): Result<true, KeyRefusal> {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      if (modulusLength < 2048 || modulusLength > 8192)
        return refuse('weak-key', { detail: `RSA of ${modulusLength} bits` })
      return publicExponent >= 65_537n && publicExponent % 2n === 1n
        ? ok(true)
        : refuse('weak-key', { detail: `RSA with the exponent ${publicExponent}` })
    case 'ec':
      return curves.has(namedCurve) ? ok(true) : refuse('weak-key', { detail: `the curve ${namedCurve || 'unnamed'}` })
    case 'ed25519':
    case 'ed448':
      return ok(true)
    default:
      return refuse('weak-key', { detail: `a key of type ${key.asymmetricKeyType ?? 'unknown'}` })
  }
}

const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
