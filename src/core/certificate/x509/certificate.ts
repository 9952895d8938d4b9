/**
 * A certificate (RFC 5280 §4), read once into what the checks ask of it.
 *
 * Read twice: by OpenSSL, which has the key of it, and by the schemas of @peculiar/asn1-x509, which know its extensions.
 * What either of them cannot read is malformed. Reading judges nothing but the form: whether it is valid, and for what, is
 * in `path.ts`. Left out, because nothing here asks for it: extensions beside those named below. Their critical ones are
 * kept by number, and whoever meets one refuses.
 */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  Certificate as AsnCertificate,
  NameConstraints as AsnNameConstraints,
  AuthorityInfoAccessSyntax,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CertificatePolicies,
  CRLDistributionPoints,
  type DistributionPointName,
  ExtendedKeyUsage,
  type Extension,
  InhibitAnyPolicy,
  id_ad_ocsp,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_certificatePolicies_anyPolicy,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_inhibitAnyPolicy,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_policyConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_pe_authorityInfoAccess,
  KeyUsage,
  type KeyUsageType,
  PolicyConstraints,
  SubjectAlternativeName,
  Version,
} from '@peculiar/asn1-x509'
import type { Result, Seconds } from '../../result.ts'
import { bufferOf, hexOf, malformed, parsed, rawOf, readOr, smallOf } from './asn1.ts'
import { type GeneralName, generalNameOf, type Name, nameOf } from './name.ts'
import type { Signed } from './signature.ts'

export const anyPurpose = `${id_ce_extKeyUsage}.0`
export const anyPolicy = id_ce_certificatePolicies_anyPolicy

/** A constraint on names: of one form, below this base (RFC 5280 §4.2.1.10). */
export type NameConstraints = { permitted: readonly GeneralName[]; excluded: readonly GeneralName[] }

/** Where a revocation list of this certificate is. `partial`: of some reasons only, or signed by somebody else. */
type DistributionPoint = { addresses: string[]; partial: boolean }

export type Certificate = {
  /** SHA-256 of the whole, base64url: `x5t#S256` of RFC 8705. */
  thumbprint: string
  /** Lower-case hexadecimal of the INTEGER's octets. */
  serial: string
  issuer: Name
  subject: Name
  /** Both names for logs and for people: `CN=Ada, O=Example`. */
  printed: { issuer: string; subject: string }
  notBefore: Seconds
  notAfter: Seconds
  key: KeyObject
  /** The bits of the key alone, and the name as it is written: what OCSP hashes. */
  keyBits: Buffer
  subjectDer: Buffer
  signed: Signed
  basicConstraints?: { authority: boolean; pathLength?: number }
  keyUsage?: ReadonlySet<KeyUsageType>
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
  readOr('malformed-certificate', () => certificateOf(bytes))

/** Each block of this label in a PEM text (RFC 7468); what is between the blocks is a comment. */
export function pemBlocks(pem: string, label: string): Buffer[] {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, 'g')
  return [...pem.matchAll(block)].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
}

export function certificateOf(bytes: Buffer): Certificate {
  const { key, printed } = openSslOf(bytes)
  const { tbsCertificate: body, tbsCertificateRaw, signatureAlgorithm, signatureValue } = readWhole(bytes)
  if (body.version !== Version.v3) throw malformed('not of version 3')
  // What is signed says by what, so that nobody swaps the algorithm (RFC 5280 §4.1.1.2).
  if (!signatureAlgorithm.isEqual(body.signature)) throw malformed('two signature algorithms')
  const { algorithm, subjectPublicKey } = body.subjectPublicKeyInfo
  // RFC 5480 §2.1.1: a curve that is spelled out is whatever its writer wants (CVE-2020-0601).
  const isNamed = algorithm.parameters != null && bufferOf(algorithm.parameters)[0] === 0x06
  if (key.asymmetricKeyType === 'ec' && !isNamed) throw malformed('a curve without a name')
  return {
    thumbprint: createHash('sha256').update(bytes).digest('base64url'),
    serial: hexOf(body.serialNumber),
    issuer: nameOf(body.issuer),
    subject: nameOf(body.subject),
    printed,
    notBefore: secondsOf(body.validity.notBefore.getTime()),
    notAfter: secondsOf(body.validity.notAfter.getTime()),
    key,
    keyBits: bufferOf(subjectPublicKey),
    subjectDer: Buffer.from(AsnConvert.serialize(body.subject)),
    signed: { signed: rawOf(tbsCertificateRaw), algorithm: signatureAlgorithm, signature: bufferOf(signatureValue) },
    ...certificateExtensions(body.extensions ?? []),
  }
}

/** Not compared to what it is once it is written again: `critical FALSE` is spelled out by some, and OpenSSL was strict. */
const readWhole = (bytes: Buffer): AsnCertificate => parsed(bytes, AsnCertificate, { again: false })

/** The key, and names for people; OpenSSL refuses what is no certificate to it, and so do we. */
function openSslOf(bytes: Buffer): Pick<Certificate, 'key' | 'printed'> {
  try {
    const { raw, publicKey, issuer, subject } = new X509Certificate(bytes)
    if (!raw.equals(bytes)) throw malformed('bytes after the certificate')
    return { key: publicKey, printed: { issuer: onOneLine(issuer), subject: onOneLine(subject) } }
  } catch (failure) {
    throw failure instanceof Error ? malformed(failure.message) : failure
  }
}

/** OpenSSL writes a line for each part of a name, the highest first. A name may be empty: Node has `undefined` then. */
const onOneLine = (name: string | undefined): string => (name ?? '').split('\n').reverse().join(', ')

export const secondsOf = (date: Date): Seconds => date.getTime() / 1000

/** Each extension at most once (RFC 5280 §4.2). */
export function onceEach(extensions: readonly Extension[]): readonly Extension[] {
  if (new Set(extensions.map(({ extnID }) => extnID)).size !== extensions.length) throw malformed('an extension twice')
  return extensions
}

export const criticalIn = (extensions: readonly Extension[]): string[] =>
  extensions.flatMap(({ extnID, critical }) => (critical ? [extnID] : []))

/** What is read of each extension. All others are unknown, and nobody may pass over those that are critical. */
const readers: Record<string, (value: OctetString) => Partial<Certificate>> = {
  [id_ce_subjectKeyIdentifier]: (value) => ({ subjectKeyId: hexOf(parsed(value.buffer, OctetString)) }),
  [id_ce_keyUsage]: (value) => ({ keyUsage: new Set(parsed(value.buffer, KeyUsage).toJSON()) }),
  [id_ce_subjectAltName]: (value) => ({
    alternativeNames: parsed(value.buffer, SubjectAlternativeName).map(generalNameOf),
  }),
  [id_ce_basicConstraints]: (value) => ({ basicConstraints: basicConstraintsOf(value) }),
  [id_ce_nameConstraints]: (value) => ({
    nameConstraints: nameConstraintsOf(parsed(value.buffer, AsnNameConstraints)),
  }),
  [id_ce_cRLDistributionPoints]: (value) => ({
    distributionPoints: parsed(value.buffer, CRLDistributionPoints).map(
      ({ distributionPoint, reasons, cRLIssuer }): DistributionPoint => ({
        addresses: addressesOf(distributionPoint),
        partial: reasons !== undefined || cRLIssuer !== undefined,
      }),
    ),
  }),
  [id_ce_certificatePolicies]: (value) => ({
    policies: parsed(value.buffer, CertificatePolicies).map(({ policyIdentifier }) => policyIdentifier),
  }),
  [id_ce_authorityKeyIdentifier]: (value) => {
    const { keyIdentifier } = parsed(value.buffer, AuthorityKeyIdentifier)
    return keyIdentifier === undefined ? {} : { authorityKeyId: hexOf(keyIdentifier) }
  },
  // Mapping is refused altogether, so whether it is inhibited changes nothing.
  [id_ce_policyConstraints]: (value) => {
    const { requireExplicitPolicy } = parsed(value.buffer, PolicyConstraints)
    return requireExplicitPolicy === undefined ? {} : { requireExplicitPolicy: smallOf(requireExplicitPolicy) }
  },
  [id_ce_extKeyUsage]: (value) => ({ purposes: [...parsed(value.buffer, ExtendedKeyUsage)] }),
  [id_ce_inhibitAnyPolicy]: (value) => ({ inhibitAnyPolicy: smallOf(parsed(value.buffer, InhibitAnyPolicy).value) }),
  [id_pe_authorityInfoAccess]: (value) => ({
    ocspAddresses: parsed(value.buffer, AuthorityInfoAccessSyntax).flatMap(({ accessMethod, accessLocation }) =>
      accessMethod === id_ad_ocsp ? urisIn([accessLocation]) : [],
    ),
  }),
  '1.3.6.1.5.5.7.48.1.5': () => ({ ocspNoCheck: true }),
}

type Extended = Pick<
  Certificate,
  'alternativeNames' | 'distributionPoints' | 'ocspAddresses' | 'ocspNoCheck' | 'unknownCritical'
>

const certificateExtensions = (extensions: readonly Extension[]): Extended =>
  Object.assign(
    {
      alternativeNames: [],
      distributionPoints: [],
      ocspAddresses: [],
      ocspNoCheck: false,
      unknownCritical: criticalIn(extensions).filter((oid) => readers[oid] === undefined),
    },
    ...onceEach(extensions).map(({ extnID, extnValue }) => readers[extnID]?.(extnValue) ?? {}),
  )

function basicConstraintsOf(value: OctetString): NonNullable<Certificate['basicConstraints']> {
  // `cA FALSE` spelled out is against DER, and common.
  const again = hexOf(value) !== '3003010100'
  const { cA, pathLenConstraint } = parsed(value.buffer, BasicConstraints, { again })
  return { authority: cA, ...(pathLenConstraint === undefined ? {} : { pathLength: smallOf(pathLenConstraint) }) }
}

function nameConstraintsOf({ permittedSubtrees = [], excludedSubtrees = [] }: AsnNameConstraints): NameConstraints {
  const trees = [...permittedSubtrees, ...excludedSubtrees]
  // Minimum 0 is the default and maximum is absent in this profile (RFC 5280 §4.2.1.10).
  if (trees.some(({ minimum, maximum }) => minimum !== 0 || maximum !== undefined))
    throw malformed('a bound on subtrees')
  return {
    permitted: [...permittedSubtrees].map(({ base }) => generalNameOf(base)),
    excluded: [...excludedSubtrees].map(({ base }) => generalNameOf(base)),
  }
}

/** The addresses of a DistributionPointName; one that is relative to the issuer's name has none. */
export const addressesOf = (point: DistributionPointName | undefined): string[] => urisIn(point?.fullName ?? [])

const urisIn = (names: Parameters<typeof generalNameOf>[0][]): string[] =>
  names.map(generalNameOf).flatMap((name) => (name.form === 'uri' ? [name.text] : []))
