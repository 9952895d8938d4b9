import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { userNameOf } from '../../../src/core/certificate/certificate-identity.ts'
import { type CertificatePolicy, judgeCertificate } from '../../../src/core/certificate/client-certificate.ts'
import { readCertificate } from '../../../src/core/certificate/x509/certificate.ts'
import { readBundle } from '../../../src/core/certificate/x509/path.ts'
import {
  type Authority,
  createAuthority,
  der,
  extension,
  type Issued,
  nameConstraints,
  newKeys,
  purposes,
  type Says,
} from '../../pki.ts'

// One root, one issuing authority below it, one good certificate; a test changes one thing about it.

const now = Math.floor(Date.now() / 1000)
const smartCardPolicy = '1.3.6.1.4.1.99999.1.1'
const usual: CertificatePolicy = { purposes: [purposes.client], smartCardPolicies: [smartCardPolicy], identity: 'upn' }

let root: Authority
let issuing: Authority

beforeAll(async () => {
  root = await createAuthority('CN=Example Root, O=Example')
  issuing = await root.issueAuthority('CN=Example People, O=Example', { pathLength: 0 })
})

const upn = 'ada@corp.example'

/** `own`: judge this certificate rather than a new one that says this. */
async function judge(
  says: Says & {
    own?: Issued
    by?: Authority
    issuers?: Issued[]
    policy?: Partial<CertificatePolicy>
    at?: number
  } = {},
) {
  const { own, by = issuing, issuers = [root, issuing], policy, at = now, ...rest } = says
  const { pem } = own ?? (await by.issue({ upn, ...rest }))
  const bundle = readBundle(issuers.map((each) => each.pem).join('# between\n'))
  return judgeCertificate(pem, { bundle, policy: { ...usual, ...policy }, now: at })
}

describe('a good certificate', () => {
  it('names its holder, by its thumbprint and its user principal name', async () => {
    const ada = await issuing.issue({ upn })
    const judged = await judge({ own: ada })
    expect(judged).toMatchObject({
      ok: true,
      value: {
        identity: { source: 'upn', value: upn },
        smartCard: false,
      },
    })
    const thumbprint = Buffer.from(await ada.certificate.getThumbprint('SHA-256')).toString('base64url')
    expect(judged).toMatchObject({ value: { thumbprint } })
  })

  it.each(['p256', 'p384', 'ed25519', 'rsa2048', 'rsaPss'] as const)('has a key of the kind %s', async (kind) => {
    const strong = await createAuthority('CN=Strong Root', { kind })
    const people = await strong.issueAuthority('CN=Strong People', { kind })
    expect(await judge({ by: people, issuers: [strong, people], kind })).toMatchObject({ ok: true })
  })

  it('is issued by the root itself, or five authorities below it', async () => {
    expect(await judge({ by: root })).toMatchObject({ ok: true })
    const chain: Authority[] = [root]
    for (const level of [1, 2, 3, 4, 5]) chain.push(await (chain.at(-1) ?? root).issueAuthority(`CN=Level ${level}`))
    expect(await judge({ by: chain.at(-1) ?? root, issuers: chain })).toMatchObject({ ok: true })
  })

  it('is told from one of the same issuer name by the key, in whatever order the issuers are', async () => {
    const other = await root.issueAuthority('CN=Example People, O=Example')
    for (const issuers of [
      [root, other, issuing],
      [issuing, other, root],
    ])
      expect(await judge({ issuers, keyId: false })).toMatchObject({ ok: true })
  })

  it('is read once its root has another key, by the certificate that the old key made for it', async () => {
    const renewed = await root.issueAuthority('CN=Example Root, O=Example')
    const people = await renewed.issueAuthority('CN=New People', { pathLength: 0 })
    expect(await judge({ by: people, issuers: [root, renewed, people] })).toMatchObject({ ok: true })
  })
})

describe('refused by name', () => {
  const cases: [string, string, Says & { at?: number }][] = [
    ['expired', 'expired', { until: now - 1 }],
    ['not yet valid', 'not-yet-valid', { from: now + 60 }],
    ['for servers only', 'wrong-purpose', { purposes: [purposes.server] }],
    ['for no purpose', 'wrong-purpose', { purposes: 'none' }],
    ['for any purpose', 'wrong-purpose', { purposes: [purposes.any] }],
    ['without a key usage', 'wrong-key-usage', { usage: 'none' }],
    ['for encipherment only', 'wrong-key-usage', { usage: 4 }],
    ["an authority's own", 'is-authority', { authority: true, purposes: [purposes.client] }],
    ['signed by SHA-1', 'weak-signature', { hash: 'SHA-1' }],
    ['with an RSA key of 1024 bits', 'weak-key', { kind: 'rsa1024' }],
    [
      'with a critical extension that nobody knows',
      'critical-extension',
      { extensions: [extension('1.2.3.4', true, der(5))] },
    ],
    ['without a name', 'no-identity', { upn: [] }],
    ['with two names', 'ambiguous-identity', { upn: [upn, 'bela@corp.example'] }],
    ['with a NUL in its name', 'ambiguous-identity', { upn: 'ada@corp.example\0.evil.example' }],
    ['with an invisible letter in its name', 'ambiguous-identity', { upn: 'ada\u200b@corp.example' }],
    ['with an empty name', 'no-identity', { upn: '' }],
  ]
  it.each(cases)('%s: %s', async (_, reason, says) => {
    expect(await judge(says)).toMatchObject({ ok: false, reason })
  })

  it('signed by an RSA authority with SHA-1: weak-signature', async () => {
    const old = await createAuthority('CN=Old Root', { kind: 'rsaSha1' })
    expect(await judge({ by: old, issuers: [old] })).toMatchObject({ ok: false, reason: 'weak-signature' })
  })

  it('self-signed', async () => {
    const own = await createAuthority('CN=Ada', { authority: false, upn, purposes: [purposes.client] })
    expect(await judge({ own })).toMatchObject({ ok: false, reason: 'self-signed' })
  })

  it('of another issuer, even of the same name, even with the same key identifier', async () => {
    const stranger = await createAuthority('CN=Example People, O=Example')
    expect(await judge({ by: stranger })).toMatchObject({ ok: false, reason: 'unknown-issuer' })
    expect(await judge({ by: stranger, keyId: false })).toMatchObject({ ok: false, reason: 'unknown-issuer' })
    const elsewhere = await createAuthority('CN=Elsewhere')
    expect(await judge({ by: elsewhere })).toMatchObject({
      ok: false,
      reason: 'unknown-issuer',
      detail: 'CN=Elsewhere',
    })
  })

  it('whose authority is not among the allowed ones, although its root is', async () => {
    const unlisted = await root.issueAuthority('CN=Servers')
    expect(await judge({ by: unlisted })).toMatchObject({ ok: false, reason: 'unknown-issuer' })
  })

  it('changed by one bit after it was signed', async () => {
    const { der: bytes } = await issuing.issue({ upn })
    const at = bytes.indexOf('ada@corp')
    bytes[at] = 'b'.charCodeAt(0)
    const pem = `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----`
    const bundle = readBundle(root.pem + issuing.pem)
    expect(judgeCertificate(pem, { bundle, policy: usual, now })).toMatchObject({ reason: 'unknown-issuer' })
  })

  it('two certificates at once, none, and one that is too long', async () => {
    const bundle = readBundle(root.pem + issuing.pem)
    const { pem } = await issuing.issue({ upn })
    for (const text of [pem + pem, '', 'ada', `${pem}${'#'.repeat(20_000)}`])
      expect(judgeCertificate(text, { bundle, policy: usual, now })).toMatchObject({ reason: 'malformed-certificate' })
  })
})

describe('its authorities', () => {
  it('are within their own dates', async () => {
    const over = await root.issueAuthority('CN=Over', { until: now - 1 })
    expect(await judge({ by: over, issuers: [root, over] })).toMatchObject({ reason: 'issuer-expired' })
    const oldRoot = await createAuthority('CN=Old', { until: now - 1 })
    expect(await judge({ by: oldRoot, issuers: [oldRoot] })).toMatchObject({ reason: 'issuer-expired' })
  })

  it('may be authorities, by basic constraints and by the usage of their key', async () => {
    const user = await issuing.issue({ subject: 'CN=Mallory', upn: 'mallory@corp.example' })
    const forged = await issuing.issue({ issuer: 'CN=Mallory', signedWith: user.keys, upn, keyId: false })
    expect(await judge({ own: forged, issuers: [root, issuing, user] })).toMatchObject({ reason: 'not-an-authority' })
    const noSigner = await root.issueAuthority('CN=Only lists', { usage: 64 })
    expect(await judge({ by: noSigner, issuers: [root, noSigner] })).toMatchObject({ reason: 'not-an-authority' })
  })

  it('keep to the path length above them', async () => {
    const below = await issuing.issueAuthority('CN=Below')
    expect(await judge({ by: below, issuers: [root, issuing, below] })).toMatchObject({ reason: 'path-too-long' })
  })

  it('have keys and signatures that still mean something', async () => {
    const weak = await root.issueAuthority('CN=Weak', { kind: 'rsa1024' })
    expect(await judge({ by: weak, issuers: [root, weak] })).toMatchObject({ reason: 'weak-key' })
  })

  it('issue for the purpose, where they name purposes', async () => {
    const servers = await root.issueAuthority('CN=Servers', { purposes: [purposes.server] })
    expect(await judge({ by: servers, issuers: [root, servers] })).toMatchObject({ reason: 'wrong-purpose' })
    const both = await root.issueAuthority('CN=Both', { purposes: [purposes.server, purposes.client] })
    expect(await judge({ by: both, issuers: [root, both] })).toMatchObject({ ok: true })
  })

  it('have no critical extension that nobody knows, policy mapping among them', async () => {
    for (const oid of ['1.2.3.4', '2.5.29.33']) {
      const odd = await root.issueAuthority('CN=Odd', { extensions: [extension(oid, true, der(0x30))] })
      expect(await judge({ by: odd, issuers: [root, odd] })).toMatchObject({
        reason: 'critical-extension',
        detail: oid,
      })
    }
  })

  it('may go round in circles, and end nobody', async () => {
    const keys = [await newKeys(), await newKeys()] as const
    const a = await createAuthority('CN=A', { issuer: 'CN=B', keys: keys[0], signedWith: keys[1], keyId: false })
    const b = await createAuthority('CN=B', { issuer: 'CN=A', keys: keys[1], signedWith: keys[0], keyId: false })
    expect(await judge({ by: a, issuers: [root, a, b] })).toMatchObject({ reason: 'unknown-issuer' })
  })

  it('are a bundle with a root that can be read, or the service does not start', async () => {
    expect(() => readBundle('')).toThrow('no root')
    expect(() => readBundle(issuing.pem)).toThrow('no root')
    expect(() => readBundle('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----')).toThrow('Certificate 1')
  })
})

describe('name constraints', () => {
  const mailBase = (text: string) => der(0x81, text)
  const dnsBase = (text: string) => der(0x82, text)
  const upnBase = (text: string) =>
    der(0xa0, der(0x06, Buffer.from('2b060104018237140203', 'hex')), der(0xa0, der(0x0c, text)))

  async function under(constraints: Parameters<typeof nameConstraints>[0], says: Says) {
    const bound = await root.issueAuthority('CN=Bound', { extensions: [nameConstraints(constraints)] })
    return judge({ by: bound, issuers: [root, bound], ...says })
  }
  const refused = { ok: false, reason: 'name-not-permitted' }

  it('hold for user principal names', async () => {
    expect(await under({ permitted: [upnBase('corp.example')] }, {})).toMatchObject({ ok: true })
    expect(await under({ permitted: [upnBase('other.example')] }, {})).toMatchObject(refused)
    expect(await under({ excluded: [upnBase('corp.example')] }, {})).toMatchObject(refused)
  })

  it('hold for mail, by host, by domain, and by mailbox', async () => {
    const mail = 'ada@mail.corp.example'
    expect(await under({ permitted: [mailBase('.corp.example')] }, { mail })).toMatchObject({ ok: true })
    expect(await under({ permitted: [mailBase('mail.corp.example')] }, { mail })).toMatchObject({ ok: true })
    expect(await under({ permitted: [mailBase('corp.example')] }, { mail })).toMatchObject(refused)
    expect(await under({ excluded: [mailBase(mail)] }, { mail })).toMatchObject(refused)
    expect(
      await under({ permitted: [mailBase('corp.example')] }, { subject: 'CN=Ada, E=ada@evil.example' }),
    ).toMatchObject(refused)
  })

  it('hold for host names and for subjects', async () => {
    expect(await under({ permitted: [dnsBase('corp.example')] }, { dns: 'a.corp.example' })).toMatchObject({ ok: true })
    expect(await under({ permitted: [dnsBase('corp.example')] }, { dns: 'evilcorp.example' })).toMatchObject(refused)
    const organisation = der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from('55040a', 'hex')), der(0x0c, 'example'))))
    const base = der(0xa4, organisation)
    expect(await under({ permitted: [base] }, { subject: 'O=Example, CN=Ada' })).toMatchObject({ ok: true })
    expect(await under({ permitted: [base] }, { subject: 'O=Elsewhere, CN=Ada' })).toMatchObject(refused)
    expect(await under({ excluded: [base] }, { subject: 'O=EXAMPLE, CN=Ada' })).toMatchObject(refused)
  })

  it('of a form that nobody can compare turn down whoever has such a name', async () => {
    const address = der(0x87, Buffer.from([10, 0, 0, 0, 255, 0, 0, 0]))
    const named = { extensions: [extension('2.5.29.17', false, der(0x30, der(0x87, Buffer.from([10, 0, 0, 1]))))] }
    expect(await under({ permitted: [address] }, { upn: [], ...named })).toMatchObject(refused)
    expect(await under({ excluded: [address] }, { upn: [], ...named })).toMatchObject(refused)
    expect(await under({ permitted: [address] }, {})).toMatchObject({ ok: true })
  })
})

describe('policies', () => {
  const policies = [smartCardPolicy]
  const smart = { ok: true, value: { smartCard: true } }
  const notSmart = { ok: true, value: { smartCard: false } }

  it('say smart card where every authority on the way allows it', async () => {
    const allowing = await root.issueAuthority('CN=Cards', { policies })
    expect(await judge({ by: allowing, issuers: [root, allowing], policies })).toMatchObject(smart)
    const any = await root.issueAuthority('CN=Any', { policies: ['2.5.29.32.0'] })
    expect(await judge({ by: any, issuers: [root, any], policies })).toMatchObject(smart)
    expect(await judge({ by: root, policies })).toMatchObject(smart)
  })

  it('say nothing where one of them does not, or where the certificate itself says any', async () => {
    expect(await judge({ policies })).toMatchObject(notSmart)
    const soft = await root.issueAuthority('CN=Soft', { policies: ['1.2.3'] })
    expect(await judge({ by: soft, issuers: [root, soft], policies })).toMatchObject(notSmart)
    expect(await judge({ by: root, policies: ['2.5.29.32.0'] })).toMatchObject(notSmart)
    const inhibited = extension('2.5.29.54', true, der(0x02, Buffer.from([0])))
    const noAny = await root.issueAuthority('CN=No any', { policies, extensions: [inhibited] })
    const anyBelow = await noAny.issueAuthority('CN=Any below', { policies: ['2.5.29.32.0'] })
    expect(await judge({ by: anyBelow, issuers: [root, noAny, anyBelow], policies })).toMatchObject(notSmart)
  })

  it('are missed where an authority asks for one', async () => {
    const asking = extension('2.5.29.36', true, der(0x30, der(0x80, Buffer.from([0]))))
    const strict = await root.issueAuthority('CN=Strict', { policies, extensions: [asking] })
    expect(await judge({ by: strict, issuers: [root, strict] })).toMatchObject({ reason: 'policy-missing' })
    expect(await judge({ by: strict, issuers: [root, strict], policies })).toMatchObject(smart)
  })
})

describe('whom it names', () => {
  it('by mail, common name, serial number or thumbprint, as configured', async () => {
    const own = await issuing.issue({
      upn: [],
      mail: 'ada@example.org',
      subject: 'CN=Ada Lindqvist, 2.5.4.5=A-17',
    })
    const named = async (identity: CertificatePolicy['identity']) => {
      const judged = await judge({ own, policy: { identity } })
      return judged.ok ? judged.value.identity.value : judged.reason
    }
    expect(await named('mail')).toBe('ada@example.org')
    expect(await named('CN')).toBe('Ada Lindqvist')
    expect(await named('serialNumber')).toBe('A-17')
    expect(await named('thumbprint')).toMatch(/^[\w-]{43}$/)
    expect(await named('UID')).toBe('no-identity')
  })

  it('is ambiguous with several common names', async () => {
    const judged = await judge({ subject: 'CN=ada, CN=bela', policy: { identity: 'CN' } })
    expect(judged).toMatchObject({ reason: 'ambiguous-identity' })
  })

  it('is the part before the suffix, where there is one, and nobody of another domain', () => {
    expect(userNameOf({ value: 'ada@corp.example' }, undefined)).toBe('ada@corp.example')
    expect(userNameOf({ value: 'ada@Corp.Example' }, 'corp.example')).toBe('ada')
    expect(userNameOf({ value: 'ada@evil.example' }, 'corp.example')).toBeUndefined()
    expect(userNameOf({ value: 'ada@evil.corp.example' }, 'corp.example')).toBeUndefined()
    expect(userNameOf({ value: '@corp.example' }, 'corp.example')).toBeUndefined()
    expect(userNameOf({ value: 'ada' }, 'corp.example')).toBeUndefined()
  })
})

describe('reading', () => {
  it('takes no certificate with a byte changed in its form, or with bytes after it', async () => {
    const { der: bytes } = await issuing.issue({ upn })
    expect(readCertificate(Buffer.concat([bytes, Buffer.from([0])]))).toMatchObject({ ok: false })
    for (let length = 0; length < bytes.length; length += 7)
      expect(readCertificate(bytes.subarray(0, length))).toMatchObject({ ok: false, reason: 'malformed-certificate' })
  })

  it('answers whatever it is given, and never breaks', async () => {
    const { der: bytes } = await issuing.issue({ upn })
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, octet) => {
        const changed = Buffer.from(bytes)
        changed[at] = octet
        readCertificate(changed)
      }),
      { numRuns: 2000 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => void readCertificate(Buffer.from(any))))
  })
})
