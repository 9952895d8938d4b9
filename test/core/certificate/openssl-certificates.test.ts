import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeCertificate } from '../../../src/core/certificate/client-certificate.ts'
import { readCertificate } from '../../../src/core/certificate/x509/certificate.ts'
import { findPath, readBundle } from '../../../src/core/certificate/x509/path.ts'
import { checkList, readList } from '../../../src/core/certificate/x509/revocation-list.ts'

// Everything here was written by OpenSSL, which shares no line with the library that reads it. Its OCSP responder is asked
// in test/services/revocation.test.ts.

/** A minute on: what is made below is valid from the moment at which it is made. */
const now = Math.floor(Date.now() / 1000) + 60
const clientPurpose = '1.3.6.1.5.5.7.3.2'
const policy = { purposes: [clientPurpose], smartCardPolicies: ['1.3.6.1.4.1.99999.1.1'], identity: 'upn' as const }

/** A section for each certificate, and one for each list. */
const config = `
[ca]
default_ca = own
[own]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 3
crl_extensions = plain_list
[plain_list]
authorityKeyIdentifier = keyid
[users_list]
issuingDistributionPoint = critical, @users_point
[users_point]
fullname = URI:http://pki.example/people.crl
onlyuser = TRUE
[relative_list]
issuingDistributionPoint = critical, @relative_point
[relative_point]
relativename = relative_name
[relative_name]
CN = part 1
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[people]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always, issuer:always
nameConstraints = critical, permitted;otherName:1.3.6.1.4.1.311.20.2.3;UTF8:corp.example, permitted;email:.corp.example, excluded;IP:0.0.0.0/0.0.0.0, excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0, excluded;dirName:forbidden
policyConstraints = requireExplicitPolicy:0, inhibitPolicyMapping:0
inhibitAnyPolicy = 0
certificatePolicies = 1.3.6.1.4.1.99999.1.1, 1.2.3.4
[forbidden]
O = Example
[ada]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
extendedKeyUsage = clientAuth, emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid, issuer
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:ada@corp.example, email:ada@mail.corp.example, RID:1.2.3, URI:urn:ada
certificatePolicies = @card
crlDistributionPoints = URI:http://pki.example/people.crl
authorityInfoAccess = OCSP;URI:http://pki.example/ocsp, caIssuers;URI:http://pki.example/ca.crt
[card]
policyIdentifier = 1.3.6.1.4.1.99999.1.1
CPS.1 = "https://pki.example/cps"
[elsewhere]
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:ada@evil.example
certificatePolicies = 1.2.3.4
[address]
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:ada@corp.example, IP:10.0.0.1
certificatePolicies = 1.2.3.4
`

let directory: string
const openssl = (...args: string[]): void =>
  void execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
const text = (name: string): string => readFileSync(join(directory, name), 'utf8')

/** Makes `name.pem` of the section of that name, with `name.key`. */
function issue(name: string, subject: string, issuer: string, ...flags: string[]): void {
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
  openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-utf8', '-out', `${name}.csr`)
  const by = issuer === name ? ['-signkey', `${name}.key`] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`]
  const out = ['-days', '30', '-extfile', 'openssl.cnf', '-extensions', name, '-out', `${name}.pem`]
  openssl('x509', '-req', '-in', `${name}.csr`, ...by, ...out, ...flags)
}

/** A list that `people` signed, of these serial numbers. */
function listOf(serials: readonly string[], section = 'plain_list', by = 'people'): Buffer {
  const line = (serial: string) => `R\t491231000000Z\t260101000000Z,keyCompromise\t${serial}\tunknown\t/CN=x\n`
  writeFileSync(join(directory, 'index.txt'), serials.map(line).join(''))
  const own = ['-config', 'openssl.cnf', '-keyfile', `${by}.key`, '-cert', `${by}.pem`]
  openssl('ca', '-gencrl', ...own, '-crlexts', section, '-out', 'list.pem')
  return readFileSync(join(directory, 'list.pem'))
}

const certificate = (name: string) => {
  const read = readCertificate(Buffer.from(text(`${name}.pem`).replace(/-----[^-]+-----|\s/g, ''), 'base64'))
  if (!read.ok) throw new Error(read.detail)
  return read.value
}
const bundle = () => readBundle(text('root.pem') + text('people.pem'))
const judge = (name: string) => judgeCertificate(text(`${name}.pem`), { bundle: bundle(), policy, now })

/** With the top bit set, so that it is written with a zero before it, and as long as RFC 5280 allows. */
const longSerial = 'F0000000000000000000000000000000000001'

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'keystep-openssl-'))
  writeFileSync(join(directory, 'openssl.cnf'), config)
  writeFileSync(join(directory, 'crlnumber'), '01\n')
  issue('root', '/O=Beispiel Straße/CN=Root', 'root')
  issue('people', '/O=Beispiel Straße/CN=People', 'root', '-set_serial', '17')
  issue('ada', '/O=Beispiel Straße/CN=Ada/serialNumber=A-17', 'people', '-set_serial', `0x${longSerial}`)
  issue('elsewhere', '/CN=Ada', 'people')
  issue('address', '/CN=Ada', 'people')
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('a certificate by OpenSSL', () => {
  it('is good, names its holder, and is on a smart card by its policy', () => {
    expect(judge('ada')).toMatchObject({
      ok: true,
      value: { identity: { value: 'ada@corp.example' }, smartCard: true },
    })
  })

  it('is read in all that is asked of it', () => {
    expect(certificate('ada')).toMatchObject({
      serial: `00${longSerial.toLowerCase()}`,
      keyUsage: new Set(['digitalSignature', 'nonRepudiation']),
      purposes: [clientPurpose, '1.3.6.1.5.5.7.3.4'],
      policies: ['1.3.6.1.4.1.99999.1.1'],
      alternativeNames: [
        { form: 'upn', text: 'ada@corp.example' },
        { form: 'mail', text: 'ada@mail.corp.example' },
        { form: 'other', kind: 'registeredID' },
        { form: 'uri', text: 'urn:ada' },
      ],
      distributionPoints: [{ addresses: ['http://pki.example/people.crl'], partial: false }],
      ocspAddresses: ['http://pki.example/ocsp'],
      authorityKeyId: certificate('people').subjectKeyId,
      basicConstraints: { authority: false },
      unknownCritical: [],
    })
    expect(certificate('ada').authorityKeyId).toMatch(/^[\da-f]{40}$/)
    expect(certificate('people')).toMatchObject({
      basicConstraints: { authority: true, pathLength: 0 },
      requireExplicitPolicy: 0,
      inhibitAnyPolicy: 0,
      nameConstraints: {
        permitted: [
          { form: 'upn', text: 'corp.example' },
          { form: 'mail', text: '.corp.example' },
        ],
        excluded: [{ form: 'ip' }, { form: 'ip' }, { form: 'directory', name: { parts: [[{ text: 'Example' }]] } }],
      },
    })
  })

  it('is refused for a name that its authority may not speak for', () => {
    for (const name of ['elsewhere', 'address'])
      expect(judge(name)).toMatchObject({ ok: false, reason: 'name-not-permitted' })
  })
})

describe('a list by OpenSSL', () => {
  const checked = (bytes: Buffer, addresses: readonly string[] = []) => {
    const read = readList(bytes)
    if (!read.ok) return read.detail
    const path = findPath(certificate('ada'), bundle(), { now, purposes: [clientPurpose] })
    if (!path.ok) throw new Error(path.reason)
    const [ada, people] = path.value.certificates
    const counts = checkList(read.value, ada, { signers: [people], addresses, now })
    return counts.ok ? read.value.revoked.has(ada.serial) : counts.reason
  }

  it('names a certificate by all octets of its serial number', () => {
    expect(checked(listOf([longSerial, '11']))).toBe(true)
    // One more and one less; without the octet that keeps it from being negative it would be another number.
    const others = ['F000000000000000000000000000000000000111', '10000000000000000000000000000000000001']
    expect(checked(listOf(others))).toBe(false)
    expect(checked(listOf([]))).toBe(false)
  })

  it('counts for what it says it is for', () => {
    const users = listOf([longSerial], 'users_list')
    expect(checked(users, ['http://pki.example/people.crl'])).toBe(true)
    expect(checked(users, ['http://pki.example/others.crl'])).toBe('crl-scope')
    expect(checked(listOf([longSerial], 'relative_list'))).toBe('crl-partial')
    expect(checked(listOf([], 'plain_list', 'root'))).toBe('crl-issuer')
  })
})
