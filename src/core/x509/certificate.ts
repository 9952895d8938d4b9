/**
 * A certificate (RFC 5280 §4), read once into what the checks ask of it.
 *
 * Reading judges nothing but the form: whether it is valid, and for what, is in `path.ts`. Left out, because nothing here
 * asks for it: unique identifiers, and extensions beside those named below. Their critical ones are kept by number, and
 * whoever meets one refuses.
 */
import { createHash, type KeyObject } from 'node:crypto'
import type { Result, Seconds } from '../result.ts'
import {
  bitsOf,
  booleanOf,
  childrenOf,
  type Der,
  implicit,
  integerHex,
  malformed,
  members,
  namedBits,
  octetsOf,
  oidOf,
  only,
  readOr,
  smallOf,
  tagged,
  tags,
  timeOf,
} from './der.ts'
import { type GeneralName, generalNameOf, generalNamesOf, type Name, nameOf } from './name.ts'
import { algorithmOf, keyIn, type Signed } from './signature.ts'

/** Bits of `keyUsage` (RFC 5280 §4.2.1.3). */
export const keyUsages = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const

export const anyPurpose = '2.5.29.37.0'
export const anyPolicy = '2.5.29.32.0'

/** A constraint on names: of one form, below this base (RFC 5280 §4.2.1.10). */
export type NameConstraints = { permitted: readonly GeneralName[]; excluded: readonly GeneralName[] }

/** Where a revocation list of this certificate is. `partial`: of some reasons only, or signed by somebody else. */
export type DistributionPoint = { addresses: string[]; partial: boolean }

export type Certificate = {
  whole: Buffer
  /** SHA-256 of the whole, base64url: `x5t#S256` of RFC 8705. */
  thumbprint: string
  /** Lower-case hexadecimal of the INTEGER's octets. */
  serial: string
  issuer: Name
  subject: Name
  notBefore: Seconds
  notAfter: Seconds
  key: KeyObject
  /** The bits of the key alone: what OCSP hashes. */
  keyBits: Buffer
  /** The issuer's name as it is written, for the same. */
  issuerDer: Buffer
  subjectDer: Buffer
  signed: Signed
  basicConstraints?: { authority: boolean; pathLength?: number }
  keyUsage?: ReadonlySet<number>
  purposes?: readonly string[]
  policies?: readonly string[]
  requireExplicitPolicy?: number
  inhibitAnyPolicy?: number
  nameConstraints?: NameConstraints
  alternativeNames: readonly GeneralName[]
  subjectKeyId?: string
  authorityKeyId?: string
  distributionPoints: readonly DistributionPoint[]
  ocspAddresses: readonly string[]
  /** `id-pkix-ocsp-nocheck`: an OCSP responder whose own revocation is not to be asked for (RFC 6960 §4.2.2.2.1). */
  ocspNoCheck: boolean
  /** Critical extensions that nobody here knows. Whoever meets one must refuse. */
  unknownCritical: readonly string[]
}

/** @param bytes DER. */
export const readCertificate = (bytes: Buffer): Result<Certificate, 'malformed-certificate'> =>
  readOr('malformed-certificate', () => certificateOf(only(bytes)))

/** Each `CERTIFICATE` block of a PEM text (RFC 7468); what is between the blocks is a comment. */
export function pemBlocks(pem: string, label: string): Buffer[] {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, 'g')
  return [...pem.matchAll(block)].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
}

export function certificateOf(value: Der): Certificate {
  const outer = members(value)
  const signed = outer.next(tags.sequence)
  const algorithm = algorithmOf(outer.next())
  const signature = bitsOf(outer.next())
  outer.end()

  const body = members(signed)
  const version = body.maybe(tagged(0))
  if (version === undefined || smallOf(only(version.content, tags.integer)) !== 2) throw malformed('not of version 3')
  const serial = integerHex(body.next())
  // What is signed says by what, so that nobody swaps the algorithm (RFC 5280 §4.1.1.2).
  if (!algorithmOf(body.next()).whole.equals(algorithm.whole)) throw malformed('two signature algorithms')
  const issuer = body.next(tags.sequence)
  const validity = members(body.next())
  const [notBefore, notAfter] = [timeOf(validity.next()), timeOf(validity.next())]
  validity.end()
  const subject = body.next(tags.sequence)
  const spki = body.next(tags.sequence)
  body.maybe(implicit(1))
  body.maybe(implicit(2))
  const extensions = body.maybe(tagged(3))
  body.end()

  return {
    whole: value.whole,
    thumbprint: createHash('sha256').update(value.whole).digest('base64url'),
    serial,
    issuer: nameOf(issuer),
    subject: nameOf(subject),
    notBefore,
    notAfter,
    ...keyOf(spki),
    issuerDer: issuer.whole,
    subjectDer: subject.whole,
    signed: { signed: signed.whole, algorithm, signature },
    ...certificateExtensions(extensions === undefined ? [] : extensionsOf(only(extensions.content))),
  }
}

function keyOf(spki: Der): Pick<Certificate, 'key' | 'keyBits'> {
  const member = members(spki)
  const { oid, parameters } = algorithmOf(member.next())
  const keyBits = bitsOf(member.next())
  member.end()
  // RFC 5480 §2.1.1: a curve that is spelled out is whatever its writer wants (CVE-2020-0601).
  if (oid === '1.2.840.10045.2.1' && parameters?.tag !== tags.oid) throw malformed('a curve without a name')
  const key = keyIn(spki.whole)
  if (key === undefined) throw malformed('a public key that cannot be read')
  return { key, keyBits }
}

export type Extension = { oid: string; critical: boolean; value: Buffer }

/** Each extension at most once (RFC 5280 §4.2). */
export function extensionsOf(value: Der): Extension[] {
  const found = childrenOf(value).map((each): Extension => {
    const member = members(each)
    const oid = oidOf(member.next())
    const critical = member.maybe(tags.boolean)
    const octets = octetsOf(member.next())
    member.end()
    return { oid, critical: critical !== undefined && booleanOf(critical), value: octets }
  })
  if (new Set(found.map(({ oid }) => oid)).size !== found.length) throw malformed('an extension twice')
  return found
}

type Extended = Omit<
  Certificate,
  | 'whole'
  | 'thumbprint'
  | 'serial'
  | 'issuer'
  | 'subject'
  | 'notBefore'
  | 'notAfter'
  | 'key'
  | 'keyBits'
  | 'issuerDer'
  | 'subjectDer'
  | 'signed'
>

/** What is read of each extension. All others are unknown, and nobody may pass over those that are critical. */
const readers: Record<string, (value: Buffer) => Partial<Extended>> = {
  '2.5.29.14': (value) => ({ subjectKeyId: only(value, tags.octetString).content.toString('hex') }),
  '2.5.29.15': (value) => ({ keyUsage: namedBits(only(value, tags.bitString)) }),
  '2.5.29.17': (value) => ({ alternativeNames: generalNamesOf(only(value)) }),
  '2.5.29.19': (value) => ({ basicConstraints: basicConstraintsOf(only(value)) }),
  '2.5.29.30': (value) => ({ nameConstraints: nameConstraintsOf(only(value)) }),
  '2.5.29.31': (value) => ({ distributionPoints: childrenOf(only(value)).map(distributionPointOf) }),
  '2.5.29.32': (value) => ({ policies: childrenOf(only(value)).map((each) => oidOf(members(each).next())) }),
  '2.5.29.35': (value) => authorityKeyIdOf(only(value)),
  '2.5.29.36': (value) => policyConstraintsOf(only(value)),
  '2.5.29.37': (value) => ({ purposes: childrenOf(only(value)).map((each) => oidOf(each)) }),
  '2.5.29.54': (value) => ({ inhibitAnyPolicy: smallOf(only(value, tags.integer)) }),
  '1.3.6.1.5.5.7.1.1': (value) => ({ ocspAddresses: ocspAddressesOf(only(value)) }),
  '1.3.6.1.5.5.7.48.1.5': () => ({ ocspNoCheck: true }),
}

const certificateExtensions = (extensions: readonly Extension[]): Extended =>
  Object.assign(
    {
      alternativeNames: [],
      distributionPoints: [],
      ocspAddresses: [],
      ocspNoCheck: false,
      unknownCritical: extensions
        .filter(({ oid, critical }) => critical && readers[oid] === undefined)
        .map(({ oid }) => oid),
    },
    ...extensions.map(({ oid, value }) => readers[oid]?.(value) ?? {}),
  )

function basicConstraintsOf(value: Der): NonNullable<Certificate['basicConstraints']> {
  const member = members(value)
  const authority = member.maybe(tags.boolean)
  const pathLength = member.maybe(tags.integer)
  member.end()
  return {
    authority: authority !== undefined && booleanOf(authority),
    ...(pathLength === undefined ? {} : { pathLength: smallOf(pathLength) }),
  }
}

function nameConstraintsOf(value: Der): NameConstraints {
  const member = members(value)
  const permitted = member.maybe(tagged(0))
  const excluded = member.maybe(tagged(1))
  member.end()
  const bases = (trees: Der | undefined, tag: number) =>
    trees === undefined ? [] : childrenOf(trees, tag).map(subtreeBase)
  return { permitted: bases(permitted, tagged(0)), excluded: bases(excluded, tagged(1)) }
}

function subtreeBase(value: Der): GeneralName {
  const member = members(value)
  const base = generalNameOf(member.next())
  // Minimum 0 is the default and maximum is absent in this profile (RFC 5280 §4.2.1.10).
  member.end()
  return base
}

function distributionPointOf(value: Der): DistributionPoint {
  const member = members(value)
  const point = member.maybe(tagged(0))
  const reasons = member.maybe(implicit(1))
  const issuer = member.maybe(tagged(2))
  member.end()
  const addresses = point === undefined ? [] : fullNameOf(point)
  return { addresses, partial: reasons !== undefined || issuer !== undefined }
}

/** The addresses of a DistributionPointName; one that is relative to the issuer's name has none. */
export function fullNameOf(point: Der): string[] {
  const [name] = childrenOf(point, point.tag)
  if (name?.tag !== tagged(0)) return []
  return generalNamesOf(name, tagged(0)).flatMap((each) => (each.form === 'uri' ? [each.text] : []))
}

function authorityKeyIdOf(value: Der): Partial<Extended> {
  const keyId = members(value).maybe(implicit(0))
  return keyId === undefined ? {} : { authorityKeyId: keyId.content.toString('hex') }
}

/** Mapping is refused altogether, so whether it is inhibited changes nothing. */
function policyConstraintsOf(value: Der): Partial<Extended> {
  const required = members(value).maybe(implicit(0))
  return required === undefined ? {} : { requireExplicitPolicy: smallOf(required, implicit(0)) }
}

function ocspAddressesOf(value: Der): string[] {
  return childrenOf(value).flatMap((each) => {
    const member = members(each)
    const method = oidOf(member.next())
    const location = generalNameOf(member.next())
    member.end()
    return method === '1.3.6.1.5.5.7.48.1' && location.form === 'uri' ? [location.text] : []
  })
}
