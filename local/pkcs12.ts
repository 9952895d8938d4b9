/**
 * A certificate with its key as PKCS#12 (RFC 7292), as browsers and operating systems import it: encrypted with AES-256 by
 * PBKDF2, and with an HMAC over all of it.
 */
import * as asn1 from 'asn1js'
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
} from 'pkijs'

export type Pkcs12 = {
  /** DER. */
  certificate: ArrayBuffer
  authority: ArrayBuffer
  key: CryptoKey
  /** What a list of certificates calls it. */
  name: string
}

const bags = { key: '1.2.840.113549.1.12.10.1.2', certificate: '1.2.840.113549.1.12.10.1.3' } as const
const attributes = { friendlyName: '1.2.840.113549.1.9.20', localKeyId: '1.2.840.113549.1.9.21' } as const

/** OpenSSL's own figure. A password of six digits is no better for more; the folder is what keeps the file. */
const iterationCount = 2048
/** PKI.js asks for an initialization vector, and draws one of its own. */
const algorithm = { name: 'AES-CBC', length: 256, iv: new ArrayBuffer(16) } as const

export async function pkcs12({ certificate, authority, key, name }: Pkcs12, password: string): Promise<Uint8Array> {
  const secret = Uint8Array.from(Buffer.from(password)).buffer
  const id = Uint8Array.from([1]).buffer
  // Which key goes with which certificate: the two have the same.
  const bagAttributes = [
    new Attribute({ type: attributes.friendlyName, values: [new asn1.BmpString({ value: name })] }),
    new Attribute({ type: attributes.localKeyId, values: [new asn1.OctetString({ valueHex: id })] }),
  ]
  const shrouded = new PKCS8ShroudedKeyBag({
    parsedValue: PrivateKeyInfo.fromBER(await crypto.subtle.exportKey('pkcs8', key)),
  })
  await shrouded.makeInternalValues({
    password: secret,
    contentEncryptionAlgorithm: algorithm,
    hmacHashAlgorithm: 'SHA-256',
    iterationCount,
  })
  const certificateBag = (der: ArrayBuffer) => new CertBag({ parsedValue: Certificate.fromBER(der) })
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        {
          privacyMode: 0,
          value: new SafeContents({
            safeBags: [new SafeBag({ bagId: bags.key, bagValue: shrouded, bagAttributes })],
          }),
        },
        {
          privacyMode: 1,
          value: new SafeContents({
            safeBags: [
              new SafeBag({ bagId: bags.certificate, bagValue: certificateBag(certificate), bagAttributes }),
              new SafeBag({ bagId: bags.certificate, bagValue: certificateBag(authority) }),
            ],
          }),
        },
      ],
    },
  })
  await safe.makeInternalValues({
    safeContents: [
      {},
      { password: secret, contentEncryptionAlgorithm: algorithm, hmacHashAlgorithm: 'SHA-256', iterationCount },
    ],
  })
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } })
  await pfx.makeInternalValues({
    password: secret,
    iterations: iterationCount,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  })
  return new Uint8Array(pfx.toSchema().toBER())
}
