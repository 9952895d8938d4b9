/**
 * Judges a client certificate: whether it is one that people sign in with here, and whom it names.
 *
 * Pure: allowed issuers, settings and time come in, a verdict goes out. Whether it was revoked is asked afterwards
 * (`services/revocation.ts`), because addresses out of a certificate are worth visiting only once its chain holds; whose
 * account it is, the login finds. Nothing is forgiven: what is ambiguous names nobody.
 */
import { ok, type Refusal, type Result, refuse, type Seconds } from '../result.ts'
import { type Identity, type IdentitySource, subjectAttributes } from './certificate-identity.ts'
import { anyPurpose, type Certificate, pemBlocks, readCertificate } from './x509/certificate.ts'
import { attributesOf, type GeneralName } from './x509/name.ts'
import { type Bundle, findPath, type Path, type PathRefusal } from './x509/path.ts'

export type CertificatePolicy = {
  /** Extended key usages of which it must name one. `anyExtendedKeyUsage` counts only where it is listed. */
  purposes: readonly string[]
  /** Policies that say that the key lives on a smart card. */
  smartCardPolicies: readonly string[]
  identity: IdentitySource
}

export type JudgedCertificate = {
  /** SHA-256, base64url. */
  thumbprint: string
  identity: Identity
  smartCard: boolean
  path: Path
}

export type CertificateRefusal =
  | 'malformed-certificate'
  | PathRefusal
  /** An authority's own certificate signs nobody in. */
  | 'is-authority'
  | 'wrong-key-usage'
  | 'no-identity'
  | 'ambiguous-identity'

/** The longest PEM that is looked at; API Gateway passes on no certificate that is longer. */
const longestPem = 16_384

export function judgeCertificate(
  pem: string,
  { bundle, policy, now }: { bundle: Bundle; policy: CertificatePolicy; now: Seconds },
): Result<JudgedCertificate, CertificateRefusal> {
  const read = readPem(pem)
  if (!read.ok) return read
  const certificate = read.value
  const path = findPath(certificate, bundle, { now, purposes: policy.purposes })
  if (!path.ok) return path
  const usable = checkUsage(certificate, policy)
  if (!usable.ok) return usable
  const identity = identityOf(certificate, policy.identity)
  if (!identity.ok) return identity
  return ok({
    thumbprint: certificate.thumbprint,
    identity: { source: policy.identity, value: identity.value },
    smartCard: path.value.policies.some((each) => policy.smartCardPolicies.includes(each)),
    path: path.value,
  })
}

/** The one certificate that the request context holds. */
function readPem(pem: string): Result<Certificate, 'malformed-certificate'> {
  if (pem.length > longestPem) return refuse('malformed-certificate', { detail: `longer than ${longestPem} letters` })
  const [bytes, ...more] = pemBlocks(pem, 'CERTIFICATE')
  if (bytes === undefined || more.length > 0)
    return refuse('malformed-certificate', { detail: `${more.length + (bytes ? 1 : 0)} certificates` })
  return readCertificate(bytes)
}

/** What the certificate may be used for: by its purposes, by its key's usage, and by being nobody's authority. */
function checkUsage(
  { basicConstraints, keyUsage, purposes = [] }: Certificate,
  policy: CertificatePolicy,
): Result<true, CertificateRefusal> {
  if (basicConstraints?.authority) return refuse('is-authority')
  if (!purposes.some((purpose) => policy.purposes.includes(purpose)))
    return refuse('wrong-purpose', { detail: purposes.includes(anyPurpose) ? 'any' : purposes.join(' ') || 'none' })
  // RFC 5280 §4.2.1.12 and TLS alike: a client proves by a signature. Who leaves it out did not mean it for this.
  return keyUsage?.has('digitalSignature') ? ok(true) : refuse('wrong-key-usage')
}

type IdentityRefusal = 'no-identity' | 'ambiguous-identity'

function identityOf(certificate: Certificate, source: IdentitySource): Result<string, IdentityRefusal> {
  if (source === 'thumbprint') return ok(certificate.thumbprint)
  const found =
    source === 'upn' || source === 'mail'
      ? certificate.alternativeNames.flatMap((name) => textIn(name, source))
      : attributesOf(certificate.subject, subjectAttributes[source]).map(({ text }) => text)
  const [value, ...more] = found
  if (found.length === 0 || value === '') return refuse('no-identity', { detail: source })
  // Of two, nobody knows which one the issuer checked.
  if (more.length > 0) return ambiguous(`${found.length} times ${source}`)
  // In letters that nobody agrees on, or with a NUL where other readers stop (CVE-2009-2408).
  if (value === undefined || /\p{Cc}|\p{Cf}/u.test(value)) return ambiguous(`${source} in letters that may mislead`)
  return ok(value)
}

const ambiguous = (detail: string): Refusal<IdentityRefusal> => refuse('ambiguous-identity', { detail })

const textIn = (name: GeneralName, source: 'upn' | 'mail'): string[] => (name.form === source ? [name.text] : [])
