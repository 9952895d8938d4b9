import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deliveryTries } from '../../src/core/deliveries.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { endedSession } from '../../src/store/sessions.ts'
import { claimsOf, exchange, visit } from '../visitor.ts'
import { type LogoutHouse, openLogoutHouse, type Receiver } from './logout-house.ts'

const password = 'correct horse battery staple'

let logout: LogoutHouse
beforeEach(async () => {
  logout = await openLogoutHouse()
})
afterEach(() => logout.close())

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 25 })

/** So many more looks at the stream, in which nothing came. */
async function nothingComes(receiver: Receiver, more = 0): Promise<void> {
  await new Promise((done) => setTimeout(done, 300))
  expect(receiver.heard).toHaveLength(more)
}

const client = (id: string, change: Partial<Client> = {}) =>
  logout.house.addClient({
    clientId: id,
    clientName: id,
    redirectUris: [`https://${id}.example.com/callback`],
    ...change,
  })

/** Somebody who signs in to these applications in one browser. */
async function signsInTo(...ids: string[]) {
  const user = await logout.house.addUser({ password })
  const browser = visit(logout.house)
  const tokens: Record<string, unknown>[] = []
  for (const [at, id] of ids.entries()) {
    const redirect_uri = `https://${id}.example.com/callback`
    await browser.ask({ acr_values: 'pwd', client_id: id, redirect_uri })
    if (at === 0) {
      await browser.post('username', { username: user.userName })
      await browser.post('password', { password })
    }
    const code = browser.landed.get('code')
    const { json } = await exchange(logout.house, code, { client_id: id, redirect_uri })
    tokens.push(claimsOf(json.id_token))
  }
  return { user, browser, sid: String(tokens[0]?.sid), claims: tokens }
}

const endsIt = (sid: string) => logout.house.seed(endedSession(sid))
const told = async (type: string) =>
  (await logout.house.audit(type)).map(({ client: id, reason, session }) => ({ client: id, reason, session }))

describe('the end of a session', () => {
  it('is told to each application that had a code in it, by a token that only it can take', async () => {
    const [one, two, three] = [await logout.listens(), await logout.listens(() => 204), await logout.listens()]
    await client('app1', { backchannelLogoutUri: one.uri })
    await client('app2', { backchannelLogoutUri: two.uri, subjectType: 'pairwise', idTokenSignedResponseAlg: 'ES256' })
    await client('app3', { backchannelLogoutUri: three.uri })
    const { user, sid, claims, browser } = await signsInTo('app1', 'app2')
    const asked = await browser.get('/logout')
    expect(asked.status).toBe(200)
    await logout.house.invoke('POST', '/logout', {
      headers: { 'sec-fetch-site': 'same-origin' },
      cookies: Object.fromEntries(browser.cookies),
      body: new URLSearchParams({ confirmed: 'yes' }),
    })
    await eventually(async () => expect(await told('logout.delivered')).toHaveLength(2))
    expect(three.heard).toEqual([])
    expect(await told('logout.delivered')).toEqual(
      expect.arrayContaining([
        { client: 'app1', reason: undefined, session: sid },
        { client: 'app2', reason: undefined, session: sid },
      ]),
    )

    const { json: jwks } = await logout.house.invoke('GET', '/jwks')
    for (const [receiver, audience, alg, sub, known] of [
      [one, 'app1', 'RS256', user.id, sid],
      [two, 'app2', 'ES256', claims[1]?.sub, claims[1]?.sid],
    ] as const) {
      expect(receiver.heard).toHaveLength(1)
      expect(receiver.heard[0]?.type).toBe('application/x-www-form-urlencoded')
      const { payload, protectedHeader } = await jwtVerify(
        receiver.heard[0]?.token ?? '',
        createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]),
        {
          issuer: logout.house.stage.issuer,
          audience,
          typ: 'logout+jwt',
          currentDate: new Date(logout.house.now * 1000),
        },
      )
      expect(protectedHeader).toMatchObject({ alg, kid: expect.any(String) })
      const { iat = 0, exp = 0, jti, ...rest } = payload
      expect(exp - iat).toBeLessThanOrEqual(120)
      expect(jti).toMatch(/^[\w-]{20,}$/)
      expect(rest).toEqual({
        iss: logout.house.stage.issuer,
        aud: audience,
        sub,
        sid: known,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      })
    }
    expect(claims[1]?.sub).not.toBe(user.id)
    expect(claims[1]?.sid).not.toBe(sid)
  })

  it('is told by whatever it ended: another person, or a person who may sign in no more', async () => {
    const receiver = await logout.listens()
    await client('app1', { backchannelLogoutUri: receiver.uri })

    const replaced = await signsInTo('app1')
    const other = await logout.house.addUser({ password })
    await replaced.browser.ask({ acr_values: 'pwd', prompt: 'select_account' })
    await replaced.browser.post('username', { username: other.userName })
    await replaced.browser.post('password', { password })
    await eventually(() => expect(receiver.heard.map(({ claims }) => claims.sid)).toEqual([replaced.sid]))

    const fallen = await signsInTo('app1')
    await logout.house.changeUser(fallen.user, { enabled: false, standing: 1 })
    await fallen.browser.ask({ acr_values: 'pwd' })
    await eventually(() => expect(receiver.heard.map(({ claims }) => claims.sid)).toContain(fallen.sid))
  })

  it('is told nobody who did not ask for it, is disabled, or is gone', async () => {
    const receiver = await logout.listens()
    await client('app1')
    await client('app2', { backchannelLogoutUri: receiver.uri })
    const { sid } = await signsInTo('app1', 'app2')
    await logout.house.seed({
      write: 'update',
      table: 'config',
      key: { pk: 'client', sk: 'app2' },
      update: 'SET #enabled = :false',
      values: { false: false },
    })
    await endsIt(sid)
    await eventually(() => expect(logout.fan).toHaveLength(1))
    await nothingComes(receiver)
    expect(logout.queue.waiting()).toEqual([])
  })

  it('that DynamoDB brought about, because it ran out, is told nobody', async () => {
    const receiver = await logout.listens()
    await client('app1', { backchannelLogoutUri: receiver.uri })
    const { sid } = await signsInTo('app1')
    await endsIt(sid)
    await eventually(() => expect(receiver.heard).toHaveLength(1))
    const [{ event } = { event: { Records: [] } }] = logout.fan
    const [record] = event.Records
    const byItself = { type: 'Service', principalId: 'dynamodb.amazonaws.com' }
    await logout.fanOut({ Records: [{ ...record, userIdentity: byItself }] })
    // As the sweep of a laptop leaves it.
    const after = 4_000_000_000
    await logout.fanOut({
      Records: [{ ...record, dynamodb: { ...record?.dynamodb, ApproximateCreationDateTime: after } }],
    })
    await nothingComes(receiver, 1)
  })
})

describe('an application', () => {
  const one = async (receiver: Receiver) => {
    await client('app1', { backchannelLogoutUri: receiver.uri })
    const { sid } = await signsInTo('app1')
    await endsIt(sid)
    return sid
  }

  it('that refuses with 400 is asked no more', async () => {
    const receiver = await logout.listens(() => 400)
    const sid = await one(receiver)
    await eventually(async () =>
      expect(await told('logout.failed')).toEqual([{ client: 'app1', reason: 'refused', session: sid }]),
    )
    await eventually(() => expect(logout.queue.waiting()).toEqual([]))
    expect(receiver.heard).toHaveLength(1)
    expect(logout.queue.deadLetters()).toEqual([])
  })

  it('that fails twice hears of it the third time, by another token each time', async () => {
    const receiver = await logout.listens((attempt) => (attempt < 3 ? 500 : 200))
    await one(receiver)
    await eventually(async () => expect(await told('logout.delivered')).toHaveLength(1))
    expect(receiver.heard).toHaveLength(3)
    expect(new Set(receiver.heard.map(({ claims }) => claims.jti)).size).toBe(3)
    expect(new Set(receiver.heard.map(({ claims }) => claims.sid)).size).toBe(1)
    await eventually(() => expect(logout.queue.waiting()).toEqual([]))
    expect(await told('logout.failed')).toEqual([])
  })

  it('that does not answer is left, and asked again', async () => {
    await logout.close()
    logout = await openLogoutHouse({ patience: 200 })
    const receiver = await logout.listens((attempt) => (attempt === 1 ? 'nothing' : 200))
    await one(receiver)
    await eventually(async () => expect(await told('logout.delivered')).toHaveLength(1))
    expect(receiver.heard).toHaveLength(2)
  })

  it('that sends elsewhere is not followed', async () => {
    const elsewhere = await logout.listens()
    const receiver = await logout.listens((attempt) => (attempt === 1 ? { redirect: elsewhere.uri } : 200))
    await one(receiver)
    await eventually(async () => expect(await told('logout.delivered')).toHaveLength(1))
    expect(elsewhere.heard).toEqual([])
  })

  it('that never answers well is an operator’s after the last try', async () => {
    const receiver = await logout.listens(() => 503)
    const sid = await one(receiver)
    await eventually(() => expect(logout.queue.deadLetters()).toHaveLength(1))
    expect(receiver.heard).toHaveLength(deliveryTries)
    expect(await told('logout.failed')).toEqual([{ client: 'app1', reason: 'gave-up', session: sid }])
    expect(JSON.parse(logout.queue.deadLetters()[0] ?? '')).toEqual({
      clientId: 'app1',
      sid,
      user: expect.any(String),
      endedAt: expect.any(Number),
    })
    expect(logout.told.join()).toContain('was not told of the end of a session')
  })

  it.each([
    ['inside', (receiver: Receiver) => receiver.uri],
    ['by an address of a network of one’s own', () => 'https://10.0.0.1/backchannel-logout'],
    ['where AWS has its credentials', () => 'http://169.254.169.254/latest/meta-data'],
    ['by no address of the web', () => 'file:///etc/passwd'],
  ])('is not asked %s', async (_, addressOf) => {
    const receiver = await logout.listens(() => 200, { reachable: false })
    await client('app1', { backchannelLogoutUri: addressOf(receiver) })
    const { sid } = await signsInTo('app1')
    await endsIt(sid)
    await eventually(() => expect(logout.queue.deadLetters()).toHaveLength(1))
    expect(receiver.heard).toEqual([])
    expect(await told('logout.failed')).toMatchObject([{ reason: 'gave-up' }])
  })
})

describe('what breaks in between', () => {
  it('loses no end: who follows the stream may be gone when it comes', async () => {
    const receiver = await logout.listens()
    await client('app1', { backchannelLogoutUri: receiver.uri })
    const [first, second] = [await signsInTo('app1'), await signsInTo('app1')]
    await endsIt(first.sid)
    await eventually(() => expect(receiver.heard).toHaveLength(1))
    const stopped = await logout.stops()
    await endsIt(second.sid)
    await nothingComes(receiver, 1)
    await stopped.resume()
    await eventually(() => expect(receiver.heard.map(({ claims }) => claims.sid)).toEqual([first.sid, second.sid]))
  })

  it('loses no end: a queue that takes nothing is asked again', async () => {
    const receiver = await logout.listens()
    await client('app1', { backchannelLogoutUri: receiver.uri })
    const { sid } = await signsInTo('app1')
    logout.away.is = true
    await endsIt(sid)
    await eventually(() => expect(logout.fan.length).toBeGreaterThan(1))
    expect(logout.fan[0]?.answer.batchItemFailures).toHaveLength(1)
    logout.away.is = false
    await eventually(() => expect(receiver.heard).toHaveLength(1))
    expect(logout.house.lines.filter(({ message }) => message === 'fan-out-failed')).not.toEqual([])
  })

  it('what is told twice is told twice, and does no harm', async () => {
    const receiver = await logout.listens()
    await client('app1', { backchannelLogoutUri: receiver.uri })
    const { sid } = await signsInTo('app1')
    await endsIt(sid)
    await eventually(() => expect(receiver.heard).toHaveLength(1))
    const [{ event } = { event: { Records: [] } }] = logout.fan
    await logout.fanOut(event)
    await eventually(() => expect(receiver.heard).toHaveLength(2))
    const [a, b] = receiver.heard.map(({ claims }) => claims)
    expect({ ...a, jti: b?.jti }).toEqual(b)
    expect(a?.jti).not.toBe(b?.jti)
  })

  it('a message that is none ends among the dead letters, and asks nobody', async () => {
    const receiver = await logout.listens()
    const answer = await logout.delivery({
      Records: ['', '{}', 'null', '{"clientId":1}'].map((body, at) => ({
        messageId: String(at),
        receiptHandle: '',
        body,
        attributes: { ApproximateReceiveCount: '1' },
      })) as never,
    })
    expect(answer.batchItemFailures).toHaveLength(4)
    expect(receiver.heard).toEqual([])
  })
})
