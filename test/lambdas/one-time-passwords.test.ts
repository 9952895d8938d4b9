import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toBase32 } from '../../src/core/otp/base32.ts'
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { ownParameters } from '../../src/core/otp/one-time-password.ts'
import { writeOtpAuth } from '../../src/core/otp/otpauth.ts'
import { newSecret } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { places } from '../../src/store/keys.ts'
import { visit } from '../visitor.ts'
import { type Cms, openCms, type Problem } from './authenticators/cms.ts'

let cms: Cms
const password = 'correct horse battery staple'

beforeAll(async () => {
  cms = await openCms()
  await cms.house.addClient({ flow: 'stepup-ldap-otp', enforcement: 'strict' })
})
afterAll(() => cms.house.close())

type Shown = { id: string; state: string; type: string; [member: string]: unknown }
type Answered = Shown & Problem
type Results = {
  dryRun: boolean
  results: { index: number; status: number; oneTimePassword?: Shown; problem?: Problem }[]
}

const pathOf = (user: Pick<User, 'id'>) => `/users/${user.id}/one-time-passwords`
const freshSecret = () => toBase32(Buffer.from(newSecret(), 'base64url').subarray(0, 20))
const members = (change: Record<string, unknown> = {}) => ({ type: 'totp', secret: freshSecret(), ...change })
const importOne = (user: Pick<User, 'id'>, body: unknown, headers: Record<string, string> = {}) =>
  cms.call<Answered>('POST', pathOf(user), { body, headers })
const listOf = async (user: Pick<User, 'id'>) =>
  (await cms.call<{ items: Shown[]; recoveryCodesLeft: number }>('GET', pathOf(user))).json
const bulk = (body: unknown, query = '', headers: Record<string, string> = {}) =>
  cms.call<Results & Problem>('POST', `/one-time-passwords:import${query}`, { body, headers })
const toldOf = async (user: User) =>
  (await cms.house.audit()).filter((event) => event.user === user.id).map((event) => event.type)
const standingOf = async (user: User) => (await cms.house.db.get(places.user(user.id)))?.standing

/** After the password, with the code of this secret. */
async function signIn(user: User, secret: string, parameters = ownParameters, step = timeStepAt(30, cms.house.now)) {
  const browser = visit(cms.house)
  await browser.ask({ acr_values: 'otp' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  if (browser.page === 'otp') await browser.post('otp', { code: await codeOf(parameters, bytesOf(secret), step) })
  return browser
}

const bytesOf = (secret: string): Uint8Array => {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  return Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2))
}

describe('an import', () => {
  it('by members counts at once: its user signs in with it', async () => {
    const user = await cms.house.addUser({ password })
    const secret = freshSecret()
    const reply = await importOne(user, members({ secret, friendlyName: 'Key fob', serialNumber: '42' }))
    expect(reply.status).toBe(201)
    expect(reply.json).toMatchObject({ type: 'totp', state: 'active', origin: 'imported', friendlyName: 'Key fob' })
    expect(reply.headers.location).toBe(`https://id.example.org/api/v1/tenants/demo${pathOf(user)}/${reply.json.id}`)
    expect((await signIn(user, secret)).landed.get('code')).toBeTruthy()
    expect(await toldOf(user)).toContain('otp.imported')
  })

  it('by otpauth URI, of a token with a counter', async () => {
    const user = await cms.house.addUser({ password })
    const secret = freshSecret()
    const parameters = { type: 'hotp', algorithm: 'SHA256', digits: 8, counter: 7 } as const
    const uri = writeOtpAuth({ parameters, secret: bytesOf(secret), account: user.userName, issuer: 'Vendor' })
    expect((await importOne(user, { uri, externalId: 'fob-1' })).json).toMatchObject({ type: 'hotp', digits: 8 })
    expect((await signIn(user, secret, parameters, 9)).landed.get('code')).toBeTruthy()
  })

  it('answers never with a secret, nor keeps one in the clear', async () => {
    const user = await cms.house.addUser()
    const secret = freshSecret()
    const replies = [await importOne(user, members({ secret })), await cms.call('GET', pathOf(user))]
    replies.push(await cms.call('GET', `${pathOf(user)}/${(await listOf(user)).items[0]?.id}`))
    const everything = JSON.stringify([
      replies.map(({ body }) => body),
      await cms.house.all('people'),
      await cms.house.all('sessions'),
      await cms.house.all('audit'),
      cms.house.lines,
    ])
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(everything).not.toContain(Buffer.from(bytesOf(secret)).toString(encoding))
    expect(everything).not.toContain(secret)
    expect(everything).not.toContain('sealedSecret":"undefined')
  })

  it('of what is there already changes nothing, least of all the last step', async () => {
    const user = await cms.house.addUser({ password })
    const secret = freshSecret()
    const first = await importOne(user, members({ secret, friendlyName: 'First' }))
    await signIn(user, secret)
    const again = await importOne(user, members({ secret, friendlyName: 'Second' }))
    expect([again.status, again.json.id, again.json.friendlyName]).toEqual([200, first.json.id, 'First'])
    expect((await signIn(user, secret)).notice).toBe('reused-one-time-code')
  })

  it('of the same secret with other parameters is refused', async () => {
    const user = await cms.house.addUser()
    const secret = freshSecret()
    await importOne(user, members({ secret }))
    const reply = await importOne(user, members({ secret, digits: 8 }))
    expect([reply.status, reply.json.code]).toEqual([409, 'conflict'])
  })

  it('by twenty at once makes one', async () => {
    const user = await cms.house.addUser()
    const body = members()
    const replies = await Promise.all(Array.from({ length: 20 }, () => importOne(user, body)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(19)
    expect((await listOf(user)).items).toHaveLength(1)
  })

  it('of one secret for two users is two', async () => {
    const secret = freshSecret()
    const users = [await cms.house.addUser(), await cms.house.addUser()]
    const ids = await Promise.all(users.map(async (user) => (await importOne(user, members({ secret }))).json.id))
    expect(new Set(ids).size).toBe(2)
  })

  it('with an Idempotency-Key is answered again as it was', async () => {
    const user = await cms.house.addUser()
    const body = members()
    const headers = { 'idempotency-key': `once-${user.id}` }
    const first = await importOne(user, body, headers)
    const again = await importOne(user, body, headers)
    expect([again.status, again.json.id, again.headers['idempotency-replayed']]).toEqual([201, first.json.id, 'true'])
    expect((await importOne(user, members(), headers)).json.code).toBe('idempotency-key-reused')
  })

  it('for a user who has five is refused', async () => {
    const user = await cms.house.addUser()
    for (let at = 0; at < 5; at++) expect((await importOne(user, members())).status).toBe(201)
    expect((await importOne(user, members())).json.code).toBe('too-many-one-time-passwords')
  })

  it('of twenty at once for one user makes no more than five', async () => {
    const user = await cms.house.addUser()
    const replies = await Promise.all(Array.from({ length: 20 }, () => importOne(user, members())))
    const made = replies.filter(({ status }) => status === 201).length
    expect(made).toBeGreaterThan(0)
    expect(made).toBeLessThanOrEqual(5)
    expect((await listOf(user)).items).toHaveLength(made)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201, 409]))
  })

  it('for nobody, or for a disabled user, is refused', async () => {
    const disabled = await cms.house.addUser({ enabled: false })
    for (const id of ['no-such-user', disabled.id]) expect((await importOne({ id }, members())).status).toBe(404)
  })

  it('is refused where imports are turned off', async () => {
    const user = await cms.house.addUser()
    await cms.house.changeSettings({ authenticatorImport: false })
    expect((await importOne(user, members())).json.code).toBe('import-disabled')
    await cms.house.changeSettings({ authenticatorImport: true })
  })

  it.each([
    [{}, '/type'],
    [members({ secret: 'GEZDGNBVGY3TQOJQ' }), '/secret'],
    [members({ secret: '0189' }), '/secret'],
    [members({ secret: 7 }), '/secret'],
    [members({ algorithm: 'MD5' }), '/algorithm'],
    [members({ digits: 7 }), '/digits'],
    [members({ period: 45 }), '/period'],
    [members({ counter: 1 }), '/counter'],
    [members({ type: 'hotp' }), '/counter'],
    [members({ friendlyName: 'a\u0000b' }), '/friendlyName'],
    [members({ externalId: 'x'.repeat(129) }), '/externalId'],
    [members({ serialNumber: ' ' }), '/serialNumber'],
    [members({ issuer: 'x' }), '/issuer'],
    [{ uri: 'otpauth://totp/a?secret=short' }, '/uri'],
    [{ uri: 'https://example.org' }, '/uri'],
    [{ uri: 7 }, '/uri'],
    [{ uri: 'otpauth://totp/a?secret=x', digits: 6 }, '/digits'],
  ])('of %j is refused, and points at the member', async (body, pointer) => {
    const user = await cms.house.addUser()
    const reply = await importOne(user, body)
    expect([400, 422]).toContain(reply.status)
    expect(reply.json.pointer).toBe(pointer)
    expect((await cms.house.audit('import.refused')).length).toBeGreaterThan(0)
  })

  it('needs a scope of its own, and a token its own, too', async () => {
    const user = await cms.house.addUser()
    for (const scopes of [['authenticators:write'], ['otp:read']] as const) {
      const { shown } = await cms.house.addApiKey(scopes)
      const reply = await cms.send<Answered>('POST', pathOf(user), { body: members(), headers: { apikey: shown } })
      expect([reply.status, reply.json.code]).toEqual([403, 'insufficient-scope'])
      expect(reply.headers['www-authenticate']).toContain('scope="one-time-passwords"')
    }
  })
})

const packageOf = (user: string, secret: string, more = '') => `<KeyPackage>
  <DeviceInfo><SerialNo>${user}-1</SerialNo></DeviceInfo>
  <Key Id="${user}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp">
    <AlgorithmParameters><ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters>
    <Data><Secret>${secret}</Secret><TimeInterval><PlainValue>30</PlainValue></TimeInterval></Data>
    <UserId>UID=${user},DC=example,DC=org</UserId>${more}
  </Key></KeyPackage>`
const container = (content: string) =>
  `<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#">${content}</KeyContainer>`
const plain = (secret: string) => `<PlainValue>${Buffer.from(bytesOf(secret)).toString('base64')}</PlainValue>`
const pskc = { 'content-type': 'application/pskc+xml' }

describe('a bulk import', () => {
  it('answers for each item by itself', async () => {
    const [anna, bela] = [await cms.house.addUser(), await cms.house.addUser()]
    const same = members()
    const { json } = await bulk({
      items: [
        { userId: anna.id, ...same },
        { userId: bela.userName, ...members() },
        { userId: 'nobody', ...members() },
        { userId: anna.id, ...same },
        { userId: anna.id, ...members({ digits: 5 }) },
        { ...members() },
      ],
    })
    expect(json.results.map(({ status }) => status)).toEqual([201, 201, 404, 200, 400, 400])
    expect(json.results[4]?.problem).toMatchObject({ pointer: '/items/4/digits' })
    expect(json.results[5]?.problem).toMatchObject({ pointer: '/items/5/userId' })
    const again = await bulk({ items: [{ userId: anna.id, ...same }] })
    expect(again.json.results.map(({ status }) => status)).toEqual([200])
  })

  it('as a dry run changes nothing', async () => {
    const user = await cms.house.addUser()
    const same = members()
    const items = [same, same, ...Array.from({ length: 5 }, () => members())].map((each) => ({
      userId: user.id,
      ...each,
    }))
    const { json } = await bulk({ items }, '?dryRun=true')
    expect(json.dryRun).toBe(true)
    expect(json.results.map(({ status }) => status)).toEqual([201, 200, 201, 201, 201, 201, 409])
    expect((await listOf(user)).items).toEqual([])
    expect(await toldOf(user)).toEqual([])
  })

  it('of a container imports what is understood, and says what is not by name and place', async () => {
    const user = await cms.house.addUser({ password })
    const [secret, other] = [freshSecret(), freshSecret()]
    const text = container(
      packageOf(user.userName, plain(secret)) +
        packageOf(user.userName, plain(other), '<Policy><PINPolicy/></Policy>') +
        packageOf('nobody-there', plain(freshSecret())),
    )
    const { json } = await bulk(text, '', pskc)
    expect(json.results.map(({ status }) => status)).toEqual([201, 422, 404])
    expect(json.results[1]?.problem).toMatchObject({
      code: 'bad-pskc',
      pointer: '/KeyContainer/KeyPackage[2]/Key/Policy/PINPolicy',
      detail: 'is not understood here',
    })
    expect((await signIn(user, secret)).landed.get('code')).toBeTruthy()
    expect((await listOf(user)).items).toMatchObject([
      { serialNumber: `${user.userName}-1`, externalId: user.userName },
    ])
  })

  it('of an encrypted container needs the key that it was encrypted with', async () => {
    const user = await cms.house.addUser()
    // The values of RFC 6030, figure 6.
    const macKey = Buffer.from('1122334455667788990011223344556677889900', 'hex')
    const value = 'AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv'
    const mac = createHmac('sha1', macKey).update(Buffer.from(value, 'base64')).digest('base64')
    const cipher = (text: string) =>
      `<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/><xenc:CipherData><xenc:CipherValue>${text}</xenc:CipherValue></xenc:CipherData>`
    const text = container(
      `<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>
      <MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"><MACKey>${cipher('ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX')}</MACKey></MACMethod>` +
        packageOf(user.userName, `<EncryptedValue>${cipher(value)}</EncryptedValue><ValueMAC>${mac}</ValueMAC>`),
    )
    const key = (hex: string) => ({ ...pskc, 'pre-shared-key': hex })
    expect((await bulk(text, '', pskc)).json).toMatchObject({ code: 'bad-pskc' })
    expect((await bulk(text, '', key('00'))).json).toMatchObject({ code: 'malformed-request' })
    expect((await bulk(text, '', key('0'.repeat(32)))).json).toMatchObject({ code: 'bad-pskc' })
    const { json } = await bulk(text, '', key('12345678901234567890123456789012'))
    expect(json.results.map(({ status }) => status)).toEqual([201])
  })

  it('of a container with entities, or with more keys than a request may have, is refused as a whole', async () => {
    const bomb = `<!DOCTYPE lolz [<!ENTITY lol "lol">]>${container(packageOf('anna', plain(freshSecret())))}`
    expect((await bulk(bomb, '', pskc)).json).toMatchObject({ code: 'bad-pskc' })
    const many = container(packageOf('anna', plain(freshSecret())).repeat(101))
    expect((await bulk(many, '', pskc)).json).toMatchObject({ code: 'malformed-request' })
  })

  it.each([[{ items: [] }], [{}], [{ items: 7 }], [[]], [{ items: [{}], more: 1 }]])(
    'of %j is refused',
    async (body) => {
      expect((await bulk(body)).json).toMatchObject({ code: 'malformed-request' })
    },
  )
})

describe('one that is there', () => {
  async function withOne(change: Record<string, unknown> = {}) {
    const user = await cms.house.addUser({ password })
    const secret = freshSecret()
    const { json } = await importOne(user, members({ secret, ...change }))
    const path = `${pathOf(user)}/${json.id}`
    return {
      user,
      secret,
      path,
      patch: (body: unknown, headers: Record<string, string> = {}) =>
        cms.call<Answered>('PATCH', path, { body, headers }),
      remove: (headers: Record<string, string> = {}) => cms.call<Problem>('DELETE', path, { headers }),
    }
  }

  it('is suspended, which ends what rests on it, and resumed', async () => {
    const { user, secret, patch } = await withOne()
    const browser = await signIn(user, secret)
    const before = await standingOf(user)
    expect((await patch({ state: 'suspended', friendlyName: 'Lost' })).json).toMatchObject({
      state: 'suspended',
      friendlyName: 'Lost',
    })
    expect(await standingOf(user)).toBe(Number(before) + 1)
    await browser.ask({ acr_values: 'otp' })
    expect(browser.page).toBe('username')
    const other = await signIn(user, secret)
    expect([other.page, other.text.includes('suspended')]).toEqual(['locked', true])
    cms.house.now += 60
    expect((await patch({ state: 'active' })).json).toMatchObject({ state: 'active' })
    expect((await signIn(user, secret)).landed.get('code')).toBeTruthy()
    expect(await toldOf(user)).toEqual(
      expect.arrayContaining(['otp.suspended', 'otp.renamed', 'otp.resumed', 'session.ended']),
    )
  })

  it('is unlocked, and may be tried fifty times again', async () => {
    const { user, secret, patch } = await withOne()
    const update = 'SET #otpFailures = :n'
    await cms.house.seed({ write: 'update', ...places.user(user.id), update, values: { n: 49 } })
    expect((await signIn(user, freshSecret())).page).toBe('locked')
    expect((await listOf(user)).items).toMatchObject([{ state: 'locked' }])
    expect((await patch({ state: 'suspended' })).json).toMatchObject({ code: 'wrong-state' })
    expect((await patch({ state: 'active' })).json).toMatchObject({ state: 'active' })
    cms.house.now += 60
    expect((await signIn(user, secret)).landed.get('code')).toBeTruthy()
  })

  it('is deleted, and what rests on it ends', async () => {
    const { user, secret, remove, path } = await withOne()
    const browser = await signIn(user, secret)
    expect((await remove()).status).toBe(204)
    expect((await remove()).json).toMatchObject({ code: 'one-time-password-not-found' })
    expect((await cms.call('GET', path)).status).toBe(404)
    await browser.ask({ acr_values: 'otp' })
    expect(browser.page).toBe('username')
    expect((await signIn(user, secret)).page).toBe('no-credential')
    expect(await toldOf(user)).toEqual(expect.arrayContaining(['otp.deleted', 'session.ended']))
  })

  it('takes the recovery codes with it when it is the last', async () => {
    const { user, remove } = await withOne()
    const set = { id: 'set', codes: { c0: 'hash', c1: 'hash' }, createdAt: 1 }
    await cms.house.seed({ write: 'put', ...places.recoveryCodes(user.id), item: set })
    const second = await importOne(user, members())
    expect((await listOf(user)).recoveryCodesLeft).toBe(2)
    await remove()
    expect((await listOf(user)).recoveryCodesLeft).toBe(2)
    await cms.call('DELETE', `${pathOf(user)}/${second.json.id}`)
    expect(await cms.house.db.get(places.recoveryCodes(user.id))).toBeUndefined()
    expect(await listOf(user)).toEqual({ items: [], recoveryCodesLeft: 0 })
  })

  it('is changed only while it is what If-Match names; a code that was used does not spoil that', async () => {
    const { user, secret, patch, remove, path } = await withOne()
    const etag = (await cms.call('GET', path)).headers.etag ?? ''
    await signIn(user, secret)
    expect((await patch({ friendlyName: 'Mine' }, { 'if-match': etag })).status).toBe(200)
    expect((await patch({ friendlyName: 'Other' }, { 'if-match': etag })).status).toBe(412)
    expect((await remove({ 'if-match': etag })).status).toBe(412)
  })

  it('asked for what is so already changes nothing', async () => {
    const { user, patch } = await withOne({ friendlyName: 'Fob' })
    const before = await toldOf(user)
    expect((await patch({ friendlyName: 'Fob', state: 'active' })).status).toBe(200)
    expect(await toldOf(user)).toEqual(before)
  })

  it('of another user is not found', async () => {
    const { path } = await withOne()
    const other = await cms.house.addUser()
    const id = path.split('/').at(-1)
    expect((await cms.call('DELETE', `${pathOf(other)}/${id}`)).status).toBe(404)
  })

  it('deleted by twenty at once is deleted once', async () => {
    const { user, remove } = await withOne()
    const replies = await Promise.all(Array.from({ length: 20 }, () => remove()))
    expect(replies.filter(({ status }) => status === 204)).toHaveLength(1)
    expect((await toldOf(user)).filter((type) => type === 'otp.deleted')).toHaveLength(1)
    expect(await standingOf(user)).toBe(1)
  })
})

it('asks DynamoDB no more than four times for an import', async () => {
  const user = await cms.house.addUser()
  // The first use of the API key in a minute is noted.
  await importOne(user, members())
  expect((await importOne(user, members())).commands.length).toBeLessThanOrEqual(4)
})
