/**
 * A development authority: made at the first start, for this machine and nobody else. It certifies `localhost`, where
 * browsers are asked for a certificate, and gives each person of the demo one to sign in with.
 *
 * Its key stays in the state's folder. By its name constraints it speaks for no other host than localhost, so that a
 * browser which was told to trust it loses nothing. All of it is made anew a month before it ends.
 */
import 'reflect-metadata'
import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { writeWhole } from './files.ts'
import { pkcs12 } from './pkcs12.ts'
import { listen } from './ports.ts'

/** What identities end in: the people of the demo are ada@…, and so on. */
export const identitySuffix = 'keystep.example'

/** The policy of certificates that say their key is on a smart card; of the demo's people, dora has such a one. */
export const smartCardPolicy = '1.3.6.1.4.1.99999.1.1'
const withSmartCard = ['dora']

export type LocalAuthority = {
  /** Of the listener: its own certificate. */
  tls: { key: string; cert: string }
  caFile: string
  /** For every PKCS#12 file. */
  password: string
  /** By user name: a PKCS#12 file to import into a browser. */
  files: Record<string, string>
}

type Kept = { password: string; until: number; serials: Record<string, string> }

const day = 86_400_000
const lifetime = 730 * day

/** @param directory the state's; `certificates/` in it is ours. */
export async function keepAuthority(directory: string, userNames: readonly string[]): Promise<LocalAuthority> {
  const folder = join(directory, 'certificates')
  const at = (name: string): string => join(folder, name)
  const kept = readKept(at('certificates.json'))
  const isWhole =
    kept !== undefined && kept.until - Date.now() > 30 * day && userNames.every((name) => name in kept.serials)
  const { password } = isWhole ? kept : await make(folder, userNames)
  return {
    tls: { key: text(at('server.key')), cert: text(at('server.pem')) },
    caFile: at('ca.pem'),
    password,
    files: Object.fromEntries(userNames.map((name) => [name, at(`${name}.p12`)])),
  }
}

const text = (file: string): string => readFileSync(file, 'utf8')

/** Written last: without it, whatever lies there is the rest of a start that was broken off. */
function readKept(file: string): Kept | undefined {
  return existsSync(file) ? (JSON.parse(text(file)) as Kept) : undefined
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' }
const signing = { name: 'ECDSA', hash: 'SHA-256' }
const newKeys = () => crypto.subtle.generateKey(curve, true, ['sign', 'verify']) as Promise<CryptoKeyPair>

type Issuer = { keys: CryptoKeyPair; name: string }

async function make(folder: string, userNames: readonly string[]): Promise<Kept> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  const secret = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(folder, name), content, { mode: 0o600 })
  const authority: Issuer = { keys: await newKeys(), name: 'CN=Keystep development authority' }
  const ca = await certificate(authority, authority.keys, authority.name, [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    localhostOnly,
  ])
  secret('ca.key', await pemOf(authority.keys.privateKey))
  secret('ca.pem', `${ca.toString('pem')}\n`)

  const server = await newKeys()
  const serverCertificate = await certificate(authority, server, 'CN=localhost', [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
  ])
  secret('server.key', await pemOf(server.privateKey))
  secret('server.pem', `${serverCertificate.toString('pem')}\n`)

  const password = String(randomInt(100_000, 1_000_000))
  const serials: Record<string, string> = {}
  for (const name of userNames) {
    const keys = await newKeys()
    const issued = await certificate(authority, keys, `CN=${name}`, [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'upn', value: `${name}@${identitySuffix}` }]),
      ...(withSmartCard.includes(name) ? [new x509.CertificatePolicyExtension([smartCardPolicy])] : []),
    ])
    serials[name] = issued.serialNumber
    const file = { certificate: issued.rawData, authority: ca.rawData, key: keys.privateKey, name: `Keystep: ${name}` }
    secret(`${name}.p12`, await pkcs12(file, password))
  }
  const kept = { password, until: Date.now() + lifetime, serials }
  writeWhole(join(folder, 'certificates.json'), kept)
  return kept
}

/** Critical, with one permitted name: of hosts, it may speak for localhost alone (RFC 5280 §4.2.1.10). */
const localhostOnly = new x509.Extension('2.5.29.30', true, derOfLocalhost())
function derOfLocalhost(): Uint8Array<ArrayBuffer> {
  const wrap = (tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> =>
    Uint8Array.from([tag, content.length, ...content])
  return wrap(0x30, wrap(0xa0, wrap(0x30, wrap(0x82, Buffer.from('localhost')))))
}

const certificate = (issuer: Issuer, keys: CryptoKeyPair, subject: string, extensions: x509.Extension[]) =>
  x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer.name,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + lifetime),
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: signing,
    extensions,
  })

async function pemOf(key: CryptoKey): Promise<string> {
  const base64 = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END PRIVATE KEY-----\n`
}

/** Seconds that a list is good for: who is put on it is turned away as soon as that. */
const listLifetime = 2

/**
 * Hands out the authority's revocation list, signed anew for each who asks. On it is whoever is in `revoked.json` beside
 * it, an array of user names, or of serial numbers in hexadecimal.
 */
export async function serveRevocationList(directory: string): Promise<{ url: string; close(): Promise<void> }> {
  const folder = join(directory, 'certificates')
  const pem = text(join(folder, 'ca.key')).replace(/-----[^-]+-----|\s/g, '')
  const key = await crypto.subtle.importKey('pkcs8', Buffer.from(pem, 'base64'), curve, false, ['sign'])
  const issuer = new x509.X509Certificate(text(join(folder, 'ca.pem'))).subject
  const { serials } = readKept(join(folder, 'certificates.json')) ?? { serials: {} as Record<string, string> }

  async function list(): Promise<Buffer> {
    const file = join(folder, 'revoked.json')
    const names: string[] = existsSync(file) ? JSON.parse(text(file)) : []
    const now = Date.now()
    const made = await x509.X509CrlGenerator.create({
      issuer,
      thisUpdate: new Date(now),
      nextUpdate: new Date(now + listLifetime * 1000),
      entries: names.map((name) => ({ serialNumber: serials[name] ?? name })),
      signingAlgorithm: signing,
      signingKey: key,
    })
    return Buffer.from(made.rawData)
  }
  const server = createServer((_, response) => {
    list().then(
      (made) => response.end(made),
      () => response.destroy(),
    )
  })
  const port = await listen(server, 0, 'the revocation list')
  return {
    url: `http://localhost:${port}/people.crl`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
