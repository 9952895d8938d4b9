/**
 * The Online Certificate Status Protocol (RFC 6960): a question about one certificate, and what an answer is worth.
 *
 * An answer counts when the certificate's own issuer signed it, or somebody to whom the issuer gave a certificate for that;
 * when it is about the certificate that was asked for, of now, and, where it has a nonce, of this question. Left out:
 * signed questions, several certificates in one, and responders that are trusted by configuration.
 */
import { createHash } from 'node:crypto'
import { ok, type Result, refuse, type Seconds } from '../result.ts'
import { type Certificate, certificateOf, type Extension, extensionsOf, keyUsages } from './certificate.ts'
import {
  bitsOf,
  childrenOf,
  type Der,
  expect,
  implicit,
  inside,
  integerHex,
  malformed,
  members,
  octetsOf,
  oidOf,
  only,
  readOr,
  smallOf,
  tagged,
  tags,
  timeOf,
} from './der.ts'
import { nameOf, sameName } from './name.ts'
import { checkOne, isIssuedBy } from './path.ts'
import { algorithmOf, checkSignature, type Signed } from './signature.ts'

const nonceOid = '1.3.6.1.5.5.7.48.1.2'
const ocspSigning = '1.3.6.1.5.5.7.3.9'

/** One certificate by its issuer's name and key and its serial number. */
type CertId = { algorithm: string; nameHash: string; keyHash: string; serial: string }

/**
 * SHA-1, because that is the hash that every responder answers for (RFC 5019 §2.1.1). Nothing rests on it: whoever could
 * make two issuers' names and keys collide would still need one that we allow.
 */
const sha1 = (bytes: Buffer): Buffer => createHash('sha1').update(bytes).digest()
const sha1Oid = '1.3.14.3.2.26'

const certIdOf = (certificate: Certificate, issuer: Certificate): CertId => ({
  algorithm: sha1Oid,
  nameHash: sha1(issuer.subjectDer).toString('hex'),
  keyHash: sha1(issuer.keyBits).toString('hex'),
  serial: certificate.serial,
})

/** The question as DER. `nonce`: 32 octets (RFC 9654). */
export function ocspRequest(certificate: Certificate, issuer: Certificate, nonce: Buffer): Buffer {
  const { nameHash, keyHash, serial } = certIdOf(certificate, issuer)
  const id = sequence(
    sequence(written(tags.oid, Buffer.from('2b0e03021a', 'hex')), written(tags.null)),
    written(tags.octetString, Buffer.from(nameHash, 'hex')),
    written(tags.octetString, Buffer.from(keyHash, 'hex')),
    written(tags.integer, Buffer.from(serial, 'hex')),
  )
  const nonceExtension = sequence(
    written(tags.oid, Buffer.from('2b0601050507300102', 'hex')),
    written(tags.octetString, written(tags.octetString, nonce)),
  )
  return sequence(sequence(sequence(sequence(id)), written(tagged(2), sequence(nonceExtension))))
}

/** Of a certificate's own parts, so never longer than two octets of length say. */
function written(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

const sequence = (...contents: Buffer[]): Buffer => written(tags.sequence, ...contents)

type Status = 'good' | 'revoked' | 'unknown'

type Single = { id: CertId; status: Status; thisUpdate: Seconds; nextUpdate: Seconds | undefined; critical: string[] }

type OcspAnswer = {
  responder: { name: Der } | { keyHash: string }
  answers: Single[]
  nonce: string | undefined
  critical: string[]
  certificates: Certificate[]
  signed: Signed
}

export type OcspRefusal =
  | 'ocsp-malformed'
  /** It said that it would not say: `malformedRequest`, `tryLater`, `unauthorized`… */
  | 'ocsp-refused'
  | 'ocsp-critical-extension'
  | 'ocsp-responder'
  | 'ocsp-signature'
  | 'ocsp-nonce'
  | 'ocsp-other-certificate'
  | 'ocsp-not-yet-valid'
  | 'ocsp-without-end'
  | 'ocsp-expired'

/** `responder`: to whom the issuer delegated, where it did not answer itself; whether that one was revoked is open. */
export type OcspVerdict = { status: Status; responder: Certificate | undefined }

const skew: Seconds = 120

/** What the answer to `ocspRequest` says of the certificate. */
export function judgeOcsp(
  bytes: Buffer,
  certificate: Certificate,
  { issuer, nonce, now }: { issuer: Certificate; nonce: Buffer; now: Seconds },
): Result<OcspVerdict, OcspRefusal> {
  const read = readOr('ocsp-malformed', () => answerOf(only(bytes)))
  if (!read.ok) return read
  if (read.value === 'refused') return refuse('ocsp-refused')
  const answer = read.value
  const [unknown] = answer.critical
  if (unknown !== undefined) return refuse('ocsp-critical-extension', { detail: unknown })
  const signer = signerOf(answer, issuer, now)
  if (signer === undefined) return refuse('ocsp-responder')
  if (!checkSignature(answer.signed, signer.key).ok) return refuse('ocsp-signature')
  if (answer.nonce !== undefined && answer.nonce !== nonce.toString('hex')) return refuse('ocsp-nonce')
  const wanted = JSON.stringify(certIdOf(certificate, issuer))
  const single = answer.answers.find(({ id }) => JSON.stringify(id) === wanted)
  if (single === undefined) return refuse('ocsp-other-certificate')
  const current = checkDates(single, answer.nonce !== undefined, now)
  return current.ok ? ok({ status: single.status, responder: signer === issuer ? undefined : signer }) : current
}

/** A recorded answer is told from a fresh one by the nonce or, where a responder leaves that out, by its end. */
function checkDates(
  { thisUpdate, nextUpdate, critical }: Single,
  fresh: boolean,
  now: Seconds,
): Result<true, OcspRefusal> {
  const [unknown] = critical
  if (unknown !== undefined) return refuse('ocsp-critical-extension', { detail: unknown })
  if (thisUpdate > now + skew) return refuse('ocsp-not-yet-valid')
  if (nextUpdate === undefined) return fresh ? ok(true) : refuse('ocsp-without-end')
  return nextUpdate > now ? ok(true) : refuse('ocsp-expired')
}

/** The issuer, or one whom the issuer itself certified for signing answers (RFC 6960 §4.2.2.2). */
function signerOf(answer: OcspAnswer, issuer: Certificate, now: Seconds): Certificate | undefined {
  return [issuer, ...answer.certificates.filter((each) => isDelegate(each, issuer, now))].find((each) =>
    isNamed(answer.responder, each),
  )
}

const isDelegate = (certificate: Certificate, issuer: Certificate, now: Seconds): boolean =>
  (certificate.purposes?.includes(ocspSigning) ?? false) &&
  (certificate.keyUsage === undefined || certificate.keyUsage.has(keyUsages.digitalSignature)) &&
  isIssuedBy(certificate, issuer) &&
  checkOne(certificate, now, 'expired').ok

const isNamed = (responder: OcspAnswer['responder'], certificate: Certificate): boolean =>
  'keyHash' in responder
    ? responder.keyHash === sha1(certificate.keyBits).toString('hex')
    : sameName(nameOf(responder.name), certificate.subject)

function answerOf(value: Der): OcspAnswer | 'refused' {
  const outer = members(value)
  if (smallOf(outer.next(), tags.enumerated) !== 0) return 'refused'
  const wrapped = members(only(outer.next(tagged(0)).content))
  outer.end()
  if (oidOf(wrapped.next()) !== '1.3.6.1.5.5.7.48.1.1') throw malformed('an answer of an unknown type')
  const basic = members(only(octetsOf(wrapped.next())))
  const signed = basic.next(tags.sequence)
  const algorithm = algorithmOf(basic.next())
  const signature = bitsOf(basic.next())
  const certificates = basic.maybe(tagged(0))
  basic.end()
  return {
    ...bodyOf(signed),
    certificates:
      certificates === undefined ? [] : childrenOf(only(certificates.content)).slice(0, 4).map(certificateOf),
    signed: { signed: signed.whole, algorithm, signature },
  }
}

function bodyOf(signed: Der): Omit<OcspAnswer, 'certificates' | 'signed'> {
  const body = members(signed)
  body.maybe(tagged(0))
  const responder = body.next()
  body.next(tags.generalizedTime)
  const answers = [...inside(body.next(tags.sequence))].map(singleOf)
  const wrapped = body.maybe(tagged(1))
  body.end()
  const extensions = wrapped === undefined ? [] : extensionsOf(only(wrapped.content))
  const nonce = extensions.find(({ oid }) => oid === nonceOid)
  return {
    responder: responderOf(responder),
    answers,
    nonce: nonce === undefined ? undefined : octetsOf(only(nonce.value, tags.octetString)).toString('hex'),
    critical: criticalIn(extensions.filter((each) => each !== nonce)),
  }
}

const criticalIn = (extensions: readonly Extension[]): string[] =>
  extensions.flatMap(({ oid, critical }) => (critical ? [oid] : []))

function responderOf(value: Der): OcspAnswer['responder'] {
  if (value.tag === tagged(1)) return { name: only(value.content) }
  if (value.tag === tagged(2)) return { keyHash: only(value.content, tags.octetString).content.toString('hex') }
  throw malformed('a responder of an unknown kind')
}

const statuses = new Map<number, Status>([
  [implicit(0), 'good'],
  [tagged(1), 'revoked'],
  [implicit(2), 'unknown'],
])

function singleOf(value: Der): Single {
  const member = members(value)
  const id = members(member.next())
  const status = statuses.get(member.next().tag)
  if (status === undefined) throw malformed('a status of an unknown kind')
  const thisUpdate = timeOf(member.next())
  const next = member.maybe(tagged(0))
  const extensions = member.maybe(tagged(1))
  member.end()
  const single: Single = {
    id: {
      algorithm: algorithmOf(id.next()).oid,
      nameHash: octetsOf(id.next()).toString('hex'),
      keyHash: octetsOf(id.next()).toString('hex'),
      serial: integerHex(id.next()),
    },
    status,
    thisUpdate,
    nextUpdate: next === undefined ? undefined : timeOf(expect(childrenOf(next, tagged(0))[0], tags.generalizedTime)),
    critical: extensions === undefined ? [] : criticalIn(extensionsOf(only(extensions.content))),
  }
  id.end()
  return single
}
