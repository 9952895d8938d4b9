import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../local/ports.ts'
import { readCertificate } from '../../src/core/certificate/x509/certificate.ts'
import { findPath, readBundle } from '../../src/core/certificate/x509/path.ts'
import { isPublic, openPublicFetch } from '../../src/services/public-fetch.ts'
import { openRevocation, type RevocationSettings } from '../../src/services/revocation.ts'
import {
  type Authority,
  createAuthority,
  der,
  extension,
  type Issued,
  keyPemOf,
  newKeys,
  type OcspSays,
  ocspAnswer,
  purposes,
  type RevocationServer,
  type Says,
  serveRevocation,
} from '../pki.ts'

// A root, an issuing authority below it, and a server on loopback that the settings allow. The root's list says that its
// authority is good; each test says what there is of the certificate.

const now = Math.floor(Date.now() / 1000)
let server: RevocationServer
let root: Authority
let issuing: Authority

beforeEach(async () => {
  server = await serveRevocation()
  root = await createAuthority('CN=Root')
  issuing = await root.issueAuthority('CN=People', { list: `${server.origin}/root.crl` })
  server.at.set('/root.crl', await root.list())
})
afterEach(() => server.close())

const usual = (): RevocationSettings => ({
  revocation: 'required',
  methods: ['ocsp', 'crl'],
  lists: [],
  hosts: [server.host],
  listHours: 12,
})

function pathOf(ada: Issued, issuers: readonly Issued[] = [root, issuing]) {
  const bundle = readBundle(issuers.map(({ pem }) => pem).join(''))
  const read = readCertificate(ada.der)
  if (!read.ok) throw new Error(read.detail)
  const path = findPath(read.value, bundle, { now, purposes: [purposes.client] })
  if (!path.ok) throw new Error(path.reason)
  return { bundle, path: path.value }
}

function opened(
  change: Partial<RevocationSettings> = {},
  clock: () => number = () => now,
  issuers?: readonly Issued[],
) {
  let open: ReturnType<typeof openRevocation> | undefined
  return (ada: Issued) => {
    const { bundle, path } = pathOf(ada, issuers)
    open ??= openRevocation({ ...usual(), ...change }, bundle, clock)
    return open.check(path)
  }
}

const good = { ok: true }
const revoked = { ok: false, reason: 'revoked' }
const unknown = (detail: string) => ({
  ok: false,
  reason: 'revocation-unknown',
  detail: expect.stringContaining(detail),
})

describe('by list', () => {
  const listed = (says: Says = {}) => issuing.issue({ list: `${server.origin}/people.crl`, ...says })
  const serve = async (...says: Parameters<Authority['list']>) =>
    void server.at.set('/people.crl', await issuing.list(...says))

  it('passes whom it does not name, and refuses whom it does', async () => {
    const [ada, bela] = [await listed(), await listed()]
    await serve({ revoked: [bela] })
    expect(await opened()(ada)).toEqual({ ok: true, value: true })
    expect(await opened()(bela)).toMatchObject(revoked)
  })

  it('is read as PEM too', async () => {
    const ada = await listed()
    const list = await issuing.list({ revoked: [ada] })
    server.at.set(
      '/people.crl',
      Buffer.from(`-----BEGIN X509 CRL-----\n${list.toString('base64')}\n-----END X509 CRL-----\n`),
    )
    expect(await opened()(ada)).toMatchObject(revoked)
  })

  it('refuses whose authority was revoked', async () => {
    const ada = await listed()
    await serve()
    server.at.set('/root.crl', await root.list({ revoked: [issuing] }))
    expect(await opened()(ada)).toMatchObject(revoked)
  })

  it('fails closed where it cannot be had', async () => {
    const ada = await listed()
    expect(await opened()(ada)).toMatchObject(unknown('unreachable'))
    for (const [answer, word] of [
      [500, 'answered 500'],
      [Buffer.from('<html>'), 'crl-malformed'],
      [{ redirect: '/root.crl' }, 'answered 302'],
      [Buffer.alloc(21 * 1024 * 1024), 'too-long'],
    ] as const) {
      server.at.set('/people.crl', answer)
      expect(await opened()(ada)).toMatchObject(unknown(word))
    }
  })

  it('fails closed past its next update, before its first, and without an end', async () => {
    const ada = await listed()
    for (const [says, word] of [
      [{ until: now }, 'crl-expired'],
      [{ from: now + 600 }, 'crl-not-yet-valid'],
      [{ until: 'none' }, 'crl-without-end'],
    ] as const) {
      await serve(says)
      expect(await opened()(ada)).toMatchObject(unknown(word))
    }
  })

  it("counts only with its issuer's signature and name", async () => {
    const ada = await listed()
    await serve({ signedWith: await newKeys() })
    expect(await opened()(ada)).toMatchObject(unknown('crl-signature'))
    server.at.set('/people.crl', await root.list())
    expect(await opened()(ada)).toMatchObject(unknown('crl-issuer'))
    await serve({ issuer: 'CN=Others' })
    expect(await opened()(ada)).toMatchObject(unknown('crl-issuer'))
  })

  it('may be signed by another key of its authority, if that may sign lists and is allowed here', async () => {
    const ada = await listed()
    const signer = await root.issue({ subject: 'CN=People', usage: 64 })
    await serve({ signedWith: signer.keys })
    expect(await opened()(ada)).toMatchObject(unknown('crl-signature'))
    expect(await opened({}, undefined, [root, issuing, signer])(ada)).toMatchObject(good)
    const other = await root.issue({ subject: 'CN=People' })
    await serve({ signedWith: other.keys })
    expect(await opened({}, undefined, [root, issuing, other])(ada)).toMatchObject(unknown('crl-signature'))
    const stranger = await createAuthority('CN=Other root')
    const forged = await stranger.issue({ subject: 'CN=People', usage: 64 })
    await serve({ signedWith: forged.keys })
    expect(await opened({}, undefined, [root, issuing, forged])(ada)).toMatchObject(unknown('crl-signature'))
  })

  it('of an authority that may not sign lists does not count', async () => {
    const mute = await root.issueAuthority('CN=Mute', { usage: 32, list: `${server.origin}/root.crl` })
    const ada = await mute.issue({ list: `${server.origin}/people.crl` })
    server.at.set('/people.crl', await mute.list())
    expect(await opened({}, undefined, [root, mute])(ada)).toMatchObject(unknown('crl-signature'))
  })

  it('is refused by name where it is delta, indirect, of some reasons, of another part, or unknown', async () => {
    const ada = await listed()
    const point = (...members: Buffer[]) => extension('2.5.29.28', true, der(0x30, ...members))
    const yes = Buffer.from([0xff])
    const elsewhere = der(0xa0, der(0xa0, der(0x86, `${server.origin}/others.crl`)))
    const cases = [
      [extension('2.5.29.27', true, der(0x02, Buffer.from([1]))), 'crl-delta'],
      [point(der(0x84, yes)), 'crl-indirect'],
      [point(der(0x83, Buffer.from([1, 2]))), 'crl-partial'],
      [point(der(0x85, yes)), 'crl-partial'],
      [point(der(0x82, yes)), 'crl-scope'],
      [point(elsewhere), 'crl-scope'],
      [extension('1.2.3.4', true, der(5)), 'crl-critical-extension'],
    ] as const
    for (const [each, word] of cases) {
      await serve({ extensions: [each] })
      expect(await opened()(ada)).toMatchObject(unknown(word))
    }
    await serve({ revoked: ['77'], entryExtensions: [extension('2.5.29.29', true, der(0x30))] })
    expect(await opened()(ada)).toMatchObject(unknown('crl-critical-extension'))
  })

  it('of users only, at this address, is what it says', async () => {
    const ada = await listed()
    const here = der(0xa0, der(0xa0, der(0x86, `${server.origin}/people.crl`)))
    await serve({ extensions: [extension('2.5.29.28', true, der(0x30, here, der(0x81, Buffer.from([0xff]))))] })
    expect(await opened()(ada)).toMatchObject(good)
  })

  it('is asked of the next address where the first has none', async () => {
    const ada = await listed({
      list: ['ldap://directory/people', `${server.origin}/gone.crl`, `${server.origin}/people.crl`],
    })
    await serve()
    expect(await opened()(ada)).toMatchObject(good)
    const onlyLdap = await listed({ list: 'ldap://directory/people' })
    expect(await opened()(onlyLdap)).toMatchObject(unknown('address-forbidden'))
  })

  it('comes from the settings for certificates that name none', async () => {
    const ada = await issuing.issue()
    expect(await opened()(ada)).toMatchObject(unknown('names no source'))
    expect(await opened({ revocation: 'if-named' })(ada)).toMatchObject(good)
    const lists = [`${server.origin}/root.crl`, `${server.origin}/people.crl`]
    await serve({ revoked: [ada] })
    expect(await opened({ lists })(ada)).toMatchObject(revoked)
    await serve()
    expect(await opened({ lists })(ada)).toMatchObject(good)
  })

  it('is due although `if-named` where one is named that cannot be had', async () => {
    expect(await opened({ revocation: 'if-named' })(await listed())).toMatchObject(unknown('unreachable'))
  })
})

describe('kept', () => {
  it('is fetched once, for all who ask at once, and again after the hours that the settings say', async () => {
    const ada = await issuing.issue({ list: `${server.origin}/people.crl` })
    server.at.set('/people.crl', await issuing.list({ until: now + 864_000 }))
    server.at.set('/root.crl', await root.list({ until: now + 864_000 }))
    let clock = now
    const check = opened({ listHours: 2 }, () => clock)
    const fetched = () => server.asked.filter((path) => path === '/people.crl').length
    await Promise.all(Array.from({ length: 20 }, () => check(ada)))
    expect(fetched()).toBe(1)
    clock += 7199
    await check(ada)
    expect(fetched()).toBe(1)
    server.at.set('/people.crl', await issuing.list({ revoked: [ada], until: now + 864_000 }))
    clock += 1
    expect(await check(ada)).toMatchObject(revoked)
    expect(fetched()).toBe(2)
    clock += 7200
    server.at.delete('/people.crl')
    expect(await check(ada)).toMatchObject(unknown('unreachable'))
  })

  it('is not kept past its own next update, whatever the hours', async () => {
    const ada = await issuing.issue({ list: `${server.origin}/people.crl` })
    server.at.set('/people.crl', await issuing.list({ until: now + 60 }))
    let clock = now
    const check = opened({}, () => clock)
    expect(await check(ada)).toMatchObject(good)
    clock += 60
    expect(await check(ada)).toMatchObject(unknown('crl-expired'))
  })

  it('is not kept where it does not count: a forged one does not stay in place of the real one', async () => {
    const ada = await issuing.issue({ list: `${server.origin}/people.crl` })
    server.at.set('/people.crl', await issuing.list({ signedWith: await newKeys() }))
    const check = opened()
    expect(await check(ada)).toMatchObject(unknown('crl-signature'))
    server.at.set('/people.crl', await issuing.list())
    expect(await check(ada)).toMatchObject(good)
  })
})

describe('by OCSP', () => {
  const online = (says: Says = {}) => issuing.issue({ ocsp: `${server.origin}/ocsp`, ...says })
  const answer = (says: OcspSays = {}) => void server.at.set('/ocsp', (question) => ocspAnswer(question, issuing, says))

  it('passes and refuses as the issuer answers, named by its name or its key', async () => {
    const ada = await online()
    for (const byKey of [false, true]) {
      answer({ byKey })
      expect(await opened()(ada)).toMatchObject(good)
      answer({ byKey, status: 'revoked' })
      expect(await opened()(ada)).toMatchObject(revoked)
    }
  })

  it('fails closed where the responder does not know, will not say, or says nothing of use', async () => {
    const ada = await online()
    const cases: [OcspSays, string][] = [
      [{ status: 'unknown' }, 'ocsp-unknown'],
      [{ refused: true }, 'ocsp-refused'],
      [{ nonce: 'other' }, 'ocsp-nonce'],
      [{ other: true }, 'ocsp-other-certificate'],
      [{ until: now }, 'ocsp-expired'],
      [{ from: now + 600 }, 'ocsp-not-yet-valid'],
      [{ until: 'none', nonce: 'none' }, 'ocsp-without-end'],
      [{ signedWith: await newKeys() }, 'ocsp-signature'],
    ]
    for (const [says, word] of cases) {
      answer(says)
      expect(await opened()(ada)).toMatchObject(unknown(word))
    }
    server.at.set('/ocsp', Buffer.from('no'))
    expect(await opened()(ada)).toMatchObject(unknown('ocsp-malformed'))
    server.at.delete('/ocsp')
    expect(await opened()(ada)).toMatchObject(unknown('unreachable'))
  })

  it('takes an answer without a nonce while it lasts, and one without an end that has the nonce', async () => {
    const ada = await online()
    answer({ nonce: 'none' })
    expect(await opened()(ada)).toMatchObject(good)
    answer({ until: 'none' })
    expect(await opened()(ada)).toMatchObject(good)
  })

  it('takes the answer of whom the issuer certified for it, and of nobody else', async () => {
    const ada = await online()
    const noCheck = extension('1.3.6.1.5.5.7.48.1.5', false, der(5))
    const delegate = (says: Says, by = issuing) =>
      by.issue({ subject: 'CN=Responder', purposes: [purposes.ocsp], extensions: [noCheck], ...says })
    answer({ responder: await delegate({}) })
    expect(await opened()(ada)).toMatchObject(good)
    for (const responder of [
      await delegate({ purposes: [purposes.client] }),
      await delegate({ purposes: 'none' }),
      await delegate({ until: now - 1 }),
      await delegate({ usage: 4 }),
      await delegate({}, root),
      await delegate({}, await createAuthority('CN=People')),
    ]) {
      answer({ responder })
      expect(await opened()(ada)).toMatchObject(unknown('ocsp-responder'))
    }
  })

  it('asks whether such a responder was revoked, unless the issuer says not to', async () => {
    const ada = await online()
    const responder = await issuing.issue({
      subject: 'CN=Responder',
      purposes: [purposes.ocsp],
      list: `${server.origin}/people.crl`,
    })
    answer({ responder })
    expect(await opened()(ada)).toMatchObject(unknown('ocsp-responder'))
    server.at.set('/people.crl', await issuing.list())
    expect(await opened()(ada)).toMatchObject(good)
    server.at.set('/people.crl', await issuing.list({ revoked: [responder] }))
    expect(await opened()(ada)).toMatchObject(unknown('ocsp-responder'))
  })

  it('comes first, and the list after it, or as the settings say', async () => {
    const ada = await online({ list: `${server.origin}/people.crl` })
    server.at.set('/people.crl', await issuing.list())
    answer({ status: 'revoked' })
    expect(await opened()(ada)).toMatchObject(revoked)
    expect(await opened({ methods: ['crl', 'ocsp'] })(ada)).toMatchObject(good)
    answer({ status: 'unknown' })
    expect(await opened()(ada)).toMatchObject(good)
    server.at.set('/people.crl', await issuing.list({ revoked: [ada] }))
    expect(await opened()(ada)).toMatchObject(revoked)
    expect(await opened({ methods: ['ocsp'] })(ada)).toMatchObject(unknown('ocsp-unknown'))
  })

  it('is understood by the responder of OpenSSL, and understands it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'keystep-ocsp-'))
    const port = await freePort()
    const [ada, bela] = await Promise.all([1, 2].map(() => issuing.issue({ ocsp: `http://127.0.0.1:${port}/` })))
    if (ada === undefined || bela === undefined) throw new Error('Nobody')
    const line = (state: string, { serial }: Issued) =>
      `${state}\t300101000000Z\t${state === 'R' ? '200101000000Z' : ''}\t${serial.toUpperCase()}\tunknown\t/CN=Ada\n`
    writeFileSync(join(directory, 'index.txt'), line('V', ada) + line('R', bela))
    writeFileSync(join(directory, 'ca.pem'), issuing.pem)
    writeFileSync(join(directory, 'key.pem'), await keyPemOf(issuing))
    const flags = ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'ca.pem', '-rkey', 'key.pem', '-nmin', '5']
    const responder = spawn('openssl', ['ocsp', '-port', String(port), ...flags], { cwd: directory })
    responder.on('error', () => expect.fail('openssl is missing: install the package openssl'))
    try {
      await once(responder.stderr, 'data')
      const check = opened({ hosts: [server.host, `127.0.0.1:${port}`] })
      expect(await check(ada)).toMatchObject(good)
      expect(await check(bela)).toMatchObject(revoked)
    } finally {
      responder.kill()
      rmSync(directory, { recursive: true })
    }
  })
})

describe('reaches nothing inside', () => {
  const fetched = (hosts: readonly string[], address: string) =>
    openPublicFetch(hosts)(address, { longest: 1000, signal: AbortSignal.timeout(3000) })
  const forbidden = { ok: false, reason: 'address-forbidden' }

  it('unless the settings name the host, with its port or with any', async () => {
    server.at.set('/', Buffer.from('here'))
    expect(await fetched([], `${server.origin}/`)).toMatchObject(forbidden)
    expect(await fetched(['127.0.0.1:1'], `${server.origin}/`)).toMatchObject(forbidden)
    expect(await fetched(['127.0.0.1'], `${server.origin}/`)).toMatchObject({ ok: true })
    expect(await fetched([server.host], `${server.origin}/`)).toMatchObject({ ok: true })
  })

  it('by whatever name or spelling', async () => {
    const port = server.host.split(':')[1]
    for (const address of [
      `http://localhost:${port}/`,
      'http://localhost/',
      'http://127.1/',
      'http://2130706433/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://169.254.169.254/latest/meta-data/',
      'http://8.8.8.8:22/',
      'file:///etc/passwd',
      'http://user@example.org/',
      'no address',
    ])
      expect(await fetched([], address), address).toMatchObject(forbidden)
    expect(server.asked).toEqual([])
  })

  it('which is what no public registry gives out', () => {
    for (const address of ['8.8.8.8', '2a00:1450::1']) expect(isPublic(address)).toBe(true)
    for (const address of ['10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', '0.0.0.0', '255.255.255.255'])
      expect(isPublic(address)).toBe(false)
    for (const address of [
      '::',
      '::1',
      'fe80::1',
      'fd00::1',
      '::ffff:8.8.8.8',
      '64:ff9b::a00:1',
      '2002:7f00:1::',
      'ada',
    ])
      expect(isPublic(address)).toBe(false)
  })
})
