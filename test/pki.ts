/**
 * A public key infrastructure for tests: authorities, certificates good and bad, revocation lists, and a server on loopback
 * that hands those out and answers OCSP.
 *
 *     const root = await createAuthority('CN=Root')
 *     const issuing = await root.issueAuthority('CN=Issuing')
 *     const ada = await issuing.issue({ upn: 'ada@corp.example' })
 *     const late = await issuing.issue({ upn: 'ada@corp.example', until: now - 1 })
 *
 * Written with @peculiar/x509 and PKI.js, which stand on the same schemas and the same ASN.1 as what reads it: a mistake of
 * those would cancel out. `test/core/certificate/openssl-certificates.test.ts` has what OpenSSL wrote.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import * as asn1 from 'asn1js'
import * as pkijs from 'pkijs'
import type { Seconds } from '../src/core/result.ts'

export const keyKinds = {
  p256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  p384: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  ed25519: { name: 'Ed25519' },
  rsa2048: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
  rsa1024: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
  rsaPss: { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  rsaSha1: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' },
} as const
export type KeyKind = keyof typeof keyKinds

export const newKeys = (kind: KeyKind = 'p256'): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(keyKinds[kind], true, ['sign', 'verify']) as Promise<CryptoKeyPair>

export const purposes = {
  client: '1.3.6.1.5.5.7.3.2',
  server: '1.3.6.1.5.5.7.3.1',
  ocsp: '1.3.6.1.5.5.7.3.9',
  any: '2.5.29.37.0',
} as const

/** Everything a certificate may say. What is left out is as an honest issuer has it. */
export type Says = {
  subject?: string
  issuer?: string
  serial?: string
  upn?: string | string[]
  mail?: string | string[]
  dns?: string
  from?: Seconds
  until?: Seconds
  /** `none` leaves the extension out. */
  purposes?: readonly string[] | 'none'
  usage?: number | 'none'
  policies?: string[]
  authority?: boolean
  pathLength?: number
  list?: string | string[]
  ocsp?: string
  keyId?: boolean
  extensions?: x509.Extension[]
  keys?: CryptoKeyPair
  kind?: KeyKind
  /** By another key than the issuer's. */
  signedWith?: CryptoKeyPair
  hash?: 'SHA-1' | 'SHA-256'
}

export type Issued = {
  certificate: x509.X509Certificate
  keys: CryptoKeyPair
  pem: string
  der: Buffer
  serial: string
}

export type ListSays = {
  revoked?: readonly (Issued | string)[]
  from?: Seconds
  until?: Seconds | 'none'
  issuer?: string
  extensions?: x509.Extension[]
  entryExtensions?: x509.Extension[]
  signedWith?: CryptoKeyPair
}

export type Authority = Issued & {
  issue(says?: Says): Promise<Issued>
  issueAuthority(subject: string, says?: Says): Promise<Authority>
  list(says?: ListSays): Promise<Buffer>
}

const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags
const day = 86_400
const date = (seconds: Seconds): Date => new Date(seconds * 1000)
const clock = (): Seconds => Math.floor(Date.now() / 1000)

export const createAuthority = async (subject: string, says: Says = {}): Promise<Authority> =>
  authorityOf(await issued(undefined, { subject, authority: true, ...says }), says.kind)

/** An authority whose key somebody else made: P-256, as PEM. */
export async function openAuthority(certificatePem: string, keyPem: string): Promise<Authority> {
  const certificate = new x509.X509Certificate(certificatePem)
  const pkcs8 = Buffer.from(keyPem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const privateKey = await crypto.subtle.importKey('pkcs8', asBytes(pkcs8), keyKinds.p256, true, ['sign'])
  const publicKey = await certificate.publicKey.export(keyKinds.p256, ['verify'])
  const own = { certificate, keys: { privateKey, publicKey }, pem: certificatePem }
  return authorityOf({ ...own, der: Buffer.from(certificate.rawData), serial: certificate.serialNumber }, 'p256')
}

/** The private key, as PEM (PKCS#8). */
export async function keyPemOf({ keys }: Pick<Issued, 'keys'>): Promise<string> {
  const base64 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`
}

function authorityOf(own: Issued, kind: KeyKind | undefined): Authority {
  return {
    ...own,
    issue: (says = {}) => issued({ own, kind }, says),
    issueAuthority: async (subject, says = {}) =>
      authorityOf(await issued({ own, kind }, { subject, authority: true, ...says }), says.kind),
    list: (says = {}) => listOf(own, says),
  }
}

async function issued(issuer: { own: Issued; kind: KeyKind | undefined } | undefined, says: Says): Promise<Issued> {
  const keys = says.keys ?? (await newKeys(says.kind))
  const { authority = false } = says
  const now = clock()
  const subject = says.subject ?? 'CN=Ada'
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: says.issuer ?? issuer?.own.certificate.subject ?? subject,
    ...(says.serial === undefined ? {} : { serialNumber: says.serial }),
    notBefore: date(says.from ?? now - day),
    notAfter: date(says.until ?? now + 365 * day),
    publicKey: keys.publicKey,
    signingKey: (says.signedWith ?? issuer?.own.keys ?? keys).privateKey,
    signingAlgorithm: signingAlgorithm(issuer?.own.keys ?? keys, says.hash),
    extensions: await extensionsFor(says, authority, keys, issuer?.own),
  })
  const der = Buffer.from(certificate.rawData)
  return { certificate, keys, der, pem: `${certificate.toString('pem')}\n`, serial: certificate.serialNumber }
}

/** By the key's own hash, unless another one is said. */
function signingAlgorithm({ privateKey }: CryptoKeyPair, hash: string | undefined): EcdsaParams {
  const { name, hash: own } = privateKey.algorithm as RsaHashedKeyAlgorithm
  return { name, hash: hash ?? own?.name ?? 'SHA-256', ...(name === 'RSA-PSS' ? { saltLength: 32 } : {}) }
}

async function extensionsFor(says: Says, authority: boolean, keys: CryptoKeyPair, issuer: Issued | undefined) {
  const usage = says.usage ?? (authority ? keyCertSign | cRLSign : digitalSignature)
  const extended = says.purposes ?? (authority ? 'none' : [purposes.client])
  const names = [
    ...[says.upn ?? []].flat().map((value) => ({ type: 'upn', value }) as const),
    ...[says.mail ?? []].flat().map((value) => ({ type: 'email', value }) as const),
    ...(says.dns === undefined ? [] : [{ type: 'dns', value: says.dns } as const]),
  ]
  return [
    ...(authority ? [new x509.BasicConstraintsExtension(true, says.pathLength, true)] : []),
    ...(usage === 'none' ? [] : [new x509.KeyUsagesExtension(usage, true)]),
    ...(extended === 'none' ? [] : [new x509.ExtendedKeyUsageExtension([...extended])]),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ...(says.policies === undefined ? [] : [new x509.CertificatePolicyExtension(says.policies)]),
    ...(says.list === undefined ? [] : [new x509.CRLDistributionPointsExtension([says.list].flat())]),
    ...(says.ocsp === undefined
      ? []
      : [new x509.AuthorityInfoAccessExtension({ ocsp: new x509.GeneralName('url', says.ocsp) })]),
    ...(says.keyId === false
      ? []
      : [
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
          await x509.AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey),
        ]),
    ...(says.extensions ?? []),
  ]
}

async function listOf(own: Issued, says: ListSays): Promise<Buffer> {
  const now = clock()
  const signing = says.signedWith ?? own.keys
  const list = await x509.X509CrlGenerator.create({
    issuer: says.issuer ?? own.certificate.subject,
    thisUpdate: date(says.from ?? now - 60),
    ...(says.until === 'none' ? {} : { nextUpdate: date(says.until ?? now + day) }),
    entries: (says.revoked ?? []).map((each) => ({
      serialNumber: typeof each === 'string' ? each : each.serial,
      revocationDate: date(now - 3600),
      ...(says.entryExtensions === undefined ? {} : { extensions: says.entryExtensions }),
    })),
    extensions: says.extensions ?? [],
    signingAlgorithm: signingAlgorithm(signing, undefined),
    signingKey: signing.privateKey,
  })
  return Buffer.from(list.rawData)
}

/** DER as it is spelled: a tag, and what is in it. For extensions that no library writes wrongly enough. */
export function der(tag: number, ...contents: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(contents.map((each) => Buffer.from(each)))
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

export const extension = (oid: string, critical: boolean, value: Buffer): x509.Extension =>
  new x509.Extension(oid, critical, asBytes(value))

/** Permitted and excluded names, each already as a GeneralName. */
export const nameConstraints = ({ permitted = [], excluded = [] }: { permitted?: Buffer[]; excluded?: Buffer[] }) => {
  const trees = (tag: number, bases: Buffer[]) =>
    bases.length === 0 ? [] : [der(tag, ...bases.map((base) => der(0x30, base)))]
  return extension('2.5.29.30', true, der(0x30, ...trees(0xa0, permitted), ...trees(0xa1, excluded)))
}

export type OcspSays = {
  status?: 'good' | 'revoked' | 'unknown'
  from?: Seconds
  until?: Seconds | 'none'
  nonce?: 'same' | 'other' | 'none'
  /** About a certificate that was not asked for. */
  other?: boolean
  /** Who signs, where it is not the issuer. */
  responder?: Issued
  /** The responder named by its key rather than its name. */
  byKey?: boolean
  signedWith?: CryptoKeyPair
  refused?: boolean
}

/** The answer of `issuer` to a question, as its responder would give it. */
export async function ocspAnswer(question: Buffer, issuer: Issued, says: OcspSays = {}): Promise<Buffer> {
  if (says.refused)
    return Buffer.from(new pkijs.OCSPResponse({ responseStatus: new asn1.Enumerated({ value: 3 }) }).toSchema().toBER())
  const request = pkijs.OCSPRequest.fromBER(asBytes(question))
  const [asked] = request.tbsRequest.requestList
  if (asked === undefined) throw new Error('A question about nothing')
  const now = clock()
  const { status = 'good', responder = issuer } = says
  const id = asked.reqCert
  if (says.other) id.serialNumber = new asn1.Integer({ value: 424242 })
  const signer = pkijs.Certificate.fromBER(asBytes(responder.der))
  const basic = new pkijs.BasicOCSPResponse()
  basic.tbsResponseData.responderID = says.byKey ? await keyHashOf(signer) : signer.subject
  basic.tbsResponseData.producedAt = date(now)
  basic.tbsResponseData.responses = [
    new pkijs.SingleResponse({
      certID: id,
      certStatus: statusOf[status](date(now - 3600)),
      thisUpdate: date(says.from ?? now - 60),
      ...(says.until === 'none' ? {} : { nextUpdate: date(says.until ?? now + 600) }),
    }),
  ]
  const nonce = request.tbsRequest.requestExtensions?.find(({ extnID }) => extnID === '1.3.6.1.5.5.7.48.1.2')
  if (nonce !== undefined && says.nonce !== 'none')
    basic.tbsResponseData.responseExtensions = [
      says.nonce === 'other'
        ? new pkijs.Extension({ extnID: nonce.extnID, extnValue: asBytes(der(0x04, Buffer.alloc(32, 7))) })
        : nonce,
    ]
  if (responder !== issuer) basic.certs = [signer]
  await basic.sign((says.signedWith ?? responder.keys).privateKey, 'SHA-256')
  const response = new pkijs.OCSPResponse({
    responseStatus: new asn1.Enumerated({ value: 0 }),
    responseBytes: new pkijs.ResponseBytes({
      responseType: '1.3.6.1.5.5.7.48.1.1',
      response: new asn1.OctetString({ valueHex: basic.toSchema().toBER() }),
    }),
  })
  return Buffer.from(response.toSchema().toBER())
}

const primitive = (tagNumber: number) => new asn1.Primitive({ idBlock: { tagClass: 3, tagNumber } })

const statusOf = {
  good: () => primitive(0),
  unknown: () => primitive(2),
  revoked: (at: Date) =>
    new asn1.Constructed({
      idBlock: { tagClass: 3, tagNumber: 1 },
      value: [new asn1.GeneralizedTime({ valueDate: at })],
    }),
}

async function keyHashOf({ subjectPublicKeyInfo }: pkijs.Certificate): Promise<asn1.OctetString> {
  const bits = subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView
  return new asn1.OctetString({ valueHex: await crypto.subtle.digest('SHA-1', new Uint8Array(bits)) })
}

const asBytes = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer

/** What a path of the server answers: bytes, or whatever becomes of the request's body. */
export type Answers =
  | Buffer
  | number
  | ((body: Buffer, request: IncomingMessage) => Promise<Buffer> | Buffer)
  | { redirect: string }

export type RevocationServer = {
  origin: string
  host: string
  at: Map<string, Answers>
  /** Paths that were asked, in order. */
  asked: string[]
  close(): Promise<void>
}

/** Hands out what `at` has below each path. Without an answer, it hangs up. */
export async function serveRevocation(): Promise<RevocationServer> {
  const at = new Map<string, Answers>()
  const asked: string[] = []
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const body = Buffer.concat(await request.toArray())
    const answer = at.get(path)
    if (answer === undefined) return void request.socket.destroy()
    if (typeof answer === 'number') return void response.writeHead(answer).end()
    if (!Buffer.isBuffer(answer) && typeof answer === 'object')
      return void response.writeHead(302, { location: answer.redirect }).end()
    response.end(typeof answer === 'function' ? await answer(body, request) : answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: `http://${host}`,
    host,
    at,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
