import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endAllSessions } from '../../src/session-ends.ts'
import { places } from '../../src/store/keys.ts'
import { replacedSession, seenSession, sessionIn, sessionsOfUser } from '../../src/store/sessions.ts'
import { type House, openHouse } from '../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../visitor.ts'

const password = 'correct horse battery staple'

let house: House
let apikey: string
beforeAll(async () => {
  house = await openHouse()
  for (const clientId of ['app1', 'app2'])
    await house.addClient({
      clientId,
      redirectUris: [`https://${clientId}.example.com/callback`],
      scopes: ['openid', 'offline_access'],
    })
  apikey = (await house.addApiKey()).shown
})
afterAll(() => house?.close())

type Tokens = { access_token: string; id_token: string; refresh_token?: string }
type Person = { id: string; userName: string }

let person: Person
beforeEach(async () => {
  person = await house.addUser({ password })
})

const asksFor = (clientId: string, change: Record<string, string> = {}) => ({
  acr_values: 'pwd',
  client_id: clientId,
  redirect_uri: `https://${clientId}.example.com/callback`,
  scope: 'openid offline_access',
  ...change,
})

async function signIn(
  who: Person,
  clientId = 'app1',
  ip = '192.0.2.1',
): Promise<{ browser: Visitor; tokens: Tokens; sid: string }> {
  const browser = visit(house, { ip })
  await browser.ask(asksFor(clientId))
  await browser.post('username', { username: who.userName })
  await browser.post('password', { password })
  const { client_id, redirect_uri } = asksFor(clientId)
  const { json } = await exchange(house, browser.landed.get('code'), { client_id, redirect_uri })
  return { browser, tokens: json, sid: String(claimsOf(json.id_token).sid) }
}

const sessionsAt = (user: string, rest = '') => `/api/v1/tenants/demo/users/${user}/sessions${rest}`
const call = (method: 'GET' | 'DELETE', target: string, key = apikey) =>
  house.invoke<Record<string, unknown>>(method, target, { headers: { apikey: key } })

const refresh = (token = '') =>
  house.invoke<{ error?: string }>('POST', '/token', {
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'app1', refresh_token: token }),
  })
const userinfo = async ({ access_token }: Tokens) =>
  (await house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${access_token}` } })).status
const isSignedIn = async (browser: Visitor, clientId = 'app1') => {
  await browser.ask(asksFor(clientId, { prompt: 'none', scope: 'openid' }))
  return browser.landed.has('code')
}

describe('the applications of a session', () => {
  const clientsOf = async (sid: string) => sessionIn(await house.db.get(places.session(sid)))?.clients

  it('are those that had a code in it, silently or not', async () => {
    const { browser, sid } = await signIn(person)
    expect(await clientsOf(sid)).toEqual(['app1'])
    await browser.ask(asksFor('app2', { scope: 'openid' }))
    expect(browser.landed.has('code')).toBe(true)
    expect(await clientsOf(sid)).toEqual(['app1', 'app2'])
  })

  it('are not those that were refused', async () => {
    const { browser, sid } = await signIn(person)
    await browser.ask(
      asksFor('app2', {
        acr_values: 'fido',
        prompt: 'none',
        claims: '{"id_token":{"acr":{"essential":true,"values":["fido"]}}}',
      }),
    )
    expect(browser.landed.has('error')).toBe(true)
    expect(await clientsOf(sid)).toEqual(['app1'])
  })

  it('are lost by none of two that end at once, whichever was first', async () => {
    const { sid } = await signIn(person)
    const read = sessionIn(await house.db.get(places.session(sid)))
    if (read === undefined) throw new Error('no session')
    // One login reads the session; another one gives a code; then the first writes what it makes of what it read.
    await house.seed(seenSession(read, house.now, house.now + 60, 'app2'))
    await house.seed(replacedSession({ ...read, secretHash: 'another' }, read.secretHash, 'app3'))
    expect(await clientsOf(sid)).toEqual(['app1', 'app2', 'app3'])
    const rounds = Array.from({ length: 20 }, (_, at) => `c${String(at).padStart(2, '0')}`)
    const now = { ...read, secretHash: 'another' }
    await Promise.all(rounds.map((client) => house.seed(seenSession(now, house.now, house.now + 60, client))))
    expect(await clientsOf(sid)).toEqual(['app1', 'app2', 'app3', ...rounds])
  })

  it('stay when the person shows more, and the session has another secret', async () => {
    const { browser, sid } = await signIn(person)
    await browser.ask(asksFor('app2', { prompt: 'login', scope: 'openid' }))
    await browser.post('password', { password })
    expect(browser.landed.has('code')).toBe(true)
    expect(await clientsOf(sid)).toEqual(['app1', 'app2'])
    expect(await isSignedIn(browser)).toBe(true)
  })
})

describe('the sessions of a user', () => {
  it('are listed with where from, since when and in what, and without a secret', async () => {
    const [first, second] = [await signIn(person), await signIn(person, 'app2', '198.51.100.7')]
    await signIn(await house.addUser({ password }))
    for (const name of [person.id, person.userName]) {
      const { status, json, body } = await call('GET', sessionsAt(name))
      expect(status).toBe(200)
      expect(json.sessions).toHaveLength(2)
      expect(json.sessions).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ id: first.sid, ip: '192.0.2.1', clients: ['app1'] }),
          expect.objectContaining({ id: second.sid, ip: '198.51.100.7', clients: ['app2'] }),
        ]),
      )
      expect(body).not.toMatch(/secret|proofs|standing|epoch/i)
    }
  })

  it('that have ended or idled away are not among them', async () => {
    await signIn(person)
    house.now += 3601
    expect((await call('GET', sessionsAt(person.id))).json).toEqual({ sessions: [] })
  })

  it.each([
    ['GET', ''],
    ['DELETE', ''],
    ['DELETE', '/x'],
  ] as const)('%s %s: not for whoever may not, and of nobody', async (method, rest) => {
    const cms = await house.addApiKey(['users:read', 'authenticators:read', 'authenticators:write'])
    const scope = method === 'GET' ? 'sessions:write' : 'sessions:read'
    for (const key of [cms.shown, (await house.addApiKey([scope])).shown])
      expect((await call(method, sessionsAt(person.id, rest), key)).json).toMatchObject({ code: 'insufficient-scope' })
    expect((await call(method, sessionsAt('nobody', rest))).json).toMatchObject({ code: 'user-not-found' })
    expect((await call(method, `${sessionsAt(person.id, rest)}?all=yes`)).status).toBe(400)
    expect((await house.invoke(method, sessionsAt(person.id, rest))).status).toBe(401)
  })
})

describe('one session', () => {
  it('ends; tokens of offline_access go on, and so do other sessions', async () => {
    const [one, other] = [await signIn(person), await signIn(person)]
    expect((await call('DELETE', sessionsAt(person.userName, `/${one.sid}`))).status).toBe(204)
    expect([await isSignedIn(one.browser), await isSignedIn(other.browser)]).toEqual([false, true])
    expect((await refresh(one.tokens.refresh_token)).status).toBe(200)
    const told = (await house.audit('session.ended')).filter(({ session }) => session === one.sid)
    expect(told).toMatchObject([
      { user: person.id, actor: { kind: 'api-key' }, reason: 'ended-by-administrator', session: one.sid },
    ])
    expect((await call('DELETE', sessionsAt(person.id, `/${one.sid}`))).json).toMatchObject({
      code: 'session-not-found',
    })
  })

  it('of somebody else is not found, and what is no id neither', async () => {
    const { browser, sid } = await signIn(person)
    const other = await house.addUser({ password })
    for (const id of [sid, 'x', '%23', `${sid}%00`, 'x'.repeat(2000)])
      expect((await call('DELETE', sessionsAt(other.id, `/${id}`))).json).toMatchObject({ code: 'session-not-found' })
    expect(await isSignedIn(browser)).toBe(true)
  })
})

describe('all sessions', () => {
  it('end at once, with codes, access tokens and tokens of offline_access', async () => {
    const [one, other] = [await signIn(person), await signIn(person)]
    await other.browser.ask(asksFor('app1'))
    const code = other.browser.landed.get('code')
    const stranger = await signIn(await house.addUser({ password }))
    expect((await call('DELETE', sessionsAt(person.id))).status).toBe(204)

    expect(await isSignedIn(one.browser)).toBe(false)
    expect((await exchange(house, code)).json).toMatchObject({ error: 'invalid_grant' })
    for (const { tokens } of [one, other]) {
      expect((await refresh(tokens.refresh_token)).json).toMatchObject({ error: 'invalid_grant' })
      expect(await userinfo(tokens)).toBe(401)
    }
    expect(await sessionsOfUser(house.db, person.id)).toEqual([])
    expect([await isSignedIn(stranger.browser), await userinfo(stranger.tokens)]).toEqual([true, 200])
    expect((await refresh(stranger.tokens.refresh_token)).status).toBe(200)
    expect((await house.audit('sessions.ended')).filter(({ user }) => user === person.id)).toMatchObject([
      { actor: { kind: 'api-key' }, ip: '192.0.2.1' },
    ])
  })

  it('end before a single record is gone: whoever breaks off there has ended them', async () => {
    const { browser, tokens, sid } = await signIn(person)
    const record = await house.db.get(places.session(sid))
    await call('DELETE', sessionsAt(person.id))
    // As if nobody had come to remove it.
    await house.seed({ write: 'put', ...places.session(sid), item: record ?? {} })
    expect(await isSignedIn(browser)).toBe(false)
    expect(await userinfo(tokens)).toBe(401)
    expect((await call('DELETE', sessionsAt(person.id))).status).toBe(204)
    expect(await house.db.get(places.session(sid))).toBeUndefined()
  })

  it('leave those that begin afterwards, and do nothing bad twice', async () => {
    await signIn(person)
    await call('DELETE', sessionsAt(person.id))
    const { browser, tokens, sid } = await signIn(person)
    const desk = { db: house.db, now: () => house.now, actor: { kind: 'operator', id: 'x' } } as const
    expect(await userinfo(tokens)).toBe(200)
    expect(await isSignedIn(browser)).toBe(true)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
    // One that began between the change of the user and the look at the index.
    const read = sessionIn(await house.db.get(places.session(sid)))
    await house.seed({
      write: 'update',
      ...places.session(sid),
      update: 'SET #epoch = :next',
      values: { next: (read?.epoch ?? 0) + 1 },
    })
    expect(await endAllSessions(desk, person.id)).toEqual({ ok: true, value: 0 })
    expect(await house.db.get(places.session(sid))).toBeDefined()
    expect(await endAllSessions(desk, person.id)).toEqual({ ok: true, value: 1 })
    expect(await endAllSessions(desk, 'nobody')).toMatchObject({ ok: false, reason: 'user-not-found' })
  })

  it('end a login that is half-way no more than it ends the person: they go on, with a session of now', async () => {
    const browser = visit(house)
    await browser.ask(asksFor('app1', { scope: 'openid' }))
    await browser.post('username', { username: person.userName })
    await call('DELETE', sessionsAt(person.id))
    await browser.post('password', { password })
    expect(browser.landed.has('code')).toBe(true)
    expect(await isSignedIn(browser)).toBe(true)
  })
})
