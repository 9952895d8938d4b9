/**
 * A certificate revocation list (RFC 5280 §5): read, and judged for what it may be asked.
 *
 * Taken are complete lists that an issuer signed of its own certificates. Refused by name: delta lists, indirect lists, lists
 * of some reasons only, lists without a next update, and any critical extension beside those. Where a list comes from, and
 * how long it is kept, is in `services/revocation.ts`.
 */
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import { type Certificate, extensionsOf, fullNameOf, keyUsages, pemBlocks } from './certificate.ts'
import {
  bitsOf,
  booleanOf,
  type Der,
  implicit,
  inside,
  integerHex,
  malformed,
  members,
  only,
  readOr,
  smallOf,
  tagged,
  tags,
  timeOf,
} from './der.ts'
import { type Name, nameOf, sameName } from './name.ts'
import { algorithmOf, checkSignature, type Signed } from './signature.ts'

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

/** DER, or PEM as some servers hand it out. */
export function readList(bytes: Buffer): Result<RevocationList, 'crl-malformed'> {
  const [fromPem] = bytes[0] === 0x2d ? pemBlocks(bytes.toString('latin1'), 'X509 CRL') : []
  return readOr('crl-malformed', () => listOf(only(fromPem ?? bytes)))
}

function listOf(value: Der): RevocationList {
  const outer = members(value)
  const signed = outer.next(tags.sequence)
  const algorithm = algorithmOf(outer.next())
  const signature = bitsOf(outer.next())
  outer.end()

  const body = members(signed)
  const version = body.maybe(tags.integer)
  if (version !== undefined && smallOf(version) !== 1) throw malformed('a revocation list of an unknown version')
  if (!algorithmOf(body.next()).whole.equals(algorithm.whole)) throw malformed('two signature algorithms')
  const issuer = nameOf(body.next())
  const thisUpdate = timeOf(body.next())
  const next = body.maybe(tags.utcTime, tags.generalizedTime)
  const entries = body.maybe(tags.sequence)
  const extensions = body.maybe(tagged(0))
  body.end()

  const unknownCritical: string[] = []
  return {
    issuer,
    thisUpdate,
    nextUpdate: next === undefined ? undefined : timeOf(next),
    revoked: entries === undefined ? new Set() : serialsIn(entries, unknownCritical),
    scope: scopeOf(extensions, unknownCritical),
    signed: { signed: signed.whole, algorithm, signature },
  }
}

/** `certificateIssuer` among the entries makes the list an indirect one; it is critical, and so refused with the others. */
function serialsIn(entries: Der, unknownCritical: string[]): Set<string> {
  const serials = new Set<string>()
  for (const entry of inside(entries)) {
    const member = members(entry)
    serials.add(integerHex(member.next()))
    member.next()
    const extensions = member.maybe(tags.sequence)
    member.end()
    if (extensions !== undefined)
      unknownCritical.push(...extensionsOf(extensions).flatMap(({ oid, critical }) => (critical ? [oid] : [])))
  }
  return serials
}

function scopeOf(wrapped: Der | undefined, unknownCritical: string[]): Scope {
  const scope = {
    addresses: [] as string[],
    onlyUsers: false,
    onlyAuthorities: false,
    indirect: false,
    partial: false,
    delta: false,
    unknownCritical,
  }
  for (const { oid, critical, value } of wrapped === undefined ? [] : extensionsOf(only(wrapped.content))) {
    if (oid === '2.5.29.27') scope.delta = true
    else if (oid === '2.5.29.28') Object.assign(scope, issuingPointOf(only(value)))
    else if (critical) unknownCritical.push(oid)
  }
  return scope
}

function issuingPointOf(value: Der): Omit<Scope, 'delta' | 'unknownCritical'> {
  const member = members(value)
  const point = member.maybe(tagged(0))
  const flag = (number: number): boolean => {
    const found = member.maybe(implicit(number))
    return found !== undefined && booleanOf({ ...found, tag: tags.boolean })
  }
  const scope = { onlyUsers: flag(1), onlyAuthorities: flag(2) }
  const someReasons = member.maybe(implicit(3)) !== undefined
  const indirect = flag(4)
  const onlyAttributes = flag(5)
  member.end()
  const addresses = point === undefined ? [] : fullNameOf(point)
  // A name that is relative, or in another form than an address, is one that nobody here can compare.
  const unreadable = point !== undefined && addresses.length === 0
  return { ...scope, addresses, indirect, partial: someReasons || onlyAttributes || unreadable }
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
  (signer.keyUsage === undefined || signer.keyUsage.has(keyUsages.cRLSign)) &&
  checkSignature(list.signed, signer.key).ok

function checkDates({ thisUpdate, nextUpdate }: RevocationList, now: Seconds): Result<true, ListRefusal> {
  if (thisUpdate > now + skew) return refuse('crl-not-yet-valid')
  if (nextUpdate === undefined) return refuse('crl-without-end')
  return nextUpdate > now ? ok(true) : refuse('crl-expired')
}
