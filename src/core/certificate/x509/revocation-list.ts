/**
 * A certificate revocation list (RFC 5280 §5): read, and judged for what it may be asked.
 *
 * Taken are complete lists that an issuer signed of its own certificates. Refused by name: delta lists, indirect lists, lists
 * of some reasons only, lists without a next update, and any critical extension beside those. Where a list comes from, and
 * how long it is kept, is in `services/revocation.ts`.
 */
import {
  CertificateList,
  type Extension,
  IssuingDistributionPoint,
  id_ce_deltaCRLIndicator,
  id_ce_issuingDistributionPoint,
  type RevokedCertificate,
  type TBSCertList,
  Version,
} from '@peculiar/asn1-x509'
import { ok, type Result, refuse, type Seconds } from '../../result.ts'
import { bufferOf, hexOf, inside, malformed, type Node, parsed, rawOf, readOr, treeOf, valueIn } from './asn1.ts'
import { addressesOf, type Certificate, criticalIn, onceEach, pemBlocks, secondsOf } from './certificate.ts'
import { type Name, nameOf, sameName } from './name.ts'
import { checkSignature, type Signed } from './signature.ts'

export type RevocationList = {
  issuer: Name
  thisUpdate: Seconds
  nextUpdate: Seconds | undefined
  /** Serial numbers as `Certificate.serial` has them. */
  revoked: ReadonlySet<string>
  scope: Scope
  signed: Signed
}

/** What the list says it is about (RFC 5280 §5.2.5), and the extensions that make it another kind of list. */
type Scope = {
  addresses: readonly string[]
  onlyUsers: boolean
  onlyAuthorities: boolean
  indirect: boolean
  partial: boolean
  delta: boolean
  unknownCritical: readonly string[]
}

export type ListRefusal =
  | 'crl-malformed'
  | 'crl-issuer'
  | 'crl-signature'
  | 'crl-delta'
  | 'crl-indirect'
  | 'crl-partial'
  | 'crl-scope'
  | 'crl-critical-extension'
  | 'crl-not-yet-valid'
  | 'crl-without-end'
  | 'crl-expired'

/** Clocks differ: a list that is from two minutes ahead is from now. Its end is not stretched. */
const skew: Seconds = 120

/** Values in a list: those of 42,000 entries with a reason each, or of 99,000 without. What they take is in ADR 0018. */
const mostNodes = 300_000

/** DER, or PEM as some servers hand it out. */
export function readList(bytes: Buffer): Result<RevocationList, 'crl-malformed'> {
  const [fromPem] = bytes[0] === 0x2d ? pemBlocks(bytes.toString('latin1'), 'X509 CRL') : []
  return readOr('crl-malformed', () => listOf(treeOf(fromPem ?? bytes, mostNodes)))
}

function listOf(tree: Node): RevocationList {
  const { tbsCertList: body, tbsCertListRaw, signatureAlgorithm, signature } = valueIn(tree, CertificateList)
  checkMembers(tree, body)
  if (body.version !== undefined && body.version !== Version.v2) throw malformed('a list of an unknown version')
  if (!signatureAlgorithm.isEqual(body.signature)) throw malformed('two signature algorithms')
  const { revokedCertificates: revoked = [], crlExtensions = [], nextUpdate } = body
  return {
    issuer: nameOf(body.issuer),
    thisUpdate: secondsOf(body.thisUpdate.getTime()),
    nextUpdate: nextUpdate === undefined ? undefined : secondsOf(nextUpdate.getTime()),
    revoked: new Set(revoked.map(({ userCertificate }) => hexOf(userCertificate))),
    scope: scopeOf(onceEach(crlExtensions), revoked),
    signed: { signed: rawOf(tbsCertListRaw), algorithm: signatureAlgorithm, signature: bufferOf(signature) },
  }
}

/**
 * That the library left out no member: it does so with one that it does not expect, and with all that come after. Counted,
 * because a list is too long to be written again.
 */
function checkMembers(tree: Node, body: TBSCertList): void {
  const [signed, ...others] = inside(tree)
  const its = signed === undefined ? [] : membersOf(signed)
  const { version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates: revoked, crlExtensions } = body
  const members = [version, signature, issuer, thisUpdate, nextUpdate, revoked, crlExtensions]
  const entries = revoked === undefined ? [] : inside(its.at(crlExtensions === undefined ? -1 : -2) ?? tree)
  const isWhole =
    others.length === 2 &&
    its.length === members.filter((member) => member !== undefined).length &&
    entries.length === (revoked?.length ?? 0) &&
    entries.every((entry, at) => membersOf(entry).length === (revoked?.[at]?.crlEntryExtensions === undefined ? 2 : 3))
  if (!isWhole) throw malformed('members that nobody expects')
}

/** Without sequences of nothing, which the library takes for absent. */
const membersOf = (node: Node): readonly Node[] => inside(node).filter((each) => !isEmpty(each))
const isEmpty = (node: Node): boolean => node.idBlock.isConstructed && inside(node).every(isEmpty)

/** `certificateIssuer` among the entries makes the list an indirect one; it is critical, and so refused with the others. */
function scopeOf(extensions: readonly Extension[], revoked: readonly RevokedCertificate[]): Scope {
  const read: readonly string[] = [id_ce_deltaCRLIndicator, id_ce_issuingDistributionPoint]
  const inEntries = revoked.flatMap(({ crlEntryExtensions = [] }) => criticalIn(onceEach(crlEntryExtensions)))
  const point = extensions.find(({ extnID }) => extnID === id_ce_issuingDistributionPoint)
  return {
    ...issuingPointOf(point === undefined ? undefined : parsed(point.extnValue.buffer, IssuingDistributionPoint)),
    delta: extensions.some(({ extnID }) => extnID === id_ce_deltaCRLIndicator),
    unknownCritical: [...criticalIn(extensions).filter((oid) => !read.includes(oid)), ...inEntries],
  }
}

function issuingPointOf(point = new IssuingDistributionPoint()): Omit<Scope, 'delta' | 'unknownCritical'> {
  const addresses = addressesOf(point.distributionPoint)
  // A name that is relative, or in another form than an address, is one that nobody here can compare.
  const unreadable = point.distributionPoint !== undefined && addresses.length === 0
  return {
    addresses,
    onlyUsers: point.onlyContainsUserCerts,
    onlyAuthorities: point.onlyContainsCACerts,
    indirect: point.indirectCRL,
    partial: point.onlySomeReasons !== undefined || point.onlyContainsAttributeCerts || unreadable,
  }
}

/**
 * Whether the list speaks of this certificate, now.
 *
 * @param signers the issuer, and whoever else may sign in its name: certificates whose own chain was checked.
 * @param addresses where lists of this certificate are, by the certificate or by the settings.
 */
export function checkList(
  list: RevocationList,
  certificate: Certificate,
  { signers, addresses, now }: { signers: readonly Certificate[]; addresses: readonly string[]; now: Seconds },
): Result<true, ListRefusal> {
  const { scope } = list
  if (!sameName(list.issuer, certificate.issuer)) return refuse('crl-issuer')
  if (scope.delta) return refuse('crl-delta')
  if (scope.indirect) return refuse('crl-indirect')
  if (scope.partial) return refuse('crl-partial')
  const [unknown] = scope.unknownCritical
  if (unknown !== undefined) return refuse('crl-critical-extension', { detail: unknown })
  if (!signers.some((signer) => isSignedBy(list, signer))) return refuse('crl-signature')
  const isAuthority = certificate.basicConstraints?.authority === true
  if (isAuthority ? scope.onlyUsers : scope.onlyAuthorities) return refuse('crl-scope')
  // One of several lists of an issuer passes as another otherwise (RFC 5280 §6.3.3 (b) (2)).
  if (scope.addresses.length > 0 && !scope.addresses.some((address) => addresses.includes(address)))
    return refuse('crl-scope')
  return checkDates(list, now)
}

const isSignedBy = (list: RevocationList, signer: Certificate): boolean =>
  sameName(signer.subject, list.issuer) &&
  (signer.keyUsage === undefined || signer.keyUsage.has('crlSign')) &&
  checkSignature(list.signed, signer.key).ok

function checkDates({ thisUpdate, nextUpdate }: RevocationList, now: Seconds): Result<true, ListRefusal> {
  if (thisUpdate > now + skew) return refuse('crl-not-yet-valid')
  if (nextUpdate === undefined) return refuse('crl-without-end')
  return nextUpdate > now ? ok(true) : refuse('crl-expired')
}
