import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CertificateSubject, Client } from '../../../src/core/oidc/client.ts'
import { createClientKey } from '../../client-key.ts'
import { type House, openHouse, type Reply } from '../../house.ts'
import { type Authority, createAuthority, der, extension, type Issued, type Says } from '../../pki.ts'

type Said = { error?: string; access_token?: string }

let house: House
let folder: string
let root: Authority
let people: Authority
const secret = 'a secret of some length'
const key = createClientKey('ES256', { kid: 'one' })

const machine = { grantTypes: ['client_credentials'], redirectUris: [], scopes: ['reports'] } as const

const add = (clientId: string, change: Partial<Client> = {}) =>
  house.addClient({ ...machine, clientId, jwks: { keys: [key.jwk] }, ...change })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystep-clients-'))
  ;[root, people] = await Promise.all([createAuthority('CN=Applications'), createAuthority('CN=People')])
  const clientIssuersFile = join(folder, 'client-issuers.pem')
  await writeFile(clientIssuersFile, root.pem)
  house = await openHouse({ stage: { clientIssuersFile } })
})
afterAll(async () => {
  await house.close()
  await rm(folder, { recursive: true })
})

type Shown = { form: Record<string, string>; headers?: Record<string, string>; certificate?: string }

const ask = ({ form, headers = {}, certificate }: Shown): Promise<Reply<Said>> =>
  house.invoke<Said>('POST', '/token', {
    headers,
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
    ...(certificate === undefined ? {} : { certificate }),
  })

const refused = { status: 401, json: { error: 'invalid_client' } }

describe('a certificate of an authority', () => {
  const dn = 'CN=app, OU=Reports, O=Example, C=DE'
  const names = (...general: Buffer[]): Says => ({ extensions: [extension('2.5.29.17', false, der(0x30, ...general))] })
  const one = (by: CertificateSubject['by'], value: string): CertificateSubject => ({ by, value })
  let count = 0
  const show = async (certificateSubject: CertificateSubject | undefined, { pem }: Issued) => {
    const clientId = `certified-${count++}`
    const subject = certificateSubject === undefined ? {} : { certificateSubject }
    await add(clientId, { tokenEndpointAuthMethod: 'tls_client_auth', ...subject })
    return (await ask({ form: { client_id: clientId }, certificate: pem })).status
  }

  it.each([
    ['C=DE,O=Example,OU=Reports,CN=app', 200],
    ['c=de, o=EXAMPLE, ou=Reports, cn=App', 200],
    ['2.5.4.6=DE,2.5.4.10=Example,2.5.4.11=Reports,2.5.4.3=app', 200],
    ['C=DE,O=Example,OU=\\52eports,CN=app', 200],
    ['CN=app,OU=Reports,O=Example,C=DE', 401],
    ['O=Example,OU=Reports,CN=app', 401],
    ['CN=app', 401],
    ['C=DE,O=Example,OU=Reports,CN=app\\,CN=x', 401],
    ['C=DE,O=Example,OU=Reports,CN=', 401],
    ['', 401],
  ])('is known by its subject %s: %d', async (value, status) => {
    // The generator writes a name in the order it is given; RFC 4514 writes the last part first.
    expect(await show(one('dn', value), await root.issue({ subject: dn }))).toBe(status)
  })

  it.each([
    ['dns', 'app.example.org', 200],
    ['dns', 'APP.example.org', 200],
    ['dns', 'example.org', 401],
    ['dns', '*.example.org', 401],
    ['email', 'app@example.org', 200],
    ['email', 'APP@example.org', 401],
    ['uri', 'https://app.example.org/id', 200],
    ['uri', 'https://app.example.org/ID', 401],
    ['ip', '192.0.2.7', 200],
    ['ip', '2001:db8::7', 200],
    ['ip', '2001:0DB8:0:0:0:0:0:7', 200],
    ['ip', '192.0.2.70', 401],
    ['ip', 'app.example.org', 401],
    // A name in another place than was registered is not that name.
    ['uri', 'app.example.org', 401],
    ['email', 'app.example.org', 401],
    ['dns', '192.0.2.7', 401],
  ] as const)('is known by its alternative name, %s %s: %d', async (by, value, status) => {
    const issued = await root.issue({
      subject: dn,
      ...names(
        der(0x82, 'app.example.org'),
        der(0x81, 'app@example.org'),
        der(0x86, 'https://app.example.org/id'),
        der(0x87, Buffer.from([192, 0, 2, 7])),
        der(0x87, Buffer.from('20010db8000000000000000000000007', 'hex')),
      ),
    })
    expect(await show(one(by, value), issued)).toBe(status)
  })

  it('counts only from an authority of applications, in its time and for this purpose', async () => {
    const subject = one('dn', 'C=DE,O=Example,OU=Reports,CN=app')
    const issuing = await root.issueAuthority('CN=Below')
    for (const [name, issued] of [
      ['of an authority of people', await people.issue({ subject: dn })],
      ['of nobody', await createAuthority(dn)],
      ['expired', await root.issue({ subject: dn, until: house.now - 1 })],
      ['not begun', await root.issue({ subject: dn, from: house.now + 3600, until: house.now + 7200 })],
      ['of a server', await root.issue({ subject: dn, purposes: ['1.3.6.1.5.5.7.3.1'] })],
      ['of an authority below that is not among them', await issuing.issue({ subject: dn })],
      ['an authority itself', await root.issueAuthority(dn)],
      ['signed by another key', await root.issue({ subject: dn, signedWith: people.keys })],
    ] as const)
      expect(await show(subject, issued), name).toBe(401)
  })

  it('is demanded of who is registered for one, and by a subject', async () => {
    const issued = await root.issue({ subject: dn })
    expect(await show(undefined, issued)).toBe(401)
    await add('certified', { tokenEndpointAuthMethod: 'tls_client_auth', certificateSubject: one('dn', 'CN=app') })
    expect(await ask({ form: { client_id: 'certified' } })).toMatchObject(refused)
    expect(await ask({ form: { client_id: 'certified', client_secret: secret } })).toMatchObject(refused)
  })

  it('never comes from a header', async () => {
    const { pem } = await root.issue({ subject: 'CN=app' })
    await add('by-header', { tokenEndpointAuthMethod: 'tls_client_auth', certificateSubject: one('dn', 'CN=app') })
    const headers = { 'x-client-cert': encodeURIComponent(pem), 'x-forwarded-client-cert': encodeURIComponent(pem) }
    expect(await ask({ form: { client_id: 'by-header' }, headers })).toMatchObject(refused)
    expect((await ask({ form: { client_id: 'by-header' }, certificate: pem })).status).toBe(200)
  })
})

describe('a certificate that signed itself', () => {
  const jwkOf = async ({ keys }: Issued) => crypto.subtle.exportKey('jwk', keys.publicKey)
  const show = async (clientId: string, jwks: Client['jwks'], pem: string) => {
    await add(clientId, {
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      ...(jwks === undefined ? {} : { jwks }),
    })
    return (await ask({ form: { client_id: clientId }, certificate: pem })).status
  }

  it('counts by its key', async () => {
    const [own, other] = [await createAuthority('CN=own'), await createAuthority('CN=own')]
    const { kty, crv, x, y } = await jwkOf(own)
    const keys = [{ kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '' }]
    expect(await show('self-by-key', { keys }, own.pem)).toBe(200)
    expect(await show('self-by-other-key', { keys }, other.pem)).toBe(401)
    expect(await show('self-with-no-key', { keys: [] }, own.pem)).toBe(401)
  })

  it('counts as a whole, where the whole is registered', async () => {
    const own = await createAuthority('CN=own')
    const again = await createAuthority('CN=own', { keys: own.keys })
    const { kty, crv, x, y } = await jwkOf(own)
    const registered = { kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '', x5c: [own.der.toString('base64')] }
    expect(await show('self-whole', { keys: [registered] }, own.pem)).toBe(200)
    expect(await show('self-again', { keys: [registered] }, again.pem)).toBe(401)
  })

  it('not past its time', async () => {
    const own = await createAuthority('CN=own', { until: house.now - 1 })
    const { kty, crv, x, y } = await jwkOf(own)
    expect(
      await show('self-late', { keys: [{ kty: kty ?? '', crv: crv ?? '', x: x ?? '', y: y ?? '' }] }, own.pem),
    ).toBe(401)
  })

  it('is no certificate of an authority, nor the other way round', async () => {
    const issued = await root.issue({ subject: 'CN=app' })
    await add('of-authority', {
      tokenEndpointAuthMethod: 'tls_client_auth',
      certificateSubject: { by: 'dn', value: 'CN=own' },
    })
    const own = await createAuthority('CN=own')
    expect((await ask({ form: { client_id: 'of-authority' }, certificate: own.pem })).status).toBe(401)
    expect(await show('of-itself', { keys: [key.jwk] }, issued.pem)).toBe(401)
    expect(await show('of-garbage', { keys: [key.jwk] }, 'no certificate')).toBe(401)
  })
})
