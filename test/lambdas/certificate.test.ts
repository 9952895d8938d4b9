import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseCertificates, type WrittenCertificates } from '../../src/core/certificate/certificate-settings.ts'
import { handoffLifetime, ticketLifetime } from '../../src/core/certificate/handoff.ts'
import { changedRealm, readRealm } from '../../src/store/realm.ts'
import { forgottenCertificate, registeredCertificate } from '../../src/store/users.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import {
  type Authority,
  createAuthority,
  type Issued,
  purposes,
  type RevocationServer,
  serveRevocation,
} from '../pki.ts'
import { claimsOf, exchange, type Visitor, visit } from '../visitor.ts'

// ada's flow asks for a password (0) and a certificate (2); another one for a certificate alone.

const issuer = 'https://id.example.org'
const cardPolicy = '1.3.6.1.4.1.99999.1.1'
let directory: string
let server: RevocationServer
let root: Authority
let people: Authority
let house: House

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'keystep-certificates-'))
  server = await serveRevocation()
  root = await createAuthority('CN=Root')
  people = await root.issueAuthority('CN=People', { list: `${server.origin}/root.crl`, policies: [cardPolicy] })
  writeFileSync(join(directory, 'issuers.pem'), root.pem + people.pem)
})
afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true })
})
beforeEach(async () => {
  server.at.set('/root.crl', await root.list())
  server.at.set('/people.crl', await people.list())
  house = await newHouse()
})
afterEach(() => house.close())

async function newHouse(change: WrittenCertificates = {}): Promise<House> {
  const parsed = parseCertificates({
    origin: 'https://cert.example.org',
    issuers: join(directory, 'issuers.pem'),
    suffix: 'corp.example',
    smartCardPolicies: cardPolicy,
    hosts: server.host,
    ...change,
  })
  if (!parsed.ok || parsed.value === undefined) throw new Error('bad settings')
  const made = await openHouse({ stage: { certificates: parsed.value } })
  made.now = Math.floor(Date.now() / 1000)
  await made.addClient({ flow: 'certificates', enforcement: 'strict' })
  await useLevels(made, true)
  return made
}

/** Whether a password comes before the certificate. */
async function useLevels(of: House, passwordFirst: boolean): Promise<void> {
  const realm = await readRealm(of.db)
  const base = realm.flows['stepup-ldap-otp-cba']
  if (base === undefined) throw new Error('The realm has no such flow')
  const levels = base.levels.filter(({ loa }) => loa === 2 || (passwordFirst && loa === 0))
  const flows = { ...realm.flows, certificates: { ...base, alias: 'certificates', levels } }
  await of.seed(changedRealm({ ...realm, flows }))
}

const ofAda = {
  upn: 'ada@corp.example',
  get list() {
    return `${server.origin}/people.crl`
  },
}

/** At the page that asks for a certificate, with the password proved. */
async function atCertificate(more: { ip?: string } = {}): Promise<Visitor> {
  const ada = visit(house, more)
  await ada.ask({ acr_values: 'cba' })
  await ada.post('username', { username: 'ada' })
  await ada.post('password', { password: 'correct horse' })
  expect(ada.page).toBe('certificate')
  return ada
}

/** To the host that asks for a certificate, and where it sends the browser then. */
async function shows(visitor: Visitor, issued: Issued | undefined): Promise<{ sent: Reply; back: string }> {
  const sent = await visitor.postAside('certificate')
  const back = await house.invoke('GET', pathOf(sent.headers.location), {
    ...(issued === undefined ? {} : { certificate: issued.pem }),
  })
  expect(back.status).toBe(303)
  return { sent, back: pathOf(back.headers.location) }
}

const pathOf = (address = ''): string => {
  const url = new URL(address)
  return url.pathname + url.search
}

async function signsIn(visitor: Visitor, issued: Issued | undefined): Promise<Reply> {
  const { back } = await shows(visitor, issued)
  return visitor.get(back)
}

async function tokenOf(visitor: Visitor): Promise<Record<string, unknown>> {
  const reply = await exchange(house, visitor.landed.get('code'))
  return claimsOf(reply.json.id_token)
}

const addAda = (change = {}) => house.addUser({ userName: 'ada', password: 'correct horse', ...change })

describe('a certificate', () => {
  it('ends a sign-in, with the references of a software key, and is in no address', async () => {
    await addAda()
    const ada = await atCertificate()
    const issued = await people.issue(ofAda)
    const { sent, back } = await shows(ada, issued)
    expect(sent.headers.location).toMatch(/^https:\/\/cert\.example\.org\/certificate\/[\w-]{22}\.[\w-]{43}$/)
    expect(back).toMatch(/^\/login\/[\w-]{22}\/certificate\?ticket=[\w-]{22}\.[\w-]{43}$/)
    await ada.get(back)
    expect(await tokenOf(ada)).toMatchObject({ acr: 'cba', amr: expect.arrayContaining(['pwd', 'swk', 'pop', 'mfa']) })
  })

  it('of a smart card says so', async () => {
    await addAda()
    const ada = await atCertificate()
    await signsIn(ada, await people.issue({ ...ofAda, policies: [cardPolicy] }))
    const { amr } = await tokenOf(ada)
    expect(amr).toContain('sc')
    expect(amr).not.toContain('swk')
  })

  it('is where the page may lead, although its application is elsewhere', async () => {
    await addAda()
    const redirectUri = 'com.example.app:/callback'
    await house.addClient({ clientId: 'native', flow: 'certificates', redirectUris: [redirectUri] })
    const ada = visit(house)
    await ada.ask({ acr_values: 'cba', client_id: 'native', redirect_uri: redirectUri })
    await ada.post('username', { username: 'ada' })
    await ada.post('password', { password: 'correct horse' })
    const page = await ada.reload()
    expect(page.headers['content-security-policy']).toContain("form-action 'self' https: com.example.app:;")
  })

  it('needs no name before it, where a flow begins with it', async () => {
    await useLevels(house, false)
    await addAda()
    const ada = visit(house)
    await ada.ask({ acr_values: 'cba' })
    expect(ada.page).toBe('certificate')
    await signsIn(ada, await people.issue(ofAda))
    expect(await tokenOf(ada)).toMatchObject({ acr: 'cba', amr: expect.arrayContaining(['swk', 'pop']) })
  })

  it('names nobody where nobody has that name, or a disabled user has', async () => {
    await useLevels(house, false)
    await addAda({ enabled: false })
    for (const upn of ['ada@corp.example', 'nobody@corp.example', 'ada@elsewhere.example']) {
      const visitor = visit(house)
      await visitor.ask({ acr_values: 'cba' })
      await signsIn(visitor, await people.issue({ ...ofAda, upn }))
      expect([visitor.page, visitor.notice]).toEqual(['certificate', 'certificate-not-yours'])
    }
  })

  it('comes from the connection and from no header', async () => {
    await addAda()
    const ada = await atCertificate()
    const { pem } = await people.issue(ofAda)
    const sent = await ada.postAside('certificate')
    const encoded = encodeURIComponent(pem)
    const back = await house.invoke('GET', pathOf(sent.headers.location), {
      headers: { 'x-client-cert': encoded, 'ssl-client-cert': encoded, 'x-amzn-mtls-clientcert': encoded },
    })
    await ada.get(pathOf(back.headers.location))
    expect(ada.notice).toBe('certificate-missing')
  })
})

describe('refused, with its notice, and tried again', () => {
  const cases: [string, string, string, () => Promise<Issued | undefined>][] = [
    ['none', 'none-presented', 'certificate-missing', async () => undefined],
    ['expired', 'expired', 'certificate-expired', () => people.issue({ ...ofAda, until: house.now - 1 })],
    ['not yet valid', 'not-yet-valid', 'certificate-expired', () => people.issue({ ...ofAda, from: house.now + 60 })],
    [
      'of a stranger',
      'unknown-issuer',
      'certificate-stranger',
      async () => (await createAuthority('CN=People')).issue(ofAda),
    ],
    [
      'made oneself',
      'self-signed',
      'certificate-stranger',
      () => createAuthority('CN=Ada', { ...ofAda, authority: false, purposes: [purposes.client] }),
    ],
    [
      'for servers',
      'wrong-purpose',
      'certificate-unfit',
      () => people.issue({ ...ofAda, purposes: [purposes.server] }),
    ],
    [
      "somebody else's",
      'not-theirs',
      'certificate-not-yours',
      () => people.issue({ ...ofAda, upn: 'bela@corp.example' }),
    ],
    [
      'of another domain',
      'not-theirs',
      'certificate-not-yours',
      () => people.issue({ ...ofAda, upn: 'ada@evil.example' }),
    ],
    ['without a list', 'revocation-unknown', 'certificate-unchecked', () => people.issue({ upn: ofAda.upn })],
    [
      'revoked',
      'revoked',
      'certificate-revoked',
      async () => {
        const revoked = await people.issue(ofAda)
        server.at.set('/people.crl', await people.list({ revoked: [revoked] }))
        return revoked
      },
    ],
  ]

  it.each(cases)('%s: %s', async (_, reason, notice, make) => {
    await addAda()
    await house.addUser({ userName: 'bela' })
    const ada = await atCertificate()
    await signsIn(ada, await make())
    expect([ada.page, ada.notice]).toEqual(['certificate', notice])
    expect(await house.audit('login.failed')).toMatchObject([{ reason: `certificate-${reason}`, client: 'app1' }])
  })

  it('goes on with a good one afterwards', async () => {
    await addAda()
    const ada = await atCertificate()
    await signsIn(ada, undefined)
    await signsIn(ada, await people.issue(ofAda))
    expect(await tokenOf(ada)).toMatchObject({ acr: 'cba' })
  })

  it('tells a stranger the same of a user and of nobody', async () => {
    await addAda()
    const realm = await readRealm(house.db)
    const base = realm.flows.certificates
    if (base === undefined) throw new Error('no flow')
    // A certificate first, for a name that was typed: with a password beside it.
    const [level] = base.levels.filter(({ loa }) => loa === 2)
    const either = base.levels
      .flatMap(({ steps }) => steps)
      .map((step) => ({ ...step, requirement: 'alternative' as const }))
    if (level === undefined) throw new Error('no level')
    const flows = {
      ...realm.flows,
      certificates: { ...base, levels: [{ ...level, mode: 'direct' as const, steps: either }] },
    }
    await house.seed(changedRealm({ ...realm, flows }))
    const seen = []
    for (const username of ['ada', 'nobody']) {
      const visitor = visit(house)
      await visitor.ask({ acr_values: 'cba' })
      await visitor.post('username', { username })
      await visitor.post('method', { method: 'certificate' })
      await signsIn(visitor, await people.issue({ ...ofAda, upn: 'mallory@corp.example' }))
      seen.push([visitor.page, visitor.notice, visitor.text.replaceAll(username, '')])
    }
    expect(seen[0]).toEqual(seen[1])
  })
})

describe('the way over and back', () => {
  it('is good once: of twenty at once, one secret shows one certificate, and one ticket proves once', async () => {
    await addAda()
    const ada = await atCertificate()
    const issued = await people.issue(ofAda)
    const sent = await ada.postAside('certificate')
    const over = pathOf(sent.headers.location)
    const backs = await Promise.all(
      Array.from({ length: 20 }, () => house.invoke('GET', over, { certificate: issued.pem })),
    )
    const tickets = backs.map(({ headers }) => pathOf(headers.location)).filter((path) => path.includes('ticket='))
    expect(tickets).toHaveLength(1)
    expect(backs.filter(({ headers }) => headers.location?.endsWith('?notice=certificate-late'))).toHaveLength(19)
    const cookies = Object.fromEntries(ada.cookies)
    const ends = await Promise.all(Array.from({ length: 20 }, () => house.invoke('GET', tickets[0] ?? '', { cookies })))
    const landed = ends.filter(({ headers }) => headers.location?.startsWith('https://app1.example.com/callback?code='))
    expect(landed).toHaveLength(1)
    expect(await house.audit('login.succeeded')).toHaveLength(1)
  })

  it("is this browser's: with the address alone, another one gets nowhere and uses nothing up", async () => {
    await addAda()
    const ada = await atCertificate()
    const { back } = await shows(ada, await people.issue(ofAda))
    const mallory = visit(house)
    await mallory.get(back)
    expect(mallory.page).toBe('login-over')
    await ada.get(back)
    expect(await tokenOf(ada)).toMatchObject({ acr: 'cba' })
  })

  it("is this login's: the ticket of one proves nothing in another, of the same browser", async () => {
    await addAda()
    const ada = await atCertificate()
    const { back } = await shows(ada, await people.issue(ofAda))
    const first = ada.base
    await ada.ask({ acr_values: 'cba' })
    await ada.post('username', { username: 'ada' })
    await ada.post('password', { password: 'correct horse' })
    await ada.get(back.replace(first, ada.base))
    expect([ada.page, ada.notice]).toEqual(['certificate', 'certificate-late'])
  })

  it('led there by somebody else, a person signs in nobody but themselves', async () => {
    // Mallory began a login as ada, and has ada's browser show her certificate for it.
    await addAda()
    const mallory = await atCertificate()
    const { back } = await shows(mallory, await people.issue(ofAda))
    const ada = visit(house)
    await ada.get(back)
    expect(ada.page).toBe('login-over')
    await mallory.reload()
    expect(mallory.page).toBe('certificate')
  })

  it('has its time, over and back', async () => {
    await addAda()
    const ada = await atCertificate()
    const issued = await people.issue(ofAda)
    const sent = await ada.postAside('certificate')
    house.now += handoffLifetime
    const late = await house.invoke('GET', pathOf(sent.headers.location), { certificate: issued.pem })
    expect(late.headers.location).toBe(`${issuer}${ada.base}?notice=certificate-late`)
    const { back } = await shows(ada, issued)
    house.now += ticketLifetime
    await ada.get(back)
    expect([ada.page, ada.notice]).toEqual(['certificate', 'certificate-late'])
  })

  it('is not used up by a browser that fetches ahead', async () => {
    await addAda()
    const ada = await atCertificate()
    const issued = await people.issue(ofAda)
    const sent = await ada.postAside('certificate')
    const headers = { 'sec-purpose': 'prefetch;prerender' }
    const over = pathOf(sent.headers.location)
    expect((await house.invoke('GET', over, { headers, certificate: issued.pem })).status).toBe(204)
    const back = pathOf((await house.invoke('GET', over, { certificate: issued.pem })).headers.location)
    const cookies = Object.fromEntries(ada.cookies)
    expect((await house.invoke('GET', back, { headers, cookies })).status).toBe(204)
    await ada.get(back)
    expect(await tokenOf(ada)).toMatchObject({ acr: 'cba' })
  })

  it('works from a second tab as from the first, and the later one finds the step done', async () => {
    await addAda()
    const ada = await atCertificate()
    const issued = await people.issue(ofAda)
    const [first, second] = [await shows(ada, issued), await shows(ada, issued)]
    await ada.get(second.back)
    expect(await tokenOf(ada)).toMatchObject({ acr: 'cba' })
    await ada.get(first.back)
    expect(ada.page).toBe('login-over')
  })

  it('from an address that is nobody’s, leads to a page that says so', async () => {
    for (const handoff of ['nobody', `${'A'.repeat(22)}.${'A'.repeat(43)}`]) {
      const reply = await house.invoke('GET', `/certificate/${handoff}`)
      expect(reply.headers.location).toBe(`${issuer}/login/unknown`)
    }
    await addAda()
    const ada = await atCertificate()
    const { location = '' } = (await ada.postAside('certificate')).headers
    const forged = location.replace(/.{43}$/, 'A'.repeat(43))
    const reply = await house.invoke('GET', pathOf(forged))
    expect(reply.headers.location).toBe(`${issuer}${ada.base}?notice=certificate-late`)
  })

  it('is not there from a page that asks for something else', async () => {
    await addAda()
    const ada = visit(house)
    await ada.ask({ acr_values: 'cba' })
    const sent = await ada.postAside('certificate')
    expect(sent.headers.location).toBe(`${ada.base}?notice=step-over`)
  })

  it('asks nothing of DynamoDB that it need not', async () => {
    await addAda()
    const ada = await atCertificate()
    const sent = await ada.postAside('certificate')
    const shown = await house.invoke('GET', pathOf(sent.headers.location), {
      certificate: (await people.issue(ofAda)).pem,
    })
    expect(shown.commands.map(({ name }) => name)).toEqual(['BatchGetItem', 'UpdateItem'])
  })
})

describe('whose it is', () => {
  it('is said by the thumbprints of the user, where there are any', async () => {
    const user = await addAda()
    const [listed, other] = [await people.issue(ofAda), await people.issue(ofAda)]
    await house.seed(...registeredCertificate(user, await thumbprintOf(listed), house.now))
    const ada = await atCertificate()
    await signsIn(ada, other)
    expect(ada.notice).toBe('certificate-not-yours')
    await signsIn(ada, listed)
    expect(await tokenOf(ada)).toMatchObject({ acr: 'cba' })
  })

  it('is said by them alone where certificates are known by thumbprint', async () => {
    await house.close()
    house = await newHouse({ identity: 'thumbprint', suffix: '' })
    const user = await addAda()
    const issued = await people.issue({ list: ofAda.list })
    const withNone = visit(house)
    await withNone.ask({ acr_values: 'cba' })
    await withNone.post('username', { username: 'ada' })
    await withNone.post('password', { password: 'correct horse' })
    expect(withNone.page).not.toBe('certificate')
    await house.seed(...registeredCertificate(user, await thumbprintOf(issued), house.now))
    await useLevels(house, false)
    const ada = visit(house)
    await ada.ask({ acr_values: 'cba' })
    await signsIn(ada, issued)
    expect(await tokenOf(ada)).toMatchObject({ sub: user.id, acr: 'cba' })
  })

  it('is one user: nobody else can have it, and of two who register it, one does', async () => {
    const [ada, bela] = [await addAda(), await house.addUser({ userName: 'bela' })]
    const thumbprint = await thumbprintOf(await people.issue(ofAda))
    await house.seed(...registeredCertificate(ada, thumbprint, house.now))
    await expect(house.seed(...registeredCertificate(bela, thumbprint, house.now))).rejects.toThrow('refused')
  })

  it('ends with the session that rests on it when it is taken back', async () => {
    const user = await addAda()
    const issued = await people.issue(ofAda)
    const thumbprint = await thumbprintOf(issued)
    await house.seed(...registeredCertificate(user, thumbprint, house.now))
    const ada = await atCertificate()
    await signsIn(ada, issued)
    await ada.ask({ acr_values: 'cba', prompt: 'none' })
    expect(ada.landed.get('code')).not.toBeNull()
    const listed = { ...user, certificateThumbprints: [thumbprint] }
    await house.seed(...forgottenCertificate(listed, thumbprint, house.now))
    await ada.ask({ acr_values: 'cba', prompt: 'none' })
    expect(ada.landed.get('error')).toBe('login_required')
  })
})

const thumbprintOf = async ({ certificate }: Issued): Promise<string> =>
  Buffer.from(await certificate.getThumbprint('SHA-256')).toString('base64url')

describe('without certificates', () => {
  it('where a flow begins with one: says so, once it knows who it is, and offers nothing that breaks', async () => {
    await house.close()
    house = await openHouse()
    await house.addClient({ flow: 'certificates', enforcement: 'strict' })
    await useLevels(house, false)
    await addAda()
    const ada = visit(house)
    await ada.ask({ acr_values: 'cba' })
    expect(ada.page).toBe('username')
    await ada.post('username', { username: 'ada' })
    expect(ada.page).toBe('no-credential')
    await ada.post('cancel')
    expect(ada.landed.get('error')).toBe('unmet_authentication_requirements')
  })

  it('nobody has one: the level is out of reach', async () => {
    await house.close()
    house = await openHouse()
    await house.addClient({ flow: 'certificates', enforcement: 'strict' })
    await useLevels(house, true)
    await addAda()
    const ada = visit(house)
    await ada.ask({ acr_values: 'cba' })
    await ada.post('username', { username: 'ada' })
    await ada.post('password', { password: 'correct horse' })
    expect(ada.page).not.toBe('certificate')
  })
})
