import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/user.ts'
import { places } from '../../../src/store/keys.ts'
import { type House, openHouse, type Reply } from '../../house.ts'
import { visit } from '../../visitor.ts'
import { type AtPortal, addApp, atPortal, codeFor, me, type Options, proofs, securityKey } from './portal.ts'

const password = 'correct horse battery staple'

let house: House
let ada: User
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())
beforeEach(async () => {
  house.now += 3600
  ada = await house.addUser({ password })
})

const challengeOf = (reply: Reply): string => reply.headers['www-authenticate'] ?? ''
const toldOf = async (user: User, type: string) => (await house.audit(type)).filter((event) => event.user === user.id)

/** With a password alone, or after a touch of this key. */
const withPassword = (age = 0) => atPortal(house, ada, { shown: [proofs.password(house.now - age)], age })
const withKey = (id: string, age = 0) =>
  atPortal(house, ada, {
    shown: [proofs.password(house.now - age), proofs.key(house.now - age, id)],
    acr: 'fido',
    age,
  })

async function begin(portal: AtPortal): Promise<Options> {
  const reply = await portal.call<Options>('POST', '/authenticators/creation-options')
  expect(reply.status, reply.body).toBe(200)
  return reply.json
}

const answerOf = (key: ReturnType<typeof securityKey>, { publicKey, challengeId }: Options, more: object = {}) => ({
  challengeId,
  friendlyName: 'My passkey',
  response: { ...key.register({ challenge: publicKey.challenge }), transports: ['internal'] },
  ...more,
})

describe('what one signs in with', () => {
  it('is shown of every kind, with its state and what may be done about it, and nobody else’s', async () => {
    const other = await house.addUser()
    await house.addAuthenticator(other, securityKey())
    const pending = await house.addAuthenticator(ada, securityKey(), { state: 'pending', friendlyName: 'Blue key' })
    const imported = await house.addAuthenticator(ada, securityKey())
    const local = await house.addAuthenticator(ada, securityKey(), { origin: 'local' })
    const app = await addApp(house, ada)
    const { json } = await (await withPassword()).call('GET', '/authenticators')
    expect(json).toMatchObject({ password: 'here', mayAdd: ['fido', 'otp', 'recovery-codes'] })
    const shown = Object.fromEntries(
      (json.authenticators as { id: string; state: string; may: string[] }[]).map(({ id, state, may }) => [
        id,
        [state, ...may],
      ]),
    )
    expect(shown).toEqual({
      [pending.id]: ['pending', 'activate'],
      [imported.id]: ['active', 'rename'],
      [local.id]: ['active', 'rename', 'remove'],
      [app.id]: ['active', 'rename', 'remove'],
    })
  })

  it('never has a secret, a public key or a handle in it', async () => {
    await house.addAuthenticator(ada, securityKey({ userHandle: 'aGFuZGxl' }))
    await addApp(house, ada)
    const { body } = await (await withPassword()).call('GET', '/authenticators')
    expect(body).not.toMatch(/sealed|secret|publicKey|userHandle|credentialId/i)
  })

  it('gets another name without a fresh proof, told of once, unless it waits to be activated', async () => {
    const key = await house.addAuthenticator(ada, securityKey())
    const portal = await withPassword(3000)
    const reply = await portal.call('PATCH', `/authenticators/${key.id}`, { friendlyName: ' Blue one ' })
    expect(reply.json).toMatchObject({ id: key.id, friendlyName: 'Blue one' })
    await portal.call('PATCH', `/authenticators/${key.id}`, { friendlyName: 'Blue one' })
    expect(await toldOf(ada, 'authenticator.renamed')).toHaveLength(1)
    const app = await addApp(house, ada)
    await portal.call('PATCH', `/authenticators/${app.id}`, { friendlyName: 'Telephone' })
    expect(await toldOf(ada, 'otp.renamed')).toMatchObject([{ authenticator: app.id }])
    const pending = await house.addAuthenticator(ada, securityKey(), { state: 'pending' })
    expect((await portal.call('PATCH', `/authenticators/${pending.id}`, { friendlyName: 'x' })).status).toBe(409)
    expect((await portal.call('PATCH', `/authenticators/${key.id}`, { friendlyName: '​ ' })).json).toMatchObject({
      status: 400,
      pointer: '/friendlyName',
    })
  })
})

describe('a key of one’s own', () => {
  it('is made by a ceremony, and signs in at once', async () => {
    const portal = await withPassword()
    const key = securityKey({ attestation: 'none', backupEligible: true })
    const options = await begin(portal)
    expect(options.publicKey).toMatchObject({
      attestation: 'none',
      authenticatorSelection: { userVerification: 'required' },
      rp: { id: 'example.org' },
    })
    const made = await portal.call('POST', '/authenticators', answerOf(key, options, { discoverable: true }))
    expect(made.json).toMatchObject({ state: 'active', origin: 'local', friendlyName: 'My passkey', kind: 'fido' })
    expect(await toldOf(ada, 'authenticator.added')).toMatchObject([
      { actor: { kind: 'user', id: ada.id }, authenticator: made.json.id, client: 'portal', detail: 'raw' },
    ])
    await house.addClient({ clientId: `app-${ada.id}` })
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido', client_id: `app-${ada.id}` })
    await browser.post('username', { username: ada.userName })
    await browser.post('webauthn', { response: JSON.stringify(key.sign({ challenge: browser.options.challenge })) })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('is asked for with those that one has left out, and with its model where somebody wants to know', async () => {
    const has = securityKey()
    const kept = await house.addAuthenticator(ada, has)
    const { publicKey } = await begin(await withKey(kept.id))
    expect(publicKey.excludeCredentials.map(({ id }) => id)).toEqual([has.credentialId])
    await house.changeSettings({ allowedAaguids: ['5ca1ab1e-0000-4000-8000-00000000f1d0'] })
    const portal = await withKey(kept.id)
    const options = await begin(portal)
    expect(options.publicKey.attestation).toBe('direct')
    for (const attestation of ['none', 'packed-self', 'packed-x5c-forged'] as const) {
      const again = await begin(portal)
      const reply = await portal.call('POST', '/authenticators', answerOf(securityKey({ attestation }), again))
      expect([attestation, reply.json.code]).toEqual([attestation, 'aaguid-not-allowed'])
    }
    await house.changeSettings({ allowedAaguids: [] })
  })

  it.each<[string, Parameters<ReturnType<typeof securityKey>['register']>[0] | object]>([
    ['made at another origin', { origin: 'https://evil.example' }],
    ['made for another RP ID', { rpId: 'keys.example.org' }],
    ['made in a frame', { crossOrigin: true }],
    ['that did not verify its user', { flags: { userVerified: false } }],
    ['that answers a sign-in', { type: 'webauthn.get' }],
    ['that answers another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
  ])('%s is none', async (_, wrong) => {
    const portal = await withPassword()
    const options = await begin(portal)
    const key = securityKey({ attestation: 'none' })
    const response = key.register({ challenge: options.publicKey.challenge, ...wrong })
    const reply = await portal.call('POST', '/authenticators', {
      challengeId: options.challengeId,
      friendlyName: 'x',
      response,
    })
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(await toldOf(ada, 'authenticator.added')).toEqual([])
  })

  it('answers a challenge once, within five minutes, in the session and by the person that it was for', async () => {
    const has = await house.addAuthenticator(ada, securityKey())
    const portal = await withKey(has.id)
    const mine = answerOf(securityKey(), await begin(portal))
    const elsewhere = await withKey(has.id)
    expect((await elsewhere.call('POST', '/authenticators', mine)).json.code).toBe('enrolment-over')
    const evil = await atPortal(house, await house.addUser({ password }))
    expect((await evil.call('POST', '/authenticators', mine)).json.code).toBe('enrolment-over')
    expect((await portal.call('POST', '/authenticators', mine)).status).toBe(201)
    expect((await portal.call('POST', '/authenticators', mine)).json.code).toBe('enrolment-over')
    await house.changeSettings({ sensitiveMaxAge: 3600 })
    const late = answerOf(securityKey(), await begin(portal))
    house.now += 301
    expect((await portal.call('POST', '/authenticators', late)).json.code).toBe('enrolment-over')
    await house.changeSettings({ sensitiveMaxAge: 300 })
  })

  it('is made once, of twenty answers that come at once', async () => {
    const portal = await withPassword()
    const options = await begin(portal)
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => portal.call('POST', '/authenticators', answerOf(securityKey(), options))),
    )
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  it('is no import: a challenge that was given to a CMS is none here, and the other way round', async () => {
    const { shown: apikey } = await house.addApiKey()
    const users = `/api/v1/tenants/demo/users/${ada.id}/authenticators`
    const given = await house.invoke<Options>('GET', `${users}/creation-options`, { headers: { apikey } })
    const portal = await withPassword()
    expect((await portal.call('POST', '/authenticators', answerOf(securityKey(), given.json))).json.code).toBe(
      'enrolment-over',
    )
    const own = await begin(portal)
    const key = securityKey()
    const reply = await house.invoke('POST', users, {
      headers: { apikey },
      body: {
        type: 'fido',
        metadata: {
          rpId: 'example.org',
          credentialId: key.credentialId,
          attestation: { ...key.register({ challenge: own.publicKey.challenge }), challengeId: own.challengeId },
        },
      },
    })
    expect(reply.json).toMatchObject({ code: 'attestation-invalid' })
  })

  it('cannot be somebody else’s', async () => {
    const taken = securityKey()
    await house.addAuthenticator(await house.addUser(), taken)
    const portal = await withPassword()
    const reply = await portal.call('POST', '/authenticators', answerOf(taken, await begin(portal)))
    expect(reply.json).toMatchObject({ status: 409, code: 'conflict' })
  })

  it('is made only where the organisation lets people', async () => {
    const portal = await withPassword()
    const options = await begin(portal)
    await house.changeSettings({ selfServiceFido: false })
    expect((await portal.call('POST', '/authenticators/creation-options')).json.code).toBe('self-service-off')
    expect((await portal.call('POST', '/authenticators', answerOf(securityKey(), options))).json.code).toBe(
      'self-service-off',
    )
    await house.changeSettings({ selfServiceFido: true })
  })
})

describe('the fresh proof that a change takes', () => {
  it('is at the highest level that one can reach now, to add something', async () => {
    expect((await (await withPassword(301)).call('POST', '/authenticators/creation-options')).status).toBe(401)
    const stale = await (await withPassword(301)).call('POST', '/authenticators/creation-options')
    expect(challengeOf(stale)).toContain('error="insufficient_user_authentication"')
    expect(challengeOf(stale)).toContain('acr_values="pwd", max_age="300"')
    const app = await addApp(house, ada)
    expect(challengeOf(await (await withPassword()).call('POST', '/authenticators/creation-options'))).toContain(
      'acr_values="otp"',
    )
    const key = await house.addAuthenticator(ada, securityKey())
    const withCode = await atPortal(house, ada, {
      shown: [proofs.password(house.now), proofs.otp(house.now, app.id)],
      acr: 'otp',
    })
    expect(challengeOf(await withCode.call('POST', '/authenticators/creation-options'))).toContain('acr_values="fido"')
    expect((await (await withKey(key.id)).call('POST', '/authenticators/creation-options')).status).toBe(200)
    expect((await (await withKey(key.id, 301)).call('POST', '/authenticators/creation-options')).status).toBe(401)
  })

  it('is at the level of what is taken away, or above it', async () => {
    const app = await addApp(house, ada)
    const key = await house.addAuthenticator(ada, securityKey(), { origin: 'local' })
    const low = await withPassword()
    expect(challengeOf(await low.call('DELETE', `/authenticators/${app.id}`))).toContain('acr_values="otp"')
    expect(challengeOf(await low.call('DELETE', `/authenticators/${key.id}`))).toContain('acr_values="fido"')
    const withCode = await atPortal(house, ada, {
      shown: [proofs.password(house.now), proofs.otp(house.now, app.id)],
      acr: 'otp',
    })
    expect(challengeOf(await withCode.call('DELETE', `/authenticators/${key.id}`))).toContain('acr_values="fido"')
    expect((await (await withKey(key.id)).call('DELETE', `/authenticators/${app.id}`)).status).toBe(204)
  })

  it('is in the session still: elevation that was dropped is none, whatever a token says', async () => {
    const key = await house.addAuthenticator(ada, securityKey())
    const portal = await atPortal(house, ada, { shown: [proofs.password(house.now)], acr: 'fido' })
    expect(challengeOf(await portal.call('POST', '/authenticators/creation-options'))).toContain('acr_values="fido"')
    expect(key.state).toBe('active')
  })
})

describe('one that is taken away', () => {
  it('is gone with its guard, told of, and the sessions that it proved have ended', async () => {
    const key = await house.addAuthenticator(ada, securityKey(), { origin: 'local' })
    const mine = await withKey(key.id)
    const other = await withPassword()
    expect((await mine.call('DELETE', `/authenticators/${key.id}`)).status).toBe(204)
    expect(await house.db.get(places.authenticator(ada.id, key.id))).toBeUndefined()
    expect(await house.db.get(places.credential(key.credential.credentialId))).toBeUndefined()
    expect(await house.db.get(places.session(mine.sid))).toBeUndefined()
    expect(await house.db.get(places.session(other.sid))).toBeDefined()
    expect(await toldOf(ada, 'authenticator.deleted')).toMatchObject([{ actor: { kind: 'user', id: ada.id } }])
    expect(await toldOf(ada, 'session.ended')).toMatchObject([{ session: mine.sid, reason: 'authenticator-revoked' }])
    expect((await mine.call('GET', '')).status).toBe(401)
    expect((await other.call('GET', '')).status).toBe(200)
  })

  it('is never an imported one, nor a pending one, and that is said before anybody proves anything', async () => {
    for (const state of ['active', 'pending', 'suspended', 'locked'] as const) {
      const key = await house.addAuthenticator(ada, securityKey(), { state })
      const reply = await (await withPassword(3000)).call('DELETE', `/authenticators/${key.id}`)
      expect([state, reply.json.code]).toEqual([state, 'managed-elsewhere'])
    }
  })

  it('is never somebody else’s', async () => {
    const eve = await house.addUser({ password })
    const hers = await house.addAuthenticator(eve, securityKey(), { origin: 'local' })
    const own = await house.addAuthenticator(ada, securityKey(), { origin: 'local' })
    const portal = await withKey(own.id)
    expect((await portal.call('DELETE', `/authenticators/${hers.id}`)).json.code).toBe('authenticator-not-found')
    expect((await portal.call('PATCH', `/authenticators/${hers.id}`, { friendlyName: 'x' })).status).toBe(404)
    expect(await house.db.get(places.authenticator(eve.id, hers.id))).toBeDefined()
  })

  it('is never the last way to sign in', async () => {
    const keyed = await house.addUser()
    const key = await house.addAuthenticator(keyed, securityKey(), { origin: 'local' })
    const portal = await atPortal(house, keyed, { shown: [proofs.key(house.now, key.id)], acr: 'fido' })
    const reply = await portal.call('DELETE', `/authenticators/${key.id}`)
    expect(reply.json).toMatchObject({ status: 409, code: 'still-needed' })
    const second = await house.addAuthenticator(keyed, securityKey(), { origin: 'local' })
    const replies = await Promise.all([key, second].map(({ id }) => portal.call('DELETE', `/authenticators/${id}`)))
    // Each could go by itself. Together they would leave nothing.
    expect(replies.filter(({ status }) => status === 204)).toHaveLength(1)
  })

  it('is never what an application demands and nothing else reaches, nor what one’s role does', async () => {
    const key = await house.addAuthenticator(ada, securityKey(), { origin: 'local' })
    const clientId = `bank-${ada.id}`
    await house.addClient({ clientId, clientName: 'Bank', enforcement: 'strict', minimumAcr: 'fido' })
    const reply = await (await withKey(key.id)).call('DELETE', `/authenticators/${key.id}`)
    expect(reply.json).toMatchObject({
      code: 'still-needed',
      detail: expect.stringContaining('Bank asks for the level fido'),
    })
    await house.seed({ write: 'delete', ...places.client(clientId) })
    await house.changeUser(ada, { roles: ['auditor'] })
    const asAuditor = await (await withKey(key.id)).call('DELETE', `/authenticators/${key.id}`)
    expect(asAuditor.json).toMatchObject({ code: 'still-needed', detail: expect.stringContaining('Your role') })
    await house.changeUser(ada, { roles: [] })
    expect((await (await withKey(key.id)).call('DELETE', `/authenticators/${key.id}`)).status).toBe(204)
  })
})

describe('an app with one-time codes', () => {
  type Begun = { enrolmentId: string; secret: string; uri: string; qr: { path: string } }
  const beginApp = async (portal: AtPortal) => (await portal.call<Begun>('POST', '/one-time-passwords/enrolments')).json

  it('counts once a code of it was typed, with recovery codes that are shown this once', async () => {
    const portal = await withPassword()
    const begun = await beginApp(portal)
    expect(begun.uri).toContain('otpauth://totp/')
    const { enrolmentId } = begun
    const wrong = await portal.call('POST', '/one-time-passwords', { enrolmentId, code: '000000' })
    expect(wrong.json).toMatchObject({ status: 422, code: 'wrong-one-time-code', pointer: '/code' })
    const code = await codeFor(house, begun.secret)
    const made = await portal.call('POST', '/one-time-passwords', { enrolmentId, code, friendlyName: 'Telephone' })
    expect(made.status).toBe(201)
    expect(made.json.recoveryCodes).toHaveLength(10)
    expect(made.json.authenticator).toMatchObject({
      kind: 'otp',
      state: 'active',
      origin: 'local',
      friendlyName: 'Telephone',
    })
    expect(await toldOf(ada, 'otp.enrolled')).toHaveLength(1)
    expect(await toldOf(ada, 'recovery-codes.made')).toHaveLength(1)
    expect((await portal.call('POST', '/one-time-passwords', { enrolmentId, code })).status).toBe(401)
  })

  it('is set up by whom and where it was begun', async () => {
    const begun = await beginApp(await withPassword())
    const body = { enrolmentId: begun.enrolmentId, code: await codeFor(house, begun.secret) }
    const eve = await atPortal(house, await house.addUser({ password }))
    expect((await eve.call('POST', '/one-time-passwords', body)).json.code).toBe('enrolment-over')
    expect((await (await withPassword()).call('POST', '/one-time-passwords', body)).json.code).toBe('enrolment-over')
  })

  it('takes its recovery codes with it, and new ones make the old ones void', async () => {
    const app = await addApp(house, ada)
    const portal = await atPortal(house, ada, {
      shown: [proofs.password(house.now), proofs.otp(house.now, app.id)],
      acr: 'otp',
    })
    const first = await portal.call('POST', '/recovery-codes')
    const second = await portal.call('POST', '/recovery-codes')
    expect(first.json.recoveryCodes).toHaveLength(10)
    expect(second.json.recoveryCodes).not.toEqual(first.json.recoveryCodes)
    expect((await portal.call('DELETE', `/authenticators/${app.id}`)).status).toBe(204)
    expect(await house.db.get(places.recoveryCodes(ada.id))).toBeUndefined()
    expect((await (await withPassword()).call('POST', '/recovery-codes')).json.code).toBe('no-one-time-passwords')
  })
})

describe('whoever is not there for themselves', () => {
  it('is nobody: an API key, a token for the console, for another application, for somebody else’s API', async () => {
    const { shown } = await house.addApiKey()
    const headers: Record<string, string>[] = [
      {},
      { apikey: shown },
      { authorization: `Bearer ${shown}` },
      (await atPortal(house, ada, { client: 'console', scope: 'openid administration', acr: 'fido' })).headers,
      (await atPortal(house, ada, { client: 'console', scope: 'openid account', acr: 'fido' })).headers,
      (await atPortal(house, ada, { scope: 'openid' })).headers,
    ]
    for (const each of headers)
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/authenticators'],
        ['GET', '/sessions'],
        ['GET', '/activity'],
        ['DELETE', '/sessions'],
      ] as const)
        expect((await house.invoke(method, me + path, { headers: each })).status).toBe(401)
  })

  it('is nobody once their session, or they, are gone', async () => {
    const portal = await withPassword()
    await house.changeUser(ada, { enabled: false })
    expect((await portal.call('GET', '')).status).toBe(401)
  })
})
