/**
 * Whether a certificate chains to an allowed issuer, as RFC 5280 §6.1 asks.
 *
 * The allowed issuers are one bundle: its self-signed certificates are the anchors, all others are links between. A chain
 * has nothing in it that is not in the bundle, but for the certificate that is judged: what a client sends beside it never
 * counts. Name constraints are in `name-constraints.ts`, revocation is somebody else's.
 *
 * Left out and refused: policy mapping, and every critical extension that nobody here reads. Stricter than the RFC: an
 * anchor's own dates, path length and constraints hold as well.
 */
import { ok, type Refusal, type Result, refuse, type Seconds } from '../../result.ts'
import { anyPolicy, anyPurpose, type Certificate, pemBlocks, readCertificate } from './certificate.ts'
import { sameName } from './name.ts'
import { constraintsHold } from './name-constraints.ts'
import { checkKey, checkSignature } from './signature.ts'

export type PathRefusal =
  | 'unknown-issuer'
  | 'self-signed'
  | 'expired'
  | 'not-yet-valid'
  | 'issuer-expired'
  | 'weak-signature'
  | 'weak-key'
  | 'not-an-authority'
  | 'path-too-long'
  | 'critical-extension'
  | 'name-not-permitted'
  | 'policy-missing'
  | 'wrong-purpose'

/** From the certificate itself to the anchor: each is followed by its issuer. */
export type Path = {
  certificates: readonly [Certificate, Certificate, ...Certificate[]]
  /** The certificate's own policies that everybody above it allows. */
  policies: readonly string[]
}

export type Bundle = { anchors: readonly Certificate[]; links: readonly Certificate[] }

/** Throws: the allowed issuers are a setting, and one that cannot be read is no reason to turn people away. */
export function readBundle(pem: string): Bundle {
  const all = pemBlocks(pem, 'CERTIFICATE').map((bytes, at) => {
    const read = readCertificate(bytes)
    if (!read.ok) throw new Error(`Certificate ${at + 1} of the allowed issuers cannot be read: ${read.detail}`)
    return read.value
  })
  const anchors = all.filter(isSelfSigned)
  if (anchors.length === 0) throw new Error('The allowed issuers hold no root: a certificate that signed itself')
  return { anchors, links: all.filter((each) => !isSelfSigned(each)) }
}

const isSelfIssued = ({ issuer, subject }: Certificate): boolean => sameName(issuer, subject)

/**
 * By its key or, where the signature is one that we take from nobody, by its name: what an anchor's signature was made
 * with does not matter, it is not relied on.
 */
export function isSelfSigned(certificate: Certificate): boolean {
  if (!isSelfIssued(certificate)) return false
  const checked = checkSignature(certificate.signed, certificate.key)
  return checked.ok || checked.reason === 'weak-signature'
}

/** Links between, at most: longer chains are nobody's, and a bundle may go round in circles. */
const longest = 8

/**
 * The chain of the certificate at this time. Where there are several and none holds, the reason is the first one's.
 *
 * @param purposes what the chain is to be good for: a link that names purposes must name one of these.
 */
export function findPath(
  certificate: Certificate,
  bundle: Bundle,
  { now, purposes }: { now: Seconds; purposes: readonly string[] },
): Result<Path, PathRefusal> {
  const own = checkOne(certificate, now, 'expired')
  if (!own.ok) return own
  const chains = [...chainsFrom([certificate], bundle)]
  let refused: Refusal<PathRefusal> | undefined
  for (const chain of chains) {
    const checked = checkChain(chain, { now, purposes })
    if (checked.ok) return checked
    refused ??= checked
  }
  return refused ?? (isSelfSigned(certificate) ? refuse('self-signed') : unknownIssuer(certificate, bundle))
}

function unknownIssuer(certificate: Certificate, { anchors, links }: Bundle): Refusal<PathRefusal> {
  const named = [...anchors, ...links].filter(({ subject }) => sameName(subject, certificate.issuer))
  const weak = named.map(({ key }) => checkSignature(certificate.signed, key)).find((it) => !it.ok)
  if (weak?.ok === false && weak.reason === 'weak-signature') return refuse('weak-signature', about(certificate))
  return refuse('unknown-issuer', { detail: certificate.printed.issuer })
}

const about = ({ printed }: Certificate) => ({ detail: printed.subject })

type Chain = readonly [Certificate, ...Certificate[]]

/** Every way up whose names and signatures fit. Keys that share a name are told apart by the signature. */
function* chainsFrom(chain: Chain, bundle: Bundle): Generator<Chain> {
  const last = chain[chain.length - 1] ?? chain[0]
  for (const anchor of bundle.anchors) if (isIssuedBy(last, anchor)) yield [...chain, anchor]
  if (chain.length > longest) return
  for (const link of bundle.links)
    if (!chain.some(({ thumbprint }) => thumbprint === link.thumbprint) && isIssuedBy(last, link))
      yield* chainsFrom([...chain, link], bundle)
}

export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!sameName(certificate.issuer, issuer.subject)) return false
  const { authorityKeyId: wanted } = certificate
  if (wanted !== undefined && issuer.subjectKeyId !== undefined && wanted !== issuer.subjectKeyId) return false
  return checkSignature(certificate.signed, issuer.key).ok
}

/** What holds for each certificate by itself. */
export function checkOne(
  certificate: Certificate,
  now: Seconds,
  whenOver: 'expired' | 'issuer-expired',
): Result<true, PathRefusal> {
  const [unknown] = certificate.unknownCritical
  if (unknown !== undefined) return refuse('critical-extension', { detail: unknown })
  if (now > certificate.notAfter) return refuse(whenOver, about(certificate))
  if (now < certificate.notBefore)
    return refuse(whenOver === 'expired' ? 'not-yet-valid' : 'issuer-expired', about(certificate))
  return checkKey(certificate.key)
}

function checkChain(
  chain: Chain,
  { now, purposes }: { now: Seconds; purposes: readonly string[] },
): Result<Path, PathRefusal> {
  const [certificate, ...issuers] = chain
  const [first] = issuers
  if (first === undefined) throw new Error('A chain without an issuer')
  // How many links below may still follow: those that issued themselves, at a change of keys, do not count.
  let below = 0
  for (const issuer of issuers) {
    const checked = checkIssuer(issuer, below, now, purposes)
    if (!checked.ok) return checked
    if (!isSelfIssued(issuer)) below++
  }
  const named = constraintsHold(chain)
  if (!named.ok) return named
  const policies = policiesOf(chain)
  return policies.ok
    ? ok({ certificates: [certificate, first, ...issuers.slice(1)], policies: policies.value })
    : policies
}

function checkIssuer(
  issuer: Certificate,
  below: number,
  now: Seconds,
  purposes: readonly string[],
): Result<true, PathRefusal> {
  const checked = checkOne(issuer, now, 'issuer-expired')
  if (!checked.ok) return checked
  const { basicConstraints, keyUsage, purposes: its } = issuer
  if (!basicConstraints?.authority) return refuse('not-an-authority', about(issuer))
  if (keyUsage !== undefined && !keyUsage.has('keyCertSign')) return refuse('not-an-authority', about(issuer))
  const { pathLength = Number.POSITIVE_INFINITY } = basicConstraints
  if (below > pathLength) return refuse('path-too-long', about(issuer))
  // Not in the RFC, but what issuers mean by it, and browsers: an issuer of server certificates makes nobody sign in.
  const serves = its === undefined || its.includes(anyPurpose) || its.some((purpose) => purposes.includes(purpose))
  return serves ? ok(true) : refuse('wrong-purpose', about(issuer))
}

/**
 * Policies that hold along the whole chain (RFC 5280 §6.1.3 (d) to (f), without mapping). `any` as long as everybody says
 * any. The answer names only what the certificate itself says: no card is smart because all policies are allowed.
 */
function policiesOf(chain: Chain): Result<string[], PathRefusal> {
  const [certificate, ...issuers] = chain
  const below = [...issuers.slice(0, -1).reverse(), certificate]
  let valid: ReadonlySet<string> | 'any' = 'any'
  let explicitIn = below.length + 1
  let noAnyIn = below.length + 1
  const anchor = issuers.at(-1)
  if (anchor !== undefined) [explicitIn, noAnyIn] = constrained(anchor, explicitIn, noAnyIn)
  for (const each of below) {
    const isLast = each === certificate
    valid = narrowed(valid, each, noAnyIn > 0 || (!isLast && isSelfIssued(each)))
    if (!isSelfIssued(each) || isLast) [explicitIn, noAnyIn] = [Math.max(0, explicitIn - 1), Math.max(0, noAnyIn - 1)]
    if (each.requireExplicitPolicy === 0 && isLast) explicitIn = 0
    else if (!isLast) [explicitIn, noAnyIn] = constrained(each, explicitIn, noAnyIn)
    if (explicitIn === 0 && valid !== 'any' && valid.size === 0) return refuse('policy-missing', about(each))
  }
  const named = (certificate.policies ?? []).filter((policy) => policy !== anyPolicy)
  return ok(valid === 'any' ? named : named.filter((policy) => valid.has(policy)))
}

const constrained = (
  { requireExplicitPolicy, inhibitAnyPolicy }: Certificate,
  explicitIn: number,
  noAnyIn: number,
): [number, number] => [
  Math.min(explicitIn, requireExplicitPolicy ?? explicitIn),
  Math.min(noAnyIn, inhibitAnyPolicy ?? noAnyIn),
]

function narrowed(
  valid: ReadonlySet<string> | 'any',
  { policies = [] }: Certificate,
  mayBeAny: boolean,
): ReadonlySet<string> | 'any' {
  if (mayBeAny && policies.includes(anyPolicy)) return valid
  const named = policies.filter((policy) => policy !== anyPolicy)
  return new Set(valid === 'any' ? named : named.filter((policy) => valid.has(policy)))
}
