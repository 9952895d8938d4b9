import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/user.ts'
import { places } from '../../../src/store/keys.ts'
import { replacedSession, sessionIn } from '../../../src/store/sessions.ts'
import { type House, openHouse } from '../../house.ts'
import { atPortal, proofs, securityKey } from './portal.ts'

const password = 'correct horse battery staple'

let house: House
let ada: User
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())
beforeEach(async () => {
  house.now += 3600
  ada = await house.addUser({ password, displayName: 'Ada' })
})

const sessionAt = async (sid: string) => sessionIn(await house.db.get(places.session(sid)))
const toldOf = async (type: string) => (await house.audit(type)).filter((event) => event.user === ada.id)
const elevated = async () => {
  const key = await house.addAuthenticator(ada, securityKey(), { friendlyName: 'Blue key' })
  const shown = [proofs.password(house.now - 600), proofs.key(house.now - 60, key.id)]
  return { key, portal: await atPortal(house, ada, { shown, acr: 'fido', age: 60 }) }
}
const inSeconds = (seconds: number) => new Date((house.now + seconds) * 1000).toISOString()

describe('the levels of a session', () => {
  it('say what they were reached with, and until when each is good', async () => {
    const { key, portal } = await elevated()
    const { json } = await portal.call('GET', '')
    expect(json).toMatchObject({
      displayName: 'Ada',
      session: {
        id: portal.sid,
        proofs: [
          { factor: 'password', dateTime: inSeconds(-600) },
          { factor: 'webauthn', authenticator: key.id, friendlyName: 'Blue key' },
        ],
      },
      levels: [
        {
          acr: 'pwd',
          state: 'fresh',
          reachedDateTime: inSeconds(-600),
          goodUntilDateTime: inSeconds(3000),
          reachable: true,
        },
        { acr: 'otp', state: 'missing', reachable: false },
        { acr: 'fido', state: 'fresh', goodUntilDateTime: inSeconds(3540) },
      ],
    })
    house.now += 3001
    const later = await atPortal(house, ada, { shown: [proofs.password(house.now - 3601)], age: 3601 })
    expect((await later.call('GET', '')).json.levels).toMatchObject([{ acr: 'pwd', state: 'stale' }, {}, {}])
  })

  it('go back to the lowest one, and what was granted on more ends with it', async () => {
    const { portal } = await elevated()
    const low = await atPortal(house, ada)
    expect((await portal.call('DELETE', '/elevation')).status).toBe(204)
    expect((await sessionAt(portal.sid))?.proofs.map(({ factor }) => factor)).toEqual(['password'])
    expect(await toldOf('elevation.dropped')).toMatchObject([{ session: portal.sid, detail: 'webauthn' }])
    expect((await low.call('GET', '')).status).toBe(200)
  })

  it('end tokens that rest on what was dropped, and no others of the session', async () => {
    const { key, portal } = await elevated()
    const grant = { ...(await house.db.get(places.grant(portal.grant))), credentials: ['password#0', key.id] }
    await house.seed({ write: 'put', ...places.grant(portal.grant), item: grant })
    await portal.call('DELETE', '/elevation')
    expect((await portal.call('GET', '')).status).toBe(401)
    await house.seed({ write: 'put', ...places.grant(portal.grant), item: { ...grant, credentials: ['password#0'] } })
    expect((await portal.call('GET', '')).status).toBe(200)
  })

  it('do not come back with a login that was under way', async () => {
    const { portal } = await elevated()
    const read = await sessionAt(portal.sid)
    if (read === undefined) throw new Error('no session')
    await portal.call('DELETE', '/elevation')
    await expect(house.seed(replacedSession({ ...read, secretHash: 'another' }, read.secretHash))).rejects.toThrow()
    const now = await sessionAt(portal.sid)
    if (now === undefined) throw new Error('no session')
    await house.seed(replacedSession({ ...now, secretHash: 'another' }, now.secretHash))
  })

  it('have nothing to drop where there is one', async () => {
    const keyed = await house.addUser()
    const key = await house.addAuthenticator(keyed, securityKey())
    const portal = await atPortal(house, keyed, { shown: [proofs.key(house.now, key.id)], acr: 'fido' })
    expect((await portal.call('DELETE', '/elevation')).status).toBe(204)
    expect((await sessionAt(portal.sid))?.proofs).toHaveLength(1)
  })
})

describe('where one is signed in', () => {
  it('is listed, with which one this is, and without a secret', async () => {
    const [mine, other] = [
      await atPortal(house, ada, { change: { ip: '192.0.2.7', userAgent: 'Firefox/140.0' } }),
      await atPortal(house, ada),
    ]
    await atPortal(house, await house.addUser({ password }))
    const { json, body } = await mine.call<{ sessions: { id: string }[] }>('GET', '/sessions')
    expect(json.sessions).toMatchObject([
      { id: mine.sid, current: true, ip: '192.0.2.7', userAgent: 'Firefox/140.0' },
      { id: other.sid, current: false },
    ])
    expect(json.sessions).toHaveLength(2)
    expect(body).not.toMatch(/secret|proofs/i)
  })

  it('ends one by one, told of, and never somebody else’s', async () => {
    const [mine, other] = [await atPortal(house, ada), await atPortal(house, ada)]
    const eve = await atPortal(house, await house.addUser({ password }))
    expect((await mine.call('DELETE', `/sessions/${eve.sid}`)).json.code).toBe('session-not-found')
    expect((await eve.call('GET', '')).status).toBe(200)
    expect((await mine.call('DELETE', `/sessions/${other.sid}`)).status).toBe(204)
    expect((await other.call('GET', '')).status).toBe(401)
    expect(await toldOf('session.ended')).toMatchObject([{ session: other.sid, reason: 'ended-by-user' }])
    expect((await mine.call('DELETE', `/sessions/${mine.sid}`)).status).toBe(204)
    expect((await mine.call('GET', '')).status).toBe(401)
  })

  it('ends everywhere else, or everywhere', async () => {
    const [mine, ...others] = [await atPortal(house, ada), await atPortal(house, ada), await atPortal(house, ada)]
    expect((await mine.call('DELETE', '/sessions?others=true')).status).toBe(204)
    for (const other of others) expect((await other.call('GET', '')).status).toBe(401)
    expect((await mine.call('GET', '')).status).toBe(200)
    expect((await mine.call('DELETE', '/sessions?others=perhaps')).status).toBe(400)
    expect((await mine.call('DELETE', '/sessions')).status).toBe(204)
    expect((await mine.call('GET', '')).status).toBe(401)
  })
})

describe('what happened', () => {
  it('is told newest first, of oneself alone, without who of the organisation it was', async () => {
    const portal = await atPortal(house, ada)
    const { shown: apikey } = await house.addApiKey()
    const key = await house.addAuthenticator(ada, securityKey(), { friendlyName: 'Blue key' })
    house.now += 1
    await house.invoke('PATCH', `/api/v1/tenants/demo/users/${ada.id}/authenticators/${key.id}`, {
      headers: { apikey },
      body: { state: 'suspended' },
    })
    house.now += 1
    await portal.call('DELETE', '/sessions?others=true')
    await (await atPortal(house, ada)).call('DELETE', `/sessions/${portal.sid}`)
    const { json, body } = await (await atPortal(house, ada)).call<{ page: { items: object[] } }>('GET', '/activity')
    expect(json.page.items).toMatchObject([
      { type: 'session.ended', by: 'you', ip: '192.0.2.1' },
      { type: 'authenticator.suspended', by: 'organisation', authenticator: 'Blue key' },
    ])
    expect(json.page.items[1]).not.toHaveProperty('ip')
    expect(body).not.toContain(apikey.slice(8, 30))
  })

  it('comes in pages', async () => {
    const portal = await atPortal(house, ada)
    for (let at = 0; at < 3; at++) {
      house.now += 1
      const other = await atPortal(house, ada)
      await portal.call('DELETE', `/sessions/${other.sid}`)
    }
    type Activity = { page: { items: { id: string }[] }; links: { next?: string } }
    const first = await portal.call<Activity>('GET', '/activity?pageSize=2')
    expect(first.json.page.items).toHaveLength(2)
    const next = new URL(first.json.links.next ?? '')
    const second = await portal.call<Activity>('GET', `/activity${next.search}`)
    expect(second.json.page.items).toHaveLength(1)
    expect((await portal.call('GET', '/activity?cursor=x')).status).toBe(400)
  })
})

describe('what one allowed', () => {
  it('is listed by the names of applications, and taken back', async () => {
    await house.addClient({ clientId: 'partner', clientName: 'Partner', thirdParty: true })
    const allowed = { id: 'c1', user: ada.id, clientId: 'partner', scopes: ['openid'], claims: [], resources: [] }
    const item = { ...allowed, givenAt: house.now, updatedAt: house.now, version: 1 }
    await house.seed({ write: 'put', ...places.consent(ada.id, 'partner'), item })
    const portal = await atPortal(house, ada)
    expect((await portal.call('GET', '/consents')).json).toMatchObject({
      consents: [{ clientId: 'partner', name: 'Partner' }],
    })
    expect((await portal.call('DELETE', '/consents/partner')).status).toBe(204)
    expect((await portal.call('DELETE', '/consents/partner')).status).toBe(404)
    expect(await toldOf('consent.withdrawn')).toMatchObject([{ client: 'partner' }])
  })
})
