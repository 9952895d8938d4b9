/**
 * Whether a certificate is a client's, by who issued it and whom it names (RFC 8705 §2.1).
 *
 * By exactly the one name that was registered: another name in the certificate, or the same text in another place, says
 * nothing. Distinguished names are compared by their parts, as RFC 4514 writes and RFC 5280 §7.1 compares them.
 */
import { isIP, SocketAddress } from 'node:net'
import { clientAuthentication } from '../certificate/certificate-identity.ts'
import { anyPurpose, type Certificate, pemBlocks, readCertificate } from '../certificate/x509/certificate.ts'
import type { Name } from '../certificate/x509/name.ts'
import { findPath, readBundle } from '../certificate/x509/path.ts'
import { type DistinguishedName, parseDistinguishedName } from '../directory/distinguished-name.ts'
import type { Seconds } from '../result.ts'
import type { CertificateSubject } from './client.ts'

/** @param pem roots, and the authorities below them. Throws for what cannot be read: it is a setting. */
export function openIssuers(pem: string) {
  const bundle = readBundle(pem)
  return {
    isOf(shown: string, subject: CertificateSubject, now: Seconds): boolean {
      const [bytes, ...more] = pemBlocks(shown, 'CERTIFICATE')
      const read = bytes === undefined || more.length > 0 ? undefined : readCertificate(bytes)
      if (!read?.ok) return false
      const certificate = read.value
      const { basicConstraints, keyUsage, purposes } = certificate
      if (basicConstraints?.authority || keyUsage?.has('digitalSignature') === false) return false
      // RFC 5280 §4.2.1.12: without purposes, it may be used for any.
      if (purposes !== undefined && !purposes.some((each) => [clientAuthentication, anyPurpose].includes(each)))
        return false
      return (
        findPath(certificate, bundle, { now, purposes: [clientAuthentication] }).ok && isNamed(certificate, subject)
      )
    },
  }
}

/** Exported for the table of its cases. */
export function isNamed({ subject, alternativeNames }: Certificate, { by, value }: CertificateSubject): boolean {
  const texts = (form: 'dns' | 'uri' | 'mail' | 'ip'): string[] =>
    alternativeNames.flatMap((name) => (name.form === form ? [name.text] : []))
  switch (by) {
    case 'dn':
      return isSameName(subject, value)
    case 'dns':
      return texts('dns').some((text) => text.toLowerCase() === value.toLowerCase())
    case 'uri':
      return texts('uri').includes(value)
    case 'email':
      return texts('mail').includes(value)
    case 'ip':
      return texts('ip').some((text) => canonicalIp(text) === (canonicalIp(value) ?? ''))
  }
}

/** Types that RFC 4514 has no short name for, and that are written by one all the same. */
const otherNames: Readonly<Record<string, string>> = {
  '2.5.4.4': 'sn',
  '2.5.4.5': 'serialnumber',
  '2.5.4.12': 'title',
  '2.5.4.15': 'businesscategory',
  '2.5.4.42': 'givenname',
  '2.5.4.97': 'organizationidentifier',
  '1.2.840.113549.1.9.1': 'emailaddress',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictioncountryname',
}

function isSameName(subject: Name, registered: string): boolean {
  // A text whose letters nobody agrees on is no name's.
  if (subject.parts.flat().some(({ text }) => text === undefined)) return false
  const parsed = parseDistinguishedName(registered)
  const written = parseDistinguishedName(textOf(subject))
  return parsed.ok && written.ok && plain(parsed.value) === plain(written.value)
}

/** RFC 4514 §2: the last part first, types by number, values with all that is special escaped. */
const textOf = ({ parts }: Name): string =>
  [...parts]
    .reverse()
    .map((part) => part.map(({ oid, text = '' }) => `${oid}=${escaped(text)}`).join('+'))
    .join(',')

const escaped = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')

const plain = (name: DistinguishedName): string =>
  JSON.stringify(name.map((step) => step.map((pair) => shortened(pair)).sort()))

function shortened(pair: string): string {
  const equals = pair.indexOf('=')
  const type = pair.slice(0, equals)
  return `${otherNames[type] ?? type}${pair.slice(equals)}`
}

const canonicalIp = (text: string): string | undefined => {
  const version = isIP(text)
  return version === 0
    ? undefined
    : new SocketAddress({ address: text, family: version === 4 ? 'ipv4' : 'ipv6' }).address
}
