/**
 * The Online Certificate Status Protocol (RFC 6960): a question about one certificate, and what an answer is worth.
 *
 * An answer counts when the certificate's own issuer signed it, or somebody to whom the issuer gave a certificate for that;
 * when it is about the certificate that was asked for, of now, and, where it has a nonce, of this question. Left out:
 * signed questions, several certificates in one, and responders that are trusted by configuration.
 */
import { createHash } from 'node:crypto'
import {
  CertID,
  id_kp_OCSPSigning,
  id_pkix_ocsp_basic,
  id_pkix_ocsp_nonce,
  OCSPRequest,
  OCSPResponse,
  OCSPResponseStatus,
  Request,
  type ResponderID,
  ResponseData,
  type SingleResponse,
  TBSRequest,
} from '@peculiar/asn1-ocsp'
import { AsnConvert, AsnProp, AsnPropTypes, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier, Extension } from '@peculiar/asn1-x509'
import { ok, type Result, refuse, type Seconds } from '../../result.ts'
import { bufferOf, hexOf, malformed, parsed, rawOf, readOr } from './asn1.ts'
import { type Certificate, certificateOf, criticalIn, onceEach, secondsOf } from './certificate.ts'
import { nameOf, sameName } from './name.ts'
import { checkOne, isIssuedBy } from './path.ts'
import { checkSignature, type Signed } from './signature.ts'

/**
 * SHA-1, because that is the hash that every responder answers for (RFC 5019 §2.1.1). Nothing rests on it: whoever could
 * make two issuers' names and keys collide would still need one that we allow.
 */
const sha1 = (bytes: Buffer): Buffer => createHash('sha1').update(bytes).digest()
const sha1Oid = '1.3.14.3.2.26'

/** One certificate by its issuer's name and key and its serial number. */
const certIdOf = (certificate: Certificate, issuer: Certificate): CertID =>
  new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: sha1Oid, parameters: null }),
    issuerNameHash: new OctetString(sha1(issuer.subjectDer)),
    issuerKeyHash: new OctetString(sha1(issuer.keyBits)),
    serialNumber: new Uint8Array(Buffer.from(certificate.serial, 'hex')).buffer,
  })

/** Without the algorithm's parameters, which some responders leave out. */
const isAbout = (answered: CertID, asked: CertID): boolean =>
  answered.hashAlgorithm.algorithm === asked.hashAlgorithm.algorithm &&
  hexOf(answered.issuerNameHash) === hexOf(asked.issuerNameHash) &&
  hexOf(answered.issuerKeyHash) === hexOf(asked.issuerKeyHash) &&
  hexOf(answered.serialNumber) === hexOf(asked.serialNumber)

/** The question as DER. `nonce`: 32 octets (RFC 9654). */
export function ocspRequest(certificate: Certificate, issuer: Certificate, nonce: Buffer): Buffer {
  const extnValue = new OctetString(AsnConvert.serialize(new OctetString(nonce)))
  const tbsRequest = new TBSRequest({
    requestList: [new Request({ reqCert: certIdOf(certificate, issuer) })],
    requestExtensions: [new Extension({ extnID: id_pkix_ocsp_nonce, extnValue })],
  })
  return Buffer.from(AsnConvert.serialize(new OCSPRequest({ tbsRequest })))
}

type Status = 'good' | 'revoked' | 'unknown'

type OcspAnswer = {
  responder: ResponderID
  answers: readonly SingleResponse[]
  nonce: string | undefined
  critical: readonly string[]
  certificates: readonly Certificate[]
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
  const read = readOr('ocsp-malformed', () => answerOf(bytes))
  if (!read.ok) return read
  if (read.value === 'refused') return refuse('ocsp-refused')
  const answer = read.value
  const [unknown] = answer.critical
  if (unknown !== undefined) return refuse('ocsp-critical-extension', { detail: unknown })
  const signer = signerOf(answer, issuer, now)
  if (signer === undefined) return refuse('ocsp-responder')
  if (!checkSignature(answer.signed, signer.key).ok) return refuse('ocsp-signature')
  if (answer.nonce !== undefined && answer.nonce !== nonce.toString('hex')) return refuse('ocsp-nonce')
  const asked = certIdOf(certificate, issuer)
  const single = answer.answers.find(({ certID }) => isAbout(certID, asked))
  if (single === undefined) return refuse('ocsp-other-certificate')
  const current = checkSingle(single, answer.nonce !== undefined, now)
  return current.ok ? ok({ status: statusOf(single), responder: signer === issuer ? undefined : signer }) : current
}

const statusOf = ({ certStatus: { good, revoked } }: SingleResponse): Status =>
  revoked !== undefined ? 'revoked' : good !== undefined ? 'good' : 'unknown'

/** A recorded answer is told from a fresh one by the nonce or, where a responder leaves that out, by its end. */
function checkSingle(
  { thisUpdate, nextUpdate, singleExtensions = [] }: SingleResponse,
  fresh: boolean,
  now: Seconds,
): Result<true, OcspRefusal> {
  const [unknown] = criticalIn(singleExtensions)
  if (unknown !== undefined) return refuse('ocsp-critical-extension', { detail: unknown })
  if (secondsOf(thisUpdate) > now + skew) return refuse('ocsp-not-yet-valid')
  if (nextUpdate === undefined) return fresh ? ok(true) : refuse('ocsp-without-end')
  return secondsOf(nextUpdate) > now ? ok(true) : refuse('ocsp-expired')
}

/** The issuer, or one whom the issuer itself certified for signing answers (RFC 6960 §4.2.2.2). */
function signerOf(answer: OcspAnswer, issuer: Certificate, now: Seconds): Certificate | undefined {
  return [issuer, ...answer.certificates.filter((each) => isDelegate(each, issuer, now))].find((each) =>
    isNamed(answer.responder, each),
  )
}

const isDelegate = (certificate: Certificate, issuer: Certificate, now: Seconds): boolean =>
  (certificate.purposes?.includes(id_kp_OCSPSigning) ?? false) &&
  (certificate.keyUsage === undefined || certificate.keyUsage.has('digitalSignature')) &&
  isIssuedBy(certificate, issuer) &&
  checkOne(certificate, now, 'expired').ok

const isNamed = ({ byName, byKey }: ResponderID, certificate: Certificate): boolean =>
  byKey !== undefined
    ? hexOf(byKey) === hexOf(sha1(certificate.keyBits))
    : byName !== undefined && sameName(nameOf(byName), certificate.subject)

/** The library's BasicOCSPResponse, but for the certificates, which are wanted as they came. */
class BasicResponse {
  tbsResponseData = new ResponseData()
  tbsResponseDataRaw: ArrayBuffer | undefined
  signatureAlgorithm = new AlgorithmIdentifier()
  signature = new ArrayBuffer(0)
  certs: ArrayBuffer[] | undefined
}
AsnProp({ type: ResponseData, raw: true })(BasicResponse.prototype, 'tbsResponseData')
AsnProp({ type: AlgorithmIdentifier })(BasicResponse.prototype, 'signatureAlgorithm')
AsnProp({ type: AsnPropTypes.BitString })(BasicResponse.prototype, 'signature')
AsnProp({ type: AsnPropTypes.Any, repeated: 'sequence', context: 0, optional: true })(BasicResponse.prototype, 'certs')

/** Certificates beside an answer that are looked at. */
const mostCertificates = 4

function answerOf(bytes: Buffer): OcspAnswer | 'refused' {
  const { responseStatus, responseBytes } = parsed(bytes, OCSPResponse)
  if (responseStatus !== OCSPResponseStatus.successful) return 'refused'
  if (responseBytes?.responseType !== id_pkix_ocsp_basic) throw malformed('an answer of an unknown type')
  const basic = parsed(responseBytes.response.buffer, BasicResponse)
  const { responderID, responses, responseExtensions = [] } = basic.tbsResponseData
  const nonce = onceEach(responseExtensions).find(({ extnID }) => extnID === id_pkix_ocsp_nonce)
  return {
    responder: responderID,
    answers: responses,
    nonce: nonce && hexOf(parsed(nonce.extnValue.buffer, OctetString)),
    critical: criticalIn(responseExtensions.filter((each) => each !== nonce)),
    certificates: (basic.certs ?? []).slice(0, mostCertificates).map((each) => certificateOf(bufferOf(each))),
    signed: {
      signed: rawOf(basic.tbsResponseDataRaw),
      algorithm: basic.signatureAlgorithm,
      signature: bufferOf(basic.signature),
    },
  }
}
