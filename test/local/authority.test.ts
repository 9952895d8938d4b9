import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../lambdas/routes.ts'
import { identitySuffix, keepAuthority, type LocalAuthority, serveRevocationList } from '../../local/authority.ts'
import { startGateway } from '../../local/gateway.ts'
import { clientAuthentication } from '../../src/core/certificate/certificate-identity.ts'
import { judgeCertificate } from '../../src/core/certificate/client-certificate.ts'
import { readBundle } from '../../src/core/certificate/x509/path.ts'
import { readList } from '../../src/core/certificate/x509/revocation-list.ts'
import { createAuthority, type Issued, keyPemOf } from '../pki.ts'

let directory: string
let authority: LocalAuthority
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'keystep-authority-'))
  authority = await keepAuthority(directory, ['ada', 'dora'])
})
afterAll(() => rmSync(directory, { recursive: true }))

const folder = () => join(directory, 'certificates')

/** What OpenSSL finds in somebody's file. */
const pemIn = (name: string, ...flags: string[]): string =>
  execFileSync(
    'openssl',
    ['pkcs12', '-in', join(folder(), `${name}.p12`), '-passin', `pass:${authority.password}`, ...flags],
    {
      encoding: 'utf8',
    },
  )

const judge = (pem: string) => {
  const bundle = readBundle(readFileSync(authority.caFile, 'utf8'))
  const policy = {
    purposes: [clientAuthentication],
    smartCardPolicies: ['1.3.6.1.4.1.99999.1.1'],
    identity: 'upn' as const,
  }
  return judgeCertificate(pem, { bundle, policy, now: Math.floor(Date.now() / 1000) })
}

describe('the development authority', () => {
  it('is made once, and found again', async () => {
    expect(await keepAuthority(directory, ['ada', 'dora'])).toEqual(authority)
  })

  it('is made anew for somebody new, and a month before it ends', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'keystep-authority-'))
    const first = await keepAuthority(elsewhere, ['ada'])
    const second = await keepAuthority(elsewhere, ['ada', 'bela'])
    expect(second.tls.cert).not.toBe(first.tls.cert)
    const file = join(elsewhere, 'certificates', 'certificates.json')
    const kept = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...kept, until: Date.now() + 29 * 86_400_000 }))
    expect((await keepAuthority(elsewhere, ['ada', 'bela'])).tls.cert).not.toBe(second.tls.cert)
    rmSync(elsewhere, { recursive: true })
  })

  it('is in files that are its user’s alone', () => {
    expect(statSync(folder()).mode & 0o077).toBe(0)
    for (const name of readdirSync(folder())) expect(statSync(join(folder(), name)).mode & 0o077, name).toBe(0)
  })

  it('gives each person a file that opens with the password, and names them', () => {
    const certificate = pemIn('ada', '-clcerts', '-nokeys')
    expect(pemIn('ada', '-nocerts', '-nodes')).toContain('BEGIN PRIVATE KEY')
    expect(pemIn('ada', '-cacerts', '-nokeys')).toContain('Keystep development authority')
    expect(judge(certificate)).toMatchObject({
      ok: true,
      value: { identity: { value: `ada@${identitySuffix}` }, smartCard: false },
    })
    expect(judge(pemIn('dora', '-clcerts', '-nokeys'))).toMatchObject({ ok: true, value: { smartCard: true } })
  })

  it('speaks for localhost, and for no other host', async () => {
    const verify = (file: string, host: string): boolean => {
      try {
        execFileSync('openssl', ['verify', '-CAfile', authority.caFile, '-verify_hostname', host, file], {
          stdio: 'pipe',
        })
        return true
      } catch {
        return false
      }
    }
    expect(verify(join(folder(), 'server.pem'), 'localhost')).toBe(true)
    expect(verify(join(folder(), 'server.pem'), 'example.org')).toBe(false)
    const text = execFileSync('openssl', ['x509', '-in', authority.caFile, '-noout', '-text'], { encoding: 'utf8' })
    expect(text).toMatch(/Name Constraints: critical\s+Permitted:\s+DNS:localhost/)
  })

  it('lists as revoked whom its file names, for two seconds at a time', async () => {
    const list = await serveRevocationList(directory)
    const read = async () => {
      const made = readList(Buffer.from(await (await fetch(list.url)).arrayBuffer()))
      if (!made.ok) throw new Error(made.detail)
      return made.value
    }
    try {
      const none = await read()
      expect(none.revoked.size).toBe(0)
      expect((none.nextUpdate ?? 0) - none.thisUpdate).toBe(2)
      writeFileSync(join(folder(), 'revoked.json'), '["ada"]')
      expect((await read()).revoked.size).toBe(1)
    } finally {
      await list.close()
    }
  })
})

describe('the host that asks for certificates', () => {
  // As a browser that was told to go on: it does not look at who the server is, nor among whom it trusts for its own issuer.
  const careless = { rejectUnauthorized: false, agent: false } as const

  /** What its Lambda is told of a connection that shows this. */
  async function shownBy(issued?: Issued): Promise<APIGatewayProxyEventV2['requestContext']['authentication']> {
    const events: APIGatewayProxyEventV2[] = []
    const gateway = await startGateway({
      port: 0,
      routes: routes.filter(({ host }) => host === 'mtls'),
      invoke: async (_, event) => {
        events.push(event)
        return { statusCode: 204 }
      },
      secure: authority.tls,
    })
    const shown = issued === undefined ? {} : { cert: issued.pem, key: await keyPemOf(issued) }
    await new Promise<void>((done, fail) => {
      const headers = { 'x-client-cert': 'forged' }
      const asked = request(`${gateway.url}/certificate/x`, { ...shown, headers, ...careless }, (answer) => {
        answer.resume().on('end', done)
      })
      // Asked once the connection has been up for a while: one that OpenSSL was to break would be broken by then.
      asked.on('error', fail).on('socket', (socket) => {
        socket.on('secureConnect', () => setTimeout(() => asked.end(), 50))
      })
    })
    await gateway.close()
    expect(events).toHaveLength(1)
    return events[0]?.requestContext.authentication
  }

  it('hands over the certificate of the connection, and nothing for one without', async () => {
    const issued = await (await createAuthority('CN=Somebody')).issue({ upn: 'ada@keystep.example' })
    const shown = await shownBy(issued)
    expect(shown?.clientCert.clientCertPem.replace(/\s/g, '')).toBe(issued.pem.replace(/\s/g, ''))
    expect(shown?.clientCert.issuerDN).toBe('CN=Somebody')
    expect(await shownBy()).toBeUndefined()
  })

  it('lets in what an earlier authority of its name issued, to be refused in words', async () => {
    const earlier = await createAuthority('CN=Keystep development authority')
    expect(await shownBy(await earlier.issue())).toBeDefined()
  })
})
